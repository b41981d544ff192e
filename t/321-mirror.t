# mirror, mirror_request_body.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: the copy has the method, the arguments and the fields of the request
--- config
    location / { mirror /copy; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location = /copy {
        internal;
        proxy_http_version 1.1;
        proxy_set_header Host copy;
        proxy_set_header Connection "";
        proxy_set_header X-Original-URI $request_uri;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "main\n"; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 500 Error\r\nContent-Length: 5\r\n\r\nnever"
--- request eval
"POST /x?y=z\r
hello"
--- more_headers
X-Mine: yes
--- tcp_query eval
"POST /copy?y=z HTTP/1.1\r
Host: copy\r
X-Original-URI: /x?y=z\r
Content-Length: 5\r
X-Mine: yes\r
\r
hello"
--- response_body
main



=== TEST 2: several, inherited as a whole, and off
--- http_config
    log_format seen '$uri $status';
    access_log logs/access.log seen;
--- config
    log_subrequest on;
    root html;
    mirror /outer;
    location /a { mirror /one; mirror /two; }
    location /b { }
    location /c { mirror off; }
    location = /one { return 204; }
    location = /two { return 404; }
    location = /outer { return 200 "x"; }
--- user_files
>>> a
>>> b
>>> c
--- request eval
["GET /a", "GET /b", "GET /c"]
--- error_code eval
[200, 200, 200]
--- access_log eval
["/one 204", "/two 404", "/outer 200"]



=== TEST 3: mirror_request_body off: neither a body nor its length
--- config
    location / { mirror /copy; mirror_request_body off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location = /copy {
        proxy_http_version 1.1;
        proxy_set_header Host copy;
        proxy_set_header Connection "";
        proxy_set_header Content-Length "";
        proxy_pass_request_body off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 "main [$http_content_length]\n"; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 204 No Content\r\n\r\n"
--- request eval
"POST /x\r
hello"
--- tcp_query eval
"POST /copy HTTP/1.1\r
Host: copy\r
\r
"
--- response_body
main [5]



=== TEST 4: and it is not announced either
--- config
    location / { mirror /copy; mirror_request_body off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location = /copy {
        proxy_http_version 1.1;
        proxy_set_header Host copy;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "main\n"; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 204 No Content\r\n\r\n"
--- request eval
"POST /x\r
hello"
--- tcp_query eval
"POST /copy HTTP/1.1\r
Host: copy\r
\r
"
--- response_body
main
--- skip_nginx: all: it announces a body and sends none



=== TEST 5: a body that is in a file
--- config
    location / {
        client_body_buffer_size 1k;
        mirror /copy;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    location = /copy {
        client_body_buffer_size 1k;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3;
    }
--- http_config
    log_format copied 'copied $content_length $request_length';
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3;
        access_log logs/access.log copied;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "main\n"; } }
--- request eval
"POST /x\r
" . "0123456789" x 900
--- response_body
main
--- access_log
copied 9000 



=== TEST 6: a copy that hangs holds neither the response nor the next request
--- config
    location / { mirror /copy; root html; }
    location = /copy { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /last { mirror off; return 200 "last\n"; }
--- user_files
>>> a
a
>>> b
b
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply_delay: client
--- tcp_reply: x
--- pipelined_requests eval
["GET /a", "GET /b", "GET /last"]
--- response_body eval
["a\n", "b\n", "last\n"]
--- timeout: 5
--- skip_nginx: all: it serves no other request on the connection until the copy has ended



=== TEST 7: nor does one that cannot be sent
--- config
    location / { mirror /copy; mirror /none; root html; }
    location = /copy { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> a
a
--- request
GET /a
--- response_body
a
--- error_log eval
[qr{connect\(\) failed \(111: Connection refused\) while connecting to upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /a HTTP/1\.1", subrequest: "/copy", upstream: "http://127\.0\.0\.1:\d+/copy", host: "localhost"},
qr{/none" failed \(2: No such file or directory\)}]



=== TEST 8: what the copy is known of the client by when that has gone
--- config
    location / { mirror /copy; root html; }
    location = /copy {
        log_subrequest on;
        access_log logs/access.log copied;
        proxy_read_timeout 200ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- http_config
    log_format copied '$remote_addr $request_method $uri $request_uri $status $connection_requests $arg_x $http_host';
--- user_files
>>> a
a
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 10
--- tcp_reply: x
--- request
GET /a?x=y
--- response_body
a
--- access_log
127.0.0.1 GET /copy /a?x=y 504 1 y localhost



=== TEST 9: a copy is not copied
--- config
    mirror /copy;
    log_subrequest on;
    location / { root html; }
    location = /copy { return 204; }
--- http_config
    log_format seen '$uri $status';
    access_log logs/access.log seen;
--- user_files
>>> a
a
--- request
GET /a
--- response_body
a
--- access_log
/copy 204



=== TEST 10: try_files goes before it, and the location that it leads to has its own
--- config
    root html;
    log_subrequest on;
    location /a { mirror /one; try_files /nothing /file; }
    location /file { mirror /two; }
    location = /one { return 204; }
    location = /two { return 204; }
--- http_config
    log_format seen '$uri $status';
    access_log logs/access.log seen;
--- user_files
>>> file
file
--- request
GET /a
--- response_body
file
--- access_log
/two 204
--- no_access_log
/one



=== TEST 11: a request that is refused is not copied
--- config
    location / { deny all; mirror /copy; root html; }
    location = /copy { log_subrequest on; return 204; }
--- request
GET /
--- error_code: 403
--- no_access_log
204



=== TEST 12: off beside another
--- config
    mirror /a;
    mirror off;
--- must_die
--- error_log
"mirror" directive is duplicate



=== TEST 13: and the other way round
--- config
    mirror off;
    mirror /a;
--- must_die
--- error_log
"mirror" directive is duplicate



=== TEST 14: mirror_request_body is on or off
--- config
    mirror_request_body maybe;
--- must_die
--- error_log
invalid value "maybe" in "mirror_request_body" directive, it must be "on" or "off"



=== TEST 15: with mirror_request_body the body is read before, whatever proxy_request_buffering says
--- config
    location / {
        mirror /copy;
        proxy_request_buffering off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    location = /copy { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200; } }
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\nhello"
--- shutdown: 1
--- ignore_response
--- no_error_log
connecting to upstream
--- error_log
client prematurely closed connection
