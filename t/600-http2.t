use Test::Nginx::Socket;

run_tests();

__DATA__

=== TEST 1: requests of one connection
--- config
    location = /a { return 200 "a $server_protocol $request_method $http_host\n"; }
    location = /b { return 404 "b $http_x\n"; }
--- http2
--- request eval
["GET /a", "GET /b", "GET /a"]
--- more_headers eval
["", "X: y", "Host: example.com"]
--- error_code eval
[200, 404, 200]
--- response_body eval
["a HTTP/2.0 GET localhost\n", "b y\n", "a HTTP/2.0 GET example.com\n"]
--- response_headers
! Connection
! Transfer-Encoding
--- access_log eval
qr{"GET /b HTTP/2.0" 404 }



=== TEST 2: over TLS, by ALPN
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    location / { return 200 "$scheme $http2\n"; }
--- tls
--- http2
--- request eval
["GET /", "GET /"]
--- response_body eval
["https h2\n", "https h2\n"]



=== TEST 3: prior knowledge
--- config
    location / { return 200 "$scheme $http2\n"; }
--- http2
--- request
GET /
--- response_body
http h2c



=== TEST 4: files, many and large
--- config
    location / { root html; }
--- user_files eval
[["small", "small\n"], ["large", "large file\n" x 100000]]
--- http2
--- request eval
["GET /small", "GET /large", "GET /small", "HEAD /large", "GET /large"]
--- error_code eval
[200, 200, 200, 200, 200]
--- response_body_size eval
[6, 1100000, 6, 0, 1100000]
--- response_headers eval
["Content-Length: 6", "Content-Length: 1100000", "", "Content-Length: 1100000", ""]



=== TEST 5: a small window
--- config
    location / { root html; }
--- user_files eval
[["large", "large file\n" x 10000]]
--- http2: window=7000 connection_window=70000
--- request eval
["GET /large", "GET /large"]
--- response_body_size eval
[110000, 110000]



=== TEST 6: bodies of requests to a server
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nanswer"
--- tcp_query eval
qr{^POST /up HTTP/1\.[01]\r\nHost: 127.*\r\nContent-Length: 200000\r\n.*(0123456789)+$}s
--- http2
--- request eval
"POST /up\n" . "0123456789" x 20000
--- response_body chomp
answer



=== TEST 7: cookies are one field
--- config
    location / { return 200 "$http_cookie\n"; }
--- http2
--- request
GET /
--- more_headers
Cookie: a=1
X: y
Cookie: b=2
--- response_body
a=1; b=2



=== TEST 8: HEAD, and statuses without a body
--- config
    location = /head { return 200 "body\n"; }
    location = /none { return 204; }
--- http2
--- request eval
["HEAD /head", "GET /none", "GET /head"]
--- error_code eval
[200, 204, 200]
--- response_body eval
["", "", "body\n"]
