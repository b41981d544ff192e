# proxy_next_upstream, proxy_next_upstream_tries, proxy_next_upstream_timeout.
# The second server is a backup, so that the first is always the one tried first.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: the default: a refused connection, the next server
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second $request_uri\n"; } }
--- config
    location /t {
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- request
GET /t?a
--- response_headers
X-Status: 502, 200
--- response_body
second /t?a
--- error_log
connect() failed (111: Connection refused) while connecting to upstream



=== TEST 2: off
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t {
        proxy_next_upstream off;
        add_header X-Status $upstream_status always;
        proxy_pass http://pool;
    }
--- request
GET /t
--- error_code: 502
--- response_headers
X-Status: 502



=== TEST 3: error: a connection that closes before the head
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t {
        proxy_next_upstream error;
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply
--- request
GET /t
--- response_headers
X-Status: 502, 200
--- response_body
second
--- error_log
upstream prematurely closed connection while reading response header from upstream



=== TEST 4: error: a connection that closes within the head
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-First: lost\r\n"
--- request
GET /t
--- response_headers
! X-First
--- response_body
second



=== TEST 5: timeout, alone
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t {
        proxy_next_upstream timeout;
        proxy_read_timeout 50ms;
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply
--- request
GET /t
--- response_headers
X-Status: 504, 200
--- response_body
second



=== TEST 6: a timeout is not an error
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t {
        proxy_next_upstream error;
        proxy_read_timeout 50ms;
        proxy_pass http://pool;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply
--- request
GET /t
--- error_code: 504



=== TEST 7: an error is not a timeout
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t {
        proxy_next_upstream timeout;
        proxy_pass http://pool;
    }
--- request
GET /t
--- error_code: 502



=== TEST 8: invalid_header
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t {
        proxy_next_upstream invalid_header;
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-Bad: a\x00b\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- response_headers
X-Status: 502, 200
--- response_body
second
--- error_log
upstream sent invalid header



=== TEST 9: an invalid header is not among the defaults
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-Bad: a\x00b\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- error_code: 502



=== TEST 10: every status, each by its own condition
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /403 { return 403 "first\n"; }
        location /404 { return 404 "first\n"; }
        location /429 { return 429 "first\n"; }
        location /500 { return 500 "first\n"; }
        location /502 { return 502 "first\n"; }
        location /503 { return 503 "first\n"; }
        location /504 { return 504 "first\n"; }
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
    add_header X-Status $upstream_status;
--- config
    location /403 { proxy_next_upstream http_403; proxy_pass http://pool; }
    location /404 { proxy_next_upstream http_404; proxy_pass http://pool; }
    location /429 { proxy_next_upstream http_429; proxy_pass http://pool; }
    location /500 { proxy_next_upstream http_500; proxy_pass http://pool; }
    location /502 { proxy_next_upstream http_502; proxy_pass http://pool; }
    location /503 { proxy_next_upstream http_503; proxy_pass http://pool; }
    location /504 { proxy_next_upstream http_504; proxy_pass http://pool; }
--- request eval
["GET /403", "GET /404", "GET /429", "GET /500", "GET /502", "GET /503", "GET /504"]
--- response_headers eval
["X-Status: 403, 200", "X-Status: 404, 200", "X-Status: 429, 200", "X-Status: 500, 200",
 "X-Status: 502, 200", "X-Status: 503, 200", "X-Status: 504, 200"]
--- response_body eval
["second\n", "second\n", "second\n", "second\n", "second\n", "second\n", "second\n"]



=== TEST 11: no status by another's condition, and none by default
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /403 { return 403 "first\n"; }
        location /404 { return 404 "first\n"; }
        location /429 { return 429 "first\n"; }
        location /500 { return 500 "first\n"; }
        location /502 { return 502 "first\n"; }
        location /503 { return 503 "first\n"; }
        location /504 { return 504 "first\n"; }
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /403 { proxy_next_upstream http_404; proxy_pass http://pool; }
    location /404 { proxy_next_upstream http_403; proxy_pass http://pool; }
    location /429 { proxy_next_upstream http_500; proxy_pass http://pool; }
    location /500 { proxy_next_upstream error timeout; proxy_pass http://pool; }
    location /502 { proxy_pass http://pool; }
    location /503 { proxy_next_upstream http_502 http_504; proxy_pass http://pool; }
    location /504 { proxy_next_upstream timeout; proxy_pass http://pool; }
--- request eval
["GET /403", "GET /404", "GET /429", "GET /500", "GET /502", "GET /503", "GET /504"]
--- error_code eval
[403, 404, 429, 500, 502, 503, 504]
--- response_body eval
["first\n", "first\n", "first\n", "first\n", "first\n", "first\n", "first\n"]



=== TEST 12: the answer of the last server is passed on, whatever it is
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 503 "first\n"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 503 "second\n"; } }
--- config
    location /t {
        proxy_next_upstream http_503;
        add_header X-Status $upstream_status always;
        proxy_pass http://pool;
    }
--- request
GET /t
--- error_code: 503
--- response_headers
X-Status: 503, 503
--- response_body
second



=== TEST 13: POST, PATCH and LOCK are not repeated once they were sent
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 503 "first\n"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t {
        proxy_next_upstream error timeout http_503;
        proxy_pass http://pool;
    }
--- request eval
["POST /t\nbody", "PATCH /t\nbody", "LOCK /t", "PUT /t\nbody", "DELETE /t", "GET /t"]
--- error_code eval
[503, 503, 503, 200, 200, 200]
--- response_body eval
["first\n", "first\n", "first\n", "second\n", "second\n", "second\n"]



=== TEST 14: POST is repeated after a connection that failed: nothing was sent
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "$request_method $content_length\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
"POST /t\nbody"
--- response_body
POST 4



=== TEST 15: POST is not repeated after the connection closed without an answer
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply
--- request eval
"POST /t\nbody"
--- error_code: 502



=== TEST 16: non_idempotent
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 503 "first\n"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "$request_method $content_length\n"; } }
--- config
    location /t {
        proxy_next_upstream http_503 non_idempotent;
        proxy_pass http://pool;
    }
--- request eval
"POST /t\nbody"
--- response_body
POST 4



=== TEST 17: the body goes to the next server whole, even from a file
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 503; } }
--- config
    location /t {
        client_body_buffer_size 1k;
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_next_upstream http_503;
        proxy_pass http://pool;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_query eval
"PUT /t HTTP/1.1\r\nHost: up\r\nContent-Length: 5000\r\n\r\n" . ("abcde" x 1000)
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"PUT /t\n" . ("abcde" x 1000)
--- response_body
ok



=== TEST 18: proxy_next_upstream_tries
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 max_fails=0;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_3 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 "third\n"; } }
--- config
    add_header X-Status $upstream_status always;
    location /one { proxy_next_upstream_tries 1; proxy_pass http://pool; }
    location /two { proxy_next_upstream_tries 2; proxy_pass http://pool; }
    location /three { proxy_next_upstream_tries 3; proxy_pass http://pool; }
    location /none { proxy_next_upstream_tries 0; proxy_pass http://pool; }
--- request eval
["GET /one", "GET /two", "GET /three", "GET /none"]
--- error_code eval
[502, 502, 200, 200]
--- response_headers eval
["X-Status: 502", "X-Status: 502, 502", "X-Status: 502, 502, 200", "X-Status: 502, 502, 200"]



=== TEST 19: proxy_next_upstream_timeout: used up by the first try
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t {
        proxy_read_timeout 100ms;
        proxy_next_upstream_timeout 50ms;
        proxy_pass http://pool;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply
--- request
GET /t
--- error_code: 504



=== TEST 20: proxy_next_upstream_timeout: long enough
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t {
        proxy_read_timeout 50ms;
        proxy_next_upstream_timeout 60s;
        proxy_pass http://pool;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply
--- request
GET /t
--- response_body
second



=== TEST 21: a response that has begun is never repeated: it is cut off
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t {
        proxy_next_upstream error timeout invalid_header http_500 non_idempotent;
        proxy_pass http://pool;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst"
--- request
GET /t
--- response_body_unlike: second
--- truncated
--- error_log
upstream prematurely closed connection while reading upstream



=== TEST 22: a single server is tried once
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- config
    location /t {
        add_header X-Status $upstream_status always;
        proxy_pass http://pool;
    }
--- request
GET /t
--- error_code: 502
--- response_headers
X-Status: 502



=== TEST 23: inherited
--- http_config
    proxy_next_upstream off;
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /off { proxy_pass http://pool; }
    location /on { proxy_next_upstream error; proxy_pass http://pool; }
--- request eval
["GET /off", "GET /on"]
--- error_code eval
[502, 200]



=== TEST 24: an unknown condition
--- config
    location /t { proxy_next_upstream http_418; proxy_pass http://127.0.0.1:81; }
--- must_die
--- error_log
invalid value "http_418" in



=== TEST 25: a request that is streamed is not repeated once some of its body is gone
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t {
        proxy_request_buffering off;
        proxy_pass http://pool;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 200000
--- tcp_reply
--- raw_request eval
"PUT /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n" . ("x" x 300000)
--- error_code: 502



=== TEST 26: proxy_allow_upstream: what it comes to
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 "one\n"; }
    map $upstream_last_addr $by_addr { volatile; "127.0.0.1:$TEST_NGINX_RAND_PORT_1" 1; }
    log_format t "$uri [$upstream_addr] [$upstream_status]";
--- config
    access_log logs/access.log t;
    proxy_allow_upstream 0;
    location / { proxy_allow_upstream $arg_a $arg_b; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /addr { proxy_allow_upstream $by_addr; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /inherited { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /?a=1&b=x", "GET /?a=1", "GET /?a=1&b=0", "GET /addr", "GET /inherited"]
--- error_code eval
[200, 502, 502, 200, 502]
--- error_log
upstream server denied by "proxy_allow_upstream" while connecting to upstream
--- access_log eval
qr{/inherited \[127.0.0.1:\d+\] \[502\]}
--- skip_nginx: all



=== TEST 27: proxy_next_upstream denied: the next server is asked; denied ones have failed
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 "one\n"; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "two\n"; }
    map $upstream_last_addr $allow { volatile; "127.0.0.1:$TEST_NGINX_RAND_PORT_2" 1; }
    upstream both { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    upstream both2 { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    log_format t "$uri [$upstream_addr] [$upstream_status] [$upstream_pool]";
--- config
    access_log logs/access.log t;
    location / {
        proxy_allow_upstream $allow;
        proxy_next_upstream error denied;
        proxy_pass http://both;
    }
    location /stay {
        proxy_allow_upstream $allow;
        proxy_pass http://both2;
    }
--- request eval
["GET /1", "GET /2", "GET /stay/3", "GET /stay/4"]
--- error_code eval
[200, 200, 502, 200]
--- access_log eval
[qr{/1 \[127.0.0.1:\d+, 127.0.0.1:\d+\] \[502, 200\] \[denied, dial\]}, qr{/2 \[127.0.0.1:\d+\] \[200\] \[hit\]}, qr{/stay/3 \[127.0.0.1:\d+\] \[502\]}, qr{/stay/4 \[127.0.0.1:\d+\] \[200\]}]
--- skip_nginx: all



=== TEST 28: a connection that a denied request found is left to others
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 "$connection\n"; }
    upstream one { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0; }
    log_format t "$uri [$upstream_status] [$upstream_pool]";
--- config
    access_log logs/access.log t;
    location / { proxy_allow_upstream $arg_a; proxy_pass http://one; }
    location /status { pool_status; }
--- request eval
["GET /0", "GET /1?a=1", "GET /2", "GET /3?a=1", "GET /status"]
--- error_code eval
[502, 200, 502, 200, 200]
--- response_body_like eval
["502", '^\d+$', "502", '^\d+$', '"hits":1,"dials":1,']
--- access_log eval
[qr{/0 \[502\] \[denied\]}, qr{/1 \[200\] \[dial\]}, qr{/2 \[502\] \[denied\]}, qr{/3 \[200\] \[hit\]}]
--- skip_nginx: all
