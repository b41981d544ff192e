# Bodies of requests: sizes, buffers, files, Expect, chunks.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: client_max_body_size by the announced length
--- config
    location / { client_max_body_size 4; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
POST /
12345
--- error_code: 413
--- response_headers
Connection: close
--- response_body_like: 413 Request Entity Too Large
--- error_log
client intended to send too large body: 5 bytes, client: 127.0.0.1



=== TEST 2: of a chunked body
--- config
    client_max_body_size 10;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- more_headers
Transfer-Encoding: chunked
--- request eval
"POST /\n8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n"
--- error_code: 413
--- error_log eval
qr{client intended to send too large chunked body: \d+\+?\d* bytes}



=== TEST 3: zero is no limit
--- config
    client_max_body_size 0;
    client_body_buffer_size 4m;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nfine"
--- request eval
"POST /\n" . "x" x 2000000
--- response_body chomp
fine



=== TEST 4: a body that fits stays in memory, one that does not goes to a file
--- config
    client_body_buffer_size 1k;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; proxy_set_header X-File "[$request_body_file]"; proxy_set_header X-Body "[$request_body]"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr{X-File: \[\]\r\nX-Body: \[small\]\r\n.*\r\n\r\nsmallPOST.*X-File: \[/\S+\]\r\nX-Body: \[\]\r\n.*\r\n\r\nL{5000}$}s
--- tcp_reply eval
["HTTP/1.0 200 OK\r\n\r\none", "HTTP/1.0 200 OK\r\n\r\ntwo"]
--- request eval
["POST /\nsmall", "POST /\n" . "L" x 5000]
--- response_body eval
["one", "two"]
--- error_log eval
qr{\[warn\] .* a client request body is buffered to a temporary file \S*/temp/client_body/\d+, client: 127}



=== TEST 5: client_body_temp_path with its levels
--- config
    client_body_buffer_size 1k;
    client_body_temp_path $TEST_NGINX_SERVER_ROOT/temp/own 1 2;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr{\r\n\r\nL{5000}$}
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\none"
--- request eval
"POST /\n" . "L" x 5000
--- response_body chomp
one
--- error_log eval
qr{buffered to a temporary file \S*/temp/own/\d/\d\d/\d+}
--- file_count
temp 0



=== TEST 6: client_body_in_file_only
--- config
    client_body_in_file_only on;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; proxy_set_header X-File $request_body_file; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr{X-File: /\S+/temp/client_body/\d+\r\n.*\r\n\r\nsmall$}s
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\none"
--- request
POST /
small
--- response_body chomp
one



=== TEST 7: client_body_in_file_only clean
--- config
    client_body_in_file_only clean;
    client_body_temp_path html/bodies;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; proxy_set_header X-File $request_body_file; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr{X-File: \S+/html/bodies/\d{10}\r\n}
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\none"
--- request
POST /
small
--- response_body chomp
one
--- file_count
html/bodies 0



=== TEST 8: and on keeps the file
--- config
    client_body_in_file_only on;
    client_body_temp_path html/bodies 1;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.0 200 OK\r\n\r\none", "HTTP/1.0 200 OK\r\n\r\ntwo"]
--- request eval
["POST /\nsmall", "POST /\nanother"]
--- response_body eval
["one", "two"]
--- file_count
html/bodies 2



=== TEST 9: client_body_in_single_buffer
--- config
    client_body_in_single_buffer on;
    client_body_buffer_size 32k;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; proxy_set_body "<$request_body>"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr{\r\n\r\n<1{10000}2{10000}>$}
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\none"
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 20000\r\n\r\n" . "1" x 10000, "2" x 10000]
--- raw_request_middle_delay: 0.05
--- response_body chomp
one



=== TEST 10: Expect: 100-continue
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr{\r\n\r\nhello$}s
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nfine"
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nConnection: close\r\nContent-Length: 5\r\n\r\n", "hello"]
--- raw_request_middle_delay: 0.05
--- raw_response_headers_like: ^HTTP/1\.1 100 Continue\r\n\r\nHTTP/1\.1 200 OK\r\n
--- response_body chomp
fine



=== TEST 11: no 100 where the body is refused
--- config
    client_max_body_size 4;
    lingering_timeout 300ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
--- error_code: 413
--- raw_response_headers_unlike: 100 Continue



=== TEST 12: a chunked body is passed on with its length
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr{^(?!.*Transfer-Encoding).*Content-Length: 16\r\n(.*\r\n)?\r\nhello, 234567890$}s
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nfine"
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n7;x=y\r\nhel", "lo, \r\n00009", "\r\n234567890\r\n0\r", "\nTrailer: 1\r\n\r", "\n"]
--- raw_request_middle_delay: 0.02
--- response_body chomp
fine



=== TEST 13: a chunk that is malformed
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nxyz\r\nhel"
--- error_code: 400
--- error_log
client sent invalid chunked body



=== TEST 14: a body that ends early
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"
--- shutdown: 1
--- error_code_like: ^(400|none)$
--- error_log
client prematurely closed connection



=== TEST 15: a length takes no memory
--- config
    client_max_body_size 0;
    client_body_buffer_size 8000000000000m;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000000000000000\r\n\r\nhalf"
--- shutdown: 1
--- error_code_like: ^(400|none)$
--- error_log
client prematurely closed connection
--- skip_nginx: all



=== TEST 16: a chunk that is too large is not waited for
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up\n"; } }
--- config
    client_max_body_size 10;
    lingering_timeout 300ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "FFFFFFFFF\r\n"]
--- raw_request_middle_delay: 0.1
--- error_code: 413
--- error_log
client intended to send too large chunked body: 3+68719476735 bytes
--- skip_nginx: all: it waits for a byte of the chunk



=== TEST 17: nor where it is passed on as it comes
--- config
    client_max_body_size 10;
    lingering_timeout 300ms;
    location / {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_http_version 1.1;
        proxy_request_buffering off;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 1000
--- tcp_reply: none
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "8;x=y\r\n"]
--- raw_request_middle_delay: 0.1
--- error_code: 413
--- skip_nginx: all: it waits for a byte of the chunk



=== TEST 18: white space before the extension of a chunk
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$content_length\n"; } }
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5 ;a=b\r\nhello\r\n0\t ; c\r\n\r\n"
--- response_body
5



=== TEST 19: and nothing behind it
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5 \r\nhello\r\n0\r\n\r\n"
--- error_code: 400
--- skip_nginx: all



=== TEST 20: 100 Continue, though some of the body has come
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "$content_length\n"; } }
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /stream {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_http_version 1.1;
        proxy_request_buffering off;
    }
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhe", "llo"]
--- raw_request_middle_delay: 0.1
--- raw_response_headers_like: ^HTTP/1\.1 100 Continue\r\n\r\nHTTP/1\.1 200 OK\r\n
--- response_body
5



=== TEST 21: also all of it
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
--- raw_response_headers_like: ^HTTP/1\.1 100 Continue\r\n\r\nHTTP/1\.1 200 OK\r\n
--- response_body
5



=== TEST 22: and where it is passed on as it comes
--- raw_request eval
["POST /stream HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n", "3\r\nllo\r\n0\r\n\r\n"]
--- raw_request_middle_delay: 0.1
--- raw_response_headers_like: ^HTTP/1\.1 100 Continue\r\n\r\nHTTP/1\.1 200 OK\r\n



=== TEST 23: once
--- raw_request eval
"POST /stream HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
--- raw_response_headers_like: ^HTTP/1\.1 100 Continue\r\n\r\nHTTP/1\.1 200 OK\r\n
--- response_body
5



=== TEST 24: what takes the place of an answer does not limit the body anew
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { return 200 "page\n"; }
        location /accel { add_header X-Accel-Redirect /page; return 200; }
    }
--- config
    client_max_body_size 1k;
    location /up {
        client_max_body_size 1m;
        error_page 502 /page;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /named {
        client_max_body_size 1m;
        error_page 502 @page;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /denied { client_max_body_size 1m; error_page 403 = /page; deny all; }
    location /proxied { client_max_body_size 1m; error_page 403 /proxy; deny all; }
    location /accel { client_max_body_size 1m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /try { client_max_body_size 1m; try_files /none @page; }
    location /page { return 200 "page\n"; }
    location @page { return 200 "page\n"; }
    location /proxy { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- request eval
["POST /up\n" . ("x" x 2000), "POST /named\n" . ("x" x 2000), "POST /denied\n" . ("x" x 2000), "POST /proxied\n" . ("x" x 2000), "POST /accel\n" . ("x" x 2000), "POST /try\n" . ("x" x 2000)]
--- error_code eval
[502, 502, 200, 403, 200, 200]
--- response_body eval
["page\n", "page\n", "page\n", "page\n", "page\n", "page\n"]
--- skip_nginx: all



=== TEST 25: nor a chunked one
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "page\n"; } }
--- config
    client_max_body_size 1k;
    location /proxied { client_max_body_size 1m; error_page 403 /proxy; deny all; }
    location /proxy { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- raw_request eval
"POST /proxied HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" . ("x" x 2000) . "\r\n0\r\n\r\n"
--- error_code: 403
--- response_body
page
--- skip_nginx: all



=== TEST 26: a body that is not read yet is limited by the location that is found last
--- config
    client_max_body_size 1k;
    location /last { client_max_body_size 1m; rewrite ^ /small last; }
    location /try { client_max_body_size 1m; try_files /none /small; }
    location /small { return 200 "small\n"; }
    location /large { client_max_body_size 1m; return 200 "large\n"; }
    location /from { client_max_body_size 1m; rewrite ^ /large last; }
--- request eval
["POST /last\n" . ("x" x 2000), "POST /try\n" . ("x" x 2000), "POST /from\n" . ("x" x 2000)]
--- error_code eval
[413, 413, 200]
