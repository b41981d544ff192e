# auth_request, auth_request_set, and satisfy with them.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: 2xx lets the request pass, 401 and 403 are the answer
--- config
    root html;
    location /ok.txt { auth_request /yes; }
    location /created.txt { auth_request /created; }
    location /no.txt { auth_request /no; }
    location /who.txt { auth_request /who; }
    location = /yes { return 204; }
    location = /created { return 201 "x"; }
    location = /no { return 403; }
    location = /who { add_header WWW-Authenticate 'Basic realm="r"' always; return 401; }
--- user_files
>>> ok.txt
ok
>>> created.txt
created
>>> no.txt
>>> who.txt
--- request eval
["GET /ok.txt", "GET /created.txt", "GET /no.txt", "GET /who.txt"]
--- error_code eval
[200, 200, 403, 401]
--- response_body_like eval
["^ok\n\$", "^created\n\$", "403 Forbidden", "401 Authorization Required"]
--- no_error_log
[alert]
auth request unexpected



=== TEST 2: the challenge of the service is passed on
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            add_header WWW-Authenticate 'Bearer realm="api"' always;
            add_header X-Other no always;
            return 401;
        }
    }
--- config
    root html;
    location / { auth_request /who; }
    location = /who { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> index.html
--- request
GET /
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="api"
! X-Other



=== TEST 3: so is one that the subrequest's location adds
--- config
    root html;
    location / { auth_request /who; }
    location = /who { add_header WWW-Authenticate x always; return 401; }
--- user_files
>>> index.html
--- request
GET /
--- error_code: 401
--- response_headers
WWW-Authenticate: x
--- skip_nginx: all: it answers 401 without a challenge



=== TEST 4: any other status is an error of the service
--- config
    root html;
    location /a { auth_request /missing; }
    location /b { auth_request /redirect; }
    location /c { auth_request /broken; }
    location = /redirect { return 302 /login; }
    location = /broken { return 500; }
--- user_files
>>> a
>>> b
>>> c
--- request eval
["GET /a", "GET /b", "GET /c"]
--- error_code eval
[500, 500, 500]
--- error_log
auth request unexpected status: 404, client: 127.0.0.1, server: localhost, request: "GET /a HTTP/1.1"
auth request unexpected status: 302
auth request unexpected status: 500



=== TEST 5: a service that is down
--- config
    root html;
    location / { auth_request /auth; }
    location = /auth { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> index.html
--- request
GET /
--- error_code: 500
--- error_log eval
[qr{connect\(\) failed \(111: Connection refused\) while connecting to upstream, client: 127\.0\.0\.1, server: localhost, request: "GET / HTTP/1\.1", subrequest: "/auth", upstream: "http://127\.0\.0\.1:\d+/auth", host: "localhost"},
qr{auth request unexpected status: 502 while sending to client}]



=== TEST 6: what the service is asked: GET, the fields of the request, no body
--- config
    location / {
        auth_request /auth;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2/;
    }
    location = /auth {
        internal;
        proxy_http_version 1.1;
        proxy_set_header Host auth;
        proxy_set_header Connection "";
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header X-Original-URI $request_uri;
        proxy_set_header X-Method $request_method;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "in\n"; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
--- request eval
"POST /x?y=z\r
hello"
--- more_headers
Cookie: session=1
--- tcp_query eval
"GET /auth HTTP/1.1\r
Host: auth\r
X-Original-URI: /x?y=z\r
X-Method: POST\r
Cookie: session=1\r
\r
"
--- response_body
in



=== TEST 7: a body is not announced to a service that gets none
--- config
    location / { auth_request /auth; return 200 "in\n"; }
    location /file { auth_request /auth; root html; }
    location = /auth {
        proxy_http_version 1.1;
        proxy_set_header Host auth;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
--- request eval
"POST /file\r
hello"
--- tcp_query eval
"GET /auth HTTP/1.1\r
Host: auth\r
\r
"
--- error_code: 403
--- skip_nginx: all: it announces a body and sends none



=== TEST 8: auth_request_set: what the service has answered
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { add_header X-User $http_x_name; return 204; }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { return 200 "[$http_x_user] [$http_x_status] [$http_x_uri]\n"; }
    }
--- config
    auth_request_set $user $upstream_http_x_user;
    location / {
        auth_request /auth;
        auth_request_set $user $upstream_http_x_user;
        auth_request_set $auth_status $upstream_status;
        auth_request_set $auth_uri $uri;
        proxy_set_header X-User $user;
        proxy_set_header X-Status $auth_status;
        proxy_set_header X-Uri $auth_uri;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    location /inherited {
        auth_request /auth;
        proxy_set_header X-User $user;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    location /off {
        auth_request off;
        proxy_set_header X-User $user;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
    location = /auth { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- more_headers
X-Name: jane
--- request eval
["GET /a", "GET /inherited", "GET /off"]
--- response_body eval
["[jane] [204] [/auth]\n", "[jane] [] []\n", "[] [] []\n"]



=== TEST 9: auth_request_set is evaluated whatever the status is
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { add_header X-Why late always; return 403; } }
--- config
    location / {
        auth_request /auth;
        auth_request_set $why $upstream_http_x_why;
        error_page 403 = @denied;
        root html;
    }
    location @denied { return 200 "denied: $why\n"; }
    location = /auth { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /
--- response_body
denied: late



=== TEST 10: variables are shared with the subrequest
--- config
    location / {
        set $a main;
        auth_request /auth;
        root html;
        add_header X-A $a;
        add_header X-B $b;
    }
    location = /auth { set $b "$a-sub"; set $a sub; return 204; }
--- user_files
>>> x.txt
--- request
GET /x.txt
--- response_headers
X-A: sub
X-B: main-sub



=== TEST 11: so are the values of maps
--- http_config
    map $uri $mapped { default other; /auth auth; ~^/x x; }
--- config
    location /x { auth_request /auth; root html; add_header X-Mapped $mapped; }
    location /x2 { auth_request /plain; root html; add_header X-Mapped $mapped; }
    location = /auth { set $c $mapped; return 204; }
    location = /plain { return 204; }
--- user_files
>>> x.txt
>>> x2.txt
--- request eval
["GET /x.txt", "GET /x2.txt"]
--- response_headers eval
["X-Mapped: auth", "X-Mapped: x"]



=== TEST 12: error pages and redirects of the subrequest are its own
--- config
    root html;
    location /a { auth_request /auth/a; }
    location /b { auth_request /auth/b; }
    location /c { auth_request /auth/c; }
    location /d { auth_request /auth/d; }
    location /auth/a { error_page 404 =204 /fine; return 404; }
    location /auth/b { rewrite ^ /fine last; }
    location /auth/c { try_files /nothing @named; }
    location /auth/d { error_page 502 = @named; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /fine { return 204; }
    location @named { return 403; }
--- user_files
>>> a
a
>>> b
b
>>> c
>>> d
--- request eval
["GET /a", "GET /b", "GET /c", "GET /d"]
--- error_code eval
[200, 200, 403, 403]



=== TEST 13: a uri of a named location is none
--- config
    location / { auth_request @named; return 200; }
    location /file { auth_request @named; root html; }
    location @named { return 204; }
--- user_files
>>> file
--- request
GET /file
--- error_code: 500
--- error_log
auth request unexpected status: 404



=== TEST 14: the subrequest is not asked to authenticate itself
--- config
    auth_request /auth;
    root html;
    location / { }
    location = /auth { deny all; return 204; }
--- user_files
>>> file
file
--- request eval
["GET /file", "GET /auth"]
--- error_code eval
[200, 204]



=== TEST 15: a location that asks itself
--- config
    location / { auth_request /; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$request_uri\n"; } }
--- request
GET /x
--- response_body
/x



=== TEST 16: subrequests are logged with log_subrequest on
--- config
    root html;
    location /a { auth_request /auth; }
    location /b { auth_request /logged; }
    location = /auth { return 204; }
    location = /logged { log_subrequest on; return 204; }
--- http_config
    log_format sub '$request_method $uri $status $request';
    access_log logs/access.log sub;
--- user_files
>>> a
>>> b
--- request eval
["GET /a", "GET /b"]
--- access_log eval
["GET /a 200 GET /a HTTP/1.1", "GET /logged 204 GET /b HTTP/1.1", "GET /b 200 GET /b HTTP/1.1"]
--- no_access_log
GET /auth



=== TEST 17: a client that leaves while the service is asked: the service's connection is given up
--- config
    location / { auth_request /auth; root html; }
    location = /auth { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 10
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
--- raw_request eval
"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- shutdown: 1
--- ignore_response
--- error_log
client prematurely closed connection
--- access_log
"GET / HTTP/1.1" 499 0



=== TEST 18: a service that does not answer in time
--- config
    location / { auth_request /auth; root html; }
    location = /auth { proxy_read_timeout 100ms; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply_delay: client
--- tcp_reply: x
--- request
GET /
--- error_code: 500
--- error_log
upstream timed out
auth request unexpected status: 504



=== TEST 19: satisfy any: the first that lets the request pass decides
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { add_header WWW-Authenticate x always; return 401; }
    }
--- config
    satisfy any;
    root html;
    location /rule { allow all; auth_request /no; }
    location /auth { allow 192.0.2.1; deny all; auth_request /yes; }
    location /neither { deny all; auth_request /no; }
    location /who { deny all; auth_request /who_are_you; }
    location /broken { deny all; auth_request /broken_service; }
    location = /yes { return 204; }
    location = /no { return 403; }
    location = /who_are_you { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /broken_service { return 500; }
--- user_files
>>> rule
>>> auth
>>> neither
>>> who
>>> broken
--- request eval
["GET /rule", "GET /auth", "GET /neither", "GET /who", "GET /broken"]
--- error_code eval
[200, 200, 403, 401, 500]
--- response_headers eval
["", "", "", "WWW-Authenticate: x", ""]
--- error_log
access forbidden by rule, client: 127.0.0.1, server: localhost, request: "GET /neither HTTP/1.1"
--- no_error_log
request: "GET /auth HTTP/1.1"
request: "GET /rule HTTP/1.1"



=== TEST 20: satisfy all: all of them, in their order
--- config
    satisfy all;
    root html;
    location /both { allow all; auth_request /yes; }
    location /rule { deny all; auth_request /who; }
    location /service { allow all; auth_request /who; }
    location = /yes { return 204; }
    location = /who { return 401; }
--- user_files
>>> both
>>> rule
>>> service
--- request eval
["GET /both", "GET /rule", "GET /service"]
--- error_code eval
[200, 403, 401]



=== TEST 21: an internal redirect asks again
--- config
    root html;
    location / { auth_request /auth; index file; }
    location = /auth { add_header X n always; return 403; }
    location /open { try_files /nothing /file; }
--- user_files
>>> file
--- request eval
["GET /open", "GET /"]
--- error_code eval
[403, 403]



=== TEST 22: auth_request twice
--- config
    auth_request /a;
    auth_request /b;
--- must_die
--- error_log
"auth_request" directive is duplicate



=== TEST 23: auth_request_set of something that is no variable
--- config
    auth_request_set name value;
--- must_die
--- error_log
invalid variable name "name"



=== TEST 24: auth_request in an if
--- config
    location / { if ($arg_x) { auth_request /auth; } }
--- must_die
--- error_log
"auth_request" directive is not allowed here



=== TEST 25: return goes before the subrequest
--- config
    location / { auth_request /no; return 200 "early\n"; }
    location = /no { return 403; }
--- request
GET /
--- response_body
early



=== TEST 26: HEAD, and requests that share a connection
--- config
    root html;
    location / { auth_request /auth; }
    location = /auth { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { add_header X-Method $request_method; return 200 "a body\n"; } }
--- user_files
>>> a
aaa
>>> b
bbb
--- pipelined_requests eval
["HEAD /a", "GET /b", "GET /a"]
--- error_code eval
[200, 200, 200]
--- response_body eval
["", "bbb\n", "aaa\n"]



=== TEST 27: conditions and ranges of the client do not hold for the subrequest
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 "page\n"; }
--- config
    location / {
        auth_request /auth.txt;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_pass_request_headers off;
    }
    location = /auth.txt { root html; }
--- user_files
>>> auth.txt
auth
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["If-None-Match: *", "Range: bytes=5-", "If-Match: \"x\"", "If-Unmodified-Since: Sat, 01 Jan 2000 00:00:00 GMT"]
--- error_code eval
[200, 200, 200, 200]
--- no_error_log
[error]



=== TEST 28: limits count the request once, whether it or its subrequest meets them first
--- http_config
    limit_conn_zone $server_port zone=c:32k;
    limit_conn_zone $server_name zone=d:32k;
    limit_req_zone $request_uri zone=r:32k rate=1r/m;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 "page\n"; }
--- config
    location /both {
        limit_conn c 1; limit_req zone=r;
        auth_request /limited;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /inner { auth_request /limited; add_header Status "$limit_conn_status $limit_req_status"; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /limited { limit_conn c 1; limit_req zone=r; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /outer { auth_request /one; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/last; }
    location = /one { limit_conn d 1; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /last { limit_conn d 1; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /both", "GET /inner", "GET /inner", "GET /outer", "GET /last"]
--- error_code eval
[200, 200, 500, 503, 200]
--- response_headers_like eval
["Connection: .*", "Status: PASSED PASSED", "Connection: .*", "Connection: .*", "Connection: .*"]
