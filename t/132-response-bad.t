# Responses that are refused with 502. None of their bytes reach the client.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: no status line: nginx passes it on raw as HTTP/0.9
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"this is not HTTP\r\n\r\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 2: an empty line before the status line
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 3: a status of two digits
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 20 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 4: a status of four digits
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 2000 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 5: a status that is no number
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 6: a status of zero
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 000 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 7: another protocol
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"ICY 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 8: another major version
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/2.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 9: a version without a minor number
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 10: a status line alone, without its end
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway



=== TEST 11: nothing at all
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
""
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway



=== TEST 12: a head without its end
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-A: 1\r\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway



=== TEST 13: 101 without a request for an upgrade
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 14: NUL in a value
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway



=== TEST 15: NUL in a name
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX\x00A: ab\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway



=== TEST 16: NUL in the status line
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 O\x00K\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 17: a bare CR in a value
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-A: a\rb\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway



=== TEST 18: a bare CR in the status line
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 O\rK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 19: a bare CR before a field
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\n\rX-A: b\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway



=== TEST 20: two different lengths
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 21: a list of lengths
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 22: both a length and a transfer coding
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nok\n\r\n0\r\n\r\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 23: the same the other way round
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nok\n\r\n0\r\n\r\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 24: a length with a sign
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 25: a negative length
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 26: a length that is no number
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 27: a length of 2^64
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 28: a transfer coding that is not known
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 29: a transfer coding before chunked
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nok\n\r\n0\r\n\r\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 30: chunked twice
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nok\n\r\n0\r\n\r\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway
--- skip_nginx: all



=== TEST 31: a folded line
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway



=== TEST 32: a head that never ends
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\n" . ("X-A: 1\r\n" x 5000)
--- request
GET /t
--- error_code: 502
--- response_headers
! X-A
--- response_body_like: 502 Bad Gateway



=== TEST 33: a reset before the head
--- config
    location /t {
        proxy_request_buffering on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 10
--- tcp_reply
--- request
GET /t
--- error_code: 502
--- error_log eval
qr/recv\(\) failed \(104: Connection reset by peer\) while reading response header from upstream/



=== TEST 34: the next server is asked when proxy_next_upstream has invalid_header
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t { proxy_next_upstream invalid_header; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"not HTTP\r\n\r\n"
--- request
GET /t
--- response_body
second
--- skip_nginx: all



=== TEST 35: a head that is larger than what is ever read at once, though proxy_buffer_size would allow it
--- config
    location /t {
        proxy_buffer_size 512k;
        proxy_buffers 8 512k;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-Big: " . ("x" x 300000) . "\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- error_code: 502
--- error_log
upstream sent too big header while reading response header from upstream
--- skip_nginx: all



=== TEST 36: the line that is wrong is named, and the one that it repeats
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nContent-Length: 1\r\ncontent-length: 2\r\n\r\nx",
 "HTTP/1.1 200 OK\r\nContent-Length: x1\r\n\r\nx",
 "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx"]
--- request eval
["GET /t", "GET /t", "GET /t"]
--- error_code eval
[502, 502, 502]
--- error_log
upstream sent duplicate header line: "content-length: 2", previous value: "Content-Length: 1" while
upstream sent invalid "Content-Length" header: "Content-Length: x1" while
upstream sent unknown "Transfer-Encoding": "gzip" while
--- skip_nginx: all
