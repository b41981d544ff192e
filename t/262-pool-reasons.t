# What $upstream_pool and $upstream_pool_kept say, a block for each value that one request can show.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: unavailable: no server could be asked, and there is no connection of which something became
--- http_config
    log_format pool '$upstream_pool|$upstream_pool_kept|$upstream_addr';
    upstream u { server 127.0.0.1:1 down; }
--- config
    access_log logs/access.log pool;
    location / { proxy_pass http://u; }
--- request
GET /
--- error_code: 502
--- access_log
unavailable|-|u
--- skip_nginx: all



=== TEST 2: excess-bytes
--- http_config
    log_format pool '$upstream_pool|$upstream_pool_kept';
--- config
    access_log logs/access.log pool;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\nand more"
--- request
GET /
--- response_body
ok
--- access_log
dial|excess-bytes
--- error_log
upstream sent more data than specified in "Content-Length" header
--- skip_nginx: all



=== TEST 3: peer-closed: a body without a length has no other end
--- http_config
    log_format pool '$upstream_pool|$upstream_pool_kept';
--- config
    access_log logs/access.log pool;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nok\n"
--- request
GET /
--- response_body
ok
--- access_log
dial|peer-closed
--- skip_nginx: all



=== TEST 4: peer-closed: the answer was broken off
--- http_config
    log_format pool '$upstream_pool|$upstream_pool_kept';
--- config
    access_log logs/access.log pool;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok\n"
--- request
GET /
--- ignore_response
--- access_log
dial|peer-closed
--- skip_nginx: all



=== TEST 5: request-unfinished: the answer came before the body was there
--- http_config
    log_format pool '$upstream_pool|$upstream_pool_kept';
--- config
    access_log logs/access.log pool;
    location / {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_request_buffering off;
        lingering_close off;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 0
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 100\r\n\r\nhalf"
--- response_body
ok
--- access_log
dial|request-unfinished
--- skip_nginx: all



=== TEST 6: full: no room for one more
--- http_config
    log_format pool '$upstream_pool|$upstream_pool_kept';
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive_per_server 0; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "ok\n"; } }
--- config
    access_log logs/access.log pool;
    location / { proxy_pass http://u; }
--- request
GET /
--- response_body
ok
--- access_log
dial|full
--- skip_nginx: all



=== TEST 7: age: keepalive_time is over
--- http_config
    log_format pool '$upstream_pool|$upstream_pool_kept';
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive_time 1ms; }
--- config
    access_log logs/access.log pool;
    location / { proxy_pass http://u; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.02
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /
--- response_body
ok
--- access_log
dial|age
--- skip_nginx: all



=== TEST 8: upgraded
--- http_config
    log_format pool '$upstream_pool|$upstream_pool_kept';
--- config
    access_log logs/access.log pool;
    location / {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection upgrade;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhi"
--- raw_request eval
"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
--- error_code: 101
--- access_log
dial|upgraded
--- skip_nginx: all



=== TEST 9: per try and per server that an answer leads to, as the other variables of an upstream
--- http_config
    log_format pool '$upstream_pool|$upstream_pool_kept|$upstream_status';
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 backup; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { add_header X-Accel-Redirect /second; return 200; }
        location /third { keepalive_timeout 0; return 404 "third\n"; }
    }
--- config
    access_log logs/access.log pool;
    location / { proxy_pass http://u; }
    location /second { error_page 502 = /third; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /third { proxy_pass http://u; }
--- request
GET /
--- error_code: 404
--- response_body
third
--- access_log
dial, dial : dial : hit|failed, kept : failed : closed-by-header|502, 200 : 502 : 404
--- skip_nginx: all
