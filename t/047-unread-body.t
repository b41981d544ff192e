# Bodies of requests that are not read, that are none, or that have gone to another server already.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: a chunk that is none, and an answer that needs no body
--- config
    error_log logs/error.log info;
    access_log logs/access.log;
    lingering_timeout 300ms;
    location / { return 200 "reached\n"; }
    location /moved { return 302 /; }
    location /missing { return 404; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
--- error_code: 400
--- closes
--- error_log
client sent invalid chunked body
--- no_access_log
smuggled



=== TEST 2: behind one that is right
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n-1\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
--- error_code: 400
--- closes
--- no_access_log
smuggled



=== TEST 3: a redirect
--- raw_request eval
"POST /moved HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
--- error_code: 400
--- closes
--- no_access_log
smuggled



=== TEST 4: what is an error already stays that error, and is the last answer
--- raw_request eval
"POST /missing HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
--- error_code: 404
--- response_headers
Connection: close
--- closes
--- no_access_log
smuggled



=== TEST 5: when the answer is out already, the connection ends
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "zz\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"]
--- raw_request_middle_delay: 0.1
--- error_code: 200
--- closes
--- no_access_log
smuggled



=== TEST 6: behind a body that is right the next request is found
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nPOST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /moved HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
--- error_code eval
[200, 404, 302]



=== TEST 7: a file to a GET with chunks that are none
--- config
    location / { }
--- user_files
>>> f.txt
file
--- raw_request eval
"GET /f.txt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
--- error_code: 400
--- closes



=== TEST 8: nothing of such a request goes to a server, even if its body is passed on as it comes
--- config
    location / {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_http_version 1.1;
        proxy_request_buffering off;
    }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"
--- error_code: 400
--- closes
--- error_log
client sent invalid chunked body
--- no_error_log
connect() failed



=== TEST 9: if it began before, the server's connection ends with it
--- config
    location / {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host up;
        proxy_request_buffering off;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 1000
--- tcp_query eval
"POST / HTTP/1.1\r\nHost: up\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
--- tcp_reply: none
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "zz\r\n"]
--- raw_request_middle_delay: 0.2
--- error_code: 400
--- closes



=== TEST 10: what came first is sent to the next server too
--- http_config
    upstream two { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup; }
--- config
    location / {
        proxy_pass http://two;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host up;
        proxy_request_buffering off;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_query_len: 79
--- tcp_query eval
qr{^POST / HTTP/1.1\r\nHost: up\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n$}
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "4\r\ndefg\r\n0\r\n\r\n"]
--- raw_request_middle_delay: 0.2
--- response_body
ok



=== TEST 11: a body that came whole is sent with its length, though bodies are passed on as they come
--- config
    location / {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host up;
        proxy_request_buffering off;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST / HTTP/1.1\r\nHost: up\r\nContent-Length: 3\r\n\r\nabc"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
--- response_body
ok



=== TEST 12: a body that the server is not to get is not the next request
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up $http_content_length\n"; } }
--- config
    access_log logs/access.log;
    proxy_request_buffering off;
    location /none { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; proxy_pass_request_body off; proxy_set_header Content-Length ""; }
    location /other { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; proxy_set_body x; }
    location / { return 200 "$uri\n"; }
--- raw_request eval
"POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 39\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: bcdef\r\n\r\nPOST /other HTTP/1.1\r\nHost: a\r\nContent-Length: 39\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: bcdef\r\n\r\nGET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
--- response_body eval
["up \n", "up 1\n", "/last\n"]
--- no_access_log
smuggled



=== TEST 13: also if it comes later
--- raw_request eval
["POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 39\r\n\r\n", "GET /smuggled HTTP/1.1\r\nHost: bcdef\r\n\r\n", "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]
--- raw_request_middle_delay: 0.1
--- response_body eval
["up \n", "/last\n"]
--- no_access_log
smuggled



=== TEST 14: a body that has gone to a server is not promised to another
--- config
    error_log logs/error.log info;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    location / {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_request_buffering off;
        error_page 502 = @other;
    }
    location @other { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 10
--- tcp_reply: none
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_2
--- tcp_reply_2 eval
"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nreached\n"
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nConnection: close\r\n\r\nabc", "def"]
--- raw_request_middle_delay: 0.2
--- error_code: 502
--- error_log
client request body was passed on and cannot be sent again
--- skip_nginx: all



=== TEST 15: a page is asked for without it
--- config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host up;
    location / {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_request_buffering off;
        error_page 502 /page;
    }
    location /page { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 10
--- tcp_reply: none
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_2
--- tcp_query_2 eval
"GET /page HTTP/1.1\r\nHost: up\r\n\r\n"
--- tcp_reply_2 eval
"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npage\n"
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nConnection: close\r\n\r\nabc", "def"]
--- raw_request_middle_delay: 0.2
--- error_code: 502
--- response_body
page
--- skip_nginx: all



=== TEST 16: a body of which nothing has gone is
--- config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host up;
    location / {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_request_buffering off;
        error_page 502 = @other;
    }
    location @other { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_query eval
"POST / HTTP/1.1\r\nHost: up\r\nContent-Length: 6\r\n\r\nabcdef"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nother\n"
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n", "3\r\ndef\r\n0\r\n\r\n"]
--- raw_request_middle_delay: 0.2
--- response_body
other
--- skip_nginx: all



=== TEST 17: who makes the page for a body that is too large gets none of it
--- config
    client_max_body_size 10;
    lingering_timeout 300ms;
    error_page 400 413 @page;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location @page {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_set_header Host up;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST / HTTP/1.1\r\nHost: up\r\n\r\n"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npage\n"
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nabcdefghijk"
--- error_code: 413
--- response_body
page
--- skip_nginx: all



=== TEST 18: nor for one that is none
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"POST / HTTP/1.1\r\nHost: up\r\n\r\n"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npage\n"
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "5\r\nhello\r\n0\r\n\r\n"]
--- raw_request_middle_delay: 0.1
--- error_code: 400
--- response_body
page
--- skip_nginx: all



=== TEST 19: Expect, and an answer that needs no body: it is asked for all the same, and the connection goes on
--- config
    location / { return 200 "$request_method\n"; }
    location /missing { return 404; }
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", "hello", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]
--- raw_request_middle_delay: 0.1
--- raw_response_headers_like eval
["^HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", "^HTTP/1.1 200 OK\r\n"]
--- response_body eval
["POST\n", "GET\n"]



=== TEST 20: of an error it is not: what comes next may be the body
--- raw_request eval
"POST /missing HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
--- error_code: 404
--- raw_response_headers_unlike: 100 Continue
--- response_headers
Connection: close
--- skip_nginx: all



=== TEST 21: unless it came without being asked for
--- raw_request eval
["POST /missing HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhe", "llo", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]
--- raw_request_middle_delay: 0.1
--- error_code eval
[404, 200]



=== TEST 22: an expectation of something else is none, nor is HTTP/1.0's
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nExpect: foo\r\nContent-Length: 5\r\n\r\n", "hello", "POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", "hello"]
--- raw_request_middle_delay: 0.1
--- raw_response_headers_unlike eval
["100 Continue", "100 Continue"]
--- response_body eval
["POST\n", "POST\n"]



=== TEST 23: a chunk beyond client_max_body_size is one too many as soon as its line is here
--- config
    client_max_body_size 10;
    lingering_timeout 300ms;
    location / { return 200 "reached\n"; }
    location /moved { return 302 /; }
    location /missing { return 404; }
    location /denied { deny all; }
    location /file { alias html/f.txt; }
    location /page { error_page 403 /file; return 403; }
--- user_files
>>> f.txt
file
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFF\r\n"
--- error_code: 413
--- closes
--- error_log
client intended to send too large chunked body: 0+68719476735 bytes
--- skip_nginx: all



=== TEST 24: for a file, too
--- raw_request eval
"GET /file HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n8\r\n"
--- error_code: 413
--- closes
--- skip_nginx: all



=== TEST 25: an error stays what it is, and is the last answer
--- raw_request eval
"POST /missing HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFF\r\n"
--- error_code: 404
--- response_headers
Connection: close
--- closes
--- skip_nginx: all



=== TEST 26: a refusal
--- raw_request eval
"POST /denied HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFF\r\n"
--- error_code: 403
--- response_headers
Connection: close
--- closes
--- skip_nginx: all



=== TEST 27: the page of an error
--- raw_request eval
"POST /page HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFF\r\n"
--- error_code: 403
--- response_body
file
--- response_headers
Connection: close
--- closes
--- skip_nginx: all



=== TEST 28: a redirect leads on all the same
--- raw_request eval
"POST /moved HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFF\r\n"
--- error_code: 302
--- response_headers
Connection: close
--- closes
--- skip_nginx: all



=== TEST 29: when the answer is out already, no more of it is read
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "8\r\n"]
--- raw_request_middle_delay: 0.1
--- response_body
reached
--- closes
--- skip_nginx: all



=== TEST 30: just as much as may come
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "7\r\ndefghij\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]
--- raw_request_middle_delay: 0.1
--- response_body eval
["reached\n", "reached\n"]



=== TEST 31: a body whose length says it, where the server answers before a location is found
--- config
    client_max_body_size 10;
    lingering_timeout 300ms;
    if ($uri = /moved) { return 302 /; }
    if ($uri = /missing) { return 404; }
    return 200 "reached\n";
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"
--- error_code: 413
--- closes
--- error_log
client intended to send too large body: 11 bytes
--- skip_nginx: all



=== TEST 32: its redirect leads on, and neither that nor its error waits for the body
--- raw_request eval
"POST /moved HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n"
--- error_code: 302
--- response_headers
Connection: close
--- raw_response_headers_unlike: 100 Continue
--- closes
--- skip_nginx: all



=== TEST 33: an error of the server
--- raw_request eval
"POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"
--- error_code: 404
--- response_headers
Connection: close
--- closes
--- skip_nginx: all



=== TEST 34: Expect, and some of the body has come: it is asked for the rest
--- config
    location / { return 200 "$request_method\n"; }
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhe", "llo", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]
--- raw_request_middle_delay: 0.1
--- raw_response_headers_like eval
["^HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", "^HTTP/1.1 200 OK\r\n"]
--- response_body eval
["POST\n", "GET\n"]
