# More bytes than announced are cut off, fewer show as a truncation; neither connection is used again.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: a sized body that is too short
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf\n"
--- request
GET /t
--- response_headers
Content-Length: 10
--- response_body
half
--- truncated
--- error_log
upstream prematurely closed connection while



=== TEST 2: chunks without the last
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf\n\r\n"
--- request
GET /t
--- response_body
half
--- truncated
--- error_log
upstream prematurely closed connection while



=== TEST 3: the end within a chunk
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf\n"
--- request
GET /t
--- truncated
--- error_log
upstream prematurely closed connection while



=== TEST 4: a chunk size that is no number
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf\n\r\nzz\r\n"
--- request
GET /t
--- error_code: 502
--- error_log
upstream sent invalid chunked response
--- skip_nginx: all



=== TEST 5: a chunk size that overflows
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf\n\r\nffffffffffffffff1\r\nx"
--- request
GET /t
--- error_code: 502
--- error_log
upstream sent invalid chunked response
--- skip_nginx: all



=== TEST 6: a chunk that is longer than its size
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf\nmore\r\n0\r\n\r\n"
--- request
GET /t
--- error_code: 502
--- error_log
upstream sent invalid chunked response
--- skip_nginx: all



=== TEST 7: more bytes than the length
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison\n",
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "2\n"]



=== TEST 8: bytes after the last chunk
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n1\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison\n",
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "2\n"]



=== TEST 9: bytes after a length of zero
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison\n",
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["", "2\n"]



=== TEST 10: a body after HEAD
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison\n",
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["HEAD /t", "GET /t"]
--- response_body eval
["", "2\n"]
--- no_error_log
upstream sent more data
--- skip_nginx: all



=== TEST 11: a body after 204
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison\n",
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /t", "GET /t"]
--- error_code eval
[204, 200]
--- response_body eval
["", "2\n"]



=== TEST 12: a body after 304
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\npoison\n",
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /t", "GET /t"]
--- error_code eval
[304, 200]
--- response_body eval
["", "2\n"]



=== TEST 13: a sized body that is too short, not buffered
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf\n"
--- request
GET /off
--- response_headers
Content-Length: 10
--- response_body
half
--- truncated
--- error_log
upstream prematurely closed connection while



=== TEST 14: chunks without the last, not buffered
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf\n\r\n"
--- request
GET /off
--- response_body
half
--- truncated
--- error_log
upstream prematurely closed connection while



=== TEST 15: the end within a chunk, not buffered
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf\n"
--- request
GET /off
--- truncated
--- error_log
upstream prematurely closed connection while



=== TEST 16: a chunk size that is no number, not buffered
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf\n\r\nzz\r\n"
--- request
GET /off
--- error_code: 502
--- error_log
upstream sent invalid chunked response
--- skip_nginx: all



=== TEST 17: a chunk size that overflows, not buffered
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf\n\r\nffffffffffffffff1\r\nx"
--- request
GET /off
--- error_code: 502
--- error_log
upstream sent invalid chunked response
--- skip_nginx: all



=== TEST 18: a chunk that is longer than its size, not buffered
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf\nmore\r\n0\r\n\r\n"
--- request
GET /off
--- error_code: 502
--- error_log
upstream sent invalid chunked response
--- skip_nginx: all



=== TEST 19: more bytes than the length, not buffered
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison\n",
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /off", "GET /off"]
--- response_body eval
["1\n", "2\n"]



=== TEST 20: bytes after the last chunk, not buffered
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n1\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison\n",
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /off", "GET /off"]
--- response_body eval
["1\n", "2\n"]



=== TEST 21: bytes after a length of zero, not buffered
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison\n",
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /off", "GET /off"]
--- response_body eval
["", "2\n"]



=== TEST 22: a body after HEAD, not buffered
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison\n",
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["HEAD /off", "GET /off"]
--- response_body eval
["", "2\n"]
--- skip_nginx: all



=== TEST 23: a body after 204, not buffered
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison\n",
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /off", "GET /off"]
--- error_code eval
[204, 200]
--- response_body eval
["", "2\n"]



=== TEST 24: a body after 304, not buffered
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
["HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\npoison\n",
 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- request eval
["GET /off", "GET /off"]
--- error_code eval
[304, 200]
--- response_body eval
["", "2\n"]



=== TEST 25: after a truncation the client gets nothing more on that connection
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n2\n"]
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n\r\nGET /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_body
half
--- truncated



=== TEST 26: a truncation shows to an HTTP/1.0 client by the length
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf\n"
--- request
GET /t HTTP/1.0
--- response_headers
Content-Length: 10
--- response_body
half
--- truncated



=== TEST 27: more bytes than the length are logged
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
--- config
    location /t { proxy_pass http://pool; }
    location /off { proxy_buffering off; proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1\nmore"
--- request
GET /t
--- response_body
1
--- error_log
upstream sent more data than specified in "Content-Length" header while reading upstream



=== TEST 28: what is broken before anything of it was passed on is an error like others
--- config
    error_page 502 /page;
    location /t {
        add_header X-From answer always;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /page { add_header X-From page always; return 200 "sorry\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Up: 1\r\n\r\nzz\r\n"
--- pipelined_requests eval
["GET /t", "GET /page"]
--- error_code eval
[502, 200]
--- response_headers eval
["X-From: page\n! X-Up", "X-From: page"]
--- response_body eval
["sorry\n", "sorry\n"]
--- skip_nginx: all



=== TEST 29: a client that still sends is not reset by the truncation
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf\n"
--- raw_request eval
["GET /t HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n", "the", "bod", "ies"]
--- raw_request_middle_delay: 0.2
--- response_body
half
--- truncated
--- takes_all: 1



=== TEST 30: an answer that was cut short is no completed request
--- http_config
    log_format done '$status "$request_completion"';
    access_log logs/access.log done;
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf\n"
--- request
GET /t
--- response_body
half
--- truncated
--- access_log
200 ""
--- skip_nginx: all
