# error_page: pages, other codes, named locations, redirects.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: a page of the server
--- config
    root html;
    error_page 404 /404.html;
    error_page 500 502 /50x.html;
    location /a { return 404; }
    location /e { return 502; }
    location = /404.html { internal; }
--- user_files
>>> 404.html
not here
>>> 50x.html
broken
--- request eval
["GET /a", "GET /e", "HEAD /a", "GET /none", "POST /a\nx"]
--- error_code eval
[404, 502, 404, 404, 404]
--- response_body eval
["not here\n", "broken\n", "", "not here\n", "not here\n"]
--- response_headers
Content-Type: text/html



=== TEST 2: with another code, from a file and by the target itself
--- config
    root html;
    error_page 404 =200 /page;
    error_page 403 =410 /page;
    error_page 500 = /own;
    location /a { return 404; }
    location /b { return 403; }
    location /c { return 500; }
    location /own { return 202 "own\n"; }
--- user_files
>>> page
page
--- request eval
["GET /a", "GET /b", "GET /c"]
--- error_code eval
[200, 410, 202]
--- response_body eval
["page\n", "page\n", "own\n"]



=== TEST 3: a named location
--- config
    error_page 404 = @fallback;
    error_page 403 @kept;
    location /a { return 404; }
    location /b { return 403; }
    location @fallback { return 200 "fallback $uri $request_method\n"; }
    location @kept { root html; }
--- user_files
>>> b
file b
--- request eval
["GET /a?x", "GET /b"]
--- error_code eval
[200, 403]
--- response_body eval
["fallback /a GET\n", "file b\n"]



=== TEST 4: a URI elsewhere is a redirect
--- config
    error_page 404 http://example.com/404?$args;
    error_page 403 =301 http://example.com/403;
    location /a { return 404; }
    location /b { return 403; }
--- request eval
["GET /a?x", "GET /b"]
--- error_code eval
[302, 301]
--- response_headers eval
["Location: http://example.com/404?x", "Location: http://example.com/403"]



=== TEST 5: variables in the target
--- config
    root html;
    error_page 404 /err/$arg_l.html;
    location /a { return 404; }
--- user_files
>>> err/de.html
nicht da
--- request
GET /a?l=de
--- error_code: 404
--- response_body
nicht da



=== TEST 6: inherited as a whole or not at all
--- config
    root html;
    error_page 404 /404.txt;
    error_page 403 /403.txt;
    location /a { return 404; }
    location /b { error_page 403 /own.txt; return 404; }
    location /c { error_page 403 /own.txt; return 403; }
--- user_files
>>> 404.txt
outer
>>> own.txt
own
--- request eval
["GET /a", "GET /b", "GET /c"]
--- error_code eval
[404, 404, 403]
--- response_body_like eval
["^outer\$", "404 Not Found", "^own\$"]



=== TEST 7: an error of the error page is not handled again
--- config
    error_page 404 /none;
    location /a { return 404; }
    location /none { root html; }
--- request
GET /a
--- error_code: 404
--- response_body_like: 404 Not Found



=== TEST 8: the request to the page is a GET
--- config
    error_page 405 = /target;
    location /a { return 405; }
    location /target { return 200 "$request_method $request_uri $uri\n"; }
--- request eval
["POST /a\nbody", "HEAD /a", "GET /a"]
--- response_body eval
["GET /a /target\n", "", "GET /a /target\n"]



=== TEST 9: errors before the request is read have the server's page too
--- config
    root html;
    error_page 400 /bad.txt;
--- user_files
>>> bad.txt
bad request
--- raw_request eval
"GET / HTTP/1.1\r\n\r\n"
--- error_code: 400
--- response_body
bad request



=== TEST 10: the arguments are those of the target
--- config
    error_page 404 = /t1;
    error_page 403 = /t2?y=2;
    location /a { return 404; }
    location /b { return 403; }
    location /t { return 200 "$args|$arg_x|$arg_y\n"; }
--- request eval
["GET /a?x=1", "GET /b?x=1"]
--- response_body eval
["||\n", "y=2||2\n"]



=== TEST 11: return with a text does not go to the page
--- config
    error_page 404 /none;
    location /a { return 404 "text\n"; }
--- request
GET /a
--- error_code: 404
--- response_body
text



=== TEST 12: round in circles
--- config
    location /a { error_page 404 = @b; return 404; }
    location @b { error_page 403 = @a; return 403; }
    location @a { return 201 "end\n"; }
--- request
GET /a
--- error_code: 403
--- response_body_like: 403 Forbidden
