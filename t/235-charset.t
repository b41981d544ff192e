# charset, charset_map, charset_types, override_charset, source_charset, X-Accel-Charset.

use Test::Nginx::Socket 'no_plan';

our $Maps = <<'_EOC_';
    charset_map koi8-r utf-8 { C1 D0B0; C2 D0B1; 80 E282AC; }
    charset_map koi8-r windows-1251 { C1 E0; C2 E1; }
_EOC_

run_tests();

__DATA__

=== TEST 1: the charset is added to the types that there are for it
--- config
    charset utf-8;
    location /html { default_type text/html; return 200 "x"; }
    location /plain { default_type text/plain; return 200 "x"; }
    location /script { default_type application/javascript; return 200 "x"; }
    location /json { default_type application/json; return 200 "x"; }
    location /other { default_type "text/html; x=y"; return 200 "x"; }
    location /off { charset off; default_type text/html; return 200 "x"; }
    location /types { charset_types application/json; default_type application/json; return 200 "x"; }
    location /html/types { charset_types application/json; default_type text/html; return 200 "x"; }
    location /plain/types { charset_types application/json; default_type text/plain; return 200 "x"; }
--- request eval
["GET /html", "GET /plain", "GET /script", "GET /json", "GET /off", "GET /types", "GET /html/types", "GET /plain/types"]
--- response_headers eval
["Content-Type: text/html; charset=utf-8", "Content-Type: text/plain; charset=utf-8",
 "Content-Type: application/javascript; charset=utf-8", "Content-Type: application/json", "Content-Type: text/html",
 "Content-Type: application/json; charset=utf-8", "Content-Type: text/html; charset=utf-8", "Content-Type: text/plain"]



=== TEST 2: of errors and redirects
--- config
    charset utf-8;
    location /301 { return 301 /; }
    location /302 { return 302 /; }
    location /307 { return 307 /; }
    location /404 { return 404; }
--- request eval
["GET /301", "GET /302", "GET /307", "GET /404"]
--- error_code eval
[301, 302, 307, 404]
--- response_headers eval
["Content-Type: text/html", "Content-Type: text/html", "Content-Type: text/html; charset=utf-8", "Content-Type: text/html; charset=utf-8"]



=== TEST 3: what a server says stays, unless override_charset is on
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { default_type "text/html; charset=koi8-r"; return 200 "x"; }
        location /same { default_type "text/html; x=y; charset=UTF-8"; return 200 "x"; }
    }
    charset utf-8;
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /same { override_charset on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /on/ { override_charset on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /", "GET /same", "GET /on/"]
--- response_headers eval
["Content-Type: text/html; charset=koi8-r", "Content-Type: text/html; x=y; charset=utf-8", "Content-Type: text/html; charset=koi8-r"]
--- error_log
no "charset_map" between the charsets "koi8-r" and "utf-8"



=== TEST 4: by a variable
--- http_config
    map $uri $charset { /a koi8-r; default utf-8; }
--- config
    default_type text/html;
    charset $charset;
    location / { return 200 "x"; }
--- request eval
["GET /a", "GET /b"]
--- response_headers eval
["Content-Type: text/html; charset=koi8-r", "Content-Type: text/html; charset=utf-8"]



=== TEST 5: to UTF-8 and from it
--- http_config eval: $::Maps
--- user_files eval
[["to.html", "a\xc1\xc2\x80\n"], ["from.html", "a\xd0\xb0\xd0\xb1\xe2\x82\xac\xc3\xa9\n"], ["unknown.html", "\xc1\xff"]]
--- config
    location /to { charset utf-8; source_charset koi8-r; alias html/to.html; default_type text/html; }
    location /unknown { charset utf-8; source_charset koi8-r; alias html/unknown.html; default_type text/html; }
    location /from { charset koi8-r; source_charset utf-8; alias html/from.html; default_type text/html; }
--- request eval
["GET /to", "GET /unknown", "GET /from"]
--- response_headers eval
["Content-Type: text/html; charset=utf-8\n! Content-Length\n! Accept-Ranges", "Content-Type: text/html; charset=utf-8", "Content-Type: text/html; charset=koi8-r"]
--- response_body eval
["a\xd0\xb0\xd0\xb1\xe2\x82\xac\n", "\xd0\xb0?", "a\xc1\xc2\x80&#233;\n"]



=== TEST 6: a byte for a byte: the length and the ranges stay
--- http_config eval: $::Maps
--- user_files eval
[["a.html", "a\xc1\xc2\xd0"]]
--- config
    location / { charset windows-1251; source_charset koi8-r; root html; }
    location /back { charset koi8-r; source_charset windows-1251; alias html/; }
--- request eval
["GET /a.html", "GET /a.html"]
--- more_headers eval
["X: y", "Range: bytes=1-2"]
--- error_code eval
[200, 206]
--- response_headers eval
["Content-Type: text/html; charset=windows-1251\nContent-Length: 4", "Content-Length: 2"]
--- response_body eval
["a\xe0\xe1?", "\xe0\xe1"]



=== TEST 7: characters that the pieces of a server's response cut
--- http_config eval: $::Maps
--- config
    charset koi8-r;
    source_charset utf-8;
    location / { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\xd0\r\n2\r\n\xb0\xe2\r\n1\r\n\x82\r\n1\r\n\xac\r\n0\r\n\r\n"
--- request
GET /
--- response_headers
Content-Type: text/html; charset=koi8-r
--- response_body eval
"\xc1\x80"



=== TEST 8: what is compressed is not converted
--- http_config eval: $::Maps
--- config
    charset utf-8;
    source_charset koi8-r;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\n\xc1"
--- request
GET /
--- response_headers
Content-Type: text/html
--- response_body eval
"\xc1"



=== TEST 9: before gzip
--- http_config eval: $::Maps
--- config
    location / { charset utf-8; source_charset koi8-r; gzip on; gzip_min_length 1; root html; }
--- user_files eval
[["a.html", "a\xc1\xc2\x80\n" x 100]]
--- request
GET /a.html
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
Content-Type: text/html; charset=utf-8
--- response_body_filters: gunzip
--- response_body eval
"a\xd0\xb0\xd0\xb1\xe2\x82\xac\n" x 100



=== TEST 10: a large file, which grows on the way
--- http_config eval: $::Maps
--- config
    location / { charset utf-8; source_charset koi8-r; root html; }
--- user_files eval
[["a.html", "\x80" x 300000]]
--- request
GET /a.html
--- response_body eval
"\xe2\x82\xac" x 300000



=== TEST 11: the body of a subrequest goes into the charset of the response
--- http_config eval: $::Maps
--- config
    location = /a.html { charset utf-8; add_after_body /koi; root html; }
    location = /koi { source_charset koi8-r; alias html/koi.html; }
--- user_files eval
[["a.html", "\xd0\xb0"], ["koi.html", "\xc1\xc2"]]
--- request
GET /a.html
--- response_headers
Content-Type: text/html; charset=utf-8
--- response_body eval
"\xd0\xb0\xd0\xb0\xd0\xb1"



=== TEST 12: X-Accel-Charset: one that the configuration names
--- http_config eval
qq{$::Maps
    server {
        listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
        add_header X-Accel-Charset \$arg_c;
        location / { default_type "text/html; charset=koi8-r"; return 200 "x"; }
        location /png { default_type image/png; return 200 "x"; }
    }}
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /ignored/ { proxy_ignore_headers X-Accel-Charset; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/; }
--- request eval
["GET /?c=UTF-8", "GET /png?c=utf-8", "GET /?c=unknown", "GET /ignored/?c=utf-8"]
--- response_headers eval
["Content-Type: text/html; charset=UTF-8\n! X-Accel-Charset", "Content-Type: image/png; charset=utf-8",
 "Content-Type: text/html; charset=koi8-r", "Content-Type: text/html; charset=koi8-r"]
--- error_log
unknown charset "unknown" to override



=== TEST 13: broken characters
--- http_config eval: $::Maps
--- config
    location / { charset koi8-r; source_charset utf-8; root html; }
--- user_files eval
[["a.html", "\xd0\xb0\xff<\xe2\x82"]]
--- request
GET /a.html
--- response_body eval
"\xc1?<?"
--- skip_nginx: all: an end without the rest of its character is dropped
