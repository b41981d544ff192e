# sub_filter, sub_filter_once, sub_filter_last_modified, sub_filter_types: strings of a body are replaced.

use Test::Nginx::Socket 'no_plan';

our $Large = "0123456789abcdef" x 4096;

run_tests();

__DATA__

=== TEST 1: a string of a file, the first alone, in any case
--- config
    root html;
    sub_filter </HEAD> "<script></script></head>";
--- user_files
>>> a.html 203501010000.00
<head></Head></head>
--- request
GET /a.html
--- response_headers
Content-Type: text/html
Transfer-Encoding: chunked
! Content-Length
! Accept-Ranges
! Last-Modified
! ETag
--- response_body
<head><script></script></head></head>



=== TEST 2: sub_filter_once off: wherever it stands
--- config
    location / { sub_filter_once off; sub_filter a "<$arg_x>"; sub_filter_types text/plain; default_type text/plain; return 200 "banAna\n"; }
--- request
GET /?x=y
--- response_body
b<y>n<y>n<y>



=== TEST 3: sub_filter_once is for each string
--- config
    default_type text/html;
    sub_filter a 1;
    sub_filter b 2;
    sub_filter c "";
    location / { return 200 "xbacabcab\n"; }
--- request
GET /
--- response_body
x21abcab



=== TEST 4: where several stand, the first of the file is replaced
--- config
    default_type text/html;
    sub_filter_once off;
    sub_filter bcd 1;
    sub_filter ab 2;
    sub_filter abc 3;
    location /others { sub_filter abc 3; sub_filter ab 2; return 200 "abcd ab bcd\n"; }
    location / { return 200 "abcd ab bcd\n"; }
--- request eval
["GET /", "GET /others"]
--- response_body eval
["2cd 2 1\n", "3d 2 bcd\n"]



=== TEST 5: what was put in is not looked at again
--- config
    default_type text/html;
    sub_filter_once off;
    sub_filter a aa;
    sub_filter aab b;
    location / { return 200 "aab\n"; }
--- request
GET /
--- response_body
aaaab



=== TEST 6: variables in both
--- config
    default_type text/html;
    location / { sub_filter "${arg_a}b" "<$uri$arg_b>"; sub_filter "$arg_none" "nothing"; return 200 "aab AXB\n"; }
    location /none { sub_filter "$arg_none" "nothing"; return 200 "aab AXB\n"; }
    location /case { sub_filter_once off; sub_filter "$arg_a" "-"; return 200 "xXyYxy\n"; }
--- request eval
["GET /?a=x&b=z", "GET /?b=z", "GET /none", "GET /case?a=Xy"]
--- response_body eval
["aab A</z>\n", "aa</z> AXB\n", "aab AXB\n", "x-Y-\n"]
--- response_headers eval
["! Content-Length", "! Content-Length", "Content-Length: 8", "! Content-Length"]



=== TEST 7: a replacement is evaluated once
--- config
    default_type text/html;
    set $n 1;
    sub_filter_once off;
    sub_filter x "$request_length,$n";
    location / { return 200 "x x\n"; }
--- request
GET /
--- response_body_like: ^(\d+,1) \1\n$



=== TEST 8: blocks inherit; the lines of one replace those of the outer one
--- http_config
    sub_filter a 1;
    sub_filter_once off;
--- config
    default_type text/html;
    location /both { return 200 "aabb\n"; }
    location /once { sub_filter_once on; return 200 "aabb\n"; }
    location /other { sub_filter b 2; return 200 "aabb\n"; }
--- request eval
["GET /both", "GET /once", "GET /other"]
--- response_body eval
["11bb\n", "1abb\n", "aa22\n"]



=== TEST 9: sub_filter_types: text/html always
--- config
    sub_filter a 1;
    location /html { default_type text/html; return 200 "a\n"; }
    location /plain { default_type text/plain; return 200 "a\n"; }
    location /types { sub_filter_types text/plain; default_type text/plain; return 200 "a\n"; }
    location /still { sub_filter_types text/plain; default_type text/html; return 200 "a\n"; }
    location /any { sub_filter_types *; default_type image/gif; return 200 "a\n"; }
--- request eval
["GET /html", "GET /plain", "GET /types", "GET /still", "GET /any"]
--- response_body eval
["1\n", "a\n", "1\n", "1\n", "1\n"]
--- response_headers eval
["! Content-Length", "Content-Length: 2", "! Content-Length", "! Content-Length", "! Content-Length"]



=== TEST 10: sub_filter_last_modified keeps the time, and a weak tag
--- config
    root html;
    sub_filter a 1;
    sub_filter_last_modified on;
--- user_files
>>> a.html 203501010000.00
a file
--- request
GET /a.html
--- response_headers
Last-Modified: Mon, 01 Jan 2035 00:00:00 GMT
ETag: W/"7a432b80-7"
--- response_body
1 file



=== TEST 11: so of what a server sends
--- config
    sub_filter a 1;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /kept { sub_filter_last_modified on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root html; rewrite ^ /a.html break; }
--- user_files
>>> a.html 203501010000.00
a file
--- request eval
["GET /", "GET /kept"]
--- response_headers eval
["! ETag", "ETag: W/\"7a432b80-7\""]
--- response_body eval
["1 file\n", "1 file\n"]



=== TEST 12: no ranges; conditions are those of the file
--- config
    root html;
    sub_filter a 1;
--- user_files
>>> a.html 203501010000.00
a file
--- request eval
["GET /a.html", "GET /a.html"]
--- more_headers eval
["Range: bytes=2-3", "If-None-Match: \"7a432b80-7\""]
--- error_code eval
[200, 304]
--- response_body eval
["1 file\n", ""]



=== TEST 13: HEAD has the head of GET
--- config
    root html;
    sub_filter a 1;
--- user_files
>>> a.html 203501010000.00
a file
--- request
HEAD /a.html
--- response_headers
! Content-Length
! ETag
--- response_body



=== TEST 14: an empty body is left as it is
--- config
    root html;
    sub_filter a 1;
    location /chunked { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- user_files eval
[["a.html", ""]]
--- request eval
["GET /a.html", "GET /chunked"]
--- response_body eval
["", ""]
--- response_headers eval
["Content-Length: 0", "Transfer-Encoding: chunked"]



=== TEST 15: any status
--- config
    default_type text/html;
    sub_filter a 1;
    sub_filter "404 Not Found" "nothing there";
    sub_filter_once off;
    location /created { return 201 "a\n"; }
    location /missing { }
--- request eval
["GET /created", "GET /missing"]
--- error_code eval
[201, 404]
--- response_body_like eval
["^1\n\$", "<title>nothing there</title>"]



=== TEST 16: a string across the border of two buffers, wherever it is cut
--- config
    sub_filter_once off;
    sub_filter "<one string>" "[other]";
    location / { proxy_buffer_size 4k; proxy_buffers 4 4k; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" . "<one string>x" x 5000 . "<one"
--- request
GET /
--- response_body eval
"[other]x" x 5000 . "<one"



=== TEST 17: what cannot be part of a string does not wait
--- config
    sub_filter "a string that is long" "[other]";
    location / { proxy_buffering off; proxy_read_timeout 300ms; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\nshort"
--- request
GET /
--- response_body chomp
short
--- truncated
--- error_log
upstream timed out



=== TEST 18: a large body
--- config
    root html;
    sub_filter_once off;
    sub_filter abcdef "<>";
    sub_filter 0123456789 "-";
    location /proxied { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root html; rewrite ^ /a.html break; }
--- user_files eval
[["a.html", $::Large]]
--- read_delay: 0.05
--- request eval
["GET /a.html", "GET /proxied"]
--- response_body eval
["-<>" x 4096, "-<>" x 4096]



=== TEST 19: a body that grows
--- config
    root html;
    sub_filter_once off;
    sub_filter f "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
--- user_files eval
[["a.html", $::Large]]
--- read_delay: 0.05
--- request
GET /a.html
--- response_body eval
("0123456789abcde" . "0123456789abcdef" x 5) x 4096



=== TEST 20: gzip compresses what comes of it
--- config
    root html;
    gzip on;
    sub_filter_once off;
    sub_filter abcdef "<>";
--- user_files eval
[["a.html", "0123456789abcdef" x 500]]
--- request
GET /a.html
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
--- response_body_filters: gunzip
--- response_body eval
"0123456789<>" x 500



=== TEST 21: what gunzip makes is looked at, and what add_before_body adds is not
--- config
    default_type text/html;
    sub_filter_once off;
    sub_filter a 1;
    gunzip on;
    add_before_body /before;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; proxy_set_header Accept-Encoding gzip; }
    location = /before { sub_filter b 2; return 200 "abc\n"; }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        default_type text/html;
        gzip on;
        gzip_http_version 1.0;
        location / { return 200 "a body of some length, abc\n"; }
    }
--- request
GET /
--- response_body
a2c
1 body of some length, 1bc



=== TEST 22: the server is asked for what the client takes
--- config
    sub_filter a 1;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        default_type text/html;
        location / { return 200 "<$http_accept_encoding>\n"; }
    }
--- request
GET /
--- more_headers
Accept-Encoding: gzip, br
--- response_body
<gzip, br>



=== TEST 23: 255 strings, which may be the same
--- config eval
"root html;\n" . "sub_filter a b;\n" x 255
--- user_files eval
[["a.html", "a" x 300]]
--- request
GET /a.html
--- response_body eval
"b" x 255 . "a" x 45



=== TEST 24: more than that
--- config eval
"root html;\n" . "sub_filter a b;\n" x 1000
--- user_files eval
[["a.html", "a" x 1300]]
--- request
GET /a.html
--- response_body eval
"b" x 1000 . "a" x 300
--- skip_nginx: all: it takes 255 in a block



=== TEST 25: to an HTTP/1.0 client: up to the close
--- config
    root html;
    sub_filter a 1;
--- user_files
>>> a.html
a file
--- request
GET /a.html HTTP/1.0
--- more_headers
Connection: keep-alive
--- response_headers
! Transfer-Encoding
! Content-Length
Connection: close
--- response_body
1 file



=== TEST 26: requests that share a connection
--- config
    default_type text/html;
    sub_filter a 1;
    location /a { return 200 "aa\n"; }
    location /b { sub_filter b$arg_x 2; return 200 "bbc\n"; }
--- pipelined_requests eval
["GET /a", "GET /b?x=c", "GET /a", "HEAD /a", "GET /b", "GET /a"]
--- response_body eval
["1a\n", "b2\n", "1a\n", "", "2bc\n", "1a\n"]



=== TEST 27: an empty string
--- config
    sub_filter "" x;
--- must_die
--- error_log
empty search pattern



=== TEST 28: where it may not stand
--- config
    if ($uri) { sub_filter a x; }
--- must_die
--- error_log
"sub_filter" directive is not allowed here



=== TEST 29: twice
--- config
    sub_filter_once on;
    sub_filter_once on;
--- must_die
--- error_log
"sub_filter_once" directive is duplicate
