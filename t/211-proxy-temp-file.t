# proxy_temp_path, proxy_max_temp_file_size, proxy_temp_file_write_size: a client that does not read.

use Test::Nginx::Socket 'no_plan';

our $Big = "0123456789abcdef" x 131072;

run_tests();

__DATA__

=== TEST 1: what the client does not take in time goes to a file, and the upstream is done early
--- http_config
    log_format up "upstream done in $upstream_response_time, $upstream_response_length.";
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; access_log off; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 sndbuf=32k;
        access_log logs/access.log up;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- config
--- user_files eval
">>> f.txt\n" . $::Big
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- request
GET /f.txt
--- read_delay: 0.8
--- timeout: 10
--- response_body eval
$::Big
--- error_log eval
qr{\[warn\] .*an upstream response is buffered to a temporary file \S+/\d{10} while reading upstream, client}
--- access_log eval
qr/upstream done in 0\.[0-5]\d+, 2097152\./
--- file_count: temp/proxy 0



=== TEST 2: of unknown length, chunked to the client
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 sndbuf=32k;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- config
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\n" . $::Big
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- request
GET /f.txt
--- read_delay: 0.5
--- timeout: 10
--- response_headers
Transfer-Encoding: chunked
--- response_body eval
$::Big
--- error_log
an upstream response is buffered to a temporary file



=== TEST 3: proxy_max_temp_file_size 0: the upstream waits
--- http_config
    log_format up "upstream done in $upstream_response_time.";
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 sndbuf=32k; root $TEST_NGINX_HTML_DIR; access_log off; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 sndbuf=32k;
        access_log logs/access.log up;
        proxy_max_temp_file_size 0;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- config
--- user_files eval
">>> f.txt\n" . $::Big
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- request
GET /f.txt
--- read_delay: 0.8
--- timeout: 10
--- response_body eval
$::Big
--- no_error_log
temporary file
--- access_log eval
qr/upstream done in (?:0\.[789]|[1-9])/



=== TEST 4: a file that may hold only some of it
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 sndbuf=32k;
        proxy_buffers 4 4k;
        proxy_busy_buffers_size 8k;
        proxy_max_temp_file_size 64k;
        proxy_temp_file_write_size 8k;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- config
--- user_files eval
">>> f.txt\n" . $::Big
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- request
GET /f.txt
--- read_delay: 0.3
--- timeout: 10
--- response_body eval
$::Big
--- error_log
an upstream response is buffered to a temporary file



=== TEST 5: proxy_buffering off: no file
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 sndbuf=32k;
        proxy_buffering off;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- config
--- user_files eval
">>> f.txt\n" . $::Big
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- request
GET /f.txt
--- read_delay: 0.3
--- timeout: 10
--- response_body eval
$::Big
--- no_error_log
temporary file



=== TEST 6: X-Accel-Buffering: no is obeyed, unless it is ignored
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; add_header X-Accel-Buffering no; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 sndbuf=32k;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- config
--- user_files eval
">>> f.txt\n" . $::Big
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- request
GET /f.txt
--- read_delay: 0.3
--- timeout: 10
--- response_body eval
$::Big
--- no_error_log
temporary file



=== TEST 7: X-Accel-Buffering: yes where buffering is off
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; add_header X-Accel-Buffering yes; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 sndbuf=32k;
        proxy_buffering off;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- config
--- user_files eval
">>> f.txt\n" . $::Big
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- request
GET /f.txt
--- read_delay: 0.5
--- timeout: 10
--- response_body eval
$::Big
--- error_log
an upstream response is buffered to a temporary file



=== TEST 8: an upstream that breaks off while the client sleeps: what came is delivered, the end is not
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 sndbuf=32k;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- config
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Length: 3000000\r\n\r\n" . $::Big
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- request
GET /f.txt
--- read_delay: 0.5
--- timeout: 10
--- truncated
--- response_body eval
$::Big
--- error_log
upstream prematurely closed connection



=== TEST 9: proxy_temp_file_write_size is at least a buffer
--- config
    location / { proxy_buffers 4 8k; proxy_temp_file_write_size 4k; proxy_pass http://127.0.0.1:1; }
--- must_die
--- error_log
"proxy_temp_file_write_size" must be equal to or greater than the maximum of the value of "proxy_buffer_size" and one of the "proxy_buffers"
