# memcached_pass: values, connections that are kept, and what memcached may not send.

use Test::Nginx::Socket 'no_plan';

no_root_location();
run_tests();

__DATA__

=== TEST 1: a value, with the type of the uri
--- config
    default_type text/x;
    location / { set $memcached_key $uri; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 13
--- tcp_query eval
"get /t.html\r\n"
--- tcp_reply eval
"VALUE /t.html 0 5\r\nhello\r\nEND\r\n"
--- request
GET /t.html
--- response_headers
Content-Type: text/html
Content-Length: 5
Accept-Ranges: bytes
--- response_headers_like
Server: (nginx|peerage)/.*
Date: \w+, .* GMT
--- response_body chomp
hello
--- no_error_log
[error]



=== TEST 2: the default type, and a HEAD request
--- config
    default_type text/x;
    location / { set $memcached_key a; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_query eval
"get a\r\n"
--- tcp_reply eval
"VALUE a 0 5\r\nhello\r\nEND\r\n"
--- request
HEAD /t
--- response_headers
Content-Type: text/x
Content-Length: 5
--- response_body eval
""



=== TEST 3: a key that memcached does not have
--- main_config
    worker_processes 1;
--- log_level: info
--- config
    location / { set $memcached_key $uri; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 8
--- tcp_reply eval
"END\r\n"
--- request
GET /t
--- error_code: 404
--- response_body_like: 404 Not Found
--- error_log eval
qr{\[info\] .*key: "/t" was not found by memcached while reading response header from upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", upstream: "memcached://127\.0\.0\.1:\d+", host: "localhost"}



=== TEST 4: the application makes what is not there
--- config
    location / { set $memcached_key $uri; error_page 404 502 504 = @app; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location @app { return 200 "made $upstream_status\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 8
--- tcp_reply eval
"END\r\n"
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["made 404\n", "made 502\n"]
--- error_code eval
[200, 200]



=== TEST 5: connections are kept: behind a value, behind none, behind a HEAD request
--- http_config
    upstream m { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 1; }
--- config
    location / { set $memcached_key $uri; memcached_pass m; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 8
--- tcp_query eval
"get /a\r\nget /b\r\nget /c\r\nget /d\r\n"
--- tcp_reply eval
[["VALUE /a 0 5\r\nhello\r\nEND\r\n", "END\r\n", "VALUE /c 0 0\r\n\r\nEND\r\n", "VALUE /d 0 1\r\nd\r\nEND\r\n"]]
--- request eval
["GET /a", "GET /b", "GET /c", "GET /d"]
--- error_code eval
[200, 404, 200, 200]
--- response_body_like eval
["^hello\$", "404", "^\$", "^d\$"]



=== TEST 6: a HEAD request leaves the connection as it is
--- http_config
    upstream m { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 1; }
--- config
    location / { set $memcached_key $uri; memcached_pass m; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 8
--- tcp_reply eval
[["VALUE /a 0 5\r\nhello\r\nEND\r\n", "VALUE /b 0 1\r\nb\r\nEND\r\n"]]
--- request eval
["HEAD /a", "GET /b"]
--- error_code eval
[200, 200]
--- response_body eval
["", "b"]
--- skip_nginx: all: the connection is closed there



=== TEST 7: spaces, control characters and percent signs of a key are escaped
--- config
    location / { set $memcached_key "$uri?$args"; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 39
--- tcp_query eval
"get /a%20b%25%0D%0Adelete%20\x7f\xff?x=%251\r\n"
--- tcp_reply eval
"VALUE /a%20b%25%0D%0Adelete%20\x7f\xff?x=%251 0 5\r\nhello\r\nEND\r\n"
--- request
GET /a%20b%25%0d%0adelete%20%7f%ff?x=%1
--- response_body chomp
hello



=== TEST 8: memcached_gzip_flag: a value that is compressed says so
--- config
    location / { set $memcached_key a; memcached_gzip_flag 2; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { set $memcached_key a; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply eval
["VALUE a 3 5\r\nhello\r\nEND\r\n", "VALUE a 4 5\r\nhello\r\nEND\r\n", "VALUE a 2 5\r\nhello\r\nEND\r\n"]
--- request eval
["GET /", "GET /", "GET /off"]
--- response_headers eval
["Content-Encoding: gzip", "! Content-Encoding", "! Content-Encoding"]
--- error_code eval
[200, 200, 200]



=== TEST 9: a part of a value
--- config
    location / { set $memcached_key a; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply eval
"VALUE a 0 10\r\n0123456789\r\nEND\r\n"
--- more_headers
Range: bytes=2-4
--- request
GET /
--- error_code: 206
--- response_headers
Content-Range: bytes 2-4/10
--- response_body chomp
234



=== TEST 10: a large value, in which its end may stand
--- config
    location / { set $memcached_key a; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply eval
"VALUE a 0 1000007\r\n" . ("\r\nEND\r\n" x 142858) . "x\r\nEND\r\n"
--- request
GET /
--- response_body eval
("\r\nEND\r\n" x 142858) . "x"



=== TEST 11: a method that asks for no value
--- config
    location / { set $memcached_key a; memcached_pass 127.0.0.1:1; }
--- request
POST /
hello
--- error_code: 405



=== TEST 12: a key that is empty
--- config
    location / { set $memcached_key $arg_none; memcached_pass 127.0.0.1:1; }
--- request
GET /
--- error_code: 500
--- error_log
the "$memcached_key" variable is not set



=== TEST 13: responses that are none
--- config
    location / { set $memcached_key a; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply eval
["ERROR\r\n", "SERVER_ERROR out of memory\r\n", "VALUE b 0 5\r\nhello\r\nEND\r\n", "VALUE a 0\r\n", "VALUE a 0 x\r\n"]
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /"]
--- error_code eval
[502, 502, 502, 502, 502]
--- error_log
memcached sent invalid response: "ERROR" while reading response header from upstream
memcached sent invalid response: "SERVER_ERROR out of memory" while
memcached sent invalid key in response "VALUE b 0 5" for key "a" while
memcached sent invalid response: "VALUE a 0" while
memcached sent invalid length in response "VALUE a 0 x" for key "a" while



=== TEST 14: flags that are none
--- config
    location / { set $memcached_key a; memcached_gzip_flag 1; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply eval
"VALUE a x 5\r\nhello\r\nEND\r\n"
--- request
GET /
--- error_code: 502
--- error_log
memcached sent invalid flags in response "VALUE a x 5" for key "a" while



=== TEST 15: a value with another end: the client is told, and the connection is not used again
--- http_config
    upstream m { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 1; }
--- config
    location / { set $memcached_key a; memcached_pass m; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply eval
["VALUE a 0 5\r\nhelloEND\r\n", "VALUE a 0 4\r\nhello\r\nEND\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n"]
--- request eval
["GET /", "GET /", "GET /"]
--- error_code eval
[502, 502, 200]
--- error_log
memcached sent invalid trailer while
--- skip_nginx: all: the value is passed on there



=== TEST 16: bytes behind a response end the connection
--- http_config
    upstream m { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 1; }
--- config
    location / { set $memcached_key a; memcached_pass m; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply eval
["VALUE a 0 5\r\nhello\r\nEND\r\nEND\r\n", "END\r\nVALUE a 0 3\r\nbad\r\nEND\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n"]
--- request eval
["GET /", "GET /", "GET /"]
--- error_code eval
[200, 404, 200]
--- response_body_like eval
["^hello\$", "404", "^x\$"]
--- error_log
memcached sent invalid trailer while
--- skip_nginx: all: what is behind END is the next answer there



=== TEST 17: a value that is cut short
--- config
    location / { set $memcached_key a; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply eval
"VALUE a 0 50\r\nhello"
--- request
GET /
--- truncated
--- error_log
upstream prematurely closed connection while



=== TEST 18: no whole line
--- config
    location / { set $memcached_key a; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply: VALUE a
--- request
GET /
--- error_code: 502
--- error_log
upstream prematurely closed connection while reading response header from upstream



=== TEST 19: memcached_buffer_size bounds the first line
--- config
    location / { set $memcached_key $uri; memcached_buffer_size 1k; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 10
--- tcp_reply eval
"VALUE /" . ("a" x 2000) . " 0 1\r\nx\r\nEND\r\n"
--- request eval
"GET /" . ("a" x 2000)
--- error_code: 502
--- error_log
upstream sent too big header while reading response header from upstream



=== TEST 20: memcached_next_upstream: not_found and invalid_response
--- http_config
    upstream m { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup; }
--- config
    set $memcached_key a;
    location /found { memcached_next_upstream not_found; memcached_pass m; }
    location /invalid { memcached_next_upstream invalid_response; memcached_pass m; }
    location /off { memcached_next_upstream off; memcached_pass m; }
    location /default { memcached_pass m; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply eval
["END\r\n", "ERROR\r\n", "ERROR\r\n", "END\r\n"]
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_2
--- tcp_query_len_2: 7
--- tcp_reply_2 eval
["VALUE a 0 1\r\nx\r\nEND\r\n", "VALUE a 0 1\r\ny\r\nEND\r\n"]
--- request eval
["GET /found", "GET /invalid", "GET /off", "GET /default"]
--- error_code eval
[200, 200, 502, 404]
--- response_body_like eval
["^x\$", "^y\$", "502", "404"]



=== TEST 21: memcached_next_upstream_tries
--- http_config
    upstream m { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 max_fails=0; server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 backup; }
--- config
    set $memcached_key a;
    location /default { memcached_pass m; }
    location /one { memcached_next_upstream_tries 1; memcached_pass m; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply eval
["END\r\n", "END\r\n"]
--- request eval
["GET /default", "GET /one"]
--- error_code eval
[404, 502]



=== TEST 22: memcached_next_upstream_timeout
--- http_config
    upstream m { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup; }
--- config
    location / { set $memcached_key a; memcached_read_timeout 300ms; memcached_next_upstream_timeout 100ms; memcached_pass m; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply_delay: 5
--- tcp_reply
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_2
--- tcp_reply_2 eval
"END\r\n"
--- request
GET /
--- error_code: 504



=== TEST 23: memcached_connect_timeout
--- config
    location / { set $memcached_key a; memcached_connect_timeout 100ms; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_full: $TEST_NGINX_RAND_PORT_1
--- request
GET /
--- error_code: 504
--- error_log
upstream timed out (110: Connection timed out) while connecting to upstream



=== TEST 24: memcached_read_timeout within a value
--- config
    location / { set $memcached_key a; memcached_read_timeout 200ms; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_no_close
--- tcp_reply eval
"VALUE a 0 50\r\nhello"
--- request
GET /
--- truncated
--- error_log
upstream timed out (110: Connection timed out) while



=== TEST 25: memcached_bind
--- config
    set $memcached_key a;
    location / { memcached_bind 192.0.2.1; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { memcached_bind off; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply eval
"VALUE a 0 1\r\nx\r\nEND\r\n"
--- request eval
["GET /", "GET /off"]
--- error_code eval
[500, 200]
--- error_log
bind(192.0.2.1) failed (99: Cannot assign requested address) while connecting to upstream



=== TEST 26: memcached_bind_dynamic: the address may depend on the server
--- http_config
    map $upstream_last_addr $from { volatile; default 127.0.0.1; "127.0.0.1:$TEST_NGINX_RAND_PORT_1" 192.0.2.1; }
--- config
    set $memcached_key a;
    memcached_bind $from;
    location / { memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; memcached_bind_dynamic on; }
    location /once { memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /", "GET /once"]
--- error_code eval
[500, 502]
--- skip_nginx: all



=== TEST 27: memcached_allow_upstream
--- config
    set $memcached_key a;
    location / { memcached_allow_upstream $arg_ok; memcached_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply eval
"VALUE a 0 1\r\nx\r\nEND\r\n"
--- request eval
["GET /", "GET /?ok=1"]
--- error_code eval
[502, 200]
--- skip_nginx: all



=== TEST 28: a group, a unix socket, memcached_socket_keepalive and memcached_send_timeout
--- http_config
    upstream m { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- config
    memcached_socket_keepalive on;
    memcached_send_timeout 1s;
    set $memcached_key a;
    location /group { memcached_pass m; }
    location /socket { memcached_pass unix:$TEST_NGINX_HTML_DIR/m.sock; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 7
--- tcp_reply eval
"VALUE a 0 1\r\nx\r\nEND\r\n"
--- tcp_listen_2: $TEST_NGINX_HTML_DIR/m.sock
--- tcp_query_len_2: 7
--- tcp_reply_2 eval
"VALUE a 0 1\r\nz\r\nEND\r\n"
--- request eval
["GET /group", "GET /socket"]
--- response_body eval
["x", "z"]
--- error_code eval
[200, 200]



=== TEST 29: a key that no line sets
--- config
    location / { memcached_pass 127.0.0.1:1; }
--- must_die
--- error_log
unknown "memcached_key" variable



=== TEST 30: memcached_pass twice
--- config
    location / { set $memcached_key a; memcached_pass 127.0.0.1:1; memcached_pass 127.0.0.1:2; }
--- must_die
--- error_log
"memcached_pass" directive is duplicate in



=== TEST 31: memcached_next_upstream: a word of other modules
--- config
    memcached_next_upstream http_404;
--- must_die
--- error_log
invalid value "http_404" in



=== TEST 32: memcached_gzip_flag that is no number
--- config
    memcached_gzip_flag x;
--- must_die
--- error_log
invalid number in



=== TEST 33: an address without a port
--- config
    location / { set $memcached_key a; memcached_pass 127.0.0.1; }
--- must_die
--- error_log
no port in upstream "127.0.0.1" in



=== TEST 34: a variable as the address
--- config
    location / { set $memcached_key a; memcached_pass $host; }
--- must_die
--- error_log
no port in upstream "$host" in



=== TEST 35: what has no meaning for values is not there
--- config
    memcached_buffering on;
--- must_die
--- error_log
unknown directive "memcached_buffering" in
