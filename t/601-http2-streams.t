# HTTP/2: what becomes of streams and of their connection.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: the server behind sees HTTP/1.1, and the log a request like any other
--- http_config
    log_format h "$request|$server_protocol|$http2|$status|$body_bytes_sent|$connection_requests|$request_completion|$scheme|$host";
--- config
    access_log logs/access.log h;
    location / {
        proxy_http_version 1.1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\nX-Stays: 2\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
--- tcp_query eval
qr/^GET \/a\?b HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n(Connection: close\r\n)?x-mine: 1\r\n\r\n$/
--- http2
--- request
GET /a?b
--- more_headers
X-Mine: 1
--- response_headers
X-Stays: 2
! Connection
! Transfer-Encoding
--- response_body chomp
hello
--- access_log
GET /a?b HTTP/2.0|HTTP/2.0|h2c|200|5|1|OK|http|localhost



=== TEST 2: streams of one connection are numbered, and at keepalive_requests it ends
--- http_config
    log_format h "$uri is $connection_requests";
--- config
    keepalive_requests 3;
    access_log logs/access.log h;
    location / { return 200 "$connection_requests\n"; }
--- http2: sequential
--- request eval
["GET /a", "GET /b", "GET /c"]
--- response_body eval
["1\n", "2\n", "3\n"]
--- closes
--- access_log
/c is 3



=== TEST 3: keepalive_timeout 0 serves one request
--- config
    keepalive_timeout 0;
    location / { return 200 "$connection_requests\n"; }
--- http2_frames
> GET 1 /
< GOAWAY 0 NO_ERROR last=1
< HEADERS 1 200
< DATA 1 END_STREAM 1
< end



=== TEST 4: an idle connection ends after keepalive_timeout
--- config
    keepalive_timeout 300ms;
    location / { return 200 "x\n"; }
--- http2_frames
> GET 1 /
< HEADERS 1 200
< GOAWAY 0 NO_ERROR last=1
< end



=== TEST 5: half a frame has client_header_timeout
--- config
    client_header_timeout 300ms;
    location / { return 200 "x\n"; }
--- http2_frames
> bytes x:000005
< GOAWAY 0 PROTOCOL_ERROR
< end
--- no_error_log
[alert]



=== TEST 6: a body without a length
--- config
    location / {
        proxy_http_version 1.1;
        proxy_request_buffering off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nanswer"
--- tcp_query eval
qr/Transfer-Encoding: chunked\r\n(.*\r\n)?\r\n([0-9a-f]+\r\n[abc]+\r\n)+0\r\n\r\n$/s
--- http2: unsized
--- request eval
"POST /\n" . "abc" x 5000
--- response_body chomp
answer



=== TEST 7: a body that is read whole gets its length
--- config
    location / {
        proxy_http_version 1.1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nanswer"
--- tcp_query eval
qr/Content-Length: 300000\r\n(.*\r\n)?\r\n(abc)+$/s
--- http2: unsized
--- request eval
"POST /\n" . "abc" x 100000
--- response_body chomp
answer



=== TEST 8: client_max_body_size, announced and found out
--- config
    client_max_body_size 1000;
    location / {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /small { return 200 "small\n"; }
--- http2_frames
> POST 1 / content-length=1001
< HEADERS 1 413
> GET 3 /small
< HEADERS 3 200
--- error_log
client intended to send too large body: 1001 bytes



=== TEST 9: the rest of a body that is not wanted is refused without an error
--- config
    location / { return 200 "x\n"; }
--- http2_frames
> POST 1 / content-length=10
< HEADERS 1 200
< DATA 1 END_STREAM x
< RST_STREAM 1 NO_ERROR
> GET 3 /
< HEADERS 3 200



=== TEST 10: a stream that its client gives up is 499, and the others go on
--- config
    location /slow { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location / { return 200 "x\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 2
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nanswer"
--- http2_frames
> GET 1 /slow
> GET 3 /
< HEADERS 3 200
> RST_STREAM 1 - n:8
> GET 5 /
< HEADERS 5 200
--- access_log
"GET /slow HTTP/2.0" 499 0
--- error_log
client canceled stream 1



=== TEST 11: client_body_timeout is a stream's
--- config
    client_body_timeout 300ms;
    location /p { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location / { return 200 "x\n"; }
--- http2_frames
> POST 1 /p content-length=10
> DATA 1 - abc
< RST_STREAM 1
> GET 3 /
< HEADERS 3 200
--- access_log
"POST /p HTTP/2.0" 408 0
--- error_log
client timed out



=== TEST 12: send_timeout is a stream's: a window that stays shut ends it, and the connection goes on
--- config
    send_timeout 300ms;
    location = /large { root html; }
    location / { return 204; }
--- user_files eval
[["large", "large file\n" x 10000]]
--- http2_frames
> GET 1 /large
< HEADERS 1 200
< RST_STREAM 1
> GET 3 /
< HEADERS 3 204
--- error_log
client timed out



=== TEST 13: a response that its server cuts short is reset
--- config
    location / {
        proxy_http_version 1.1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /x { return 200 "x\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nanswer"
--- http2_frames
> GET 1 /
< HEADERS 1 200
< RST_STREAM 1 INTERNAL_ERROR
> GET 3 /x
< HEADERS 3 200
--- error_log
upstream prematurely closed connection



=== TEST 14: return 444 ends the stream alone
--- config
    location /444 { return 444; }
    location / { return 200 "x\n"; }
--- http2_frames
> GET 1 /444
< RST_STREAM 1
> GET 3 /
< HEADERS 3 200



=== TEST 15: 100 and 103
--- config
    location / {
        proxy_http_version 1.1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\n\r\nanswer"
--- http2_frames
> POST 1 / content-length=3 expect=100-continue
< HEADERS 1 100
> DATA 1 END_STREAM abc
< HEADERS 1 103
< HEADERS 1 200
< DATA 1
--- skip_nginx: all



=== TEST 16: fields behind the body, and an answer from a subrequest
--- config
    location / {
        add_trailer X-T $status;
        auth_request /auth;
        gzip on;
        gzip_types *;
        gzip_min_length 1;
        return 200 "text\n";
    }
    location /auth { return 204; }
--- http2
--- request
GET /
--- response_body
text
--- response_trailers
X-T: 200
--- skip_nginx: all



=== TEST 17: HTTP/1 on the same address
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        http2 on;
        location / { return 200 "$server_protocol [$http2]\n"; }
    }
--- config
    location / { return 204; }
--- connect: $TEST_NGINX_RAND_PORT_1
--- request
GET /
--- response_body
HTTP/1.1 []
--- skip_nginx: 1: < 1.25.1



=== TEST 18: a header of the PROXY protocol comes before the preface
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 http2 proxy_protocol;
        location / { return 200 "$proxy_protocol_addr\n"; }
    }
--- config
    location / { return 204; }
--- connect: $TEST_NGINX_RAND_PORT_1
--- http2_frames
raw
> bytes PROXY%20TCP4%209.8.7.6%201.2.3.4%2011%2022%0d%0aPRI%20*%20HTTP/2.0%0d%0a%0d%0aSM%0d%0a%0d%0a
> SETTINGS 0 -
> GET 1 /
< HEADERS 1 200
< DATA 1 END_STREAM 9.8.7.6



=== TEST 19: WebSocket by extended CONNECT
--- config
    location / {
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $http_connection;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\nhello ", "world"]]
--- tcp_query eval
qr/^GET \/chat HTTP\/1\.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n.*Sec-WebSocket-Key: [A-Za-z0-9+\/]{21}[AQgw]==\r\n\r\nfrom client\r\n\r\n$/si
--- http2
--- request eval
"CONNECT /chat websocket\nfrom client\r\n\r\n"
--- more_headers
Sec-WebSocket-Version: 13
--- response_headers
! Sec-WebSocket-Accept
! Upgrade
--- response_body chomp
hello world
--- access_log
"GET /chat HTTP/2.0" 101
--- skip_nginx: all



=== TEST 20: http2_extended_connect off
--- config
    http2_extended_connect off;
    location / { return 200 "x\n"; }
--- http2_frames
> HEADERS 1 END_HEADERS :method=CONNECT :protocol=websocket :scheme=http :path=/ :authority=a
< HEADERS 1 400
--- skip_nginx: all



=== TEST 21: a request that is shorter than the preface, before the end of its client
--- config
    http2 on;
    location / { return 200 "fine\n"; }
--- raw_request eval
"GET / HTTP/1.0\r\n\r\n"
--- shutdown: 1
--- response_body
fine
--- skip_nginx: 1: < 1.25.1



=== TEST 22: a stream begins without a window, and its body is passed on
--- config
    http2_body_preread_size 0;
    location / {
        proxy_request_buffering off;
        proxy_http_version 1.1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nanswer"
--- tcp_query eval
qr{^POST /up HTTP/1\.1\r\n.*Content-Length: 200000\r\n.*(0123456789)+$}si
--- http2
--- request eval
"POST /up\n" . "0123456789" x 20000
--- response_body chomp
answer
--- skip_nginx: all



=== TEST 23: a tunnel begins without a window
--- config
    http2_body_preread_size 0;
    location / {
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $http_connection;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello ", "world"]]
--- tcp_query eval
qr/^GET \/chat HTTP\/1\.1\r\n.*\r\n\r\nfrom client\r\n\r\n$/s
--- http2
--- request eval
"CONNECT /chat websocket\nfrom client\r\n\r\n"
--- response_body chomp
hello world
--- skip_nginx: all
