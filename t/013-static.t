# Static files: root, alias, index, types, and what goes wrong.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: root and alias
--- config
    root html;
    location /a/ { root html/x; }
    location /b/ { alias html/x/a/; }
    location /c { alias $TEST_NGINX_HTML_DIR/x/a/1.txt; }
    location ~ ^/r/(\w+)$ { alias html/x/$1/1.txt; }
    location /v { root html/x/$arg_d; }
--- user_files
>>> 0.txt
zero
>>> x/a/1.txt
one
>>> x/y/v/1.txt
one
--- request eval
["GET /0.txt", "GET /a/1.txt", "GET /b/1.txt", "GET /c", "GET /r/a", "GET /b/2.txt", "GET /v/1.txt?d=y"]
--- response_body_like eval
["^zero\$", "^one\$", "^one\$", "^one\$", "^one\$", "404 Not Found", "^one\$"]
--- error_code eval
[200, 200, 200, 200, 200, 404, 200]
--- error_log
x/a/2.txt" failed (2: No such file or directory)



=== TEST 2: index, the first file that is there
--- config
    location / { root html; index none.html first.html index.html; }
    location /abs/ { root html; index none.html /fallback; }
    location = /fallback { return 200 "fallback $uri\n"; }
--- user_files
>>> a/first.html
first
>>> a/index.html
index
>>> b/index.html
index of b
>>> abs/x
x
--- request eval
["GET /a/", "GET /b/", "GET /abs/"]
--- response_body eval
["first\n", "index of b\n", "fallback /fallback\n"]



=== TEST 3: index with a variable; the request goes to the file's own location
--- config
    root html;
    index $arg_i.html;
    location / { }
    location ~ \.html$ { add_header X-Html yes; }
--- user_files
>>> a/x.html
x
--- request
GET /a/?i=x
--- response_body
x
--- response_headers
X-Html: yes



=== TEST 4: a folder without index is forbidden
--- config
    location / { root html; index none; }
--- user_files
>>> a/b
b
--- request
GET /a/
--- error_code: 403
--- response_body_like: <title>403 Forbidden</title>
--- error_log eval
qr{\[error\] .* directory index of "$ENV{TEST_NGINX_HTML_DIR}/a/" is forbidden, client: 127}



=== TEST 5: a folder that is not there is not found
--- config
    location / { root html; }
--- request
GET /none/
--- error_code: 404
--- error_log
/html/none/index.html" is not found (2: No such file or directory)



=== TEST 6: a folder without the slash is redirected
--- config
    location / { root html; }
--- user_files eval
[["a b/c", "c"]]
--- request eval
["GET /a%20b", "GET /a%20b?x=1"]
--- error_code eval
[301, 301]
--- response_headers eval
["Location: http://localhost:$TEST_NGINX_SERVER_PORT/a%20b/", "Location: http://localhost:$TEST_NGINX_SERVER_PORT/a%20b/?x=1"]



=== TEST 7: types, and the default
--- config
    root html;
    location /a { types { text/x-one txt one; text/x-two two; } default_type text/x-default; }
    location /b { types { } default_type text/x-b; }
--- user_files
>>> a/1.txt
>>> a/1.TWO
>>> a/1.three
>>> a/noext
>>> b/1.txt
>>> c/1.html
>>> c/1.gif
>>> c/1.jpg
>>> c/1.other
--- request eval
["GET /a/1.txt", "GET /a/1.TWO", "GET /a/1.three", "GET /a/noext", "GET /b/1.txt", "GET /c/1.html", "GET /c/1.gif", "GET /c/1.jpg", "GET /c/1.other"]
--- response_headers eval
["Content-Type: text/x-one", "Content-Type: text/x-two", "Content-Type: text/x-default", "Content-Type: text/x-default", "Content-Type: text/x-b", "Content-Type: text/html", "Content-Type: image/gif", "Content-Type: image/jpeg", "Content-Type: text/plain"]



=== TEST 8: types of a location replace those around it
--- http_config
    types { text/x-http a b; }
--- config
    root html;
    location /in { }
    location /own { types { text/x-own b; } }
--- user_files
>>> in/1.a
>>> own/1.a
>>> own/1.b
--- request eval
["GET /in/1.a", "GET /own/1.a", "GET /own/1.b"]
--- response_headers eval
["Content-Type: text/x-http", "Content-Type: text/plain", "Content-Type: text/x-own"]



=== TEST 9: types from a file
--- http_config
    include mime.types;
--- config
    root html;
--- user_files
>>> ../conf/mime.types
types {
    text/css      css;
    application/x-a   aa
                      ab;
}
>>> 1.ab
>>> 1.css
--- request eval
["GET /1.ab", "GET /1.css"]
--- response_headers eval
["Content-Type: application/x-a", "Content-Type: text/css"]



=== TEST 10: log_not_found
--- config
    location /a { root html; log_not_found off; }
    location /b { root html; }
--- request eval
["GET /a", "GET /b"]
--- error_code eval
[404, 404]
--- error_log
html/b" failed
--- no_error_log
html/a" failed (2



=== TEST 11: methods other than GET and HEAD
--- config
    location / { root html; }
--- request eval
["HEAD /index.html", "POST /index.html\nx", "PUT /index.html\nx", "DELETE /index.html", "OPTIONS /index.html"]
--- error_code eval
[200, 405, 405, 405, 405]
--- response_headers eval
["! Allow", "Allow: GET, HEAD", "Allow: GET, HEAD", "Allow: GET, HEAD", "Allow: GET, HEAD"]
--- skip_nginx: 4: >= 0.0.0: it does not say which are



=== TEST 12: HEAD has the head of GET
--- config
    location / { root html; }
--- user_files
>>> a.txt 20200102030405
hello
--- request
HEAD /a.txt
--- response_headers
Content-Length: 6
Last-Modified: Thu, 02 Jan 2020 03:04:05 GMT
ETag: "5e0d5da5-6"
Accept-Ranges: bytes
--- response_body:



=== TEST 13: an empty file
--- config
    location / { root html; }
--- user_files
>>> a.txt
--- request
GET /a.txt
--- response_headers
Content-Length: 0
--- response_body:



=== TEST 14: a large file, with and without sendfile
--- config
    location /a { alias html/big; sendfile on; tcp_nopush on; tcp_nodelay on; }
    location /b { alias html/big; sendfile off; tcp_nopush off; tcp_nodelay off; }
--- user_files eval
[["big", "0123456789" x 300000]]
--- request eval
["GET /a", "GET /b"]
--- response_body eval
["0123456789" x 300000, "0123456789" x 300000]



=== TEST 15: sendfile is on or off
--- config
    sendfile yes;
--- must_die
--- error_log
invalid value "yes" in "sendfile" directive



=== TEST 16: a file as if it were a folder
--- config
    location / { root html; }
--- user_files
>>> a/b
--- request
GET /a/b/c
--- error_code: 404
--- error_log
(20: Not a directory)



=== TEST 17: a name with a percent sign and one with a question mark
--- config
    location / { root html; }
--- user_files eval
[["a%b", "percent\n"], ["c?d", "question\n"], ["\xc3\xa9", "accent\n"]]
--- request eval
["GET /a%25b", "GET /c%3fd", "GET /%C3%A9"]
--- response_body eval
["percent\n", "question\n", "accent\n"]



=== TEST 18: the root when there is none
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; location / { } }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request
GET /not-there-at-all
--- error_code: 404
--- error_log
html/not-there-at-all" failed (2: No such file or directory)



=== TEST 19: a file with a slash after it
--- config
    location / { root html; }
--- request
GET /index.html/
--- error_code: 404
--- error_log
(20: Not a directory)
