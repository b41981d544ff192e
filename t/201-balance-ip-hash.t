# upstream: ip_hash.

use Test::Nginx::Socket 'no_plan';

our $Servers = <<'_EOC_';
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }
_EOC_

run_tests();

__DATA__

=== TEST 1: a client stays with its server
--- http_config eval
"upstream pool {
    ip_hash;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["c", "c", "c"]



=== TEST 2: weights move it
--- http_config eval
"upstream pool {
    ip_hash;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 weight=5;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 weight=1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3 weight=3;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["c", "c", "c"]



=== TEST 3: its server is down: the others' clients stay, its own go to the next hash
--- http_config eval
"upstream pool {
    ip_hash;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3 down;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["b", "b"]



=== TEST 4: clients of a unix socket are one client
--- http_config eval
"upstream pool {
    ip_hash;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3;
}
server { listen unix:\$TEST_NGINX_HTML_DIR/p.sock; location /t { proxy_pass http://pool; } }
$::Servers"
--- config
    location /t { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/p.sock; }
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["b", "b"]



=== TEST 5: no backup behind ip_hash
--- http_config
    upstream pool { ip_hash; server 127.0.0.1:81; server 127.0.0.1:82 backup; }
--- config
--- must_die
--- error_log
balancing method does not support parameter "backup" in
