# The error log's sentences: people and scripts look for these words.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: connect() failed
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/u; }
--- request
GET /t?a=b
--- error_code: 502
--- error_log eval
qr{^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[error\] \d+#\d+: \*\d+ connect\(\) failed \(111: Connection refused\) while connecting to upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t\?a=b HTTP/1\.1", upstream: "http://127\.0\.0\.1:$TEST_NGINX_RAND_PORT_1/u\?a=b", host: "localhost"$}



=== TEST 2: upstream prematurely closed connection while reading response header
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply
--- request
GET /t
--- error_code: 502
--- error_log eval
qr{\[error\] \d+#\d+: \*\d+ upstream prematurely closed connection while reading response header from upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", upstream: "http://127\.0\.0\.1:$TEST_NGINX_RAND_PORT_1/t", host: "localhost"$}



=== TEST 3: upstream prematurely closed connection while reading upstream
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"
--- request
GET /t
--- truncated
--- error_log eval
qr{\[error\] \d+#\d+: \*\d+ upstream prematurely closed connection while reading upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", upstream: "http://127\.0\.0\.1:$TEST_NGINX_RAND_PORT_1/t", host: "localhost"$}



=== TEST 4: upstream timed out while reading response header
--- config
    location /t { proxy_read_timeout 50ms; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply
--- request
GET /t
--- error_code: 504
--- error_log eval
qr{\[error\] \d+#\d+: \*\d+ upstream timed out \(110: Connection timed out\) while reading response header from upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", upstream: "http://127\.0\.0\.1:$TEST_NGINX_RAND_PORT_1/t", host: "localhost"$}



=== TEST 5: upstream sent invalid header
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\n\r\n"
--- request
GET /t
--- error_code: 502
--- error_log eval
qr{\[error\] \d+#\d+: \*\d+ upstream sent invalid header.* while reading response header from upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", upstream: "http://127\.0\.0\.1:$TEST_NGINX_RAND_PORT_1/t", host: "localhost"$}



=== TEST 6: upstream sent too big header
--- config
    location /t { proxy_buffer_size 1k; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-A: " . ("a" x 2000) . "\r\n\r\n"
--- request
GET /t
--- error_code: 502
--- error_log eval
qr{\[error\] \d+#\d+: \*\d+ upstream sent too big header while reading response header from upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", upstream: "http://127\.0\.0\.1:$TEST_NGINX_RAND_PORT_1/t", host: "localhost"$}



=== TEST 7: no live upstreams
--- http_config
    upstream pool { server 127.0.0.1:81 down; }
--- config
    location /t { proxy_pass http://pool; }
--- request
GET /t
--- error_code: 502
--- error_log eval
qr{\[error\] \d+#\d+: \*\d+ no live upstreams while connecting to upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", upstream: "http://pool/t", host: "localhost"$}



=== TEST 8: upstream server temporarily disabled
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- config
    location /t { proxy_pass http://pool; }
--- request
GET /t
--- error_code: 502
--- error_log eval
qr{\[warn\] \d+#\d+: \*\d+ upstream server temporarily disabled while connecting to upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", upstream: "http://127\.0\.0\.1:$TEST_NGINX_RAND_PORT_1/t", host: "localhost"$}



=== TEST 9: client intended to send too large body
--- config
    location /t { client_max_body_size 1; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
"POST /t\nab"
--- error_code: 413
--- error_log eval
qr{\[error\] \d+#\d+: \*\d+ client intended to send too large body: 2 bytes, client: 127\.0\.0\.1, server: localhost, request: "POST /t HTTP/1\.1", host: "localhost"$}



=== TEST 10: a client request body is buffered to a temporary file
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200; } }
--- config
    location /t { client_body_buffer_size 16; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
"POST /t\n" . ("a" x 10000)
--- error_log eval
qr{\[warn\] \d+#\d+: \*\d+ a client request body is buffered to a temporary file /\S+/\d+, client: 127\.0\.0\.1, server: localhost, request: "POST /t HTTP/1\.1", host: "localhost"$}



=== TEST 11: the referrer comes last
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /t
--- more_headers
Referer: http://from/here
--- error_code: 502
--- error_log
host: "localhost", referrer: "http://from/here"



=== TEST 12: a server without a name, a request without a host
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
--- config
--- connect: $TEST_NGINX_RAND_PORT_2
--- raw_request eval
"GET /t HTTP/1.0\r\n\r\n"
--- error_code: 502
--- error_log eval
qr{client: 127\.0\.0\.1, server: , request: "GET /t HTTP/1\.0", upstream: "http://127\.0\.0\.1:$TEST_NGINX_RAND_PORT_1/t"$}



=== TEST 13: recv() failed: a reset
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 1
--- tcp_reply
--- request
GET /t
--- error_code: 502
--- error_log eval
qr{\[error\] \d+#\d+: \*\d+ recv\(\) failed \(104: Connection reset by peer\) while reading response header from upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", upstream: "http://127\.0\.0\.1:$TEST_NGINX_RAND_PORT_1/t", host: "localhost"$}



=== TEST 14: keepalive at debug
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200; } }
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_pass http://pool;
    }
--- request eval
["GET /t", "GET /t"]
--- grep_error_log eval: qr/(get|free) keepalive peer: (using|saving) connection/
--- grep_error_log_out
free keepalive peer: saving connection
get keepalive peer: using connection
free keepalive peer: saving connection



=== TEST 15: next upstream at debug
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200; } }
--- config
    location /t { proxy_pass http://pool; }
--- request
GET /t
--- error_log eval
qr/\[debug\] .*http next upstream, [0-9a-f]+$/



=== TEST 16: nothing is logged as an error when nothing was one
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "ok\n"; } }
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_pass http://pool;
    }
--- request eval
["GET /t", "POST /t\nbody", "HEAD /t"]
--- no_error_log
[warn]
[error]
[crit]
[alert]



=== TEST 17: an invalid field is shown as far as it is valid
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-Good: 1\r\nX-Bad : 2\r\n\r\n"
--- request
GET /t
--- error_code: 502
--- error_log
upstream sent invalid header: "X-Bad\x20..." while reading response header from upstream



=== TEST 18: a socket that is not there is worse than a server that refuses
--- config
    location /t { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/none.sock:/; }
--- request
GET /t
--- error_code: 502
--- error_log eval
qr{\[crit\] .*connect\(\) to unix:.*/none.sock failed \(2: No such file or directory\) while connecting to upstream}



=== TEST 19: an address that a variable came to, and that is none
--- config
    location /t { proxy_pass $arg_u; }
--- request eval
["GET /t?u=http://", "GET /t?u=http://127.0.0.1:x/", "GET /t?u=ftp://a"]
--- error_code eval
[500, 500, 500]
--- error_log
invalid URL prefix in "http://"
invalid port in upstream "127.0.0.1:x/"
invalid URL prefix in "ftp://a"
