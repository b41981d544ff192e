# rewrite with its flags, break, rewrite_log, uninitialized_variable_warn.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: last seeks a location again
--- config
    location /a { rewrite ^/a/(.*)$ /b/$1 last; return 403; }
    location /b { return 200 "b $uri $args $request_uri\n"; }
--- request
GET /a/x?k=v
--- response_body
b /b/x k=v /a/x?k=v



=== TEST 2: break stays in the location
--- config
    location /a { rewrite ^/a/(.*)$ /b/$1 break; return 403; }
    location /b { return 200 "wrong\n"; }
--- user_files
>>> b/x.txt
file
--- request
GET /a/x.txt
--- response_body
file



=== TEST 3: without a flag what follows runs, and the location is sought again
--- config
    location /a { rewrite ^/a /b; rewrite ^/b /c; }
    location /c { return 200 "c $uri\n"; }
--- request
GET /a/x
--- response_body
c /c



=== TEST 4: a break behind it keeps the location
--- config
    location /a { rewrite ^/a(.*) /b$1; break; return 403; }
    location /b { return 200 "wrong\n"; }
--- user_files
>>> b/x.txt
file
--- request
GET /a/x.txt
--- response_body
file



=== TEST 5: redirect and permanent
--- config
    location /a { rewrite ^/a(.*) /b$1 redirect; }
    location /p { rewrite ^/p(.*) /b$1 permanent; }
    location /h { rewrite ^/h(.*) http://example.com$1; return 403; }
    location /s { rewrite ^/s(.*) https://example.com$1 last; }
    location /v { rewrite ^/v(.*) $scheme://example.com$1 permanent; }
    location /q { rewrite ^/q(.*) http://example.com$1?k=v; }
    location /n { rewrite ^/n(.*) http://example.com$1?; }
--- request eval
["GET /a/x?y", "GET /p/x", "GET /h/x?y", "GET /s/x", "GET /v/x", "GET /q/x?y", "GET /n/x?y"]
--- error_code eval
[302, 301, 302, 302, 301, 302, 302]
--- response_headers eval
["Location: http://localhost:\$TEST_NGINX_SERVER_PORT/b/x?y", "Location: http://localhost:\$TEST_NGINX_SERVER_PORT/b/x", "Location: http://example.com/x?y", "Location: https://example.com/x", "Location: http://example.com/x", "Location: http://example.com/x?k=v&y", "Location: http://example.com/x"]



=== TEST 6: arguments of the replacement come first; a ? at its end drops the request's
--- config
    location /a { rewrite ^/a/(.*)$ /b?n=$1 last; }
    location /c { rewrite ^/c/(.*)$ /b?n=$1? last; }
    location /d { rewrite ^/d/(.*)$ /b? last; }
    location /b { return 200 "$uri|$args\n"; }
--- request eval
["GET /a/1?k=v", "GET /a/1", "GET /c/1?k=v", "GET /d/1?k=v"]
--- response_body eval
["/b|n=1&k=v\n", "/b|n=1\n", "/b|n=1\n", "/b|\n"]



=== TEST 7: captures in arguments are escaped, if the client escaped
--- config
    location /a { rewrite ^/a/(.*)$ /b/$1?n=$1 last; }
    location /b { return 200 "$uri|$args\n"; }
    location /r { rewrite ^/r/(.*)$ /x/$1?n=$1 redirect; }
    location /s { rewrite ^/s/(.*)$ http://h/$1 redirect; }
--- request eval
["GET /a/x%20y%26z", "GET /a/x&z", "GET /r/x%20y%26z", "GET /s/a%2fb%3fc"]
--- error_code eval
[200, 200, 302, 302]
--- response_body_like eval
["^/b/x y&z\\|n=x%20y%26z\$", "^/b/x&z\\|n=x&z\$", "302", "302"]
--- response_headers eval
["! Location", "! Location", "Location: http://localhost:\$TEST_NGINX_SERVER_PORT/x/x%20y&z?n=x%20y%26z", "Location: http://h/a/b?c"]



=== TEST 8: a set before any comparison has its captures escaped
--- config
    location ~ ^/a/(.*)$ {
        set $before $1;
        rewrite ^/a/(.*)$ /a/$1;
        set $after $1;
        break;
        return 403;
    }
    location ~ ^/b/(.*)$ {
        set $before $1;
        rewrite ^/b/(.*)$ /b/$1 break;
        set $after $1;
    }
    location ~ ^/c/(.*)$ {
        set $before $1;
        rewrite ^ /d;
        set $after $before;
    }
    location /d { return 200 "$before $after\n"; }
--- request
GET /c/x%20y
--- response_body
x%20y x%20y



=== TEST 9: in the server block, before any location
--- config
    rewrite ^/old/(.*)$ /new/$1;
    rewrite ^/gone http://example.com/ permanent;
    location /old { return 200 "old\n"; }
    location /new { return 200 "new $uri\n"; }
--- request eval
["GET /old/x", "GET /gone"]
--- error_code eval
[200, 301]
--- response_body_like eval
["^new /new/x\$", "301"]



=== TEST 10: ten times at most
--- config
    location / { rewrite ^/(.*)$ /x$1 last; }
--- request
GET /a
--- error_code: 500
--- error_log
rewrite or internal redirection cycle while processing "/xxxxxxxxxxxa", client



=== TEST 11: an internal location may be rewritten to
--- config
    location /a { rewrite ^ /b last; }
    location /b { internal; return 200 "b\n"; }
--- request eval
["GET /a", "GET /b"]
--- error_code eval
[200, 404]



=== TEST 12: rewrite_log
--- config
    location /a { rewrite_log on; rewrite ^/x /y; rewrite ^/a /b?c last; }
    location /b { return 200 "b\n"; }
    location /c { rewrite_log on; rewrite ^/c http://h/ redirect; }
--- request eval
["GET /a?d", "GET /c"]
--- error_code eval
[200, 302]
--- error_log
[notice]
"^/x" does not match "/a", client
"^/a" matches "/a", client
rewritten data: "/b", args: "c&d", client
rewritten redirect: "http://h/", client



=== TEST 13: a uri of nothing
--- config
    location /a { rewrite ^ $empty last; set $empty ""; }
--- request
GET /a
--- error_code: 500
--- error_log
the rewritten URI has a zero length



=== TEST 14: uninitialized variables, with a warning and without
--- config
    location /a { return 200 "[$x]\n"; }
    location /b { uninitialized_variable_warn off; return 200 "[$y]\n"; }
    location /c { set $x 1; set $y 1; }
--- request eval
["GET /a", "GET /b"]
--- response_body eval
["[]\n", "[]\n"]
--- error_log
using uninitialized "x" variable
--- no_error_log
using uninitialized "y" variable



=== TEST 15: proxied without a uri of its own: the new uri goes on, escaped again
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$request_uri\n"; } }
--- config
    location /a { rewrite ^/a/(.*)$ /z/$1 break; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /n { rewrite ^/none /z break; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a/x%20y?k", "GET /n/x%2dy?k"]
--- response_body eval
["/z/x%20y?k\n", "/n/x%2dy?k\n"]



=== TEST 16: named groups are variables
--- config
    location /a { rewrite "^/a/(?<year>\d{4})" /b?y=$year last; }
    location /b { return 200 "$args $year\n"; }
--- request
GET /a/2024
--- response_body
y=2024 2024



=== TEST 17: no captures after a mismatch
--- config
    location ~ ^/(a) { rewrite ^/x/(.*) /y; return 200 "[$1]\n"; }
--- request
GET /a
--- response_body
[]



=== TEST 18: an unknown flag
--- config
    location / { rewrite ^ /x lasts; }
--- must_die
--- error_log
invalid parameter "lasts" in



=== TEST 19: an empty replacement
--- config
    location / { rewrite ^ ""; }
--- must_die
--- error_log
empty replacement in



=== TEST 20: no expression
--- config
    location / { rewrite "(" /x; }
--- must_die
--- error_log
pcre2_compile() failed: missing closing parenthesis in "("



=== TEST 21: not in http
--- http_config
    rewrite ^ /x;
--- config
--- must_die
--- error_log
"rewrite" directive is not allowed here in



=== TEST 22: error_page of a rewritten request
--- config
    error_page 404 /err;
    location /a { rewrite ^ /missing last; }
    location /err { return 200 "err $uri $request_uri\n"; }
--- request
GET /a
--- error_code: 404
--- response_body
err /err /a



=== TEST 23: a uri that was rewritten in the location has no part that alias could replace
--- config
    location /a { rewrite ^ /ab; break; alias html/; }
    location /b { rewrite ^ /bb break; alias html/; }
    location ~ ^/c { rewrite ^ /cb break; alias html/b; }
    location /d { rewrite ^ /db break; alias html/; try_files b =404; }
    location /e/ { rewrite ^ /e/ break; alias html/; index b; }
    location /f { rewrite ^ /fb break; alias html/; add_header X "[$request_filename]" always; }
    location /g { rewrite ^ /h/b last; }
    location /h/ { alias html/; }
--- user_files
>>> b
file
--- request eval
["GET /a", "GET /b", "GET /c", "GET /d", "GET /e/", "GET /f", "GET /g"]
--- error_code eval
[500, 500, 500, 500, 500, 500, 200]
--- response_headers eval
["", "", "", "", "", "X: []", ""]
--- error_log eval
qr/"alias" cannot be used in location "\S+" where URI was rewritten/
