# expires.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: epoch, max, off
--- config
    location /e { expires epoch; }
    location /m { expires max; }
    location /o { expires off; }
--- user_files
>>> e
e
>>> m
m
>>> o
o
--- request eval
["GET /e", "GET /m", "GET /o"]
--- response_headers eval
["Expires: Thu, 01 Jan 1970 00:00:01 GMT\nCache-Control: no-cache", "Expires: Thu, 31 Dec 2037 23:55:55 GMT\nCache-Control: max-age=315360000", "! Expires\n! Cache-Control"]



=== TEST 2: a time from now, or before
--- config
    location /a { expires 1h; return 200 "ok\n"; }
    location /b { expires -1; return 200 "ok\n"; }
    location /c { expires 0; return 200 "ok\n"; }
    location /d { expires +30s; return 200 "ok\n"; }
--- request eval
["GET /a", "GET /b", "GET /c", "GET /d"]
--- response_headers eval
["Cache-Control: max-age=3600", "Cache-Control: no-cache", "Cache-Control: max-age=0", "Cache-Control: max-age=30"]
--- response_headers_like eval
["Expires: .* GMT", "Expires: .* GMT", "Expires: .* GMT", "Expires: .* GMT"]



=== TEST 3: after the file was modified
--- config
    location / { expires modified 10d; }
--- user_files
>>> f 200001010000.00
file
--- request
GET /f
--- response_headers
Expires: Tue, 11 Jan 2000 00:00:00 GMT
Cache-Control: no-cache



=== TEST 4: at a time of the day
--- config
    location / { expires @23h59m59s; return 200 "ok\n"; }
--- request
GET /
--- response_headers_like
Expires: .* \d\d:\d\d:\d\d GMT
Cache-Control: max-age=\d+



=== TEST 5: only with statuses that are fine
--- config
    location / { expires 1h; return 404; }
    location /m { expires 1h; return 301 /x; }
--- request eval
["GET /", "GET /m"]
--- error_code eval
[404, 301]
--- response_headers eval
["! Expires", "Cache-Control: max-age=3600"]



=== TEST 6: in place of the upstream's
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header Expires "Mon, 01 Jan 2001 00:00:00 GMT";
        add_header Cache-Control private;
        add_header Cache-Control no-store;
        add_header Last-Modified "Sat, 01 Jan 2000 00:00:00 GMT";
        location / { return 200 "up\n"; }
    }
--- config
    location /a { expires 1h; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /b { expires modified 1d; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /c { expires off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /b", "GET /c"]
--- response_headers eval
["Cache-Control: max-age=3600", "Expires: Sun, 02 Jan 2000 00:00:00 GMT\nCache-Control: no-cache", "Expires: Mon, 01 Jan 2001 00:00:00 GMT\nCache-Control: private, no-store"]



=== TEST 7: add_header adds to it
--- config
    location / { expires 1h; add_header Cache-Control public; return 200 "ok\n"; }
--- request
GET /
--- response_headers
Cache-Control: max-age=3600, public



=== TEST 8: a variable; what is no time is off
--- http_config
    map $uri $life { /a max; /b 5m; /c @1h; /d off; /e never; default ""; }
--- config
    location / { expires $life; return 200 "ok\n"; }
    location /mod { expires modified $arg_t; }
--- user_files
>>> mod 200001010000.00
file
--- request eval
["GET /a", "GET /b", "GET /c", "GET /d", "GET /e", "GET /f", "GET /mod?t=1d", "GET /mod?t=@1h"]
--- response_headers_like eval
["Cache-Control: max-age=315360000", "Cache-Control: max-age=300", "Cache-Control: max-age=\\d+", "", "", "", "Cache-Control: no-cache", ""]
--- response_headers eval
["Expires: Thu, 31 Dec 2037 23:55:55 GMT", "", "", "! Expires", "! Expires", "! Expires", "Expires: Sun, 02 Jan 2000 00:00:00 GMT", "! Expires"]



=== TEST 9: inherited, and in an if
--- http_config
    expires 1h;
--- config
    location / { if ($arg_a) { expires 2h; } }
--- user_files
>>> f
file
--- request eval
["GET /f", "GET /f?a=1"]
--- response_headers eval
["Cache-Control: max-age=3600", "Cache-Control: max-age=7200"]



=== TEST 10: no time
--- config
    location / { expires soon; }
--- must_die
--- error_log
"expires" directive invalid value in



=== TEST 11: more than a day
--- config
    location / { expires @25h; }
--- must_die
--- error_log
"expires" directive daily time value must be less than 24 hours in



=== TEST 12: a time of the day after the modification
--- config
    location / { expires modified @12h; }
--- must_die
--- error_log
"expires" directive daily time cannot be used with "modified" parameter in



=== TEST 13: twice
--- config
    location / { expires 1d; expires 2d; }
--- must_die
--- error_log
"expires" directive is duplicate in



=== TEST 14: two words
--- config
    location / { expires 1d 2d; }
--- must_die
--- error_log
"expires" directive invalid value in
