# location: which one answers, and what it inherits.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: exact, then ^~, then patterns in order, then the longest prefix
--- config
    location = / { return 200 "exact\n"; }
    location / { return 200 "root\n"; }
    location /docs/ { return 200 "docs\n"; }
    location /docs/more { return 200 "more\n"; }
    location ^~ /img/ { return 200 "img\n"; }
    location ~* \.(gif|jpg)$ { return 200 "picture $1\n"; }
    location ~ \.GIF$ { return 200 "never\n"; }
    location ~ ^/docs/x { return 200 "x\n"; }
--- request eval
["GET /", "GET /index", "GET /docs/a", "GET /docs/mor", "GET /docs/more2", "GET /img/1.gif", "GET /docs/1.JPG", "GET /a.GIF", "GET /docs/xyz", "GET /?a"]
--- response_body eval
["exact\n", "root\n", "docs\n", "docs\n", "more\n", "img\n", "picture JPG\n", "picture GIF\n", "x\n", "exact\n"]



=== TEST 2: modifiers written together with the name
--- config
    location =/a { return 200 "exact\n"; }
    location ^~/b { return 200 "prefix\n"; }
    location ~/c\d { return 200 "regex\n"; }
    location ~*/D { return 200 "caseless\n"; }
    location ~ ^/b { return 200 "never\n"; }
    location / { return 200 "root\n"; }
--- request eval
["GET /a", "GET /a/", "GET /b1", "GET /c1", "GET /C1", "GET /d"]
--- response_body eval
["exact\n", "root\n", "prefix\n", "regex\n", "root\n", "caseless\n"]



=== TEST 3: nested locations
--- config
    location /a {
        location /a/b { return 200 "b\n"; }
        location ~ \.x$ { return 200 "nested x\n"; }
        location = /a/exact { return 200 "exact\n"; }
        return 200 "a\n";
    }
    location ~ \.x$ { return 200 "outer x\n"; }
    location ~ ^/r/(.*) {
        location ~ ^/r/(\d+)$ { return 200 "number $1\n"; }
        return 200 "rest $1\n";
    }
--- request eval
["GET /a", "GET /a/b/c", "GET /a/1.x", "GET /a/exact", "GET /1.x", "GET /r/12", "GET /r/ab"]
--- response_body eval
["a\n", "b\n", "nested x\n", "exact\n", "outer x\n", "number 12\n", "rest ab\n"]



=== TEST 4: patterns of a nested location do not matter outside of it
--- config
    location /a { location ~ \.y$ { return 200 "y\n"; } return 200 "a\n"; }
    location / { return 200 "root\n"; }
--- request eval
["GET /1.y", "GET /a/1.y"]
--- response_body eval
["root\n", "y\n"]



=== TEST 5: the path is matched decoded and without dots
--- config
    location = /a/b { return 200 "ab $uri|$request_uri\n"; }
    location /c%20d { return 200 "never\n"; }
    location "/c d" { return 200 "space $uri\n"; }
    location / { return 200 "root $uri\n"; }
--- request eval
["GET /a/./b", "GET /x/../a//b?q", "GET /%61/b", "GET /c%20d", "GET /a/b%2Fc", "GET /a%2Fb"]
--- response_body eval
["ab /a/b|/a/./b\n", "ab /a/b|/x/../a//b?q\n", "ab /a/b|/%61/b\n", "space /c d\n", "root /a/b/c\n", "ab /a/b|/a%2Fb\n"]



=== TEST 6: out of the root is refused
--- config
    location / { return 200 "root\n"; }
--- request eval
["GET /../a", "GET /a/../../b", "GET /a/%2e%2e/%2e%2e/b", "GET /%", "GET /%zz", "GET /%00"]
--- error_code eval
[400, 400, 400, 400, 400, 400]



=== TEST 7: captures by name
--- config
    location ~ ^/(?<first>\w+)/(?P<second>\w+)$ { return 200 "$first+$second $1 $2\n"; }
--- request
GET /a/b
--- response_body
a+b a b



=== TEST 8: what a location does not say it has from around it
--- config
    default_type text/x-server;
    add_header X-Level server;
    location /a {
        default_type text/x-a;
        location /a/b { add_header X-Level b; return 200 ""; }
        return 200 "";
    }
    location /c { return 200 ""; }
--- request eval
["GET /a", "GET /a/b", "GET /c"]
--- response_headers eval
["Content-Type: text/x-a\nX-Level: server", "Content-Type: text/x-a\nX-Level: b", "Content-Type: text/x-server\nX-Level: server"]



=== TEST 9: a prefix that ends in a slash answers without one too, where it proxies
--- config
    location /app/ { proxy_pass http://127.0.0.1:1; }
    location /files/ { return 200 "files\n"; }
    location / { return 200 "root\n"; }
--- request eval
["GET /app?x=1", "GET /files"]
--- error_code eval
[301, 200]
--- response_headers eval
["Location: http://localhost:$TEST_NGINX_SERVER_PORT/app/?x=1", ""]



=== TEST 10: locations on the way of an exact and a prefix of the same name
--- config
    location = /a { return 200 "exact\n"; }
    location /a { return 200 "prefix\n"; }
    location ^~ /a/ { return 200 "under\n"; }
--- request eval
["GET /a", "GET /ab", "GET /a/b"]
--- response_body eval
["exact\n", "prefix\n", "under\n"]



=== TEST 11: many locations
--- config
    location /a { return 200 "a\n"; }
    location /ab { return 200 "ab\n"; }
    location /abc { return 200 "abc\n"; }
    location /abd { return 200 "abd\n"; }
    location /b { return 200 "b\n"; }
    location /ba { return 200 "ba\n"; }
    location /aa { return 200 "aa\n"; }
    location /c { return 200 "c\n"; }
    location /B { return 200 "B\n"; }
    location / { return 200 "root\n"; }
--- request eval
["GET /a", "GET /abx", "GET /abcd", "GET /abd", "GET /abe", "GET /bb", "GET /baa", "GET /aab", "GET /d", "GET /B", "GET /c"]
--- response_body eval
["a\n", "ab\n", "abc\n", "abd\n", "ab\n", "b\n", "ba\n", "aa\n", "root\n", "B\n", "c\n"]



=== TEST 12: no location at all
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- user_files
>>> a.txt
text
--- request
GET /a.txt
--- response_body
text



=== TEST 13: patterns with back references, and flags that end with their group
--- config
    location ~ "(?:(\1|a)b){2}" { return 200 "twice\n"; }
    location ~ "^/(a(?i)b)c(?=d)" { return 200 "flag\n"; }
    location ~ "^/\Qx.y\E\R?$" { return 200 "quoted\n"; }
    location ~ "(*UTF8)^/u/.$" { return 200 "one character\n"; }
    location / { return 200 "none\n"; }
--- request eval
["GET /abab", "GET /aBcd", "GET /aBCd", "GET /x.y", "GET /xzy", "GET /u/%c3%a9", "GET /u/%c3%a9a"]
--- response_body eval
["twice\n", "flag\n", "none\n", "quoted\n", "none\n", "one character\n", "none\n"]



=== TEST 14: a pattern that runs away is 500 and a line in the log
--- config
    location ~ "^/r/(a|aa|a\1)+$(?<!z)" { return 200 "never\n"; }
    location / { return 200 "other\n"; }
--- request eval
["GET /r/" . ("a" x 60) . "!", "GET /b"]
--- timeout: 30
--- error_code eval
[500, 200]
--- error_log
aaaaaaaa
--- skip_nginx: all: its limit is ten times as far
