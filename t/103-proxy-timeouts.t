# proxy_connect_timeout, proxy_send_timeout, proxy_read_timeout.
# The shortest timeouts are used; no block depends on how long anything else takes.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: proxy_read_timeout before the head
--- config
    location /t {
        proxy_read_timeout 50ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply
--- request
GET /t
--- error_code: 504
--- response_body_like: 504 Gateway Time-?out
--- error_log eval
qr{upstream timed out \(110: Connection timed out\) while reading response header from upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", upstream: "http://127\.0\.0\.1:\d+/t", host: "localhost"}



=== TEST 2: proxy_read_timeout within the head
--- config
    location /t {
        proxy_read_timeout 50ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
--- request
GET /t
--- error_code: 504
--- error_log
upstream timed out (110: Connection timed out) while reading response header from upstream



=== TEST 3: proxy_read_timeout within the body: the client sees the truncation
--- config
    location /t {
        proxy_read_timeout 500ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf\n"
--- request
GET /t
--- response_headers
Content-Length: 10
--- response_body_like: ^(half\n)?$
--- truncated
--- error_log
upstream timed out (110: Connection timed out) while reading upstream



=== TEST 4: proxy_read_timeout within the body, proxy_buffering off
--- config
    location /t {
        proxy_buffering off;
        proxy_read_timeout 500ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf\n"
--- request
GET /t
--- response_headers
Content-Length: 10
--- response_body
half
--- truncated
--- error_log
upstream timed out (110: Connection timed out) while reading upstream



=== TEST 5: proxy_read_timeout is inherited and can be lengthened
--- http_config
    proxy_read_timeout 50ms;
--- config
    location /t {
        proxy_read_timeout 60s;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.2
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_body
ok
--- no_error_log
[error]



=== TEST 6: proxy_send_timeout: an upstream that does not read
--- config
    location /t {
        client_max_body_size 0;
        proxy_send_timeout 50ms;
        proxy_request_buffering on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 1
--- tcp_reply_delay: 1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"POST /t\n" . ("x" x 20000000)
--- error_code: 504
--- error_log
upstream timed out (110: Connection timed out) while sending request to upstream



=== TEST 7: proxy_connect_timeout
--- config
    location /t {
        proxy_connect_timeout 50ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_full: $TEST_NGINX_RAND_PORT_1
--- request
GET /t
--- error_code: 504
--- error_log eval
qr{\[error\] \d+#\d+: \*\d+ upstream timed out \(110: Connection timed out\) while connecting to upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", upstream: "http://127\.0\.0\.1:$TEST_NGINX_RAND_PORT_1/t", host: "localhost"$}



=== TEST 8: a connect that timed out: the next server
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t {
        proxy_connect_timeout 50ms;
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- tcp_full: $TEST_NGINX_RAND_PORT_1
--- request eval
"POST /t\nbody"
--- response_headers
X-Status: 504, 200
--- response_body
second



=== TEST 9: proxy_connect_timeout takes one parameter, spaces need quotes
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up\n"; } }
--- config
    location /t {
        proxy_connect_timeout 50ms;
        location /t/m { proxy_connect_timeout 1m 15s; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- must_die
--- error_log
invalid number of arguments in "proxy_connect_timeout" directive in



=== TEST 10: proxy_connect_timeout: it ends with the connect
--- config
    location /t {
        proxy_connect_timeout 50ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.3
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_body
ok
--- no_error_log
[error]



=== TEST 11: a bad time
--- config
    location /t { proxy_read_timeout soon; }
--- must_die
--- error_log
"proxy_read_timeout" directive invalid value in



=== TEST 12: error_page of a 504
--- config
    error_page 504 = /slow;
    location /slow { return 503 "too slow\n"; }
    location /t {
        proxy_read_timeout 50ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply
--- request
GET /t
--- error_code: 503
--- response_body
too slow
