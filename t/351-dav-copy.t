# COPY and MOVE of dav_methods: Destination, Depth, Overwrite.

use Test::Nginx::Socket 'no_plan';

our $Big = "0123456789abcdef" x 20000;

run_tests();

__DATA__

=== TEST 1: COPY of a file, and over one
--- config
    location / { dav_methods COPY; }
--- user_files eval
">>> a 200001010000.00\n" . $::Big . "\n>>> b\nold\n"
--- request eval
["COPY /a", "GET /b", "COPY /a", "GET /c", "GET /a"]
--- more_headers eval
["Destination: /b", "", "Destination: http://localhost:$TEST_NGINX_SERVER_PORT/%63", "", ""]
--- error_code eval
[204, 200, 204, 200, 200]
--- response_body eval
["", $::Big . "\n", "", $::Big . "\n", $::Big . "\n"]
--- response_headers eval
["! Content-Length", "Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT", "", "", ""]
--- file_count: html 4



=== TEST 2: MOVE of a file; collections on the way are made
--- config
    location / { dav_methods MOVE; dav_access group:r; }
--- user_files
>>> a 200001010000.00
file
--- request eval
["MOVE /a", "GET /d/e/a", "GET /a"]
--- more_headers eval
["Destination: /d/e/a", "", ""]
--- error_code eval
[204, 200, 404]
--- response_headers eval
["! Content-Length", "Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT", ""]
--- file_modes
html/d/e 750



=== TEST 3: COPY of a tree
--- config
    location / { dav_methods COPY; }
--- user_files eval
">>> a/b/big 200001010000.00\n" . $::Big . "\n>>> a/.f\nf\n>>> a/e/\n"
--- request eval
["COPY /a/", "GET /x/b/big", "GET /x/.f", "GET /a/.f"]
--- more_headers eval
["Destination: /x/", "", "", ""]
--- error_code eval
[201, 200, 200, 200]
--- response_body eval
["", $::Big . "\n", "f\n", "f\n"]
--- response_headers eval
["Content-Length: 0\r\n! Location", "Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT", "", ""]
--- file_count: html 5



=== TEST 4: COPY and MOVE of trees replace what is there
--- config
    location / { dav_methods COPY MOVE; }
--- user_files
>>> a/f
a
>>> x/old
old
>>> y/old
old
>>> z
old
--- request eval
["COPY /a/", "MOVE /a/", "MOVE /x/", "GET /y/f", "GET /z/f"]
--- more_headers eval
["Destination: /x/", "Destination: /y/", "Destination: /z/", "", ""]
--- error_code eval
[201, 201, 201, 200, 200]
--- file_count: html 3



=== TEST 5: Depth 0 is the collection without what is in it
--- config
    location / { dav_methods COPY; }
--- user_files
>>> a/f
a
--- request eval
["COPY /a/", "COPY /a/f"]
--- more_headers eval
["Destination: /x/\nDepth: 0", "Destination: /y\nDepth: 0"]
--- error_code eval
[201, 204]
--- file_count
html/x 0
html 3
--- skip_nginx: all: it copies all



=== TEST 6: Depth
--- config
    location / { dav_methods COPY MOVE; }
--- request eval
["COPY /index.html", "MOVE /index.html", "MOVE /index.html"]
--- more_headers eval
["Destination: /x\nDepth: 1", "Destination: /x\nDepth: 0", "Destination: /x\nDepth: infinity"]
--- error_code eval
[400, 400, 204]
--- error_log
"Depth" header must be 0 or infinity
"Depth" header must be infinity



=== TEST 7: Overwrite
--- config
    location / { dav_methods COPY MOVE; }
--- user_files
>>> a
a
>>> b
b
>>> d/f
f
>>> e/f
f
--- request eval
["COPY /a", "MOVE /d/", "COPY /a", "COPY /a", "MOVE /a"]
--- more_headers eval
["Destination: /b\nOverwrite: F", "Destination: /e/\nOverwrite: F", "Destination: /b\nOverwrite: x", "Destination: /c\nOverwrite: f", "Destination: /b\nOverwrite: T"]
--- error_code eval
[412, 412, 400, 204, 204]
--- error_log
/html/b" could not be created (17: File exists)
/html/e" could not be created (17: File exists)
client sent invalid "Overwrite" header: "x"



=== TEST 8: destinations that are none
--- config
    location / { dav_methods COPY; }
--- request eval
["COPY /index.html", "COPY /index.html", "COPY /index.html", "COPY /index.html", "COPY /index.html"]
--- more_headers eval
["X: y", "Destination: http://other/x", "Destination: ftp://localhost/x", "Destination: http://localhost", "Destination: x"]
--- error_code eval
[400, 400, 400, 400, 400]
--- error_log
client sent no "Destination" header
"Destination" URI "http://other/x" is handled by different repository than the source URI
client sent invalid "Destination" header: "ftp://localhost/x"
client sent invalid "Destination" header: "http://localhost"
client sent invalid "Destination" header: "x"
--- file_count: html 1



=== TEST 9: a destination without the host that a request has to name
--- config
    location / { dav_methods COPY; }
--- raw_request eval
"COPY /index.html HTTP/1.0\r\nDestination: http://localhost/x\r\n\r\n"
--- error_code: 400
--- error_log
client sent no "Host" header



=== TEST 10: out of the root
--- config
    location / { dav_methods COPY MOVE; }
--- request eval
["COPY /index.html", "COPY /index.html", "MOVE /index.html", "MOVE /index.html"]
--- more_headers eval
["Destination: /../x", "Destination: /%2e%2e/x", "Destination: /a/../../x", "Destination: http://localhost/..%2fx"]
--- error_code eval
[400, 400, 400, 400]
--- error_log
client sent invalid "Destination" header: "/../x"
client sent invalid "Destination" header: "/%2e%2e/x"
--- file_count: html 1



=== TEST 11: a file is no collection
--- config
    location / { dav_methods COPY MOVE; }
--- user_files
>>> d/f
f
--- request eval
["COPY /index.html", "COPY /d/", "COPY /d", "COPY /index.html", "MOVE /index.html/"]
--- more_headers eval
["Destination: /x/", "Destination: /x", "Destination: /x", "Destination: /d", "Destination: /x/"]
--- error_code eval
[409, 409, 400, 409, 404]
--- error_log
both URI "/index.html" and "Destination" URI "/x/" should be either collections or non-collections
"/d" is collection
"/index.html" could not be COPYed to collection "/d"
failed (20: Not a directory)
--- file_count: html 2



=== TEST 12: what is not there
--- config
    location / { dav_methods COPY MOVE; }
--- request eval
["COPY /none", "MOVE /none/"]
--- more_headers eval
["Destination: /x", "Destination: /x/"]
--- error_code eval
[404, 404]
--- error_log
lstat() "
failed (2: No such file or directory)



=== TEST 13: to a collection that is not there
--- config
    location / { dav_methods COPY MOVE; }
--- user_files
>>> d/f
f
--- request eval
["COPY /d/f", "COPY /d/", "MOVE /d/"]
--- more_headers eval
["Destination: /no/x", "Destination: /no/x/", "Destination: /no/x/"]
--- error_code eval
[409, 409, 409]
--- file_count: html 2
--- skip_nginx: all: it answers 500 and 404



=== TEST 14: onto itself, into itself, and onto what is around it
--- config
    location / { dav_methods COPY MOVE; }
--- user_files
>>> a/b/f
f
--- user_links
way a
--- request eval
["COPY /a/b/f", "MOVE /a/b/f", "COPY /a/", "COPY /a/", "MOVE /a/", "COPY /a/b/", "MOVE /a/b/", "COPY /way/b/f", "COPY /a/", "GET /a/b/f"]
--- more_headers eval
["Destination: /a/b/f", "Destination: /a//b/f", "Destination: /a/", "Destination: /a/b/c/", "Destination: /a/x/", "Destination: /a/", "Destination: /a/", "Destination: /a/b/f", "Destination: /way/b/x/", ""]
--- error_code eval
[403, 403, 403, 403, 403, 403, 403, 403, 403, 200]
--- error_log
are the same or within one another
--- file_count: html/a 1
--- skip_nginx: all: it loses the file



=== TEST 15: bodies that have no meaning
--- config
    location / { dav_methods COPY MOVE; }
--- request
COPY /index.html
abc
--- more_headers
Destination: /x
--- error_code: 415
--- error_log
COPY and MOVE with body are unsupported



=== TEST 16: into another location
--- config
    location / { dav_methods COPY MOVE; }
    location /also/ { dav_methods COPY; }
    location /not/ { }
    location /data/ { root $TEST_NGINX_HTML_DIR/other; dav_methods COPY MOVE; }
    location /in/ { internal; dav_methods COPY MOVE; }
--- user_files
>>> also/f
f
>>> not/f
f
>>> in/f
f
--- request eval
["COPY /index.html", "MOVE /index.html", "COPY /index.html", "COPY /index.html", "COPY /index.html"]
--- more_headers eval
["Destination: /also/x", "Destination: /also/x", "Destination: /not/f", "Destination: /data/f", "Destination: /in/f"]
--- error_code eval
[204, 403, 403, 403, 403]
--- error_log
"Destination" URI "/not/f" is in another location
--- file_count: html 5
--- skip_nginx: all: what the location forbids does not matter



=== TEST 17: out of an alias
--- config
    location /files { alias $TEST_NGINX_HTML_DIR/data/; dav_methods COPY MOVE; }
    location /plain { alias $TEST_NGINX_HTML_DIR/data; dav_methods COPY MOVE; }
    location / { dav_methods COPY MOVE; }
--- user_files
>>> data/f
f
--- request eval
["COPY /files/f", "COPY /files/f", "COPY /plain/f", "COPY /files../index.html", "COPY /files/f", "COPY /plain/f"]
--- more_headers eval
["Destination: /f", "Destination: /files../g", "Destination: /plain-g", "Destination: /files/g", "Destination: /files/g", "Destination: /plain/h"]
--- error_code eval
[403, 403, 403, 403, 204, 204]
--- file_count
html 4
html/data 3
--- skip_nginx: all: it leaves the root



=== TEST 18: disable_symlinks
--- config
    location / { dav_methods COPY MOVE; disable_symlinks on from=$document_root; }
--- user_files
>>> real/f
f
--- user_links
way real
link real/f
--- request eval
["COPY /way/f", "COPY /real/f", "COPY /link", "MOVE /way/", "MOVE /link", "GET /real/f"]
--- more_headers eval
["Destination: /x", "Destination: /way/x", "Destination: /x", "Destination: /x/", "Destination: /real/link", ""]
--- error_code eval
[403, 403, 403, 404, 204, 200]
--- skip_nginx: all: it follows links



=== TEST 19: links are not copied with a tree, and are moved with it
--- config
    location / { dav_methods COPY MOVE; }
--- user_files
>>> a/f
f
--- user_links
a/way ../..
--- request eval
["COPY /a/", "MOVE /a/", "GET /z/way/html/z/f", "GET /x/way/html/z/f"]
--- more_headers eval
["Destination: /x/", "Destination: /z/", "", ""]
--- error_code eval
[201, 201, 200, 404]
--- response_body_like eval
["", "", "f", ""]
--- skip_nginx: all: it follows links, here without end



=== TEST 20: conditions are about the source
--- config
    location / { dav_methods COPY; }
--- user_files
>>> a 200001010000.00
old
--- request eval
["COPY /a", "COPY /a", "COPY /a"]
--- more_headers eval
["Destination: /b\nIf-Match: \"x\"", "Destination: /b\nIf-None-Match: *", "Destination: /b\nIf-Match: \"386d4380-4\""]
--- error_code eval
[412, 412, 204]
--- skip_nginx: all: it looks at no conditions



=== TEST 21: what is over HTTP/2
--- http2: sequential
--- config
    location / { dav_methods PUT COPY MOVE DELETE MKCOL; }
--- request eval
["PUT /a\nabc", "COPY /a", "MKCOL /d/", "MOVE /b", "GET /d/b", "DELETE /d/"]
--- more_headers eval
["", "Destination: http://localhost/b", "", "Destination: /d/b", "", ""]
--- error_code eval
[201, 204, 201, 204, 200, 204]
--- response_body eval
["", "", "", "", "abc", ""]
--- file_count: html 2



=== TEST 22: into a location that has the name of this one, within another
--- config
    location /own/ {
        location ~ \.txt$ { dav_methods COPY; }
    }
    location /not/ {
        location ~ \.txt$ { }
    }
--- user_files
>>> own/f.txt
f
>>> not/f.txt
not
--- request eval
["COPY /own/f.txt", "COPY /own/f.txt"]
--- more_headers eval
["Destination: /own/g.txt", "Destination: /not/f.txt"]
--- error_code eval
[204, 403]
--- skip_nginx: all: what the location forbids does not matter
