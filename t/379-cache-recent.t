# What a worker has read of late is not opened again, as long as it is what lies under its name.

use Test::Nginx::Socket 'no_plan';

our $Up = <<'_EOC_';
    proxy_cache_path cache keys_zone=a:1m;
    proxy_cache_valid 1m;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$http_x"; } }
_EOC_

run_tests();

__DATA__

=== TEST 1: a file that is removed is a miss
--- http_config eval: $::Up
--- config
    location / { proxy_cache a; proxy_cache_key k; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /files/ { alias $TEST_NGINX_SERVER_ROOT/cache/; dav_methods DELETE; }
--- request eval
["GET /a", "GET /a", "GET /a", "DELETE /files/8ce4b16b22b58894aa86c421e8759df3.by_peerage", "GET /a", "GET /a"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5", "X: 6"]
--- error_code eval
[200, 200, 200, 204, 200, 200]
--- response_body eval
["1", "1", "1", "", "5", "5"]
--- skip_nginx: all



=== TEST 2: what is stored anew, and what is purged
--- http_config eval: $::Up
--- config
    location / {
        proxy_cache a; proxy_cache_key $uri; proxy_cache_bypass $arg_b; proxy_cache_purge PURGE;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a?b=1", "GET /a", "GET /a", "PURGE /a", "GET /a", "GET /a", "PURGE /*", "GET /a"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5", "X: 6", "X: 7", "X: 8", "X: 9", "X: 10", "X: 11"]
--- response_body_like eval
["^1\$", "^1\$", "^1\$", "^4\$", "^4\$", "^4\$", "Successful", "^8\$", "^8\$", "Successful", "^11\$"]
--- skip_nginx: all



=== TEST 3: what one zone has is not what another has
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    proxy_cache_path other keys_zone=b:1m;
    proxy_cache_valid 1m;
    proxy_cache_key k;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$http_x"; } }
--- config
    location / { proxy_cache $arg_z; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /?z=a", "GET /?z=b", "GET /?z=a", "GET /?z=b", "GET /?z=a", "GET /?z=b"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5", "X: 6"]
--- response_body eval
["1", "2", "1", "2", "1", "2"]
