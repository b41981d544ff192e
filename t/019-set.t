# set.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: in server and location, in the order they are written
--- config
    set $a 1;
    set $b $a$a;
    location / { set $a 2; set $c "$a-$b"; return 200 "$a $b $c\n"; set $c never; }
--- request
GET /
--- response_body
2 11 2-11



=== TEST 2: what is not set yet is empty, and a warning
--- config
    location /a { return 200 "[$x]\n"; }
    location /b { set $x b; return 200 "[$x]\n"; }
--- request eval
["GET /a", "GET /b"]
--- response_body eval
["[]\n", "[b]\n"]
--- error_log
using uninitialized "x" variable



=== TEST 3: kept over internal redirects
--- config
    location /a { set $x from_a; error_page 404 = /b; return 404; }
    location /b { return 200 "$x\n"; }
--- request
GET /a
--- response_body
from_a



=== TEST 4: captures are kept by set
--- config
    location ~ ^/(\w+)/(\w+)$ { set $first $1; set $second $2; return 200 "$second/$first\n"; }
--- request
GET /x/y
--- response_body
y/x



=== TEST 5: $args can be set
--- config
    location / { set $args "a=b&c=d"; return 200 "$args $arg_c $query_string $is_args $request_uri\n"; }
--- request
GET /x?q
--- response_body
a=b&c=d d a=b&c=d ? /x?q



=== TEST 6: $limit_rate can be set
--- config
    location / { set $limit_rate 1000k; root html; }
--- request
GET /
--- response_body_like: It works



=== TEST 7: names are without case, values not
--- config
    location / { set $MixedCase Value; return 200 "$mixedcase\n"; }
--- request
GET /
--- response_body
Value



=== TEST 8: in an array of requests each has its own
--- config
    location / { set $n "$n$request_uri"; return 200 "$n\n"; }
--- pipelined_requests eval
["GET /1", "GET /2"]
--- response_body eval
["/1\n", "/2\n"]
