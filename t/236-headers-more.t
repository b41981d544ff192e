# more_set_headers, more_clear_headers, more_set_input_headers, more_clear_input_headers.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: fields are set, replaced and removed, whatever the status
--- nginx_modules: ngx_http_headers_more_filter_module
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header X-One a always;
        add_header X-One b always;
        add_header X-Two c always;
        add_header X-Three-A d always;
        add_header X-Three-B e always;
        location / { return 404; }
    }
--- config
    location / {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        more_set_headers 'X-One: $request_method' 'X-New:  two words ';
        more_clear_headers x-two 'X-Three-*' X-Missing;
    }
--- request
GET /
--- error_code: 404
--- response_headers
X-One: GET
X-New: two words
! X-Two
! X-Three-A
! X-Three-B



=== TEST 2: by status and by type
--- nginx_modules: ngx_http_headers_more_filter_module
--- config
    more_set_headers -s '404 410' -s 500 'X-Status: $status';
    more_set_headers -t 'text/html text/plain' 'X-Type: $sent_http_content_type';
    more_set_headers -s 200 -t text/css 'X-Both: yes';
    location /ok { default_type "text/plain; x=y"; return 200 "x"; }
    location /css { default_type text/css; return 200 "x"; }
    location /gone { return 410; }
--- request eval
["GET /ok", "GET /css", "GET /gone", "GET /none"]
--- error_code eval
[200, 200, 410, 404]
--- response_headers eval
["! X-Status\n! X-Both", "! X-Status\n! X-Type\nX-Both: yes", "X-Status: 410\nX-Type: text/html", "X-Status: 404\nX-Type: text/html\n! X-Both"]



=== TEST 3: fields of the server's own
--- nginx_modules: ngx_http_headers_more_filter_module
--- config
    location / { root html; more_set_headers 'Server: mine' 'Content-Type: text/css' 'ETag: "x"'; }
    location /clear/ { alias html/; more_clear_headers Server Content-Type Last-Modified ETag Accept-Ranges; }
    location /length/ { alias html/; more_clear_headers Content-Length; }
    location /date/ { alias html/; more_set_headers 'Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT'; }
--- user_files
>>> a.html
a file
--- request eval
["GET /a.html", "GET /clear/a.html", "GET /length/a.html", "GET /date/a.html"]
--- response_headers eval
["Server: mine\nContent-Type: text/css\nETag: \"x\"", "! Server\n! Content-Type\n! Last-Modified\n! ETag\n! Accept-Ranges",
 "! Content-Length\nTransfer-Encoding: chunked", "Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT"]
--- response_body eval
["a file\n", "a file\n", "a file\n", "a file\n"]



=== TEST 4: a value that is empty removes the field
--- nginx_modules: ngx_http_headers_more_filter_module
--- config
    location / {
        more_set_headers 'Server:' 'Content-Type: $arg_t' 'X-Empty: $arg_x' X-Alone;
        return 200 "x";
    }
--- request
GET /
--- response_headers
! Server
! Content-Type
! X-Empty
! X-Alone



=== TEST 5: the lines of outer blocks come first
--- nginx_modules: ngx_http_headers_more_filter_module
--- http_config
    more_set_headers 'X-A: http' 'X-B: http' 'X-C: http';
--- config
    more_set_headers 'X-B: server' 'X-C: server';
    location / { more_set_headers 'X-C: location'; return 200 "x"; }
    location /if { if ($arg_a) { more_set_headers 'X-C: if'; } return 200 "x"; }
--- request eval
["GET /", "GET /if?a=1"]
--- response_headers eval
["X-A: http\nX-B: server\nX-C: location", "X-A: http\nX-B: server\nX-C: if"]



=== TEST 6: before add_header
--- nginx_modules: ngx_http_headers_more_filter_module
--- config
    location / { add_header X a; more_set_headers 'X: b'; more_clear_headers Y; add_header Y c; return 200 "x"; }
--- request
GET /
--- response_headers
X: b, a
Y: c



=== TEST 7: Location
--- nginx_modules: ngx_http_headers_more_filter_module
--- config
    location /set { more_set_headers 'Location: http://elsewhere/'; return 302 /here; }
    location /clear { more_clear_headers Location; return 302 /here; }
--- request eval
["GET /set", "GET /clear"]
--- error_code eval
[302, 302]
--- response_headers eval
["Location: http://elsewhere/", "! Location"]



=== TEST 8: a value cannot end its line
--- nginx_modules: ngx_http_headers_more_filter_module
--- config
    location ~ (?s)^/out/(.*) {
        more_set_headers 'X-Out: $1' 'Content-Type: text/html $1';
        return 200 "x";
    }
--- request
GET /out/a%0d%0aX-Split:%20b
--- response_headers
X-Out: a  X-Split: b
Content-Type: text/html a  X-Split: b
! X-Split
--- skip_nginx: all: it sends two lines



=== TEST 9: fields of the request
--- nginx_modules: ngx_http_headers_more_filter_module
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_x_one|$http_x_two|$http_x_three|$http_user_agent|$http_cookie\n"; }
    }
--- config
    location / {
        more_set_input_headers 'X-One: set $arg_a' 'User-Agent: mine';
        more_set_input_headers -r 'X-Two: replaced' 'X-Three: not there';
        more_clear_input_headers Cookie;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /?a=b
--- more_headers
X-One: 1
X-One: 2
X-Two: 2
Cookie: a=b
--- response_body
set b|replaced||mine|



=== TEST 10: those of the request by type, and by how their names begin
--- nginx_modules: ngx_http_headers_more_filter_module
--- config
    location / {
        more_set_input_headers -t 'text/plain' 'X-Type: plain';
        more_clear_input_headers 'X-Secret-*';
        try_files /none @text;
    }
    location @text { return 200 "$http_x_type|$http_x_secret_a|$http_x_secret_b|$http_x_secret\n"; }
--- request eval
["POST /\nx", "POST /\nx"]
--- more_headers eval
["Content-Type: text/plain\nX-Secret-A: 1\nX-Secret-B: 2\nX-Secret: 3", "Content-Type: text/plain; charset=utf-8"]
--- response_body eval
["plain|||3\n", "|||\n"]



=== TEST 11: after the lines of the rewrite module, also where they change the uri
--- nginx_modules: ngx_http_headers_more_filter_module
--- config
    location /a { more_set_input_headers 'X-V: set'; return 200 "$http_x_v\n"; }
    location /b { more_set_input_headers 'X-V: set'; rewrite ^ /c; }
    location /c { return 200 "$http_x_v\n"; }
    location /d { more_set_input_headers 'X-V: set'; try_files /none /c; }
--- request eval
["GET /a", "GET /b", "GET /d"]
--- more_headers
X-V: client
--- response_body eval
["client\n", "set\n", "set\n"]



=== TEST 12: Host
--- nginx_modules: ngx_http_headers_more_filter_module
--- config
    location / {
        more_set_input_headers 'Host: other.example';
        proxy_set_header Host $host;
        proxy_set_header X-Host $http_host;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- tcp_query eval
qr{Host: other\.example\r\nX-Host: other\.example\r\n}
--- request
GET /
--- response_body
ok



=== TEST 13: a value from the client cannot end a line of the request
--- nginx_modules: ngx_http_headers_more_filter_module
--- config
    location ~ (?s)^/(.*) {
        more_set_input_headers 'X-In: $1' 'Host: $1';
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- tcp_query eval
qr{X-In: a  X-Split: b\r\n}
--- request
GET /a%0d%0aX-Split:%20b
--- response_body
ok
--- error_log
invalid host "a  X-Split: b" is not set
--- skip_nginx: all: it sends two lines
