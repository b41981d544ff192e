# try_files.

use Test::Nginx::Socket 'no_plan';

no_root_location();

run_tests();

__DATA__

=== TEST 1: the first that exists, a directory by its slash, a status at the end
--- config
    location / { try_files $uri $uri.html $uri/ =410; }
--- user_files
>>> a
file a
>>> b.html
file b
>>> dir/index.html
index
--- request eval
["GET /a", "GET /b", "GET /dir/", "GET /dir", "GET /none"]
--- error_code eval
[200, 200, 200, 301, 410]
--- response_body_like eval
["^file a\$", "^file b\$", "^index\$", "301", "410"]



=== TEST 2: a uri at the end, with arguments
--- config
    location / { try_files $uri /app?path=$uri&$args; }
    location /app { return 200 "$uri $args\n"; }
--- user_files
>>> a
file a
--- request eval
["GET /a", "GET /none?k=v", "GET /app"]
--- response_body eval
["file a\n", "/app path=/none&k=v\n", "/app \n"]



=== TEST 3: a named location at the end
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up $request_uri\n"; } }
--- config
    location / { try_files $uri @up; }
    location @up { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> a
file a
--- request eval
["GET /a", "GET /none?x"]
--- response_body eval
["file a\n", "up /none?x\n"]



=== TEST 4: no such named location
--- config
    location / { try_files $uri @nowhere; }
--- request
GET /none
--- error_code: 500
--- error_log
could not find named location "@nowhere"



=== TEST 5: names without variables
--- config
    location / { try_files /one /two =404; }
--- user_files
>>> two
two
--- request
GET /whatever
--- response_body
two



=== TEST 6: with alias
--- config
    location /al/ { alias $TEST_NGINX_HTML_DIR/dir/; try_files $uri /al/else.txt; }
    location /re { alias $TEST_NGINX_HTML_DIR/dir/; try_files /x.txt =404; }
--- user_files
>>> dir/x.txt
x
>>> dir/else.txt
else
--- request eval
["GET /al/x.txt", "GET /al/y.txt"]
--- response_body eval
["x\n", "else\n"]



=== TEST 7: with an alias by captures
--- config
    location ~ ^/v/(.*)$ { alias $TEST_NGINX_HTML_DIR/dir; try_files /$1 /$1.txt =404; }
--- user_files
>>> dir/x.txt
x
--- request eval
["GET /v/x.txt", "GET /v/x", "GET /v/y"]
--- error_code eval
[200, 200, 404]



=== TEST 8: in the server block, where no location is found
--- config
    try_files $uri /index.txt;
    location /in { }
--- user_files
>>> index.txt
index
--- request eval
["GET /none", "GET /in"]
--- error_code eval
[200, 404]



=== TEST 9: a file where a directory is wanted, and the other way round
--- config
    location / { try_files $uri/ /f =404; }
    location /d { try_files /d =404; }
--- user_files
>>> f
file
>>> d/x
x
--- request eval
["GET /f", "GET /d"]
--- error_code eval
[200, 404]



=== TEST 10: before what else would answer
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up $request_uri\n"; } }
--- config
    location / { try_files $uri =404; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> a
file a
--- request eval
["GET /a", "GET /b"]
--- error_code eval
[200, 404]
--- response_body_like eval
["^up /a\$", "404"]



=== TEST 11: no status
--- config
    location / { try_files $uri =4o4; }
--- must_die
--- error_log
invalid code "=4o4" in



=== TEST 12: twice
--- config
    location / { try_files $uri =404; try_files $uri =403; }
--- must_die
--- error_log
"try_files" directive is duplicate in



=== TEST 13: one word
--- config
    location / { try_files $uri; }
--- must_die
--- error_log
invalid number of arguments in "try_files" directive in



=== TEST 14: in a cycle
--- config
    location / { try_files /none /again; }
--- request
GET /x
--- error_code: 500
--- error_log
rewrite or internal redirection cycle while internally redirecting to "/again"
