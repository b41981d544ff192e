# limit_rate, limit_rate_after, $limit_rate, proxy_limit_rate, X-Accel-Limit-Rate.

use Test::Nginx::Socket 'no_plan';

our $Body = "0123456789" x 2000;

run_tests();

__DATA__

=== TEST 1: a body of two seconds' worth, and a head
--- http_config
    log_format t "took $request_time.";
--- config
    location / { limit_rate 10k; access_log logs/access.log t; }
--- user_files eval
">>> f.txt\n" . $::Body
--- request
GET /f.txt
--- response_body eval
$::Body
--- access_log eval
qr/took [12]\./



=== TEST 2: what comes first is free
--- http_config
    log_format t "took $request_time.";
--- config
    location / { limit_rate 1k; limit_rate_after 30k; access_log logs/access.log t; }
--- user_files eval
">>> f.txt\n" . $::Body
--- request
GET /f.txt
--- response_body eval
$::Body
--- access_log eval
qr/took 0\.0/



=== TEST 3: $limit_rate outweighs the directive, and 0 is no limit
--- http_config
    log_format t "took $request_time at $limit_rate.";
--- config
    access_log logs/access.log t;
    location /none { limit_rate 1; set $limit_rate 0; }
    location /some { set $limit_rate 10k; }
--- user_files eval
">>> none.txt\n" . $::Body . "\n>>> some.txt\n" . $::Body
--- request eval
["GET /none.txt", "GET /some.txt"]
--- error_code eval
[200, 200]
--- access_log eval
[qr/took 0\.\d+ at 0\./, qr/took [12]\.\d+ at 10240\./]



=== TEST 4: with a variable; what is no size is no limit
--- http_config
    log_format t "$uri took $request_time.";
--- config
    access_log logs/access.log t;
    location / { limit_rate $arg_rate; }
--- user_files eval
">>> a.txt\n" . $::Body
--- request eval
["GET /a.txt?rate=10k", "GET /a.txt?rate=0", "GET /a.txt?rate=x"]
--- response_body eval
[$::Body, $::Body, $::Body]
--- access_log eval
[qr/a.txt took [12]\./, qr/a.txt took 0\./]
--- error_log
invalid size "x"



=== TEST 5: limit_rate holds for what an upstream sends
--- http_config
    log_format t "took $request_time.";
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; access_log off; }
--- config
    location / {
        limit_rate 10k;
        access_log logs/access.log t;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files eval
">>> f.txt\n" . $::Body
--- request
GET /f.txt
--- response_body eval
$::Body
--- access_log eval
qr/took [12]\./



=== TEST 6: X-Accel-Limit-Rate of the upstream
--- http_config
    log_format t "$uri took $request_time.";
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; access_log off;
        add_header X-Accel-Limit-Rate 10240;
    }
--- config
    access_log logs/access.log t;
    location /a { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /b {
        proxy_ignore_headers X-Accel-Limit-Rate;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files eval
">>> a.txt\n" . $::Body . "\n>>> b.txt\n" . $::Body
--- request eval
["GET /a.txt", "GET /b.txt"]
--- response_headers eval
["! X-Accel-Limit-Rate", "! X-Accel-Limit-Rate"]
--- access_log eval
[qr/a.txt took [12]\./, qr/b.txt took 0\./]



=== TEST 7: proxy_limit_rate: the upstream is read no faster
--- http_config
    log_format t "took $request_time.";
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; access_log off; }
--- config
    location / {
        proxy_limit_rate 8k;
        access_log logs/access.log t;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files eval
">>> f.txt\n" . $::Body
--- request
GET /f.txt
--- response_body eval
$::Body
--- access_log eval
qr/took [12]\./



=== TEST 8: send_timeout does not run while the limit holds back
--- config
    location / { limit_rate 10k; send_timeout 300ms; }
--- user_files eval
">>> f.txt\n" . $::Body
--- request
GET /f.txt
--- response_body eval
$::Body
--- no_error_log
timed out



=== TEST 9: the next answer on the connection begins afresh
--- config
    location /a { limit_rate 10k; }
--- user_files eval
">>> a.txt\n" . $::Body . "\n>>> b.txt\n" . $::Body
--- pipelined_requests eval
["GET /a.txt", "GET /b.txt"]
--- response_body_like eval
["^0123456789", "^0123456789"]



=== TEST 10: no size
--- config
    location / { limit_rate ten; }
--- must_die
--- error_log
invalid value in



=== TEST 11: proxy_limit_rate: no size
--- config
    location / { proxy_limit_rate ten; }
--- must_die
--- error_log
"proxy_limit_rate" directive invalid value in



=== TEST 12: proxy_limit_rate holds an early answer no longer because the body of its request is out
--- config
    location / {
        proxy_request_buffering off;
        proxy_limit_rate 10k;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" . $::Body
--- raw_request eval
["POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf", "\nwhole"]
--- raw_request_middle_delay: 0.5
--- timeout: 6
--- response_body eval
$::Body
