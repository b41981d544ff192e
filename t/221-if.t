# if: its conditions, and the nameless location it makes.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: a variable alone: neither empty nor 0
--- config
    location / { if ($arg_a) { return 200 "yes\n"; } return 200 "no\n"; }
--- request eval
["GET /", "GET /?a=", "GET /?a=0", "GET /?a=00", "GET /?a=x"]
--- response_body eval
["no\n", "no\n", "no\n", "yes\n", "yes\n"]



=== TEST 2: = and !=
--- config
    location /eq { if ($arg_a = one) { return 200 "yes\n"; } return 200 "no\n"; }
    location /ne { if ($arg_a != "one") { return 200 "yes\n"; } return 200 "no\n"; }
    location /var { if ($arg_a = $arg_b) { return 200 "yes\n"; } return 200 "no\n"; }
    location /loose { if ( $arg_a = one ) { return 200 "yes\n"; } return 200 "no\n"; }
--- request eval
["GET /eq?a=one", "GET /eq?a=ONE", "GET /ne?a=one", "GET /ne", "GET /var?a=1&b=1", "GET /var?a=1", "GET /loose?a=one"]
--- response_body eval
["yes\n", "no\n", "no\n", "yes\n", "yes\n", "no\n", "yes\n"]



=== TEST 3: expressions, with captures
--- config
    location /m { if ($arg_a ~ ^(.)b) { return 200 "yes $1\n"; } return 200 "no\n"; }
    location /i { if ($arg_a ~* ^(.)B) { return 200 "yes $1\n"; } return 200 "no\n"; }
    location /nm { if ($arg_a !~ ^(.)b) { return 200 "yes\n"; } return 200 "no $1\n"; }
    location /ni { if ($arg_a !~* ^(.)B) { return 200 "yes\n"; } return 200 "no $1\n"; }
--- request eval
["GET /m?a=ab", "GET /m?a=aB", "GET /i?a=ab", "GET /i?a=c", "GET /nm?a=ab", "GET /nm?a=aB", "GET /ni?a=ab", "GET /ni"]
--- response_body eval
["yes a\n", "no\n", "yes a\n", "no\n", "no a\n", "yes\n", "no a\n", "yes\n"]



=== TEST 4: files
--- config
    location /f { if (-f $document_root$arg_p) { return 200 "yes\n"; } return 200 "no\n"; }
    location /d { if (-d $document_root$arg_p) { return 200 "yes\n"; } return 200 "no\n"; }
    location /e { if (-e $document_root$arg_p) { return 200 "yes\n"; } return 200 "no\n"; }
    location /x { if (-x $document_root$arg_p) { return 200 "yes\n"; } return 200 "no\n"; }
    location /nf { if (!-f $document_root$arg_p) { return 200 "yes\n"; } return 200 "no\n"; }
    location /nd { if (!-d $document_root$arg_p) { return 200 "yes\n"; } return 200 "no\n"; }
    location /ne { if (!-e $document_root$arg_p) { return 200 "yes\n"; } return 200 "no\n"; }
    location /nx { if (!-x $document_root$arg_p) { return 200 "yes\n"; } return 200 "no\n"; }
--- user_files
>>> dir/file
x
--- request eval
["GET /f?p=/dir/file", "GET /f?p=/dir", "GET /f?p=/no", "GET /d?p=/dir", "GET /d?p=/dir/file", "GET /e?p=/dir", "GET /e?p=/no", "GET /x?p=/dir", "GET /x?p=/dir/file", "GET /nf?p=/dir/file", "GET /nf?p=/no", "GET /nd?p=/dir/file", "GET /ne?p=/no", "GET /ne?p=/dir/file/x", "GET /nx?p=/dir"]
--- response_body eval
["yes\n", "no\n", "no\n", "yes\n", "no\n", "yes\n", "no\n", "yes\n", "no\n", "no\n", "yes\n", "yes\n", "yes\n", "yes\n", "no\n"]



=== TEST 5: in the server block
--- config
    if ($arg_a) { return 402; }
    if ($arg_b) { set $seen b; rewrite ^ /other; }
    location / { return 200 "main\n"; }
    location /other { return 200 "other $seen\n"; }
--- request eval
["GET /", "GET /?a=1", "GET /?b=1"]
--- error_code eval
[200, 402, 200]
--- response_body_like eval
["^main\$", "402", "^other b\$"]



=== TEST 6: set inside, and what follows goes on
--- config
    location / {
        set $x one;
        if ($arg_a) { set $x two; }
        if ($arg_b) { set $x "${x}b"; }
        return 200 "$x\n";
    }
--- request eval
["GET /", "GET /?a=1", "GET /?a=1&b=1"]
--- response_body eval
["one\n", "two\n", "twob\n"]



=== TEST 7: break leaves it all
--- config
    location / {
        set $x one;
        if ($arg_a) { set $x two; break; }
        set $x three;
        add_header X-X $x;
    }
--- user_files
>>> f
file
--- request eval
["GET /f", "GET /f?a=1"]
--- response_headers eval
["X-X: three", "X-X: two"]



=== TEST 8: settings of the nameless location, the rest inherited
--- config
    location / {
        add_header X-Out out;
        default_type text/x-out;
        if ($arg_a) { add_header X-In in; }
    }
--- user_files
>>> f
file
--- request eval
["GET /f", "GET /f?a=1"]
--- response_headers eval
["X-Out: out\nContent-Type: text/x-out\n! X-In", "! X-Out\nX-In: in\nContent-Type: text/x-out"]



=== TEST 9: the last one that holds wins
--- config
    location / {
        if ($arg_a) { add_header X-H a; }
        if ($arg_b) { add_header X-H b; }
    }
--- user_files
>>> f
file
--- request eval
["GET /f?a=1&b=1", "GET /f?a=1", "GET /f"]
--- response_headers eval
["X-H: b", "X-H: a", "! X-H"]



=== TEST 10: proxy_pass inside, and around
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "one $request_uri\n"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "two $request_uri\n"; } }
--- config
    location /a {
        if ($arg_two) { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
        if ($arg_three) { set $x 1; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/;
    }
    location /b {
        if ($arg_two) { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
        return 200 "none\n";
    }
    location /c {
        if ($arg_two) { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    }
--- user_files
>>> c
file
--- request eval
["GET /a/x", "GET /a/x?two=1", "GET /a/x?three=1", "GET /c", "GET /c?two=1", "GET /b?two=1"]
--- response_body eval
["one //x\n", "two /a/x?two=1\n", "one //x?three=1\n", "file\n", "two /c?two=1\n", "none\n"]



=== TEST 11: root and error_page inside
--- config
    location / {
        if ($arg_a) { root $TEST_NGINX_HTML_DIR/alt; error_page 404 =200 /sorry; }
    }
    location /sorry { return 200 "sorry\n"; }
--- user_files
>>> f
one
>>> alt/f
two
--- request eval
["GET /f", "GET /f?a=1", "GET /g?a=1", "GET /g"]
--- error_code eval
[200, 200, 200, 404]
--- response_body_like eval
["^one\$", "^two\$", "^sorry\$", "404"]



=== TEST 12: rewrite inside, with its flags
--- config
    location /a {
        if ($arg_l) { rewrite ^ /b last; }
        if ($arg_r) { rewrite ^ /b redirect; }
        if ($arg_n) { rewrite ^ /b; }
        return 200 "a\n";
    }
    location /b { return 200 "b\n"; }
--- request eval
["GET /a", "GET /a?l=1", "GET /a?r=1", "GET /a?n=1"]
--- error_code eval
[200, 200, 302, 200]
--- response_body_like eval
["^a\$", "^b\$", "302", "^a\$"]



=== TEST 13: limit_rate and access_log inside
--- http_config
    log_format t "logged $uri";
--- config
    location / {
        access_log off;
        if ($arg_log) { access_log logs/access.log t; limit_rate 100k; }
    }
--- user_files
>>> f
file
>>> g
file
--- request eval
["GET /f?log=1", "GET /g"]
--- access_log
logged /f
--- no_access_log
logged /g



=== TEST 14: rewrite_log tells of the expressions
--- config
    location / { rewrite_log on; if ($arg_a ~ ^x) { return 200 "x\n"; } return 200 "no\n"; }
--- request eval
["GET /?a=x", "GET /?a=y"]
--- response_body eval
["x\n", "no\n"]
--- error_log
"^x" matches "x", client
"^x" does not match "y", client



=== TEST 15: no variable
--- config
    location / { if (host) { return 200; } }
--- must_die
--- error_log
invalid condition "host" in



=== TEST 16: no such test
--- config
    location / { if (-q /x) { return 200; } }
--- must_die
--- error_log
invalid condition "-q" in



=== TEST 17: no such comparison
--- config
    location / { if ($host is x) { return 200; } }
--- must_die
--- error_log
unexpected "is" in condition in



=== TEST 18: not closed
--- config
    location / { if ($host = x { return 200; } }
--- must_die
--- error_log
invalid condition "x" in



=== TEST 19: not inside another
--- config
    location / { if ($host) { if ($uri) { return 200; } } }
--- must_die
--- error_log
"if" directive is not allowed here in



=== TEST 20: what may not stand inside
--- config
    location / { if ($host) { proxy_set_header A b; } }
--- must_die
--- error_log
"proxy_set_header" directive is not allowed here in



=== TEST 21: proxy_pass inside has no uri
--- config
    location / { if ($host) { proxy_pass http://127.0.0.1:1/x; } }
--- must_die
--- error_log
"proxy_pass" cannot have URI part in location given by regular expression, or inside named location, or inside "if" statement, or inside "limit_except" block



=== TEST 22: settings of locations do not stand in an if of the server
--- config
    if ($host) { add_header A b; }
--- must_die
--- error_log
"add_header" directive is not allowed here in



=== TEST 23: a variable that is not defined
--- config
    location / { if ($nobody) { return 200; } }
--- must_die
--- error_log
unknown "nobody" variable
