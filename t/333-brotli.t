# brotli, brotli_types, brotli_min_length, brotli_comp_level, brotli_window, $brotli_ratio; and which of brotli and gzip
# a client is sent. Bodies are compared decompressed. nginx here has no such module.

use Test::Nginx::Socket 'no_plan';

our $Text = "a text of some length, " x 40;
our $Pages = "<li>a page</li> " x 8192;
our $Big = "0123456789abcdef" x 65536;

run_tests();

__DATA__

=== TEST 1: text/html is coded for a client that takes brotli
--- config
    brotli on;
    location /t { default_type text/html; return 200 "more than twenty bytes"; }
--- request
GET /t
--- more_headers
Accept-Encoding: gzip, deflate, br, zstd
--- response_headers
Content-Type: text/html
Content-Encoding: br
Transfer-Encoding: chunked
! Content-Length
! Vary
--- response_body_filters: unbrotli
--- response_body chomp
more than twenty bytes
--- skip_nginx: all: brotli



=== TEST 2: it is off by default, and for a client that does not name it
--- config
    location /off { default_type text/html; return 200 "more than twenty bytes"; }
    location /t { brotli on; default_type text/html; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /off", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- more_headers eval
["Accept-Encoding: br", "", "Accept-Encoding: br;q=0", "Accept-Encoding: *", "Accept-Encoding: brotli, gzip", "Accept-Encoding: br;q=0.5, identity"]
--- response_headers eval
["! Content-Encoding", "! Content-Encoding", "! Content-Encoding", "! Content-Encoding", "! Content-Encoding", "! Content-Encoding"]
--- skip_nginx: all: brotli



=== TEST 3: weights decide between brotli and gzip; of two that are equal it is brotli
--- config
    brotli on;
    gzip on;
    location /t { default_type text/html; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- more_headers eval
["Accept-Encoding: gzip, br", "Accept-Encoding: gzip;q=0.8, br;q=0.8", "Accept-Encoding: gzip, br;q=0.9", "Accept-Encoding: gzip;q=0.1, br", "Accept-Encoding: gzip;q=0, *;q=1, identity;q=0", "Accept-Encoding: br;q=0, gzip;q=0.5", "Accept-Encoding: identity, gzip;q=0.5, br;q=0.5"]
--- response_headers eval
["Content-Encoding: br", "Content-Encoding: br", "Content-Encoding: gzip", "Content-Encoding: br", "Content-Encoding: br", "Content-Encoding: gzip", "! Content-Encoding"]
--- skip_nginx: all: brotli



=== TEST 4: a coding that the location does not make does not count
--- config
    brotli on;
    brotli_types text/css;
    default_type text/css;
    location /off { return 200 "more than twenty bytes"; }
    location /types { gzip on; return 200 "more than twenty bytes"; }
    location /length { gzip on; gzip_types text/css; gzip_min_length 100; return 200 "more than twenty bytes"; }
    location /both { gzip on; gzip_types text/css; return 200 "more than twenty bytes"; }
    location /brotli { gzip on; gzip_types text/css; brotli_min_length 100; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /off", "GET /types", "GET /length", "GET /both", "GET /brotli"]
--- more_headers eval
["Accept-Encoding: gzip, br;q=0.5", "Accept-Encoding: gzip, br;q=0.5", "Accept-Encoding: gzip, br;q=0.5", "Accept-Encoding: gzip, br;q=0.5", "Accept-Encoding: gzip, br"]
--- response_headers eval
["Content-Encoding: br", "Content-Encoding: br", "Content-Encoding: br", "Content-Encoding: gzip", "Content-Encoding: gzip"]
--- skip_nginx: all: brotli



=== TEST 5: brotli_types
--- config
    brotli on;
    location /html { brotli_types text/plain; default_type text/html; return 200 "more than twenty bytes"; }
    location /plain { brotli_types text/plain; default_type text/plain; return 200 "more than twenty bytes"; }
    location /css { brotli_types text/plain; default_type text/css; return 200 "more than twenty bytes"; }
    location /any { brotli_types *; default_type x/y; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /html", "GET /plain", "GET /css", "GET /any"]
--- more_headers
Accept-Encoding: br
--- response_headers eval
["Content-Encoding: br", "Content-Encoding: br", "! Content-Encoding", "Content-Encoding: br"]
--- skip_nginx: all: brotli



=== TEST 6: brotli_min_length
--- config
    brotli on;
    default_type text/html;
    location /19 { return 200 "nineteen bytes long"; }
    location /20 { return 200 "twenty bytes long..."; }
    location /all { brotli_min_length 0; return 200 "x"; }
--- pipelined_requests eval
["GET /19", "GET /20", "GET /all"]
--- more_headers
Accept-Encoding: br
--- response_headers eval
["! Content-Encoding", "Content-Encoding: br", "Content-Encoding: br"]
--- skip_nginx: all: brotli



=== TEST 7: of errors only 403 and 404
--- config
    brotli on;
    location /403 { return 403; }
    location /404 { return 404; }
    location /500 { return 500; }
--- pipelined_requests eval
["GET /403", "GET /404", "GET /500"]
--- more_headers
Accept-Encoding: br
--- error_code eval
[403, 404, 500]
--- response_headers eval
["Content-Encoding: br", "Content-Encoding: br", "! Content-Encoding"]
--- skip_nginx: all: brotli



=== TEST 8: what gzip is told of versions, proxies and kinds of clients does not concern brotli
--- config
    brotli on;
    gzip_http_version 1.1;
    gzip_proxied off;
    gzip_disable bot;
    location /t { default_type text/html; return 200 "more than twenty bytes"; }
--- request
GET /t HTTP/1.0
--- more_headers
Accept-Encoding: br
Via: 1.1 proxy
User-Agent: bot
--- response_headers
Content-Encoding: br
Connection: close
! Transfer-Encoding
--- response_body_filters: unbrotli
--- response_body chomp
more than twenty bytes
--- skip_nginx: all: brotli



=== TEST 9: gzip that the client would rather have, but does not get here, is no reason to send none
--- config
    brotli on;
    gzip on;
    gzip_disable bot;
    location /t { default_type text/html; return 200 "more than twenty bytes"; }
--- request
GET /t
--- more_headers
Accept-Encoding: gzip, br;q=0.5
User-Agent: bot
--- response_headers
Content-Encoding: br
--- skip_nginx: all: brotli



=== TEST 10: a body that is coded already
--- config
    brotli on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: 30\r\n\r\n" . "x" x 30
--- request
GET /t
--- more_headers
Accept-Encoding: gzip, br
--- response_headers
Content-Encoding: gzip
Content-Length: 30
--- response_body eval
"x" x 30
--- skip_nginx: all: brotli



=== TEST 11: what gunzip has decompressed
--- config
    brotli on;
    gunzip on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        gzip on;
        gzip_http_version 1.0;
        default_type text/html;
        location /t { return 200 "more than twenty bytes"; }
    }
--- request
GET /t
--- more_headers
Accept-Encoding: br, gzip;q=0
--- response_headers
Content-Encoding: br
--- response_body_filters: unbrotli
--- response_body chomp
more than twenty bytes
--- skip_nginx: all: brotli



=== TEST 12: a tag becomes a weak one, and there are no parts
--- config
    brotli on;
    location /a.html { }
--- user_files eval
[["a.html", $::Text, "200001010000.00"]]
--- request
GET /a.html
--- more_headers
Accept-Encoding: br
Range: bytes=0-3
--- response_headers_like
Content-Encoding: br
ETag: W/"386d4380-398"
Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT
--- response_headers
! Accept-Ranges
! Content-Range
! Content-Length
--- response_body_filters: unbrotli
--- response_body eval
$::Text
--- skip_nginx: all: brotli



=== TEST 13: the tag of a coded file, asked for again
--- config
    brotli on;
    location /a.html { }
--- user_files eval
[["a.html", $::Text, "200001010000.00"]]
--- request
GET /a.html
--- more_headers
Accept-Encoding: br
If-None-Match: W/"386d4380-398"
--- error_code: 304
--- response_headers
! Content-Encoding
! Content-Length
--- response_body
--- skip_nginx: all: brotli



=== TEST 14: HEAD has the same head
--- config
    brotli on;
    gzip_vary on;
    location /a.html { }
--- user_files eval
[["a.html", $::Text, "200001010000.00"]]
--- request
HEAD /a.html
--- more_headers
Accept-Encoding: br
--- response_headers
Content-Encoding: br
ETag: W/"386d4380-398"
Vary: Accept-Encoding
! Content-Length
! Accept-Ranges
--- response_body
--- skip_nginx: all: brotli



=== TEST 15: gzip_vary, once, also for clients that do not take it
--- config
    brotli on;
    gzip on;
    gzip_vary on;
    location /t { default_type text/html; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /t", "GET /t", "GET /t"]
--- more_headers eval
["Accept-Encoding: br", "Accept-Encoding: gzip", ""]
--- response_headers eval
["Vary: Accept-Encoding", "Vary: Accept-Encoding", "Vary: Accept-Encoding"]
--- skip_nginx: all: brotli



=== TEST 16: every level and several windows, a large file and a large body of a server
--- config
    brotli on;
    brotli_types text/plain;
    brotli_buffers 32 4k;
    location /0/ { brotli_comp_level 0; alias $TEST_NGINX_HTML_DIR/; }
    location /1/ { brotli_comp_level 1; brotli_window 1k; alias $TEST_NGINX_HTML_DIR/; }
    location /4/ { brotli_comp_level 4; brotli_window 16m; alias $TEST_NGINX_HTML_DIR/; }
    location /6/ { alias $TEST_NGINX_HTML_DIR/; }
    location /11/ { brotli_comp_level 11; brotli_window 1k; alias $TEST_NGINX_HTML_DIR/; }
    location /big { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; }
--- user_files eval
">>> big.txt\n" . $::Pages
--- pipelined_requests eval
["GET /0/big.txt", "GET /1/big.txt", "GET /4/big.txt", "GET /6/big.txt", "GET /11/big.txt", "GET /big.txt"]
--- more_headers
Accept-Encoding: br
--- timeout: 60
--- response_body_filters: unbrotli
--- response_body eval
[$::Pages, $::Pages, $::Pages, $::Pages, $::Pages, $::Pages]
--- skip_nginx: all: brotli



=== TEST 17: a chunked body without a byte
--- config
    brotli on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- request
GET /t
--- more_headers
Accept-Encoding: br
--- response_headers
Content-Encoding: br
--- response_body_filters: unbrotli
--- response_body
--- skip_nginx: all: brotli



=== TEST 18: $brotli_ratio
--- config
    brotli on;
    access_log logs/access.log ratio;
    location /a.html { }
    location /t { default_type text/plain; return 200 "more than twenty bytes"; }
--- http_config
    log_format ratio "$uri ratio=$brotli_ratio gzip=$gzip_ratio";
--- user_files eval
[["a.html", $::Text]]
--- pipelined_requests eval
["GET /a.html", "GET /t"]
--- more_headers
Accept-Encoding: br
--- access_log eval
[qr/^\/a\S+ ratio=\d\d\.\d\d gzip=-$/, qr/^\/t ratio=- gzip=-$/]
--- skip_nginx: all: brotli



=== TEST 19: what has come is passed on when the server pauses
--- config
    brotli on;
    location /t {
        proxy_read_timeout 500ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"
--- request
GET /t
--- more_headers
Accept-Encoding: br
--- response_headers
Content-Encoding: br
--- response_body_filters: unbrotli
--- response_body chomp
first
--- truncated
--- error_log
upstream timed out
--- skip_nginx: all: brotli



=== TEST 20: a body that its server cuts short behind a first piece has no end
--- config
    brotli on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n" . "x" x 40000
--- request
GET /t
--- more_headers
Accept-Encoding: br
--- response_headers
Content-Encoding: br
--- truncated
--- error_log
upstream prematurely closed connection
--- skip_nginx: all: brotli



=== TEST 21: a client that takes its time
--- config
    brotli on;
    brotli_types text/plain;
    limit_rate 300;
    location /big { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; }
--- user_files eval
">>> big.txt\n" . $::Big
--- request
GET /big.txt
--- more_headers
Accept-Encoding: br
--- timeout: 20
--- response_body_filters: unbrotli
--- response_body eval
$::Big
--- skip_nginx: all: brotli



=== TEST 22: ssi and sub_filter come before it
--- config
    brotli on;
    ssi on;
    sub_filter one two;
    location /t { default_type text/html; return 200 "one <!--#include virtual=\"/part\" --> and more"; }
    location /part { return 200 "a part that is long enough to be coded by itself"; }
--- request
GET /t
--- more_headers
Accept-Encoding: br
--- response_body_filters: unbrotli
--- response_body chomp
two a part that is long enough to be coded by itself and more
--- skip_nginx: all: brotli



=== TEST 23: brotli in if
--- config
    location /p {
        if ($arg_br) { brotli on; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        default_type text/html;
        return 200 "more than twenty bytes";
    }
--- pipelined_requests eval
["GET /p", "GET /p?br=1"]
--- more_headers
Accept-Encoding: br
--- response_headers eval
["! Content-Encoding", "Content-Encoding: br"]
--- skip_nginx: all: brotli



=== TEST 24: load_module of what is built in
--- post_main_config
--- main_config
    load_module modules/ngx_http_brotli_filter_module.so;
    load_module modules/ngx_http_brotli_static_module.so;
--- config
    brotli on;
    brotli_static on;
    location /t { default_type text/html; return 200 "more than twenty bytes"; }
--- request
GET /t
--- more_headers
Accept-Encoding: br
--- response_headers
Content-Encoding: br
--- no_error_log
is not built in
--- skip_nginx: all: brotli



=== TEST 25: a level that is none
--- config
    brotli_comp_level 12;
--- must_die
--- error_log
value must be between 0 and 11
--- skip_nginx: all: brotli



=== TEST 26: a window that is none
--- config
    brotli_window 513k;
--- must_die
--- error_log
"brotli_window" directive must be 1k, 2k, 4k, 8k, 16k, 32k, 64k, 128k, 256k, 512k, 1m, 2m, 4m, 8m, or 16m
--- skip_nginx: all: brotli
