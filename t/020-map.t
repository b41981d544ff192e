# map: values, patterns, names, defaults.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: exact values, without case; and the default
--- http_config
    map $arg_x $y {
        default d;
        a       1;
        B       2;
        "c d"   "3 4";
        ""      empty;
    }
--- config
    location / { return 200 "$y\n"; }
--- request eval
["GET /?x=a", "GET /?x=A", "GET /?x=b", "GET /?x=z", "GET /", "GET /?x="]
--- response_body eval
["1\n", "1\n", "2\n", "d\n", "empty\n", "empty\n"]



=== TEST 2: no default
--- http_config
    map $arg_x $y { a 1; }
--- config
    location / { return 200 "[$y]\n"; }
--- request eval
["GET /?x=a", "GET /?x=b"]
--- response_body eval
["[1]\n", "[]\n"]



=== TEST 3: patterns in their order, after exact values
--- http_config
    map $uri $y {
        default          d;
        ~^/a(\d+)        "n$1";
        ~*^/A            caseless;
        /a12             exact;
        ~^/(?<who>\w+)!$ "hello $who";
        ~/never          x;
    }
--- config
    location / { return 200 "$y\n"; }
--- request eval
["GET /a7", "GET /a12", "GET /ab", "GET /you!", "GET /b"]
--- response_body eval
["n7\n", "exact\n", "caseless\n", "hello you\n", "d\n"]



=== TEST 4: hostnames
--- http_config
    map $http_host $y {
        hostnames;
        default       d;
        example.com   exact;
        *.example.com head;
        .dot.com      dot;
        example.*     tail;
    }
--- config
    location / { return 200 "$y\n"; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["Host: example.com", "Host: a.b.example.com", "Host: dot.com", "Host: x.dot.com", "Host: example.org", "Host: other"]
--- response_body eval
["exact\n", "head\n", "dot\n", "dot\n", "tail\n", "d\n"]



=== TEST 5: values with variables, a map of a map
--- http_config
    map $arg_x $one { a "$arg_y-$uri"; default $two; }
    map $arg_z $two { default "two:$arg_z"; }
    map "$arg_x:$arg_y" $both { "1:2" yes; default no; }
--- config
    location / { return 200 "$one $both\n"; }
--- request eval
["GET /p?x=a&y=b", "GET /p?z=c", "GET /?x=1&y=2"]
--- response_body eval
["b-/p no\n", "two:c no\n", "two: yes\n"]



=== TEST 6: values that look like parameters are written with a backslash
--- http_config
    map $arg_x $y {
        \default   word;
        \hostnames names;
        \~tilde    tilde;
        default    d;
    }
--- config
    location / { return 200 "$y\n"; }
--- request eval
["GET /?x=default", "GET /?x=hostnames", "GET /?x=~tilde", "GET /?x=q"]
--- response_body eval
["word\n", "names\n", "tilde\n", "d\n"]



=== TEST 7: include, and volatile
--- http_config
    map $arg_x $y {
        volatile;
        include map.inc;
        default d;
    }
--- config
    location / { set $a $y; set $args x=2; return 200 "$a $y\n"; }
--- user_files
>>> ../conf/map.inc
1 one;
2 two;
--- request
GET /?x=1
--- response_body
one two



=== TEST 8: without volatile the value is kept
--- http_config
    map $arg_x $y { 1 one; 2 two; }
--- config
    location / { set $a $y; set $args x=2; return 200 "$a $y\n"; }
--- request
GET /?x=1
--- response_body
one one



=== TEST 9: the sizes of its tables
--- http_config
    map_hash_max_size 4096;
    map_hash_bucket_size 128;
    map $arg_x $y { a 1; }
--- config
    location / { return 200 "$y\n"; }
--- request
GET /?x=a
--- response_body
1



=== TEST 10: wrong number of parameters
--- http_config
    map $arg_x $y { a 1 2; }
--- config
--- must_die
--- error_log
invalid number of the map parameters in



=== TEST 11: the name without a dollar
--- http_config
    map $arg_x y { a 1; }
--- config
--- must_die
--- error_log
invalid variable name "y" in



=== TEST 12: $1 around a map is not that of the map's expression
--- http_config
    map $http_x $m { default none; ~^(.)(.*)$ "$2$1"; }
    map $m $mm { default none; ~^b(.) "$1-$m-$1"; }
    map $http_x $v { volatile; default none; ~^(?<first>.)(.*)$ "$2"; }
--- config
    location ~ ^/l/(.*)$ { return 200 "$m $1 $mm $1 $v $1 $first\n"; }
    location /r/ { rewrite ^/r/(.*)$ /o/$m/$1/$v/$1 last; }
    location /o/ { return 200 "$uri\n"; }
    location /i/ {
        if ($uri ~ ^/i/(.*)$) { set $a $m; set $b "$1$v$1"; }
        return 200 "$a $b\n";
    }
    location ~ ^/f/(.*)$ { if ($mm) { set $a $1; } return 200 "$a $1\n"; }
--- request eval
["GET /l/rest", "GET /r/rest", "GET /i/rest", "GET /f/rest"]
--- more_headers
X: abc
--- response_body eval
["bca rest c-bca-c rest bc rest a\n", "/o/bca/rest/bc/rest\n", "bca restbcrest\n", "rest rest\n"]
--- skip_nginx: all



=== TEST 13: a value that no expression chose has $1 of what is around the map
--- http_config
    map $http_x $m { default "[$1]"; exact "<$1>"; ~never x; }
--- config
    location ~ ^/l/(.*)$ { return 200 "$m\n"; }
--- request eval
["GET /l/rest", "GET /l/rest"]
--- more_headers eval
["X: other", "X: exact"]
--- response_body eval
["[rest]\n", "<rest>\n"]



=== TEST 14: an expression that runs away leaves the default
--- http_config
    map $arg_k $m { default "default"; "~^(a+)+\1$" never; "~^a" other; }
--- config
    location / { return 200 "$m\n"; }
--- timeout: 30
--- request
GET /?k=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!
--- response_body
default
--- error_log
[alert]
