# Conditional requests and ranges, on static files.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: If-Modified-Since
--- config
    location / { root html; }
--- user_files
>>> a.txt 20200102030405
hello
--- request eval
["GET /a.txt", "GET /a.txt", "GET /a.txt", "GET /a.txt"]
--- more_headers eval
["If-Modified-Since: Thu, 02 Jan 2020 03:04:05 GMT", "If-Modified-Since: Thu, 02 Jan 2020 03:04:06 GMT", "If-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT", "If-Modified-Since: nonsense"]
--- error_code eval
[304, 200, 200, 200]
--- response_headers eval
["! Content-Length\nETag: \"5e0d5da5-6\"\nLast-Modified: Thu, 02 Jan 2020 03:04:05 GMT\n! Content-Type", "", "", ""]



=== TEST 2: If-None-Match
--- config
    location / { root html; }
--- user_files
>>> a.txt 20200102030405
hello
--- request eval
["GET /a.txt", "GET /a.txt", "GET /a.txt", "GET /a.txt", "HEAD /a.txt"]
--- more_headers eval
["If-None-Match: \"5e0d5da5-6\"", "If-None-Match: \"x\", W/\"5e0d5da5-6\"", "If-None-Match: *", "If-None-Match: \"x\"\nIf-Modified-Since: Thu, 02 Jan 2020 03:04:05 GMT", "If-None-Match: \"5e0d5da5-6\""]
--- error_code eval
[304, 304, 304, 200, 304]



=== TEST 3: If-Match and If-Unmodified-Since
--- config
    location / { root html; }
--- user_files
>>> a.txt 20200102030405
hello
--- request eval
["GET /a.txt", "GET /a.txt", "GET /a.txt", "GET /a.txt", "GET /a.txt"]
--- more_headers eval
["If-Match: \"5e0d5da5-6\"", "If-Match: \"x\"", "If-Match: *", "If-Unmodified-Since: Thu, 02 Jan 2020 03:04:05 GMT", "If-Unmodified-Since: Wed, 01 Jan 2020 00:00:00 GMT"]
--- error_code eval
[200, 412, 200, 200, 412]



=== TEST 4: one range
--- config
    location / { root html; }
--- user_files
>>> a.txt 20200102030405
0123456789
--- request eval
["GET /a.txt", "GET /a.txt", "GET /a.txt", "GET /a.txt", "GET /a.txt"]
--- more_headers eval
["Range: bytes=0-0", "Range: bytes=2-4", "Range: bytes=8-", "Range: bytes=-3", "Range: bytes=5-100"]
--- error_code eval
[206, 206, 206, 206, 206]
--- response_body eval
["0", "234", "89\n", "89\n", "56789\n"]
--- response_headers eval
["Content-Range: bytes 0-0/11\nContent-Length: 1", "Content-Range: bytes 2-4/11", "Content-Range: bytes 8-10/11", "Content-Range: bytes 8-10/11", "Content-Range: bytes 5-10/11\n! Accept-Ranges"]



=== TEST 5: ranges that cannot be had
--- config
    location / { root html; }
--- user_files
>>> a.txt
0123456789
--- request eval
["GET /a.txt", "GET /a.txt", "GET /a.txt", "GET /a.txt"]
--- more_headers eval
["Range: bytes=11-", "Range: bytes=20-30", "Range: lines=1-2", "Range: bytes=x-y"]
--- error_code eval
[416, 416, 200, 416]
--- response_headers eval
["Content-Range: bytes */11", "Content-Range: bytes */11", "! Content-Range", "Content-Range: bytes */11"]



=== TEST 6: several ranges
--- config
    location / { root html; types { } default_type text/x; }
--- user_files
>>> a.txt
0123456789
--- request
GET /a.txt
--- more_headers
Range: bytes=0-1,-2
--- error_code: 206
--- response_headers_like
Content-Type: multipart/byteranges; boundary=\w+
--- response_body_like eval
qr{^\r\n--(\w+)\r\nContent-Type: text/x\r\nContent-Range: bytes 0-1/11\r\n\r\n01\r\n--\1\r\nContent-Type: text/x\r\nContent-Range: bytes 9-10/11\r\n\r\n9\n\r\n--\1--\r\n$}



=== TEST 7: more ranges than are sent in one go
--- config
    location / { root html; types { } default_type text/x; }
--- user_files eval
">>> a.txt\n" . ("0123456789" x 20) . "\n"
--- request
GET /a.txt
--- more_headers eval
"Range: bytes=" . ("0-0,2-2," x 40) . "4-4"
--- error_code: 206
--- response_body_like eval
qr{^(\r\n--\w+\r\nContent-Type: text/x\r\nContent-Range: bytes (0-0/201\r\n\r\n0|2-2/201\r\n\r\n2)){80}\r\n--\w+\r\nContent-Type: text/x\r\nContent-Range: bytes 4-4/201\r\n\r\n4\r\n--\w+--\r\n$}



=== TEST 8: If-Range
--- config
    location / { root html; }
--- user_files
>>> a.txt 20200102030405
hello
--- request eval
["GET /a.txt", "GET /a.txt", "GET /a.txt", "GET /a.txt"]
--- more_headers eval
["Range: bytes=0-0\nIf-Range: \"5e0d5da5-6\"", "Range: bytes=0-0\nIf-Range: \"x\"", "Range: bytes=0-0\nIf-Range: Thu, 02 Jan 2020 03:04:05 GMT", "Range: bytes=0-0\nIf-Range: Thu, 02 Jan 2020 03:04:06 GMT"]
--- error_code eval
[206, 200, 206, 200]



=== TEST 9: a range of HEAD, and one of what return says
--- config
    location / { root html; }
    location /r { return 200 "0123"; }
--- user_files
>>> a.txt
0123456789
--- request eval
["HEAD /a.txt", "GET /r"]
--- more_headers eval
["Range: bytes=2-4", "Range: bytes=2-4"]
--- error_code eval
[206, 200]
--- response_body eval
["", "0123"]



=== TEST 10: If-Range is about what the client sees
--- config
    location / { add_header Last-Modified "Wed, 01 Jan 2020 00:00:00 GMT"; }
    location /tag { alias html/a.txt; add_header ETag '"mine"'; }
    location /proxied { proxy_force_ranges on; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/a.txt; proxy_set_header Range ""; add_header Last-Modified "Thu, 02 Jan 2020 00:00:00 GMT"; }
--- user_files
>>> a.txt 20200102030405
hello
--- request eval
["GET /a.txt", "GET /a.txt", "GET /tag", "GET /tag", "GET /proxied", "GET /proxied"]
--- more_headers eval
["Range: bytes=0-0\nIf-Range: Wed, 01 Jan 2020 00:00:00 GMT", "Range: bytes=0-0\nIf-Range: Thu, 02 Jan 2020 03:04:05 GMT", "Range: bytes=0-0\nIf-Range: \"mine\"", "Range: bytes=0-0\nIf-Range: \"5e0d5da5-6\"", "Range: bytes=0-0\nIf-Range: Thu, 02 Jan 2020 00:00:00 GMT", "Range: bytes=0-0\nIf-Range: Wed, 01 Jan 2020 00:00:00 GMT"]
--- error_code eval
[206, 200, 206, 200, 206, 200]



=== TEST 11: parts that are longer than the file with their heads
--- config
    location / { root html; types { } default_type text/x; }
--- user_files eval
">>> small\n" . ("0123456789" x 20) . "\n>>> large\n" . ("0123456789" x 1100)
--- request eval
["GET /small", "GET /small", "GET /large", "GET /large"]
--- more_headers eval
["Range: bytes=" . ("0-0," x 70) . "4-4", "Range: bytes=" . ("0-0," x 100) . "4-4", "Range: bytes=" . ("0-0," x 100) . "4-4", "Range: bytes=" . ("0-0," x 140) . "4-4"]
--- error_code eval
[206, 200, 206, 200]
--- response_headers eval
["! Accept-Ranges", "Content-Type: text/x\nContent-Length: 201\nAccept-Ranges: bytes\n! Content-Range", "! Accept-Ranges", "Content-Type: text/x\nContent-Length: 11000\nAccept-Ranges: bytes"]
--- skip_nginx: all: it sends the parts



=== TEST 12: what RFC 9110 says of ranges: one that ends before it begins is none, a list may have empty elements, a last byte may be as far away as it likes
--- config
    location / { root html; }
--- user_files
>>> a.txt
0123456789
--- request eval
["GET /a.txt", "GET /a.txt", "GET /a.txt", "GET /a.txt"]
--- more_headers eval
["Range: bytes=5-2", "Range: bytes=,1-2", "Range: bytes=7-99999999999999999999", "Range: bytes=-99999999999999999999"]
--- error_code eval
[200, 206, 206, 206]
--- response_body eval
["0123456789\n", "12", "789\n", "0123456789\n"]
--- skip_nginx: all: it says 416



=== TEST 13: of tags and times: a tag stands in for a time
--- config
    location / { root html; }
--- user_files
>>> a.txt 20200102030405
hello
--- request eval
["GET /a.txt", "GET /a.txt", "GET /a.txt", "GET /a.txt"]
--- more_headers eval
["If-None-Match: \"5e0d5da5-6\"\nIf-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT", "If-None-Match: \"x\"\nIf-Modified-Since: Thu, 02 Jan 2020 03:04:05 GMT", "If-Match: \"5e0d5da5-6\"\nIf-Unmodified-Since: Wed, 01 Jan 2020 00:00:00 GMT", "If-Match: \"x\"\nIf-Unmodified-Since: Thu, 02 Jan 2020 03:04:05 GMT"]
--- error_code eval
[304, 200, 200, 412]
--- skip_nginx: all: it looks at both



=== TEST 14: several lines are one list
--- request eval
["GET /a.txt", "GET /a.txt", "GET /a.txt", "GET /a.txt"]
--- more_headers eval
["If-None-Match: \"x\"\nIf-None-Match: \"5e0d5da5-6\"", "If-None-Match: \"x\"\nIf-None-Match: \"y\"", "If-Match: \"5e0d5da5-6\"\nIf-Match: \"x\"", "If-Match: \"x\"\nIf-Match: \"y\""]
--- error_code eval
[304, 200, 200, 412]
--- skip_nginx: all: it says 400



=== TEST 15: what is no date is ignored, and so is a date where there is none to compare it with
--- config
    location / { root html; }
    location /r { return 200 "text"; }
--- user_files
>>> a.txt 20200102030405
hello
--- request eval
["GET /a.txt", "GET /r"]
--- more_headers eval
["If-Unmodified-Since: nonsense", "If-Unmodified-Since: Thu, 02 Jan 2020 03:04:05 GMT"]
--- error_code eval
[200, 200]
--- skip_nginx: all: it says 412



=== TEST 16: a method that is to change something is not told 304; one that asks for nothing is not conditional
--- config
    location / { return 200 "text"; }
--- request eval
["POST /", "OPTIONS /", "GET /"]
--- more_headers
If-None-Match: *
--- error_code eval
[412, 200, 304]
--- skip_nginx: all: it says 304



=== TEST 17: a weak tag is no reason for a part
--- config
    location / { proxy_force_ranges on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nETag: W/\"a\"\r\nContent-Length: 5\r\n\r\nhello"
--- request
GET /
--- more_headers
Range: bytes=0-0
If-Range: W/"a"
--- response_body chomp
hello
--- skip_nginx: all: it sends the part
