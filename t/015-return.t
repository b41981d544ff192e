# return: codes, texts, redirects.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: a code alone has its page
--- config
    location / { return 403; }
--- request
GET /
--- error_code: 403
--- response_headers
Content-Type: text/html
--- response_body_like eval
qr{^<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n<hr><center>(nginx|peerage)\S*</center>\r\n</body>\r\n</html>\r\n$}



=== TEST 2: a code with text
--- config
    default_type text/x-d;
    location /a { return 200 "a\n"; }
    location /b { return 404 "b $uri\n"; }
    location /c { return 202 ""; }
    location /d { default_type text/x-own; return 201 d; }
--- request eval
["GET /a", "GET /b", "GET /c", "GET /d"]
--- error_code eval
[200, 404, 202, 201]
--- response_body eval
["a\n", "b /b\n", "", "d"]
--- response_headers eval
["Content-Type: text/x-d\nContent-Length: 2", "Content-Type: text/x-d", "Content-Length: 0", "Content-Type: text/x-own"]



=== TEST 3: 204 and 304 have no body, 200 without a text an empty one
--- config
    location /a { return 204; }
    location /b { return 304; }
    location /c { return 200; }
    location /d { return 204 text; }
--- request eval
["GET /a", "GET /b", "GET /c", "GET /d"]
--- error_code eval
[204, 304, 200, 204]
--- response_body eval
["", "", "", ""]
--- response_headers eval
["! Content-Length\n! Content-Type\n! Transfer-Encoding", "", "Content-Length: 0", "! Content-Length"]



=== TEST 4: redirects
--- config
    location /301 { return 301 /a; }
    location /302 { return 302 http://example.com/$arg_x; }
    location /303 { return 303 /a?$args; }
    location /307 { return 307 https://$host$request_uri; }
    location /308 { return 308 /a; }
    location /url { return http://example.com/; }
    location /scheme { return $scheme://example.com/; }
--- request eval
["GET /301", "GET /302?x=1", "GET /303?x=1", "GET /307?a", "GET /308", "GET /url"]
--- error_code eval
[301, 302, 303, 307, 308, 302]
--- response_headers eval
["Location: http://localhost:$TEST_NGINX_SERVER_PORT/a", "Location: http://example.com/1", "Location: http://localhost:$TEST_NGINX_SERVER_PORT/a?x=1", "Location: https://localhost/307?a", "Location: http://localhost:$TEST_NGINX_SERVER_PORT/a", "Location: http://example.com/"]
--- response_body_like eval
["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect", "302 Found"]



=== TEST 5: absolute_redirect is on by default, and uses the name asked for
--- config
    location / { return 301 /b; }
--- request
GET /
--- more_headers
Host: Other.Test:99
--- error_code: 301
--- response_headers
Location: http://other.test:$TEST_NGINX_SERVER_PORT/b



=== TEST 6: 444 closes without an answer
--- config
    location / { return 444; }
--- request
GET /
--- error_code: none
--- access_log
"GET / HTTP/1.1" 444 0



=== TEST 7: in server, before any location
--- config
    return 410;
    location / { return 200; }
--- request
GET /
--- error_code: 410
--- response_body_like: 410 Gone



=== TEST 8: codes without a name
--- config
    location /1 { return 299 x; }
    location /2 { return 599; }
    location /3 { return 418; }
--- request eval
["GET /1", "GET /2", "GET /3"]
--- error_code eval
[299, 599, 418]
--- response_body eval
["x", "", ""]



=== TEST 9: pages of the errors that have one
--- config
    location = /400 { return 400; }
    location = /401 { return 401; }
    location = /402 { return 402; }
    location = /404 { return 404; }
    location = /405 { return 405; }
    location = /411 { return 411; }
    location = /413 { return 413; }
    location = /414 { return 414; }
    location = /429 { return 429; }
    location = /500 { return 500; }
    location = /501 { return 501; }
    location = /502 { return 502; }
    location = /503 { return 503; }
    location = /504 { return 504; }
    location = /505 { return 505; }
--- request eval
["GET /400", "GET /401", "GET /402", "GET /404", "GET /405", "GET /411", "GET /413", "GET /414", "GET /429", "GET /500", "GET /501", "GET /502", "GET /503", "GET /504", "GET /505"]
--- error_code eval
[400, 401, 402, 404, 405, 411, 413, 414, 429, 500, 501, 502, 503, 504, 505]
--- response_body_like eval
["400 Bad Request", "401 Authorization Required", "402 Payment Required", "404 Not Found", "405 Not Allowed", "411 Length Required", "413 Request Entity Too Large", "414 Request-URI Too Large", "429 Too Many Requests", "500 Internal Server Error", "501 Not Implemented", "502 Bad Gateway", "503 Service Temporarily Unavailable", "504 Gateway Time-out", "505 HTTP Version Not Supported"]



=== TEST 10: a page for the browsers that hide short ones
--- config
    location / { return 404; }
--- request
GET /
--- more_headers
User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)
--- error_code: 404
--- response_body_like: a padding to disable MSIE and Chrome friendly error page



=== TEST 11: what a variable brings does not end the line
--- config
    location / { return 302 http://x$uri; }
--- request
GET /a%0d%0aSet-Cookie:%20x
--- error_code: 302
--- response_headers
! Set-Cookie
--- skip_nginx: 3: >= 0.0.0: it does



=== TEST 12: the body of the request is passed over
--- config
    location /a { return 200 "a\n"; }
    location /b { return 200 "b\n"; }
--- pipelined_requests eval
["POST /a\nsome body", "GET /b"]
--- response_body eval
["a\n", "b\n"]



=== TEST 13: an address that comes to nothing is sent as it is
--- config
    location /none { return 302 ""; }
    location /variable { set $to ""; return 301 $to; }
    location /rewrite { rewrite ^ $nowhere redirect; }
    set $nowhere "";
--- pipelined_requests eval
["GET /none", "GET /variable", "GET /rewrite"]
--- error_code eval
[302, 301, 302]
--- raw_response_headers_like eval
["\r\nLocation: \r\n", "\r\nLocation: \r\n", "\r\nLocation: \r\n"]
