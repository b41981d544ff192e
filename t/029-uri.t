# merge_slashes, and what becomes of a URI.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: slashes are merged
--- config
    location / { return 200 "$uri\n"; }
--- request eval
["GET //a///b//", "GET /a//../b", "GET //"]
--- response_body eval
["/a/b/\n", "/b\n", "/\n"]



=== TEST 2: merge_slashes off
--- config
    merge_slashes off;
    location / { return 200 "$uri\n"; }
--- request eval
["GET //a///b//", "GET /a//../b"]
--- response_body eval
["//a///b//\n", "/a/b\n"]



=== TEST 3: decoding, of what needs it, once
--- config
    location / { return 200 "$uri|$request_uri|$args\n"; }
--- request eval
["GET /%41%2f%25%34%31?%41", "GET /a+b%20c", "GET /a?b?c", "GET /%3F%23", "GET /a%E2%82%AC"]
--- response_body eval
["/A/%41|/%41%2f%25%34%31?%41|%41\n", "/a+b c|/a+b%20c|\n", "/a|/a?b?c|b?c\n", "/?#|/%3F%23|\n", "/a\xe2\x82\xac|/a%E2%82%AC|\n"]



=== TEST 4: dots
--- config
    location / { return 200 "$uri\n"; }
--- request eval
["GET /a/.", "GET /a/..", "GET /a/./b/../c", "GET /.a", "GET /a../b", "GET /...", "GET /a/%2E%2E/b", "GET /a/.b/", "GET /a/b/../../c"]
--- response_body eval
["/a/\n", "/\n", "/a/c\n", "/.a\n", "/a../b\n", "/...\n", "/b\n", "/a/.b/\n", "/c\n"]



=== TEST 5: arguments
--- config
    location / { return 200 "[$args][$is_args][$arg_a][$arg_b][$arg_A][$arg_none]\n"; }
--- request eval
["GET /?a=1&b=2", "GET /?", "GET /", "GET /?a", "GET /?b=&a=%20", "GET /?A=x&a=y", "GET /?aa=1&a=2&a=3"]
--- response_body eval
["[a=1&b=2][?][1][2][1][]\n", "[][][][][][]\n", "[][][][][][]\n", "[a][?][][][][]\n", "[b=&a=%20][?][%20][][%20][]\n", "[A=x&a=y][?][x][][x][]\n", "[aa=1&a=2&a=3][?][2][][2][]\n"]



=== TEST 6: control characters and spaces are refused
--- config
    location / { return 200 "$uri\n"; }
--- raw_request eval
"GET /a\x01b HTTP/1.0\r\n\r\n"
--- error_code: 400



=== TEST 7: and a zero
--- config
    location / { return 200 "$uri\n"; }
--- raw_request eval
"GET /a\x00b HTTP/1.0\r\n\r\n"
--- error_code: 400



=== TEST 8: bytes over 127 go through
--- config
    location / { return 200 "$uri\n"; }
--- raw_request eval
"GET /\xe2\x82\xac HTTP/1.0\r\n\r\n"
--- response_body eval
"/\xe2\x82\xac\n"



=== TEST 9: a target that is no path
--- config
    location / { return 200 "$uri\n"; }
--- raw_request eval
"GET a HTTP/1.0\r\n\r\n"
--- error_code: 400
