# Bodies of requests: sized and chunked, in memory and in a file, $request_body, 100-continue, 413.

use Test::Nginx::Socket 'no_plan';

our $Body = "0123456789abcdef" x 4096;

run_tests();

__DATA__

=== TEST 1: a sized body in memory
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 5\r\n\r\nhello"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"POST /t\nhello"
--- response_body
ok
--- no_error_log
is buffered to a temporary file



=== TEST 2: a sized body larger than client_body_buffer_size goes through a file
--- config
    location /t {
        client_body_buffer_size 8k;
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 65536\r\n\r\n" . $::Body
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"POST /t\n" . $::Body
--- response_body
ok
--- error_log eval
qr{\[warn\] .*a client request body is buffered to a temporary file \S+, client: 127\.0\.0\.1, server: localhost, request: "POST /t HTTP/1\.1", host: "localhost"}



=== TEST 3: the same body in a buffer large enough
--- config
    location /t {
        client_body_buffer_size 64k;
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 65536\r\n\r\n" . $::Body
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"POST /t\n" . $::Body
--- response_body
ok
--- no_error_log
is buffered to a temporary file



=== TEST 4: a chunked body is sent with its length
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 11\r\n\r\nhello world"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n006\r\n world\r\n0\r\n\r\n"
--- response_body
ok



=== TEST 5: chunk extensions and trailers are dropped, the size may be in either case
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 21\r\n\r\nhello wordhello earth"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: CHUNKED\r\nConnection: close\r\n\r\nA;name=value;x=\"y z\"\r\nhello word\r\nb\r\nhello earth\r\n0\r\nX-Trailer: 1\r\n\r\n"
--- response_body
ok



=== TEST 6: a chunked body byte by byte
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 3\r\n\r\nabc"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request_middle_delay: 0.002
--- raw_request eval
["POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n", "2", "\r", "\n", "a", "b", "\r", "\n", "1", "\r", "\n", "c", "\r", "\n", "0", "\r", "\n", "\r", "\n"]
--- response_body
ok



=== TEST 7: a chunked body larger than the buffer
--- config
    location /t {
        client_body_buffer_size 8k;
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 131072\r\n\r\n" . $::Body . $::Body
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n10000\r\n" . $::Body . "\r\n10000\r\n" . $::Body . "\r\n0\r\n\r\n"
--- response_body
ok
--- error_log
a client request body is buffered to a temporary file



=== TEST 8: an empty chunked body
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 0\r\n\r\n"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"
--- response_body
ok



=== TEST 9: a length of zero
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 0\r\n\r\n"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
POST /t
--- more_headers
Content-Length: 0
--- response_body
ok



=== TEST 10: a GET may have a body
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"GET /t HTTP/1.1\r\nHost: up\r\nContent-Length: 5\r\n\r\nhello"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"GET /t\nhello"
--- response_body
ok



=== TEST 11: $request_body, of a sized and of a chunked body
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up\n"; } }
--- config
    location /t {
        add_header X-Body "[$request_body]";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nsizedPOST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nchu\r\n4\r\nnked\r\n0\r\n\r\nGET /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_headers eval
["X-Body: [sized]", "X-Body: [chunked]", "X-Body: []"]
--- response_body eval
["up\n", "up\n", "up\n"]



=== TEST 12: $request_body is empty when the body is in a file, $request_body_file names it
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up\n"; } }
--- config
    location /t {
        client_body_buffer_size 1k;
        add_header X-Body "[$request_body]";
        add_header X-File "[$request_body_file]";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
"POST /t\n" . $::Body
--- response_headers_like
X-Body: \[\]
X-File: \[/\S+/\d+\]
--- response_body
up



=== TEST 13: client_body_in_single_buffer: all of it in $request_body
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up\n"; } }
--- config
    location /t {
        client_body_in_single_buffer on;
        client_body_buffer_size 1k;
        add_header X-Body $request_body;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- raw_request_middle_delay: 0.05
--- raw_request eval
["POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 900\r\n\r\n" . ("x" x 450), "y" x 450]
--- response_headers eval
"X-Body: " . ("x" x 450) . ("y" x 450)
--- no_error_log
is buffered to a temporary file



=== TEST 14: client_body_in_file_only: even a small body is in a file
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$content_length\n"; } }
--- config
    location /on {
        client_body_in_file_only on;
        add_header X-File $request_body_file;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /clean {
        client_body_in_file_only clean;
        add_header X-File $request_body_file;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /off {
        add_header X-File "[$request_body_file]";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["POST /on\nhello", "POST /clean\nhello", "POST /off\nhello"]
--- response_headers_like eval
["X-File: /\\S+/\\d+", "X-File: /\\S+/\\d+", "X-File: \\[\\]"]
--- response_body eval
["5\n", "5\n", "5\n"]



=== TEST 15: client_body_in_file_only and the body all the same arrives
--- config
    location /t {
        client_body_in_file_only clean;
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 5\r\n\r\nhello"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"POST /t\nhello"
--- response_body
ok



=== TEST 16: client_body_temp_path
--- http_config
    client_body_temp_path $TEST_NGINX_HTML_DIR/bodies 1;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$content_length\n"; } }
--- config
    location /t {
        client_body_in_file_only clean;
        add_header X-File $request_body_file;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
"POST /t\nhello"
--- response_headers_like
X-File: \S+/html/bodies/\d/\d+
--- response_body
5



=== TEST 17: Expect: 100-continue is answered before the body comes
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$content_length [$http_expect]\n"; } }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request_middle_delay: 0.2
--- raw_request eval
["POST /t HTTP/1.1\r\nHost: localhost\r\nExpect: 100-Continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", "hello"]
--- raw_response_headers_like: \AHTTP/1\.1 100 Continue\r\n\r\nHTTP/1\.1 200 OK\r\n
--- response_body
5 []



=== TEST 18: Expect of an HTTP/1.0 client is not answered
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$content_length\n"; } }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request_middle_delay: 0.1
--- raw_request eval
["POST /t HTTP/1.0\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", "hello"]
--- raw_response_headers_unlike: 100 Continue
--- response_body
5



=== TEST 19: Expect is not answered with 100 when the body is refused
--- config
    location /t {
        client_max_body_size 4;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- raw_request_middle_delay: 0.1
--- raw_request eval
["POST /t HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", "hello"]
--- raw_response_headers_unlike: 100 Continue
--- error_code: 413
--- response_body_like: 413 Request Entity Too Large



=== TEST 20: a body that is too large by its length
--- config
    location /t {
        client_max_body_size 10;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
"POST /t\n01234567890"
--- error_code: 413
--- error_log eval
qr{\[error\] .*client intended to send too large body: 11 bytes, client: 127\.0\.0\.1, server: localhost, request: "POST /t HTTP/1\.1", host: "localhost"}
--- no_error_log
connecting to upstream



=== TEST 21: a body of just the size
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$content_length\n"; } }
--- config
    location /t {
        client_max_body_size 10;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
"POST /t\n0123456789"
--- response_body
10



=== TEST 22: a chunked body that is too large
--- config
    location /t {
        client_max_body_size 10;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
--- error_code: 413
--- error_log
client intended to send too large chunked body:
--- no_error_log
connecting to upstream



=== TEST 23: a chunked body that is too large, while it is streamed
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; client_max_body_size 0; location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; } }
--- config
    location /t {
        client_max_body_size 50k;
        proxy_http_version 1.1;
        proxy_request_buffering off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n10000\r\n" . $::Body . "\r\n0\r\n\r\n"
--- error_code: 413
--- error_log
client intended to send too large chunked body:



=== TEST 24: client_max_body_size 0 is no limit
--- http_config
    client_max_body_size 10;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; client_max_body_size 0; location / { return 200 "$content_length\n"; } }
--- config
    location /t {
        client_max_body_size 0;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
"POST /t\n01234567890"
--- response_body
11



=== TEST 25: pipelined requests after a sized body
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$request_method $request_uri $content_length\n"; } }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- pipelined_requests eval
["POST /t/1\nhello", "GET /t/2", "PUT /t/3\nworlds", "GET /t/4"]
--- response_body eval
["POST /t/1 5\n", "GET /t/2 \n", "PUT /t/3 6\n", "GET /t/4 \n"]



=== TEST 26: pipelined requests after a chunked body
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$request_method $request_uri $content_length\n"; } }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST /t/1 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /t/2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_body eval
["POST /t/1 5\n", "GET /t/2 \n"]



=== TEST 27: a request after a body that was not read
--- config
    location /t { return 200 "$request_uri\n"; }
--- raw_request eval
"POST /t/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhelloPOST /t/2 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /t/3 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_body eval
["/t/1\n", "/t/2\n", "/t/3\n"]



=== TEST 28: a body larger than its own length tells is the next request's
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$request_uri $content_length\n"; } }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello junk\r\n\r\n"
--- error_code eval
[200, 400]



=== TEST 29: client_body_timeout
--- config
    location /t {
        client_body_timeout 50ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf"
--- ignore_response
--- no_error_log
connecting to upstream
--- access_log
"POST /t HTTP/1.1" 408



=== TEST 30: a large body both ways through a chain, 1 MB
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; client_body_buffer_size 1m; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "$content_length\n"; } }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
"POST /t\n" . ($::Body x 15)
--- response_body
983040



=== TEST 31: an early answer is whole by the time that the client has taken too long over its body
--- config
    location /t {
        proxy_request_buffering off;
        client_body_timeout 500ms;
        limit_rate 40k;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" . $::Body
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf"
--- response_body eval
$::Body
