# proxy_force_ranges.

use Test::Nginx::Socket 'no_plan';

our $Big = "0123456789abcdef" x 65536;

run_tests();

__DATA__

=== TEST 1: parts of what the server sends whole
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; max_ranges 0; location / { return 200 "0123456789"; } }
--- config
    location / { proxy_force_ranges on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "HEAD /"]
--- more_headers eval
["Range: bytes=2-4", "Range: bytes=-3", "Range: bytes=7-", "Range: bytes=20-", "Range: bytes=0-1,3-4", "X: y", "Range: bytes=2-4"]
--- error_code eval
[206, 206, 206, 416, 200, 200, 206]
--- response_body_like eval
["^234\$", "^789\$", "^789\$", "416", "^0123456789\$", "^0123456789\$", "^\$"]
--- response_headers eval
["Content-Range: bytes 2-4/10\nContent-Length: 3", "Content-Range: bytes 7-9/10", "Content-Range: bytes 7-9/10", "Content-Range: bytes */10", "Content-Length: 10\n! Content-Range", "Accept-Ranges: bytes", "Content-Range: bytes 2-4/10\nContent-Length: 3"]



=== TEST 2: If-Range
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; max_ranges 0; root $TEST_NGINX_HTML_DIR; add_header ETag '"x"'; }
--- config
    location / { proxy_force_ranges on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> f 200001010000.00
0123456789
--- request eval
["GET /f", "GET /f", "GET /f", "GET /f"]
--- more_headers eval
["Range: bytes=2-4\nIf-Range: \"x\"", "Range: bytes=2-4\nIf-Range: \"y\"", "Range: bytes=2-4\nIf-Range: Sat, 01 Jan 2000 00:00:00 GMT", "Range: bytes=2-4\nIf-Range: Sat, 01 Jan 2000 00:00:01 GMT"]
--- error_code eval
[206, 200, 206, 200]



=== TEST 3: off: it is the server's to answer, or not
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; max_ranges 0; root $TEST_NGINX_HTML_DIR; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; root $TEST_NGINX_HTML_DIR; }
--- config
    location /a { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/f; }
    location /b { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2/f; }
--- user_files
>>> f
0123456789
--- request eval
["GET /a", "GET /b"]
--- more_headers
Range: bytes=2-4
--- error_code eval
[200, 206]



=== TEST 4: not of what has no length, nor of other statuses, nor with max_ranges 0
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; max_ranges 0; location / { return 203 "0123456789"; } }
--- config
    location /s { proxy_force_ranges on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /c { proxy_force_ranges on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /m { max_ranges 0; proxy_force_ranges on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\n0123456789"
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_3
--- tcp_reply_2 eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"
--- request eval
["GET /s", "GET /c", "GET /m"]
--- more_headers
Range: bytes=2-4
--- error_code eval
[203, 200, 200]
--- response_headers eval
["! Accept-Ranges", "! Accept-Ranges", "! Accept-Ranges"]
--- response_body eval
["0123456789", "0123456789", "0123456789"]



=== TEST 5: the start, the middle and the end of something large
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; max_ranges 0; root $TEST_NGINX_HTML_DIR; }
--- config
    location / { proxy_force_ranges on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval
">>> f\n" . $::Big
--- request eval
["GET /f", "GET /f", "GET /f"]
--- more_headers eval
["Range: bytes=1-15", "Range: bytes=500000-500015", "Range: bytes=-17"]
--- error_code eval
[206, 206, 206]
--- response_body eval
["123456789abcdef", "0123456789abcdef", "f0123456789abcdef"]
--- no_error_log
[error]



=== TEST 6: what the server says of ranges is not for whom it hands the answer over to, either
--- config
    location / { proxy_force_ranges on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /in { return 200 "in\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nAccept-Ranges: bytes\r\nX-Accel-Redirect: /in\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- response_body
in
--- response_headers
! Accept-Ranges
