# gzip, gzip_types, gzip_min_length, gzip_comp_level, gzip_vary, gzip_http_version, gzip_disable, gzip_proxied,
# $gzip_ratio. Bodies are compared decompressed.

use Test::Nginx::Socket 'no_plan';

our $Text = "a text of some length, " x 40;
our $Big = "0123456789abcdef" x 65536;

run_tests();

__DATA__

=== TEST 1: text/html is compressed for a client that takes gzip
--- config
    gzip on;
    location /t { default_type text/html; return 200 "more than twenty bytes"; }
--- request
GET /t
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Type: text/html
Content-Encoding: gzip
Transfer-Encoding: chunked
! Content-Length
! Vary
--- response_body_filters: gunzip
--- response_body chomp
more than twenty bytes



=== TEST 2: it is off by default
--- config
    location /t { default_type text/html; return 200 "more than twenty bytes"; }
--- request
GET /t
--- more_headers
Accept-Encoding: gzip
--- response_headers
! Content-Encoding
Content-Length: 22
--- response_body chomp
more than twenty bytes



=== TEST 3: a client that does not say that it takes gzip
--- config
    gzip on;
    location /t { default_type text/html; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- more_headers eval
["", "Accept-Encoding: gzip;q=0", "Accept-Encoding: deflate, br", "Accept-Encoding: *", "Accept-Encoding: gzipped"]
--- response_headers eval
["! Content-Encoding", "! Content-Encoding", "! Content-Encoding", "! Content-Encoding", "! Content-Encoding"]
--- response_body eval
["more than twenty bytes", "more than twenty bytes", "more than twenty bytes", "more than twenty bytes", "more than twenty bytes"]



=== TEST 4: ways to say it
--- config
    gzip on;
    location /t { default_type text/html; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- more_headers eval
["Accept-Encoding: GZip", "Accept-Encoding: deflate, gzip;q=0.5, br", "Accept-Encoding: gzip ;q=1.000", "Accept-Encoding: br,gzip"]
--- response_headers eval
["Content-Encoding: gzip", "Content-Encoding: gzip", "Content-Encoding: gzip", "Content-Encoding: gzip"]
--- response_body_filters: gunzip
--- response_body eval
["more than twenty bytes", "more than twenty bytes", "more than twenty bytes", "more than twenty bytes"]



=== TEST 5: only text/html by default
--- config
    gzip on;
    location /t { default_type text/plain; return 200 "more than twenty bytes"; }
--- request
GET /t
--- more_headers
Accept-Encoding: gzip
--- response_headers
! Content-Encoding
--- response_body chomp
more than twenty bytes



=== TEST 6: gzip_types adds types, in any case
--- config
    gzip on;
    gzip_types text/plain;
    location /plain { default_type Text/Plain; return 200 "more than twenty bytes"; }
    location /html { default_type text/html; return 200 "more than twenty bytes"; }
    location /css { default_type text/css; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /plain", "GET /html", "GET /css"]
--- more_headers
Accept-Encoding: gzip
--- response_headers eval
["Content-Encoding: gzip", "Content-Encoding: gzip", "! Content-Encoding"]



=== TEST 7: gzip_types *
--- config
    gzip on;
    gzip_types *;
    location /t { default_type application/x-of-all; return 200 "more than twenty bytes"; }
    location /none { default_type ""; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /t", "GET /none"]
--- more_headers
Accept-Encoding: gzip
--- response_headers eval
["Content-Encoding: gzip", "Content-Encoding: gzip"]
--- response_body_filters: gunzip
--- response_body eval
["more than twenty bytes", "more than twenty bytes"]



=== TEST 8: gzip_types of an inner block replace those of the outer one
--- http_config
    gzip on;
    gzip_types text/css;
--- config
    location /css { default_type text/css; return 200 "more than twenty bytes"; }
    location /js/ {
        gzip_types text/javascript;
        location /js/css { default_type text/css; return 200 "more than twenty bytes"; }
        location /js/js { default_type text/javascript; return 200 "more than twenty bytes"; }
    }
--- pipelined_requests eval
["GET /css", "GET /js/css", "GET /js/js"]
--- more_headers
Accept-Encoding: gzip
--- response_headers eval
["Content-Encoding: gzip", "! Content-Encoding", "Content-Encoding: gzip"]



=== TEST 9: what is shorter than gzip_min_length is not compressed
--- config
    gzip on;
    default_type text/html;
    location /19 { return 200 "nineteen bytes long"; }
    location /20 { return 200 "twenty bytes long..."; }
    location /other { gzip_min_length 21; return 200 "twenty bytes long..."; }
    location /all { gzip_min_length 0; return 200 "x"; }
--- pipelined_requests eval
["GET /19", "GET /20", "GET /other", "GET /all"]
--- more_headers
Accept-Encoding: gzip
--- response_headers eval
["! Content-Encoding", "Content-Encoding: gzip", "! Content-Encoding", "Content-Encoding: gzip"]



=== TEST 10: a length that is not known is long enough
--- config
    gzip on;
    gzip_min_length 1000;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n4\r\nlast\r\n0\r\n\r\n"
--- request
GET /t
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
Transfer-Encoding: chunked
--- response_body_filters: gunzip
--- response_body chomp
firstlast



=== TEST 11: a chunked body without a byte
--- config
    gzip on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- request
GET /t
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
--- response_body_filters: gunzip
--- response_body



=== TEST 12: of errors only 403 and 404
--- config
    gzip on;
    location /403 { return 403; }
    location /404 { return 404; }
    location /500 { return 500; }
    location /302 { return 302 /; }
--- pipelined_requests eval
["GET /403", "GET /404", "GET /302", "GET /500"]
--- more_headers
Accept-Encoding: gzip
--- error_code eval
[403, 404, 302, 500]
--- response_headers eval
["Content-Encoding: gzip", "Content-Encoding: gzip", "! Content-Encoding", "! Content-Encoding"]



=== TEST 13: a body that is compressed already
--- config
    gzip on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: br\r\nContent-Length: 30\r\n\r\n" . "x" x 30
--- request
GET /t
--- more_headers
Accept-Encoding: gzip, br
--- response_headers
Content-Encoding: br
Content-Length: 30
--- response_body eval
"x" x 30



=== TEST 14: a tag becomes a weak one, and there are no parts
--- config
    gzip on;
    location /a.html { }
--- user_files eval
[["a.html", $::Text, "200001010000.00"]]
--- request
GET /a.html
--- more_headers
Accept-Encoding: gzip
Range: bytes=0-3
--- response_headers_like
Content-Encoding: gzip
ETag: W/"386d4380-398"
Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT
--- response_headers
! Accept-Ranges
! Content-Range
! Content-Length
--- response_body_filters: gunzip
--- response_body eval
$::Text



=== TEST 15: the tag of a compressed file, asked for again
--- config
    gzip on;
    location /a.html { }
--- user_files eval
[["a.html", $::Text, "200001010000.00"]]
--- request
GET /a.html
--- more_headers
Accept-Encoding: gzip
If-None-Match: W/"386d4380-398"
--- error_code: 304
--- response_headers
! Content-Encoding
! Content-Length
--- response_body



=== TEST 16: what a server has said of its tag and of ranges
--- config
    gzip on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: \"tag\"\r\nAccept-Ranges: bytes\r\nContent-Length: 30\r\n\r\n" . "x" x 30
--- request
GET /t
--- more_headers
Accept-Encoding: gzip
--- response_headers
ETag: W/"tag"
! Accept-Ranges
--- response_body_filters: gunzip
--- response_body eval
"x" x 30



=== TEST 17: a tag that is none goes
--- config
    gzip on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: tag\r\nContent-Length: 30\r\n\r\n" . "x" x 30
--- request
GET /t
--- more_headers
Accept-Encoding: gzip
--- response_headers
! ETag



=== TEST 18: HEAD has the same head
--- config
    gzip on;
    gzip_vary on;
    location /a.html { }
--- user_files eval
[["a.html", $::Text, "200001010000.00"]]
--- request
HEAD /a.html
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
ETag: W/"386d4380-398"
Vary: Accept-Encoding
! Content-Length
! Accept-Ranges
--- response_body



=== TEST 19: gzip_vary, also for clients that do not take it
--- config
    gzip on;
    gzip_vary on;
    default_type text/html;
    location /t { return 200 "more than twenty bytes"; }
    location /plain { default_type text/plain; return 200 "more than twenty bytes"; }
    location /short { return 200 "x"; }
    location /off { gzip off; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /t", "GET /t", "GET /plain", "GET /short", "GET /off"]
--- more_headers eval
["Accept-Encoding: gzip", "", "Accept-Encoding: gzip", "Accept-Encoding: gzip", "Accept-Encoding: gzip"]
--- response_headers eval
["Vary: Accept-Encoding", "Vary: Accept-Encoding", "! Vary", "! Vary", "! Vary"]



=== TEST 20: HTTP/1.0 has to be asked for
--- config
    gzip on;
    default_type text/html;
    location /t { return 200 "more than twenty bytes"; }
--- request
GET /t HTTP/1.0
--- more_headers
Accept-Encoding: gzip
--- response_headers
! Content-Encoding
Content-Length: 22



=== TEST 21: gzip_http_version 1.0, and the end of the body is that of the connection
--- config
    gzip on;
    gzip_http_version 1.0;
    default_type text/html;
    location /t { return 200 "more than twenty bytes"; }
--- request
GET /t HTTP/1.0
--- more_headers
Accept-Encoding: gzip
Connection: keep-alive
--- response_headers
Content-Encoding: gzip
Connection: close
! Content-Length
! Transfer-Encoding
--- response_body_filters: gunzip
--- response_body chomp
more than twenty bytes



=== TEST 22: gzip_disable
--- config
    gzip on;
    gzip_disable "bot$" "^old";
    default_type text/html;
    location /t { return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- more_headers eval
["Accept-Encoding: gzip\nUser-Agent: some BOT", "Accept-Encoding: gzip\nUser-Agent: Old one", "Accept-Encoding: gzip\nUser-Agent: bots", "Accept-Encoding: gzip"]
--- response_headers eval
["! Content-Encoding", "! Content-Encoding", "Content-Encoding: gzip", "Content-Encoding: gzip"]



=== TEST 23: gzip_disable msie6, which an inner block with expressions does not take back
--- http_config
    gzip_disable msie6;
--- config
    gzip on;
    gzip_disable bot;
    default_type text/html;
    location /t { return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /t", "GET /t", "GET /t"]
--- more_headers eval
["Accept-Encoding: gzip\nUser-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", "Accept-Encoding: gzip\nUser-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)", "Accept-Encoding: gzip\nUser-Agent: Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1)"]
--- response_headers eval
["! Content-Encoding", "Content-Encoding: gzip", "Content-Encoding: gzip"]



=== TEST 24: for a proxy nothing is compressed by default
--- config
    gzip on;
    default_type text/html;
    location /t { return 200 "more than twenty bytes"; }
    location /any { gzip_proxied any; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /t", "GET /any"]
--- more_headers
Accept-Encoding: gzip
Via: 1.1 proxy
--- response_headers eval
["! Content-Encoding", "Content-Encoding: gzip"]



=== TEST 25: gzip_proxied auth
--- config
    gzip on;
    gzip_proxied auth;
    default_type text/html;
    location /t { expires 1h; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /t", "GET /t"]
--- more_headers eval
["Accept-Encoding: gzip\nVia: x", "Accept-Encoding: gzip\nVia: x\nAuthorization: Basic eDp5"]
--- response_headers eval
["! Content-Encoding", "Content-Encoding: gzip"]



=== TEST 26: gzip_proxied expired
--- config
    gzip on;
    gzip_proxied expired;
    default_type text/html;
    location /past { expires -1; return 200 "more than twenty bytes"; }
    location /future { expires 1h; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /past", "GET /future"]
--- more_headers
Accept-Encoding: gzip
Via: 1.1 proxy
--- response_headers eval
["Content-Encoding: gzip", "! Content-Encoding"]



=== TEST 27: gzip_proxied no-cache, no-store and private
--- config
    gzip on;
    location /t1 { gzip_proxied no-cache; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /t2 { gzip_proxied no-store; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /t3 { gzip_proxied private; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /t4 { gzip_proxied no-store; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        default_type text/html;
        location /t1 { add_header Cache-Control "max-age=1, No-Cache"; return 200 "more than twenty bytes"; }
        location /t2 { add_header Cache-Control no-store; return 200 "more than twenty bytes"; }
        location /t3 { add_header Cache-Control private; return 200 "more than twenty bytes"; }
        location /t4 { add_header Cache-Control max-age=10; return 200 "more than twenty bytes"; }
    }
--- pipelined_requests eval
["GET /t1", "GET /t2", "GET /t3", "GET /t4"]
--- more_headers
Accept-Encoding: gzip
Via: 1.1 proxy
--- response_headers eval
["Content-Encoding: gzip", "Content-Encoding: gzip", "Content-Encoding: gzip", "! Content-Encoding"]



=== TEST 28: gzip_proxied no_last_modified and no_etag
--- config
    gzip on;
    location /lm { gzip_proxied no_last_modified; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/lm; }
    location /tag { gzip_proxied no_last_modified; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/tag; }
    location /2lm { gzip_proxied no_etag; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/lm; }
    location /2tag { gzip_proxied no_etag; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/tag; }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        default_type text/html;
        location /lm { add_header Last-Modified "Sat, 01 Jan 2000 00:00:00 GMT"; return 200 "more than twenty bytes"; }
        location /tag { add_header ETag '"x"'; return 200 "more than twenty bytes"; }
    }
--- pipelined_requests eval
["GET /lm", "GET /tag", "GET /2lm", "GET /2tag"]
--- more_headers
Accept-Encoding: gzip
Via: 1.1 proxy
--- response_headers eval
["! Content-Encoding", "Content-Encoding: gzip", "Content-Encoding: gzip", "! Content-Encoding"]



=== TEST 29: gzip in if
--- config
    default_type text/html;
    location /t {
        if ($arg_gzip) { gzip on; }
        return 200 "more than twenty bytes";
    }
    location /p {
        if ($arg_gzip) { gzip on; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        default_type text/html;
        return 200 "more than twenty bytes";
    }
--- pipelined_requests eval
["GET /p", "GET /p?gzip=1"]
--- more_headers
Accept-Encoding: gzip
--- response_headers eval
["! Content-Encoding", "Content-Encoding: gzip"]



=== TEST 30: a large body through a proxy
--- config
    gzip on;
    gzip_types text/plain;
    location /big { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; }
--- user_files eval
">>> big.txt\n" . $::Big
--- request
GET /big.txt
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
--- response_body_filters: gunzip
--- response_body eval
$::Big



=== TEST 31: a large file
--- config
    gzip on;
    gzip_types text/plain;
    gzip_buffers 1 4k;
    location /big.txt { sendfile on; }
--- user_files eval
">>> big.txt\n" . $::Big
--- request
GET /big.txt
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
--- response_body_filters: gunzip
--- response_body eval
$::Big



=== TEST 32: gzip_comp_level 6 makes less of a text than 1, the default
--- config
    gzip on;
    gzip_types text/plain;
    access_log logs/access.log ratio;
    location /1/ { alias $TEST_NGINX_HTML_DIR/; }
    location /6/ { gzip_comp_level 6; alias $TEST_NGINX_HTML_DIR/; }
--- http_config
    log_format ratio "$uri ratio=$gzip_ratio";
--- user_files
>>> a.txt
four ten nine three six ten eight ten two ten one eight five nine four four eight nine nine eight
seven three four three nine seven one two three ten one five one five eight ten seven seven seven
ten eight three six two one three eight four five seven five seven nine seven ten six nine ten seven
ten four six one five ten three six nine ten ten two four ten five five two two eight eight two six
two seven three one five seven seven two one ten ten one seven ten six nine five nine four one five
one two two ten nine one four seven five ten five three one six six six three seven seven eight nine
seven ten nine two ten nine five seven four five seven five nine five nine six one seven ten six one
seven ten ten three one six eight six six ten five eight one ten one one six five eight five ten ten
six three six three six six ten five five seven two one ten three five nine four five four six three
seven two two ten six six four eight three two six four ten eight five four two one nine four six
ten three five six two ten six ten three seven five nine five eight six seven five seven ten seven
one seven three four one eight ten nine seven nine four one eight nine five nine six four two ten
five two four one one nine four seven ten one one eight two three nine five four one nine nine seven
one ten two six three five nine eight one six four four two nine two three four five three one eight
ten seven one five four five ten nine nine seven one eight six one one three one two one two eight
one two nine nine eight six three six two six seven seven ten five six five four six seven two three
nine one seven two ten three one six eight ten nine seven one ten seven one six eight six seven
seven eight one four four nine five ten two seven four seven three one six six nine five two eight
two nine seven two six ten nine two ten one eight three four seven one nine two ten two seven three
one six two one two eight five
--- pipelined_requests eval
["GET /1/a.txt", "GET /6/a.txt"]
--- more_headers
Accept-Encoding: gzip
--- access_log eval
[qr/^\/1\S+ ratio=[23]\.\d\d$/, qr/^\/6\S+ ratio=4\.\d\d$/]



=== TEST 33: $gzip_ratio of what is not compressed
--- config
    gzip on;
    access_log logs/access.log ratio;
    location /t { default_type text/plain; return 200 "more than twenty bytes"; }
--- http_config
    log_format ratio "$uri ratio=$gzip_ratio";
--- request
GET /t
--- more_headers
Accept-Encoding: gzip
--- access_log eval
qr/^\/t ratio=-$/



=== TEST 34: what has come is passed on at once, without buffering
--- config
    gzip on;
    location /t {
        proxy_buffering off;
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
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
--- response_body_filters: gunzip
--- response_body chomp
first
--- truncated
--- error_log
upstream timed out



=== TEST 35: and with it
--- config
    gzip on;
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
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
--- response_body_filters: gunzip
--- response_body chomp
first
--- truncated
--- error_log
upstream timed out
--- skip_nginx: all: it keeps what has come until there is a buffer of it



=== TEST 36: a body that its server cuts short has no end
--- config
    gzip on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\n" . "x" x 40
--- request
GET /t
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
--- truncated
--- error_log
upstream prematurely closed connection



=== TEST 37: trailers stand behind the end of the compressed body
--- config
    gzip on;
    location /t {
        add_trailer X-After $gzip_ratio;
        default_type text/html;
        return 200 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    }
--- request
GET /t
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
--- response_body_filters: gunzip
--- response_body eval
"x" x 80



=== TEST 38: parts of a file for a client that does not take gzip
--- config
    gzip on;
    location /a.html { }
--- user_files eval
[["a.html", $::Text, "200001010000.00"]]
--- request
GET /a.html
--- more_headers
Range: bytes=2-5
--- error_code: 206
--- response_headers
Content-Range: bytes 2-5/920
ETag: "386d4380-398"
--- response_body chomp
text



=== TEST 39: a client that takes its time
--- config
    gzip on;
    gzip_types text/plain;
    limit_rate 100k;
    location /big { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; }
--- user_files eval
">>> big.txt\n" . $::Big
--- request
GET /big.txt
--- more_headers
Accept-Encoding: gzip
--- response_body_filters: gunzip
--- response_body eval
$::Big



=== TEST 40: a client that would rather have the body as it is
--- config
    gzip on;
    location /t { default_type text/html; return 200 "more than twenty bytes"; }
--- pipelined_requests eval
["GET /t", "GET /t", "GET /t"]
--- more_headers eval
["Accept-Encoding: identity, gzip;q=0.5", "Accept-Encoding: identity, gzip", "Accept-Encoding: identity;q=0, *"]
--- response_headers eval
["! Content-Encoding", "Content-Encoding: gzip", "Content-Encoding: gzip"]
--- skip_nginx: all: it does not compare



=== TEST 41: parameters of a type that a server has said do not matter
--- config
    gzip on;
    gzip_types text/plain;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\nContent-Length: 30\r\n\r\n" . "x" x 30
--- request
GET /t
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
Content-Type: Text/Plain; charset=utf-8
