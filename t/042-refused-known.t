# What was understood of a request that is refused: its server, its error page, its log line.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: the server that Host names answers, though another field is wrong
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name first; return 200 "first\n"; }
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        server_name second;
        error_page 400 /refused;
        location = /refused { return 200 "$server_name $status $request_method $request_uri $host $http_x_y\n"; }
    }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"POST /a?b HTTP/1.1\r\nHost: second\r\nX-Y: z\r\nContent-Length: +5\r\n\r\nhello"
--- error_code: 400
--- response_body
second 400 GET /a?b second z



=== TEST 2: fields behind the wrong one are not known
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name first; error_page 400 /r; location /r { return 200 "first\n"; } }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name second; error_page 400 /r; location /r { return 200 "second\n"; } }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"GET / HTTP/1.1\r\nBad Name: x\r\nHost: second\r\n\r\n"
--- error_code: 400
--- response_body
first



=== TEST 3: those before it are
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name first; error_page 400 /r; location /r { return 200 "first\n"; } }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name second; error_page 400 /r; location /r { return 200 "second\n"; } }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"GET / HTTP/1.1\r\nHost: second\r\nBad Name: x\r\n\r\n"
--- error_code: 400
--- response_body
second



=== TEST 4: the access log has what was understood
--- http_config
    log_format known '$status "$request" $request_method $uri $args $server_protocol $http_x_y $connection_requests';
--- config
    access_log logs/access.log known;
    location / { return 200; }
--- raw_request eval
["POST /a?b HTTP/1.0\r\nX-Y: z\r\nContent-Length: +5\r\n\r\nhello"]
--- error_code: 400
--- access_log
400 "POST /a?b HTTP/1.0" POST /a b HTTP/1.0 z 1



=== TEST 5: a client that goes in the middle of a head
--- http_config
    log_format known '$status "$request" $request_method $uri $http_x_y';
--- config
    access_log logs/access.log known;
    location / { return 200; }
--- log_level: info
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: localhost\r\nX-Y: z\r\nUnfin"
--- shutdown: 1
--- ignore_response
--- access_log
400 "GET /a HTTP/1.1" GET /a z
--- error_log
client prematurely closed connection while reading client request headers



=== TEST 6: a client that goes in the middle of the line
--- http_config
    log_format known '$status "$request" $request_method $uri';
--- config
    access_log logs/access.log known;
    location / { return 200; }
--- log_level: info
--- raw_request eval
"GET /a HT"
--- shutdown: 1
--- ignore_response
--- access_log
400 "GET /a HT" - -
--- error_log
client prematurely closed connection while reading client request line



=== TEST 7: a wrong request line is answered before the head has ended
--- config
    client_header_timeout 30s;
    lingering_timeout 200ms;
    location / { return 200; }
--- log_level: info
--- raw_request eval
"get / HTTP/1.1\r\n"
--- error_code: 400
--- error_log
client sent invalid method while reading client request line



=== TEST 8: and so is a wrong field
--- config
    client_header_timeout 30s;
    lingering_timeout 200ms;
    location / { return 200; }
--- log_level: info
--- raw_request eval
"GET / HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n"
--- error_code: 400
--- error_log
client sent invalid header line: "Bad\x20..." while reading client request headers



=== TEST 9: TRACE is refused with all of its head known
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name first; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name second; error_page 405 =200 /r; location /r { return 200 "$server_name $request_uri\n"; } }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"TRACE /a HTTP/1.1\r\nHost: second\r\n\r\n"
--- response_body
second /a



=== TEST 10: CONNECT is refused with all of its head known
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name first; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name second; error_page 405 =200 /r; location /r { return 200 "$server_name $request_uri\n"; } }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"CONNECT /b HTTP/1.1\r\nHost: second\r\n\r\n"
--- response_body
second /b



=== TEST 11: the server that Host names says which names are good
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name first; return 200 "first $http_a_b\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name second; underscores_in_headers on; return 200 "second $http_a_b\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name third; ignore_invalid_headers off; return 200 "third $http_a_b\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
["Host: first\nA_B: 1", "Host: second\nA_B: 1", "Host: third\nA_B: 1"]
--- response_body eval
["first \n", "second 1\n", "third 1\n"]



=== TEST 12: and takes them away again
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name first; underscores_in_headers on; return 200 "first $http_a_b\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name second; return 200 "second $http_a_b\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request eval
["GET /", "GET /"]
--- more_headers eval
["Host: first\nA_B: 1", "Host: second\nA_B: 1"]
--- response_body eval
["first 1\n", "second \n"]



=== TEST 13: and how large they may be
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name first; client_header_buffer_size 512; large_client_header_buffers 2 512; return 200 "first\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name second; large_client_header_buffers 4 8k; return 200 "second\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"GET / HTTP/1.1\r\nHost: second\r\nConnection: close\r\nCookie: " . ("c" x 4000) . "\r\n\r\n"
--- response_body
second



=== TEST 14: the next request on a connection begins with the first server again
--- http_config
    log_format known '$status $server_name';
    access_log logs/access.log known;
    server { listen $TEST_NGINX_RAND_PORT_1; server_name first; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name second; return 200; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"GET / HTTP/1.1\r\nHost: second\r\n\r\nGET / HTTP/1.1\r\nBad Name: x\r\n\r\n"
--- ignore_response
--- access_log
400 first



=== TEST 15: the length of a chunked body is known once it has come
--- config
    access_log logs/access.log known;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    log_format known '$status $content_length';
    server { listen $TEST_NGINX_RAND_PORT_1; access_log off; return 200; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
--- access_log
200 5
