# gunzip: what comes compressed, for clients that do not take gzip.

use Test::Nginx::Socket 'no_plan';

# "compressed text\n"
our $Gz = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xce\xcf\x2d\x28\x4a\x2d\x2e\x4e\x4d\x51\x28\x49\xad\x28\xe1\x02\x00\x17\x7d\x65\x47\x10\x00\x00\x00";
our $Ok = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n";
# "x" x 65536
our $Gz64k = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x01\x01\x00\x00\x00\x80\x90\xdb\xcd\xef\x08\x0a" . "\x00" x 63 . "\x6a\x9a\x58\xb4\x2c\x00\x00\x01\x00";
our $Big = "0123456789abcdef" x 65536;

run_tests();

__DATA__

=== TEST 1: for a client that does not take gzip
--- config
    gunzip on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
$::Ok . "ETag: \"tag\"\r\nAccept-Ranges: bytes\r\nContent-Length: 36\r\n\r\n" . $::Gz
--- request
GET /t
--- response_headers
! Content-Encoding
! Content-Length
! Accept-Ranges
ETag: W/"tag"
Transfer-Encoding: chunked
! Vary
--- response_body
compressed text



=== TEST 2: for a client that takes it
--- config
    gunzip on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
$::Ok . "ETag: \"tag\"\r\nContent-Length: 36\r\n\r\n" . $::Gz
--- request
GET /t
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
Content-Length: 36
ETag: "tag"
--- response_body_filters: gunzip
--- response_body
compressed text



=== TEST 3: it is off by default
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
$::Ok . "Content-Length: 36\r\n\r\n" . $::Gz
--- request
GET /t
--- response_headers
Content-Encoding: gzip
--- response_body_filters: gunzip
--- response_body
compressed text



=== TEST 4: another coding stays
--- config
    gunzip on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"
--- request
GET /t
--- response_headers
Content-Encoding: br
Content-Length: 3
--- response_body chomp
abc



=== TEST 5: gzip_vary
--- config
    gunzip on;
    gzip_vary on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
$::Ok . "Content-Length: 36\r\n\r\n" . $::Gz
--- request
GET /t
--- response_headers
Vary: Accept-Encoding
--- response_body
compressed text



=== TEST 6: several files, one behind the other
--- config
    gunzip on;
    gunzip_buffers 2 4k;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
$::Ok . "Content-Length: 72\r\n\r\n" . $::Gz . $::Gz
--- request
GET /t
--- response_body
compressed text
compressed text



=== TEST 7: what is no gzip, before anything was sent
--- config
    gunzip on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
$::Ok . "Content-Length: 10\r\n\r\nno gzip at"
--- request
GET /t
--- error_code: 502
--- error_log
inflate() failed
--- skip_nginx: all: it closes the connection behind the head



=== TEST 8: an end in the middle
--- config
    gunzip on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
$::Ok . "Content-Length: 34\r\n\r\n" . "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xce\xcf\x2d\x28\x4a\x2d\x2e\x4e\x4d\x51\x28\x49\xad\x28\xe1\x02\x00\x17\x7d\x65\x47\x10\x00"
--- request
GET /t
--- error_code: 502
--- error_log
inflate() returned -5 on response end
--- skip_nginx: all: it closes the connection



=== TEST 9: the answers to HEAD and to conditions have no body to decompress
--- config
    gunzip on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header Content-Encoding gzip always;
        location / { return 204; }
        location /t/304 { return 304; }
    }
--- pipelined_requests eval
["HEAD /t", "GET /t", "GET /t/304"]
--- error_code eval
[204, 204, 304]
--- response_headers eval
["! Content-Encoding", "! Content-Encoding", "! Content-Encoding"]
--- no_error_log
[error]
--- skip_nginx: all: it wants the end of a file where there is no body



=== TEST 10: a large body that was compressed on the way
--- config
    gunzip on;
    location /big { proxy_set_header Accept-Encoding gzip; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        root $TEST_NGINX_HTML_DIR;
        gzip on;
        gzip_types *;
        gzip_http_version 1.0;
    }
--- user_files eval
">>> big.txt\n" . $::Big
--- request
GET /big.txt
--- response_headers
! Content-Encoding
--- response_body eval
$::Big



=== TEST 11: a client that takes its time
--- config
    gunzip on;
    limit_rate 500k;
    location /big { proxy_set_header Accept-Encoding gzip; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        root $TEST_NGINX_HTML_DIR;
        gzip on;
        gzip_types *;
        gzip_http_version 1.0;
    }
--- user_files eval
">>> big.txt\n" . $::Big
--- request
GET /big.txt
--- response_body eval
$::Big



=== TEST 12: gunzip_buffers: so much of the body is sent at once, as one chunk
--- http_config
    log_format size "$uri $body_bytes_sent";
--- config
    gunzip on;
    access_log logs/access.log size;
    location /8k { gunzip_buffers 2 4k; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /128k { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[$::Ok . "Content-Length: 96\r\n\r\n" . $::Gz64k, $::Ok . "Content-Length: 96\r\n\r\n" . $::Gz64k]
--- pipelined_requests eval
["GET /8k", "GET /128k"]
--- response_body eval
["x" x 65536, "x" x 65536]
--- access_log eval
[qr/^\/8k 65605$/, qr/^\/128k 65550$/]



=== TEST 13: bytes behind a 101 are no body, whatever its head says
--- config
    gunzip on;
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection upgrade;
        proxy_read_timeout 2s;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\nContent-Encoding: gzip\r\n\r\nbytes"
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
--- error_code: 101
--- response_headers
! Content-Encoding
--- response_body chomp
bytes
