# The head of a response: status line, Date, Server, Connection, lengths.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: the fields of an ordinary one
--- config
    location / { return 200 "fine\n"; }
--- request
GET /
--- raw_response_headers_like eval
qr{^HTTP/1\.1 200 OK\r\nServer: [^\r]+\r\nDate: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\n$}



=== TEST 2: reasons
--- config
    location /200 { return 200; }
    location /201 { return 201; }
    location /202 { return 202; }
    location /206 { return 206; }
    location /301 { return 301 /; }
    location /302 { return 302 /; }
    location /303 { return 303 /; }
    location /307 { return 307 /; }
    location /308 { return 308 /; }
    location /401 { return 401; }
    location /403 { return 403; }
    location /409 { return 409; }
    location /410 { return 410; }
    location /416 { return 416; }
    location /421 { return 421; }
    location /429 { return 429; }
    location /503 { return 503; }
    location /504 { return 504; }
    location /505 { return 505; }
    location /507 { return 507; }
--- request eval
["GET /200", "GET /201", "GET /202", "GET /206", "GET /301", "GET /302", "GET /303", "GET /307", "GET /308", "GET /401", "GET /403", "GET /409", "GET /410", "GET /416", "GET /421", "GET /429", "GET /503", "GET /504", "GET /505", "GET /507"]
--- error_code_like: .
--- raw_response_headers_like eval
["200 OK\r", "201 Created\r", "202 Accepted\r", "206 Partial Content\r", "301 Moved Permanently\r", "302 Moved Temporarily\r", "303 See Other\r", "307 Temporary Redirect\r", "308 Permanent Redirect\r", "401 Unauthorized\r", "403 Forbidden\r", "409 Conflict\r", "410 Gone\r", "416 Requested Range Not Satisfiable\r", "421 Misdirected Request\r", "429 Too Many Requests\r", "503 Service Temporarily Unavailable\r", "504 Gateway Time-out\r", "505 HTTP Version Not Supported\r", "507 Insufficient Storage\r"]



=== TEST 3: a code without a reason
--- config
    location / { return 299 x; }
--- request
GET /
--- error_code: 299
--- raw_response_headers_like: ^HTTP/1\.1 299 ?\r\n



=== TEST 4: a redirect in the order of its fields
--- config
    location / { return 301 /there; }
--- request
GET /
--- error_code: 301
--- response_headers
Content-Type: text/html
Location: http://localhost:$TEST_NGINX_SERVER_PORT/there
--- response_body_like eval
qr{^<html>\r\n<head><title>301 Moved Permanently</title></head>\r\n<body>\r\n<center><h1>301 Moved Permanently</h1></center>\r\n<hr><center>\S+</center>\r\n</body>\r\n</html>\r\n$}



=== TEST 5: Date moves on
--- config
    location / { return 200 "$time_iso8601"; }
--- raw_request eval
["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]
--- raw_request_middle_delay: 1.1
--- response_body_like eval
["^\\d{4}-", "^\\d{4}-"]
--- error_code: 200
--- timeout: 4



=== TEST 6: a file
--- config
    location / { root html; }
--- user_files
>>> a.txt 20200102030405
text
--- request
GET /a.txt
--- raw_response_headers_like eval
qr{^HTTP/1\.1 200 OK\r\nServer: [^\r]+\r\nDate: [^\r]+\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nLast-Modified: Thu, 02 Jan 2020 03:04:05 GMT\r\nConnection: close\r\nETag: "5e0d5da5-5"\r\nAccept-Ranges: bytes\r\n\r\n$}
