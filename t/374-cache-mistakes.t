# Mistakes in the directives of the cache.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: a zone that no line declares
--- config
    location / { proxy_cache a; proxy_pass http://127.0.0.1:1; }
--- must_die
--- error_log
"proxy_cache" zone "a" is unknown in



=== TEST 2: no keys_zone
--- http_config
    proxy_cache_path cache levels=1:2;
--- config
--- must_die
--- error_log
"proxy_cache_path" must have "keys_zone" parameter in



=== TEST 3: a zone without a name
--- http_config
    proxy_cache_path cache keys_zone=:1m;
--- config
--- must_die
--- error_log
"proxy_cache_path" must have "keys_zone" parameter in



=== TEST 4: too few words
--- http_config
    proxy_cache_path cache;
--- config
--- must_die
--- error_log
invalid number of arguments in "proxy_cache_path" directive in



=== TEST 5: levels
--- http_config
    proxy_cache_path cache levels=1:3 keys_zone=a:1m;
--- config
--- must_die
--- error_log
invalid "levels" "levels=1:3" in



=== TEST 6: four levels
--- http_config
    proxy_cache_path cache levels=1:1:1:1 keys_zone=a:1m;
--- config
--- must_die
--- error_log
invalid "levels" "levels=1:1:1:1" in



=== TEST 7: a level too many
--- http_config
    proxy_cache_path cache levels=1: keys_zone=a:1m;
--- config
--- must_die
--- error_log
invalid "levels" "levels=1:" in



=== TEST 8: no size
--- http_config
    proxy_cache_path cache keys_zone=a;
--- config
--- must_die
--- error_log
invalid keys zone size "keys_zone=a" in



=== TEST 9: a small zone
--- http_config
    proxy_cache_path cache keys_zone=a:4k;
--- config
--- must_die
--- error_log
keys zone "keys_zone=a:4k" is too small in



=== TEST 10: inactive
--- http_config
    proxy_cache_path cache keys_zone=a:1m inactive=x;
--- config
--- must_die
--- error_log
invalid inactive value "inactive=x" in



=== TEST 11: max_size
--- http_config
    proxy_cache_path cache keys_zone=a:1m max_size=x;
--- config
--- must_die
--- error_log
invalid max_size value "max_size=x" in



=== TEST 12: min_free
--- http_config
    proxy_cache_path cache keys_zone=a:1m min_free=x;
--- config
--- must_die
--- error_log
invalid min_free value "min_free=x" in



=== TEST 13: loader_files
--- http_config
    proxy_cache_path cache keys_zone=a:1m loader_files=x;
--- config
--- must_die
--- error_log
invalid loader_files value "loader_files=x" in



=== TEST 14: manager_sleep
--- http_config
    proxy_cache_path cache keys_zone=a:1m manager_sleep=x;
--- config
--- must_die
--- error_log
invalid manager_sleep value "manager_sleep=x" in



=== TEST 15: use_temp_path
--- http_config
    proxy_cache_path cache keys_zone=a:1m use_temp_path=x;
--- config
--- must_die
--- error_log
invalid use_temp_path value "use_temp_path=x", it must be "on" or "off" in



=== TEST 16: an unknown parameter
--- http_config
    proxy_cache_path cache keys_zone=a:1m loader_x=1;
--- config
--- must_die
--- error_log
invalid parameter "loader_x=1" in



=== TEST 17: two lines of one zone
--- http_config
    proxy_cache_path cache keys_zone=a:1m; proxy_cache_path cache2 keys_zone=a:1m;
--- config
--- must_die
--- error_log
duplicate zone "a" in



=== TEST 18: two zones of one folder
--- http_config
    proxy_cache_path cache keys_zone=a:1m; proxy_cache_path cache/ keys_zone=b:1m;
--- config
--- must_die
--- error_log
the same path name "



=== TEST 19: the zone of another protocol
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
--- config
    location / { fastcgi_cache a; fastcgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
the shared memory zone "a" is already declared for a different use in



=== TEST 20: with proxy_store
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
--- config
    location / { proxy_store on; proxy_cache a; }
--- must_die
--- error_log
"proxy_cache" directive is incompatible with "proxy_store" in



=== TEST 21: proxy_store with it
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
--- config
    location / { proxy_cache a; proxy_store on; }
--- must_die
--- error_log
"proxy_store" directive is incompatible with "proxy_cache" in



=== TEST 22: a time
--- http_config
    proxy_cache_valid 200 x;
--- config
--- must_die
--- error_log
invalid time value "x" in



=== TEST 23: a status
--- http_config
    proxy_cache_valid 600 1m;
--- config
--- must_die
--- error_log
invalid status "600" in



=== TEST 24: a method
--- http_config
    proxy_cache_methods PUT;
--- config
--- must_die
--- error_log
invalid value "PUT" in



=== TEST 25: a condition
--- http_config
    proxy_cache_use_stale denied;
--- config
--- must_die
--- error_log
invalid value "denied" in



=== TEST 26: a condition of proxies alone
--- http_config
    fastcgi_cache_use_stale http_502;
--- config
--- must_die
--- error_log
invalid value "http_502" in



=== TEST 27: two keys
--- http_config
    proxy_cache_key a; proxy_cache_key b;
--- config
--- must_die
--- error_log
"proxy_cache_key" directive is duplicate in



=== TEST 28: in a server
--- config
    proxy_cache_path cache keys_zone=a:1m;
--- must_die
--- error_log
"proxy_cache_path" directive is not allowed here in



=== TEST 29: of HTTP alone
--- http_config
    fastcgi_cache_convert_head on;
--- config
--- must_die
--- error_log
unknown directive "fastcgi_cache_convert_head" in



=== TEST 30: a FastCGI cache without a key
--- http_config
    fastcgi_cache_path cache keys_zone=a:1m;
--- config
    location / { root $TEST_NGINX_HTML_DIR; }
    location /f { fastcgi_cache a; fastcgi_pass 127.0.0.1:1; }
--- request
GET /index.html
--- error_log
no "fastcgi_cache_key" for "fastcgi_cache" in



=== TEST 31: of the two that store responses the inner one is meant
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    proxy_cache_valid 1m;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "x"; } }
--- config
    proxy_cache a;
    location /a { proxy_store $TEST_NGINX_SERVER_ROOT/store/a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /b { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /c { proxy_store on; location /c/d { proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
--- request eval
["GET /a", "GET /b", "GET /c/d"]
--- file_count
store 1
cache 2
