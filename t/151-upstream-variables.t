# $upstream_… and $proxy_… variables.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: $upstream_addr and $upstream_status of one try
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 201 "up\n"; } }
--- config
    location /t {
        add_header X-Try "$upstream_addr $upstream_status";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- error_code: 201
--- response_headers
X-Try: 127.0.0.1:$TEST_NGINX_RAND_PORT_1 201



=== TEST 2: of several tries
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_3 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 503 "up\n"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 "up\n"; } }
--- config
    location /t {
        proxy_next_upstream error http_503;
        add_header X-Addr $upstream_addr;
        add_header X-Status $upstream_status;
        add_header X-Time $upstream_response_time;
        add_header X-Connect $upstream_connect_time;
        add_header X-Header $upstream_header_time;
        proxy_pass http://pool;
    }
--- request
GET /t
--- response_headers_like
X-Addr: 127\.0\.0\.1:$TEST_NGINX_RAND_PORT_1, 127\.0\.0\.1:$TEST_NGINX_RAND_PORT_2, 127\.0\.0\.1:$TEST_NGINX_RAND_PORT_3
X-Status: 502, 503, 200
X-Time: \d+\.\d{3}, \d+\.\d{3}, (\d+\.\d{3}|-)
X-Connect: -, \d+\.\d{3}, \d+\.\d{3}
X-Header: -, (-|\d+\.\d{3}), \d+\.\d{3}



=== TEST 3: empty without an upstream, a dash in the log
--- http_config
    log_format up '<$upstream_addr> <$upstream_status> <$upstream_response_time> <$upstream_http_x> <$upstream_cookie_x> <$upstream_response_length> <$upstream_bytes_sent> <$upstream_bytes_received>';
    access_log logs/access.log up;
--- config
    location /t {
        add_header X-Try "[$upstream_addr$upstream_status$upstream_response_time$upstream_connect_time$upstream_header_time$upstream_response_length$upstream_http_x]";
        return 200 "ok\n";
    }
--- request
GET /t
--- response_headers
X-Try: []
--- access_log
<-> <-> <-> <-> <-> <-> <-> <->



=== TEST 4: times and lengths in the log
--- http_config
    log_format up 't=$upstream_response_time c=$upstream_connect_time h=$upstream_header_time l=$upstream_response_length s=$upstream_bytes_sent r=$upstream_bytes_received;';
    access_log logs/access.log up;
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"GET /t HTTP/1.1\r\nHost: up\r\n\r\n"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
--- request
GET /t
--- response_body chomp
hello
--- access_log eval
qr/^t=\d+\.\d{3} c=\d+\.\d{3} h=\d+\.\d{3} l=5 s=29 r=43;$/



=== TEST 5: the time of a slow upstream
--- http_config
    log_format up 't=$upstream_response_time h=$upstream_header_time;';
    access_log logs/access.log up;
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.2
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
--- request
GET /t
--- access_log eval
qr/^t=(0\.[2-9]|[1-9])\d* h=(0\.[2-9]|[1-9])\d*;$/



=== TEST 6: several tries in the log
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 hello; } }
    log_format up '$upstream_addr $upstream_status l=$upstream_response_length';
    access_log logs/access.log up;
--- config
    location /t { proxy_pass http://pool; }
--- request
GET /t
--- access_log eval
qr/^127\.0\.0\.1:$TEST_NGINX_RAND_PORT_1, 127\.0\.0\.1:$TEST_NGINX_RAND_PORT_2 502, 200 l=0, 5$/



=== TEST 7: $upstream_http_…
--- config
    location /t {
        proxy_hide_header X-Hidden;
        add_header X-Seen "[$upstream_http_x_hidden] [$upstream_http_content_type] [$upstream_http_server] [$upstream_http_none]";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nServer: theirs\r\nContent-Type: text/x-a\r\nx-hidDEN: yes\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- response_headers
! X-Hidden
X-Seen: [yes] [text/x-a] [theirs] []



=== TEST 8: $upstream_http_… of a repeated field
--- config
    location /t {
        add_header X-Seen "[$upstream_http_x_a]";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- response_headers
X-Seen: [1, 2]
--- skip_nginx: 2: < 1.23.0



=== TEST 9: $upstream_cookie_…
--- config
    location /t {
        add_header X-Seen "[$upstream_cookie_a] [$upstream_cookie_sid] [$upstream_cookie_none]";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nSet-Cookie: sid=12ab; Path=/; HttpOnly\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- response_headers
X-Seen: [b] [12ab] []



=== TEST 10: $sent_http_… is what the client got
--- http_config
    log_format up '<$sent_http_content_type> <$sent_http_x_up> <$sent_http_x_hidden>';
    access_log logs/access.log up;
--- config
    location /t {
        proxy_hide_header X-Hidden;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/x-a\r\nX-Up: yes\r\nX-Hidden: yes\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- access_log
<text/x-a> <yes> <->



=== TEST 11: a second upstream after an internal redirect is separated by a colon
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 404; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t {
        error_page 404 = @second;
        proxy_intercept_errors on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location @second {
        add_header X-Addr $upstream_addr;
        add_header X-Status $upstream_status;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
--- request
GET /t
--- response_headers
X-Addr: 127.0.0.1:$TEST_NGINX_RAND_PORT_1 : 127.0.0.1:$TEST_NGINX_RAND_PORT_2
X-Status: 404 : 200



=== TEST 12: a timeout is 504
--- config
    location /t {
        proxy_read_timeout 50ms;
        add_header X-Status $upstream_status always;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply
--- request
GET /t
--- error_code: 504
--- response_headers
X-Status: 504



=== TEST 13: $proxy_host, $proxy_port, $proxy_add_x_forwarded_for
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up\n"; } }
--- config
    location /t {
        add_header X-Proxy "$proxy_host $proxy_port $proxy_add_x_forwarded_for";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- more_headers
X-Forwarded-For: 10.0.0.1
--- response_headers
X-Proxy: 127.0.0.1:$TEST_NGINX_RAND_PORT_1 $TEST_NGINX_RAND_PORT_1 10.0.0.1, 127.0.0.1



=== TEST 14: a unix socket
--- http_config
    server { listen unix:$TEST_NGINX_HTML_DIR/a.sock; location / { return 200 "up\n"; } }
--- config
    location /t {
        add_header X-Addr $upstream_addr;
        proxy_pass http://unix:$TEST_NGINX_HTML_DIR/a.sock;
    }
--- request
GET /t
--- response_headers
X-Addr: unix:$TEST_NGINX_HTML_DIR/a.sock



=== TEST 15: $request_length, $bytes_sent and $body_bytes_sent with an upstream
--- http_config
    log_format up '$request_length $body_bytes_sent $status;';
    access_log logs/access.log up;
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"
--- access_log
79 5 200;



=== TEST 16: $upstream_response_length counts the body as it came
--- http_config
    log_format length '$upstream_response_length;';
    access_log logs/access.log length;
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
--- request
GET /t
--- response_body chomp
abc
--- access_log
13;



=== TEST 17: $proxy_host and $proxy_port are those of an upstream that was asked
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$http_x\n"; } }
    log_format up '$uri=$proxy_host,$proxy_port;';
    access_log logs/access.log up;
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; proxy_set_header X $proxy_port; }
    location /no { deny all; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /no
--- error_code: 403
--- access_log
/no=-,-;



=== TEST 18: $upstream_header_time is a dash where no head came
--- http_config
    log_format up '$uri $upstream_status [$upstream_header_time]';
    access_log logs/access.log up;
    upstream down { server 127.0.0.1:1 down; }
--- config
    proxy_read_timeout 100ms;
    location /refused { proxy_pass http://127.0.0.1:1; }
    location /down { proxy_pass http://down; }
    location /part { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /silent { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX: y\r\n"
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_2
--- tcp_reply_delay_2: 10
--- tcp_reply_2: x
--- request eval
["GET /refused", "GET /down", "GET /part", "GET /silent"]
--- error_code eval
[502, 502, 502, 504]
--- access_log
/refused 502 [-]
/down 502 [-]
/part 502 [-]
/silent 504 [-]



=== TEST 19: also where the head was no head
--- http_config
    log_format up '$upstream_status [$upstream_header_time]';
    access_log logs/access.log up;
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 103 Early\r\nX: y\r\n\r\nnonsense\r\n\r\n"
--- request
GET /
--- error_code: 502
--- access_log
502 [-]
--- skip_nginx: all
