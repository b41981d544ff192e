# scgi_cache: the cache of responses of SCGI servers.

use Test::Nginx::Socket 'no_plan';

our $Cache = <<'_EOC_';
    scgi_cache_path cache levels=1:2 keys_zone=a:1m;
    scgi_cache_key $scheme$request_method$host$request_uri;
    scgi_cache a;
    scgi_cache_valid 200 1m;
    add_header X-Cache $upstream_cache_status always;
_EOC_

no_root_location();
run_tests();

__DATA__

=== TEST 1: miss and hit
--- http_config eval: $::Cache
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Content-Type: text/x\r\nX-A: 1\r\n\r\nhello

raw Status: 404 Nothing here\r\n\r\nno

raw Status: 404 Nothing here\r\n\r\nno
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
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw ETag: "x"\r\nContent-Length: 5\r\nAccept-Ranges: bytes\r\n\r\nhello
--- scgi_query eval
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
    location / { scgi_cache_revalidate on; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw ETag: "x"\r\nX-Accel-Expires: @1\r\n\r\nhello

raw Status: 304\r\nX-Accel-Expires: 100\r\n\r\n
--- scgi_query eval
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
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Content-Length: 9\r\n\r\nhello
--- request
GET /a
--- ignore_response
--- file_count: cache 0
--- error_log
upstream prematurely closed connection



=== TEST 5: HEAD is asked as HEAD, and has a key of its own
--- http_config eval: $::Cache
--- config
    location / { scgi_param REQUEST_METHOD $request_method; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Content-Type: text/x\r\n\r\n

raw Content-Type: text/x\r\n\r\nhello
--- request eval
["HEAD /a", "GET /a", "HEAD /a", "GET /a"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: HIT"]
--- response_body eval
["", "hello", "", "hello"]



=== TEST 6: a stale page while the server fails
--- http_config eval: $::Cache
--- config
    location / { scgi_cache_use_stale error http_500; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw X-Accel-Expires: @1\r\n\r\nhello

raw Status: 500\r\n\r\nbad
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
    scgi_cache_path cache levels=1:2 keys_zone=a:1m;
    scgi_cache_valid 200 1m;
--- config
    location / { scgi_cache a; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Content-Type: text/x\r\n\r\na

raw Content-Type: text/x\r\n\r\nb
--- request eval
["GET /a", "GET /b", "GET /a"]
--- response_body eval
["a", "b", "a"]
--- skip_nginx: all



=== TEST 8: it has a key
--- http_config
    scgi_cache_path cache keys_zone=a:1m;
--- config
    location / { root $TEST_NGINX_HTML_DIR; }
    location /f { scgi_cache a; scgi_pass 127.0.0.1:1; }
--- request
GET /index.html
--- error_log
no "scgi_cache_key" for "scgi_cache" in



=== TEST 9: a zone of its own
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    scgi_cache_path cache2 keys_zone=b:1m;
--- config
    location /f { scgi_cache a; scgi_cache_key $uri; scgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
the shared memory zone "a" is already declared for a different use in



=== TEST 10: what is inherited
--- http_config eval: $::Cache
--- config
    scgi_cache_bypass $arg_bypass;
    scgi_no_cache $arg_no;
    scgi_cache_methods POST;
    scgi_cache_min_uses 2;
    location /a { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /b { scgi_cache_min_uses 1; scgi_cache_bypass 0; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /c { scgi_cache off; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \r\n1

raw \r\n2

raw \r\n3

raw \r\n4

raw \r\n5

raw \r\n6
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a?bypass=1", "GET /b?bypass=1", "GET /b?bypass=1", "GET /c", "GET /c"]
--- response_body eval
["1", "2", "2", "3", "4", "4", "5", "6"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: BYPASS", "X-Cache: MISS", "X-Cache: HIT", "!X-Cache", "!X-Cache"]



=== TEST 11: it does not go with scgi_store
--- http_config eval: $::Cache
--- config
    location / { scgi_cache a; scgi_store on; scgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
"scgi_store" directive is incompatible with "scgi_cache" in



=== TEST 12: a parameter fixes the credentials, which are then not those of a client
--- http_config eval: $::Cache
--- config
    location /own { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /fixed { scgi_param HTTP_AUTHORIZATION fixed; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \r\n1

raw \r\n2

raw \r\n3
--- more_headers
Authorization: Basic YTph
--- request eval
["GET /own", "GET /own", "GET /fixed", "GET /fixed"]
--- response_body eval
["1", "2", "3", "3"]
--- skip_nginx: all: it stores them for everybody



=== TEST 13: the other directives, which all protocols share
--- http_config
    scgi_cache_path cache keys_zone=a:1m;
--- config
    location / {
        scgi_cache a;
        scgi_cache_key $uri;
        scgi_cache_valid 200 1m;
        scgi_cache_methods POST;
        scgi_cache_min_uses 2;
        scgi_cache_bypass $arg_fresh;
        scgi_cache_lock on;
        scgi_cache_lock_age 3s;
        scgi_cache_lock_timeout 3s;
        scgi_cache_background_update on;
        scgi_cache_max_range_offset 10;
        scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header X-Cache $upstream_cache_status;
    }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw X-A: 1\r\n\r\na

raw X-A: 1\r\n\r\nb

raw X-A: 1\r\n\r\nc
--- request eval
["POST /t\n", "GET /t", "GET /t", "GET /t?fresh=1"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: BYPASS"]
--- response_body eval
["a", "b", "b", "c"]



=== TEST 14: purges, and what clients are told of the cache
--- http_config
    scgi_cache_path cache keys_zone=a:1m;
--- config
    location / {
        scgi_cache a;
        scgi_cache_key $uri;
        scgi_cache_valid 200 1m;
        scgi_cache_purge $arg_purge;
        scgi_cache_status_header on;
        scgi_cache_early_refresh 1s;
        scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw X-A: 1\r\n\r\na

raw X-A: 1\r\n\r\nb
--- request eval
["GET /t", "GET /t?purge=1", "GET /t"]
--- error_code eval
[200, 204, 200]
--- response_headers eval
["Cache-Status: peerage; fwd=miss; fwd-status=200; stored", "Cache-Status:", "Cache-Status: peerage; fwd=miss; fwd-status=200; stored"]
--- response_body eval
["a", "", "b"]
--- skip_nginx: all
