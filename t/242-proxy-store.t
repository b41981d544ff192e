# proxy_store, proxy_store_access.

use Test::Nginx::Socket 'no_plan';

our $Big = "0123456789abcdef" x 65536;

run_tests();

__DATA__

=== TEST 1: on: where root would look for it
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up $request_uri\n"; } }
--- config
    location /a/ { root $TEST_NGINX_HTML_DIR; error_page 404 = @fetch; }
    location @fetch { root $TEST_NGINX_HTML_DIR; proxy_store on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a/b/c?first", "GET /a/b/c?second"]
--- response_body eval
["up /a/b/c?first\n", "up /a/b/c?first\n"]
--- file_count: html/a/b 1



=== TEST 2: a path with variables; nothing temporary is left
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR/src; }
--- config
    location /get { proxy_store $TEST_NGINX_HTML_DIR/out/$arg_n; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/f; }
    location /out { }
--- user_files eval
">>> src/f\n" . $::Big
--- request eval
["GET /get?n=x", "GET /out/x"]
--- response_body eval
[$::Big, $::Big]
--- file_count: temp/proxy 0



=== TEST 3: the server's date is the file's
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR/src; }
--- config
    location /get { proxy_store $TEST_NGINX_HTML_DIR/out/x; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/f; }
    location /out { }
--- user_files
>>> src/f 200001010000.00
file
--- request eval
["GET /get", "GET /out/x"]
--- response_headers eval
["Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT", "Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT"]



=== TEST 4: other statuses and HEAD are not kept
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 404 "no\n"; } location /head { return 200 "yes\n"; } }
--- config
    location / { root $TEST_NGINX_HTML_DIR/out; proxy_store on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> out/here
1
--- request eval
["GET /x", "HEAD /head"]
--- error_code eval
[404, 200]
--- file_count: html/out 1



=== TEST 5: what breaks off
--- config
    location /cut { root $TEST_NGINX_HTML_DIR/out; proxy_store on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234"
--- user_files
>>> out/here
1
--- request
GET /cut
--- truncated
--- response_body chomp
01234
--- file_count: html/out 1



=== TEST 6: until the connection ends, and chunked
--- config
    location /a { root $TEST_NGINX_HTML_DIR/out; proxy_store on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /b { root $TEST_NGINX_HTML_DIR/out; proxy_store on; proxy_http_version 1.1; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
    location /out { }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\n01234"
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_3
--- tcp_reply_2 eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n012\r\n2\r\n34\r\n0\r\n\r\n"
--- request eval
["GET /a", "GET /b", "GET /out/a", "GET /out/b"]
--- response_body eval
["01234", "01234", "01234", "01234"]



=== TEST 7: the permissions of files and folders
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up\n"; } }
--- config
    location /a { proxy_store $TEST_NGINX_HTML_DIR/out/a; proxy_store_access user:r; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /b { if (-f $TEST_NGINX_HTML_DIR/out/a) { return 200 "there\n"; } }
--- request eval
["GET /a", "GET /b"]
--- response_body eval
["up\n", "there\n"]



=== TEST 8: an empty body is a file too
--- config
    location /a { root $TEST_NGINX_HTML_DIR/out; proxy_store on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
--- request
GET /a
--- file_count: html/out 1



=== TEST 9: a wrong right
--- config
    location / { proxy_store_access user:w; }
--- must_die
--- error_log
invalid value "user:w" in



=== TEST 10: twice
--- config
    location / { proxy_store on; proxy_store off; }
--- must_die
--- error_log
"proxy_store" directive is duplicate in



=== TEST 11: the client leaves before the response begins: it is stored all the same
--- config
    location /a { root $TEST_NGINX_HTML_DIR/out; proxy_store on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply_delay: client
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n01234"
--- request
GET /a
--- abort: asked
--- ignore_response
--- file_count: html/out 1



=== TEST 12: it leaves while the response comes
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR/src; limit_rate_after 900k; limit_rate 200k; }
--- config
    location /get { proxy_store $TEST_NGINX_HTML_DIR/out/x; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/f; }
--- user_files eval
">>> src/f\n" . $::Big
--- request
GET /get
--- shutdown: 2
--- ignore_response
--- file_count
html/out 1
temp/proxy 0



=== TEST 13: it stays and takes nothing
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR/src; }
--- config
    location /get {
        send_timeout 100ms;
        proxy_max_temp_file_size 0;
        proxy_store $TEST_NGINX_HTML_DIR/out/x;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/f;
    }
--- user_files eval
">>> src/f\n" . $::Big x 16
--- request
GET /get
--- read_delay: 1
--- ignore_response
--- error_log
client timed out
--- file_count
html/out 1
temp/proxy 0



=== TEST 14: what breaks off when the client has left
--- config
    location /a { root $TEST_NGINX_HTML_DIR/out; proxy_store on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- user_files
>>> out/here
1
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply_delay: client
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234"
--- request
GET /a
--- abort: asked
--- ignore_response
--- error_log
upstream prematurely closed connection
--- file_count
html/out 1
temp/proxy 0



=== TEST 15: without proxy_store the server is left too
--- config
    location /a { root $TEST_NGINX_HTML_DIR/out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply_delay: 10
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n01234"
--- request
GET /a
--- abort: asked
--- ignore_response
--- access_log
"GET /a HTTP/1.1" 499



=== TEST 16: what is not buffered is stored as well
--- config
    location /a { root $TEST_NGINX_HTML_DIR/out; proxy_store on; proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n01234"
--- request
GET /a
--- response_body chomp
01234
--- file_count: html/out 1
--- skip_nginx: all
