# The language of the configuration: words, quotes, escapes, comments, units, variables.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: quotes and escapes
--- config
    location = /single { return 200 'a "b" \'c\' \\ \n'; }
    location = /double { return 200 "a 'b' \"c\" \\ \t\r\n"; }
    location = /bare   { return 200 a\ b\;c\"d; }
    location = /other  { return 200 "\q\.x\n"; }
    location = /dollar { return 200 "\$uri\n"; }
--- request eval
["GET /single", "GET /double", "GET /bare", "GET /other", "GET /dollar"]
--- response_body eval
["a \"b\" 'c' \\ \n", "a 'b' \"c\" \\ \t\r\n", "a\\ b\\;c\"d", "\\q\\.x\n", "\\/dollar\n"]



=== TEST 2: comments
--- config
    # location /a { return 500; }
    location /a { # here
        return 200 # and here
            a#b; #and here; return 500;
    }#end
--- request
GET /a
--- response_body chomp
a#b



=== TEST 3: several directives on a line, one on several
--- config
    location /a {set $x 1;set $y 2;return
        200
        "$x$y"
    ;}
--- request
GET /a
--- response_body chomp
12



=== TEST 4: line ends of another system
--- config eval
"location /a {\r\n return 200\r\n fine;\r\n}\r\n"
--- request
GET /a
--- response_body chomp
fine



=== TEST 5: variables in strings
--- config
    set $a x;
    location = /1 { return 200 "$a-$a.$a"; }
    location = /2 { return 200 "${a}b$a"; }
    location = /3 { return 200 '$a'; }
    location = /4 { return 200 $a/$a; }
--- request eval
["GET /1", "GET /2", "GET /3", "GET /4"]
--- response_body eval
["x-x.x", "xbx", "x", "x/x"]



=== TEST 6: braces in a quoted regex
--- config
    location ~ "^/\d{2,3}$" { return 200 "digits\n"; }
    location / { return 200 "else\n"; }
--- request eval
["GET /12", "GET /1", "GET /1234"]
--- response_body eval
["digits\n", "else\n", "else\n"]



=== TEST 7: an empty string is an argument
--- config
    location / { default_type ""; return 200 ""; }
--- request
GET /
--- response_body:
--- response_headers
Content-Length: 0
! Content-Type



=== TEST 8: units of size
--- config

    location = /k { client_max_body_size 1k; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /m { client_max_body_size 1M; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.0 200 OK\r\n\r\nk", "HTTP/1.0 200 OK\r\n\r\nm"]
--- request eval
["POST /k\n" . "x" x 1024, "POST /k\n" . "x" x 1025, "POST /m\n" . "x" x 1048576, "POST /m\n" . "x" x 1048577]
--- error_code eval
[200, 413, 200, 413]



=== TEST 9: units of time, also together
--- config
    location = /ms { keepalive_timeout 100ms; return 204; }
    location = /s { keepalive_timeout 1h30m 5400; return 200; }
    location = /y { keepalive_timeout 3w 1y2M; return 204; }
    location = /d { keepalive_timeout "1d 12h" 1m; return 200; }
--- pipelined_requests eval
["GET /s", "GET /y", "GET /d"]
--- response_headers eval
["Keep-Alive: timeout=5400", "Keep-Alive: timeout=36720000", "Connection: close"]
--- error_code eval
[200, 204, 200]



=== TEST 10: units out of order
--- config
    keepalive_timeout 5s1m;
--- must_die
--- error_log
"keepalive_timeout" directive invalid value in



=== TEST 12: a quoted word that does not end
--- config
    set $a "abc;
--- must_die
--- error_log
[emerg]



=== TEST 13: names of directives may be quoted
--- config
    "location" /a { 'return' 200 "fine"; }
--- request
GET /a
--- response_body chomp
fine



=== TEST 14: a variable that is named only at run time
--- config
    location / { set $v "$arg_x:$cookie_y:$http_z"; return 200 "$v\n"; }
--- request
GET /?x=1&y=2
--- more_headers
Cookie: a=b; y=4
Z: 5
--- response_body
1:4:5
