# The forms that responses of FastCGI servers have: heads as in CGI, and their division into records.

use Test::Nginx::Socket 'no_plan';

no_root_location();
run_tests();

__DATA__

=== TEST 1: Status, with words of its own, without, and none
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Status: 404 Nothing here\r\nContent-Type: text/plain\r\n\r\nhello

whole Status: 404\r\n\r\n

whole Content-Type: text/plain\r\n\r\n

whole \r\n\r\n
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- error_code eval
[404, 404, 200, 200]
--- raw_response_headers_like eval
["^HTTP/1.1 404 Nothing here\r\n", "^HTTP/1.1 404( Not Found)?\r\n", "^HTTP/1.1 200 OK\r\n", "^HTTP/1.1 200 OK\r\n"]
--- response_body eval
["hello", "", "", "\r\n"]



=== TEST 2: Location without Status is 302
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Location: http://other.example/x\n\n

whole Location: /x\nStatus: 201 Created\n\n

whole Location: /local?a\n\n
--- request eval
["GET /", "GET /", "GET /"]
--- error_code eval
[302, 201, 302]
--- response_headers_like eval
["Location: http://other.example/x", "Location: /x", "Location: /local\\?a"]
--- raw_response_headers_like eval
["^HTTP/1.1 302 Moved Temporarily\r\n", "^HTTP/1.1 201 Created\r\n", "^HTTP/1.1 302 Moved Temporarily\r\n"]



=== TEST 3: lines end in LF or CRLF, and spaces around values go
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole X-One:  1 \nX_Two:2\r\nX-Three:\n\r\nhello
--- request
GET /
--- response_headers
X-One: 1
X_Two: 2
X-Three:
--- response_body chomp
hello



=== TEST 4: a head divided at every byte, with padding
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout A
stdout[padding=1] :
stdout[padding=255]  b
stdout \r
stdout \nC: d\r
stderr between
stdout[padding=7] \n\r
stdout[padding=9] \nhel
stderr[padding=3] behind
stdout[padding=200] lo
stdout
end[padding=250]
--- request
GET /
--- response_headers
A: b
C: d
--- response_body chomp
hello
--- error_log
FastCGI sent in stderr: "between" while reading response header from upstream
FastCGI sent in stderr: "behind" while reading upstream



=== TEST 5: END_REQUEST without the end of STDOUT
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \nhello
end
--- request
GET /
--- response_body chomp
hello
--- no_error_log
[error]



=== TEST 6: the end of STDOUT is not that of the response, unless the connection ends behind it
--- config
    location / { fastcgi_read_timeout 300ms; fastcgi_buffering off; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \nhello
stdout
hold
--- request
GET /
--- response_body chomp
hello
--- truncated
--- error_log
upstream timed out (110: Connection timed out) while reading upstream



=== TEST 7: and then it is
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \nhello
stdout
wait 0.1
close
--- request
GET /
--- response_body chomp
hello
--- no_error_log
[error]



=== TEST 8: the exit code of the application says nothing of the response
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \nhello
end \x00\x00\x00\xff\x00\x00\x00\x00
--- request
GET /
--- response_body chomp
hello



=== TEST 9: a body of any length in records of any length
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { fastcgi_buffering off; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout Content-Length: 300001\n\n
stdout[repeat=300000,padding=1] x
stdout y
end

stdout \n
stdout[repeat=300000,padding=1] x
stdout y
end

stdout Content-Length: 300001\n\n
stdout[repeat=300000,padding=1] x
stdout y
end

stdout \n
stdout[repeat=300000,padding=1] x
stdout y
end
--- request eval
["GET /", "GET /", "GET /off", "GET /off"]
--- response_body eval
[("x" x 300000) . "y", ("x" x 300000) . "y", ("x" x 300000) . "y", ("x" x 300000) . "y"]
--- error_code eval
[200, 200, 200, 200]



=== TEST 10: statuses without a body
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Status: 204\n\n

whole Status: 304 Not Modified\nETag: "a"\n\n

whole Status: 204\n\nhello

whole Status: 304\n\nhello
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- error_code eval
[204, 304, 204, 304]
--- response_body eval
["", "", "", ""]
--- raw_response_headers_unlike eval
["Transfer-Encoding", "Transfer-Encoding", "Transfer-Encoding", "Transfer-Encoding"]



=== TEST 11: what is dropped of a body leaves the connection as it is
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 1; }
--- config
    location / { fastcgi_keep_conn on; fastcgi_pass u; fastcgi_pass_request_headers off; fastcgi_param A $request_uri; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Status: 304\n\nhello

whole Status: 204\n\nhello

whole \nhello

whole \nlast
--- fastcgi_query
connection 1 keep_conn
A=/304
connection 1 keep_conn
A=/204
connection 1 keep_conn
A=/head
connection 1 keep_conn
A=/last
--- request eval
["GET /304", "GET /204", "HEAD /head", "GET /last"]
--- error_code eval
[304, 204, 200, 200]
--- response_body eval
["", "", "", "last"]
--- skip_nginx: all: the connection is closed there



=== TEST 12: messages: several in one response, each a line; the ends of lines go
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stderr one.\r\n
stderr two \n
stderr
stdout \nhello
stderr three\n\n
stdout
end
--- request
GET /
--- response_body chomp
hello
--- grep_error_log eval: qr/FastCGI sent in stderr: "[^"]*"/
--- grep_error_log_out
FastCGI sent in stderr: "one"
FastCGI sent in stderr: "two"
FastCGI sent in stderr: "three"



=== TEST 13: a response to a body that was not read
--- config
    location / { fastcgi_buffering off; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
early
whole Status: 413 Too Large\n\nno
hold
--- request eval
"POST /\n" . ("x" x 100000)
--- error_code: 413
--- response_body chomp
no



=== TEST 14: fields that end here, and cookies, which do not
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Connection: close\nKeep-Alive: 5\nSet-Cookie: a=1\nSet-Cookie: b=2\nX-A: 1\n\n
--- raw_request eval
"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
--- response_headers
Connection: keep-alive
! Keep-Alive
Set-Cookie: a=1, b=2
X-A: 1



=== TEST 15: Server and Date are there, those of the server if it sends some
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /hidden { fastcgi_hide_header Server; fastcgi_hide_header Date; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Content-Type: text/x\r\n\r\none

whole Date: then\r\nServer: own\r\n\r\ntwo

whole Date: then\r\nServer: own\r\n\r\nthree
--- request eval
["GET /", "GET /", "GET /hidden"]
--- response_body eval
["one", "two", "three"]
--- response_headers_like eval
["Server: (nginx|peerage)/.*\nDate: \\w+, .* GMT", "Server: own\nDate: then", "Server: (nginx|peerage)/.*\nDate: \\w+, .* GMT"]
