# Vary, ranges and conditions of what is in the cache, and what a server is asked when its response may be stored.

use Test::Nginx::Socket 'no_plan';

our $Cache = <<'_EOC_';
    proxy_cache_path cache keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status always;
    proxy_cache a;
    proxy_cache_valid 1m;
_EOC_

run_tests();

__DATA__

=== TEST 1: a response for each value of a field that Vary names
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    proxy_cache a;
    proxy_cache_valid 1m;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { add_header Vary "Accept-Language, X-A"; return 200 "$http_x"; } }
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a", "GET /a", "GET /a", "GET /a"]
--- more_headers eval
["X: 1\r\nAccept-Language: de", "X: 2\r\nAccept-Language: en", "X: 3\r\nAccept-Language: de", "X: 4\r\nAccept-Language: en", "X: 5\r\nAccept-Language: en\r\nX-A: 1", "X: 6\r\nAccept-Language: en\r\nX-A: 1", "X: 7"]
--- response_body eval
["1", "2", "1", "2", "5", "5", "7"]
--- file_count: cache 4



=== TEST 2: a Vary of 100 fields
--- http_config eval
$::Cache
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nVary: " . "f," x 99 . "last\r\n\r\n1", "HTTP/1.0 200 OK\r\nVary: " . "f," x 99 . "last\r\n\r\n2"]
--- request eval
["GET /a", "GET /a", "GET /a"]
--- more_headers eval
["Last: 1", "Last: 2", "Last: 1"]
--- response_body eval
["1", "2", "1"]
--- skip_nginx: all



=== TEST 3: a response that varies otherwise than the one before
--- http_config eval: $::Cache
--- config
    location / { proxy_cache_bypass $http_fresh; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nVary: A\r\n\r\n1", "HTTP/1.0 200 OK\r\nVary: A\r\n\r\n2", "HTTP/1.0 200 OK\r\nVary: B\r\n\r\n3", "HTTP/1.0 200 OK\r\nVary: A\r\n\r\n4"]
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a", "GET /a", "GET /a", "GET /a"]
--- more_headers eval
["A: 1", "A: 2", "A: 2", "A: 3\r\nFresh: 1", "A: 2", "A: 2\r\nB: 1", "A: 2\r\nB: 1"]
--- response_body eval
["1", "2", "2", "3", "3", "4", "4"]
--- skip_nginx: all



=== TEST 4: ranges of what is in the cache
--- http_config eval: $::Cache
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nContent-Length: 10\r\nAccept-Ranges: bytes\r\n\r\n0123456789"]
--- tcp_query eval
qr/\AGET .a HTTP(?!.*Range)/s
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a", "GET /a"]
--- more_headers eval
["Range: bytes=1-2", "Range: bytes=3-", "Range: bytes=0-0,-1", "Range: bytes=10-", ""]
--- error_code eval
[206, 206, 206, 416, 200]
--- response_headers eval
["X-Cache: MISS\nContent-Range: bytes 1-2/10\nContent-Length: 2\n! Accept-Ranges", "X-Cache: HIT\nContent-Range: bytes 3-9/10", "X-Cache: HIT", "Content-Range: bytes */10", "Accept-Ranges: bytes\nContent-Length: 10"]
--- response_body_like eval
["^12\$", "^3456789\$", "bytes 0-0/10\r\n\r\n0\r\n.*bytes 9-9/10\r\n\r\n9\r\n", "416", "^0123456789\$"]



=== TEST 5: not of what the server would send whole
--- http_config eval: $::Cache
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"]
--- request eval
["GET /a", "GET /a"]
--- more_headers
Range: bytes=1-2
--- response_headers eval
["X-Cache: MISS", "X-Cache: HIT"]
--- response_body eval
["0123456789", "0123456789"]



=== TEST 6: a range of a large file
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
--- more_headers eval
["Range: bytes=524288-524303", "Range: bytes=524288-524303"]
--- error_code eval
[206, 206]
--- response_body eval
["0123456789abcdef", "0123456789abcdef"]
--- file_count: cache 1



=== TEST 7: proxy_cache_max_range_offset
--- http_config eval: $::Cache
--- config
    location / { proxy_cache_max_range_offset 5; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 206 Partial Content\r\nContent-Length: 2\r\nContent-Range: bytes 5-6/10\r\n\r\n56",
 "HTTP/1.0 206 Partial Content\r\nContent-Length: 2\r\nContent-Range: bytes 8-9/10\r\n\r\n89",
 "HTTP/1.0 200 OK\r\nContent-Length: 10\r\nAccept-Ranges: bytes\r\n\r\n0123456789"]
--- tcp_query eval
qr/\AGET .a HTTP.*?Range: bytes=5-6\r\n.*GET .a HTTP.*?Range: bytes=-2\r\n.*GET .a HTTP(?!.*Range)/s
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a"]
--- more_headers eval
["Range: bytes=5-6", "Range: bytes=-2", "Range: bytes=4-4", "Range: bytes=5-6"]
--- error_code eval
[206, 206, 206, 206]
--- response_body eval
["56", "89", "4", "56"]



=== TEST 8: conditions: answered from the cache, and not passed on
--- http_config eval: $::Cache
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nContent-Length: 3\r\nETag: \"x\"\r\nLast-Modified: Sat, 01 Jan 2000 00:00:00 GMT\r\n\r\nabc"]
--- tcp_query eval
qr/\AGET .a HTTP(?!.*If-)/s
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a", "GET /a", "GET /a"]
--- more_headers eval
["If-None-Match: \"x\"", "If-None-Match: \"x\"", "If-None-Match: \"y\"", "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT", "If-Modified-Since: Sat, 01 Jan 2000 00:00:01 GMT", "If-Match: \"y\""]
--- error_code eval
[304, 304, 200, 304, 200, 412]
--- response_headers eval
["X-Cache: MISS\nETag: \"x\"", "X-Cache: HIT\nETag: \"x\"\nLast-Modified: Sat, 01 Jan 2000 00:00:00 GMT", "X-Cache: HIT", "X-Cache: HIT", "X-Cache: HIT", "X-Cache: HIT"]
--- file_count: cache 1



=== TEST 9: without a cache they are passed on
--- http_config eval: $::Cache
--- config
    location / { proxy_cache off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /post { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"]
--- tcp_query eval
qr/\r\nIf-None-Match: "x"\r\nRange: bytes=1-2\r\n/
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_3
--- tcp_reply_2 eval
["HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"]
--- tcp_query_2 eval
qr/\r\nIf-None-Match: "x"\r\nRange: bytes=1-2\r\n/
--- request eval
["GET /a", "POST /post\n"]
--- more_headers eval
["If-None-Match: \"x\"\r\nRange: bytes=1-2", "If-None-Match: \"x\"\r\nRange: bytes=1-2"]
--- response_body eval
["abc", "abc"]



=== TEST 10: what proxy_set_header says of them holds
--- http_config eval: $::Cache
--- config
    location / { proxy_set_header If-None-Match $http_if_none_match; proxy_set_header Range bytes=7-8; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"]
--- tcp_query eval
qr/\r\nIf-None-Match: "x"\r\n.*Range: bytes=7-8\r\n/s
--- request
GET /a
--- more_headers
If-None-Match: "x"
--- response_body chomp
abc



=== TEST 11: proxy_cache_convert_head off
--- http_config eval: $::Cache
--- config
    location / { proxy_cache_convert_head off; proxy_cache_key $request_method$uri; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"]
--- tcp_query eval
qr/\AHEAD .*GET /s
--- request eval
["HEAD /a", "HEAD /a", "GET /a", "GET /a"]
--- response_headers eval
["X-Cache: MISS\nContent-Length: 3", "X-Cache: HIT\nContent-Length: 3", "X-Cache: MISS", "X-Cache: HIT"]
--- response_body eval
["", "", "abc", "abc"]



=== TEST 12: redirects and cookies are changed each time, and hidden fields are hidden
--- http_config eval: $::Cache
--- config
    location /a/ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2/b/;
        proxy_ignore_headers Set-Cookie;
        proxy_cookie_path /b/ /$arg_p/;
        proxy_hide_header X-Hidden;
        proxy_cache_key $uri;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 302 Found\r\nContent-Length: 3\r\nLocation: http://127.0.0.1:$ENV{TEST_NGINX_RAND_PORT_2}/b/c\r\nX-Hidden: 1\r\nSet-Cookie: a=b; path=/b/\r\n\r\nabc"]
--- request eval
["GET /a/?p=x", "GET /a/?p=y"]
--- error_code eval
[302, 302]
--- response_headers eval
["X-Cache: MISS\nSet-Cookie: a=b; path=/x/\n! X-Hidden", "X-Cache: HIT\nSet-Cookie: a=b; path=/y/\n! X-Hidden"]
--- response_body eval
["abc", "abc"]



=== TEST 13: filters see what comes from the cache
--- http_config eval: $::Cache
--- config
    gunzip on;
    location / { sub_filter b x; sub_filter_types *; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"]
--- request eval
["GET /a", "GET /a"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: HIT"]
--- response_body eval
["axc", "axc"]



=== TEST 14: X-Accel-Redirect is followed, and not stored
--- http_config eval: $::Cache
--- config
    location /in { internal; return 200 "in $upstream_cache_status"; }
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nX-Accel-Redirect: /in\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.0 200 OK\r\nX-Accel-Redirect: /in\r\nContent-Length: 3\r\n\r\nabc"]
--- request eval
["GET /a", "GET /a"]
--- response_body_like eval
["^in", "^in"]
--- file_count: cache 0



=== TEST 15: a response that is passed on as it comes is not stored
--- http_config eval: $::Cache
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /off { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nX-Accel-Buffering: no\r\nContent-Length: 3\r\n\r\nabc"]
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_3
--- tcp_reply_2 eval
["HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"]
--- request eval
["GET /a", "GET /off"]
--- response_body eval
["abc", "abc"]
--- file_count: cache 0
