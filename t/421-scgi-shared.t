# The directives of upstreams with the prefix scgi_.

use Test::Nginx::Socket 'no_plan';

no_root_location();
run_tests();

__DATA__

=== TEST 1: an address: the parameters in their order, then the fields of the request
--- config
    location /t {
        scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        scgi_param REQUEST_METHOD $request_method;
        scgi_param QUERY_STRING $query_string;
        scgi_param EMPTY "";
    }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Content-Type: text/plain\r\n\r\nhello
--- scgi_query
connection 1
CONTENT_LENGTH=0
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
        scgi_pass unix:$TEST_NGINX_HTML_DIR/f.sock;
        scgi_param A b;
        scgi_pass_request_headers off;
    }
--- scgi_listen: $TEST_NGINX_HTML_DIR/f.sock
--- scgi_reply
raw \nhello
--- scgi_query
connection 1
CONTENT_LENGTH=0
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
    location / { access_log logs/access.log up; scgi_pass u; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Status: 201 Created\n\nhello
--- request
GET /x?y
--- error_code: 201
--- response_body chomp
hello
--- error_log eval
qr{connect\(\) failed \(111: Connection refused\) while connecting to upstream, client: 127\.0\.0\.1, server: localhost, request: "GET /x\?y HTTP/1\.1", upstream: "scgi://127\.0\.0\.1:\d+", host: "localhost"}
--- access_log eval
qr/^127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+ 502, 201 \d+, \d+$/


=== TEST 4: variables: an address, a path, a group
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- config
    location /t { scgi_pass $arg_to; scgi_param A b; scgi_pass_request_headers off; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \none
--- scgi_listen_2: $TEST_NGINX_RAND_PORT_2
--- scgi_reply_2
raw \ntwo
--- scgi_listen_3: $TEST_NGINX_HTML_DIR/f.sock
--- scgi_reply_3
raw \nthree
--- request eval
["GET /t?to=127.0.0.1:\$TEST_NGINX_RAND_PORT_1", "GET /t?to=u", "GET /t?to=unix:\$TEST_NGINX_HTML_DIR/f.sock", "GET /t?to="]
--- error_code eval
[200, 200, 200, 500]
--- response_body_like eval
["^one\$", "^two\$", "^three\$", "500"]


=== TEST 5: scgi_param with if_not_empty
--- config
    location / {
        scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        scgi_pass_request_headers off;
        scgi_param NONE $arg_none if_not_empty;
        scgi_param SOME $arg_some if_not_empty;
        scgi_param EMPTY $arg_none;
    }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \n
--- scgi_query
connection 1
CONTENT_LENGTH=0
SOME=1
EMPTY=
--- request
GET /?some=1


=== TEST 6: fields as parameters, and parameters in their place
--- config
    location / {
        scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        scgi_param HTTP_HOST "in place";
        scgi_param HTTP_X_GONE "" if_not_empty;
        scgi_param HTTP_X_EMPTY "";
        scgi_param HTTP_X_VARIABLE $arg_none;
        scgi_param HTTP_CONNECTION "" if_not_empty;
    }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \n
--- scgi_query
connection 1
CONTENT_LENGTH=0
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


=== TEST 7: scgi_intercept_errors
--- config
    error_page 404 /page;
    location = /page { return 200 "page\n"; }
    location /on { scgi_intercept_errors on; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Status: 404 No\n\nserver's

raw Status: 404 No\n\nserver's
--- request eval
["GET /on", "GET /off"]
--- response_body eval
["page\n", "server's"]
--- error_code eval
[404, 404]


=== TEST 8: scgi_hide_header and scgi_pass_header
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; scgi_hide_header X-Secret; scgi_pass_header X-Accel-Expires; scgi_pass_header Status; }
    location /plain { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Status: 200 Fine\nX-Secret: 1\nX-Accel-Expires: 5\nX-Accel-Buffering: yes\nX-Other: 2\nDate: now\nServer: own\n\n

raw Status: 200\nX-Secret: 1\nX-Accel-Expires: 5\nX-Accel-Buffering: yes\nX-Accel-Limit-Rate: 0\nX-Accel-Charset: utf-8\nX-Other: 2\n\n
--- request eval
["GET /", "GET /plain"]
--- response_headers eval
["! X-Secret\nX-Accel-Expires: 5\nStatus: 200 Fine\n! X-Accel-Buffering\nX-Other: 2\nDate: now\nServer: own\n",
 "X-Secret: 1\n! X-Accel-Expires\n! X-Accel-Buffering\n! X-Accel-Limit-Rate\n! X-Accel-Charset\n! Status\nX-Other: 2\n"]
--- error_code eval
[200, 200]


=== TEST 9: X-Accel-Redirect, and scgi_ignore_headers
--- config
    location /obey { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /ignore { scgi_ignore_headers X-Accel-Redirect; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /there { internal; return 200 "there\n"; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw X-Accel-Redirect: /there\n\nhere

raw X-Accel-Redirect: /there\n\nhere
--- request eval
["GET /obey", "GET /ignore"]
--- response_body eval
["there\n", "here"]
--- error_code eval
[200, 200]


=== TEST 10: scgi_store and scgi_store_access
--- config
    location /get { scgi_store $TEST_NGINX_HTML_DIR/out/x; scgi_store_access group:r all:r; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /out { root $TEST_NGINX_HTML_DIR; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \nhello
--- request eval
["GET /get", "GET /out/x"]
--- response_body eval
["hello", "hello"]
--- error_code eval
[200, 200]
--- file_count: html/out 1


=== TEST 11: scgi_limit_rate
--- http_config
    log_format t "took $request_time.";
--- config
    location / { access_log logs/access.log t; scgi_limit_rate 10k; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Content-Length: 25000\n\n
raw[repeat=25000] x
--- request
GET /
--- response_body_size: 25000
--- access_log eval
qr/took [12]\./


=== TEST 12: scgi_next_upstream: statuses, and none
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup; }
--- config
    location /503 { scgi_next_upstream http_503; scgi_pass u; }
    location /off { scgi_next_upstream off; scgi_pass u; }
    location /post { scgi_next_upstream http_503; scgi_pass u; }
    location /again { scgi_next_upstream http_503 non_idempotent; scgi_pass u; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Status: 503\n\none

raw Status: 503\n\none

raw Status: 503\n\none

raw Status: 503\n\none
--- scgi_listen_2: $TEST_NGINX_RAND_PORT_2
--- scgi_reply_2
raw \ntwo

raw \ntwo
--- request eval
["GET /503", "GET /off", "POST /post\nx", "POST /again\nx"]
--- response_body eval
["two", "one", "one", "two"]
--- error_code eval
[200, 503, 503, 200]


=== TEST 13: scgi_next_upstream: an error is tried elsewhere by default; scgi_next_upstream_tries
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 max_fails=0; server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 backup; }
--- config
    location /default { scgi_pass u; }
    location /one { scgi_next_upstream_tries 1; scgi_pass u; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \nhello

raw \nhello
--- request eval
["GET /default", "GET /one"]
--- error_code eval
[200, 502]


=== TEST 14: scgi_next_upstream_timeout
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup; }
--- config
    location / { scgi_read_timeout 300ms; scgi_next_upstream_timeout 100ms; scgi_pass u; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
hold
--- scgi_listen_2: $TEST_NGINX_RAND_PORT_2
--- scgi_reply_2
raw \ntwo
--- request
GET /
--- error_code: 504


=== TEST 15: scgi_buffering off: what has come is passed on
--- config
    location /off { scgi_buffering off; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /said { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \nfirst
hold

raw X-Accel-Buffering: no\n\nfirst
hold
--- request eval
["GET /off", "GET /said"]
--- timeout: 0.4
--- abort
--- response_body eval
["first", "first"]
--- error_code eval
[200, 200]


=== TEST 16: scgi_buffer_size, scgi_buffers, scgi_busy_buffers_size: a large response
--- config
    location / { scgi_buffer_size 2k; scgi_buffers 4 4k; scgi_busy_buffers_size 8k; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { scgi_buffering off; scgi_buffer_size 2k; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw A: b\n\n
raw[repeat=50000] 0123456789

raw A: b\n\n
raw[repeat=50000] 0123456789
--- request eval
["GET /", "GET /off"]
--- response_body eval
["0123456789" x 50000, "0123456789" x 50000]
--- error_code eval
[200, 200]


=== TEST 17: a head larger than scgi_buffer_size
--- config
    location / { scgi_buffer_size 1k; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /large { scgi_buffer_size 64k; scgi_buffers 8 64k; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw[repeat=300] A: bcd\r\n
raw \r\nhello

raw[repeat=300] A: bcd\r\n
raw \r\nhello
--- request eval
["GET /", "GET /large"]
--- error_code eval
[502, 200]
--- error_log
upstream sent too big header while reading response header from upstream


=== TEST 18: scgi_connect_timeout
--- config
    location / { scgi_connect_timeout 100ms; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_full: $TEST_NGINX_RAND_PORT_1
--- request
GET /
--- error_code: 504
--- error_log
upstream timed out (110: Connection timed out) while connecting to upstream


=== TEST 19: scgi_read_timeout: before the head, and within the body
--- config
    scgi_read_timeout 200ms;
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /body { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
hold
--- request
GET /
--- error_code: 504
--- error_log eval
qr{upstream timed out \(110: Connection timed out\) while reading response header from upstream, client: 127\.0\.0\.1, server: localhost, request: "GET / HTTP/1\.1", upstream: "scgi://127\.0\.0\.1:\d+", host: "localhost"}


=== TEST 20: scgi_read_timeout within the body
--- config
    location / { scgi_read_timeout 200ms; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \nhalf
hold
--- request
GET /
--- truncated
--- error_log
upstream timed out (110: Connection timed out) while reading upstream


=== TEST 21: scgi_send_timeout
--- config
    location / { client_max_body_size 64m; client_body_buffer_size 32m; scgi_send_timeout 200ms; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 1
--- tcp_reply_delay: 10
--- tcp_reply
--- request eval
"POST /\n" . ("x" x 16000000)
--- error_code: 504
--- error_log
upstream timed out (110: Connection timed out) while sending request to upstream


=== TEST 22: scgi_bind
--- config
    location / { scgi_bind 192.0.2.1; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { scgi_bind off; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \nhello
--- request eval
["GET /", "GET /off"]
--- error_code eval
[500, 200]
--- error_log
bind(192.0.2.1) failed (99: Cannot assign requested address) while connecting to upstream


=== TEST 23: scgi_ignore_client_abort
--- http_config
    log_format t "$status to $request_uri";
--- config
    access_log logs/access.log t;
    location /on { scgi_ignore_client_abort on; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
wait client
raw \nhello
--- request
GET /on
--- abort: asked
--- access_log
200 to /on


=== TEST 24: a client that leaves
--- http_config
    log_format t "$status to $request_uri";
--- config
    access_log logs/access.log t;
    location /off { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
wait 5
raw \nhello
--- request
GET /off
--- abort: asked
--- access_log
499 to /off


=== TEST 25: scgi_force_ranges
--- config
    location /on { scgi_force_ranges on; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Content-Length: 10\n\n0123456789

raw Content-Length: 10\n\n0123456789
--- more_headers
Range: bytes=2-4
--- request eval
["GET /on", "GET /off"]
--- response_body eval
["234", "0123456789"]
--- error_code eval
[206, 200]


=== TEST 26: a file for what the client does not take; scgi_temp_path, scgi_temp_file_write_size
--- http_config
    scgi_temp_path $TEST_NGINX_HTML_DIR/temp 1;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 sndbuf=32k;
        location / { scgi_temp_file_write_size 32k; scgi_max_temp_file_size 8m; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- config
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \n
raw[repeat=2000000] x
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- request
GET /
--- read_delay: 0.8
--- timeout: 10
--- response_body_size: 2000000
--- error_log eval
qr{\[warn\] .*an upstream response is buffered to a temporary file $ENV{TEST_NGINX_HTML_DIR}/temp/\d/\d{10} while reading upstream, client}


=== TEST 27: scgi_max_temp_file_size 0: no file
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 sndbuf=32k;
        location / { scgi_max_temp_file_size 0; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- config
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \n
raw[repeat=2000000] x
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- request
GET /
--- read_delay: 0.8
--- timeout: 10
--- response_body_size: 2000000
--- no_error_log
temporary file


=== TEST 28: a location that ends in a slash: the folder's name alone is redirected
--- config
    location /app/ { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /app?x=1
--- error_code: 301
--- response_headers_like
Location: http://localhost:\d+/app/\?x=1


=== TEST 29: within if
--- config
    scgi_pass_request_headers off;
    scgi_param A $request_method;
    location /if {
        if ($arg_if) { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \nhello
--- request eval
["GET /if", "GET /if?if=1"]
--- response_body_like eval
["404 Not Found", "^hello\$"]
--- error_code eval
[404, 200]


=== TEST 30: the named location of an error page, and the fields of $upstream_http_
--- config
    add_header X-Seen "$upstream_http_x_app, $upstream_status" always;
    location / { error_page 404 = @app; return 404; }
    location @app { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; scgi_pass_request_headers off; scgi_param A $uri; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw X-App: yes\nStatus: 202\n\nhello
--- scgi_query
connection 1
CONTENT_LENGTH=0
A=/x
--- request
GET /x
--- error_code: 202
--- response_headers
X-Seen: yes, 202


=== TEST 31: a HEAD request
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; scgi_pass_request_headers off; scgi_param A $request_method; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Content-Length: 5\n\nhello
--- scgi_query
connection 1
CONTENT_LENGTH=0
A=HEAD
--- request
HEAD /
--- response_headers
Content-Length: 5
--- response_body eval
""


=== TEST 32: the fields of a request are passed by default, its length and type too
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \n
--- scgi_query
connection 1
CONTENT_LENGTH=5
HTTP_HOST=localhost
HTTP_CONNECTION=close
HTTP_CONTENT_TYPE=text/x
HTTP_CONTENT_LENGTH=5

hello
--- raw_request eval
"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/x\r\nContent-Length: 5\r\n\r\nhello"


=== TEST 33: scgi_pass twice
--- config
    location / { scgi_pass 127.0.0.1:1; scgi_pass 127.0.0.1:2; }
--- must_die
--- error_log
"scgi_pass" directive is duplicate in


=== TEST 34: scgi_param with another third word
--- config
    scgi_param A b if_empty;
--- must_die
--- error_log
invalid parameter "if_empty" in


=== TEST 35: a host that is not there
--- config
    location / { scgi_pass nowhere.invalid:9000; }
--- must_die
--- error_log
host not found in upstream "nowhere.invalid" in


=== TEST 36: an address without a port
--- config
    location / { scgi_pass 127.0.0.1; }
--- must_die
--- error_log
no port in upstream "127.0.0.1" in


=== TEST 37: not within limit_except
--- config
    location / { limit_except GET { scgi_pass 127.0.0.1:1; } }
--- must_die
--- error_log
"scgi_pass" directive is not allowed here in


=== TEST 38: scgi_buffers: at least two
--- config
    location / { scgi_buffers 1 4k; scgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
there must be at least 2 "scgi_buffers"


=== TEST 39: scgi_busy_buffers_size is at least one buffer
--- config
    location / { scgi_buffers 4 4k; scgi_busy_buffers_size 1k; scgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
"scgi_busy_buffers_size" must be equal to or greater than the maximum of the value of "scgi_buffer_size" and one of the "scgi_buffers"


=== TEST 40: scgi_busy_buffers_size leaves one buffer free
--- config
    location / { scgi_buffers 4 4k; scgi_busy_buffers_size 16k; scgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
"scgi_busy_buffers_size" must be less than the size of all "scgi_buffers" minus one buffer


=== TEST 41: scgi_temp_file_write_size is at least a buffer
--- config
    location / { scgi_buffers 4 8k; scgi_temp_file_write_size 4k; scgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
"scgi_temp_file_write_size" must be equal to or greater than the maximum of the value of "scgi_buffer_size" and one of the "scgi_buffers"


=== TEST 42: scgi_max_temp_file_size is none, or at least a buffer
--- config
    location / { scgi_buffers 4 8k; scgi_max_temp_file_size 4k; scgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
"scgi_max_temp_file_size" must be equal to zero to disable temporary files usage or must be equal to or greater than the maximum of the value of "scgi_buffer_size" and one of the "scgi_buffers"


=== TEST 43: scgi_store_access: a wrong right
--- config
    location / { scgi_store_access user:w; scgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
invalid value "user:w" in


=== TEST 44: scgi_socket_keepalive is on or off
--- config
    location / { scgi_socket_keepalive maybe; scgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
invalid value "maybe" in "scgi_socket_keepalive" directive, it must be "on" or "off" in


=== TEST 45: scgi_next_upstream: a word that is none
--- config
    location / { scgi_next_upstream http_505; scgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
invalid value "http_505" in


=== TEST 46: scgi_ignore_headers: a field that is none
--- config
    location / { scgi_ignore_headers X-Other; scgi_pass 127.0.0.1:1; }
--- must_die
--- error_log
invalid value "X-Other" in


=== TEST 47: lines of one name are one parameter
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \n
--- scgi_query
connection 1
CONTENT_LENGTH=0
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


=== TEST 48: scgi_bind_dynamic: the address may depend on the server
--- http_config
    map $upstream_last_addr $from { volatile; default 127.0.0.1; "127.0.0.1:$TEST_NGINX_RAND_PORT_1" 192.0.2.1; }
--- config
    scgi_bind $from;
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; scgi_bind_dynamic on; }
    location /once { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /", "GET /once"]
--- error_code eval
[500, 502]
--- error_log
bind(192.0.2.1) failed (99: Cannot assign requested address) while connecting to upstream
--- skip_nginx: all


=== TEST 49: Status, with words of its own, without, and none
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Status: 404 Nothing here\r\nContent-Type: text/plain\r\n\r\nhello

raw Status: 404\r\n\r\n

raw Content-Type: text/plain\r\n\r\n

raw \r\n\r\n
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- error_code eval
[404, 404, 200, 200]
--- raw_response_headers_like eval
["^HTTP/1.1 404 Nothing here\r\n", "^HTTP/1.1 404( Not Found)?\r\n", "^HTTP/1.1 200 OK\r\n", "^HTTP/1.1 200 OK\r\n"]
--- response_body eval
["hello", "", "", "\r\n"]


=== TEST 50: Location without Status is 302
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Location: http://other.example/x\n\n

raw Location: /x\nStatus: 201 Created\n\n

raw Location: /local?a\n\n
--- request eval
["GET /", "GET /", "GET /"]
--- error_code eval
[302, 201, 302]
--- response_headers_like eval
["Location: http://other.example/x", "Location: /x", "Location: /local\\?a"]
--- raw_response_headers_like eval
["^HTTP/1.1 302 Moved Temporarily\r\n", "^HTTP/1.1 201 Created\r\n", "^HTTP/1.1 302 Moved Temporarily\r\n"]


=== TEST 51: lines end in LF or CRLF, and spaces around values go
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw X-One:  1 \nX_Two:2\r\nX-Three:\n\r\nhello
--- request
GET /
--- response_headers
X-One: 1
X_Two: 2
X-Three:
--- response_body chomp
hello


=== TEST 52: a body of any length in records of any length
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { scgi_buffering off; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Content-Length: 300001\n\n
raw[repeat=300000] x
raw y

raw \n
raw[repeat=300000] x
raw y

raw Content-Length: 300001\n\n
raw[repeat=300000] x
raw y

raw \n
raw[repeat=300000] x
raw y
--- request eval
["GET /", "GET /", "GET /off", "GET /off"]
--- response_body eval
[("x" x 300000) . "y", ("x" x 300000) . "y", ("x" x 300000) . "y", ("x" x 300000) . "y"]
--- error_code eval
[200, 200, 200, 200]


=== TEST 53: statuses without a body
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Status: 204\n\n

raw Status: 304 Not Modified\nETag: "a"\n\n

raw Status: 204\n\nhello

raw Status: 304\n\nhello
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- error_code eval
[204, 304, 204, 304]
--- response_body eval
["", "", "", ""]
--- raw_response_headers_unlike eval
["Transfer-Encoding", "Transfer-Encoding", "Transfer-Encoding", "Transfer-Encoding"]


=== TEST 54: fields that end here, and cookies, which do not
--- config
    location / { scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw Connection: close\nKeep-Alive: 5\nSet-Cookie: a=1\nSet-Cookie: b=2\nX-A: 1\n\n
--- raw_request eval
"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
--- response_headers
Connection: keep-alive
! Keep-Alive
Set-Cookie: a=1, b=2
X-A: 1



=== TEST 55: scgi_allow_upstream
--- config
    location / { scgi_allow_upstream $arg_ok; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \nhello
--- request eval
["GET /", "GET /?ok=1"]
--- error_code eval
[502, 200]
--- skip_nginx: all



=== TEST 56: scgi_request_dynamic: a parameter may say which server it is sent to
--- config
    scgi_pass_request_headers off;
    scgi_param A $upstream_last_addr;
    location / { scgi_request_dynamic on; scgi_pass unix:$TEST_NGINX_HTML_DIR/g.sock; }
    location /off { scgi_pass unix:$TEST_NGINX_HTML_DIR/g.sock; }
--- scgi_listen: $TEST_NGINX_HTML_DIR/g.sock
--- scgi_reply
raw \nhello

raw \nhello
--- scgi_query eval
qr/A=unix:.*g.sock\n(.|\n)*A=\n/
--- request eval
["GET /", "GET /off"]
--- error_code eval
[200, 200]
--- skip_nginx: all



=== TEST 57: the sizes of socket buffers, and keepalive
--- config
    location / { scgi_socket_rcvbuf 64k; scgi_socket_sndbuf 64k; scgi_socket_keepalive on; scgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- scgi_listen: $TEST_NGINX_RAND_PORT_1
--- scgi_reply
raw \nhello
--- request
GET /
--- response_body chomp
hello
--- skip_nginx: all



=== TEST 58: scgi_send_lowat, which there is for FastCGI alone
--- config
    scgi_send_lowat 0;
--- must_die
--- error_log
unknown directive "scgi_send_lowat" in
