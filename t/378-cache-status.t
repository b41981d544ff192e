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



=== TEST 3: Cache-Status
--- http_config
    proxy_cache_path cache levels=1:2 keys_zone=a:1m;
    proxy_cache a;
    proxy_cache_status_header on;
    proxy_cache_use_stale http_500;
    proxy_cache_bypass $arg_b;
    proxy_cache_key $uri;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { proxy_cache off; add_header Cache-Status "origin; fwd=miss"; add_header X-Accel-Expires 1000000; return 200 "a"; }
        location /private { add_header Cache-Control private; return 200 "p"; }
        location /vary { add_header Vary X; add_header X-Accel-Expires 1000000; return 200 "v"; }
        location /past { add_header X-Accel-Expires @1; if ($arg_fail) { return 500; } return 200 "s"; }
    }
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /without { proxy_cache_status_header off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/private; }
--- request eval
["GET /a", "GET /a", "GET /a?b=1", "GET /private", "POST /private", "GET /vary", "GET /vary", "GET /past", "GET /past", "GET /past?fail=1", "GET /without"]
--- more_headers eval
["", "", "", "", "", "X: 1", "X: 2", "", "", "", ""]
--- raw_response_headers_like eval
[qr/Cache-Status: origin; fwd=miss\r\n(.*\r\n)*Cache-Status: peerage; fwd=miss; fwd-status=200; stored\r\n/,
 qr/Cache-Status: origin; fwd=miss\r\n(.*\r\n)*Cache-Status: peerage; hit; ttl=(1000000|999\d{3})\r\n/,
 qr/Cache-Status: peerage; fwd=bypass; fwd-status=200; stored\r\n/,
 qr/Cache-Status: peerage; fwd=miss; fwd-status=200\r\n/,
 qr/Cache-Status: peerage; fwd=request; fwd-status=200\r\n/,
 qr/Cache-Status: peerage; fwd=miss; fwd-status=200; stored\r\n/,
 qr/Cache-Status: peerage; fwd=vary-miss; fwd-status=200; stored\r\n/,
 qr/Cache-Status: peerage; fwd=miss; fwd-status=200; stored\r\n/,
 qr/Cache-Status: peerage; fwd=stale; fwd-status=200; stored\r\n/,
 qr/Cache-Status: peerage; fwd=stale; ttl=-\d{9,}\r\n/,
 qr/\A(?!(?s:.)*Cache-Status)/]
--- skip_nginx: all



=== TEST 4: and of what a server has said to be still valid
--- http_config
    proxy_cache_path cache levels=1:2 keys_zone=a:1m;
    proxy_cache a;
    proxy_cache_key $uri;
    proxy_cache_revalidate on;
    proxy_cache_status_header on;
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nETag: \"a\"\r\nX-Accel-Expires: \@1\r\n\r\n1", "HTTP/1.0 304 Not Modified\r\nX-Accel-Expires: 1000\r\n\r\n"]
--- request eval
["GET /a", "GET /a"]
--- response_headers eval
["Cache-Status: peerage; fwd=miss; fwd-status=200; stored", "Cache-Status: peerage; fwd=stale; fwd-status=304"]
--- response_body eval
["1", "1"]
--- skip_nginx: all



=== TEST 5: what is fresh is updated before its end, and the client does not wait for that
--- http_config
    proxy_cache_path cache levels=1:2 keys_zone=a:1m;
    proxy_cache a;
    proxy_cache_key $uri;
    add_header X-Cache $upstream_cache_status;
--- config
    location / { proxy_cache_early_refresh 10000d; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nX-Accel-Expires: 10\r\n\r\n1",
 "HTTP/1.0 200 OK\r\nX-Accel-Expires: 2000000000\r\n\r\n2"]
--- tcp_query eval
qr/\AGET .a HTTP.*GET .a HTTP/s
--- request eval
["GET /a", "GET /a"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: HIT"]
--- response_body eval
["1", "1"]
--- skip_nginx: all



=== TEST 6: not before that time
--- http_config
    proxy_cache_path cache levels=1:2 keys_zone=a:1m;
    proxy_cache a;
    proxy_cache_key $uri;
    proxy_cache_early_refresh 10s;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { proxy_cache off; add_header X-Accel-Expires 100000; return 200 "$http_x"; } }
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4"]
--- response_body eval
["1", "1", "1", "1"]
--- skip_nginx: all



=== TEST 7: a time that is none
--- config
    proxy_cache_early_refresh x;
--- must_die
--- error_log
"proxy_cache_early_refresh" directive invalid value in
--- skip_nginx: all



=== TEST 8: neither on nor off
--- config
    proxy_cache_status_header yes;
--- must_die
--- error_log
invalid value "yes" in "proxy_cache_status_header" directive, it must be "on" or "off" in
--- skip_nginx: all
