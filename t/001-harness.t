# The format itself: each section of the harness does what t/harness/main.rs says of it.

use Test::Nginx::Socket 'no_plan';

our $Big = 'x' x 100000;

no_long_string();
run_tests();

__DATA__

=== TEST 1: the index page of the generated server
--- config
--- request
GET /
--- response_body_like: It works!
--- response_headers
Content-Type: text/html
Connection: close
! X-Absent
--- no_error_log
[error]



=== TEST 2: user files, with their dates
--- config
--- user_files
>>> a.txt 20200102030405
one
two
>>> sub/b.txt
b
--- request eval
["GET /a.txt", "GET /sub/b.txt", "GET /c.txt"]
--- response_body_like eval
["^one\ntwo\n\$", qr/^b$/, "404 Not Found"]
--- response_headers eval
["Last-Modified: Thu, 02 Jan 2020 03:04:05 GMT", "", "Connection: close"]
--- error_code eval
[200, 200, 404]
--- error_log
c.txt" failed (2: No such file or directory)



=== TEST 3: pipelined requests on one connection
--- config
    location = /a { return 200 "a $connection_requests\n"; }
    location = /b { return 201 "b $connection_requests\n"; }
--- pipelined_requests eval
["GET /a", "GET /b", "HEAD /a"]
--- response_body eval
["a 1\n", "b 2\n", ""]
--- error_code eval
[200, 201, 200]
--- response_headers eval
["Connection: keep-alive", "Connection: keep-alive", "Connection: close"]



=== TEST 4: a raw request in packets
--- config
    location / { return 200 $http_x; }
--- raw_request eval
["GET / HTTP/1.0\r\n", "X: 1", "2\r\n\r\n"]
--- raw_request_middle_delay: 0.05
--- response_body chomp
12



=== TEST 5: HTTP/0.9 has no status line
--- config
    location / { return 200 "old\n"; }
--- raw_request eval
"GET /\r\n"
--- error_code: none
--- response_body
old



=== TEST 6: a scripted upstream, and what it was asked
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; proxy_http_version 1.0; proxy_set_header Connection close; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr{^GET /x HTTP/1\.0\r\n(Host: 127\.0\.0\.1:$ENV{TEST_NGINX_RAND_PORT_1}\r\n|Connection: close\r\n){2}\r\n$}
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nX-From: upstream\r\n\r\nhello\n"
--- request
GET /x
--- response_body
hello
--- response_headers
X-From: upstream



=== TEST 7: an upstream with a reply for each connection
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.0 200 OK\r\n\r\none\n", "HTTP/1.0 201 OK\r\n\r\ntwo\n"]
--- request eval
["GET /1", "GET /2", "GET /3"]
--- response_body_like eval
["^one\n\$", "^two\n\$", "502 Bad Gateway"]
--- error_code eval
[200, 201, 502]
--- error_log
Connection refused) while connecting to upstream



=== TEST 8: an upstream that answers several requests of one connection
--- http_config
    upstream u { server unix:$TEST_NGINX_HTML_DIR/u.sock; keepalive 2; }
--- config
    location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://u; }
--- tcp_listen: $TEST_NGINX_HTML_DIR/u.sock
--- tcp_no_close
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\none\n", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntwo\n"]]
--- request eval
["GET /1", "GET /2"]
--- response_body eval
["one\n", "two\n"]



=== TEST 9: a truncated response
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nhello"
--- request
GET /
--- truncated
--- response_body chomp
hello
--- error_log
upstream prematurely closed connection while reading upstream



=== TEST 10: a reply that comes too late for the client
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 2
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nlate"
--- request
GET /
--- timeout: 0.2
--- abort: reset
--- wait: 0.5
--- access_log eval
qr{"GET / HTTP/1.1" 499 0}



=== TEST 11: the body of a request
--- config
    location / { client_body_buffer_size 200k; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr{Content-Length: 100000\r\n\r\nx+$}
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\n" . $::Big
--- request eval
"POST /\n" . $::Big
--- response_body_size: 100000
--- response_body eval
$::Big



=== TEST 12: a configuration that must be refused
--- config
    nonsense on;
--- must_die
--- error_log eval
qr{\[emerg\] .*unknown directive "nonsense" in $ENV{TEST_NGINX_SERVER_ROOT}/conf/nginx.conf:\d+}



=== TEST 13: another place to connect to
--- config
    listen unix:$TEST_NGINX_HTML_DIR/s.sock;
    location / { return 200 "$remote_addr\n"; }
--- connect: unix:$TEST_NGINX_HTML_DIR/s.sock
--- request
GET /
--- response_body
unix:



=== TEST 14: matches in the log, one a line
--- config
    location /a { root html; }
--- request
GET /a?x
--- error_code: 404
--- grep_error_log eval: qr/client: [\d.]+, server: \w+, request: "[^"]+"/
--- grep_error_log_out
client: 127.0.0.1, server: localhost, request: "GET /a?x HTTP/1.1"



=== TEST 15: after the response, the connection
--- config
    keepalive_timeout 300ms;
    location / { return 204; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
--- error_code: 204
--- closes: 0.3



=== TEST 16: the connection kept open
--- config
    location / { return 204; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
--- error_code: 204
--- stays_open: 0.2



=== TEST 17: a block that real nginx cannot run
--- config
--- request
GET /
--- skip_nginx: all: shown as ignored there



=== TEST 18: what the upstream is asked, to the byte
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; proxy_pass_request_headers off; proxy_http_version 1.0; proxy_set_header Host ""; proxy_set_header Connection ""; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"GET /x HTTP/1.0\r\n\r\n"
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nhello"
--- request
GET /x
--- response_body chomp
hello



=== TEST 19: a scripted FastCGI server: its records, and what it was asked
--- config
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_1
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
raw HTTP/1.0 200 OK\r\n\r\n
stdout[padding=1] a\n
stderr[version=2,type=9,id=258,length=3] b
stdout[repeat=3] no
stdout
end
--- raw_request eval
"\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0" . "\x01\x04\0\x01\0\x05\x03\0\x01\x02Abc\0\0\0"
. "\x01\x04\0\x01\0\x00\0\0" . "\x01\x05\0\x01\0\x05\0\0hello" . "\x01\x05\0\x01\0\0\0\0"
--- fastcgi_query
connection 1
A=bc

hello
--- response_body eval
"\x01\x06\0\x01\0\x02\x01\0a\n\0" . "\x02\x09\x01\x02\0\x03\0\0b" . "\x01\x06\0\x01\0\x06\0\0nonono"
. "\x01\x06\0\x01\0\0\0\0" . "\x01\x03\0\x01\0\x08\0\0" . "\0" x 8



=== TEST 20: a FastCGI server that keeps the connection, and one that does not await the body
--- config
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_1
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
raw HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none

early
raw HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo
--- raw_request eval
"\x01\x01\0\x01\0\x08\0\0\0\x01\x01\0\0\0\0\0" . "\x01\x04\0\x01\0\x00\0\0" . "\x01\x05\0\x01\0\0\0\0"
. "\x01\x01\0\x01\0\x08\0\0\0\x01\x00\0\0\0\0\0" . "\x01\x04\0\x01\0\x00\0\0"
--- fastcgi_query
connection 1 keep_conn
connection 1
--- response_body eval
["one", "two"]
--- error_code eval
[200, 200]
