# What pool_status says of caches, and what responses say of theirs.

use Test::Nginx::Socket 'no_plan';

our $Up = <<'_EOC_';
    proxy_cache_path cache levels=1:2 keys_zone=a:1m;
    proxy_cache_valid 1m;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$http_x"; } }
_EOC_

run_tests();

__DATA__

=== TEST 1: the numbers of a zone
--- http_config eval: $::Up
--- config
    location / { proxy_cache a; proxy_cache_key $uri; proxy_cache_bypass $arg_b; proxy_cache_purge PURGE; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /status { pool_status; }
    location = /metrics { pool_status format=prometheus; }
--- request eval
["GET /a", "GET /a", "GET /b", "GET /b?b=1", "PURGE /b", "GET /status", "GET /metrics"]
--- more_headers
X: 12345
--- response_body_like eval
["^12345\$", "^12345\$", "^12345\$", "^12345\$", "Successful purge",
 qr/"caches":\[\n\{"zone":"a","keys":2,"bytes":4096,"hits":1,"misses":2,"bypasses":1,"expired":0,"stale":0,"updating":0,"revalidated":0,"sent_bytes":5,"stored_bytes":\d+,"evicted":0,"inactive":0,"purged":1\}\]\}/,
 qr/# TYPE peerage_cache_keys gauge\npeerage_cache_keys\{zone="a"\} 2\n(?s:.*)# TYPE peerage_cache_hits_total counter\npeerage_cache_hits_total\{zone="a"\} 1\n/]
--- skip_nginx: all



=== TEST 2: without a cache there are none
--- config
    location = /status { pool_status; }
    location = /metrics { pool_status format=prometheus; }
--- request eval
["GET /status", "GET /metrics"]
--- response_body_unlike eval
["cache", "cache"]
--- skip_nginx: all
