# Versions of HTTP, forms of the target, Host, methods.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: HTTP/0.9
--- config
    location / { root html; }
--- user_files
>>> a
old
--- raw_request eval
"GET /a\r\n"
--- error_code: none
--- response_body
old



=== TEST 2: HTTP/0.9 knows GET only
--- config
    location / { return 200 "old\n"; }
--- raw_request eval
"POST /\r\n"
--- error_code: 400
--- raw_response_headers_like: ^HTTP/1\.1 400 
--- error_log
client sent invalid method in HTTP/0.9 request
--- skip_nginx: 2: >= 0.0.0: it sends no head



=== TEST 3: HTTP/1.0 without Host
--- config
    location / { return 200 "[$host][$http_host][$server_protocol]\n"; }
--- raw_request eval
"GET / HTTP/1.0\r\n\r\n"
--- response_body
[localhost][][HTTP/1.0]
--- raw_response_headers_like: ^HTTP/1\.1 200 OK\r\n
--- response_headers
Connection: close



=== TEST 4: HTTP/1.1 without Host
--- config
    location / { return 200; }
--- raw_request eval
"GET / HTTP/1.1\r\n\r\n"
--- error_code: 400



=== TEST 5: Host twice
--- config
    location / { return 200; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
--- error_code: 400
--- error_log
client sent duplicate host header: "Host: b", previous value: "Host: a"



=== TEST 6: Host malformed
--- config
    location / { return 200; }
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
["Host: a/b", "Host: a b", "Host: a..b"]
--- error_code eval
[400, 400, 400]
--- error_log
client sent invalid host header



=== TEST 7: HTTP/1.2 and the like are as 1.1
--- config
    location / { return 200 "$server_protocol\n"; }
--- raw_request eval
"GET / HTTP/1.2\r\nHost: a\r\nConnection: close\r\n\r\n"
--- response_body_like: ^HTTP/1\.[12]$



=== TEST 8: HTTP/2.0 is not
--- config
    location / { return 200; }
--- raw_request eval
"GET / HTTP/2.0\r\nHost: a\r\n\r\n"
--- error_code: 505
--- response_body_like: 505 HTTP Version Not Supported



=== TEST 9: what is no version
--- config
    location / { return 200; }
--- raw_request eval
"GET / HTTP/x\r\nHost: a\r\n\r\n"
--- error_code: 400



=== TEST 10: absolute-form
--- config
    location / { return 200 "$uri|$request_uri|$host|$http_host\n"; }
--- raw_request eval
"GET http://Other.test:81/a/b?c HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_body_like: ^/a/b\|(http://Other\.test:81)?/a/b\?c\|other\.test\|(localhost|Other\.test:81)$



=== TEST 11: absolute-form without a path
--- config
    location / { return 200 "$uri|$args|$host\n"; }
--- raw_request eval
"GET http://other?x HTTP/1.1\r\nHost: other\r\n\r\nGET http://other HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n"
--- response_body eval
["/|x|other\n", "/||other\n"]



=== TEST 12: the server is chosen by it
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name a; return 200 "a\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name b; return 200 "b\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"GET http://b/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
--- response_body
b



=== TEST 13: userinfo in the target
--- config
    location / { return 200; }
--- raw_request eval
"GET http://user:word\@host/ HTTP/1.1\r\nHost: host\r\n\r\n"
--- error_code: 400



=== TEST 14: OPTIONS * is about the server
--- config
    keepalive_requests 2;
    return 200 "never\n";
--- raw_request eval
"OPTIONS * HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcOPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"
--- error_code eval
[200, 200]
--- response_headers eval
["Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\nContent-Length: 0\nConnection: keep-alive\n! Content-Type", "Connection: close"]
--- response_body eval
["", ""]
--- skip_nginx: all: it says 400



=== TEST 15: CONNECT
--- config
    location / { return 200 "never\n"; }
--- raw_request eval
"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nConnection: close\r\n\r\n"
--- error_code_like: ^(400|405)$
--- response_body_unlike: never



=== TEST 16: TRACE
--- config
    location / { return 200 "never\n"; }
--- raw_request eval
"TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
--- error_code: 405
--- response_headers
Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS
--- response_body_unlike: never
--- skip_nginx: 2: >= 0.0.0: it does not say which are



=== TEST 17: methods of all kinds
--- config
    location / { return 200 "$request_method\n"; }
--- request eval
["PATCH /", "PROPFIND /", "M-SEARCH /", "OPTIONS /", "LOCK /", "WHATEVER /", "DELETE /"]
--- response_body_like eval
["^PATCH\$", "^PROPFIND\$", "M-SEARCH|400", "^OPTIONS\$", "^LOCK\$", "^WHATEVER\$", "^DELETE\$"]
--- error_code_like eval
["200", "200", "200|400", "200", "200", "200", "200"]



=== TEST 18: a method in small letters
--- config
    location / { return 200; }
--- raw_request eval
"get / HTTP/1.1\r\nHost: a\r\n\r\n"
--- error_code: 400
--- error_log
client sent invalid method



=== TEST 19: HEAD has no body, whichever module answers
--- config
    location /a { return 200 "body"; }
    location /b { return 404; }
--- pipelined_requests eval
["HEAD /a", "HEAD /b", "GET /a"]
--- error_code eval
[200, 404, 200]
--- response_headers eval
["Content-Length: 4", "", "Content-Length: 4"]
--- response_body eval
["", "", "body"]



=== TEST 20: lines that end with LF alone
--- config
    location / { return 200 "$http_x $host\n"; }
--- raw_request eval
"GET / HTTP/1.1\nHost: a\nX: 1\nConnection: close\n\n"
--- response_body
1 a



=== TEST 21: TLS to a port that does not speak it
--- config
    location / { return 200; }
--- raw_request eval
"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\x00\x00"
--- error_code: 400



=== TEST 22: and are passed on with CR LF
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr{^GET / HTTP/1\.\d\r\n([^\r\n]+\r\n)*X: 1\r\n([^\r\n]+\r\n)*\r\n$}
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nfine"
--- raw_request eval
"GET / HTTP/1.0\nHost: a\nX: 1\nY: 2\r\n\n"
--- response_body chomp
fine



=== TEST 23: what is not HTTP is not answered as HTTP/0.9
--- config
    location / { return 200 "never\n"; }
--- raw_request eval
"EHLO x\r\n"
--- error_code: 400
--- raw_response_headers_like: ^HTTP/1\.1 400 Bad Request\r\n
--- response_headers
Connection: close
--- skip_nginx: all: it sends no head



=== TEST 24: nor is what only begins as it does
--- raw_request eval
"GET http://a/\r\n"
--- error_code: 400
--- raw_response_headers_like: ^HTTP/1\.1 400 Bad Request\r\n
--- skip_nginx: all: it takes it for HTTP/0.9



=== TEST 25: a space too many
--- raw_request eval
"GET  /\r\n"
--- error_code: 400
--- raw_response_headers_like: ^HTTP/1\.1 400 Bad Request\r\n
--- skip_nginx: all: it takes it for HTTP/0.9



=== TEST 26: a space behind it
--- raw_request eval
"GET / \r\n"
--- error_code: 400
--- raw_response_headers_like: ^HTTP/1\.1 400 Bad Request\r\n
--- skip_nginx: all: it takes it for HTTP/0.9



=== TEST 27: a path that leads out of the root
--- raw_request eval
"GET /../\r\n"
--- error_code: 400
--- raw_response_headers_like: ^HTTP/1\.1 400 Bad Request\r\n
--- skip_nginx: all: it sends no head



=== TEST 28: HTTP/0.9 behind another request is none
--- config
    error_log logs/error.log info;
    location / { return 200 "$request_uri\n"; }
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n"
--- error_code eval
[200, 400]
--- response_body_like eval
["^/a\$", "400 Bad Request"]
--- raw_response_headers_like eval
["^HTTP/1\.1 200 OK\r\n", "^HTTP/1\.1 400 Bad Request\r\n"]
--- closes
--- error_log
client sent HTTP/0.9 request behind another request
--- skip_nginx: all: it sends no head
