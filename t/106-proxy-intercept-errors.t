# proxy_intercept_errors, and error_page with upstreams.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: off: the upstream's own error page is passed on
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 404 "theirs\n"; } }
--- config
    error_page 404 /own;
    location /own { return 200 "own\n"; }
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /t
--- error_code: 404
--- response_body
theirs



=== TEST 2: on: error_page takes over, the status stays
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 404 "theirs\n"; } }
--- config
    error_page 404 /own.html;
    location /t {
        proxy_intercept_errors on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files
>>> own.html
own
--- request
GET /t
--- error_code: 404
--- response_body
own



=== TEST 3: on, with a status of error_page's
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 503 "theirs\n"; } }
--- config
    error_page 502 503 =200 /own.html;
    location /t {
        proxy_intercept_errors on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files
>>> own.html
own
--- request
GET /t
--- error_code: 200
--- response_body
own



=== TEST 4: on, without an error_page for the status
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 404 "theirs\n"; } }
--- config
    error_page 500 /own.html;
    location /t {
        proxy_intercept_errors on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- error_code: 404
--- response_body
theirs



=== TEST 5: on does nothing below 300
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 201 "theirs\n"; } }
--- config
    location /t {
        error_page 404 /own.html;
        proxy_intercept_errors on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- error_code: 201
--- response_body
theirs



=== TEST 6: a redirect can be intercepted
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 302 http://elsewhere/; } }
--- config
    location /t {
        error_page 302 = @follow;
        proxy_intercept_errors on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location @follow { return 200 "$upstream_http_location $upstream_status\n"; }
--- request
GET /t
--- response_body
http://elsewhere/ 302



=== TEST 7: a second upstream behind a named location
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 404; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second $request_uri\n"; } }
--- config
    location /t {
        error_page 404 = @second;
        proxy_intercept_errors on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location @second {
        add_header X-Status $upstream_status;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
--- request
GET /t/x?y
--- response_headers
X-Status: 404 : 200
--- response_body
second /t/x?y



=== TEST 8: a connection that failed needs no intercepting
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second $request_method\n"; } }
--- config
    location /t {
        error_page 502 504 = @second;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location @second { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- request
GET /t
--- response_body
second GET
--- error_log
connect() failed (111: Connection refused) while connecting to upstream



=== TEST 9: WWW-Authenticate of an intercepted 401 stays
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { add_header WWW-Authenticate 'Basic realm="x"' always; return 401 "theirs\n"; }
    }
--- config
    error_page 401 /own.html;
    location /t {
        proxy_intercept_errors on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files
>>> own.html
own
--- request
GET /t
--- error_code: 401
--- response_headers
WWW-Authenticate: Basic realm="x"
--- response_body
own



=== TEST 10: inherited, and switched off again
--- http_config
    proxy_intercept_errors on;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 404 "theirs\n"; } }
--- config
    error_page 404 /own.html;
    location /on { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off {
        proxy_intercept_errors off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files
>>> own.html
own
--- request eval
["GET /on", "GET /off"]
--- error_code eval
[404, 404]
--- response_body eval
["own\n", "theirs\n"]



=== TEST 11: the built-in page of a 502 names this server and nothing of the upstream
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /t
--- error_code: 502
--- response_headers
Content-Type: text/html
--- response_body_like: <title>502 Bad Gateway</title>
--- response_body_unlike: 127\.0\.0\.1



=== TEST 12: an error in the page that an upstream makes: the built-in page
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 404 "theirs\n"; } }
--- config
    proxy_intercept_errors on;
    error_page 404 /page;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /t
--- error_code: 404
--- response_body_like: <title>404 Not Found</title>



=== TEST 13: with recursive_error_pages until the redirects are used up
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 404 "theirs\n"; } }
--- config
    proxy_intercept_errors on;
    recursive_error_pages on;
    error_page 404 @page;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location @page { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 500
--- response_headers
Connection: close
--- error_log
rewrite or internal redirection cycle while redirect to named location "@page"



=== TEST 14: a page that fails in its turn is intercepted too: the built-in one, and its status
--- http_config
    proxy_intercept_errors on;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /page { return 403 "theirs\n"; }
        location / { return 404 "theirs\n"; }
    }
--- config
    error_page 404 /page;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /page {
        error_page 403 /last;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /last { return 200 "last\n"; }
    location /same { error_page 404 /absent; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /absent { error_page 404 /last; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /all { recursive_error_pages on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /t", "GET /same", "GET /all"]
--- error_code eval
[403, 404, 403]
--- response_body_like eval
["<title>403 Forbidden</title>", "<title>404 Not Found</title>", "^last\n"]
--- response_body_unlike eval
["theirs", "theirs", "theirs"]



=== TEST 15: what goes wrong behind an error of the upstream is said while sending to the client
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 404 "theirs\n"; } }
--- config
    error_page 404 @nowhere;
    location /t { proxy_intercept_errors on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /t
--- error_code: 500
--- error_log
could not find named location "@nowhere" while sending to client



=== TEST 16: so do the methods of a 405, and the length of a 416
--- config
    proxy_intercept_errors on;
    error_page 405 416 /page;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /page { return 200 "ours\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.1 405 No\r\nAllow: POST\r\nX-A: b\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 416 No\r\nContent-Range: bytes */7\r\nContent-Length: 0\r\n\r\n"]
--- request eval
["GET /", "GET /"]
--- error_code eval
[405, 416]
--- response_body eval
["ours\n", "ours\n"]
--- response_headers eval
["Allow: POST\n! X-A", "Content-Range: bytes */7"]
--- skip_nginx: all: it keeps neither
