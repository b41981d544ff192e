# upstream: hash, by remainder and on a ring.

use Test::Nginx::Socket 'no_plan';

our $Servers = <<'_EOC_';
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }
_EOC_

run_tests();

__DATA__

=== TEST 1: by remainder of the crc32 of the key
--- http_config eval
"upstream pool {
    hash \$arg_k;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t?k=/k0", "GET /t?k=/k1", "GET /t?k=/k2", "GET /t?k=/k3", "GET /t?k=/k4", "GET /t?k=/k5", "GET /t?k=/k6", "GET /t?k=/k7"]
--- response_body eval
["c", "a", "a", "c", "c", "b", "b", "a"]



=== TEST 2: weights
--- http_config eval
"upstream pool {
    hash /\$arg_k;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 weight=3;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3 weight=2;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t?k=k0", "GET /t?k=k1", "GET /t?k=k2", "GET /t?k=k3", "GET /t?k=k4", "GET /t?k=k5", "GET /t?k=k6", "GET /t?k=k7"]
--- response_body eval
["a", "b", "a", "c", "c", "c", "a", "a"]



=== TEST 3: a server that is down: its keys are hashed again, the others stay
--- http_config eval
"upstream pool {
    hash \$arg_k;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 down;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t?k=/k0", "GET /t?k=/k1", "GET /t?k=/k2", "GET /t?k=/k3", "GET /t?k=/k4", "GET /t?k=/k5", "GET /t?k=/k6", "GET /t?k=/k7"]
--- response_body eval
["c", "a", "a", "c", "c", "c", "a", "a"]



=== TEST 4: a server that fails: the next hash
--- http_config eval
"upstream pool {
    hash \$arg_k;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 max_fails=0;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_4 max_fails=0;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3 max_fails=0;
}
$::Servers"
--- config
    location /t {
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- request eval
["GET /t?k=/k5", "GET /t?k=/k6", "GET /t?k=/k7"]
--- response_headers eval
["X-Status: 502, 200", "X-Status: 502, 200", "X-Status: 200"]
--- response_body eval
["c", "a", "a"]



=== TEST 5: an empty key takes turns
--- http_config eval
"upstream pool {
    hash \$arg_k;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
}
upstream ring {
    hash \$arg_k consistent;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
    location /r { proxy_pass http://ring; }
--- request eval
["GET /t", "GET /t?k=", "GET /t", "GET /r", "GET /r", "GET /r"]
--- response_body eval
["a", "b", "a", "a", "b", "a"]



=== TEST 6: a ring: a key stays with its server, and has another when it fails
--- http_config eval
"upstream pool {
    hash \$arg_k consistent;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_4;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t?k=1", "GET /t?k=2", "GET /t?k=3", "GET /t?k=1", "GET /t?k=2", "GET /t?k=3", "GET /t?k=4"]
--- response_body eval
["b", "b", "b", "b", "b", "b", "b"]



=== TEST 7: points are laid by the server's name as it is written
--- http_config
    upstream pool {
        hash $arg_k consistent;
        server unix:a.sock max_fails=0;
        server unix:b.sock weight=2 max_fails=0;
        server unix:c.sock max_fails=0;
    }
--- config
    location /t {
        add_header X-Addr $upstream_addr always;
        proxy_next_upstream off;
        proxy_pass http://pool;
    }
--- request eval
["GET /t?k=0", "GET /t?k=1", "GET /t?k=2", "GET /t?k=3", "GET /t?k=4", "GET /t?k=5", "GET /t?k=6", "GET /t?k=7", "GET /t?k=8", "GET /t?k=9"]
--- error_code eval
[502, 502, 502, 502, 502, 502, 502, 502, 502, 502]
--- response_headers eval
["X-Addr: unix:b.sock", "X-Addr: unix:b.sock", "X-Addr: unix:c.sock", "X-Addr: unix:c.sock", "X-Addr: unix:c.sock", "X-Addr: unix:b.sock", "X-Addr: unix:a.sock", "X-Addr: unix:b.sock", "X-Addr: unix:a.sock", "X-Addr: unix:b.sock"]



=== TEST 8: a key that is made of what does not exist
--- http_config
    upstream pool { hash $nothing_of_the_kind; server 127.0.0.1:81; }
--- config
--- must_die
--- error_log
unknown "nothing_of_the_kind" variable
