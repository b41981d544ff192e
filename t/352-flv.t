# flv: a file from a byte on.

use Test::Nginx::Socket 'no_plan';

our $Header = "FLV\x{01}\x{05}\x{00}\x{00}\x{00}\x{09}\x{00}\x{00}\x{00}\x{00}";
our $Rest = "0123456789abcdef" x 19999;

run_tests();

__DATA__

=== TEST 1: start
--- config
    location / { flv; types { video/x-flv flv; } }
--- user_files eval
">>> a.flv 200001010000.00\n0123456789"
--- request eval
["GET /a.flv?start=4", "GET /a.flv?x=y&Start=9&start=1", "GET /a.flv", "GET /a.flv?start=0", "GET /a.flv?start=10", "GET /a.flv?start=-1", "GET /a.flv?start=4x", "GET /a.flv?start="]
--- response_body eval
[$::Header . "456789", $::Header . "9", "0123456789", "0123456789", "0123456789", "0123456789", "0123456789", "0123456789"]
--- response_headers eval
["Content-Type: video/x-flv\r\nContent-Length: 19\r\nETag: \"386d4380-13\"\r\nLast-Modified: Sat, 01 Jan 2000 00:00:00 GMT\r\nAccept-Ranges: bytes", "Content-Length: 14", "ETag: \"386d4380-a\"", "Content-Length: 10", "", "", "", ""]



=== TEST 2: a range of what is sent
--- config
    location / { flv; }
--- user_files eval
">>> a.flv 200001010000.00\n0123456789"
--- request
GET /a.flv?start=4
--- more_headers eval
["Range: bytes=3-8", "Range: bytes=9-14", "Range: bytes=13-", "Range: bytes=-2", "Range: bytes=19-", "Range: bytes=0-0\nIf-Range: \"386d4380-13\"", "Range: bytes=0-0\nIf-Range: \"386d4380-a\"", "If-None-Match: \"386d4380-13\""]
--- error_code eval
[206, 206, 206, 206, 416, 206, 200, 304]
--- response_body_like eval
["^\x{01}\x{05}\x{00}\x{00}\x{00}\x{09}\$", "^\x{00}\x{00}\x{00}\x{00}45\$", "^456789\$", "^89\$", "416", "^F\$", "^FLV.*456789\$", "^\$"]
--- response_headers eval
["Content-Range: bytes 3-8/19\r\nContent-Length: 6", "Content-Range: bytes 9-14/19", "Content-Range: bytes 13-18/19", "Content-Range: bytes 17-18/19", "Content-Range: bytes */19", "Content-Length: 1", "Content-Length: 19", ""]



=== TEST 3: several ranges
--- config
    location / { flv; }
--- user_files eval
">>> a.flv\n0123456789"
--- request eval
["GET /a.flv?start=4", "GET /a.flv"]
--- more_headers
Range: bytes=0-1,5-6
--- error_code eval
[200, 206]
--- response_body_like eval
["^FLV.*456789\$", "bytes 0-1/10"]
--- skip_nginx: all: nginx closes the connection



=== TEST 4: HEAD, other methods, and what is no file
--- config
    location / { flv; index x.html; }
--- user_files eval
">>> a.flv\n0123456789\n>>> d/x.html\nindex of d"
--- request eval
["HEAD /a.flv?start=4", "POST /a.flv?start=4", "GET /d/?start=4", "GET /d?start=4", "GET /none?start=4"]
--- error_code eval
[200, 405, 200, 301, 404]
--- response_headers eval
["Content-Length: 20", "! ETag", "", "Location: http://localhost:$TEST_NGINX_SERVER_PORT/d/?start=4", ""]
--- error_log
/none" failed (2: No such file or directory)



=== TEST 5: it is of one location
--- config
    location /a { flv; location /a/b { } }
--- user_files eval
">>> a/b/a.flv\n0123456789"
--- request
GET /a/b/a.flv?start=4
--- response_body eval
"0123456789"



=== TEST 6: a file that is larger than what a client takes at once
--- config
    location / { flv; }
--- user_files eval
">>> a.flv\n0123456789abcdef" . $::Rest
--- request
GET /a.flv?start=16
--- response_body eval
$::Header . $::Rest



=== TEST 7: over HTTP/2
--- http2
--- config
    location / { flv; }
--- user_files eval
">>> a.flv\n0123456789abcdef" . $::Rest
--- request eval
["GET /a.flv?start=16", "HEAD /a.flv?start=16", "GET /a.flv?start=16"]
--- more_headers eval
["", "", "Range: bytes=12-14"]
--- error_code eval
[200, 200, 206]
--- response_body eval
[$::Header . $::Rest, "", "\x{00}01"]
--- response_headers eval
["Content-Length: 319997", "Content-Length: 319997", "Content-Range: bytes 12-14/319997"]



=== TEST 8: compressed on the way
--- config
    location / { flv; gzip on; gzip_types *; gzip_min_length 1; }
--- user_files eval
">>> a.flv\n0123456789abcdef" . $::Rest
--- request
GET /a.flv?start=16
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
--- response_body_filters: gunzip
--- response_body eval
$::Header . $::Rest



=== TEST 9: a word too many
--- config
    location / { flv on; }
--- must_die
--- error_log
invalid number of arguments in "flv" directive



=== TEST 10: it is of locations
--- config
    flv;
--- must_die
--- error_log
"flv" directive is not allowed here
