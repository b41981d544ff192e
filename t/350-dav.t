# dav_methods, create_full_put_path, dav_access, min_delete_depth: PUT, MKCOL and DELETE.

use Test::Nginx::Socket 'no_plan';

our $Big = "0123456789abcdef" x 20000;

run_tests();

__DATA__

=== TEST 1: PUT makes a file, and replaces it
--- config
    location / { dav_methods PUT; }
--- request eval
["PUT /a%20b?x=1\nfirst", "GET /a%20b", "PUT /a%20b\nsecond", "GET /a%20b"]
--- error_code eval
[201, 200, 204, 200]
--- response_headers eval
["Location: http://localhost:$TEST_NGINX_SERVER_PORT/a%20b\r\nContent-Length: 0", "! Location", "! Location\r\n! Content-Length", "Content-Length: 6"]
--- response_body eval
["", "first", "", "second"]
--- file_count: client_body_temp 0



=== TEST 2: a body that is larger than the buffer; nothing temporary is left, and the log has no word of it
--- config
    location / { dav_methods PUT; client_body_temp_path $TEST_NGINX_HTML_DIR/temp; }
--- request eval
["PUT /big\n" . $::Big, "GET /big"]
--- error_code eval
[201, 200]
--- response_body eval
["", $::Big]
--- file_count: html/temp 0
--- no_error_log
buffered to a temporary file



=== TEST 3: chunked, and of no bytes
--- config
    location / { dav_methods PUT; }
--- raw_request eval
"PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nPUT /b HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
--- error_code eval
[201, 201, 200, 200]
--- response_body eval
["", "", "abcde", ""]
--- file_count: html 3



=== TEST 4: without a length there is no body
--- config
    location / { dav_methods PUT; }
--- request eval
["PUT /a", "GET /a"]
--- error_code eval
[201, 200]
--- response_body eval
["", ""]
--- skip_nginx: all: nginx answers 500



=== TEST 5: Date is the time of the file
--- config
    location / { dav_methods PUT; }
--- request eval
["PUT /a\nabc", "GET /a"]
--- more_headers
Date: Sat, 01 Jan 2000 00:00:00 GMT
--- error_code eval
[201, 200]
--- response_headers eval
["! Last-Modified", "Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT"]



=== TEST 6: dav_access
--- config
    location / { dav_methods PUT MKCOL; dav_access user:rw group:r all:r; }
    location /own/ { dav_methods PUT; create_full_put_path on; }
--- request eval
["PUT /a\nabc", "MKCOL /d/", "PUT /own/a\nabc"]
--- error_code eval
[201, 201, 201]
--- file_modes
html/a 644
html/d 755
html/own/a 600
html/own 700



=== TEST 7: what cannot be PUT
--- config
    location / { dav_methods PUT; }
--- user_files
>>> d/f
old
--- request eval
["PUT /x/\nabc", "PUT /d\nabc", "GET /d/f"]
--- error_code eval
[409, 409, 200]
--- error_log
cannot PUT to a collection
could not be created (21: Is a directory)



=== TEST 8: a part of a file
--- config
    location / { dav_methods PUT; }
--- request
PUT /a
abc
--- more_headers
Content-Range: bytes 0-2/3
--- error_code: 501
--- error_log
PUT with range is unsupported
--- file_count: html 1



=== TEST 9: a collection that is not there
--- config
    location / { dav_methods PUT; client_body_temp_path $TEST_NGINX_HTML_DIR/temp; }
    location /full { dav_methods PUT; create_full_put_path on; }
--- user_files
>>> file
f
--- request eval
["PUT /no/such/file\nabc", "PUT /file/a\nabc", "PUT /full/such/file\nabc", "GET /full/such/file"]
--- error_code eval
[409, 409, 201, 200]
--- error_log
failed (2: No such file or directory)
failed (20: Not a directory)
--- file_count: html/temp 0
--- skip_nginx: all: nginx answers 500



=== TEST 10: create_full_put_path is inherited
--- http_config
    create_full_put_path on; dav_methods PUT; dav_access all:r;
--- config
    location / { }
    location /off { create_full_put_path off; dav_methods off; }
--- request eval
["PUT /a/b\nabc", "PUT /off\nabc"]
--- error_code eval
[201, 405]
--- file_modes
html/a/b 604
html/a 705



=== TEST 11: methods that are not named
--- config
    location / { dav_methods MKCOL; }
--- request eval
["PUT /a\nabc", "DELETE /index.html", "GET /index.html"]
--- error_code eval
[405, 405, 200]
--- response_headers eval
["Allow: GET, HEAD, MKCOL", "Allow: GET, HEAD, MKCOL", "! Allow"]
--- skip_nginx: all: nginx has no Allow



=== TEST 12: MKCOL
--- config
    location / { dav_methods MKCOL; }
--- request eval
["MKCOL /d/", "MKCOL /d", "MKCOL /no/d/"]
--- error_code eval
[201, 409, 409]
--- response_headers eval
["Location: http://localhost:$TEST_NGINX_SERVER_PORT/d/", "! Location", "! Location"]
--- error_log
MKCOL can create a collection only
mkdir() "
/html/no/d" failed (2: No such file or directory)



=== TEST 13: MKCOL of what is there
--- config
    location / { dav_methods MKCOL; }
--- user_files
>>> d/f
f
--- request
MKCOL /d/
--- error_code: 405
--- response_headers
Allow: GET, HEAD, MKCOL
--- error_log
failed (17: File exists)
--- skip_nginx: all: nginx has no Allow



=== TEST 14: bodies that have no meaning
--- config
    location / { dav_methods MKCOL DELETE; }
--- request eval
["MKCOL /d/\nabc", "DELETE /index.html\nabc"]
--- error_code eval
[415, 415]
--- error_log
MKCOL with body is unsupported
DELETE with body is unsupported



=== TEST 15: DELETE of a file, and of a tree
--- config
    location / { dav_methods DELETE; }
--- user_files
>>> f
f
>>> d/a/b/c
c
>>> d/.hidden
h
>>> d/e/
--- request eval
["DELETE /f", "DELETE /f", "DELETE /d", "DELETE /d/", "DELETE /d/"]
--- error_code eval
[204, 404, 409, 204, 404]
--- error_log
lstat() "
/html/f" failed (2: No such file or directory)
/html/d" failed (21: Is a directory)
--- file_count: html 1



=== TEST 16: Depth of DELETE
--- config
    location / { dav_methods DELETE; }
--- user_files
>>> d/f
f
--- request eval
["DELETE /d/", "DELETE /d/f"]
--- more_headers eval
["Depth: 0", "Depth: 1"]
--- error_code eval
[400, 400]
--- error_log
"Depth" header must be infinity
"Depth" header must be 0 or infinity
--- file_count: html/d 1



=== TEST 17: a Depth that is none, and those that a file takes
--- config
    location / { dav_methods DELETE; }
--- user_files
>>> a
a
>>> b
b
>>> c
c
--- request eval
["DELETE /a", "DELETE /b", "DELETE /c"]
--- more_headers eval
["Depth: 2", "Depth: 0", "Depth: infinity"]
--- error_code eval
[400, 204, 204]
--- error_log
client sent invalid "Depth" header: "2"



=== TEST 18: a file is no collection
--- config
    location / { dav_methods DELETE; }
--- request
DELETE /index.html/
--- error_code: 409
--- error_log
failed (20: Not a directory)



=== TEST 19: min_delete_depth
--- config
    location / { dav_methods DELETE; min_delete_depth 3; }
--- user_files
>>> a/b/c
c
--- request eval
["DELETE /a/", "DELETE /a/b/", "DELETE /a/b/c"]
--- error_code eval
[409, 409, 204]
--- error_log
insufficient URI depth:2 to DELETE
insufficient URI depth:3 to DELETE



=== TEST 20: min_delete_depth is inherited
--- config
    min_delete_depth 2;
    location / { dav_methods DELETE; }
--- request
DELETE /index.html
--- error_code: 409
--- error_log
insufficient URI depth:1 to DELETE



=== TEST 21: conditions
--- config
    location / { dav_methods PUT DELETE; }
--- user_files
>>> a 200001010000.00
old
--- request eval
["PUT /a\nnew", "PUT /b\nnew", "DELETE /a", "PUT /a\nnew", "PUT /a\nnew", "PUT /c\nnew"]
--- more_headers eval
["If-None-Match: *", "If-Match: *", "If-Match: \"x\"", "If-Unmodified-Since: Fri, 31 Dec 1999 00:00:00 GMT", "If-Match: \"386d4380-4\"", "If-None-Match: *"]
--- error_code eval
[412, 412, 412, 412, 204, 201]
--- skip_nginx: all: nginx looks at no conditions



=== TEST 22: disable_symlinks
--- config
    location / { dav_methods PUT DELETE MKCOL; create_full_put_path on; disable_symlinks on from=$document_root; }
--- user_files
>>> real/f
f
--- user_links
way real
real/link f
--- request eval
["PUT /way/g\nabc", "DELETE /way/f", "MKCOL /way/d/", "PUT /way/x/g\nabc", "PUT /real/g\nabc", "DELETE /real/link", "DELETE /way", "GET /real/f"]
--- error_code eval
[403, 403, 403, 409, 201, 204, 204, 200]
--- file_count: html/real 2
--- skip_nginx: all: nginx follows links



=== TEST 23: a link that is deleted is not followed
--- config
    location / { dav_methods DELETE; }
--- user_files
>>> real/f
f
>>> d/g
g
--- user_links
d/way ../real
--- request eval
["DELETE /d/", "GET /real/f"]
--- error_code eval
[204, 200]
--- skip_nginx: all: it removes what is behind the link



=== TEST 24: out of an alias
--- config
    location /files { alias $TEST_NGINX_HTML_DIR/data/; dav_methods PUT DELETE; }
    location /plain { alias $TEST_NGINX_HTML_DIR/data; dav_methods PUT DELETE; }
--- user_files
>>> data/f
f
>>> secret
s
>>> data-secret
s
--- request eval
["DELETE /files../secret", "PUT /files../new\nabc", "DELETE /plain-secret", "DELETE /plain../secret", "PUT /plain/new\nabc", "DELETE /files/f"]
--- error_code eval
[403, 403, 403, 403, 201, 204]
--- error_log
is outside of the root
--- file_count: html 4
--- skip_nginx: all: nginx leaves the root



=== TEST 25: an encoded way out
--- config
    location /d/ { dav_methods DELETE; }
--- request eval
["DELETE /d/%2e%2e/index.html", "DELETE /d/..%2f..%2findex.html", "GET /index.html"]
--- error_code eval
[405, 400, 200]



=== TEST 26: a request that has broken off leaves nothing
--- config
    location / { dav_methods PUT; client_body_temp_path $TEST_NGINX_HTML_DIR/temp; }
--- user_files
>>> a
old
--- raw_request eval
"PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" . ("x" x 50000)
--- shutdown: 1
--- ignore_response
--- error_log
client prematurely closed connection
--- file_count
html/temp 0
html 2



=== TEST 27: a body that is too large
--- config
    location / { dav_methods PUT; client_max_body_size 4; }
--- request
PUT /a
abcdef
--- error_code: 413
--- file_count: html 1



=== TEST 28: wrong words
--- config
    location / { dav_methods GET; }
--- must_die
--- error_log
invalid value "GET" in



=== TEST 29: a right that is none
--- config
    location / { dav_access all:x; }
--- must_die
--- error_log
invalid value "all:x" in



=== TEST 30: a method twice
--- config
    location / { dav_methods PUT PUT; dav_methods DELETE; }
--- request eval
["PUT /a\nabc", "DELETE /a"]
--- error_code eval
[201, 204]
--- error_log
duplicate value "PUT" in



=== TEST 31: a depth that is none
--- config
    location / { min_delete_depth x; }
--- must_die
--- error_log
"min_delete_depth" directive invalid number in



=== TEST 32: a body that mirror has read
--- config
    location / { dav_methods PUT; mirror /mirror; }
    location = /mirror { internal; return 204; }
--- request eval
["PUT /a\nabc", "GET /a"]
--- error_code eval
[201, 200]
--- response_body eval
["", "abc"]
--- skip_nginx: all: nginx has the body in memory, and answers 500
