# brotli_static, and which of several compressed files a client is sent. nginx here has no such module.

use Test::Nginx::Socket 'no_plan';

# "compressed text\n"
our $Gz = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xce\xcf\x2d\x28\x4a\x2d\x2e\x4e\x4d\x51\x28\x49\xad\x28\xe1\x02\x00\x17\x7d\x65\x47\x10\x00\x00\x00";
our $Br = "\x1b\x0f\x00\xf8\xa5\x15\x40\xc8\xca\xa4\x22\x9a\x00\x53\x2b\x78\xf4\x9f\x77\x02";

run_tests();

__DATA__

=== TEST 1: a client that takes brotli is sent the compressed file, as the type of the other
--- config
    location / { brotli_static on; }
--- user_files eval
[["a.html", "plain"], ["a.html.br", $::Br, "200001010000.00"]]
--- request
GET /a.html
--- more_headers
Accept-Encoding: br
--- response_headers
Content-Type: text/html
Content-Encoding: br
Content-Length: 20
ETag: "386d4380-14"
Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT
! Accept-Ranges
! Vary
--- response_body_filters: unbrotli
--- response_body
compressed text
--- skip_nginx: all: brotli_static



=== TEST 2: another client is sent the file; it is off by default; always
--- config
    location / { brotli_static on; }
    location /off/ { alias $TEST_NGINX_HTML_DIR/; }
    location /always/ { brotli_static always; alias $TEST_NGINX_HTML_DIR/; }
--- user_files eval
[["a.html", "plain"], ["a.html.br", $::Br]]
--- pipelined_requests eval
["GET /a.html", "GET /off/a.html", "GET /always/a.html"]
--- more_headers eval
["", "Accept-Encoding: br", ""]
--- response_headers eval
["! Content-Encoding\nAccept-Ranges: bytes", "! Content-Encoding", "Content-Encoding: br"]
--- skip_nginx: all: brotli_static



=== TEST 3: weights decide between two files; of two that are equal it is brotli's
--- config
    location / { brotli_static on; gzip_static on; }
--- user_files eval
[["a.html", "plain"], ["a.html.gz", $::Gz], ["a.html.br", $::Br]]
--- pipelined_requests eval
["GET /a.html", "GET /a.html", "GET /a.html", "GET /a.html", "GET /a.html", "GET /a.html"]
--- more_headers eval
["Accept-Encoding: gzip, br", "Accept-Encoding: gzip;q=0.9, br;q=0.8", "Accept-Encoding: gzip", "Accept-Encoding: br", "Accept-Encoding: gzip;q=0, br;q=0", "Accept-Encoding: *"]
--- response_headers eval
["Content-Encoding: br", "Content-Encoding: gzip", "Content-Encoding: gzip", "Content-Encoding: br", "! Content-Encoding", "! Content-Encoding"]
--- skip_nginx: all: brotli_static



=== TEST 4: one of the two files is not there
--- config
    location / { brotli_static on; gzip_static on; }
--- user_files eval
[["a.html", "plain"], ["a.html.gz", $::Gz], ["b.html", "plain"], ["b.html.br", $::Br], ["c.html", "plain"], ["c.html.br/", ""]]
--- pipelined_requests eval
["GET /a.html", "GET /b.html", "GET /c.html"]
--- more_headers eval
["Accept-Encoding: gzip;q=0.5, br", "Accept-Encoding: gzip, br;q=0.5", "Accept-Encoding: gzip, br"]
--- response_headers eval
["Content-Encoding: gzip", "Content-Encoding: br", "! Content-Encoding"]
--- no_error_log
[error]
--- skip_nginx: all: brotli_static



=== TEST 5: always, beside a file that the client takes
--- config
    location / { brotli_static on; gzip_static always; }
    location /br/ { brotli_static always; gzip_static on; alias $TEST_NGINX_HTML_DIR/; }
--- user_files eval
[["a.html", "plain"], ["a.html.gz", $::Gz], ["a.html.br", $::Br]]
--- pipelined_requests eval
["GET /a.html", "GET /a.html", "GET /br/a.html", "GET /br/a.html"]
--- more_headers eval
["Accept-Encoding: br", "", "Accept-Encoding: gzip", ""]
--- response_headers eval
["Content-Encoding: br", "Content-Encoding: gzip", "Content-Encoding: gzip", "Content-Encoding: br"]
--- skip_nginx: all: brotli_static



=== TEST 6: what has no compressed file is compressed on its way
--- config
    brotli on;
    brotli_min_length 1;
    location / { brotli_static on; }
--- user_files eval
[["a.html", "plain"], ["a.html.br", $::Br], ["b.html", "plain"]]
--- pipelined_requests eval
["GET /a.html", "GET /b.html"]
--- more_headers
Accept-Encoding: br
--- response_headers eval
["Content-Encoding: br\nContent-Length: 20", "Content-Encoding: br\n! Content-Length"]
--- response_body_filters: unbrotli
--- response_body eval
["compressed text\n", "plain"]
--- skip_nginx: all: brotli_static



=== TEST 7: gzip_vary where there is a compressed file, once
--- config
    gzip_vary on;
    location / { brotli_static on; gzip_static on; }
--- user_files eval
[["a.html", "plain"], ["a.html.gz", $::Gz], ["a.html.br", $::Br], ["b.html", "plain"]]
--- pipelined_requests eval
["GET /a.html", "GET /a.html", "GET /a.html", "GET /b.html"]
--- more_headers eval
["Accept-Encoding: gzip", "Accept-Encoding: br", "", "Accept-Encoding: br"]
--- response_headers eval
["Vary: Accept-Encoding", "Vary: Accept-Encoding", "Vary: Accept-Encoding", "! Vary"]
--- skip_nginx: all: brotli_static



=== TEST 8: a range of it is all of it, a client that has it, an index, HEAD
--- config
    location / { brotli_static on; }
--- user_files eval
[["index.html", "plain"], ["index.html.br", $::Br, "200001010000.00"]]
--- pipelined_requests eval
["GET /index.html", "GET /index.html", "GET /", "HEAD /"]
--- more_headers eval
["Accept-Encoding: br\nRange: bytes=0-3", "Accept-Encoding: br\nIf-None-Match: \"386d4380-14\"", "Accept-Encoding: br", "Accept-Encoding: br"]
--- error_code eval
[200, 304, 200, 200]
--- response_headers eval
["Content-Encoding: br\n! Content-Range", "! Content-Encoding\nETag: \"386d4380-14\"", "Content-Encoding: br", "Content-Encoding: br\nContent-Length: 20"]
--- skip_nginx: all: brotli_static
