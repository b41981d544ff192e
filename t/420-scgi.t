# scgi_pass and what it shares with no other module; responses of SCGI servers, right and wrong.

use Test::Nginx::Socket 'no_plan';

our $Big = 'x' x 100000;

no_root_location();
run_tests();

__DATA__

=== TEST 1: zero bytes cannot end a value
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; set_unescape_uri $x $arg_x; scgi_param A $x; scgi_param SCGI 1; scgi_pass_request_headers off; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \n
--- scgi_query
connection 1
CONTENT_LENGTH=0
A=a B b
SCGI=1
--- request
GET /?x=a%00B%00b
--- skip_nginx: all: Debian's has no set-misc



=== TEST 2: long names and values
--- config
    large_client_header_buffers 4 64k;
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; scgi_param A $arg_a; scgi_param B $arg_a; scgi_pass_request_headers off; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \n
--- scgi_query eval
"connection 1\nCONTENT_LENGTH=0\nA=" . ("a" x 50000) . "\nB=" . ("a" x 50000) . "\n"
--- request eval
"GET /?a=" . ("a" x 50000)



=== TEST 3: the body of a request: from memory, from a file
--- config
    scgi_pass_request_headers off;
    location /memory { client_body_buffer_size 200k; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /file { client_body_in_file_only clean; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \n

raw \n
--- scgi_query eval
"connection 1\nCONTENT_LENGTH=100000\n\n" . $::Big . "\nconnection 2\nCONTENT_LENGTH=100000\n\n" . $::Big . "\n"
--- request eval
["POST /memory\n" . $::Big, "POST /file\n" . $::Big]
--- error_code eval
[200, 200]



=== TEST 4: scgi_pass_request_body off
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; scgi_pass_request_headers off; scgi_pass_request_body off; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \nhello
--- scgi_query
connection 1
CONTENT_LENGTH=0
--- request
POST /
hello
--- response_body chomp
hello
--- skip_nginx: all: it announces the body that it does not send



=== TEST 5: scgi_request_buffering off: the server is asked before the body is whole
--- config
    location / { scgi_request_buffering off; scgi_buffering off; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; scgi_pass_request_headers off; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
early
raw \nhello
hold
--- scgi_query eval
qr/^connection 1\nCONTENT_LENGTH=11\n(\nfirst\n)?$/
--- raw_request eval
["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nConnection: close\r\n\r\nfirst", "second"]
--- raw_request_middle_delay: 0.5
--- timeout: 1
--- abort
--- response_body chomp
hello
--- skip_nginx: all: it announces what has come of the body



=== TEST 6: a body that is passed on as it comes has its whole length
--- config
    location / { scgi_pass_request_headers off; client_body_buffer_size 16k; scgi_request_buffering off; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \n
--- scgi_query eval
"connection 1\nCONTENT_LENGTH=100000\n\n" . $::Big . "\n"
--- request eval
"POST /\n" . $::Big
--- error_code: 200
--- skip_nginx: all: it announces what has come of the body



=== TEST 7: a chunked body is kept first, so that its length is known
--- config
    scgi_pass_request_headers off;
    scgi_request_buffering off;
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \nhello
--- scgi_query
connection 1
CONTENT_LENGTH=5

hello
--- raw_request eval
"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
--- error_code: 200



=== TEST 8: a status line before the fields
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw HTTP/1.1 404 Nothing here\r\nContent-Type: text/plain\r\n\r\nhello

raw HTTP/1.0 201 Created\r\n\r\n
--- request eval
["GET /", "GET /"]
--- error_code eval
[404, 201]
--- raw_response_headers_like eval
["^HTTP/1.1 404 Nothing here\r\n", "^HTTP/1.1 201 Created\r\n"]
--- response_body eval
["hello", ""]



=== TEST 9: no connection serves a second request, whatever the server says of it
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
--- config
    location / { scgi_pass u; scgi_pass_request_headers off; scgi_param A $uri; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\none

raw HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo
--- scgi_query
connection 1
CONTENT_LENGTH=0
A=/1
connection 2
CONTENT_LENGTH=0
A=/2
--- request eval
["GET /1", "GET /2"]
--- response_body eval
["one", "two"]
--- error_code eval
[200, 200]



=== TEST 10: more than Content-Length is not passed on
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Content-Length: 5\n\nhellomore
--- request
GET /
--- response_body chomp
hello
--- error_log
upstream sent more data than specified in "Content-Length" header while reading upstream



=== TEST 11: less than Content-Length is cut short for the client too
--- config
    location / { scgi_store $TEST_NGINX_HTML_DIR/out/x; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Content-Length: 50\n\nhello
wait 0.1
close
--- request
GET /
--- truncated
--- file_count: html/out 0
--- error_log
upstream prematurely closed connection while reading upstream



=== TEST 12: no answer at all, and a head that is not whole
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
close

raw A: b\r\n
--- request eval
["GET /", "GET /"]
--- error_code eval
[502, 502]
--- error_log eval
qr{upstream prematurely closed connection while reading response header from upstream, client: 127\.0\.0\.1, server: localhost, request: "GET / HTTP/1\.1", upstream: "scgi://127\.0\.0\.1:\d+", host: "localhost"}



=== TEST 13: heads that are none
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw A\x01b: c\r\n\r\n

raw Status: abc\r\n\r\n
--- request eval
["GET /", "GET /"]
--- error_code eval
[502, 502]
--- error_log
upstream sent invalid header: "A\x01..." while
upstream sent invalid status "abc" while



=== TEST 14: the parameters of conf/scgi_params
--- config
    location / { include $TEST_NGINX_CONF/scgi_params; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \nhello
--- scgi_query eval
qr/^connection 1\nCONTENT_LENGTH=0\nREQUEST_METHOD=GET\nREQUEST_URI=\/t%20\?x=y\nQUERY_STRING=x=y\nCONTENT_TYPE=\nDOCUMENT_URI=\/t \nDOCUMENT_ROOT=[^\n]*\nSCGI=1\n/
--- request
GET /t%20?x=y
--- response_body chomp
hello



=== TEST 15: scgi_pass twice
--- config
    location / { scgi_pass 127.0.0.1:1; scgi_pass 127.0.0.1:2; }
--- must_die
--- error_log
"scgi_pass" directive is duplicate in



=== TEST 16: Server and Date are there, those of the server if it sends some
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /hidden { scgi_hide_header Server; scgi_hide_header Date; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Content-Type: text/x\r\n\r\none

raw Date: then\r\nServer: own\r\n\r\ntwo

raw Date: then\r\nServer: own\r\n\r\nthree
--- request eval
["GET /", "GET /", "GET /hidden"]
--- response_body eval
["one", "two", "three"]
--- response_headers_like eval
["Server: (nginx|peerage)/.*\nDate: \\w+, .* GMT", "Server: own\nDate: then", "Server: (nginx|peerage)/.*\nDate: \\w+, .* GMT"]
