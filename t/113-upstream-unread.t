# The rest of a response that is not passed to the client, and the connection that it came on.
#
# The scripted server listens for one connection: a request that needs another is answered with 502.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: error_page replaces the response: the connection is kept
--- config
    error_page 503 /own;
    location /own { return 200 "own\n"; }
    location /t {
        proxy_intercept_errors on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 503 Busy\r\nContent-Length: 7\r\n\r\ntheirs\n",
  "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ntheirs\n\r\n0\r\n\r\n",
  "HTTP/1.1 503 Busy\r\nContent-Length: 10000\r\n\r\n" . ("x" x 10000),
  "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"]]
--- pipelined_requests eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- error_code eval
[503, 503, 503, 503]
--- response_body eval
["own\n", "own\n", "own\n", "own\n"]
--- skip_nginx: all



=== TEST 2: proxy_next_upstream replaces the response
--- http_config
    upstream u {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "ok\n"; } }
--- config
    location /t {
        proxy_next_upstream http_503 http_404;
        proxy_pass http://u;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\ntheirs\n",
  "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ntheirs\n\r\n0\r\n\r\n",
  "HTTP/1.1 503 Busy\r\nContent-Length: 7\r\n\r\ntheirs\n"]]
--- pipelined_requests eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["ok\n", "ok\n", "ok\n"]
--- skip_nginx: all



=== TEST 3: the connection of a server that is disabled is kept
--- http_config
    log_format pool '$upstream_status|$upstream_pool_kept';
    upstream u {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "ok\n"; } }
--- config
    access_log logs/access.log pool;
    location /t {
        proxy_next_upstream http_503;
        proxy_pass http://u;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 503 Busy\r\nContent-Length: 7\r\n\r\ntheirs\n"
--- tcp_no_close
--- pipelined_requests eval
["GET /t", "GET /t"]
--- response_body eval
["ok\n", "ok\n"]
--- access_log
503, 200|kept, kept
200|kept
--- error_log
upstream server temporarily disabled
--- skip_nginx: all



=== TEST 4: X-Accel-Redirect replaces the response
--- config
    location /in { return 200 "in\n"; }
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nX-Accel-Redirect: /in\r\nContent-Length: 7\r\n\r\ntheirs\n",
  "HTTP/1.1 200 OK\r\nX-Accel-Redirect: /in\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ntheirs\n\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nX-Accel-Redirect: /in\r\nContent-Length: 7\r\n\r\ntheirs\n"]]
--- pipelined_requests eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["in\n", "in\n", "in\n"]
--- skip_nginx: all



=== TEST 5: proxy_force_ranges takes a part of the response, or none
--- config
    location /t {
        proxy_force_ranges on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
  "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
  "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"]]
--- pipelined_requests eval
["GET /t", "GET /t", "GET /t"]
--- more_headers eval
["Range: bytes=0-3", "Range: bytes=20-", "Range: bytes=0-3"]
--- error_code eval
[206, 416, 206]
--- skip_nginx: all



=== TEST 6: a rest of more than 64 KiB is not read
--- http_config
    log_format pool '$upstream_pool|$upstream_pool_kept';
--- config
    access_log logs/access.log pool;
    error_page 503 /own;
    location /own { return 200 "own\n"; }
    location /t {
        proxy_intercept_errors on;
        proxy_buffer_size 4k;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.1 503 Busy\r\nContent-Length: 200000\r\n\r\n" . ("x" x 200000),
 "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n" . ("100\r\n" . ("x" x 256) . "\r\n") x 800 . "0\r\n\r\n"]
--- pipelined_requests eval
["GET /t", "GET /t"]
--- error_code eval
[503, 503]
--- access_log
dial|request-unfinished
dial|request-unfinished
--- skip_nginx: all



=== TEST 7: a rest that has not been received is not waited for
--- http_config
    log_format pool '$upstream_pool|$upstream_pool_kept';
--- config
    access_log logs/access.log pool;
    error_page 503 /own;
    location /own { return 200 "own\n"; }
    location /t {
        proxy_intercept_errors on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 503 Busy\r\nContent-Length: 7\r\n\r\nthe", "HTTP/1.1 503 Busy\r\n\r\ntheirs\n"]
--- pipelined_requests eval
["GET /t", "GET /t"]
--- error_code eval
[503, 503]
--- response_body eval
["own\n", "own\n"]
--- access_log
dial|request-unfinished
dial|request-unfinished
--- skip_nginx: all



=== TEST 8: an invalid body, bytes behind a body and Connection: close end the connection
--- http_config
    log_format pool '$upstream_pool|$upstream_pool_kept';
--- config
    access_log logs/access.log pool;
    error_page 503 /own;
    location /own { return 200 "own\n"; }
    location /t {
        proxy_intercept_errors on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n-7\r\ntheirs\n\r\n0\r\n\r\n",
 "HTTP/1.1 503 Busy\r\nContent-Length: 7\r\n\r\ntheirs\nmore",
 "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 7\r\n\r\ntheirs\n"]
--- pipelined_requests eval
["GET /t", "GET /t", "GET /t"]
--- error_code eval
[503, 503, 503]
--- access_log
dial|failed
dial|excess-bytes
dial|closed-by-header
--- skip_nginx: all
