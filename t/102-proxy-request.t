# What of the request is passed on: proxy_pass_request_headers, proxy_pass_request_body,
# proxy_set_body, proxy_method, proxy_http_version.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: proxy_pass_request_headers off
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "[$http_x_client] [$http_x_proxy] [$http_host]\n"; }
    }
--- config
    location /t {
        proxy_pass_request_headers off;
        proxy_set_header Host up;
        proxy_set_header X-Proxy yes;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- more_headers
X-Client: yes
--- response_body
[] [yes] [up]



=== TEST 2: proxy_pass_request_headers on, inherited off
--- http_config
    proxy_pass_request_headers off;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "[$http_x_client]\n"; }
    }
--- config
    location /off { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /on {
        proxy_pass_request_headers on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /off", "GET /on"]
--- more_headers
X-Client: yes
--- response_body eval
["[]\n", "[yes]\n"]



=== TEST 3: proxy_pass_request_body off
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_pass_request_body off;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_set_header Content-Length "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\n\r\n"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"POST /t\nhello"
--- response_body
ok



=== TEST 4: proxy_pass_request_body off alone sends a length of zero, never the client's
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "[$content_length] $request_method\n"; }
    }
--- config
    location /t {
        proxy_pass_request_body off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
"POST /t\nhello"
--- response_body_like: ^\[0?\] POST$
--- skip_nginx: all



=== TEST 5: proxy_set_body
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_body "<$arg_a:$request_method>";
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 61
--- tcp_query eval
"POST /t?a=b HTTP/1.1\r\nHost: up\r\nContent-Length: 8\r\n\r\n<b:POST>"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"POST /t?a=b\nclient's own"
--- response_body
ok



=== TEST 6: proxy_set_body with a GET
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_body body;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 52
--- tcp_query eval
"GET /t HTTP/1.1\r\nHost: up\r\nContent-Length: 4\r\n\r\nbody"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_body
ok



=== TEST 7: proxy_set_body sees the body of the request
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_body "[$request_body]";
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 56
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 7\r\n\r\n[hello]"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request eval
"POST /t\nhello"
--- response_body
ok



=== TEST 8: proxy_method
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_method $request_uri\n"; }
    }
--- config
    location /t {
        proxy_method POST;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t?x
--- response_body
POST /t?x



=== TEST 9: proxy_method from a variable
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_method\n"; }
    }
--- config
    location /t {
        proxy_method $arg_m;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t?m=DELETE
--- response_body
DELETE



=== TEST 10: proxy_method HEAD: a response without a body, whatever length it tells
--- config
    location /t {
        proxy_method HEAD;
        proxy_set_header Host up;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval: qr/\AHEAD \/t HTTP/
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-Up: 1\r\n\r\n"
--- request
GET /t
--- response_headers
X-Up: 1
--- response_body



=== TEST 11: proxy_http_version 1.0
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$server_protocol\n"; }
    }
--- config
    location /t {
        proxy_http_version 1.0;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- response_body
HTTP/1.0



=== TEST 12: proxy_http_version 1.1
--- http_config
    proxy_http_version 1.1;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$server_protocol\n"; }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /t HTTP/1.0
--- response_body
HTTP/1.1



=== TEST 13: 1.1 is the default
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$server_protocol [$http_connection]\n"; }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /t
--- response_body
HTTP/1.1 []
--- skip_nginx: 2: < 1.29.7



=== TEST 14: proxy_http_version takes 1.0 and 1.1
--- config
    location /t { proxy_http_version 1.2; proxy_pass http://127.0.0.1:81; }
--- must_die
--- error_log
invalid value "1.2" in



=== TEST 15: an absolute-form request is forwarded in origin form, its host wins
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri $http_host\n"; }
    }
--- config
    location /t {
        proxy_set_header Host $host;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- raw_request eval
"GET http://Absolute.example:81/t/%41?b HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n"
--- response_body
/t/%41?b absolute.example



=== TEST 16: and in $http_host, whatever the client's Host says
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_host\n"; }
    }
--- config
    location / { return 200 "$http_host\n"; }
    location /http_host {
        proxy_set_header Host $http_host;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- raw_request eval
"GET http://Absolute.example:81/ HTTP/1.1\r\nHost: other\r\n\r\nGET http://Absolute.example:81/http_host HTTP/1.1\r\nHost: other\r\n\r\nGET http://Absolute.example:81/http_host HTTP/1.0\r\n\r\n"
--- response_body eval
["Absolute.example:81\n", "Absolute.example:81\n", "Absolute.example:81\n"]
--- skip_nginx: all: it passes the field on as it is



=== TEST 17: an absolute-form request without a path
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location = / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET http://localhost?b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_body
/?b



=== TEST 18: a bare LF in the head is forwarded as CRLF
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"GET /t HTTP/1.1\r\nHost: up\r\nX-A: 1\r\nX-B: 2\r\n\r\n"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.1\nHost: localhost\nX-A: 1\r\nX-B: 2\nConnection: close\n\n"
--- response_body
ok



=== TEST 19: the method goes on as it is, unknown ones too
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_method\n"; }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["PROPFIND /t", "PATCH /t", "OPTIONS /t", "M-SEARCH /t", "QUERY /t"]
--- response_body eval
["PROPFIND\n", "PATCH\n", "OPTIONS\n", "M-SEARCH\n", "QUERY\n"]



=== TEST 20: fields with an underscore or another odd character in their names are dropped
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"GET /t HTTP/1.1\r\nHost: up\r\nX-B: dash\r\n\r\n"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX_A: under\r\nX-B: dash\r\nX(C): 1\r\nX/D: 1\r\nX\xe9E: 1\r\nConnection: close\r\n\r\n"
--- response_body
ok
--- error_log
client sent invalid header line: "X_A: under"
client sent invalid header line: "X(C): 1"



=== TEST 21: $request_uri sent by hand and a rewritten path
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1$request_uri; }
    location /u { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/p$uri$is_args$args; }
--- request eval
["GET /t/%41?b", "GET /u/x?b"]
--- response_body eval
["/t/%41?b\n", "/p/u/x?b\n"]



=== TEST 22: proxy_method HEAD: no body is awaited
--- config
    location /t {
        proxy_method HEAD;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-Up: 1\r\n\r\n"
--- request
GET /t
--- response_headers
X-Up: 1
--- response_body



=== TEST 23: a body that came with its head is not streamed: it has a length, and can be sent again
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { return 200 "length $http_content_length\n"; }
    }
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_request_buffering off;
        proxy_next_upstream http_503 non_idempotent;
        proxy_pass http://pool;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
--- response_body
length 5



=== TEST 24: proxy_send_lowat is accepted, and told to be of no use
--- config
    location /t {
        proxy_send_lowat 12000;
        proxy_ignore_headers Vary Vary;
        return 200;
    }
--- request
GET /t
--- error_log
"proxy_send_lowat" is not supported, ignored in
duplicate value "Vary" in
