# fastcgi_cache: the same cache for another protocol.

use Test::Nginx::Socket 'no_plan';

our $Cache = <<'_EOC_';
    fastcgi_cache_path cache levels=1:2 keys_zone=a:1m;
    fastcgi_cache_key $scheme$request_method$host$request_uri;
    fastcgi_cache a;
    fastcgi_cache_valid 200 1m;
    add_header X-Cache $upstream_cache_status always;
_EOC_

no_root_location();
run_tests();

__DATA__

=== TEST 1: miss and hit
--- http_config eval: $::Cache
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Content-Type: text/x\r\nX-A: 1\r\n\r\nhello

whole Status: 404 Nothing here\r\n\r\nno

whole Status: 404 Nothing here\r\n\r\nno
--- request eval
["GET /a", "GET /a", "GET /b", "GET /b", "GET /a"]
--- error_code eval
[200, 200, 404, 404, 200]
--- response_headers eval
["X-Cache: MISS\nContent-Type: text/x\nX-A: 1", "X-Cache: HIT\nContent-Type: text/x\nX-A: 1", "X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT"]
--- response_body eval
["hello", "hello", "no", "no", "hello"]
--- file_count: cache 1



=== TEST 2: the fields of conditions and ranges are not passed on
--- http_config eval: $::Cache
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole ETag: "x"\r\nContent-Length: 5\r\nAccept-Ranges: bytes\r\n\r\nhello
--- fastcgi_query eval
qr/\A(?!.*HTTP_IF|.*HTTP_RANGE).*HTTP_X_A/s
--- request eval
["GET /a", "GET /a"]
--- more_headers eval
["X-A: 1\r\nRange: bytes=1-2\r\nIf-Range: \"y\"\r\nIf-None-Match: \"y\"", "Range: bytes=1-2"]
--- error_code eval
[200, 206]
--- response_headers eval
["X-Cache: MISS", "X-Cache: HIT\nContent-Range: bytes 1-2/5"]
--- response_body eval
["hello", "el"]



=== TEST 3: revalidation
--- http_config eval: $::Cache
--- config
    location / { fastcgi_cache_revalidate on; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole ETag: "x"\r\nX-Accel-Expires: @1\r\n\r\nhello

whole Status: 304\r\nX-Accel-Expires: 100\r\n\r\n
--- fastcgi_query eval
qr/HTTP_IF_NONE_MATCH.{0,4}"x"/s
--- request eval
["GET /a", "GET /a", "GET /a"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: REVALIDATED", "X-Cache: HIT"]
--- response_body eval
["hello", "hello", "hello"]



=== TEST 4: what breaks off is not stored
--- http_config eval: $::Cache
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout Content-Type: text/x\r\n\r\nhello
close
--- request
GET /a
--- ignore_response
--- file_count: cache 0
--- error_log
upstream prematurely closed
--- skip_nginx: all



=== TEST 5: HEAD is asked as HEAD, and has a key of its own
--- http_config eval: $::Cache
--- config
    location / { fastcgi_param REQUEST_METHOD $request_method; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Content-Type: text/x\r\n\r\n

whole Content-Type: text/x\r\n\r\nhello
--- request eval
["HEAD /a", "GET /a", "HEAD /a", "GET /a"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: HIT"]
--- response_body eval
["", "hello", "", "hello"]



=== TEST 6: a stale page while the server fails
--- http_config eval: $::Cache
--- config
    location / { fastcgi_cache_use_stale error http_500; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole X-Accel-Expires: @1\r\n\r\nhello

whole Status: 500\r\n\r\nbad
--- request eval
["GET /a", "GET /a", "GET /a"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: STALE", "X-Cache: STALE"]
--- response_body eval
["hello", "hello", "hello"]
--- error_log
connect() failed



=== TEST 7: without a key it is all of the request: nginx would answer each with the first response
--- http_config
    fastcgi_cache_path cache levels=1:2 keys_zone=a:1m;
    fastcgi_cache_valid 200 1m;
--- config
    location / { fastcgi_cache a; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Content-Type: text/x\r\n\r\na

whole Content-Type: text/x\r\n\r\nb
--- request eval
["GET /a", "GET /b", "GET /a"]
--- response_body eval
["a", "b", "a"]
--- skip_nginx: all



=== TEST 8: the other directives, which all protocols share
--- http_config
    fastcgi_cache_path cache keys_zone=a:1m;
--- config
    location / {
        fastcgi_cache a;
        fastcgi_cache_key $uri;
        fastcgi_cache_valid 200 1m;
        fastcgi_cache_methods POST;
        fastcgi_cache_min_uses 2;
        fastcgi_cache_bypass $arg_fresh;
        fastcgi_cache_lock on;
        fastcgi_cache_lock_age 3s;
        fastcgi_cache_lock_timeout 3s;
        fastcgi_cache_background_update on;
        fastcgi_cache_max_range_offset 10;
        fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header X-Cache $upstream_cache_status;
    }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole X-A: 1\r\n\r\na

whole X-A: 1\r\n\r\nb

whole X-A: 1\r\n\r\nc
--- request eval
["POST /t\n", "GET /t", "GET /t", "GET /t?fresh=1"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: BYPASS"]
--- response_body eval
["a", "b", "b", "c"]



=== TEST 9: purges, and what clients are told of the cache
--- http_config
    fastcgi_cache_path cache keys_zone=a:1m;
--- config
    location / {
        fastcgi_cache a;
        fastcgi_cache_key $uri;
        fastcgi_cache_valid 200 1m;
        fastcgi_cache_purge $arg_purge;
        fastcgi_cache_status_header on;
        fastcgi_cache_early_refresh 1s;
        fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole X-A: 1\r\n\r\na

whole X-A: 1\r\n\r\nb
--- request eval
["GET /t", "GET /t?purge=1", "GET /t"]
--- error_code eval
[200, 204, 200]
--- response_headers eval
["Cache-Status: peerage; fwd=miss; fwd-status=200; stored", "Cache-Status:", "Cache-Status: peerage; fwd=miss; fwd-status=200; stored"]
--- response_body eval
["a", "", "b"]
--- skip_nginx: all
