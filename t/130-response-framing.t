# How responses end: by length, by chunks, by the end of the connection, by having no body.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: HTTP/1.0 until the connection ends, to an HTTP/1.1 client: chunked
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello\n"
--- request
GET /t
--- response_headers
Transfer-Encoding: chunked
! Content-Length
--- response_body
hello
--- no_error_log
[error]



=== TEST 2: HTTP/1.1 until the connection ends
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\n\r\nhello\n"
--- request
GET /t
--- response_headers
Transfer-Encoding: chunked
--- response_body
hello



=== TEST 3: until the connection ends, to an HTTP/1.0 client: so does its own
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nhello\n"
--- raw_request eval
"GET /t HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"
--- raw_response_headers_like: ^HTTP/1\.1 200 OK\r\n
--- response_headers
! Transfer-Encoding
! Content-Length
Connection: close
--- response_body
hello



=== TEST 4: a length, the connection stays with the client
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n1\n", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n2\n"]
--- pipelined_requests eval
["GET /t", "GET /t"]
--- response_headers eval
["Content-Length: 2\n! Transfer-Encoding\nConnection: keep-alive", "Content-Length: 2\nConnection: close"]
--- response_body eval
["1\n", "2\n"]



=== TEST 5: a length of zero
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- response_headers
Content-Length: 0
--- response_body



=== TEST 6: chunks, with extensions and trailers, which are dropped
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5;x=y\r\nhello\r\n0001\r\n\n\r\n0\r\nX-Trailer: 1\r\n\r\n"
--- request
GET /t
--- response_headers
Transfer-Encoding: chunked
! X-Trailer
--- response_body
hello



=== TEST 7: chunks, not buffered
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n\n\r\n0\r\n\r\n"
--- request
GET /off
--- response_headers
Transfer-Encoding: chunked
--- response_body
hello



=== TEST 8: chunks to an HTTP/1.0 client: not chunked, until close
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n\n\r\n0\r\n\r\n"
--- request
GET /t HTTP/1.0
--- response_headers
! Transfer-Encoding
! Content-Length
Connection: close
--- response_body
hello



=== TEST 9: chunked_transfer_encoding off
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n\n\r\n0\r\n\r\n"
--- request
GET /plain
--- response_headers
! Transfer-Encoding
! Content-Length
Connection: close
--- response_body
hello



=== TEST 10: an empty chunked body
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- request
GET /t
--- response_headers
Transfer-Encoding: chunked
--- response_body



=== TEST 11: HEAD: the length is passed on, no body is waited for
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
--- request
HEAD /t
--- response_headers
Content-Length: 1000
--- response_body
--- no_error_log
[error]



=== TEST 12: HEAD of a chunked response
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
--- request
HEAD /t
--- response_headers
! Content-Length
! Transfer-Encoding
--- response_body
--- no_error_log
[error]



=== TEST 13: HEAD of a response without either
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\n\r\n"
--- request
HEAD /t
--- response_headers
! Content-Length
--- response_body



=== TEST 14: 204 has no body, and the next request is answered
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 204 No Content\r\nContent-Type: a/b\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- pipelined_requests eval
["GET /t", "GET /t"]
--- error_code eval
[204, 200]
--- response_headers eval
["! Content-Length\n! Transfer-Encoding\nContent-Type: a/b", "Content-Length: 2"]
--- response_body eval
["", "2\n"]



=== TEST 15: 304 with a length has no body
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 304 Not Modified\r\nConnection: close\r\nContent-Length: 100\r\nETag: \"e\"\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- pipelined_requests eval
["GET /t", "GET /t"]
--- more_headers eval
["If-None-Match: \"e\"", ""]
--- error_code eval
[304, 200]
--- response_headers eval
["ETag: \"e\"", "Content-Length: 2"]
--- response_body eval
["", "2\n"]



=== TEST 16: lines of the head may end in a bare LF
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 3\n\nok\n"
--- request
GET /t
--- response_headers
X-A: 1
--- raw_response_headers_unlike: [^\r]\n
--- response_body
ok



=== TEST 17: no reason phrase
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_body
ok



=== TEST 18: an empty value, and spaces around one
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-Empty:\r\nX-Space:   a b  \r\nContent-Length:3\r\n\r\nok\n"
--- request
GET /t
--- response_headers
X-Empty:
X-Space: a b
--- response_body
ok



=== TEST 19: statuses that are rare
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 599 Odd\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 599
--- response_body
ok



=== TEST 20: 205 and a body
--- config
    proxy_http_version 1.1;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- error_code: 205
--- response_body



=== TEST 21: a head and a body that come in pieces
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / {
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" . ("1\r\na\r\n" x 20000) . "0\r\n\r\n"
--- log_level: notice
--- timeout: 30
--- request
GET /t
--- response_body eval
"a" x 20000



=== TEST 22: the line of a chunk may be filled up with spaces
--- config
    location /t { proxy_http_version 1.1; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2  \r\nok\r\n1\t\r\n\n\r\n0 \r\n\r\n"
--- request
GET /t
--- response_body
ok
