# proxy_cache_purge and fastcgi_cache_purge: nginx's form, which only the commercial version has, and those of the module
# ngx_cache_purge.

use Test::Nginx::Socket 'no_plan';

our $Up = <<'_EOC_';
    proxy_cache_path cache levels=1:2 keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status always;
    proxy_cache_valid 1m;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { add_header X-Cache ""; return 200 "$http_x"; } }
_EOC_

run_tests();

__DATA__

=== TEST 1: conditions: 204, and 404 if there is nothing
--- http_config eval: $::Up
--- config
    location / { proxy_cache a; proxy_cache_key $uri; proxy_cache_purge $arg_p 0 $http_purge; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /a?p=0", "GET /a?p=1", "GET /a?p=1", "GET /a", "GET /a", "GET /b"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5", "X: 6\r\nPurge: 1", "X: 7\r\nPurge: 1"]
--- error_code eval
[200, 200, 204, 404, 200, 204, 404]
--- response_body_like eval
["^1\$", "^1\$", "^\$", "404", "^5\$", "^\$", "404"]
--- file_count: cache 0
--- skip_nginx: all



=== TEST 2: a method, with a map
--- http_config
    proxy_cache_path cache levels=1:2 keys_zone=a:1m;
    map $request_method $purge { PURGE 1; default 0; }
    proxy_cache_valid 1m;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$http_x"; } }
--- config
    location / { proxy_cache a; proxy_cache_key $uri; proxy_cache_purge $purge; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "PURGE /a", "GET /a", "PURGE /b"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4"]
--- error_code eval
[200, 204, 200, 404]
--- response_body_like eval
["^1\$", "^\$", "^3\$", "404"]
--- skip_nginx: all



=== TEST 3: a location that purges
--- http_config eval: $::Up
--- config
    location / { proxy_cache a; proxy_cache_key $request_method$uri; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location ~ /purge(/.*) { allow 127.0.0.1; deny all; proxy_cache_purge a $request_method$1; }
--- request eval
["GET /a", "GET /purge/a", "GET /a", "GET /purge/b"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4"]
--- error_code eval
[200, 200, 200, 404]
--- response_body_like eval
["^1\$", "Successful purge", "^3\$", "404"]
--- skip_nginx: all



=== TEST 4: a method, from some networks
--- http_config eval: $::Up
--- config
    proxy_cache a;
    proxy_cache_key $uri;
    location / { proxy_cache_purge PURGE from 10.0.0.0/8 127.0.0.1; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /far { proxy_cache_purge PURGE from 10.0.0.0/8; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /on { proxy_cache_purge on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_cache_purge off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "PURGE /a", "GET /a", "PURGE /b", "PURGE /far", "GET /on", "PURGE /on", "PURGE /off"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5", "X: 6", "X: 7", "X: 8"]
--- error_code eval
[200, 200, 200, 404, 403, 200, 200, 200]
--- response_body_like eval
["^1\$", "Successful purge", "^3\$", "404", "403", "6", "Successful purge", "8"]
--- error_log
access forbidden by rule
--- skip_nginx: all



=== TEST 5: the variants of a response go with it
--- http_config
    proxy_cache_path cache levels=1:2 keys_zone=a:1m;
    proxy_cache_valid 1m;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { add_header Vary A; return 200 "$http_x"; } }
--- config
    location / { proxy_cache a; proxy_cache_key $uri; proxy_cache_purge PURGE; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /a", "GET /a", "PURGE /a", "GET /a", "GET /a"]
--- more_headers eval
["A: 1\r\nX: 1", "A: 2\r\nX: 2", "A: 2\r\nX: 3", "X: 4", "A: 1\r\nX: 5", "A: 2\r\nX: 6"]
--- response_body_like eval
["^1\$", "^2\$", "^2\$", "Successful purge", "^5\$", "^6\$"]
--- skip_nginx: all



=== TEST 6: what is on its way when its key is purged is not stored
--- http_config
    proxy_cache_path cache levels=1:2 keys_zone=a:1m;
    proxy_cache_valid 1m;
    proxy_cache a;
    proxy_cache_key k;
--- config
    location / { ssi on; default_type text/html; alias $TEST_NGINX_HTML_DIR/; }
    location /in { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /purge { proxy_cache_purge a k; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\n\r\n1"]
--- user_files
>>> page
<!--#include virtual="/in" --><!--#include virtual="/purge" -->
--- request
GET /page
--- response_body_like: ^1
--- file_count: cache 0
--- skip_nginx: all



=== TEST 7: in a server there is no location to purge by
--- http_config eval: $::Up
--- config
    proxy_cache_purge a k;
--- must_die
--- error_log
"proxy_cache_purge" directive is not allowed here in
--- skip_nginx: all



=== TEST 8: no network
--- http_config eval: $::Up
--- config
    location / { proxy_cache_purge PURGE from 300.0.0.0/8; }
--- must_die
--- error_log
invalid parameter "300.0.0.0/8" in
--- skip_nginx: all



=== TEST 9: of FastCGI
--- http_config
    fastcgi_cache_path cache levels=1:2 keys_zone=a:1m;
    fastcgi_cache_key $scheme$request_method$host$request_uri;
    fastcgi_cache_valid 1m;
--- config
    location / { fastcgi_cache a; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location ~ /purge(/.*) { fastcgi_cache_purge a "$scheme$request_method$host$1"; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Content-Type: text/x\r\n\r\na

whole Content-Type: text/x\r\n\r\nb
--- request eval
["GET /x", "GET /x", "GET /purge/x", "GET /x", "GET /purge/y"]
--- error_code eval
[200, 200, 200, 200, 404]
--- response_body_like eval
["^a\$", "^a\$", "Successful purge", "^b\$", "404"]
--- skip_nginx: all



=== TEST 10: a wildcard: conditions
--- http_config
    proxy_cache_path cache levels=1:2 keys_zone=a:1m purger=on purger_files=1 purger_sleep=1ms purger_threshold=1ms;
    proxy_cache_valid 1m;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$http_x"; } }
--- config
    location / { proxy_cache a; proxy_cache_key $uri; proxy_cache_purge $http_purge; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a/1", "GET /a/2", "GET /b", "GET /a/*", "GET /a/1", "GET /a/2", "GET /b", "GET /c/*"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4\r\nPurge: 1", "X: 5", "X: 6", "X: 7", "X: 8\r\nPurge: 1"]
--- error_code eval
[200, 200, 200, 204, 200, 200, 200, 204]
--- response_body eval
["1", "2", "3", "", "5", "6", "3", ""]
--- skip_nginx: all



=== TEST 11: a wildcard: in a location, and by a method; the variants go with it
--- http_config
    proxy_cache_path cache levels=1:2 keys_zone=a:1m;
    proxy_cache_valid 1m;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { add_header Vary A; return 200 "$http_x"; } }
--- config
    location / { proxy_cache a; proxy_cache_key $uri; proxy_cache_purge PURGE; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location ~ ^/purge(/.*) { proxy_cache_purge a $1*; }
--- request eval
["GET /a/1", "GET /a/1", "GET /b/1", "PURGE /a/*", "GET /a/1", "GET /a/1", "GET /b/1", "GET /purge/b", "GET /b/1"]
--- more_headers eval
["A: 1\r\nX: 1", "A: 2\r\nX: 2", "X: 3", "X: 4", "A: 2\r\nX: 5", "A: 1\r\nX: 6", "X: 7", "X: 8", "X: 9"]
--- response_body_like eval
["^1\$", "^2\$", "^3\$", "Successful purge: /a/\\*\n", "^5\$", "^6\$", "^3\$", "Successful purge: /b\\*\n", "^9\$"]
--- skip_nginx: all



=== TEST 12: a long wildcard has room in the smallest zone
--- http_config
    proxy_cache_path cache levels=1:2 keys_zone=a:32k;
--- config
    location / { proxy_cache a; proxy_cache_key $http_key$http_key$http_key$http_key$http_key*; proxy_cache_purge $http_key; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /
--- more_headers eval
"Key: " . ("k" x 8000)
--- error_code: 204
--- skip_nginx: all
