# fastcgi_pass and what it shares with no other module; the directives of upstreams with the prefix fastcgi_.

use Test::Nginx::Socket 'no_plan';

our $Big = 'x' x 100000;

no_root_location();
run_tests();

__DATA__

=== TEST 1: an address: the parameters in their order, then the fields of the request
--- config
    location /t {
        fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        fastcgi_param REQUEST_METHOD $request_method;
        fastcgi_param QUERY_STRING $query_string;
        fastcgi_param EMPTY "";
    }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Content-Type: text/plain\r\n\r\nhello
--- fastcgi_query
connection 1
REQUEST_METHOD=GET
QUERY_STRING=a=b
EMPTY=
HTTP_HOST=localhost
HTTP_CONNECTION=close
--- request
GET /t?a=b
--- response_headers
Content-Type: text/plain
Transfer-Encoding: chunked
--- response_body chomp
hello



=== TEST 2: a unix socket
--- config
    location / {
        fastcgi_pass unix:$TEST_NGINX_HTML_DIR/f.sock;
        fastcgi_param A b;
        fastcgi_pass_request_headers off;
    }
--- fastcgi_listen: $TEST_NGINX_HTML_DIR/f.sock
--- fastcgi_reply
whole \nhello
--- fastcgi_query
connection 1
A=b
--- request
GET /
--- response_body chomp
hello
--- no_error_log
[error]



=== TEST 3: a group, and what the log says of it
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 backup; }
    log_format up "$upstream_addr $upstream_status $upstream_response_length";
--- config
    location / { access_log logs/access.log up; fastcgi_pass u; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Status: 201 Created\n\nhello
--- request
GET /x?y
--- error_code: 201
--- response_body chomp
hello
--- error_log eval
qr{connect\(\) failed \(111: Connection refused\) while connecting to upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /x\?y HTTP/1\.1", upstream: "fastcgi://127\.0\.0\.1:\d+", host: "localhost"}
--- access_log eval
qr/^127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+ 502, 201 \d+, \d+$/



=== TEST 4: variables: an address, a path, a group
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- config
    location /t { fastcgi_pass $arg_to; fastcgi_param A b; fastcgi_pass_request_headers off; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \none
--- fastcgi_listen_2: $TEST_NGINX_RAND_PORT_2
--- fastcgi_reply_2
whole \ntwo
--- fastcgi_listen_3: $TEST_NGINX_HTML_DIR/f.sock
--- fastcgi_reply_3
whole \nthree
--- request eval
["GET /t?to=127.0.0.1:\$TEST_NGINX_RAND_PORT_1", "GET /t?to=u", "GET /t?to=unix:\$TEST_NGINX_HTML_DIR/f.sock", "GET /t?to="]
--- error_code eval
[200, 200, 200, 500]
--- response_body_like eval
["^one\$", "^two\$", "^three\$", "500"]



=== TEST 5: fastcgi_param with if_not_empty
--- config
    location / {
        fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        fastcgi_pass_request_headers off;
        fastcgi_param NONE $arg_none if_not_empty;
        fastcgi_param SOME $arg_some if_not_empty;
        fastcgi_param EMPTY $arg_none;
    }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n
--- fastcgi_query
connection 1
SOME=1
EMPTY=
--- request
GET /?some=1



=== TEST 6: fastcgi_param: those of the level above hold where there are none
--- http_config
    fastcgi_param OUTER http;
--- config
    fastcgi_pass_request_headers off;
    fastcgi_param OUTER server;
    fastcgi_param MORE server;
    location /none { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /own { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; fastcgi_param OWN location; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n

whole \n
--- fastcgi_query
connection 1
OUTER=server
MORE=server
connection 2
OWN=location
--- request eval
["GET /none", "GET /own"]
--- error_code eval
[200, 200]



=== TEST 7: fields as parameters, and parameters in their place
--- config
    location / {
        fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        fastcgi_param HTTP_HOST "in place";
        fastcgi_param HTTP_X_GONE "" if_not_empty;
        fastcgi_param HTTP_X_EMPTY "";
        fastcgi_param HTTP_X_VARIABLE $arg_none;
        fastcgi_param HTTP_CONNECTION "" if_not_empty;
    }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n
--- fastcgi_query
connection 1
HTTP_HOST=in place
HTTP_X_VARIABLE=
HTTP_X_LONG_NAME_1=a b
HTTP_X_NOTHING=
--- more_headers
x-Long-name-1: a b
X-Gone: 1
X-Empty: 1
X-Variable: 1
X-Nothing:
--- request
GET /



=== TEST 8: names and values of more than 127 bytes
--- config
    large_client_header_buffers 4 64k;
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; fastcgi_param A $arg_a; fastcgi_param L $arg_l; fastcgi_pass_request_headers off; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n
--- fastcgi_query eval
"connection 1\nA=" . ("a" x 127) . "\nL=" . ("l" x 50000) . "\n"
--- request eval
"GET /?a=" . ("a" x 127) . "&l=" . ("l" x 50000)



=== TEST 9: more parameters than one record holds
--- config
    large_client_header_buffers 4 64k;
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; fastcgi_param A $arg_a; fastcgi_param B $arg_a; fastcgi_pass_request_headers off; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n
--- fastcgi_query eval
"connection 1\nA=" . ("a" x 50000) . "\nB=" . ("a" x 50000) . "\n"
--- request eval
"GET /?a=" . ("a" x 50000)
--- skip_nginx: all: refused there: "fastcgi request record is too big"



=== TEST 10: fastcgi_index
--- config
    fastcgi_param A $fastcgi_script_name;
    fastcgi_pass_request_headers off;
    location /with/ { fastcgi_index index.$arg_end; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { return 200 "$fastcgi_script_name.$fastcgi_path_info.\n"; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n

whole \n

whole \n
--- fastcgi_query
connection 1
A=/with/index.$arg_end
connection 2
A=/with/x
connection 3
A=/without/
--- request eval
["GET /with/?end=php", "GET /with/x?end=php", "GET /without/", "GET /plain/"]
--- response_body eval
["", "", "", "/plain/..\n"]
--- error_code eval
[200, 200, 200, 200]



=== TEST 11: fastcgi_split_path_info, the last of several
--- config
    fastcgi_param NAME $fastcgi_script_name;
    fastcgi_param INFO $fastcgi_path_info;
    fastcgi_pass_request_headers off;
    location ~ ^/a { fastcgi_split_path_info ^(.+\.php)(.*)$; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location ~ ^/i { fastcgi_split_path_info ^(.+\.php)(.*)$; fastcgi_index i.php; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location ~ ^/l {
        fastcgi_split_path_info ^(/l)(.*)$;
        fastcgi_split_path_info ^(.+\.php)(.*)$;
        fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n

whole \n

whole \n

whole \n

whole \n
--- fastcgi_query
connection 1
NAME=/a/b.php
INFO=/c d
connection 2
NAME=/a/b.php
INFO=
connection 3
NAME=/a/none
INFO=
connection 4
NAME=/i/i.php
INFO=
connection 5
NAME=/l/x.php
INFO=/y
--- request eval
["GET /a/b.php/c%20d?x", "GET /a/b.php", "GET /a/none", "GET /i/", "GET /l/x.php/y"]
--- error_code eval
[200, 200, 200, 200, 200]



=== TEST 12: the body of a request, and its length
--- config
    location / {
        fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        fastcgi_pass_request_headers off;
        fastcgi_param CONTENT_LENGTH $content_length;
        fastcgi_param CONTENT_TYPE $content_type;
    }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n
--- fastcgi_query
connection 1
CONTENT_LENGTH=5
CONTENT_TYPE=text/x

hello
--- more_headers
Content-Type: text/x
--- request
POST /
hello



=== TEST 13: a body that needs several records, from memory and from a file
--- config
    fastcgi_pass_request_headers off;
    fastcgi_param A $content_length;
    location /memory { client_body_buffer_size 200k; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /file { client_body_in_file_only clean; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /pieces { client_body_buffer_size 16k; fastcgi_request_buffering off; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n

whole \n

whole \n
--- fastcgi_query eval
"connection 1\nA=100000\n\n" . $::Big . "\nconnection 2\nA=100000\n\n" . $::Big . "\nconnection 3\nA=100000\n\n" . $::Big . "\n"
--- request eval
["POST /memory\n" . $::Big, "POST /file\n" . $::Big, "POST /pieces\n" . $::Big]
--- error_code eval
[200, 200, 200]



=== TEST 14: fastcgi_pass_request_body off
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; fastcgi_pass_request_headers off; fastcgi_pass_request_body off; fastcgi_param A b; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n
--- fastcgi_query
connection 1
A=b
--- request
POST /
hello



=== TEST 15: fastcgi_request_buffering off: the server is asked before the body is whole
--- config
    location / { fastcgi_request_buffering off; fastcgi_buffering off; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; fastcgi_pass_request_headers off; fastcgi_param A b; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
early
whole \nhello
hold
--- fastcgi_query eval
qr/^connection 1\nA=b\n(\nfirst\n)?$/
--- raw_request eval
["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nConnection: close\r\n\r\nfirst", "second"]
--- raw_request_middle_delay: 0.5
--- response_body chomp
hello



=== TEST 16: a chunked body, kept first or passed on as it comes
--- config
    fastcgi_pass_request_headers off;
    fastcgi_param A b;
    location /kept { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /passed { fastcgi_request_buffering off; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n

whole \n
--- fastcgi_query
connection 1
A=b

hello
connection 2
A=b

hello
--- raw_request eval
"POST /kept HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\nPOST /passed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
--- error_code eval
[200, 200]



=== TEST 17: fastcgi_keep_conn on: the connection serves the next request
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 1; }
--- config
    location / { fastcgi_keep_conn on; fastcgi_pass u; fastcgi_pass_request_headers off; fastcgi_param A $request_uri; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \none

stdout \ntwo
stderr words
end[padding=7]

whole Content-Length: 5\n\nthree
--- fastcgi_query
connection 1 keep_conn
A=/1
connection 1 keep_conn
A=/2
connection 1 keep_conn
A=/3
--- request eval
["GET /1", "GET /2", "GET /3"]
--- response_body eval
["one", "two", "three"]
--- error_code eval
[200, 200, 200]
--- error_log
FastCGI sent in stderr: "words" while reading upstream



=== TEST 18: fastcgi_keep_conn off: the server closes
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 1; }
--- config
    location / { fastcgi_pass u; fastcgi_pass_request_headers off; fastcgi_param A b; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \none

whole \ntwo
--- fastcgi_query
connection 1
A=b
connection 2
A=b
--- request eval
["GET /1", "GET /2"]
--- response_body eval
["one", "two"]
--- error_code eval
[200, 200]



=== TEST 19: fastcgi_catch_stderr: words that make the response a wrong one
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup; }
--- config
    location /502 { fastcgi_catch_stderr "Parse error"; fastcgi_catch_stderr "Fatal error"; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
    location /next { fastcgi_catch_stderr "Fatal error"; fastcgi_next_upstream invalid_header; fastcgi_pass u; }
    location /other { fastcgi_catch_stderr "Other"; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stderr PHP message: Fatal error: x
whole \none
--- fastcgi_listen_2: $TEST_NGINX_RAND_PORT_2
--- fastcgi_reply_2
whole \ntwo
--- fastcgi_listen_3: $TEST_NGINX_RAND_PORT_3
--- fastcgi_reply_3
stderr PHP message: Fatal error: x
whole \nthree

stderr PHP message: Fatal error: x
whole \nthree
--- request eval
["GET /502", "GET /next", "GET /other"]
--- response_body_like eval
["502 Bad Gateway", "^two\$", "^three\$"]
--- error_code eval
[502, 200, 200]
--- error_log
FastCGI sent in stderr: "PHP message: Fatal error: x" while reading response header from upstream



=== TEST 20: fastcgi_intercept_errors
--- config
    error_page 404 /page;
    location = /page { return 200 "page\n"; }
    location /on { fastcgi_intercept_errors on; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Status: 404 No\n\nserver's

whole Status: 404 No\n\nserver's
--- request eval
["GET /on", "GET /off"]
--- response_body eval
["page\n", "server's"]
--- error_code eval
[404, 404]



=== TEST 21: fastcgi_hide_header and fastcgi_pass_header
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; fastcgi_hide_header X-Secret; fastcgi_pass_header X-Accel-Expires; fastcgi_pass_header Status; }
    location /plain { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Status: 200 Fine\nX-Secret: 1\nX-Accel-Expires: 5\nX-Accel-Buffering: yes\nX-Other: 2\nDate: now\nServer: own\n\n

whole Status: 200\nX-Secret: 1\nX-Accel-Expires: 5\nX-Accel-Buffering: yes\nX-Accel-Limit-Rate: 0\nX-Accel-Charset: utf-8\nX-Other: 2\n\n
--- request eval
["GET /", "GET /plain"]
--- response_headers eval
["! X-Secret\nX-Accel-Expires: 5\nStatus: 200 Fine\n! X-Accel-Buffering\nX-Other: 2\nDate: now\nServer: own\n",
 "X-Secret: 1\n! X-Accel-Expires\n! X-Accel-Buffering\n! X-Accel-Limit-Rate\n! X-Accel-Charset\n! Status\nX-Other: 2\n"]
--- error_code eval
[200, 200]



=== TEST 22: X-Accel-Redirect, and fastcgi_ignore_headers
--- config
    location /obey { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /ignore { fastcgi_ignore_headers X-Accel-Redirect; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /there { internal; return 200 "there\n"; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole X-Accel-Redirect: /there\n\nhere

whole X-Accel-Redirect: /there\n\nhere
--- request eval
["GET /obey", "GET /ignore"]
--- response_body eval
["there\n", "here"]
--- error_code eval
[200, 200]



=== TEST 23: fastcgi_store and fastcgi_store_access
--- config
    location /get { fastcgi_store $TEST_NGINX_HTML_DIR/out/x; fastcgi_store_access group:r all:r; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /out { root $TEST_NGINX_HTML_DIR; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \nhello
--- request eval
["GET /get", "GET /out/x"]
--- response_body eval
["hello", "hello"]
--- error_code eval
[200, 200]
--- file_count: html/out 1



=== TEST 24: fastcgi_store keeps nothing of a response that was cut short
--- config
    location / { fastcgi_store $TEST_NGINX_HTML_DIR/out/x; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \nhel
close
--- request
GET /
--- ignore_response
--- wait: 0.2
--- file_count: html/out 0
--- skip_nginx: all: it is stored there



=== TEST 25: fastcgi_limit_rate
--- http_config
    log_format t "took $request_time.";
--- config
    location / { access_log logs/access.log t; fastcgi_limit_rate 10k; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout Content-Length: 25000\n\n
stdout[repeat=25000] x
stdout
end
--- request
GET /
--- response_body_size: 25000
--- access_log eval
qr/took [12]\./



=== TEST 26: fastcgi_next_upstream: statuses, and none
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup; }
--- config
    location /503 { fastcgi_next_upstream http_503; fastcgi_pass u; }
    location /off { fastcgi_next_upstream off; fastcgi_pass u; }
    location /post { fastcgi_next_upstream http_503; fastcgi_pass u; }
    location /again { fastcgi_next_upstream http_503 non_idempotent; fastcgi_pass u; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Status: 503\n\none

whole Status: 503\n\none

whole Status: 503\n\none

whole Status: 503\n\none
--- fastcgi_listen_2: $TEST_NGINX_RAND_PORT_2
--- fastcgi_reply_2
whole \ntwo

whole \ntwo
--- request eval
["GET /503", "GET /off", "POST /post\nx", "POST /again\nx"]
--- response_body eval
["two", "one", "one", "two"]
--- error_code eval
[200, 503, 503, 200]



=== TEST 27: fastcgi_next_upstream: an error is tried elsewhere by default; fastcgi_next_upstream_tries
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 max_fails=0; server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 backup; }
--- config
    location /default { fastcgi_pass u; }
    location /one { fastcgi_next_upstream_tries 1; fastcgi_pass u; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \nhello

whole \nhello
--- request eval
["GET /default", "GET /one"]
--- error_code eval
[200, 502]



=== TEST 28: fastcgi_next_upstream_timeout
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup; }
--- config
    location / { fastcgi_read_timeout 300ms; fastcgi_next_upstream_timeout 100ms; fastcgi_pass u; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
hold
--- fastcgi_listen_2: $TEST_NGINX_RAND_PORT_2
--- fastcgi_reply_2
whole \ntwo
--- request
GET /
--- error_code: 504



=== TEST 29: fastcgi_buffering off: what has come is passed on
--- config
    location /off { fastcgi_buffering off; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /said { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \nfirst
hold

stdout X-Accel-Buffering: no\n\nfirst
hold
--- request eval
["GET /off", "GET /said"]
--- timeout: 0.4
--- abort
--- response_body eval
["first", "first"]
--- error_code eval
[200, 200]



=== TEST 30: fastcgi_buffer_size, fastcgi_buffers, fastcgi_busy_buffers_size: a large response
--- config
    location / { fastcgi_buffer_size 2k; fastcgi_buffers 4 4k; fastcgi_busy_buffers_size 8k; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { fastcgi_buffering off; fastcgi_buffer_size 2k; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout[padding=3] A: b\n\n
stdout[repeat=50000,padding=255] 0123456789
stdout
end

stdout[padding=3] A: b\n\n
stdout[repeat=50000,padding=255] 0123456789
stdout
end
--- request eval
["GET /", "GET /off"]
--- response_body eval
["0123456789" x 50000, "0123456789" x 50000]
--- error_code eval
[200, 200]



=== TEST 31: a head larger than fastcgi_buffer_size
--- config
    location / { fastcgi_buffer_size 1k; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /large { fastcgi_buffer_size 64k; fastcgi_buffers 8 64k; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout[repeat=300] A: bcd\r\n
whole \r\nhello

stdout[repeat=300] A: bcd\r\n
whole \r\nhello
--- request eval
["GET /", "GET /large"]
--- error_code eval
[502, 200]
--- error_log
upstream sent too big header while reading response header from upstream



=== TEST 32: fastcgi_connect_timeout
--- config
    location / { fastcgi_connect_timeout 100ms; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_full: $TEST_NGINX_RAND_PORT_1
--- request
GET /
--- error_code: 504
--- error_log
upstream timed out (110: Connection timed out) while connecting to upstream



=== TEST 33: fastcgi_read_timeout: before the head, and within the body
--- config
    fastcgi_read_timeout 200ms;
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /body { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
hold
--- request
GET /
--- error_code: 504
--- error_log eval
qr{upstream timed out \(110: Connection timed out\) while reading response header from upstream, client: 127\.0\.0\.1, server: localhost, request: "GET / HTTP/1\.1", upstream: "fastcgi://127\.0\.0\.1:\d+", host: "localhost"}



=== TEST 34: fastcgi_read_timeout within the body
--- config
    location / { fastcgi_read_timeout 200ms; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \nhalf
hold
--- request
GET /
--- truncated
--- error_log
upstream timed out (110: Connection timed out) while reading upstream



=== TEST 35: fastcgi_send_timeout
--- config
    location / { client_max_body_size 64m; client_body_buffer_size 32m; fastcgi_send_timeout 200ms; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 1
--- tcp_reply_delay: 10
--- tcp_reply
--- request eval
"POST /\n" . ("x" x 16000000)
--- error_code: 504
--- error_log
upstream timed out (110: Connection timed out) while sending request to upstream



=== TEST 36: fastcgi_bind
--- config
    location / { fastcgi_bind 192.0.2.1; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { fastcgi_bind off; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \nhello
--- request eval
["GET /", "GET /off"]
--- error_code eval
[500, 200]
--- error_log
bind(192.0.2.1) failed (99: Cannot assign requested address) while connecting to upstream



=== TEST 37: fastcgi_ignore_client_abort
--- http_config
    log_format t "$status to $request_uri";
--- config
    access_log logs/access.log t;
    location /on { fastcgi_ignore_client_abort on; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
wait client
whole \nhello
--- request
GET /on
--- abort: asked
--- access_log
200 to /on



=== TEST 38: a client that leaves
--- http_config
    log_format t "$status to $request_uri";
--- config
    access_log logs/access.log t;
    location /off { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
wait 5
whole \nhello
--- request
GET /off
--- abort: asked
--- access_log
499 to /off



=== TEST 39: fastcgi_force_ranges
--- config
    location /on { fastcgi_force_ranges on; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Content-Length: 10\n\n0123456789

whole Content-Length: 10\n\n0123456789
--- more_headers
Range: bytes=2-4
--- request eval
["GET /on", "GET /off"]
--- response_body eval
["234", "0123456789"]
--- error_code eval
[206, 200]



=== TEST 40: a file for what the client does not take; fastcgi_temp_path, fastcgi_temp_file_write_size
--- http_config
    fastcgi_temp_path $TEST_NGINX_HTML_DIR/temp 1;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 sndbuf=32k;
        location / { fastcgi_temp_file_write_size 32k; fastcgi_max_temp_file_size 8m; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- config
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \n
stdout[repeat=2000000] x
stdout
end
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- request
GET /
--- read_delay: 0.8
--- timeout: 10
--- response_body_size: 2000000
--- error_log eval
qr{\[warn\] .*an upstream response is buffered to a temporary file $ENV{TEST_NGINX_HTML_DIR}/temp/\d/\d{10} while reading upstream, client}



=== TEST 41: fastcgi_max_temp_file_size 0: no file
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 sndbuf=32k;
        location / { fastcgi_max_temp_file_size 0; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- config
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
stdout \n
stdout[repeat=2000000] x
stdout
end
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- request
GET /
--- read_delay: 0.8
--- timeout: 10
--- response_body_size: 2000000
--- no_error_log
temporary file



=== TEST 42: fastcgi_socket_keepalive and fastcgi_send_lowat are accepted
--- config
    location / { fastcgi_socket_keepalive on; fastcgi_send_lowat 0; fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \nhello
--- request
GET /
--- response_body chomp
hello



=== TEST 43: a location that ends in a slash: the folder's name alone is redirected
--- config
    location /app/ { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /app?x=1
--- error_code: 301
--- response_headers_like
Location: http://localhost:\d+/app/\?x=1



=== TEST 44: within if
--- config
    fastcgi_pass_request_headers off;
    fastcgi_param A $request_method;
    location /if {
        if ($arg_if) { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \nhello
--- request eval
["GET /if", "GET /if?if=1"]
--- response_body_like eval
["404 Not Found", "^hello\$"]
--- error_code eval
[404, 200]



=== TEST 45: the named location of an error page, and the fields of $upstream_http_
--- config
    add_header X-Seen "$upstream_http_x_app, $upstream_status" always;
    location / { error_page 404 = @app; return 404; }
    location @app { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; fastcgi_pass_request_headers off; fastcgi_param A $uri; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole X-App: yes\nStatus: 202\n\nhello
--- fastcgi_query
connection 1
A=/x
--- request
GET /x
--- error_code: 202
--- response_headers
X-Seen: yes, 202



=== TEST 46: a HEAD request
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; fastcgi_pass_request_headers off; fastcgi_param A $request_method; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole Content-Length: 5\n\nhello
--- fastcgi_query
connection 1
A=HEAD
--- request
HEAD /
--- response_headers
Content-Length: 5
--- response_body eval
""



=== TEST 47: the fields of a request are passed by default, its length and type too
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n
--- fastcgi_query
connection 1
HTTP_HOST=localhost
HTTP_CONNECTION=close
HTTP_CONTENT_TYPE=text/x
HTTP_CONTENT_LENGTH=5

hello
--- raw_request eval
"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/x\r\nContent-Length: 5\r\n\r\nhello"



=== TEST 48: fastcgi_pass twice
--- config
    location / { fastcgi_pass 127.0.0.1:1; fastcgi_pass 127.0.0.1:2; }
--- must_die
--- error_log
"fastcgi_pass" directive is duplicate in



=== TEST 49: fastcgi_param with another third word
--- config
    fastcgi_param A b if_empty;
--- must_die
--- error_log
invalid parameter "if_empty" in



=== TEST 50: fastcgi_split_path_info without two groups
--- config
    location / { fastcgi_split_path_info ^.+$; }
--- must_die
--- error_log
pattern "^.+$" must have 2 captures in



=== TEST 51: fastcgi_index twice
--- config
    location / { fastcgi_index a; fastcgi_index b; }
--- must_die
--- error_log
"fastcgi_index" directive is duplicate in



=== TEST 52: a host that is not there
--- config
    location / { fastcgi_pass nowhere.invalid:9000; }
--- must_die
--- error_log
host not found in upstream "nowhere.invalid" in



=== TEST 53: an address without a port
--- config
    location / { fastcgi_pass 127.0.0.1; }
--- must_die
--- error_log
no port in upstream "127.0.0.1" in



=== TEST 54: a scheme, which there is none of
--- config
    location / { fastcgi_pass fastcgi://127.0.0.1:9000; }
--- must_die
--- error_log
invalid host in upstream "fastcgi://127.0.0.1:9000" in



=== TEST 55: not within limit_except
--- config
    location / { limit_except GET { fastcgi_pass 127.0.0.1:1; } }
--- must_die
--- error_log
"fastcgi_pass" directive is not allowed here in



=== TEST 56: fastcgi_buffers: at least two
--- config
    location / { fastcgi_buffers 1 4k; fastcgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
there must be at least 2 "fastcgi_buffers"



=== TEST 57: fastcgi_busy_buffers_size is at least one buffer
--- config
    location / { fastcgi_buffers 4 4k; fastcgi_busy_buffers_size 1k; fastcgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
"fastcgi_busy_buffers_size" must be equal to or greater than the maximum of the value of "fastcgi_buffer_size" and one of the "fastcgi_buffers"



=== TEST 58: fastcgi_busy_buffers_size leaves one buffer free
--- config
    location / { fastcgi_buffers 4 4k; fastcgi_busy_buffers_size 16k; fastcgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
"fastcgi_busy_buffers_size" must be less than the size of all "fastcgi_buffers" minus one buffer



=== TEST 59: fastcgi_temp_file_write_size is at least a buffer
--- config
    location / { fastcgi_buffers 4 8k; fastcgi_temp_file_write_size 4k; fastcgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
"fastcgi_temp_file_write_size" must be equal to or greater than the maximum of the value of "fastcgi_buffer_size" and one of the "fastcgi_buffers"



=== TEST 60: fastcgi_max_temp_file_size is none, or at least a buffer
--- config
    location / { fastcgi_buffers 4 8k; fastcgi_max_temp_file_size 4k; fastcgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
"fastcgi_max_temp_file_size" must be equal to zero to disable temporary files usage or must be equal to or greater than the maximum of the value of "fastcgi_buffer_size" and one of the "fastcgi_buffers"



=== TEST 61: fastcgi_store_access: a wrong right
--- config
    location / { fastcgi_store_access user:w; fastcgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
invalid value "user:w" in



=== TEST 62: fastcgi_socket_keepalive is on or off
--- config
    location / { fastcgi_socket_keepalive maybe; fastcgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
invalid value "maybe" in "fastcgi_socket_keepalive" directive, it must be "on" or "off" in



=== TEST 63: fastcgi_send_lowat is a size
--- config
    location / { fastcgi_send_lowat many; fastcgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
"fastcgi_send_lowat" directive invalid value in



=== TEST 64: fastcgi_next_upstream: a word that is none
--- config
    location / { fastcgi_next_upstream http_505; fastcgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
invalid value "http_505" in



=== TEST 65: fastcgi_ignore_headers: a field that is none
--- config
    location / { fastcgi_ignore_headers X-Other; fastcgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
invalid value "X-Other" in



=== TEST 66: lines of one name are one parameter
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n
--- fastcgi_query
connection 1
HTTP_HOST=localhost
HTTP_CONNECTION=close
HTTP_X_ONE=1, 3
HTTP_COOKIE=a=b; c=d
HTTP_X_TWO=2
--- more_headers
X-One: 1
Cookie: a=b
X-Two: 2
x-one: 3
Cookie: c=d
--- request
GET /
--- skip_nginx: all: joined since 1.23.0



=== TEST 67: HTTP_HOST is that of an absolute target
--- config
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- fastcgi_listen: $TEST_NGINX_RAND_PORT_1
--- fastcgi_reply
whole \n
--- fastcgi_query
connection 1
HTTP_HOST=other.example:81
--- raw_request eval
"GET http://other.example:81/ HTTP/1.1\r\nHost: a\r\n\r\n"
--- skip_nginx: all: it passes Host on as it came



=== TEST 68: fastcgi_split_path_info with an expression that runs away
--- config
    location / {
        fastcgi_split_path_info "^(/(?:a|a|aa)+(?=b))(b)$";
        return 200 "<$fastcgi_script_name><$fastcgi_path_info>\n";
    }
--- timeout: 30
--- request
GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!b
--- response_body
<><>
--- error_log
[alert]



=== TEST 69: fastcgi_bind_dynamic: the address may depend on the server
--- http_config
    map $upstream_last_addr $from { volatile; default 127.0.0.1; "127.0.0.1:$TEST_NGINX_RAND_PORT_1" 192.0.2.1; }
--- config
    fastcgi_bind $from;
    location / { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; fastcgi_bind_dynamic on; }
    location /once { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /", "GET /once"]
--- error_code eval
[500, 502]
--- error_log
bind(192.0.2.1) failed (99: Cannot assign requested address) while connecting to upstream
--- skip_nginx: all
