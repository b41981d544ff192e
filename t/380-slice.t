# slice: a response is asked for, and cached, in parts.

use Test::Nginx::Socket 'no_plan';

our $Http = <<'_EOC_';
    log_format r '$request_method $uri [$http_range] $status';
    proxy_cache_path cache keys_zone=a:1m;
    proxy_cache_key $uri$is_args$args$slice_range;
    proxy_cache_valid 200 206 1m;
    proxy_set_header Range $slice_range;
    proxy_http_version 1.1;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; access_log logs/access.log r;
        location = /etag { return 204; }
    }
_EOC_

our $Html = ">>> a\n0123456789abcdefghij\n>>> empty\n>>> page.html\n<b>page</b>\n";

no_root_location();
run_tests();

__DATA__

=== TEST 1: the whole, from the server and from the cache
--- http_config eval: $::Http
--- config
    location / { slice 8; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; add_header X-Cache $upstream_cache_status; }
--- user_files eval: $::Html
--- request eval
["GET /a", "GET /a"]
--- response_body eval
["0123456789abcdefghij\n", "0123456789abcdefghij\n"]
--- response_headers eval
["X-Cache: MISS\nContent-Length: 21\nAccept-Ranges: bytes\n! Content-Range", "X-Cache: HIT\nContent-Length: 21\nAccept-Ranges: bytes\n! Content-Range"]
--- file_count: cache 3
--- access_log
GET /a [bytes=0-7] 206
GET /a [bytes=8-15] 206
GET /a [bytes=16-23] 206



=== TEST 2: without a cache
--- http_config eval: $::Http
--- config
    location / { slice 8; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval: $::Html
--- request eval
["GET /a", "GET /a"]
--- more_headers eval
["", "Range: bytes=10-12"]
--- error_code eval
[200, 206]
--- response_body eval
["0123456789abcdefghij\n", "abc"]
--- response_headers eval
["Content-Length: 21\n! Content-Range", "Content-Length: 3\nContent-Range: bytes 10-12/21"]
--- access_log
GET /a [bytes=0-7] 206
GET /a [bytes=8-15] 206
GET /a [bytes=16-23] 206



=== TEST 3: ranges of clients: in one part, over two, over all, at the end, several, behind the end
--- http_config eval: $::Http
--- config
    location / { slice 8; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval: $::Html
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a", "GET /a", "GET /a", "GET /a", "GET /a", "GET /a", "GET /a"]
--- more_headers eval
["Range: bytes=2-3", "Range: bytes=6-9", "Range: bytes=9-", "Range: bytes=1-30", "Range: bytes=-2", "Range: bytes=0-1,4-5", "Range: bytes=50-", "Range: bytes=8-15", "Range: bytes=20-20", "Range: bytes=-100"]
--- error_code eval
[206, 206, 206, 206, 206, 200, 416, 206, 206, 206]
--- response_headers eval
["Content-Range: bytes 2-3/21", "Content-Range: bytes 6-9/21", "Content-Range: bytes 9-20/21", "Content-Range: bytes 1-20/21", "Content-Range: bytes 19-20/21", "! Content-Range", "Content-Range: bytes */21", "Content-Range: bytes 8-15/21", "Content-Range: bytes 20-20/21", "Content-Range: bytes 0-20/21"]
--- response_body_like eval
["^23\$", "^6789\$", "^9abcdefghij\n\$", "^123456789abcdefghij\n\$", "^j\n\$", "^0123456789abcdefghij\n\$", "416", "^89abcdef\$", "^\n\$", "^0123456789abcdefghij\n\$"]



=== TEST 4: a range asks for no part that it does not need
--- http_config eval: $::Http
--- config
    location / { slice 4; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval: $::Html
--- request
GET /a
--- more_headers
Range: bytes=9-13
--- error_code: 206
--- response_body chomp
9abcd
--- access_log
GET /a [bytes=8-11] 206
GET /a [bytes=12-15] 206
--- no_access_log
GET /a [bytes=0-3]
GET /a [bytes=4-7]
GET /a [bytes=16-19]
--- file_count: cache 2



=== TEST 5: a range from the end asks for the first part, and for those that it needs
--- http_config eval: $::Http
--- config
    location / { slice 4; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval: $::Html
--- request
GET /a
--- more_headers
Range: bytes=-5
--- error_code: 206
--- response_body
ghij
--- access_log
GET /a [bytes=0-3] 206
GET /a [bytes=16-19] 206
GET /a [bytes=20-23] 206
--- no_access_log
GET /a [bytes=4-7]
GET /a [bytes=8-11]
GET /a [bytes=12-15]



=== TEST 6: HEAD
--- http_config eval: $::Http
--- config
    location / { slice 8; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /no { rewrite ^/no(.*) $1 break; slice 8; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval: $::Html
--- request eval
["HEAD /a", "HEAD /no/a", "HEAD /a"]
--- response_headers eval
["Content-Length: 21\n! Content-Range", "Content-Length: 21\n! Content-Range", "Content-Length: 21\n! Content-Range"]
--- response_body eval
["", "", ""]
--- access_log
GET /a [bytes=0-7] 206
HEAD /a [bytes=0-7] 206
--- no_access_log
[bytes=8-15]



=== TEST 7: If-Range: what does not match gets the whole
--- http_config eval: $::Http
--- config
    location / { slice 8; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> a 200102030405
0123456789abcdefghij
--- request eval
["GET /a", "GET /a", "GET /a"]
--- more_headers eval
["Range: bytes=10-11\r\nIf-Range: \"x\"", "Range: bytes=10-11\r\nIf-Range: Mon, 01 Jan 1990 00:00:00 GMT", "Range: bytes=10-11\r\nIf-Range: Sat, 03 Feb 2001 04:05:00 GMT"]
--- error_code eval
[200, 200, 206]
--- response_body eval
["0123456789abcdefghij\n", "0123456789abcdefghij\n", "ab"]



=== TEST 8: conditions of the client
--- http_config eval: $::Http
--- config
    location / { slice 8; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> a 200102030405
0123456789abcdefghij
--- request eval
["GET /a", "GET /a", "GET /a"]
--- more_headers eval
["If-Modified-Since: Sat, 03 Feb 2001 04:05:00 GMT", "If-Modified-Since: Sat, 03 Feb 2001 04:05:00 GMT", "If-Unmodified-Since: Mon, 01 Jan 1990 00:00:00 GMT"]
--- error_code eval
[304, 304, 412]
--- no_access_log
GET /a [bytes=8-15]



=== TEST 9: a server that sends the whole
--- http_config eval: $::Http
--- config
    location / { slice 8; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123456789", "HTTP/1.1 404 Not\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno", "HTTP/1.1 416 Not\r\nContent-Range: bytes */3\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"]
--- request eval
["GET /a", "GET /b", "GET /c"]
--- error_code eval
[200, 404, 416]
--- response_body eval
["0123456789", "no", "no"]



=== TEST 10: empty, of one byte, of just one part
--- http_config eval: $::Http
--- config
    location / { slice 4; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval
">>> empty\n>>> one\n\n>>> four\n123\n>>> eight\n1234567\n"
--- request eval
["GET /one", "GET /four", "GET /eight"]
--- response_body eval
["\n", "123\n", "1234567\n"]
--- response_headers eval
["Content-Length: 1", "Content-Length: 4", "Content-Length: 8"]
--- no_access_log
/one [bytes=4-7]
/four [bytes=4-7]
/eight [bytes=8-11]



=== TEST 11: the entity tag of a later part is another one
--- http_config eval: $::Http
--- config
    location / { slice 4; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.1 206 OK\r\nContent-Range: bytes 0-3/8\r\nETag: \"a\"\r\nContent-Length: 4\r\nConnection: close\r\n\r\n0123", "HTTP/1.1 206 OK\r\nContent-Range: bytes 4-7/8\r\nETag: \"b\"\r\nContent-Length: 4\r\nConnection: close\r\n\r\n4567"]
--- request
GET /a
--- ignore_response
--- error_log
etag mismatch in slice response
--- file_count: cache 1



=== TEST 12: a later part is no part
--- http_config eval: $::Http
--- config
    location / { slice 4; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.1 206 OK\r\nContent-Range: bytes 0-3/8\r\nContent-Length: 4\r\nConnection: close\r\n\r\n0123", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\n01234567"]
--- request
GET /a
--- ignore_response
--- error_log
unexpected status code 200 in slice response
--- file_count: cache 1



=== TEST 13: a part without Content-Range
--- http_config eval: $::Http
--- config
    location / { slice 4; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
"HTTP/1.1 206 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n0123"
--- request
GET /a
--- ignore_response
--- error_log
invalid range in slice response
--- file_count: cache 0



=== TEST 14: a part of an unknown whole
--- http_config eval: $::Http
--- config
    location / { slice 4; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
"HTTP/1.1 206 OK\r\nContent-Range: bytes 0-3/*\r\nContent-Length: 4\r\nConnection: close\r\n\r\n0123"
--- request
GET /a
--- ignore_response
--- error_log
no complete length in slice response
--- file_count: cache 0



=== TEST 15: another part than that which was asked for
--- http_config eval: $::Http
--- config
    location / { slice 4; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
"HTTP/1.1 206 OK\r\nContent-Range: bytes 0-2/8\r\nContent-Length: 3\r\nConnection: close\r\n\r\n012"
--- request
GET /a
--- ignore_response
--- error_log
unexpected range in slice response: 0-3
--- file_count: cache 0



=== TEST 16: what the client gets then
--- http_config eval: $::Http
--- config
    location / { slice 4; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
"HTTP/1.1 206 OK\r\nContent-Range: bytes 4-7/8\r\nContent-Length: 4\r\nConnection: close\r\n\r\n4567"
--- request
GET /a
--- error_code: 502
--- error_log
unexpected range in slice response: 4-8
--- skip_nginx: all: it closes the connection



=== TEST 17: lengths that are not those of the part
--- http_config eval: $::Http
--- config
    location / { slice 4; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.1 206 OK\r\nContent-Range: bytes 0-3/8\r\nContent-Length: 3\r\nConnection: close\r\n\r\n012", "HTTP/1.1 206 OK\r\nContent-Range: bytes 0-3/8\r\nContent-Length: 5\r\nConnection: close\r\n\r\n01234"]
--- request eval
["GET /a", "GET /a"]
--- error_code eval
[502, 502]
--- file_count: cache 0
--- error_log
unexpected length in slice response
--- skip_nginx: all: it passes them on



=== TEST 18: a later part is shorter than it said, or longer
--- http_config eval: $::Http
--- config
    location / { slice 4; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.1 206 OK\r\nContent-Range: bytes 0-3/12\r\nContent-Length: 4\r\nConnection: close\r\n\r\n0123", "HTTP/1.1 206 OK\r\nContent-Range: bytes 4-7/12\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\n456\r\n0\r\n\r\n", "HTTP/1.1 206 OK\r\nContent-Range: bytes 0-3/12\r\nContent-Length: 4\r\nConnection: close\r\n\r\n0123", "HTTP/1.1 206 OK\r\nContent-Range: bytes 4-7/12\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n6\r\n456789\r\n0\r\n\r\n"]
--- request eval
["GET /a", "GET /a"]
--- truncated
--- error_code eval
[200, 200]
--- error_log
unexpected length of the body in slice response
--- skip_nginx: all: it goes on



=== TEST 19: the server dies within a later part
--- http_config eval: $::Http
--- config
    location / { slice 4; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.1 206 OK\r\nContent-Range: bytes 0-3/12\r\nContent-Length: 4\r\nConnection: close\r\n\r\n0123", "HTTP/1.1 206 OK\r\nContent-Range: bytes 4-7/12\r\nContent-Length: 4\r\nConnection: close\r\n\r\n45"]
--- request eval
"GET /a"
--- truncated
--- error_log
upstream prematurely closed connection
--- file_count: cache 1



=== TEST 20: the page of an error is not taken for a part
--- http_config eval: $::Http
--- config
    location / { slice 4; error_page 404 502 /page.html; proxy_intercept_errors on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location = /page.html { root $TEST_NGINX_HTML_DIR; }
--- user_files eval: $::Html
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.1 206 OK\r\nContent-Range: bytes 0-3/12\r\nContent-Length: 4\r\nConnection: close\r\n\r\n0123", "HTTP/1.1 404 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"]
--- request
GET /a
--- truncated
--- response_body chomp
0123
--- skip_nginx: all: a part of the page is sent



=== TEST 21: $slice_range elsewhere, and when the response has ended
--- http_config eval: $::Http . "log_format s 'slice=[\$slice_range]';"
--- config
    location / { slice 8; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; access_log logs/access.log s; }
    location /none { return 200 "[$slice_range]"; }
--- user_files eval: $::Html
--- request eval
["GET /a", "GET /none"]
--- error_code eval
[200, 200]
--- response_body_like eval
["012", "^\\[\\]"]
--- access_log
slice=[-]



=== TEST 22: slice 0, and what is inherited
--- http_config eval: $::Http
--- config
    slice 8;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { slice 0; rewrite ^/off(.*) $1 break; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval: $::Html
--- request eval
["GET /a", "GET /off/a"]
--- response_body eval
["0123456789abcdefghij\n", "0123456789abcdefghij\n"]
--- access_log
GET /a [bytes=0-7] 206
GET /a [bytes=16-23] 206
GET /a [-] 200



=== TEST 23: a wrong size
--- http_config
    slice x;
--- config
--- must_die
--- error_log
"slice" directive invalid value in



=== TEST 24: twice
--- http_config
    slice 1; slice 2;
--- config
--- must_die
--- error_log
"slice" directive is duplicate in



=== TEST 25: one part that is in the cache, and one that is not
--- http_config eval: $::Http
--- config
    location / { slice 8; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; add_header X-Cache $upstream_cache_status; }
--- user_files eval: $::Html
--- request eval
["GET /a", "GET /a", "GET /a"]
--- more_headers eval
["Range: bytes=8-9", "", "Range: bytes=14-17"]
--- error_code eval
[206, 200, 206]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT"]
--- response_body eval
["89", "0123456789abcdefghij\n", "efgh"]
--- file_count: cache 3



=== TEST 26: parts larger than what is read at once, and a client that reads slowly
--- http_config eval: $::Http
--- config
    location / { slice 1m; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval
">>> big\n" . ("0123456789abcdef" x 200000) . "\n"
--- request eval
["GET /big", "GET /big", "GET /big"]
--- more_headers eval
["", "", "Range: bytes=1048570-2097159"]
--- error_code eval
[200, 200, 206]
--- read_delay: 0.2
--- response_body eval
[("0123456789abcdef" x 200000) . "\n", ("0123456789abcdef" x 200000) . "\n", "abcdef" . ("0123456789abcdef" x 65536) . "01234567"]
--- file_count: cache 4



=== TEST 27: with gzip and sub_filter
--- http_config eval: $::Http
--- config
    location / { slice 8; proxy_cache a; sub_filter c X; sub_filter_types *; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /gz { rewrite ^/gz(.*) $1 break; slice 8; gzip on; gzip_types *; gzip_min_length 0; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval: $::Html
--- request eval
["GET /a", "GET /gz/a"]
--- more_headers eval
["", "Accept-Encoding: gzip"]
--- response_headers eval
["! Content-Length", "Content-Encoding: gzip"]
--- response_body_like eval
["^0123456789abXdefghij\n\$", ""]



=== TEST 28: many parts
--- http_config eval: $::Http
--- config
    location / { slice 1; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval
">>> big\n" . ("0123456789" x 100) . "\n"
--- request eval
["GET /big", "GET /big"]
--- response_body eval
[("0123456789" x 100) . "\n", ("0123456789" x 100) . "\n"]
--- file_count: cache 1001
--- timeout: 20



=== TEST 29: there is no server for a later part
--- http_config eval: $::Http
--- config
    location / { slice 4; proxy_cache a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
"HTTP/1.1 206 OK\r\nContent-Range: bytes 0-3/12\r\nContent-Length: 4\r\nConnection: close\r\n\r\n0123"
--- request
GET /a
--- ignore_response
--- error_log
connect() failed
unexpected status code 502 in slice response
--- file_count: cache 1



=== TEST 30: what is updated in the background is the same part
--- user_files
>>> x/a
0123456789
--- http_config eval
$::Http . 'server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; add_header X-Accel-Expires @1; root $TEST_NGINX_HTML_DIR; access_log logs/access.log r; }'
--- config
    location / { slice 8; proxy_cache a; proxy_cache_use_stale updating; proxy_cache_background_update on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; add_header X-Cache $upstream_cache_status; }
--- request eval
["GET /x/a", "GET /x/a"]
--- response_body eval
["0123456789\n", "0123456789\n"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: STALE"]
--- file_count: cache 2
--- no_access_log
[-]
--- skip_nginx: all: the copies ask for the whole
