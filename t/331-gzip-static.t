# gzip_static: files that are compressed already.

use Test::Nginx::Socket 'no_plan';

# "compressed text\n"
our $Gz = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xce\xcf\x2d\x28\x4a\x2d\x2e\x4e\x4d\x51\x28\x49\xad\x28\xe1\x02\x00\x17\x7d\x65\x47\x10\x00\x00\x00";

run_tests();

__DATA__

=== TEST 1: a client that takes gzip is sent the compressed file, as the type of the other
--- config
    location / { gzip_static on; }
--- user_files eval
[["a.html", "plain"], ["a.html.gz", $::Gz, "200001010000.00"]]
--- request
GET /a.html
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Type: text/html
Content-Encoding: gzip
Content-Length: 36
ETag: "386d4380-24"
Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT
! Accept-Ranges
! Vary
--- response_body_filters: gunzip
--- response_body
compressed text



=== TEST 2: another client is sent the file
--- config
    location / { gzip_static on; }
--- user_files eval
[["a.html", "plain"], ["a.html.gz", $::Gz]]
--- request
GET /a.html
--- response_headers
! Content-Encoding
Content-Length: 5
Accept-Ranges: bytes
--- response_body chomp
plain



=== TEST 3: it is off by default
--- config
    location / { }
--- user_files eval
[["a.html", "plain"], ["a.html.gz", $::Gz]]
--- request
GET /a.html
--- more_headers
Accept-Encoding: gzip
--- response_headers
! Content-Encoding
--- response_body chomp
plain



=== TEST 4: there is no compressed file
--- config
    location / { gzip_static on; }
--- user_files eval
[["a.html", "plain"]]
--- request
GET /a.html
--- more_headers
Accept-Encoding: gzip
--- response_headers
! Content-Encoding
--- response_body chomp
plain
--- no_error_log
[error]



=== TEST 5: there is only the compressed file
--- config
    location / { gzip_static on; }
--- user_files eval
[["a.html.gz", $::Gz]]
--- pipelined_requests eval
["GET /a.html", "GET /a.html"]
--- more_headers eval
["Accept-Encoding: gzip", ""]
--- error_code eval
[200, 404]
--- response_headers eval
["Content-Encoding: gzip", "! Content-Encoding"]



=== TEST 6: always
--- config
    location / { gzip_static always; }
--- user_files eval
[["a.html", "plain"], ["a.html.gz", $::Gz]]
--- request
GET /a.html
--- response_headers
Content-Encoding: gzip
--- response_body_filters: gunzip
--- response_body
compressed text



=== TEST 7: always, and gunzip for clients that do not take it
--- config
    location / { gzip_static always; gunzip on; }
--- user_files eval
[["a.html.gz", $::Gz, "200001010000.00"]]
--- pipelined_requests eval
["GET /a.html", "HEAD /a.html"]
--- response_headers eval
["! Content-Encoding\n! Content-Length\nETag: W/\"386d4380-24\"", "! Content-Encoding\n! Content-Length\nETag: W/\"386d4380-24\""]
--- response_body eval
["compressed text\n", ""]



=== TEST 8: always, gunzip, and a client that takes it
--- config
    location / { gzip_static always; gunzip on; }
--- user_files eval
[["a.html.gz", $::Gz]]
--- request
GET /a.html
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
Content-Length: 36
--- response_body_filters: gunzip
--- response_body
compressed text



=== TEST 9: gzip_vary where there is a compressed file
--- config
    gzip_vary on;
    location / { gzip_static on; }
--- user_files eval
[["a.html", "plain"], ["a.html.gz", $::Gz], ["b.html", "plain"]]
--- pipelined_requests eval
["GET /a.html", "GET /a.html", "GET /b.html"]
--- more_headers eval
["Accept-Encoding: gzip", "", "Accept-Encoding: gzip"]
--- response_headers eval
["Vary: Accept-Encoding", "Vary: Accept-Encoding", "! Vary"]



=== TEST 10: a range of it is all of it
--- config
    location / { gzip_static on; }
--- user_files eval
[["a.html.gz", $::Gz]]
--- request
GET /a.html
--- more_headers
Accept-Encoding: gzip
Range: bytes=0-3
--- response_headers
Content-Encoding: gzip
! Content-Range
--- response_body_filters: gunzip
--- response_body
compressed text



=== TEST 11: a client that has it
--- config
    location / { gzip_static on; }
--- user_files eval
[["a.html.gz", $::Gz, "200001010000.00"]]
--- request
GET /a.html
--- more_headers
Accept-Encoding: gzip
If-None-Match: "386d4380-24"
--- error_code: 304
--- response_headers
ETag: "386d4380-24"
! Content-Encoding
--- response_body



=== TEST 12: a directory of that name, an index, a request that is not for a file
--- config
    location / { gzip_static on; }
--- user_files eval
[["a.html.gz/", ""], ["a.html", "plain"], ["index.html", "index"], ["index.html.gz", $::Gz]]
--- pipelined_requests eval
["GET /a.html", "GET /", "POST /index.html"]
--- more_headers
Accept-Encoding: gzip
--- error_code eval
[200, 200, 405]
--- response_headers eval
["! Content-Encoding", "Content-Encoding: gzip", "! Content-Encoding"]



=== TEST 13: alias, and gzip of what has no compressed file
--- config
    location /files/ {
        alias $TEST_NGINX_HTML_DIR/;
        gzip_static on;
        gzip on;
        gzip_min_length 1;
    }
--- user_files eval
[["a.html", "plain"], ["a.html.gz", $::Gz], ["b.html", "plain"]]
--- pipelined_requests eval
["GET /files/a.html", "GET /files/b.html"]
--- more_headers
Accept-Encoding: gzip
--- response_headers eval
["Content-Encoding: gzip\nContent-Length: 36", "Content-Encoding: gzip\n! Content-Length"]
--- response_body_filters: gunzip
--- response_body eval
["compressed text\n", "plain"]



=== TEST 14: a file that may not be read
--- config
    location / { gzip_static on; disable_symlinks on; }
    location /link { gzip_static on; root $TEST_NGINX_HTML_DIR/none; }
--- user_files eval
[["a.html", "plain"]]
--- pipelined_requests eval
["GET /a.html", "GET /link"]
--- more_headers
Accept-Encoding: gzip
--- error_code eval
[200, 404]
