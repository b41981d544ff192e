# What FastCGI servers may not send: answered with 502, in nginx's words for the log; what was cut short shows.

use Test::Nginx::Socket 'no_plan';

no_root_location();
run_tests();

__DATA__

=== TEST 1: another version of the protocol
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout[version=2] \nhello
--- request
GET /
--- error_code: 502
--- error_log eval
qr{upstream sent unsupported FastCGI protocol version: 2 while reading response header from upstream, client: 127\.0\.0\.1, server: localhost, request: "GET / HTTP/1\.1", upstream: "fastcgi://127\.0\.0\.1:\d+", host: "localhost"}



=== TEST 2: another protocol
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
raw HTTP/1.1 200 OK\r\n\r\n
--- request
GET /
--- error_code: 502
--- error_log
upstream sent unsupported FastCGI protocol version: 72 while



=== TEST 3: types that no server sends
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout[type=0] \nhello

stdout[type=1] \nhello

stdout[type=11] \nhello
--- request eval
["GET /", "GET /", "GET /"]
--- error_code eval
[502, 502, 502]
--- error_log
upstream sent invalid FastCGI record type: 0 while
upstream sent invalid FastCGI record type: 1 while
upstream sent invalid FastCGI record type: 11 while



=== TEST 4: ids of other requests
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout[id=2] \nhello

stdout[id=256] \nhello

stdout[id=0] \nhello
--- request eval
["GET /", "GET /", "GET /"]
--- error_code eval
[502, 502, 502]
--- error_log
upstream sent unexpected FastCGI request id low byte: 2 while
upstream sent unexpected FastCGI request id high byte: 1 while
upstream sent unexpected FastCGI request id low byte: 0 while



=== TEST 5: the end, before a head
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
end

stdout A: b\n
end

stdout
end
--- request eval
["GET /", "GET /", "GET /"]
--- error_code eval
[502, 502, 502]
--- grep_error_log eval: qr/upstream (sent|prematurely)[^,]* while reading response header/
--- grep_error_log_out
upstream sent unexpected FastCGI record: 3 while reading response header
upstream sent unexpected FastCGI record: 3 while reading response header
upstream prematurely closed FastCGI stdout while reading response header



=== TEST 6: the connection ends before a head, at any place
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
close

raw \x01
close

raw \x01\x06\x00\x01\x00\x05
close

stdout[length=50] A: b
close

stdout A: b\n
close

stderr words
close
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /", "GET /"]
--- error_code eval
[502, 502, 502, 502, 502, 502]
--- error_log
upstream prematurely closed connection while reading response header from upstream
FastCGI sent in stderr: "words" while reading response header from upstream



=== TEST 7: a body that is shorter than its length
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout Content-Length: 9\n\nhello
wait 0.1
stdout
end
--- request
GET /
--- response_body_like: ^(hello)?$
--- truncated
--- error_log
upstream prematurely closed FastCGI stdout while reading upstream



=== TEST 8: the same on a connection that would be kept
--- config
    location / { fastcgi_keep_conn on; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout Content-Length: 9\n\nhello
wait 0.1
end
--- request
GET /
--- response_body_like: ^(hello)?$
--- truncated
--- error_log
upstream prematurely closed FastCGI request while reading upstream



=== TEST 9: a body that is longer than its length
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Content-Length: 3\n\nhello
--- request
GET /
--- response_headers
Content-Length: 3
--- response_body chomp
hel
--- error_log
upstream sent more data than specified in "Content-Length" header while reading



=== TEST 10: a response that is cut short in its body, buffered
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \nhello
wait 0.1
close
--- request
GET /
--- response_body_like: ^(hello)?$
--- truncated
--- error_log
upstream prematurely closed connection while reading upstream
--- skip_nginx: all: it is passed on as whole there



=== TEST 11: and unbuffered
--- config
    location / { fastcgi_buffering off; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \nhello
wait 0.1
close
--- request
GET /
--- response_body chomp
hello
--- truncated
--- error_log
upstream prematurely closed connection while reading upstream
--- skip_nginx: all: it is passed on as whole there



=== TEST 12: and within a record, or within END_REQUEST
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \nhel
stdout[length=100] lo
wait 0.1
close

stdout \nhello
end[length=8] \x00\x00\x00\x00\x00\x00\x00
wait 0.1
close
--- request eval
["GET /", "GET /"]
--- error_code eval
[200, 200]
--- truncated
--- error_log
upstream prematurely closed connection while reading upstream
--- skip_nginx: all: it is passed on as whole there



=== TEST 13: a wrong record within the body
--- config
    location / { fastcgi_buffering off; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \nhello
wait 0.1
stdout[id=7] other
hold
--- request
GET /
--- response_body_like: ^(hello)?$
--- truncated
--- error_log
upstream sent unexpected FastCGI request id low byte: 7 while reading upstream



=== TEST 14: a wrong record right behind the head, of which nothing was passed on yet
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
raw \x01\x06\x00\x01\x00\x06\x00\x00\nhello\x02
hold
--- request
GET /
--- error_code: 502
--- error_log
upstream sent unsupported FastCGI protocol version: 2 while
--- skip_nginx: all: the connection is closed there



=== TEST 15: a status that is none
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Status: abc\n\n

whole Status: 2x0 OK\n\n
--- request eval
["GET /", "GET /"]
--- error_code eval
[502, 502]
--- error_log
upstream sent invalid status "abc" while reading response header from upstream
upstream sent invalid status "2x0 OK" while reading response header from upstream



=== TEST 16: statuses that clients would read otherwise
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Status: 100 Continue\n\nHTTP/1.1 200 OK

whole Status: 101 Switching\n\n

whole Status: 2000\n\n

whole Status: 20\n\n
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- error_code eval
[502, 502, 502, 502]
--- error_log
upstream sent invalid status "100 Continue" while
upstream sent invalid status "101 Switching" while
upstream sent invalid status "2000" while
upstream sent invalid status "20" while
--- skip_nginx: all: they are passed on there



=== TEST 17: lines that are no fields
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole A: b\n folded\n\n

whole A b\n\n

whole A : b\n\n

whole A: b\x00c\n\n
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- error_code eval
[502, 502, 502, 502]
--- error_log
upstream sent invalid header: "\x20..." while reading response header from upstream
upstream sent invalid header: "A\x20..." while
upstream sent invalid header: "A: b\x00..." while



=== TEST 18: lines that are fields to few
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole NoColon\n\n

whole A(): b\n\n

whole A: b\rc\n\n

whole HTTP/1.1 200 OK\r\n\r\n
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- error_code eval
[502, 502, 502, 502]
--- error_log
upstream sent invalid header: "A: b\x0d..." while
upstream sent invalid header: "HTTP\x2f..." while
--- skip_nginx: all: most are passed on there



=== TEST 19: a head without an end
--- config
    location / { fastcgi_buffer_size 4k; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout[repeat=1048576] x

stdout[repeat=100000] A: b\n

stdout A: 
stdout[repeat=1048576] x
--- request eval
["GET /", "GET /", "GET /"]
--- error_code eval
[502, 502, 502]
--- grep_error_log eval: qr/upstream sent too big header while reading response header/
--- grep_error_log_out
upstream sent too big header while reading response header
upstream sent too big header while reading response header
upstream sent too big header while reading response header



=== TEST 20: a flood of messages before the head is read to its end
--- config
    location / { fastcgi_buffer_size 4k; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stderr[repeat=300000] x
whole \nhello
--- request
GET /
--- response_body chomp
hello
--- error_log
FastCGI sent in stderr: "xxxxxxxx



=== TEST 21: lengths that contradict each other
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Content-Length: 5\nContent-Length: 6\n\nhello

whole Content-Length: -5\n\nhello

whole Content-Length: 5\nTransfer-Encoding: chunked\n\nhello

whole Transfer-Encoding: gzip\n\nhello
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- error_code eval
[502, 502, 502, 502]
--- error_log
upstream sent duplicate header line: "Content-Length: 6", previous value: "Content-Length: 5" while
upstream sent invalid "Content-Length" header: "Content-Length: -5" while
upstream sent "Content-Length" and "Transfer-Encoding" headers at the same time while
upstream sent unknown "Transfer-Encoding": "gzip" while
--- skip_nginx: all: 1.22 passes them on



=== TEST 22: an END_REQUEST that says that the request was refused, or is no END_REQUEST
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \nhello
wait 0.1
end \x00\x00\x00\x00\x02\x00\x00\x00

stdout \nhello
wait 0.1
end \x00
--- request eval
["GET /", "GET /"]
--- error_code eval
[200, 200]
--- truncated
--- error_log
upstream ended FastCGI request with protocol status: 2 while reading upstream
upstream sent FastCGI end request record of length: 1 while reading upstream
--- skip_nginx: all: it is not looked at there



=== TEST 23: connections with wrong responses are not used again
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 1; }
--- config
    location / { fastcgi_keep_conn on; fastcgi_pass u; fastcgi_pass_request_headers off; fastcgi_param A $request_uri; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Content-Length: 3\n\nhello

whole Status: no\n\n

whole \nbehind
raw \x01\x06\x00\x01

whole \nlast
--- fastcgi_query
connection 1 keep_conn
A=/long
connection 2 keep_conn
A=/status
connection 3 keep_conn
A=/behind
connection 4 keep_conn
A=/last
--- request eval
["GET /long", "GET /status", "GET /behind", "GET /last"]
--- error_code eval
[200, 502, 200, 200]
--- response_body_like eval
["^hel\$", "502", "^behind\$", "^last\$"]
