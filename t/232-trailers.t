# add_trailer, proxy_pass_trailers, $sent_trailer_NAME, $upstream_trailer_NAME; early_hints.

use Test::Nginx::Socket 'no_plan';

our $Big = "0123456789abcdef" x 8192;

run_tests();

__DATA__

=== TEST 1: a large file, and a text
--- http_config
    log_format t "sent [$sent_trailer_x_t] [$sent_trailer_x_none]";
--- config
    access_log logs/access.log t;
    location / { add_trailer X-T $bytes_sent; }
    location /t { add_trailer X-T text; return 200 "text\n"; }
--- user_files eval
">>> f\n" . $::Big
--- request eval
["GET /f", "GET /t"]
--- response_headers eval
["Transfer-Encoding: chunked\n! Content-Length", "Transfer-Encoding: chunked\n! Content-Length"]
--- response_body eval
[$::Big, "text\n"]
--- access_log eval
[qr/sent \[\d+\] \[-\]/, qr/sent \[text\] \[-\]/]



=== TEST 2: none to 1.0, nor with HEAD, nor with a status that is not fine, nor an empty one
--- http_config
    log_format t "$request: sent [$sent_trailer_x_t]";
--- config
    access_log logs/access.log t;
    location / { add_trailer X-T t; }
    location /empty { add_trailer X-T $arg_none; return 200 "e\n"; }
    location /always { add_trailer X-T t always; return 404; }
--- user_files
>>> f
file
--- request eval
["GET /f HTTP/1.0", "HEAD /f", "GET /missing", "GET /empty", "GET /always"]
--- error_code eval
[200, 200, 404, 200, 404]
--- response_headers eval
["Content-Length: 5", "Content-Length: 5", "! Transfer-Encoding", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]
--- access_log eval
[qr{GET /always HTTP/1.1: sent \[t\]}, qr{GET /empty HTTP/1.1: sent \[-\]}, qr{GET /missing HTTP/1.1: sent \[-\]}]



=== TEST 3: the bytes, as another server sees them
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { add_trailer X-T one; add_trailer X-U two; return 200 "up\n"; } }
    log_format t "came [$upstream_trailer_x_t] [$upstream_trailer_x_u] went [$sent_trailer_x_t]";
--- config
    location / {
        access_log logs/access.log t;
        proxy_http_version 1.1;
        proxy_pass_trailers on;
        proxy_hide_header X-U;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- response_body
up
--- access_log
came [one] [two] went [one]
--- skip_nginx: 1: < 1.27.2



=== TEST 4: not passed on unless asked for
--- http_config
    log_format t "came [$upstream_trailer_x_t] went [$sent_trailer_x_t]";
--- config
    location / {
        access_log logs/access.log t;
        proxy_http_version 1.1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nup\n\r\n0\r\nX-T: one\r\n\r\n"
--- request
GET /
--- response_body
up
--- access_log
came [-] went [-]



=== TEST 5: fields that would change the message do not pass
--- http_config
    log_format t "[$sent_trailer_x_t] [$sent_trailer_content_length] [$sent_trailer_set_cookie] [$upstream_trailer_content_length]";
--- config
    location / {
        access_log logs/access.log t;
        proxy_http_version 1.1;
        proxy_pass_trailers on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nup\n\r\n0\r\nContent-Length: 7\r\nX-T: one\r\nSet-Cookie: a=b\r\nTransfer-Encoding: chunked\r\n\r\n"
--- request
GET /
--- response_body
up
--- access_log
[one] [-] [-] [7]
--- skip_nginx: all



=== TEST 6: the third word
--- config
    location / { add_trailer A b often; }
--- must_die
--- error_log
invalid parameter "often" in



=== TEST 7: early_hints: passed on if a condition holds
--- config
    location / {
        early_hints $http2$http3 $arg_no $arg_yes;
        proxy_http_version 1.1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"]
--- request eval
["GET /?yes=1", "GET /?no=0"]
--- response_body eval
["ok\n", "ok\n"]
--- raw_response_headers_like eval
["\\AHTTP/1.1 103 Early Hints\r\nLink: </a>", "\\AHTTP/1.1 200 OK"]
--- skip_nginx: 2: < 1.29.0



=== TEST 8: add_trailer_inherit, apart from add_header_inherit
--- http_config
    log_format t "$uri [$sent_trailer_x_a] [$sent_trailer_x_b]";
--- config
    access_log logs/access.log t;
    add_header X-A outer;
    add_trailer X-A outer;
    location / {
        add_trailer_inherit merge;
        add_header X-A own;
        add_trailer X-B own;
        return 200 x;
        location /on {
            add_trailer_inherit on;
            add_trailer X-B on;
            return 200 x;
        }
        location /off {
            add_trailer_inherit off;
            return 200 x;
        }
    }
--- request eval
["GET /", "GET /on", "GET /off"]
--- response_headers
X-A: own
--- access_log eval
[qr{/ \[outer\] \[own\]}, qr{/on \[-\] \[on\]}, qr{/off \[-\] \[-\]}]
--- skip_nginx: 4: < 1.29.3



=== TEST 9: the Trailer field goes with the trailers that it announces
--- config
    location / {
        proxy_pass_trailers on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3\r\nup\n\r\n0\r\nX-T: one\r\n\r\n"
--- request
GET /
--- response_body
up
--- response_headers
Trailer: X-T
--- skip_nginx: 3: < 1.27.2



=== TEST 10: once, however the body leaves
--- http_config
    log_format t "$uri $status [$sent_trailer_x_t]";
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "up\n"; }
        location /big { alias html/big; }
        location /missing { return 404; }
    }
--- config
    access_log logs/access.log t;
    add_trailer X-T one always;
    location / { }
    location /text { return 200 "text\n"; }
    location /page { error_page 404 /f; return 404; }
    location /own { return 404; }
    location /up { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/; }
    location /unbuffered { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/; }
--- user_files eval
">>> f\nfile\n>>> big\n" . $::Big
--- request eval
["GET /f", "GET /big", "GET /text", "GET /page", "GET /own", "GET /up/", "GET /up/big", "GET /up/missing", "GET /unbuffered/big"]
--- error_code eval
[200, 200, 200, 404, 404, 200, 200, 404, 200]
--- access_log eval
[qr{^/f 200 \[one\]$}, qr{^/big 200 \[one\]$}, qr{^/text 200 \[one\]$}, qr{^/f 404 \[one\]$}, qr{^/own 404 \[one\]$}, qr{^/up/ 200 \[one\]$}, qr{^/up/big 200 \[one\]$}, qr{^/up/missing 404 \[one\]$}, qr{^/unbuffered/big 200 \[one\]$}]
--- no_access_log
one, one



=== TEST 11: behind one range, and behind several
--- http_config
    log_format t "$uri $status [$sent_trailer_x_t]";
--- config
    access_log logs/access.log t;
    add_trailer X-T one;
    location / { }
--- user_files eval
">>> f\nfile\n>>> big\n" . $::Big
--- request eval
["GET /f", "GET /big", "GET /f", "GET /big"]
--- more_headers eval
["Range: bytes=0-1", "Range: bytes=0-9999", "Range: bytes=0-0,2-2", "Range: bytes=0-9999,20000-29999"]
--- error_code eval
[206, 206, 206, 206]
--- response_headers eval
["Transfer-Encoding: chunked", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked\n! Content-Length", "Transfer-Encoding: chunked"]
--- response_body_like eval
["^fi\$", "^0123456789abcdef", "Content-Range: bytes 0-0/5\r\n\r\nf\r\n.*Content-Range: bytes 2-2/5\r\n\r\nl\r\n--.*--\r\n\$", "Content-Range: bytes 0-9999/\\d+\r\n\r\n0123456789abcdef"]
--- access_log eval
[qr{^/f 206 \[one\]$}, qr{^/big 206 \[one\]$}]
--- no_access_log
one, one



=== TEST 12: a client that is slow, so that the body goes through a file
--- http_config
    log_format t "$uri $status [$sent_trailer_x_t]";
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { } }
--- config
    access_log logs/access.log t;
    location / {
        add_trailer X-T one;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files eval
">>> huge\n" . ($::Big x 64)
--- request
GET /huge
--- read_delay: 0.3
--- response_body_size: 8388608
--- access_log
/huge 200 [one]
--- no_access_log
one, one
