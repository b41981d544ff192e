# 1xx responses before the final one: all are read; 103 is passed on, the others are dropped.
# nginx takes the first of them for the answer.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: 100 is dropped
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- raw_response_headers_unlike: HTTP/1.1 100
--- response_body
ok
--- no_error_log
[error]
--- skip_nginx: all



=== TEST 2: 102 is dropped
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- raw_response_headers_unlike: HTTP/1.1 102
--- response_body
ok
--- no_error_log
[error]
--- skip_nginx: all



=== TEST 3: 110 is dropped
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 110 Unheard Of\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- raw_response_headers_unlike: HTTP/1.1 110
--- response_body
ok
--- no_error_log
[error]
--- skip_nginx: all



=== TEST 4: 199 is dropped
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 199 Last\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- raw_response_headers_unlike: HTTP/1.1 199
--- response_body
ok
--- no_error_log
[error]
--- skip_nginx: all



=== TEST 5: its fields are dropped with it
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 100 Continue\r\nX-Interim: 1\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_headers
! X-Interim
Content-Length: 3
--- response_body
ok
--- no_error_log
[error]
--- skip_nginx: all



=== TEST 6: several
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- raw_response_headers_unlike: 102
--- response_body
ok
--- no_error_log
[error]
--- skip_nginx: all



=== TEST 7: 103 is passed on
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- raw_response_headers_like: \AHTTP/1\.1 103 Early Hints\r\nLink: </style\.css>; rel=preload\r\n\r\nHTTP/1\.1 200 OK\r\n
--- response_headers
! Link
--- response_body
ok
--- no_error_log
[error]
--- skip_nginx: all



=== TEST 8: 103 after 100
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- raw_response_headers_like: \AHTTP/1\.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1\.1 200 OK\r\n
--- response_body
ok
--- no_error_log
[error]
--- skip_nginx: all



=== TEST 9: 103 is not for an HTTP/1.0 client
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t HTTP/1.0
--- raw_response_headers_unlike: 103
--- response_body
ok
--- skip_nginx: all



=== TEST 10: nothing after it: 502
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 100 Continue\r\n\r\n"
--- request
GET /t
--- error_code: 502
--- error_log
upstream prematurely closed connection while reading response header from upstream
--- skip_nginx: all



=== TEST 11: a 1xx does not stop proxy_read_timeout
--- config
    location /t { proxy_read_timeout 50ms; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 102 Processing\r\n\r\n"
--- request
GET /t
--- error_code: 504
--- skip_nginx: all



=== TEST 12: the next server is still asked after one
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
"HTTP/1.1 100 Continue\r\n\r\n"
--- request
GET /t
--- response_body
second
--- skip_nginx: all



=== TEST 13: a connection on which one came is used again
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]]
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "2\n"]
--- skip_nginx: all



=== TEST 14: a 100 that comes while the body is still being sent
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_request_buffering off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 30
--- tcp_reply eval
["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"]
--- raw_request_middle_delay: 0.1
--- raw_request eval
["POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nConnection: close\r\n\r\nfirst", "other"]
--- response_body
ok
--- skip_nginx: all



=== TEST 15: fields that are hidden are hidden in a 103, too
--- config
    location /t {
        proxy_hide_header X-Secret;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nX-Secret: 1\r\nX-Accel-Redirect: /in\r\nServer: up\r\nContent-Length: 2\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- raw_response_headers_like: \AHTTP/1\.1 103 Early Hints\r\nLink: </a\.css>\r\n\r\nHTTP/1\.1 200 OK\r\n
--- response_body
ok
--- skip_nginx: all
