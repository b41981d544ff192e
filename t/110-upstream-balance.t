# upstream: smooth weighted round robin, weight, backup, down, unix sockets.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: equal weights take turns, in the order of the file
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_3;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["a", "b", "c", "a", "b", "c", "a"]



=== TEST 2: weights 5, 1, 1 are spread smoothly
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 weight=5;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_3 weight=1;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["a", "a", "b", "a", "c", "a", "a", "a", "a"]



=== TEST 3: weights 1 and 2
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 weight=2;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["b", "a", "b", "b", "a", "b"]



=== TEST 4: a backup serves only when no other can
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 backup;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["b", "b", "b"]



=== TEST 5: a backup serves when the others have failed, and from then on at once
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_3 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }
--- config
    location /t {
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- request eval
["GET /t", "GET /t"]
--- response_headers eval
["X-Status: 502, 502, 200", "X-Status: 200"]
--- response_body eval
["c", "c"]



=== TEST 6: two backups take turns by weight
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 down;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup weight=2;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_3 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["b", "c", "b", "b"]



=== TEST 7: a server that is down is never asked
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 down;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_3;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["a", "c", "a", "c"]



=== TEST 8: all down
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 down;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 down;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
--- config
    location /t {
        add_header X-Try "$upstream_addr $upstream_status" always;
        proxy_pass http://pool;
    }
--- request
GET /t
--- error_code: 502
--- response_headers
X-Try: pool 502
--- error_log eval
qr{\[error\] .*no live upstreams while connecting to upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", upstream: "http://pool/t", host: "localhost"}



=== TEST 9: a server at a unix socket beside one with a port
--- http_config
    upstream pool {
        server unix:$TEST_NGINX_HTML_DIR/a.sock;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    server { listen unix:$TEST_NGINX_HTML_DIR/a.sock; location / { return 200 "a $http_host"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "b $http_host"; } }
--- config
    location /t {
        add_header X-Addr $upstream_addr;
        proxy_pass http://pool;
    }
--- request eval
["GET /t", "GET /t"]
--- response_headers eval
["X-Addr: unix:\$TEST_NGINX_HTML_DIR/a.sock", "X-Addr: 127.0.0.1:\$TEST_NGINX_RAND_PORT_2"]
--- response_body eval
["a pool", "b pool"]



=== TEST 10: two locations share one group and its turns
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
--- config
    location /t { proxy_pass http://pool; }
    location /u { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /u", "GET /t", "GET /u"]
--- response_body eval
["a", "b", "a", "b"]



=== TEST 11: an upstream block may come after its use, and its server may be a name
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { proxy_pass http://late; } }
    upstream late { server localhost:$TEST_NGINX_RAND_PORT_1; }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- request
GET /t
--- response_body chomp
a



=== TEST 12: no server in the group
--- http_config
    upstream pool { }
--- config
    location /t { proxy_pass http://pool; }
--- must_die
--- error_log
no servers are inside upstream in



=== TEST 13: two groups of one name
--- http_config
    upstream pool { server 127.0.0.1:81; }
    upstream pool { server 127.0.0.1:82; }
--- config
--- must_die
--- error_log
duplicate upstream "pool" in



=== TEST 14: a host that does not exist
--- http_config
    upstream pool { server no-such-host.invalid:81; }
--- config
--- must_die
--- error_log
host not found in upstream "no-such-host.invalid:81" in



=== TEST 15: a parameter that does not exist
--- http_config
    upstream pool { server 127.0.0.1:81 weigth=2; }
--- config
--- must_die
--- error_log
invalid parameter "weigth=2" in



=== TEST 16: a weight of zero
--- http_config
    upstream pool { server 127.0.0.1:81 weight=0; }
--- config
--- must_die
--- error_log
invalid parameter "weight=0" in



=== TEST 17: a bad fail_timeout
--- http_config
    upstream pool { server 127.0.0.1:81 fail_timeout=long; }
--- config
--- must_die
--- error_log
invalid parameter "fail_timeout=long" in



=== TEST 18: a bad max_fails
--- http_config
    upstream pool { server 127.0.0.1:81 max_fails=-1; }
--- config
--- must_die
--- error_log
invalid parameter "max_fails=-1" in



=== TEST 19: a group takes no port where it is used
--- http_config
    upstream pool { server 127.0.0.1:81; }
--- config
    location /t { proxy_pass http://pool:8080; }
--- must_die
--- error_log
upstream "pool" may not have port 8080 in



=== TEST 20: server belongs into upstream
--- http_config
    upstream pool { server 127.0.0.1:81; location / { } }
--- config
--- must_die
--- error_log
"location" directive is not allowed here in



=== TEST 21: backup servers alone are no group
--- http_config
    upstream pool { server 127.0.0.1:81 backup; }
--- config
--- must_die
--- error_log
no servers in upstream "pool" in



=== TEST 22: zone: its size has to be said once
--- http_config
    upstream a { zone z; server 127.0.0.1:81; }
--- must_die
--- error_log
zero size shared memory zone "z"



=== TEST 23: zone: too small
--- http_config
    upstream a { zone z 31k; server 127.0.0.1:81; }
--- must_die
--- error_log
zone "z" is too small



=== TEST 24: zone: two sizes
--- http_config
    upstream a { zone z 64k; server 127.0.0.1:81; }
    upstream b { zone z 128k; server 127.0.0.1:81; }
--- must_die
--- error_log
the size 131072 of shared memory zone "z" conflicts with already declared size 65536



=== TEST 25: zone: two groups in one, the size said where it may
--- http_config
    upstream a { zone z; server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    upstream b { zone z 64k; server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$http_host\n"; } }
--- config
    location /a { proxy_pass http://a; }
    location /b { proxy_pass http://b; }
--- request eval
["GET /a", "GET /b"]
--- response_body eval
["a\n", "b\n"]



=== TEST 26: an address is not a URL
--- http_config
    upstream a { server http://127.0.0.1:81; }
--- must_die
--- error_log
invalid host in upstream "http://127.0.0.1:81"
