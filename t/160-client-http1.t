# HTTP/1 from clients, in front of an upstream: versions, keep-alive, pipelining, methods, limits and
# the statuses that belong to them.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: HTTP/1.1 keeps the connection
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$request_uri\n"; } }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /reached { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET /t/1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /t/2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_headers eval
["Connection: keep-alive", "Connection: close"]
--- response_body eval
["/t/1\n", "/t/2\n"]



=== TEST 2: HTTP/1.0 does not
--- raw_request eval
"GET /t/1 HTTP/1.0\r\nHost: localhost\r\n\r\n"
--- raw_response_headers_like: ^HTTP/1\.1 200 OK\r\n
--- response_headers
Connection: close
--- response_body
/t/1



=== TEST 3: unless it is asked to
--- raw_request eval
"GET /t/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /t/2 HTTP/1.0\r\n\r\n"
--- response_headers eval
["Connection: keep-alive", "Connection: close"]
--- response_body eval
["/t/1\n", "/t/2\n"]



=== TEST 4: HTTP/0.9: a body and no head
--- raw_request eval
"GET /t/1\r\n"
--- error_code: none
--- response_body
/t/1



=== TEST 5: nothing after the request that said close
--- raw_request eval
"GET /t/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\nGET /t/2 HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- response_body
/t/1
--- no_access_log
/t/2



=== TEST 6: pipelined requests are answered in their order, though the first is slow
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "fast\n"; } }
--- config
    location /slow { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /fast { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /local { return 200 "local\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.2
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nslow\n"
--- pipelined_requests eval
["GET /slow", "GET /fast", "GET /local", "GET /fast"]
--- response_body eval
["slow\n", "fast\n", "local\n", "fast\n"]



=== TEST 7: HEAD
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$request_method\n"; } }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- pipelined_requests eval
["HEAD /t", "GET /t"]
--- response_headers eval
["Content-Length: 5", "Content-Length: 4"]
--- response_body eval
["", "GET\n"]



=== TEST 8: CONNECT is refused
--- raw_request eval
"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- error_code: 405
--- no_error_log
connecting to upstream
--- skip_nginx: all



=== TEST 9: CONNECT of a path is refused too
--- raw_request eval
"CONNECT /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- error_code: 405



=== TEST 10: TRACE is refused
--- raw_request eval
"TRACE /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- error_code: 405



=== TEST 11: OPTIONS *
--- raw_request eval
"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- error_code_like: ^(20[04]|404|405)$
--- skip_nginx: all



=== TEST 12: an asterisk is for OPTIONS only
--- raw_request eval
"GET * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- error_code: 400



=== TEST 13: 505
--- raw_request eval
["GET /t HTTP/2.0\r\nHost: localhost\r\n\r\n"]
--- error_code: 505



=== TEST 14: 505 of a version to come
--- raw_request eval
"GET /t HTTP/3.7\r\nHost: localhost\r\n\r\n"
--- error_code: 505



=== TEST 15: 414
--- http_config
    large_client_header_buffers 2 1k;
    client_header_buffer_size 1k;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$request_method\n"; } }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
"GET /t?" . ("a" x 2000)
--- error_code: 414
--- no_error_log
connecting to upstream



=== TEST 16: a field that is too large
--- request
GET /t
--- more_headers eval
"X-A: " . ("a" x 2000)
--- error_code: 431
--- no_error_log
connecting to upstream
--- skip_nginx: all



=== TEST 17: fields that are too large together
--- request
GET /t
--- more_headers eval
"X-A: 0123456789012345678901234567890123456789\n" x 100
--- error_code: 431
--- skip_nginx: all



=== TEST 18: max_headers
--- config
    max_headers 20;
    location /t { return 200 "ok\n"; }
--- request eval
["GET /t", "GET /t"]
--- more_headers eval
["X-A: 1\n" x 10, "X-A: 1\n" x 30]
--- error_code eval
[200, 400]
--- skip_nginx: all



=== TEST 19: 408: client_header_timeout within the head
--- config
    client_header_timeout 50ms;
    location /t { return 200 "ok\n"; }
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: loc"
--- error_code_like: ^(408|none)$
--- closes
--- access_log
"GET /t HTTP/1.1" 408



=== TEST 20: 413 closes the connection
--- config
    client_max_body_size 3;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"
--- error_code: 413
--- response_headers
Connection: close



=== TEST 21: a request in many pieces
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$request_uri $http_x_a\n"; } }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request_middle_delay: 0.002
--- raw_request eval
["G", "ET /", "t HT", "TP/1.", "1\r", "\nHost", ":", " local", "host\r\nX", "-A: ", "va", "lue\r\nConnection: close\r", "\n\r", "\n"]
--- response_body
/t value



=== TEST 22: keepalive_requests of the client side
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$request_uri\n"; } }
--- config
    keepalive_requests 2;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET /t/1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /t/2 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /t/3 HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- response_headers eval
["Connection: keep-alive", "Connection: close"]
--- response_body eval
["/t/1\n", "/t/2\n"]
--- no_access_log
/t/3



=== TEST 23: an error of the upstream leaves the client's connection usable
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "ok\n"; } }
--- config
    location /bad { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /good { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- pipelined_requests eval
["GET /bad", "GET /good"]
--- error_code eval
[502, 200]



=== TEST 24: Date and Server are this server's
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "ok\n"; } }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /t
--- response_headers_like
Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT
Server: \w+/[\d.]+



=== TEST 25: lingering close: what the client still sends does not take its answer away
--- config
    client_max_body_size 10;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- read_delay: 0.2
--- raw_request_middle_delay: 0.02
--- raw_request eval
["POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n", "x" x 100000, "x" x 100000, "x" x 100000]
--- error_code: 413
--- response_body_like: 413 Request Entity Too Large



=== TEST 26: two clients at once, one of which never reads
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "ok\n"; } }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- idle_connections: 20
--- request
GET /t
--- response_body
ok



=== TEST 27: a client that does not read is closed after send_timeout
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; sendfile off; }
--- config
    location /big.txt {
        send_timeout 50ms;
        proxy_buffering off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files eval
">>> big.txt\n" . ("0123456789abcdef" x 1000000)
--- read_delay: 0.5
--- request
GET /big.txt
--- truncated
--- error_log
client timed out



=== TEST 28: a head that comes byte by byte is bounded by client_header_timeout as a whole
--- config
    client_header_timeout 200ms;
    location /t { return 200 "ok\n"; }
--- raw_request_middle_delay: 0.05
--- raw_request eval
["GET /t HTTP/1.1\r\nHost: localhost\r\nX-A: ", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "\r\nConnection: close\r\n\r\n"]
--- error_code_like: ^(408|none)$
--- closes
--- access_log
"GET /t HTTP/1.1" 408
