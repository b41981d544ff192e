# allow and deny, limit_except.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: the first rule that fits
--- config
    location /a { allow 127.0.0.1; deny all; return 200 "a\n"; }
    location /b { deny 127.0.0.1; allow all; root html; }
    location /c { deny 127.0.0.0/8; root html; }
    location /d { allow 127.0.0.0/9; deny all; root html; }
    location /e { allow 10.0.0.0/8; deny all; root html; }
    location /f { allow all; deny all; root html; }
    location /g { deny ::1; deny 2001:db8::/32; allow unix:; root html; }
--- user_files
>>> b
>>> c
>>> d
>>> e
>>> f
>>> g
--- request eval
["GET /b", "GET /c", "GET /d", "GET /e", "GET /f", "GET /g"]
--- error_code eval
[403, 403, 200, 403, 200, 200]
--- error_log
access forbidden by rule, client: 127.0.0.1, server: localhost, request: "GET /b HTTP/1.1"



=== TEST 2: inherited as a whole or not at all
--- config
    root html;
    deny all;
    location /a { }
    location /b { allow 127.0.0.2; }
--- user_files
>>> a
>>> b
--- request eval
["GET /a", "GET /b"]
--- error_code eval
[403, 200]



=== TEST 3: IPv6
--- config
    listen [::1]:$TEST_NGINX_RAND_PORT_1;
    root html;
    location /a { deny ::1; }
    location /b { allow ::/64; deny all; }
    location /c { deny 127.0.0.1; }
--- connect: [::1]:$TEST_NGINX_RAND_PORT_1
--- user_files
>>> a
>>> b
>>> c
--- request eval
["GET /a", "GET /b", "GET /c"]
--- error_code eval
[403, 200, 200]



=== TEST 4: sockets of the file system
--- config
    listen unix:$TEST_NGINX_HTML_DIR/s;
    root html;
    location /a { deny unix:; }
    location /b { allow unix:; deny all; }
--- connect: unix:$TEST_NGINX_HTML_DIR/s
--- user_files
>>> a
>>> b
--- request eval
["GET /a", "GET /b"]
--- error_code eval
[403, 200]



=== TEST 5: return comes before the rules
--- config
    location / { deny all; return 200 "returned\n"; }
--- request
GET /
--- response_body
returned



=== TEST 6: low bits are meaningless, with a warning
--- config
    location / { root html; deny 127.0.0.1/8; }
--- request
GET /
--- error_code: 403
--- error_log
low address bits of 127.0.0.1/8 are meaningless in



=== TEST 7: limit_except
--- config
    location / {
        root html;
        limit_except GET { deny all; }
    }
    location /p {
        limit_except POST PUT { deny all; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nposted"
--- request eval
["GET /index.html", "HEAD /index.html", "POST /index.html\nx", "DELETE /index.html", "GET /p", "POST /p\nx"]
--- error_code eval
[200, 200, 403, 403, 403, 200]



=== TEST 8: limit_except and addresses
--- config
    location / { root html; limit_except HEAD { allow 127.0.0.1; deny all; } }
    location /x { root html; limit_except HEAD { allow 10.0.0.1; deny all; } }
--- user_files
>>> x
--- request eval
["GET /index.html", "GET /x", "HEAD /x"]
--- error_code eval
[200, 403, 200]



=== TEST 9: what is refused has its page
--- config
    location /a { root html; deny all; error_page 403 = /why; }
    location /why { return 200 "because\n"; }
--- request
GET /a
--- response_body
because



=== TEST 10: wrong prefix length
--- config
    deny 10.0.0.0/33;
--- must_die
--- error_log
invalid parameter "10.0.0.0/33" in
