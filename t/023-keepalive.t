# Connections that are kept: how long, for how many requests, for whom.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: keepalive_timeout closes what is idle
--- config
    keepalive_timeout 400ms;
    location / { return 200 "a\n"; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- response_body
a
--- response_headers
Connection: keep-alive
! Keep-Alive
--- closes: 0.4
--- timeout: 2



=== TEST 2: and not what is not
--- config
    keepalive_timeout 3s;
    location / { return 200 "$connection_requests\n"; }
--- raw_request eval
["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"]
--- raw_request_middle_delay: 1.55
--- response_body eval
["1\n", "2\n", "3\n"]
--- error_code: 200
--- closes: 3
--- timeout: 9



=== TEST 3: the second parameter tells the client
--- config
    keepalive_timeout 5s 10s;
    location / { return 200 "a\n"; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- response_body
a
--- response_headers
Connection: keep-alive
Keep-Alive: timeout=10
--- stays_open: 0.1



=== TEST 4: zero keeps nothing
--- config
    location /a { keepalive_timeout 0; return 200 "a\n"; }
    location /b { return 200 "b\n"; }
--- raw_request eval
"GET /b HTTP/1.1\r\nHost: localhost\r\n\r\nGET /a HTTP/1.1\r\nHost: localhost\r\n\r\nGET /b HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- response_body eval
["b\n", "a\n"]
--- response_headers eval
["Connection: keep-alive", "Connection: close"]
--- closes



=== TEST 5: keepalive_requests
--- config
    keepalive_requests 3;
    location / { return 200 "$connection_requests\n"; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" x 4
--- response_body eval
["1\n", "2\n", "3\n"]
--- response_headers eval
["Connection: keep-alive", "Connection: keep-alive", "Connection: close"]
--- closes



=== TEST 6: keepalive_time
--- config
    keepalive_time 300ms;
    location / { return 200 "$connection_requests\n"; }
--- raw_request eval
["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"]
--- raw_request_middle_delay: 0.5
--- response_body eval
["1\n", "2\n"]
--- response_headers eval
["Connection: keep-alive", "Connection: close"]
--- closes



=== TEST 7: the client asks to close
--- config
    location / { return 200 "a\n"; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Close\r\n\r\n"
--- response_body
a
--- response_headers
Connection: close
--- closes



=== TEST 8: an old client asks to keep
--- config
    location / { return 200 "a\n"; }
--- raw_request eval
["GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"]
--- raw_request_middle_delay: 0.05
--- response_body eval
["a\n", "a\n"]
--- response_headers eval
["Connection: keep-alive", "Connection: close"]



=== TEST 9: keepalive_disable, by default for one old browser after a POST
--- config
    location /n { keepalive_disable none; return 200 "n\n"; }
    location /d { return 200 "d\n"; }
    location /s { keepalive_disable safari; return 200 "s\n"; }
--- raw_request eval
"POST /n HTTP/1.1\r\nHost: a\r\nUser-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)\r\nContent-Length: 1\r\n\r\nx" .
"GET /d HTTP/1.1\r\nHost: a\r\nUser-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)\r\n\r\n" .
"POST /d HTTP/1.1\r\nHost: a\r\nUser-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)\r\nContent-Length: 1\r\n\r\nx"
--- response_body eval
["n\n", "d\n", "d\n"]
--- response_headers eval
["Connection: keep-alive", "Connection: keep-alive", "Connection: close"]
--- closes



=== TEST 10: keepalive_disable safari
--- config
    keepalive_disable msie6 safari;
    location / { return 200 "s\n"; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: Mozilla/5.0 (Macintosh; U; PPC Mac OS X) AppleWebKit/85 (KHTML, like Gecko) Safari/85\r\n\r\n"
--- response_headers
Connection: close
--- closes



=== TEST 11: after an error of the request the connection is closed
--- config
    location / { return 200 "a\n"; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a b\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
--- error_code: 400
--- response_headers
Connection: close
--- closes



=== TEST 12: after the errors of a handler it is not
--- config
    location /4 { return 404; }
    location /5 { return 503; }
    location / { return 200 "a\n"; }
--- pipelined_requests eval
["GET /4", "GET /5", "GET /"]
--- error_code eval
[404, 503, 200]
--- response_headers eval
["Connection: keep-alive", "Connection: keep-alive", "Connection: close"]
