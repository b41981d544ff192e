# The pool: bounds on connections, the queue, identities, and the reasons that a request can be told.

use Test::Nginx::Socket 'no_plan';
run_tests();

__DATA__

=== TEST 1: a request that finds every place taken, and no queue, is refused
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_conns=1; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/nested; proxy_intercept_errors off; }
    }
--- config
    location /t { proxy_pass http://u; }
    location /nested { proxy_pass http://u; }
--- request
GET /t
--- error_code: 502
--- error_log
no live upstreams while connecting to upstream



=== TEST 2: with a queue it waits, as long as it may
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_conns=1; queue 5 timeout=200ms; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/nested; }
    }
--- config
    location /t { proxy_pass http://u; }
    location /nested { proxy_pass http://u; }
--- request
GET /t
--- error_code: 502
--- error_log
upstream queue timed out while connecting to upstream
--- no_error_log
no live upstreams
--- skip_nginx: all



=== TEST 3: the queue is bounded
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_conns=1; queue 1 timeout=500ms; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/nested; }
    }
    upstream w { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 max_conns=1; queue 1 timeout=300ms; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location /first { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/second; }
    }
--- config
    location /first { proxy_pass http://w; }
    location /second { error_page 502 = /third; proxy_pass http://w; }
    location /third { return 200 "third\n"; }
--- request
GET /first
--- response_body
third
--- error_log
upstream queue timed out
--- skip_nginx: all



=== TEST 4: who waited is served when the place is free, on the same connection
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_conns=1; queue 5; }
--- config
    log_subrequest off;
    location /t {
        proxy_pass http://u;
        proxy_buffering off;
        add_header X-Pool "$upstream_pool";
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\none\n", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntwo\n"]]
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["one\n", "two\n"]
--- response_headers eval
["X-Pool: dial", "X-Pool: hit"]
--- skip_nginx: all



=== TEST 5: keepalive_per_server
--- http_config
    upstream u {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        keepalive 8;
        keepalive_per_server 0;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$connection_requests\n"; } }
--- config
    location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; access_log logs/pool.log; }
--- request eval
["GET /", "GET /"]
--- response_body eval
["1\n", "1\n"]
--- skip_nginx: all



=== TEST 6: keepalive_total
--- http_config
    keepalive_total 1;
    upstream a { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    upstream b { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "$connection_requests\n"; } }
--- config
    location /a { proxy_pass http://a; }
    location /b { proxy_pass http://b; }
--- request eval
["GET /a", "GET /a", "GET /b", "GET /a"]
--- response_body eval
["1\n", "2\n", "1\n", "1\n"]
--- skip_nginx: all



=== TEST 7: why a connection was kept or not
--- http_config
    log_format pool '$uri $upstream_pool $upstream_pool_kept';
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive_requests 2; }
    upstream off { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 0; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "x\n"; }
        location /close { keepalive_timeout 0; return 200 "x\n"; }
    }
--- config
    access_log logs/access.log pool;
    location / { proxy_pass http://u; }
    location /off { proxy_pass http://off; }
    location /close { proxy_pass http://off; }
    location /old { proxy_pass http://u/close; }
--- request eval
["GET /1", "GET /2", "GET /3", "GET /old", "GET /off"]
--- ignore_response
--- access_log
/1 dial kept
/2 hit requests
/3 dial kept
/old hit closed-by-header
/off dial off
--- skip_nginx: all



=== TEST 8: per try
--- http_config
    log_format pool '$upstream_pool|$upstream_pool_kept|$upstream_last_server_name';
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "x\n"; } }
--- config
    access_log logs/access.log pool;
    location / { proxy_pass http://u; }
--- request
GET /
--- response_body
x
--- access_log eval
"dial, dial|failed, kept|127.0.0.1:$TEST_NGINX_RAND_PORT_2"
--- skip_nginx: all



=== TEST 9: mistakes
--- http_config
    upstream u { server 127.0.0.1:1; queue 0; }
--- config
--- must_die
--- error_log eval
qr/\[emerg\] .*invalid value "0" in "queue" directive in \S+:\d+/
--- skip_nginx: all



=== TEST 10: mistakes in the time
--- http_config
    upstream u { server 127.0.0.1:1; queue 1 timeout=never; }
--- config
--- must_die
--- error_log eval
qr/\[emerg\] .*invalid parameter "timeout=never" in \S+:\d+/
--- skip_nginx: all



=== TEST 11: connections with other local addresses are never mixed
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 8; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        keepalive_timeout 60s;
        location / { return 200 "$remote_addr $connection_requests\n"; }
    }
--- config
    location / {
        proxy_pass http://u;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_bind $arg_from;
    }
--- request eval
["GET /?from=127.0.0.2", "GET /?from=127.0.0.3", "GET /?from=127.0.0.2", "GET /?from=127.0.0.3"]
--- response_body eval
["127.0.0.2 1\n", "127.0.0.3 1\n", "127.0.0.2 2\n", "127.0.0.3 2\n"]
--- skip_nginx: all



=== TEST 12: idle connections count: one that cannot serve goes to make room
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_conns=1; keepalive 8; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$remote_addr $connection_requests\n"; }
    }
--- config
    location / {
        proxy_pass http://u;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_bind $arg_from;
    }
--- request eval
["GET /?from=127.0.0.2", "GET /?from=127.0.0.3", "GET /?from=127.0.0.2"]
--- response_body eval
["127.0.0.2 1\n", "127.0.0.3 1\n", "127.0.0.2 1\n"]
--- skip_nginx: all



=== TEST 13: all servers down: a request waits in the queue until one comes back
--- http_config
    upstream u {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 fail_timeout=1s;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 fail_timeout=1s;
        queue 10 timeout=10s;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { if ($arg_ill) { return 503; } return 200 "well\n"; } }
--- config
    location / {
        proxy_pass http://u;
        proxy_next_upstream error http_503;
        add_header X-Pool $upstream_pool always;
    }
--- request eval
["GET /?ill=1", "GET /", "GET /"]
--- timeout: 6
--- error_code eval
[502, 200, 200]
--- response_headers_like eval
["X-Pool: .*", "X-Pool: queued.*", "X-Pool: .*hit"]
--- no_error_log
no live upstreams
--- skip_nginx: all
