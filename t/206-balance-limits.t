# upstream: max_conns, slow_start, and what a method does not take.

use Test::Nginx::Socket 'no_plan';

our $Servers = <<'_EOC_';
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }
_EOC_

run_tests();

__DATA__

=== TEST 1: a server at its limit is left out
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_conns=1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/inner; }
        location /inner { return 200 a; }
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
--- config
    location /inner { proxy_pass http://pool; }
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /inner", "GET /inner"]
--- response_body eval
["b", "b", "a"]



=== TEST 2: all at their limits
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_conns=1; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/t; }
    }
--- config
    location /t {
        add_header X-Addr $upstream_addr always;
        proxy_pass http://pool;
    }
--- request
GET /t
--- error_code: 502
--- response_body_like: 502 Bad Gateway
--- error_log
no live upstreams while connecting to upstream



=== TEST 3: slow_start is taken, and does not matter to a server that was always well
--- http_config eval
"upstream pool {
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 slow_start=30s weight=2;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["a", "b", "a", "a"]
--- skip_nginx: all



=== TEST 4: slow_start with hash
--- http_config
    upstream pool { hash $uri; server 127.0.0.1:81 slow_start=30s; }
--- config
--- must_die
--- error_log
balancing method does not support parameter "slow_start=30s" in
--- skip_nginx: all



=== TEST 5: backup with random
--- http_config
    upstream pool { random; server 127.0.0.1:81 backup; }
--- config
--- must_die
--- error_log
balancing method does not support parameter "backup" in



=== TEST 6: the method after the servers takes them as they are
--- http_config eval
"upstream pool {
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_4;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 backup;
    hash x;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request
GET /t
--- response_body chomp
b
