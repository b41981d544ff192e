# upstream: sticky, route= and drain.

use Test::Nginx::Socket 'no_plan';

our $Servers = <<'_EOC_';
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }
_EOC_

run_tests();

__DATA__

=== TEST 1: a cookie is given, and leads back
--- http_config eval
"upstream pool {
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 route=one;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 route=two;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3;
    sticky cookie srv;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- more_headers eval
["", "Cookie: x=1; srv=one", "Cookie: srv=one", "Cookie: srv=nobody", ""]
--- response_headers_like eval
["Set-Cookie: srv=one", "Set-Cookie: srv=one", "Set-Cookie: srv=one", "Set-Cookie: srv=two", "Set-Cookie: srv=[0-9a-f]{32}"]
--- response_body eval
["a", "a", "a", "b", "c"]
--- skip_nginx: all



=== TEST 2: all that a cookie can be told
--- http_config eval
"upstream pool {
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 route=one;
    sticky cookie srv samesite=\$arg_s expires=1h domain=.\$arg_d path=/p secure httponly;
}
upstream forever {
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 route=one;
    sticky cookie srv expires=max;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
    location /u { proxy_pass http://forever; }
--- request eval
["GET /t?s=lax&d=a.example", "GET /t?s=bad&d=b.example", "GET /u"]
--- response_headers_like eval
["Set-Cookie: srv=one; expires=\\w{3}, \\d\\d-\\w{3}-\\d\\d \\d\\d:\\d\\d:\\d\\d GMT; max-age=3600; domain=\\.a\\.example; httponly; secure; samesite=lax; path=/p",
"Set-Cookie: srv=one; .*; samesite=strict; path=/p",
"Set-Cookie: srv=one; expires=Thu, 31-Dec-37 23:55:55 GMT; max-age=315360000"]
--- skip_nginx: all



=== TEST 3: a server that fails: another, and its cookie
--- http_config eval
"upstream pool {
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_4 route=one;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 route=two;
    sticky cookie srv;
}
$::Servers"
--- config
    location /t {
        add_header X-Status $upstream_status;
        proxy_pass http://pool;
    }
--- request eval
["GET /t", "GET /t"]
--- more_headers
Cookie: srv=one
--- response_headers eval
["Set-Cookie: srv=two
X-Status: 502, 200", "Set-Cookie: srv=two
X-Status: 200"]
--- response_body eval
["b", "b"]
--- skip_nginx: all



=== TEST 4: the first route that is not empty
--- http_config eval
"upstream pool {
    sticky route \$arg_a \$arg_b;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 route=x;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 route=y;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3 route=z;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t?a=z", "GET /t?b=y", "GET /t?a=z&b=y", "GET /t", "GET /t?a=w&b=y"]
--- response_headers
! Set-Cookie
--- response_body eval
["c", "b", "c", "a", "a"]
--- skip_nginx: all



=== TEST 5: a server that drains serves those who are bound to it
--- http_config eval
"upstream pool {
    sticky route \$arg_a;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 route=x drain;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 route=y;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3 route=z down;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t?a=x", "GET /t?a=z"]
--- response_body eval
["b", "b", "a", "b"]
--- skip_nginx: all



=== TEST 6: sessions are learned
--- http_config eval
"upstream pool {
    sticky learn create=\$upstream_cookie_sid lookup=\$cookie_sid lookup=\$arg_sid zone=sessions:1m;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3;
}
server { listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
server { listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_2; location / { add_header Set-Cookie 'sid=s2; path=/'; return 200 b; } }
server { listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t?sid=s2", "GET /t", "GET /t?sid=s2", "GET /t", "GET /t", "GET /t?sid=s2"]
--- response_body eval
["a", "b", "b", "c", "a", "b"]
--- skip_nginx: all



=== TEST 7: sessions are learned from the head, and forgotten
--- http_config eval
"upstream pool {
    sticky learn create=\$upstream_cookie_sid lookup=\$arg_sid zone=sessions:1m timeout=1ms header;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
}
server { listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_1; location / { add_header Set-Cookie 'sid=s1'; return 200 a; } }
server { listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }"
--- config
    location /t { proxy_pass http://pool; }
--- raw_request eval
["GET /t HTTP/1.1\r\nHost: a\r\n\r\n", "GET /t?sid=s1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]
--- raw_request_middle_delay: 0.05
--- response_body eval
["a", "b"]
--- skip_nginx: all



=== TEST 8: sticky is above the method
--- http_config eval
"upstream pool {
    hash x;
    sticky route \$arg_a;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 route=x;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 route=y;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t?a=x", "GET /t?a=y", "GET /t?a=x"]
--- response_body eval
["a", "b", "a"]
--- skip_nginx: all



=== TEST 9: a value with the end of a line is no field
--- http_config eval
"upstream pool {
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 route=x;
    sticky cookie srv domain=\$uri;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request
GET /t%0d%0aX-Evil:1
--- response_headers
! X-Evil
! Set-Cookie
--- response_body chomp
a
--- skip_nginx: all



=== TEST 10: the session of a server that fails is another's from then on
--- http_config eval
"upstream pool {
    sticky learn create=\$upstream_http_session lookup=\$arg_sid zone=sessions:32k;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 max_fails=1 fail_timeout=1h;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3;
}
server { listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_1; location / { add_header Session s; return 200 a; } location /fail { return 500; } }
server { listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
server { listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }"
--- config
    location / {
        proxy_pass http://pool;
        proxy_next_upstream http_500;
    }
--- request eval
["GET /t", "GET /t?sid=s", "GET /fail?sid=s", "GET /t?sid=s", "GET /t", "GET /t?sid=s"]
--- response_body eval
["a", "a", "b", "b", "c", "b"]
--- skip_nginx: all



=== TEST 11: a session that is not begun is not learned, and only its server's answer goes on with it
--- http_config eval
"upstream pool {
    sticky learn create=\$arg_new create=\$upstream_http_session lookup=\$arg_sid lookup=\$cookie_sid zone=sessions:32k;
    zone pool 64k;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 drain;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3;
}
$::Servers"
--- config
    location / { proxy_pass http://pool; }
--- request eval
["GET /t?sid=x", "GET /t?sid=x", "GET /t?new=x", "GET /t?sid=x", "GET /t?sid=x", "GET /t", "GET /t"]
--- more_headers eval
["", "", "", "", "", "Cookie: sid=x", ""]
--- response_body eval
["b", "c", "b", "b", "b", "b", "c"]
--- skip_nginx: all



=== TEST 12: a single server that drains serves only those who are bound to it
--- http_config eval
"upstream pool {
    sticky route \$arg_a;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 route=x drain;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t?a=x", "GET /t?a=y"]
--- error_code eval
[502, 200, 502]
--- skip_nginx: all



=== TEST 13: the cookie goes with an error page of ours, and with the answer of another location
--- http_config eval
"upstream pool {
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 route=x;
    sticky cookie srv;
}
server {
    listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    location /error { return 404; }
    location /accel { add_header X-Accel-Redirect /internal; return 200 a; }
}"
--- config
    error_page 404 /internal;
    location / { proxy_pass http://pool; proxy_intercept_errors on; }
    location /internal { internal; return 200 internal; }
--- request eval
["GET /error", "GET /accel"]
--- error_code eval
[404, 200]
--- response_headers
Set-Cookie: srv=x
--- response_body eval
["internal", "internal"]
--- skip_nginx: all



=== TEST 14: the cookie's name is as nginx reads variables' names
--- http_config eval
"upstream pool {
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 route=x;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 route=y;
    sticky cookie Srv-Id;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; proxy_hide_header Set-Cookie; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- more_headers eval
["Cookie: a=b; Srv-Id=y", "Cookie: srv-id=y", "Cookie: Srv-Id=y; Srv-Id=x"]
--- response_headers
Set-Cookie: Srv-Id=y
--- response_body eval
["b", "b", "b"]
--- skip_nginx: all



=== TEST 15: a client is not bound to a server that did not answer
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_4 route=x;
        sticky cookie srv;
    }
--- config
    location /t { proxy_pass http://pool; }
--- request
GET /t
--- error_code: 502
--- response_headers
! Set-Cookie
--- skip_nginx: all
