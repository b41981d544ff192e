# upstream: keepalive, keepalive_requests, keepalive_timeout, keepalive_time; which connections are kept.
# What both ask for is said explicitly (1.1, no Connection), since newer ones have it by default.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: a connection is used again
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$connection_requests\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["1\n", "2\n", "3\n"]



=== TEST 2: it is the same connection
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$remote_port "; } }
--- config
    location /t { proxy_pass http://pool; }
--- pipelined_requests eval
["GET /t", "GET /t"]
--- response_body_like eval
[qr/^\d+ $/, qr/^\d+ $/]
--- error_log eval
[qr/get keepalive peer: using connection/, qr/free keepalive peer: saving connection/]



=== TEST 3: keepalive is on by default
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$connection_requests\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["1\n", "2\n", "3\n"]
--- skip_nginx: 6: < 1.29.7



=== TEST 4: proxy_http_version 1.0: a connection for each request
--- http_config
    proxy_http_version 1.0;
    proxy_set_header Connection close;
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$connection_requests\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "1\n"]



=== TEST 5: the upstream says close
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive_timeout 0; location / { return 200 "$connection_requests\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "1\n"]



=== TEST 6: keepalive_requests
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; keepalive_requests 2; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$connection_requests\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["1\n", "2\n", "1\n", "2\n", "1\n"]



=== TEST 7: keepalive_timeout
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; keepalive_timeout 50ms; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$connection_requests\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- raw_request_middle_delay: 0.3
--- raw_request eval
["GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"]
--- response_body eval
["1\n", "1\n"]



=== TEST 8: keepalive_timeout long enough
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; keepalive_timeout 60s; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$connection_requests\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- raw_request_middle_delay: 0.3
--- raw_request eval
["GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"]
--- response_body eval
["1\n", "2\n"]



=== TEST 9: keepalive_time: a connection is not kept once it is older
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; keepalive_time 20ms; }
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.1
--- tcp_no_close
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1\n", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nagain\n"],
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "2\n"]



=== TEST 10: the cache is bounded: the least recently used connection is closed
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        keepalive 1;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "a $connection_requests\n"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "b $connection_requests\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["a 1\n", "b 1\n", "a 1\n", "b 1\n"]



=== TEST 11: a cache of two serves two servers
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        keepalive 2;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "a $connection_requests\n"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "b $connection_requests\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["a 1\n", "b 1\n", "a 2\n", "b 2\n"]



=== TEST 12: after HEAD, 204, 304, a chunked body and an empty one
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    add_header X-Status $upstream_status;
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
  "HTTP/1.1 204 No Content\r\n\r\n",
  "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\nETag: \"e\"\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast"]]
--- request eval
["HEAD /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- more_headers eval
["", "", "If-None-Match: \"e\"", "", "", ""]
--- error_code eval
[200, 204, 304, 200, 200, 200]
--- response_body eval
["", "", "", "hello", "", "last"]



=== TEST 13: a response with Connection: close is the last
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n1\n", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nagain\n"],
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "2\n"]



=== TEST 14: close among other options, in any case
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nConnection: x-other, CLOSE\r\nContent-Length: 2\r\n\r\n1\n", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nagain\n"],
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "2\n"]



=== TEST 15: a response of HTTP/1.0 ends its connection
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n1\n", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nagain\n"],
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "2\n"]



=== TEST 16: unless it says keep-alive
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n1\n", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nagain\n"],
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "again\n"]
--- skip_nginx: all



=== TEST 17: an answer that comes before the request was written whole ends the connection
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
--- config
    location /t { proxy_request_buffering off; proxy_pass http://pool; }
    location /u { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 10
--- tcp_no_close
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1\n"],
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- raw_request_middle_delay: 0.2
--- raw_request eval
["POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf",
 ("x" x 96) . "GET /u HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"]
--- response_body eval
"1\n"
--- no_error_log
free keepalive peer: saving connection



=== TEST 18: a connection that the upstream closed while it rested is not an error
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- raw_request_middle_delay: 0.2
--- raw_request eval
["GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"]
--- response_body eval
["1\n", "2\n"]
--- no_error_log
[error]



=== TEST 19: a connection on which bytes came while it rested is not used again
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison\n"],
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "2\n"]



=== TEST 20: the same over a unix socket
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server unix:$TEST_NGINX_HTML_DIR/a.sock; keepalive 4; }
    server { listen unix:$TEST_NGINX_HTML_DIR/a.sock; location / { return 200 "$connection_requests\n"; } }
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "2\n"]



=== TEST 21: a request with a body leaves the connection usable
--- http_config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
--- config
    location /t { proxy_pass http://pool; }
    location /u { proxy_request_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n3\n"]]
--- request eval
["POST /t\nhello", "POST /u\nhello", "GET /t"]
--- response_body eval
["1\n", "2\n", "3\n"]



=== TEST 22: keepalive twice
--- http_config
    upstream pool { server 127.0.0.1:81; keepalive 4; keepalive 8; }
--- config
--- must_die
--- error_log
"keepalive" directive is duplicate in



=== TEST 23: a bad number
--- http_config
    upstream pool { server 127.0.0.1:81; keepalive some; }
--- config
--- must_die
--- error_log
invalid value "some" in "keepalive" directive in
