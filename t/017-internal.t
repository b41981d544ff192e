# internal, and named locations.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: from outside it is not there
--- config
    location /in { internal; return 200 "in\n"; }
    location /a { error_page 403 = /in; return 403; }
--- request eval
["GET /in", "GET /a"]
--- error_code eval
[404, 200]
--- response_body_like eval
["404 Not Found", "^in\$"]



=== TEST 2: a file of it
--- config
    root html;
    location /in/ { internal; }
    location /a { index /in/a.txt; }
--- user_files
>>> in/a.txt
inside
>>> a/x
--- request eval
["GET /in/a.txt", "GET /a/"]
--- error_code eval
[404, 200]
--- response_body_like eval
["404 Not Found", "^inside\$"]



=== TEST 3: inherited
--- config
    location /a { internal; location /a/b { return 200 "b\n"; } return 200 "a\n"; }
--- request eval
["GET /a", "GET /a/b"]
--- error_code eval
[404, 404]



=== TEST 4: a named location that is not there
--- config
    location / { error_page 404 = @none; return 404; }
--- request
GET /
--- error_code: 500
--- error_log
could not find named location "@none"
