# proxy_set_header: defaults, inheritance, empty values, variables.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: Host is $proxy_host by default
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_host\n"; }
    }
--- config
    location /t { proxy_pass http://pool; }
--- request
GET /t
--- response_body
pool



=== TEST 2: Host with the address and its port
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_host\n"; }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /t
--- response_body_like: ^127\.0\.0\.1:\d+$



=== TEST 3: Connection is close when no keepalive is wanted
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "[$http_connection]\n"; }
    }
--- config
    location /t {
        proxy_http_version 1.0;
        proxy_set_header Connection close;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- response_body
[close]



=== TEST 4: a header with variables
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_x_real_ip $http_x_mix\n"; }
    }
--- config
    location /t {
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Mix "<$request_method-$arg_a>";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t?a=b
--- response_body
127.0.0.1 <GET-b>



=== TEST 5: replaces what the client sent, whatever the case of the name
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_x_user\n"; }
    }
--- config
    location /t {
        proxy_set_header x-uSER proxy;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- more_headers
X-User: client
X-USER: twice
--- response_body
proxy



=== TEST 6: an empty value removes the header
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "[$http_accept_encoding] [$http_accept]\n"; }
    }
--- config
    location /t {
        proxy_set_header Accept-Encoding "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- more_headers
Accept-Encoding: gzip
Accept: */*
--- response_body
[] [*/*]



=== TEST 7: a variable that is empty removes the header too
--- config
    location /t {
        proxy_set_header Host up;
        proxy_set_header X-Arg $arg_missing;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval: qr/\AGET \/t HTTP\/1\.[01]\r\nHost: up\r\n(?!.*X-Arg)/s
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_body
ok



=== TEST 8: inherited when the level has none
--- http_config
    proxy_set_header X-Level http;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_x_level $http_x_other\n"; }
    }
--- config
    proxy_set_header X-Level server;
    proxy_set_header X-Other yes;
    location /t {
        location /t/inner { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /t", "GET /t/inner"]
--- response_body eval
["server yes\n", "server yes\n"]



=== TEST 9: one of its own drops all of the outer ones
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "[$http_x_outer] [$http_x_inner] [$http_host]\n"; }
    }
--- config
    proxy_set_header X-Outer a;
    proxy_set_header Host outer;
    location /t {
        proxy_set_header X-Inner b;
        proxy_set_header Host inner;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- response_body
[] [b] [inner]



=== TEST 10: the defaults come back with the drop
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_host\n"; }
    }
--- config
    proxy_set_header Host outer;
    location /t {
        proxy_set_header X-Inner b;
        proxy_pass http://pool;
    }
--- request
GET /t
--- response_body
pool



=== TEST 11: Host $host and $http_host
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_host\n"; }
    }
--- config
    location /host { proxy_set_header Host $host; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /http_host { proxy_set_header Host $http_host; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /host", "GET /http_host"]
--- more_headers
Host: LocalHost:8080
--- response_body eval
["localhost\n", "LocalHost:8080\n"]



=== TEST 12: the name is sent as it is written
--- config
    location /t {
        proxy_set_header Host up;
        proxy_set_header x-LOWER-Upper 1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval: qr/\r\nx-LOWER-Upper: 1\r\n/
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_body
ok



=== TEST 13: headers of the client go on unchanged, in order, repeated ones too
--- config
    location /t {
        proxy_set_header Host up;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval: qr/\r\nuser-AGENT: me\r\nX-A: 1\r\nCookie: a=b\r\nX-a: 2\r\nCookie: c=d\r\n/
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- more_headers
user-AGENT: me
X-A: 1
Cookie: a=b
X-a: 2
Cookie: c=d
--- response_body
ok



=== TEST 14: $proxy_add_x_forwarded_for begins and extends the list
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_x_forwarded_for\n"; }
    }
--- config
    location /t {
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /t", "GET /t"]
--- more_headers eval
["", "X-Forwarded-For: 10.1.2.3, 10.4.5.6"]
--- response_body eval
["127.0.0.1\n", "10.1.2.3, 10.4.5.6, 127.0.0.1\n"]



=== TEST 15: $proxy_host and $proxy_port
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_x_target\n"; }
    }
--- config
    location /t {
        proxy_set_header X-Target "$proxy_host-$proxy_port";
        proxy_pass http://pool;
    }
    location /u {
        proxy_set_header X-Target "$proxy_host-$proxy_port";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /t", "GET /u"]
--- response_body_like eval
[qr/\Apool-80\n\z/, qr/\A127\.0\.0\.1:(\d+)-\1\n\z/]



=== TEST 16: Content-Type replaced, the length is the body's
--- config
    location /t {
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_set_header Content-Type text/x-mine;
        proxy_http_version 1.1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 81
--- tcp_query eval: qr/\A(?=.*\r\nContent-Length: 5\r\n)(?=.*\r\nContent-Type: text\/x-mine\r\n)(?!.*application).*\r\n\r\nhello\z/s
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"POST /t\nhello"
--- more_headers
Content-Type: application/x-theirs
--- response_body
ok



=== TEST 17: one parameter is too few
--- config
    location /t { proxy_set_header X; }
--- must_die
--- error_log
invalid number of arguments in "proxy_set_header" directive in



=== TEST 18: fields of the configuration stand before the usual ones
--- config
    location /t {
        proxy_http_version 1.0;
        proxy_set_header X-Own 1;
        proxy_set_header Connection close;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr/^POST \/t HTTP\/1.0\r\nX-Own: 1\r\nConnection: close\r\nHost: 127.0.0.1:\d+\r\nContent-Length: 2\r\nX-Client: 2\r\n\r\nhi$/
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"POST /t\nhi"
--- more_headers
X-Client: 2
--- response_body
ok



=== TEST 19: without Transfer-Encoding a body has its length all the same
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Transfer-Encoding "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr/\r\nContent-Length: 5\r\n(.*\r\n)*\r\nhello$/
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"POST /t\nhello"
--- response_body
ok



=== TEST 20: a length that is not that of the body is not sent
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_set_header Content-Length 3;
        proxy_set_header Transfer-Encoding chunked;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 5\r\n\r\nhello"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"POST /t\nhello"
--- response_body
ok
--- skip_nginx: all



=== TEST 21: the request says nothing of the server it goes to, and is the same for each
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 502; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "[$http_x_addr] [$http_x_status]\n"; }
--- config
    location / {
        proxy_set_header X-Addr $upstream_addr;
        proxy_set_header X-Status $upstream_status;
        proxy_next_upstream http_502;
        proxy_pass http://u;
    }
--- request
GET /
--- response_body
[] []



=== TEST 22: proxy_request_dynamic: it may say which server it goes to
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 502; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "$http_host\n"; }
--- config
    location / {
        proxy_request_dynamic on;
        proxy_set_header Host $upstream_last_server_name;
        proxy_next_upstream http_502;
        proxy_pass http://u;
    }
--- request
GET /
--- response_body eval
"127.0.0.1:$ENV{TEST_NGINX_RAND_PORT_2}\n"
--- skip_nginx: all
