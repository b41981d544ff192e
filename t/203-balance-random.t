# upstream: random, with what can be said of chance.

use Test::Nginx::Socket 'no_plan';

our $Servers = <<'_EOC_';
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }
_EOC_

run_tests();

__DATA__

=== TEST 1: one server is left
--- http_config eval
"upstream pool {
    random;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 down;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3 down;
}
upstream two {
    random two;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 down;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 down;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
    location /u { proxy_pass http://two; }
--- request eval
["GET /t", "GET /t", "GET /u", "GET /u"]
--- response_body eval
["b", "b", "c", "c"]



=== TEST 2: each request finds the server that answers
--- http_config eval
"upstream pool {
    random two least_conn;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_4;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_5;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_6;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["a", "a", "a", "a", "a", "a"]



=== TEST 3: a weight makes nearly sure
--- http_config eval
"upstream pool {
    random;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 weight=1000000;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["b", "b", "b", "b"]



=== TEST 4: none is left
--- http_config eval
"upstream pool {
    random two;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 down;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 down;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request
GET /t
--- error_code: 502
--- error_log
no live upstreams while connecting to upstream



=== TEST 5: random knows no third
--- http_config
    upstream pool { random three; server 127.0.0.1:81; }
--- config
--- must_die
--- error_log
invalid parameter "three" in
