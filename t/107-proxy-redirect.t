# proxy_redirect: Location and Refresh of the upstream.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: default: the address of proxy_pass becomes the location
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 302 http://pool/base/x?y; }
    }
--- config
    location /front/ { proxy_pass http://pool/base/; }
--- request
GET /front/a
--- error_code: 302
--- response_headers_like
Location: http://localhost(:\d+)?/front/x\?y



=== TEST 2: default leaves other addresses alone
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 302 http://elsewhere/base/x; }
    }
--- config
    location /front/ { proxy_pass http://pool/base/; }
--- request
GET /front/a
--- error_code: 302
--- response_headers
Location: http://elsewhere/base/x



=== TEST 3: default without a URI
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 302 http://pool/front/x; }
    }
--- config
    location /front/ { proxy_pass http://pool; }
--- request
GET /front/a
--- error_code: 302
--- response_headers_like
Location: http://localhost(:\d+)?/front/x



=== TEST 4: off
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 302 http://pool/base/x; }
    }
--- config
    location /front/ { proxy_redirect off; proxy_pass http://pool/base/; }
--- request
GET /front/a
--- error_code: 302
--- response_headers
Location: http://pool/base/x



=== TEST 5: a replacement
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 302 http://inside:8000/two/some/uri/; }
    }
--- config
    location /t {
        proxy_redirect http://inside:8000/two/ http://outside/one/;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- error_code: 302
--- response_headers
Location: http://outside/one/some/uri/



=== TEST 6: a replacement without a host gets the server's own
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 302 http://inside/two/x; }
    }
--- config
    location /t {
        proxy_redirect http://inside/two/ /one/;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- error_code: 302
--- response_headers_like
Location: http://localhost(:\d+)?/one/x



=== TEST 7: several, the first that matches
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /t/a { return 302 http://a/x; }
        location /t/b { return 302 http://b/x; }
        location /t/c { return 302 http://c/x; }
    }
--- config
    location /t {
        proxy_redirect http://a/ http://first/;
        proxy_redirect http://b/ http://second/;
        proxy_redirect http://b/x http://third/;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /t/a", "GET /t/b", "GET /t/c"]
--- error_code eval
[302, 302, 302]
--- response_headers eval
["Location: http://first/x", "Location: http://second/x", "Location: http://c/x"]



=== TEST 8: variables in the replacement and in what is replaced
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 302 http://inside/x; }
    }
--- config
    location /t {
        set $from inside;
        proxy_redirect http://$from/ http://$host/$arg_dir/;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t?dir=there
--- error_code: 302
--- response_headers
Location: http://localhost/there/x



=== TEST 9: a regex with captures
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 302 http://joe.inside:8000/some/uri/; }
    }
--- config
    location /t {
        proxy_redirect ~^(http://[^:]+):\d+(/.+)$ $1$2;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- error_code: 302
--- response_headers
Location: http://joe.inside/some/uri/



=== TEST 10: a regex without case, named captures
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 302 HTTP://JOE.Inside/some; }
    }
--- config
    location /t {
        proxy_redirect ~*^http://(?<user>[^.]+)\.inside/(.+)$ http://outside/$user/$2;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- error_code: 302
--- response_headers
Location: http://outside/JOE/some



=== TEST 11: default beside others
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /base/a { return 302 http://pool/base/x; }
        location /base/b { return 302 http://inside/x; }
    }
--- config
    location /front/ {
        proxy_pass http://pool/base/;
        proxy_redirect default;
        proxy_redirect http://inside/ http://outside/;
    }
--- request eval
["GET /front/a", "GET /front/b"]
--- error_code eval
[302, 302]
--- response_headers_like eval
["Location: http://localhost(:\\d+)?/front/x", "Location: http://outside/x"]



=== TEST 12: Refresh, 201 too
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            add_header Refresh "5; url=http://inside/x";
            return 201 "up\n";
        }
    }
--- config
    location /t {
        proxy_redirect http://inside/ http://outside/;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- error_code: 201
--- response_headers
Refresh: 5; url=http://outside/x



=== TEST 13: the default is not possible with variables in proxy_pass
--- config
    location /t {
        set $a 127.0.0.1:81;
        proxy_pass http://$a;
        proxy_redirect default;
    }
--- must_die
--- error_log
"proxy_redirect default" cannot be used with "proxy_pass" directive with variables in



=== TEST 14: the default must come after proxy_pass
--- config
    location /t {
        proxy_redirect default;
        proxy_pass http://127.0.0.1:81;
    }
--- must_die
--- error_log
"proxy_redirect default" should be placed after the "proxy_pass" directive in



=== TEST 15: with variables in proxy_pass nothing is replaced unless told
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 302 http://inside/x; }
    }
--- config
    location /t {
        set $a 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_pass http://$a;
    }
--- request
GET /t
--- error_code: 302
--- response_headers
Location: http://inside/x



=== TEST 16: inherited
--- http_config
    proxy_redirect http://inside/ http://outside/;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 302 http://inside/x; }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_redirect off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /t", "GET /off"]
--- error_code eval
[302, 302]
--- response_headers eval
["Location: http://outside/x", "Location: http://inside/x"]



=== TEST 17: one word other than off and default
--- config
    location /t { proxy_pass http://127.0.0.1:81; proxy_redirect maybe; }
--- must_die
--- error_log
invalid parameter "maybe" in



=== TEST 18: the name of a location is escaped where it takes the place of an address
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        absolute_redirect off;
        location / { return 302 http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/one/x%20y; }
    }
--- config
    location "/a b/" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/one/; }
--- request
GET /a%20b/
--- error_code: 302
--- response_headers_like
Location: (http://localhost:\d+)?/a%20b/x%20y
--- skip_nginx: all: it puts it there as it is



=== TEST 19: $1 of the location after an expression of proxy_redirect or proxy_cookie_path has matched
--- config
    location ~ ^/t/(.*)$ {
        proxy_redirect ~^http://a/(.*)$ http://b/$1;
        proxy_cookie_path ~^/(.*)$ /c/$1;
        proxy_cookie_domain ~^(.*)\.inner$ $1.outer;
        proxy_cookie_flags ~^(s)$ secure;
        add_header X $1 always;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 201 Created\r\nLocation: http://a/there\r\nSet-Cookie: s=1; path=/p; domain=d.inner\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t/rest
--- error_code: 201
--- response_headers
Location: http://b/there
Set-Cookie: s=1; path=/c/p; domain=d.outer; Secure
X: rest
--- skip_nginx: all
