# Malformed heads are refused with 400 and reach no upstream: it would log a file under html/reached.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: what is right reaches the upstream
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        client_max_body_size 0;
        location / { root html/reached; }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /smuggled { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- error_code: 404
--- error_log
reached



=== TEST 2: lines that end in a bare LF
--- raw_request eval
"GET /t HTTP/1.1\nHost: localhost\nConnection: close\n\n"
--- error_code: 404
--- error_log
reached



=== TEST 3: a tab and bytes above 0x7f in a value
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A: a\tb\xc3\xa9\r\nConnection: close\r\n\r\n"
--- error_code: 404
--- error_log
reached



=== TEST 4: spaces around a value
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A:  \t a  \r\nConnection: close\r\n\r\n"
--- error_code: 404
--- error_log
reached



=== TEST 5: an empty line before the request
--- raw_request eval
"\r\nGET /t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- error_code: 404
--- error_log
reached



=== TEST 6: a byte above 0x7f in a name: that field alone is dropped
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX\xe9A: 1\r\nConnection: close\r\n\r\n"
--- error_code: 404
--- error_log
reached
client sent invalid header line: "X



=== TEST 7: a parenthesis in a name: that field alone is dropped
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX(A): 1\r\nConnection: close\r\n\r\n"
--- error_code: 404
--- error_log
reached
client sent invalid header line: "X



=== TEST 8: a slash in a name: that field alone is dropped
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX/A: 1\r\nConnection: close\r\n\r\n"
--- error_code: 404
--- error_log
reached
client sent invalid header line: "X



=== TEST 9: a space before the colon
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A : 1\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 10: a tab before the colon
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A\t: 1\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 11: a space in a name
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX A: 1\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 12: no name
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n: 1\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 13: no colon
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 14: a control character in a name
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX\x01A: 1\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 15: NUL in a name
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX\x00A: 1\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 16: DEL in a name
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX\x7fA: 1\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 17: NUL in a value
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A: a\x00b\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 18: a control character in a value
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A: a\x01b\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 19: DEL in a value
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A: a\x7fb\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 20: a vertical tab in a value
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A: a\x0bb\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 21: a bare CR in a value
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A: a\rb\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 22: a bare CR at the end of a value
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A: a\r\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 23: a bare CR before the end of the head
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A: a\r\n\r\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 24: a folded line
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A: a\r\n b\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 25: a line folded by a tab
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A: a\r\n\tb\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 26: a folded line after a bare LF
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A: a\n b\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 27: an empty folded line
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nX-A: a\r\n \r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 28: a space before the first field
--- raw_request eval
"GET /t HTTP/1.1\r\n Host: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 29: a target: a control character
--- raw_request eval
"GET /t\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 30: a target: NUL
--- raw_request eval
"GET /t\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 31: a target: DEL
--- raw_request eval
"GET /t\x7f HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 32: a target: a tab
--- raw_request eval
"GET /t\tx HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 33: a target: a bare CR
--- raw_request eval
"GET /t\rx HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 34: a target: a fragment
--- raw_request eval
"GET /t#fragment HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 35: a target: a fragment after arguments
--- raw_request eval
"GET /t?a#fragment HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 36: a target: no slash
--- raw_request eval
"GET t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 37: a target: nothing
--- raw_request eval
"GET  HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 38: an absolute target: userinfo
--- raw_request eval
"GET http://user@localhost/t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 39: an absolute target: userinfo with a password
--- raw_request eval
"GET http://user:pass@localhost/t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 40: an absolute target: userinfo that looks like a host
--- raw_request eval
"GET http://localhost@evil.example/t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 41: an absolute target: a fragment
--- raw_request eval
"GET http://localhost/t#fragment HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 42: an absolute target: no host
--- raw_request eval
"GET http:///t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 43: an absolute target: a bad port
--- raw_request eval
"GET http://localhost:port/t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 44: an absolute target: two colons
--- raw_request eval
"GET http://localhost:80:80/t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 45: an absolute target: a space in the host
--- raw_request eval
"GET http://local host/t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 46: an absolute target: an open bracket
--- raw_request eval
"GET http://[::1/t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 47: an absolute target that is right
--- raw_request eval
"GET http://localhost/t HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- error_code: 404
--- error_log
reached



=== TEST 48: Host: none
--- raw_request eval
"GET /t HTTP/1.1\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 49: Host: two
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 50: Host: two that differ
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 51: Host: with userinfo
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: user@localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 52: Host: with a path
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost/t\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 53: Host: with a space
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: local host\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 54: Host: with a tab
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: local\thost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 55: Host: a list
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost, other\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 56: Host: with a fragment
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost#f\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 57: Host: with arguments
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost?a\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 58: Host: with a backslash
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: local\\host\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 59: Host: with a bad port
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost:port\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 60: Host: with a port too large
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost:99999\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 61: Host: with two ports
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost:80:80\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 62: Host: an open bracket
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: [::1\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 63: Host: a closing bracket
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: ::1]\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 64: Host: with a quote
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: local\"host\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 65: Host: with angle brackets
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: <localhost>\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 66: Host: two dots
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: local..host\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 67: Host: a NUL
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: local\x00host\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 68: Host: a space before the colon
--- raw_request eval
"GET /t HTTP/1.1\r\nHost : localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 69: Host: folded
--- raw_request eval
"GET /t HTTP/1.1\r\nHost:\r\n localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 70: HTTP/1.0 needs no Host
--- raw_request eval
"GET /t HTTP/1.0\r\n\r\n"
--- error_code: 404
--- error_log
reached



=== TEST 71: two Hosts in HTTP/1.0
--- raw_request eval
"GET /t HTTP/1.0\r\nHost: localhost\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 72: an absolute target does not excuse a missing Host
--- raw_request eval
"GET http://localhost/t HTTP/1.1\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 73: a request line: a method in lower case
--- raw_request eval
"get /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 74: a request line: a method with a colon
--- raw_request eval
"G:T /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 75: a request line: a control character in the method
--- raw_request eval
"G\x01T /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 76: a request line: a lower-case protocol
--- raw_request eval
"GET /t http/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 77: a request line: another protocol
--- raw_request eval
"GET /t HTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 78: a request line: a version without a minor number
--- raw_request eval
"GET /t HTTP/1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 79: a request line: a version with a letter
--- raw_request eval
"GET /t HTTP/1.x\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 80: a request line: words after the version
--- raw_request eval
"GET /t HTTP/1.1 x\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 81: a request line: a space in the target
--- raw_request eval
"GET /t a HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 82: a request line: a tab instead of a space
--- raw_request eval
"GET\t/t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 83: a request line: a bare CR in the line
--- raw_request eval
"GET /t HTTP/1.1\rX\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 84: a request line: NUL in the line
--- raw_request eval
"GET /t\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 85: a request line: a space before the method
--- raw_request eval
" GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 86: TLS on a plain port
--- raw_request eval
"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
--- error_code: 400
--- closes
--- no_error_log
reached
