# add_header.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: for the codes that are fine
--- config
    add_header X-A "a $arg_x";
    location /200 { return 200; }
    location /201 { return 201; }
    location /204 { return 204; }
    location /301 { return 301 /; }
    location /304 { return 304; }
    location /308 { return 308 /; }
    location /400 { return 400; }
    location /404 { return 404 x; }
    location /500 { return 500; }
--- request eval
["GET /200?x=1", "GET /201", "GET /204", "GET /301", "GET /304", "GET /308", "GET /400", "GET /404", "GET /500"]
--- error_code eval
[200, 201, 204, 301, 304, 308, 400, 404, 500]
--- response_headers eval
["X-A: a 1", "X-A: a", "X-A: a", "X-A: a", "X-A: a", "X-A: a", "! X-A", "! X-A", "! X-A"]



=== TEST 2: always
--- config
    add_header X-A a always;
    location /a { return 404; }
    location /b { return 500 x; }
--- request eval
["GET /a", "GET /b"]
--- error_code eval
[404, 500]
--- response_headers eval
["X-A: a", "X-A: a"]



=== TEST 3: several, of one name and of several
--- config
    add_header X-A 1;
    add_header X-A 2;
    add_header X-B 3;
    location / { return 200; }
--- request
GET /
--- response_headers
X-A: 1, 2
X-B: 3



=== TEST 4: an empty value adds nothing
--- config
    add_header X-A $arg_x;
    add_header X-B "";
    location / { return 200; }
--- request eval
["GET /", "GET /?x=1"]
--- response_headers eval
["! X-A\n! X-B", "X-A: 1"]



=== TEST 5: inherited as a whole or not at all
--- http_config
    add_header X-H http;
--- config
    add_header X-S server;
    location /a { return 200; }
    location /b { add_header X-L location; return 200; }
--- request eval
["GET /a", "GET /b"]
--- response_headers eval
["X-S: server\n! X-H", "X-L: location\n! X-S"]



=== TEST 6: Last-Modified is replaced, Cache-Control is added to
--- config
    root html;
    location /a { add_header Last-Modified "Wed, 01 Jan 2020 00:00:00 GMT"; add_header Cache-Control no-cache; add_header Cache-Control public; }
    location /b { add_header Last-Modified ""; }
--- user_files
>>> a
>>> b
--- request eval
["GET /a", "GET /b"]
--- response_headers eval
["Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT\nCache-Control: no-cache, public", "! Last-Modified"]



=== TEST 7: to the page of an error too
--- config
    root html;
    error_page 404 /p;
    location /a { add_header X-A a always; return 404; }
    location /p { add_header X-P p always; }
--- user_files
>>> p
page
--- request
GET /a
--- error_code: 404
--- response_headers
X-P: p
! X-A
--- response_body
page



=== TEST 8: a value of the response itself
--- config
    add_header X-Status $status;
    add_header X-Type $sent_http_content_type;
    add_header X-Length $sent_http_content_length;
    location / { default_type text/x; return 201 abc; }
--- request
GET /
--- error_code: 201
--- response_headers
X-Status: 201
X-Type: text/x
X-Length: 3



=== TEST 9: a line end in a variable does not end the line
--- config
    location / { add_header X-A "a$uri"; return 200; }
--- request
GET /%0d%0aX-B:%20b
--- response_headers
! X-B
--- skip_nginx: 3: >= 0.0.0: it does



=== TEST 10: the third word
--- config
    add_header X-A a sometimes;
--- must_die
--- error_log
invalid parameter "sometimes" in



=== TEST 11: add_header_inherit merge: those of the outer blocks stand behind the own, all the way down
--- config
    add_header_inherit merge;
    add_header X-A server;
    location / {
        add_header X-A location;
        return 200;
        location /in {
            add_header X-A in;
            return 200;
        }
        location /none {
            return 200;
        }
        location /on {
            add_header_inherit on;
            add_header X-A on;
            return 200;
        }
    }
--- request eval
["GET /", "GET /in", "GET /none", "GET /on"]
--- response_headers eval
["X-A: location, server", "X-A: in, location, server", "X-A: location, server", "X-A: on"]
--- skip_nginx: 8: < 1.29.3



=== TEST 12: add_header_inherit off, and on again further in
--- config
    add_header X-A server;
    location / {
        add_header_inherit off;
        return 200;
        location /own {
            add_header X-A own;
            return 200;
        }
        location /on {
            add_header_inherit on;
            return 200;
        }
    }
--- request eval
["GET /", "GET /own", "GET /on"]
--- response_headers eval
["! X-A", "X-A: own", "! X-A"]
--- skip_nginx: 6: < 1.29.3



=== TEST 13: add_header_inherit in http and in an if
--- http_config
    add_header X-A http;
    add_header_inherit merge;
--- config
    add_header X-A server;
    location / {
        if ($arg_x) {
            add_header X-A if;
            return 200;
        }
        if ($arg_y) {
            add_header_inherit off;
            return 200;
        }
        return 200;
    }
--- request eval
["GET /", "GET /?x=1", "GET /?y=1"]
--- response_headers eval
["X-A: server, http", "X-A: if, server, http", "! X-A"]
--- skip_nginx: 6: < 1.29.3



=== TEST 14: add_header_inherit: another word
--- config
    add_header_inherit yes;
--- must_die
--- error_log
invalid value "yes" in
--- skip_nginx: 2: < 1.29.3



=== TEST 15: add_header_inherit, twice
--- config
    add_header_inherit on;
    add_header_inherit off;
--- must_die
--- error_log
"add_header_inherit" directive is duplicate in
--- skip_nginx: 2: < 1.29.3
