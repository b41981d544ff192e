# chunked_transfer_encoding.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: to a client that knows it
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nhello"
--- pipelined_requests eval
["GET /"]
--- response_headers
Transfer-Encoding: chunked
! Content-Length
--- response_body chomp
hello



=== TEST 2: not to an old one
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nhello"
--- raw_request eval
"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
--- response_headers
! Transfer-Encoding
Connection: close
--- response_body chomp
hello



=== TEST 3: off
--- config
    chunked_transfer_encoding off;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nhello"
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
--- response_headers
! Transfer-Encoding
Connection: close
--- response_body chomp
hello



=== TEST 4: an empty body
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\n"
--- request
GET /
--- response_headers
Transfer-Encoding: chunked
--- response_body:



=== TEST 5: HEAD
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\n"
--- request
HEAD /
--- response_body:
