# uwsgi_pass and what it shares with no other module; responses of uwsgi servers, right and wrong.

use Test::Nginx::Socket 'no_plan';

our $Big = 'x' x 100000;

no_root_location();
run_tests();

__DATA__

=== TEST 1: uwsgi:// before the address, and a group
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- config
    uwsgi_pass_request_headers off;
    location /address { uwsgi_pass uwsgi://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /group { uwsgi_pass UWSGI://u; }
    location /variable { uwsgi_pass uwsgi://$arg_to; }
    location /socket { uwsgi_pass uwsgi://unix:$TEST_NGINX_HTML_DIR/u.sock; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw \none

raw \ntwo

raw \nthree
--- uwsgi_listen_2: $TEST_NGINX_HTML_DIR/u.sock
--- uwsgi_reply_2
raw \nfour
--- request eval
["GET /address", "GET /group", "GET /variable?to=u", "GET /socket"]
--- response_body eval
["one", "two", "three", "four"]
--- error_code eval
[200, 200, 200, 200]



=== TEST 2: uwsgi_modifier1 and uwsgi_modifier2, with those of the level above
--- config
    uwsgi_pass_request_headers off;
    uwsgi_param A b;
    uwsgi_modifier1 5;
    location /one { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /both { uwsgi_modifier2 255; uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /own { uwsgi_modifier1 0; uwsgi_modifier2 9; uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw \n

raw \n

raw \n
--- uwsgi_query
connection 1 modifiers 5 0
A=b
connection 2 modifiers 5 255
A=b
connection 3 modifiers 0 9
A=b
--- request eval
["GET /one", "GET /both", "GET /own"]
--- error_code eval
[200, 200, 200]



=== TEST 3: uwsgi_string goes behind the parameters
--- config
    location / { uwsgi_pass_request_headers off; uwsgi_param A b; uwsgi_string xyz; uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 13
--- tcp_query eval
"\x00\x09\x00\x00\x01\x00A\x01\x00bxyz"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\n\r\nhello"
--- request
GET /
--- response_body chomp
hello



=== TEST 4: names and values of more than 255 bytes
--- config
    large_client_header_buffers 4 64k;
    location / { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; uwsgi_param A $arg_a; uwsgi_param L $arg_l; uwsgi_pass_request_headers off; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw \n
--- uwsgi_query eval
"connection 1\nA=" . ("a" x 256) . "\nL=" . ("l" x 50000) . "\n"
--- request eval
"GET /?a=" . ("a" x 256) . "&l=" . ("l" x 50000)



=== TEST 5: more parameters than a packet holds
--- config
    large_client_header_buffers 4 64k;
    location / { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; uwsgi_param A $arg_a; uwsgi_param B $arg_a; uwsgi_pass_request_headers off; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw \n
--- request eval
"GET /?a=" . ("a" x 40000)
--- error_code: 500
--- error_log
uwsgi request is too big: 80010



=== TEST 6: the body of a request: from memory, from a file, as it comes
--- config
    uwsgi_pass_request_headers off;
    uwsgi_param CONTENT_LENGTH $content_length;
    location /memory { client_body_buffer_size 200k; uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /file { client_body_in_file_only clean; uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /pieces { client_body_buffer_size 16k; uwsgi_request_buffering off; uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw \n

raw \n

raw \n
--- uwsgi_query eval
"connection 1\nCONTENT_LENGTH=100000\n\n" . $::Big . "\nconnection 2\nCONTENT_LENGTH=100000\n\n" . $::Big . "\nconnection 3\nCONTENT_LENGTH=100000\n\n" . $::Big . "\n"
--- request eval
["POST /memory\n" . $::Big, "POST /file\n" . $::Big, "POST /pieces\n" . $::Big]
--- error_code eval
[200, 200, 200]



=== TEST 7: uwsgi_pass_request_body off
--- config
    location / { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; uwsgi_pass_request_headers off; uwsgi_pass_request_body off; uwsgi_param A b; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 10
--- tcp_query eval
"\x00\x06\x00\x00\x01\x00A\x01\x00b"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\n\r\nhello"
--- request
POST /
hello
--- response_body chomp
hello



=== TEST 8: uwsgi_request_buffering off: the server is asked before the body is whole
--- config
    location / { uwsgi_request_buffering off; uwsgi_buffering off; uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; uwsgi_pass_request_headers off; uwsgi_param CONTENT_LENGTH $content_length; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
early
raw \nhello
hold
--- uwsgi_query eval
qr/^connection 1\nCONTENT_LENGTH=11\n(\nfirst\n)?$/
--- raw_request eval
["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nConnection: close\r\n\r\nfirst", "second"]
--- raw_request_middle_delay: 0.5
--- timeout: 1
--- abort
--- response_body chomp
hello



=== TEST 9: a chunked body is kept first, so that its length is known
--- config
    uwsgi_pass_request_headers off;
    uwsgi_request_buffering off;
    uwsgi_param CONTENT_LENGTH $content_length;
    location / { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw \nhello
--- uwsgi_query
connection 1
CONTENT_LENGTH=5

hello
--- raw_request eval
"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
--- error_code: 200



=== TEST 10: a status line before the fields
--- config
    location / { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw HTTP/1.1 404 Nothing here\r\nContent-Type: text/plain\r\n\r\nhello

raw HTTP/1.0 201 Created\r\n\r\n

raw HTTP/2.0 200 OK\r\nStatus: 404 Not Found\r\nLocation: /x\r\n\r\n
--- request eval
["GET /", "GET /", "GET /"]
--- error_code eval
[404, 201, 200]
--- raw_response_headers_like eval
["^HTTP/1.1 404 Nothing here\r\n", "^HTTP/1.1 201 Created\r\n", "^HTTP/1.1 200 OK\r\n"]
--- response_body eval
["hello", "", ""]



=== TEST 11: no connection serves a second request, whatever the server says of it
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 4; }
--- config
    location / { uwsgi_pass u; uwsgi_pass_request_headers off; uwsgi_param A $uri; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\none

raw HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo
--- uwsgi_query
connection 1
A=/1
connection 2
A=/2
--- request eval
["GET /1", "GET /2"]
--- response_body eval
["one", "two"]
--- error_code eval
[200, 200]



=== TEST 12: 101 makes a tunnel
--- config
    location / { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; uwsgi_pass_request_headers on; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw HTTP/1.1 101 Web Socket\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nraw bytes
--- raw_request eval
"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
--- error_code: 101
--- response_body chomp
raw bytes



=== TEST 13: 101 that was not asked for
--- config
    location / { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { uwsgi_pass_request_headers off; uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw HTTP/1.1 101 Web Socket\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nraw bytes
--- request
GET /
--- error_code: 502
--- error_log
upstream sent unexpected "101" response while
--- skip_nginx: all: it is passed on there



=== TEST 14: more than Content-Length is not passed on
--- config
    location / { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw Content-Length: 5\n\nhellomore
--- request
GET /
--- response_body chomp
hello
--- error_log
upstream sent more data than specified in "Content-Length" header while reading upstream



=== TEST 15: less than Content-Length is cut short for the client too
--- config
    location / { uwsgi_store $TEST_NGINX_HTML_DIR/out/x; uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw Content-Length: 50\n\nhello
wait 0.1
close
--- request
GET /
--- truncated
--- file_count: html/out 0
--- error_log
upstream prematurely closed connection while reading upstream



=== TEST 16: a head that is not whole
--- config
    location / { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw HTTP/1.1 200 OK\r\nA: b\r\n
--- request
GET /
--- error_code: 502
--- error_log
upstream prematurely closed connection while reading response header from upstream



=== TEST 17: no answer at all
--- config
    location / { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
close
--- request
GET /
--- error_code: 502
--- error_log eval
qr{upstream prematurely closed connection while reading response header from upstream, client: 127\.0\.0\.1, server: localhost, request: "GET / HTTP/1\.1", upstream: "uwsgi://127\.0\.0\.1:\d+", host: "localhost"}



=== TEST 18: heads that are none
--- config
    location / { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw A\x01b: c\r\n\r\n

raw Status: abc\r\n\r\n
--- request eval
["GET /", "GET /"]
--- error_code eval
[502, 502]
--- error_log
upstream sent invalid header: "A\x01..." while
upstream sent invalid status "abc" while



=== TEST 19: what other programs would read otherwise
--- config
    location / { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw HTTP/1.1 20 OK\r\n\r\n

raw Content-Length: x\r\n\r\n

raw HTTP/1.1 100 Continue\r\n\r\n

raw HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n

raw Status: 101\r\n\r\n
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /"]
--- error_code eval
[502, 502, 502, 502, 502]
--- error_log
upstream sent invalid "Content-Length" header: "Content-Length: x" while
upstream sent invalid status "101" while
--- skip_nginx: all: some are passed on there



=== TEST 20: the parameters of conf/uwsgi_params
--- config
    location / { include $TEST_NGINX_CONF/uwsgi_params; uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw \nhello
--- uwsgi_query eval
qr/^connection 1\nQUERY_STRING=x=y\nREQUEST_METHOD=GET\nCONTENT_TYPE=\nCONTENT_LENGTH=\nREQUEST_URI=\/t%20\?x=y\nPATH_INFO=\/t \n/
--- request
GET /t%20?x=y
--- response_body chomp
hello



=== TEST 21: uwsgi_pass twice
--- config
    location / { uwsgi_pass 127.0.0.1:1; uwsgi_pass 127.0.0.1:2; }
--- must_die
--- error_log
"uwsgi_pass" directive is duplicate in



=== TEST 22: uwsgi_modifier1 beyond a byte
--- config
    uwsgi_modifier1 256;
--- must_die
--- error_log
value must be between 0 and 255 in



=== TEST 23: uwsgi_modifier2 that is no number
--- config
    uwsgi_modifier2 a;
--- must_die
--- error_log
"uwsgi_modifier2" directive invalid number in



=== TEST 24: uwsgi_string twice
--- config
    uwsgi_string a;
    uwsgi_string b;
--- must_die
--- error_log
"uwsgi_string" directive is duplicate in



=== TEST 25: another scheme
--- config
    location / { uwsgi_pass http://127.0.0.1:1; }
--- must_die
--- error_log
invalid host in upstream "http://127.0.0.1:1" in



=== TEST 26: Server and Date are there, those of the server if it sends some
--- config
    location / { uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /hidden { uwsgi_hide_header Server; uwsgi_hide_header Date; uwsgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- uwsgi_listen: $TEST_NGINX_RAND_PORT_1
--- uwsgi_reply
raw Content-Type: text/x\r\n\r\none

raw Date: then\r\nServer: own\r\n\r\ntwo

raw Date: then\r\nServer: own\r\n\r\nthree
--- request eval
["GET /", "GET /", "GET /hidden"]
--- response_body eval
["one", "two", "three"]
--- response_headers_like eval
["Server: (nginx|peerage)/.*\nDate: \\w+, .* GMT", "Server: own\nDate: then", "Server: (nginx|peerage)/.*\nDate: \\w+, .* GMT"]
