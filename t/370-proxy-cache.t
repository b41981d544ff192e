# proxy_cache, proxy_cache_path, proxy_cache_key, proxy_cache_valid, proxy_cache_methods, proxy_cache_min_uses,
# proxy_cache_bypass, proxy_no_cache, $upstream_cache_status.
#
# The answer of the server is the field X of the request that it was asked by, which no key holds.

use Test::Nginx::Socket 'no_plan';

our $Cache = <<'_EOC_';
    proxy_cache_path cache levels=1:2 keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status always;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { add_header X-Cache ""; return 200 "$request_method $http_x"; } }
_EOC_

run_tests();

__DATA__

=== TEST 1: the first request fills the cache, and others are answered from it
--- http_config eval: $::Cache
--- config
    location / { proxy_cache a; proxy_cache_valid 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /a", "GET /b", "GET /a?x", "GET /a"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: HIT", "X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT"]
--- response_body eval
["GET 1", "GET 1", "GET 3", "GET 4", "GET 1"]
--- file_count: cache 3



=== TEST 2: without a time nothing is stored
--- http_config eval: $::Cache
--- config
    location / { proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /a"]
--- more_headers eval
["X: 1", "X: 2"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS"]
--- response_body eval
["GET 1", "GET 2"]
--- file_count: cache 0



=== TEST 3: a key of its own
--- http_config eval: $::Cache
--- config
    location / {
        proxy_cache a;
        proxy_cache_valid any 1m;
        proxy_cache_key $arg_k;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /a?k=1", "GET /b?k=1", "GET /a?k=2", "GET /a"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4"]
--- response_body eval
["GET 1", "GET 1", "GET 3", "GET 4"]



=== TEST 4: how long each status is kept
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status always;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { add_header X-Cache ""; return 404 "$http_x"; } location /302 { return 302 /$http_x; } }
--- config
    location / { proxy_cache a; proxy_cache_valid 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /any { proxy_cache a; proxy_cache_valid 200 1m; proxy_cache_valid any 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /zero { proxy_cache a; proxy_cache_valid 404 0; proxy_cache_valid any 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /a", "GET /302", "GET /302", "GET /any", "GET /any", "GET /zero", "GET /zero"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5", "X: 6", "X: 7", "X: 8"]
--- error_code eval
[404, 404, 302, 302, 404, 404, 404, 404]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: MISS", "X-Cache: MISS"]



=== TEST 5: methods: a HEAD asks for what a GET gets
--- http_config eval: $::Cache
--- config
    location / { proxy_cache a; proxy_cache_valid 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["POST /a\nbody", "HEAD /a", "GET /a", "HEAD /a", "POST /a\nbody"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5"]
--- response_headers eval
["X-Cache:", "X-Cache: MISS\nContent-Length: 5", "X-Cache: HIT", "X-Cache: HIT\nContent-Length: 5", "X-Cache:"]
--- response_body eval
["POST 1", "", "GET 2", "", "POST 5"]



=== TEST 6: POST is cached where it is named
--- http_config eval: $::Cache
--- config
    location / {
        proxy_cache a;
        proxy_cache_valid 1m;
        proxy_cache_methods POST;
        proxy_cache_key $request_method$uri$request_body;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["POST /a\nbody", "POST /a\nbody", "POST /a\nother", "GET /a", "GET /a"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5"]
--- response_body eval
["POST 1", "POST 1", "POST 3", "GET 4", "GET 4"]



=== TEST 7: not before the third request
--- http_config eval: $::Cache
--- config
    location / {
        proxy_cache a;
        proxy_cache_valid 1m;
        proxy_cache_min_uses 3;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a", "GET /b"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: MISS"]
--- response_body eval
["GET 1", "GET 2", "GET 3", "GET 3", "GET 5"]
--- file_count: cache 1



=== TEST 8: a bypass asks the server, and stores what it says
--- http_config eval: $::Cache
--- config
    location / {
        proxy_cache a;
        proxy_cache_valid 1m;
        proxy_cache_bypass 0 $arg_fresh;
        proxy_cache_bypass $http_refresh;
        proxy_cache_key $uri;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /a", "GET /a?fresh=1", "GET /a?fresh=0", "GET /a", "GET /a"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4\r\nRefresh: yes", "X: 5"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: BYPASS", "X-Cache: HIT", "X-Cache: BYPASS", "X-Cache: HIT"]
--- response_body eval
["GET 1", "GET 2", "GET 2", "GET 4", "GET 4"]



=== TEST 9: proxy_no_cache
--- http_config eval: $::Cache
--- config
    location / {
        proxy_cache a;
        proxy_cache_valid 1m;
        proxy_no_cache $arg_not;
        proxy_cache_key $uri;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /a?not=1", "GET /a", "GET /a?not=1"]
--- more_headers eval
["X: 1", "X: 2", "X: 3"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT"]
--- response_body eval
["GET 1", "GET 2", "GET 2"]



=== TEST 10: off, and a zone in a variable
--- http_config eval: $::Cache
--- config
    proxy_cache a;
    proxy_cache_valid 1m;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_cache off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /var { proxy_cache $arg_z; proxy_cache_key $uri; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /a", "GET /off", "GET /var?z=a", "GET /var?z=a", "GET /var?z=off", "GET /var", "GET /var?z=b"]
--- error_code eval
[200, 200, 200, 200, 200, 200, 200, 500]
--- response_headers eval
["X-Cache: MISS", "X-Cache: HIT", "X-Cache:", "X-Cache: MISS", "X-Cache: HIT", "X-Cache:", "X-Cache:", "X-Cache:"]
--- error_log
cache "b" not found



=== TEST 11: fields and the body come as they were
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status;
--- config
    location / { proxy_cache a; proxy_cache_valid 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
"HTTP/1.1 200 Fine\r\nContent-Type: text/x\r\nContent-Length: 3\r\nServer: up\r\nX-One: 1\r\nX-One: 2\r\nLast-Modified: Sat, 01 Jan 2000 00:00:00 GMT\r\nETag: \"x\"\r\nConnection: close\r\n\r\nabc"
--- request eval
["GET /a", "GET /a"]
--- raw_response_headers_like eval
["^HTTP/1.1 200 Fine\r\n", "^HTTP/1.1 200 Fine\r\n"]
--- response_headers eval
["Content-Type: text/x\nX-One: 1, 2\nContent-Length: 3\nLast-Modified: Sat, 01 Jan 2000 00:00:00 GMT\nETag: \"x\"\nX-Cache: MISS",
 "Content-Type: text/x\nX-One: 1, 2\nContent-Length: 3\nLast-Modified: Sat, 01 Jan 2000 00:00:00 GMT\nETag: \"x\"\nX-Cache: HIT"]
--- response_body eval
["abc", "abc"]



=== TEST 12: bodies of unknown length, chunked or until the end
--- http_config
    proxy_cache_path cache keys_zone=a:1m use_temp_path=off;
    add_header X-Cache $upstream_cache_status;
--- config
    proxy_cache a;
    proxy_cache_valid 1m;
    proxy_http_version 1.1;
    location /a { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /b { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\n01234"
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_3
--- tcp_reply_2 eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n012\r\n2\r\n34\r\n0\r\n\r\n"
--- request eval
["GET /a", "GET /b", "GET /a", "GET /b"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: HIT"]
--- response_body eval
["01234", "01234", "01234", "01234"]
--- file_count: cache 2



=== TEST 13: what breaks off is not stored
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
--- config
    proxy_cache a;
    proxy_cache_valid any 1m;
    proxy_http_version 1.1;
    location /a { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /b { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234"
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_3
--- tcp_reply_2 eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n012\r\n5\r\n34"
--- request eval
["GET /a", "GET /b"]
--- truncated
--- response_body eval
["01234", "01234"]
--- file_count
cache 0
temp/proxy 0



=== TEST 14: the client leaves while the response comes: it is stored all the same
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR/src; limit_rate_after 900k; limit_rate 200k; }
--- config
    location /get { proxy_cache a; proxy_cache_valid any 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/f; }
--- user_files eval
">>> src/f\n" . "0123456789abcdef" x 65536
--- request
GET /get
--- timeout: 0.3
--- abort
--- ignore_response
--- file_count
cache 1
temp/proxy 0



=== TEST 15: and before it comes
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
--- config
    location / { proxy_cache a; proxy_cache_valid any 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply_delay: client
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n01234"
--- request
GET /a
--- abort: asked
--- ignore_response
--- file_count: cache 1
--- skip_nginx: all



=== TEST 16: an empty body
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status always;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { add_header X-Cache ""; return 204; } location /b { add_header X-Cache ""; return 200; } }
--- config
    location / { proxy_cache a; proxy_cache_valid any 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /a", "GET /b", "GET /b"]
--- error_code eval
[204, 204, 200, 200]
--- response_headers eval
["X-Cache: MISS", "X-Cache: HIT", "X-Cache: MISS", "X-Cache: HIT"]



=== TEST 17: a large body
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR/src; }
--- config
    location /get { proxy_cache a; proxy_cache_valid any 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/f; }
--- user_files eval
">>> src/f\n" . "0123456789abcdef" x 65536
--- request eval
["GET /get", "GET /get"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: HIT"]
--- response_body eval
["0123456789abcdef" x 65536, "0123456789abcdef" x 65536]
--- file_count
cache 1
temp/proxy 0



=== TEST 18: errors of ours are kept, too
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status always;
--- config
    location / { proxy_cache a; proxy_cache_valid 502 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_9; }
    location /other { proxy_cache a; proxy_cache_valid 200 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_9; }
--- request eval
["GET /a", "GET /a", "GET /other", "GET /other"]
--- error_code eval
[502, 502, 502, 502]
--- response_headers eval
["X-Cache: MISS", "X-Cache: HIT", "X-Cache: MISS", "X-Cache: MISS"]
--- error_log
Connection refused



=== TEST 19: the page of an error
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status always;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { add_header X-Cache ""; return 404 "no"; } }
--- config
    error_page 404 /page;
    proxy_intercept_errors on;
    location = /page { return 404 "$upstream_cache_status"; }
    location / { proxy_cache a; proxy_cache_valid 404 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /a"]
--- error_code eval
[404, 404]
--- response_headers eval
["X-Cache: MISS", "X-Cache: HIT"]



=== TEST 20: the key
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
--- config
    location / {
        proxy_cache a;
        proxy_cache_key "$uri|$arg_a";
        proxy_cache_valid 1m;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header X-Key "<$upstream_cache_key>";
    }
    location /none { add_header X-Key "<$upstream_cache_key>"; return 200; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.0 200 OK\r\n\r\n1"]
--- request eval
["GET /t?a=b", "GET /t?a=b&c", "GET /none"]
--- response_headers eval
["X-Key: </t|b>", "X-Key: </t|b>", "X-Key: <>"]
--- skip_nginx: all: it has no such variable
