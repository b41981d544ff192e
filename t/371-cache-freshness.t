# What a response says of being stored: Cache-Control, Expires, X-Accel-Expires, Set-Cookie, Vary, and
# proxy_ignore_headers. What is stored is refused by the next block of the server, so that it shows.

use Test::Nginx::Socket 'no_plan';

our $Cache = <<'_EOC_';
    proxy_cache_path cache keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status always;
    proxy_cache a;
_EOC_

our $Up = <<'_EOC_';
    proxy_cache_path cache keys_zone=a:1m;
    proxy_cache a;
    proxy_cache_key $uri;
    add_header X-Cache $upstream_cache_status always;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { add_header X-Cache ""; add_header Cache-Control $arg_c; add_header Expires $arg_e; add_header X-Accel-Expires $arg_x; add_header Set-Cookie $arg_s; add_header Vary $arg_v; add_header Age $arg_a; return 200 "$http_x"; }
    }
_EOC_

run_tests();

__DATA__

=== TEST 1: Cache-Control
--- http_config eval: $::Up
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a?c=max-age=100", "GET /a", "GET /b?c=no-store", "GET /b?c=no-cache", "GET /b?c=private", "GET /b?c=max-age=0", "GET /b?c=max-age=x", "GET /b?c=s-maxage=10", "GET /b"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5", "X: 6", "X: 7", "X: 8", "X: 9"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: HIT", "X-Cache: MISS", "X-Cache: MISS", "X-Cache: MISS", "X-Cache: MISS", "X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT"]
--- response_body eval
["1", "1", "3", "4", "5", "6", "7", "8", "8"]



=== TEST 2: it outweighs proxy_cache_valid
--- http_config eval: $::Up
--- config
    location / { proxy_cache_valid any 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a?c=no-store", "GET /a", "GET /a"]
--- more_headers eval
["X: 1", "X: 2", "X: 3"]
--- response_body eval
["1", "2", "2"]



=== TEST 3: an Expires that is no date is past
--- http_config eval: $::Up
--- config
    location / { proxy_cache_valid any 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a?e=0", "GET /a?e=-1", "GET /a", "GET /a"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4"]
--- response_body eval
["1", "2", "3", "3"]



=== TEST 4: an Expires that is a date
--- http_config eval: $::Cache
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nExpires: Thu, 31 Dec 2037 23:55:55 GMT\r\n\r\n1",
 "HTTP/1.0 200 OK\r\nExpires: Thu, 31 Dec 2037 23:55:55 GMT\r\nCache-Control: no-cache\r\n\r\n2",
 "HTTP/1.0 200 OK\r\nExpires: Thu, 01 Jan 2015 00:00:00 GMT\r\n\r\n3",
 "HTTP/1.0 200 OK\r\nExpires: Thu, 01 Jan 2015 00:00:00 GMT\r\nX-Accel-Expires: 100\r\n\r\n4"]
--- request eval
["GET /a", "GET /a", "GET /b", "GET /b", "GET /b", "GET /b"]
--- response_body eval
["1", "1", "2", "3", "4", "4"]
--- skip_nginx: 8: < 1.23.0



=== TEST 5: X-Accel-Expires
--- http_config eval: $::Cache
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nX-Accel-Expires: 100\r\n\r\n1",
 "HTTP/1.0 200 OK\r\nX-Accel-Expires: 0\r\nCache-Control: max-age=100\r\n\r\n2",
 "HTTP/1.0 200 OK\r\nX-Accel-Expires: \@2000000000\r\n\r\n3",
 "HTTP/1.0 200 OK\r\nX-Accel-Expires: x\r\n\r\n4"]
--- request eval
["GET /a", "GET /a", "GET /b", "GET /b", "GET /b", "GET /c"]
--- response_headers eval
["! X-Accel-Expires", "! X-Accel-Expires\nX-Cache: HIT", "X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: MISS"]
--- response_body eval
["1", "1", "2", "3", "3", "4"]



=== TEST 6: it outweighs Cache-Control in any order
--- http_config eval: $::Cache
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nCache-Control: no-store\r\nX-Accel-Expires: 100\r\n\r\n1",
 "HTTP/1.0 200 OK\r\nX-Accel-Expires: 100\r\nCache-Control: no-store\r\n\r\n2"]
--- request eval
["GET /a", "GET /a", "GET /b", "GET /b"]
--- response_body eval
["1", "1", "2", "2"]
--- skip_nginx: 8: < 1.23.0



=== TEST 7: what is for one client alone
--- http_config eval: $::Up
--- config
    location / { proxy_cache_valid any 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a?s=x", "GET /a?v=*", "GET /a", "GET /a"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4"]
--- response_body eval
["1", "2", "3", "3"]



=== TEST 8: several lines of Vary and of Cache-Control are one list
--- http_config eval: $::Cache
--- config
    location / { proxy_cache_valid any 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nVary: Accept\r\nVary: *\r\n\r\n1",
 "HTTP/1.0 200 OK\r\nCache-Control: max-age=100\r\nCache-Control: no-store\r\n\r\n2",
 "HTTP/1.0 200 OK\r\nCache-Control: max-age=100\r\n\r\n3"]
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a"]
--- response_body eval
["1", "2", "3", "3"]
--- skip_nginx: 8: < 1.23.0



=== TEST 9: proxy_ignore_headers
--- http_config eval: $::Up
--- config
    location / {
        proxy_cache_valid any 1m;
        proxy_ignore_headers Cache-Control Expires Set-Cookie Vary X-Accel-Expires;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /a?c=no-store", "GET /a", "GET /b?e=0", "GET /b", "GET /c?s=x", "GET /c", "GET /d?v=*", "GET /d", "GET /e?x=0", "GET /e"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5", "X: 6", "X: 7", "X: 8", "X: 9", "X: 10"]
--- response_body eval
["1", "1", "3", "3", "5", "5", "7", "7", "9", "9"]



=== TEST 10: what was in other caches is not fresh for as long (RFC 9111, 4.2.3)
--- http_config eval: $::Up
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a?c=max-age=100&a=100", "GET /a?c=max-age=100&a=10", "GET /a"]
--- more_headers eval
["X: 1", "X: 2", "X: 3"]
--- response_body eval
["1", "2", "2"]
--- skip_nginx: all



=== TEST 11: credentials: the response is for their owner unless it says otherwise (RFC 9111, 3.5)
--- http_config eval: $::Up
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /const { proxy_set_header Authorization "Basic eDp5"; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /key { proxy_cache_key $uri$http_authorization; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /force { proxy_ignore_headers Cache-Control; proxy_cache_valid 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a?c=max-age=100", "GET /a?c=public,max-age=100", "GET /a", "GET /const?c=max-age=100", "GET /const", "GET /key?c=max-age=100", "GET /key", "GET /force", "GET /force"]
--- more_headers eval
["X: 1\r\nAuthorization: a", "X: 2\r\nAuthorization: a", "X: 3", "X: 4\r\nAuthorization: a", "X: 5", "X: 6\r\nAuthorization: a", "X: 7\r\nAuthorization: a", "X: 8\r\nAuthorization: a", "X: 9"]
--- response_body eval
["1", "2", "2", "4", "4", "6", "6", "8", "8"]
--- skip_nginx: all



=== TEST 12: a response to credentials is used for requests without
--- http_config eval: $::Up
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a?c=max-age=100", "GET /a"]
--- more_headers eval
["X: 1", "X: 2\r\nAuthorization: a"]
--- response_body eval
["1", "1"]
