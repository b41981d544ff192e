# upstream: least_conn, one request after another; requests that overlap are in the unit tests.

use Test::Nginx::Socket 'no_plan';

our $Servers = <<'_EOC_';
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }
_EOC_

run_tests();

__DATA__

=== TEST 1: none is busy: equal servers take turns
--- http_config eval
"upstream pool {
    least_conn;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["a", "b", "c", "a", "b"]



=== TEST 2: none is busy: turns by weight
--- http_config eval
"upstream pool {
    least_conn;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 weight=3;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3 weight=2;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["a", "c", "a", "b", "c", "a", "a"]



=== TEST 3: a server that waits for this request is busy
--- http_config
    upstream pool {
        least_conn;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/inner; }
        location / { return 200 a; }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { return 200 b; }
    }
--- config
    location /inner { proxy_pass http://pool; }
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["b", "b"]



=== TEST 4: backup servers serve when the others have failed
--- http_config eval
"upstream pool {
    least_conn;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_4;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 backup;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3 backup;
}
$::Servers"
--- config
    location /t {
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_headers eval
["X-Status: 502, 200", "X-Status: 200", "X-Status: 200"]
--- response_body eval
["b", "c", "b"]



=== TEST 5: the last method of a block holds
--- http_config eval
"upstream pool {
    least_conn;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
    hash x;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t"]
--- response_body_like eval
["a|b", "a|b"]
--- error_log eval
qr{\[warn\] .*load balancing method redefined in }
