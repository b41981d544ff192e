# proxy_buffering, proxy_buffer_size, proxy_buffers, proxy_busy_buffers_size,
# proxy_request_buffering, proxy_temp_path.

use Test::Nginx::Socket 'no_plan';

our $Big = "0123456789abcdef" x 65536;
our $Half = "0123456789abcdef" x 2048;

run_tests();

__DATA__

=== TEST 1: proxy_buffering on
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; }
--- config
    location /big {
        proxy_buffering on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files eval
">>> big.txt\n" . $::Big
--- request
GET /big.txt
--- response_headers
Content-Length: 1048576
--- response_body eval
$::Big
--- no_error_log
[error]



=== TEST 2: proxy_buffering off
--- http_config
    proxy_buffering off;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; }
--- config
    location /big { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval
">>> big.txt\n" . $::Big
--- request
GET /big.txt
--- response_headers
Content-Length: 1048576
--- response_body eval
$::Big
--- no_error_log
[error]



=== TEST 3: proxy_buffering off passes on what has come, before the rest
--- config
    location /t {
        proxy_buffering off;
        proxy_read_timeout 500ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"
--- request
GET /t HTTP/1.0
--- response_body chomp
first



=== TEST 4: X-Accel-Buffering of the response turns it off
--- config
    location /t {
        proxy_buffering on;
        proxy_read_timeout 500ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"
--- request
GET /t HTTP/1.0
--- response_headers
! X-Accel-Buffering
--- response_body chomp
first



=== TEST 5: small buffers carry a large body
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; }
--- config
    location /big {
        proxy_buffer_size 1k;
        proxy_buffers 2 1k;
        proxy_busy_buffers_size 1k;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /off {
        proxy_buffering off;
        proxy_buffer_size 1k;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/big.txt;
    }
--- user_files eval
">>> big.txt\n" . $::Big
--- request eval
["GET /big.txt", "GET /off"]
--- response_body eval
[$::Big, $::Big]
--- no_error_log
[error]



=== TEST 6: a head that does not fit in proxy_buffer_size
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header X-Long $http_x_long;
        location / { return 200 "up\n"; }
    }
--- config
    location /t {
        proxy_buffer_size 1k;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- more_headers eval
"X-Long: " . ("l" x 1000)
--- error_code: 502
--- error_log eval
qr{upstream sent too big header while reading response header from upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", upstream: "http://127\.0\.0\.1:\d+/t", host: "localhost"}



=== TEST 7: the same head in a buffer large enough
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header X-Long $http_x_long;
        location / { return 200 "up\n"; }
    }
--- config
    location /t {
        proxy_buffer_size 2k;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- more_headers eval
"X-Long: " . ("l" x 1000)
--- response_headers eval
"X-Long: " . ("l" x 1000)
--- response_body
up



=== TEST 8: proxy_buffers: at least two
--- config
    location /t { proxy_buffers 1 4k; proxy_pass http://127.0.0.1:81; }
--- must_die
--- error_log
there must be at least 2 "proxy_buffers"



=== TEST 9: proxy_busy_buffers_size is at least one buffer
--- config
    location /t { proxy_busy_buffers_size 1k; proxy_buffers 4 4k; proxy_pass http://127.0.0.1:81; }
--- must_die
--- error_log
"proxy_busy_buffers_size" must be equal to or greater than the maximum of the value of "proxy_buffer_size" and one of the "proxy_buffers"



=== TEST 10: proxy_busy_buffers_size leaves one buffer free
--- config
    location /t { proxy_busy_buffers_size 16k; proxy_buffers 4 4k; proxy_pass http://127.0.0.1:81; }
--- must_die
--- error_log
"proxy_busy_buffers_size" must be less than the size of all "proxy_buffers" minus one buffer



=== TEST 11: proxy_request_buffering on: the upstream is asked when the body is complete
--- config
    location /t {
        proxy_request_buffering on;
        client_body_timeout 100ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf"
--- ignore_response
--- no_error_log
connecting to upstream



=== TEST 12: proxy_request_buffering off: the upstream is asked at once and answers before the body is complete
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_request_buffering off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 20
--- tcp_query eval: qr/\APOST \/t HTTP\/1\.1\r\n/
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf"
--- response_body
ok



=== TEST 13: proxy_request_buffering off: a sized body arrives whole
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_request_buffering off;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 61
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 11\r\n\r\nfirst other"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request_middle_delay: 0.1
--- raw_request eval
["POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\nConnection: close\r\n\r\nfirst", " other"]
--- response_body
ok



=== TEST 14: proxy_request_buffering off: a chunked body goes on chunked to 1.1
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / {
            proxy_http_version 1.1;
            proxy_set_header Host up;
            proxy_set_header Connection "";
            proxy_set_header X-Came "$http_transfer_encoding $http_content_length";
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_request_buffering off;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nX-Came: chunked \r\nContent-Length: 32768\r\n\r\n" . $::Half
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n8000\r\n" . $::Half . "\r\n0\r\n\r\n"
--- response_body
ok



=== TEST 15: proxy_request_buffering off with 1.0 towards the upstream: a chunked body is buffered for its length
--- config
    location /t {
        proxy_http_version 1.0;
        proxy_request_buffering off;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 54
--- tcp_query eval
"POST /t HTTP/1.0\r\nHost: up\r\nContent-Length: 5\r\n\r\nhello"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
--- response_body
ok



=== TEST 16: proxy_request_buffering off: a large body both ways at once does not grow or stall
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        client_max_body_size 0;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        client_max_body_size 0;
        location / { return 200 "$content_length\n"; }
    }
--- config
    location /t {
        proxy_request_buffering off;
        proxy_http_version 1.1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
"POST /t\n" . $::Big
--- response_body
1048576
--- no_error_log
[error]



=== TEST 17: proxy_temp_path: the folder is made, and responses that the client is slow to read go through it
--- http_config
    proxy_temp_path $TEST_NGINX_HTML_DIR/../proxy_here 1 2;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; }
--- config
    location /big { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval
">>> big.txt\n" . $::Big
--- request
GET /big.txt
--- response_body eval
$::Big



=== TEST 18: proxy_temp_path: too many levels
--- http_config
    proxy_temp_path $TEST_NGINX_HTML_DIR/proxy_here 1 2 3 4;
--- config
--- must_die
--- error_log
invalid number of arguments in "proxy_temp_path" directive in



=== TEST 19: proxy_buffering takes on or off
--- config
    location /t { proxy_buffering maybe; proxy_pass http://127.0.0.1:81; }
--- must_die
--- error_log
invalid value "maybe" in "proxy_buffering" directive, it must be "on" or "off" in



=== TEST 20: a client that does not read holds up the upstream, not the memory: proxy_buffering off
--- http_config
    log_format got 'got=$upstream_bytes_received;';
    access_log logs/access.log got;
--- config
    location /t {
        proxy_buffering off;
        send_timeout 100ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n" . ("x" x 60000000)
--- read_delay: 0.6
--- request
GET /t
--- truncated
--- access_log eval
qr/^got=([12]\d{7}|\d{1,7});$/



=== TEST 21: an upstream that does not read holds up the client: proxy_request_buffering off
--- http_config
    log_format got 'got=$request_length;';
    access_log logs/access.log got;
--- config
    location /t {
        client_max_body_size 0;
        proxy_request_buffering off;
        proxy_send_timeout 100ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 1
--- tcp_reply_delay: 1
--- tcp_reply
--- request eval
"POST /t\n" . ("x" x 60000000)
--- error_code: 504
--- access_log eval
qr/^got=([12]\d{7}|\d{1,7});$/



=== TEST 22: both ways at once: the answer begins before the body has ended, and goes on after it
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / {
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_request_buffering off;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_request_buffering off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 200
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst", "other"]]
--- raw_request_middle_delay: 0.2
--- raw_request eval
["POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 600\r\nConnection: close\r\n\r\n" . ("a" x 300), "b" x 300]
--- response_body chomp
firstother



=== TEST 23: proxy_request_buffering off: a large body arrives as it was sent
--- config
    location /t {
        client_max_body_size 0;
        proxy_request_buffering off;
        proxy_set_header Host h;
        proxy_http_version 1.1;
        proxy_set_header Connection close;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 2000073
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2000000\r\n\r\n" . ("0123456789abcdef" x 125000)
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\nConnection: close\r\n\r\n" . ("0123456789abcdef" x 125000)
--- response_body chomp
ok



=== TEST 24: proxy_max_temp_file_size is none, or at least one buffer
--- config
    location /t { proxy_max_temp_file_size 1k; proxy_pass http://127.0.0.1:81; }
--- must_die
--- error_log
"proxy_max_temp_file_size" must be equal to zero to disable temporary files usage or must be equal to or greater than the maximum of the value of "proxy_buffer_size" and one of the "proxy_buffers"



=== TEST 25: a large response arrives as it was sent, however late the client reads it
--- config
    location /t {
        proxy_max_temp_file_size 0;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n" . ("0123456789abcdef" x 250000)
--- read_delay: 0.2
--- request
GET /t
--- response_body eval
"0123456789abcdef" x 250000
