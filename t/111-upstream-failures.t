# upstream: max_fails, fail_timeout, and what counts as a failure.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: one failure takes a server out, by default
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
--- config
    location /t {
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- response_headers eval
["X-Status: 502, 200", "X-Status: 200", "X-Status: 200", "X-Status: 200"]
--- error_log
upstream server temporarily disabled while connecting to upstream



=== TEST 2: max_fails=0 counts nothing
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
--- config
    location /t {
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_headers eval
["X-Status: 502, 200", "X-Status: 502, 200", "X-Status: 502, 200"]
--- no_error_log
temporarily disabled



=== TEST 3: max_fails=2
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=2;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
--- config
    location /t {
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- response_headers eval
["X-Status: 502, 200", "X-Status: 502, 200", "X-Status: 200", "X-Status: 200"]



=== TEST 4: fail_timeout: a server comes back
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 fail_timeout=1s;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
--- config
    location /t {
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- timeout: 6
--- raw_request_middle_delay: 2.2
--- raw_request eval
["GET /t HTTP/1.1\r\nHost: localhost\r\n\r\nGET /t HTTP/1.1\r\nHost: localhost\r\n\r\n",
 "GET /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"]
--- error_code eval
[200, 200, 200]
--- response_headers eval
["X-Status: 502, 200", "X-Status: 200", "X-Status: 502, 200"]



=== TEST 5: all have failed: no live upstreams
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
--- config
    location /t {
        add_header X-Status $upstream_status always;
        add_header X-Addr $upstream_addr always;
        proxy_pass http://pool;
    }
--- request eval
["GET /t", "GET /t"]
--- error_code eval
[502, 502]
--- response_headers eval
["X-Status: 502, 502\nX-Addr: 127.0.0.1:\$TEST_NGINX_RAND_PORT_1, 127.0.0.1:\$TEST_NGINX_RAND_PORT_2",
 "X-Status: 502\nX-Addr: pool"]
--- error_log
no live upstreams while connecting to upstream



=== TEST 6: a single server is never taken out
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=1 fail_timeout=60s; }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- error_code eval
[502, 502, 502]
--- no_error_log
no live upstreams



=== TEST 7: a status is a failure when proxy_next_upstream names it
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 503 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
--- config
    location /t {
        proxy_next_upstream http_503;
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- request eval
["GET /t", "GET /t"]
--- response_headers eval
["X-Status: 503, 200", "X-Status: 200"]



=== TEST 8: 403 and 404 never are
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 404 a; }
        location /t/3 { return 403 a; }
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
--- config
    location /t {
        proxy_next_upstream http_404 http_403;
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- request eval
["GET /t", "GET /t", "GET /t/3", "GET /t/3"]
--- response_headers eval
["X-Status: 404, 200", "X-Status: 404, 200", "X-Status: 403, 200", "X-Status: 403, 200"]



=== TEST 9: a status that is not named is no failure
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 500 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- error_code eval
[500, 500, 500]



=== TEST 10: a failure of one server lowers its share until it has shown itself
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 weight=2 max_fails=0;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 weight=2;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
--- config
    location /t {
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- response_headers eval
["X-Status: 502, 200", "X-Status: 200", "X-Status: 502, 200", "X-Status: 200"]
