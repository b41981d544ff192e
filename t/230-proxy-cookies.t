# proxy_cookie_domain, proxy_cookie_path, proxy_cookie_flags.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: domains
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; add_header Set-Cookie $arg_c; location / { return 204; } }
--- config
    location / {
        proxy_cookie_domain .example.org example.com;
        proxy_cookie_domain $host www.$host;
        proxy_cookie_domain ~\.(\w+)\.net$ $1.com;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /?c=a=b;domain=example.org", "GET /?c=a=b;Domain=.EXAMPLE.org;Path=/", "GET /?c=a=b;domain=xexample.org", "GET /?c=a=b;domain=localhost", "GET /?c=a=b;domain=x.foo.net", "GET /?c=a=b;domain=X.FOO.NET", "GET /?c=a=b", "GET /?c=a=b;domain=", "GET /?c=nothing;domain=example.org"]
--- error_code eval
[204, 204, 204, 204, 204, 204, 204, 204, 204]
--- response_headers eval
["Set-Cookie: a=b; domain=example.com", "Set-Cookie: a=b; Domain=.example.com; Path=/", "Set-Cookie: a=b;domain=xexample.org", "Set-Cookie: a=b; domain=www.localhost", "Set-Cookie: a=b; domain=foo.com", "Set-Cookie: a=b; domain=FOO.com", "Set-Cookie: a=b", "Set-Cookie: a=b;domain=", "Set-Cookie: nothing;domain=example.org"]



=== TEST 2: paths
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; add_header Set-Cookie $arg_c; location / { return 204; } }
--- config
    location / {
        proxy_cookie_path /two/ /;
        proxy_cookie_path $arg_from /var/;
        proxy_cookie_path ~*^/USER/(.+)$ /u/$1;
        proxy_cookie_path ~^/case$ /lower;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /?c=a=b;path=/two/x&from=/f/", "GET /?c=a=b;path=/f/x&from=/f/", "GET /?c=a=b;path=/user/x&from=/f/", "GET /?c=a=b;path=/case&from=/f/", "GET /?c=a=b;path=/CASE&from=/f/", "GET /?c=a=b;path=x;max-age=5&from=/f/"]
--- error_code eval
[204, 204, 204, 204, 204, 204]
--- response_headers eval
["Set-Cookie: a=b; path=/x", "Set-Cookie: a=b; path=/var/x", "Set-Cookie: a=b; path=/u/x", "Set-Cookie: a=b; path=/lower", "Set-Cookie: a=b;path=/CASE", "Set-Cookie: a=b;path=x;max-age=5"]



=== TEST 3: flags
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; add_header Set-Cookie $arg_c; location / { return 204; } }
--- config
    location / {
        proxy_cookie_flags one secure httponly samesite=lax;
        proxy_cookie_flags two nosecure nohttponly nosamesite;
        proxy_cookie_flags ~^th(.*)$ samesite=strict;
        proxy_cookie_flags $arg_n secure $arg_flag;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /?c=one=1", "GET /?c=ONE=1;path=/;secure;SameSite=None", "GET /?c=two=2;Secure;HttpOnly;samesite=none;path=/", "GET /?c=three=3", "GET /?c=four=4&n=four&flag=httponly", "GET /?c=four=4&n=four", "GET /?c=five=5", "GET /?c=one=1;HttpOnly"]
--- error_code eval
[204, 204, 204, 204, 204, 204, 204, 204]
--- response_headers eval
["Set-Cookie: one=1; Secure; HttpOnly; SameSite=Lax", "Set-Cookie: ONE=1; path=/; secure; SameSite=Lax; HttpOnly", "Set-Cookie: two=2; path=/", "Set-Cookie: three=3; SameSite=Strict", "Set-Cookie: four=4; Secure; HttpOnly", "Set-Cookie: four=4; Secure", "Set-Cookie: five=5", "Set-Cookie: one=1; HttpOnly; Secure; SameSite=Lax"]



=== TEST 4: a flag that is none
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; add_header Set-Cookie $arg_c; location / { return 204; } }
--- config
    location / {
        proxy_cookie_flags ~ $arg_flag secure;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /?c=one=1&flag=sicher
--- error_code: 204
--- response_headers
Set-Cookie: one=1; Secure
--- error_log
invalid proxy_cookie_flags flag "sicher"



=== TEST 5: several, all three, in their order, and spaces
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header Set-Cookie "a = 1 ; Path = /x ;  Domain = up ";
        add_header X-Between 1;
        add_header Set-Cookie "b=2; path=/x/y=z; domain=other; expires=Thu, 01 Jan 1970 00:00:01 GMT";
        add_header Set-Cookie "c=3";
        location / { return 204; }
    }
--- config
    location / {
        proxy_cookie_domain up down;
        proxy_cookie_path /x /;
        proxy_cookie_flags a secure;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- error_code: 204
--- raw_response_headers_like
Set-Cookie: a=1; Path=/; Domain=down; Secure\r
X-Between: 1\r
Set-Cookie: b=2; path=//y=z; domain=other; expires=Thu, 01 Jan 1970 00:00:01 GMT\r
Set-Cookie: c=3\r



=== TEST 6: off, and inheritance
--- http_config
    proxy_cookie_path / /all/;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; add_header Set-Cookie "a=b;path=/"; location / { return 204; } }
--- config
    location /in { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_cookie_path off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /own { proxy_cookie_path /x /y; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /in", "GET /off", "GET /own"]
--- error_code eval
[204, 204, 204]
--- response_headers eval
["Set-Cookie: a=b; path=/all/", "Set-Cookie: a=b;path=/", "Set-Cookie: a=b;path=/"]



=== TEST 7: a rule beside off
--- config
    location / { proxy_cookie_domain off; proxy_cookie_domain a b; }
--- must_die
--- error_log
"proxy_cookie_domain" directive is duplicate in



=== TEST 8: off beside a rule
--- config
    location / { proxy_cookie_flags a secure; proxy_cookie_flags off; }
--- must_die
--- error_log
"proxy_cookie_flags" directive is duplicate in



=== TEST 9: one word that is not off
--- config
    location / { proxy_cookie_path x; }
--- must_die
--- error_log
invalid parameter "x" in



=== TEST 10: too many flags
--- config
    location / { proxy_cookie_flags a secure httponly samesite=lax nosecure; }
--- must_die
--- error_log
invalid number of arguments in "proxy_cookie_flags" directive in



=== TEST 11: cookies that go with the answer of another location
--- config
    location /t {
        proxy_cookie_path / /two/;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /inside { internal; return 200 "inside\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-Accel-Redirect: /inside\r\nSet-Cookie: a=b; path=/\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- response_headers
Set-Cookie: a=b; path=/two/
--- response_body
inside



=== TEST 12: an expression that runs away changes nothing
--- config
    location / {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/from;
        proxy_cookie_domain "~^(a+)+\1$" never;
    }
    location /from {
        add_header Set-Cookie "n=v; Domain=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
        return 200 "ok\n";
    }
--- timeout: 30
--- request
GET /
--- response_headers
Set-Cookie: n=v; Domain=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!
--- error_log
[alert]



=== TEST 13: an expression that cannot be matched against a path or a domain matches none
--- config
    location / {
        proxy_cookie_path ~(*UTF)^/x /y;
        proxy_cookie_domain ~(*UTF)^a b;
        proxy_cookie_flags ~(*UTF)^a secure;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 201 Created\r\nSet-Cookie: a=1; path=/x\xff; domain=a\xff\r\nContent-Length: 0\r\n\r\n"
--- timeout: 30
--- request
GET /
--- error_code: 201
--- response_headers_like
Set-Cookie: a=1; path=/x.+; domain=a.+; Secure
--- error_log
[alert]



=== TEST 14: for an expression of proxy_cookie_flags that cannot be matched the request fails
--- config
    location / {
        proxy_cookie_flags ~(*UTF)^a secure;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 201 Created\r\nSet-Cookie: b\xff=1; path=/x\r\nContent-Length: 0\r\n\r\n"
--- timeout: 30
--- request
GET /
--- error_code: 500
--- error_log
[alert]
