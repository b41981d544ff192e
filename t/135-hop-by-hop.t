# Fields that belong to one connection are removed, both ways.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: Connection, Keep-Alive, TE, Upgrade and Expect of a request
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"GET /t HTTP/1.1\r\nHost: up\r\nX-End: 1\r\n\r\n"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nUpgrade: h2c\r\nX-End: 1\r\n\r\n"
--- response_body
ok



=== TEST 2: fields named by Connection of a request
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"GET /t HTTP/1.1\r\nHost: up\r\nX-End: 1\r\n\r\n"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nConnection: close, X-Private ,x-OTHER\r\nX-Private: 1\r\nX-Other: 2\r\nX-End: 1\r\n\r\n"
--- response_body
ok
--- skip_nginx: all



=== TEST 3: several Connection fields
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"GET /t HTTP/1.1\r\nHost: up\r\nX-End: 1\r\n\r\n"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-Private: 1\r\nConnection: X-Private\r\nX-End: 1\r\nConnection: close\r\nX-Private: 2\r\n\r\n"
--- response_body
ok
--- skip_nginx: all



=== TEST 4: Connection cannot take away the length of a body
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST /t HTTP/1.1\r\nHost: up\r\nContent-Length: 5\r\n\r\nhello"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nConnection: close, Content-Length, Host\r\nContent-Length: 5\r\n\r\nhello"
--- response_body
ok



=== TEST 5: Proxy-Connection is no reason to keep a connection
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.0\r\nHost: localhost\r\nProxy-Connection: keep-alive\r\n\r\n"
--- response_headers
Connection: close
--- response_body
ok



=== TEST 6: Connection and Keep-Alive of a response
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nConnection: x-other\r\nKeep-Alive: timeout=5\r\nX-End: 1\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_headers
Connection: close
! Keep-Alive
X-End: 1
--- response_body
ok



=== TEST 7: fields named by Connection of a response
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nConnection: X-Private, x-OTHER\r\nX-Private: 1\r\nX-Other: 2\r\nX-End: 1\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_headers
! X-Private
! X-Other
X-End: 1
--- response_body
ok
--- skip_nginx: all



=== TEST 8: Upgrade of a response that is none
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_headers
! Upgrade
--- response_body
ok
--- skip_nginx: all



=== TEST 9: the response says that the client's connection stays
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nok\n", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nok\n"]
--- pipelined_requests eval
["GET /t", "GET /t"]
--- response_headers eval
["Connection: keep-alive", "Connection: close"]



=== TEST 10: a header of the configuration may bring back what was removed
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Host up;
        proxy_set_header Connection "";
        proxy_set_header TE $http_te;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval: qr/\r\nTE: trailers\r\n/
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- more_headers
TE: trailers
--- response_body
ok



=== TEST 11: the Upgrade of a 426 is passed on
--- config
    location /t { proxy_http_version 1.1; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 426 Upgrade Required\r\nUpgrade: foo\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- error_code: 426
--- response_headers
Upgrade: foo



=== TEST 12: also where Connection names another field too, which is removed
--- config
    location /t { proxy_http_version 1.1; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 426 Upgrade Required\r\nUpgrade: foo\r\nConnection: Upgrade, X-Inner\r\nX-Inner: 1\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- error_code: 426
--- response_headers
Upgrade: foo
! X-Inner
--- skip_nginx: all



=== TEST 13: Trailer is passed on by proxy_pass_trailers where Connection names it
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_pass_trailers on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nConnection: close, Trailer\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nup\n\r\n0\r\nX-T: 1\r\n\r\n"
--- request
GET /t
--- response_headers
Trailer: X-T
--- response_body
up
--- skip_nginx: all



=== TEST 14: proxy_hide_header hides an Upgrade that would be passed on
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_hide_header Upgrade;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 426 Upgrade Required\r\nUpgrade: foo\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- error_code: 426
--- response_headers
! Upgrade



=== TEST 15: a Location and a Refresh that Connection names, with proxy_redirect
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_redirect http://a/ http://b/;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 201 Created\r\nConnection: Location, Refresh\r\nLocation: http://a/x\r\nRefresh: 5; url=http://a/\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- error_code: 201
--- response_headers
! Location
! Refresh
--- skip_nginx: all



=== TEST 16: fields of a 103 that Connection names
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 103 Early Hints\r\nConnection: X-Inner\r\nX-Inner: 1\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- raw_response_headers_like: \AHTTP/1\.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1\.1 200 OK\r\n
--- response_body
ok
--- skip_nginx: all



=== TEST 17: fields behind the body that Connection names
--- http_config
    log_format t "[$sent_trailer_x_t] [$sent_trailer_x_inner]";
--- config
    location /t {
        access_log logs/access.log t;
        proxy_http_version 1.1;
        proxy_pass_trailers on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nConnection: X-Inner\r\nTransfer-Encoding: chunked\r\n\r\n" . ("100\r\n" . ("x" x 256) . "\r\n") x 800 . "0\r\nX-T: 1\r\nX-Inner: 2\r\n\r\n"
--- request
GET /t
--- response_body eval
"x" x 204800
--- access_log
[1] [-]
--- skip_nginx: all
