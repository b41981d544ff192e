# Pipelined requests.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: in one packet, answered in order
--- config
    location / { return 200 "$request_uri $connection_requests\n"; }
--- pipelined_requests eval
["GET /1", "GET /2", "GET /3", "GET /4", "GET /5"]
--- response_body eval
["/1 1\n", "/2 2\n", "/3 3\n", "/4 4\n", "/5 5\n"]



=== TEST 2: one cut in the middle
--- config
    location / { return 200 "$request_uri\n"; }
--- raw_request eval
["GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HT", "TP/1.1\r\nHost: a\r\n\r", "\nGET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]
--- raw_request_middle_delay: 0.05
--- response_body eval
["/1\n", "/2\n", "/3\n"]



=== TEST 3: with bodies that are not read
--- config
    location / { return 200 "$request_uri\n"; }
--- raw_request eval
"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" .
"POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" .
"GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
--- response_body eval
["/1\n", "/2\n", "/3\n"]



=== TEST 4: with bodies that are passed on
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.0 200 OK\r\n\r\none", "HTTP/1.0 200 OK\r\n\r\ntwo", "HTTP/1.0 200 OK\r\n\r\nthree"]
--- tcp_query eval
qr{^POST /1 .*\r\n\r\nhelloPOST /2 .*\r\n\r\nworldGET /3 .*$}s
--- raw_request eval
"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" .
"POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nworld\r\n0\r\n\r\n" .
"GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
--- response_body eval
["one", "two", "three"]



=== TEST 5: empty lines before a request
--- config
    location / { return 200 "$request_uri\n"; }
--- raw_request eval
"\r\n\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
--- response_body eval
["/1\n", "/2\n"]



=== TEST 6: more of them than fit into a buffer
--- config
    location / { return 200 "$request_uri\n"; }
--- raw_request eval
"GET /abcdefghijklmnopqrstuvwxyz HTTP/1.1\r\nHost: localhost\r\n\r\n" x 99 . "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
--- error_code eval
[200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,
200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,
200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,
200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200,200]



=== TEST 7: files
--- config
    location / { root html; }
--- user_files
>>> a
file a
>>> b
file b
--- pipelined_requests eval
["GET /a", "HEAD /b", "GET /none", "GET /b"]
--- error_code eval
[200, 200, 404, 200]
--- response_body_like eval
["^file a\$", "^\$", "404", "^file b\$"]



=== TEST 8: large answers one after another
--- config
    location / { root html; }
--- user_files eval
[["big", "x" x 1000000]]
--- pipelined_requests eval
["GET /big", "GET /big", "GET /big"]
--- response_body_size: 1000000
