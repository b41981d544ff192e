# proxy_hide_header, proxy_pass_header, proxy_ignore_headers, and the headers hidden by default.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: headers of the upstream reach the client, repeated ones too, in their case
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 Fine\r\nContent-Type: text/x-up\r\nset-cookie: a=1\r\nX-uP: y\r\nset-cookie: b=2\r\nETag: \"e\"\r\nLast-Modified: Thu, 01 Jan 2015 00:00:00 GMT\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_headers
Content-Type: text/x-up
Set-Cookie: a=1, b=2
X-Up: y
ETag: "e"
Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT
Content-Length: 3
--- raw_response_headers_like: X-uP: y\r\n
--- response_body
ok



=== TEST 2: the reason phrase of the upstream is kept
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 299 Quite Special\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- error_code: 299
--- raw_response_headers_like: ^HTTP/1\.1 299 Quite Special\r\n
--- response_body
ok



=== TEST 3: Date, Server, X-Pad and X-Accel-… are hidden by default
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nServer: theirs\r\nDate: Thu, 01 Jan 2015 00:00:00 GMT\r\nX-Pad: avoid\r\nX-Accel-Expires: 10\r\nX-Accel-Limit-Rate: 100000\r\nX-Accel-Buffering: yes\r\nX-Accel-Charset: utf-8\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_headers
! X-Pad
! X-Accel-Expires
! X-Accel-Limit-Rate
! X-Accel-Buffering
! X-Accel-Charset
--- raw_response_headers_unlike: theirs|2015
--- raw_response_headers_like: (?s)\r\nServer: \S+.*\r\nDate: \w+
--- response_body
ok



=== TEST 4: proxy_pass_header lets them through
--- config
    location /t {
        proxy_pass_header Server;
        proxy_pass_header date;
        proxy_pass_header X-Accel-Expires;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nServer: theirs\r\nDate: Thu, 01 Jan 2015 00:00:00 GMT\r\nX-Accel-Expires: 10\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_headers
Server: theirs
Date: Thu, 01 Jan 2015 00:00:00 GMT
X-Accel-Expires: 10
--- response_body
ok



=== TEST 5: proxy_hide_header
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-One 1;
            add_header X-Two 2;
            add_header X-Three 3;
            return 200 "up\n";
        }
    }
--- config
    location /t {
        proxy_hide_header X-One;
        proxy_hide_header x-tWO;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- response_headers
! X-One
! X-Two
X-Three: 3
--- response_body
up



=== TEST 6: proxy_hide_header is inherited as a whole
--- http_config
    proxy_hide_header X-One;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-One 1;
            add_header X-Two 2;
            return 200 "up\n";
        }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /own {
        proxy_hide_header X-Two;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /t", "GET /own"]
--- response_headers eval
["! X-One\nX-Two: 2", "X-One: 1\n! X-Two"]



=== TEST 7: proxy_hide_header of standard headers
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            add_header Set-Cookie a=b;
            add_header Cache-Control no-store;
            add_header ETag '"e"';
            return 200 "up\n";
        }
    }
--- config
    location /t {
        proxy_hide_header Set-Cookie;
        proxy_hide_header Cache-Control;
        proxy_hide_header ETag;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- response_headers
! Set-Cookie
! Cache-Control
! ETag
--- response_body
up



=== TEST 8: a hidden header is still in its variable
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { add_header X-One 1; return 200 "up\n"; }
    }
--- config
    location /t {
        proxy_hide_header X-One;
        add_header X-Seen $upstream_http_x_one;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- response_headers
! X-One
X-Seen: 1



=== TEST 9: X-Accel-Redirect to an internal location
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-Accel-Redirect /protected/file.txt;
            add_header Set-Cookie a=b;
            add_header X-Other lost;
            return 200 "up\n";
        }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /protected/ { internal; alias $TEST_NGINX_HTML_DIR/; }
--- user_files
>>> file.txt
protected
--- request
GET /t
--- response_headers
Set-Cookie: a=b
! X-Other
! X-Accel-Redirect
--- response_body
protected



=== TEST 10: X-Accel-Redirect to a named location
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { add_header X-Accel-Redirect @other; return 200 "up\n"; }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location @other { return 200 "other $uri\n"; }
--- request
GET /t
--- response_body
other /t



=== TEST 11: proxy_ignore_headers X-Accel-Redirect
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { add_header X-Accel-Redirect /protected; return 200 "up\n"; }
    }
--- config
    location /t {
        proxy_ignore_headers X-Accel-Redirect;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /protected { internal; return 200 "protected\n"; }
--- request
GET /t
--- response_body
up



=== TEST 12: proxy_ignore_headers X-Accel-Buffering
--- config
    location /t {
        proxy_buffering off;
        proxy_ignore_headers X-Accel-Buffering X-Accel-Limit-Rate;
        proxy_read_timeout 100ms;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-Accel-Buffering: yes\r\nX-Accel-Limit-Rate: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"
--- request
GET /t HTTP/1.0
--- response_body chomp
first



=== TEST 13: proxy_ignore_headers: an unknown name
--- config
    location /t { proxy_ignore_headers X-Other; proxy_pass http://127.0.0.1:81; }
--- must_die
--- error_log
invalid value "X-Other" in



=== TEST 14: the default Content-Type is not added to a response that has none
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- response_headers
! Content-Type
--- response_body
ok



=== TEST 15: add_header goes beside what the upstream sent
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { add_header X-Both up always; return 500 "up\n"; }
    }
--- config
    location /t {
        add_header X-Both front always;
        add_header X-Good never;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- error_code: 500
--- response_headers
X-Both: up, front
! X-Good
--- response_body
up



=== TEST 16: conditional headers are the upstream's business
--- config
    location /t {
        proxy_set_header Host up;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval: qr/\r\nIf-None-Match: "e"\r\n/
--- tcp_reply eval
"HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\n\r\n"
--- request
GET /t
--- more_headers
If-None-Match: "e"
--- error_code: 304
--- response_headers
ETag: "e"
--- response_body



=== TEST 17: a Range is passed on, and the partial answer back
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root $TEST_NGINX_HTML_DIR; }
--- config
    location /f { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> f.txt
content
--- request
GET /f.txt
--- more_headers
Range: bytes=3-5
--- error_code: 206
--- response_headers
Content-Range: bytes 3-5/8
Content-Length: 3
--- response_body chomp
ten



=== TEST 18: X-Accel-Charset: a charset that the configuration does not name
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header X-Accel-Charset UTF-8;
        location / { default_type text/html; return 200 "x\n"; }
        location /none { return 204; }
    }
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /html", "GET /none"]
--- error_code eval
[200, 204]
--- response_headers eval
["Content-Type: text/html\n! X-Accel-Charset", "! Content-Type"]



=== TEST 19: X-Accel-Redirect: the type, the rate and the charset of the server hold for the other answer
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header X-Accel-Redirect $arg_to;
        add_header X-Accel-Limit-Rate 12345;
        default_type text/theirs;
        location / { return 200 "up\n"; }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /ignoring { proxy_ignore_headers X-Accel-Limit-Rate; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /file/ { internal; alias $TEST_NGINX_HTML_DIR/; }
    location /text { internal; return 200 "rate $limit_rate\n"; }
    location @text { return 200 "named $limit_rate\n"; }
--- user_files
>>> a.html
a file
--- request eval
["GET /t?to=/file/a.html", "GET /t?to=/text", "GET /t?to=@text", "GET /ignoring?to=/text"]
--- response_headers eval
["Content-Type: text/theirs", "Content-Type: text/theirs", "Content-Type: text/theirs", "Content-Type: text/theirs"]
--- response_body eval
["a file\n", "rate 12345\n", "named 12345\n", "rate 0\n"]



=== TEST 20: X-Accel-Redirect without a type: that of the other answer; its charset is the server's
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header X-Accel-Redirect /file/a.html;
        add_header X-Accel-Charset koi8-r;
        default_type "";
        location / { return 200 "up\n"; }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /file/ { internal; source_charset koi8-r; types { text/html html; } alias $TEST_NGINX_HTML_DIR/; }
--- user_files
>>> a.html
a file
--- request
GET /t
--- response_headers
Content-Type: text/html; charset=koi8-r
--- response_body
a file



=== TEST 21: X-Accel-Limit-Rate and an error page of ours
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header X-Accel-Limit-Rate 12345 always;
        location / { return 404 "up\n"; }
    }
--- config
    location /t { proxy_intercept_errors on; error_page 404 /page; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /page { return 200 "rate $limit_rate\n"; }
--- request
GET /t
--- error_code: 404
--- response_body
rate 12345



=== TEST 22: X-Accel-Expires changes nothing but that it is not passed on
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header X-Accel-Expires $arg_x;
        add_header Cache-Control max-age=7;
        location / { return 200 "up\n"; }
    }
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /ignoring { proxy_ignore_headers X-Accel-Expires; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /?x=0", "GET /?x=@9999999999", "GET /?x=nonsense", "GET /?x=3600", "GET /ignoring?x=3600"]
--- response_headers eval
["Cache-Control: max-age=7\n! X-Accel-Expires\n! Expires",
 "Cache-Control: max-age=7\n! X-Accel-Expires\n! Expires",
 "Cache-Control: max-age=7\n! X-Accel-Expires\n! Expires",
 "Cache-Control: max-age=7\n! X-Accel-Expires\n! Expires",
 "Cache-Control: max-age=7\n! X-Accel-Expires\n! Expires"]
--- response_body eval
["up\n", "up\n", "up\n", "up\n", "up\n"]



=== TEST 23: X-Accel-Redirect to a named location keeps the method
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location @in { return 200 "$request_method\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-Accel-Redirect: \@in\r\nContent-Length: 0\r\n\r\n"
--- request
POST /t
--- response_body
POST



=== TEST 24: X-Accel-Redirect to what is not there: the cookie is set, and the log names the server
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nX-Other: 1\r\nX-Accel-Redirect: /none\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- error_code: 404
--- response_headers
Set-Cookie: a=b
! X-Other
--- error_log eval
qr{none" failed \(2: No such file or directory\), client: .*, upstream: "http://127.0.0.1:\d+/t", host: }



=== TEST 25: X-Accel-Redirect out of the folder
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-Accel-Redirect: /a/../../b\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- error_code: 404
--- error_log
unsafe URI "/a/../../b" was detected while reading response header from upstream



=== TEST 26: of fields that can be there once the first counts
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 302 Found\r\nLocation: http://a/1\r\nContent-Type: text/a\r\nX-Any: 1\r\nlocation: http://a/2\r\nX-Any: 2\r\nContent-Type: text/b\r\nETag: \"1\"\r\nETag: \"2\"\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- error_code: 302
--- response_headers
Location: http://a/1
Content-Type: text/a
ETag: "1"
X-Any: 1, 2
--- error_log
upstream sent duplicate header line: "location: http://a/2", previous value: "Location: http://a/1", ignored while reading response header from upstream
--- skip_nginx: 6: < 1.23.0



=== TEST 27: where the server's Server and Date are passed on, none of ours stand for those it does not send
--- config
    location /t { proxy_pass_header Server; proxy_pass_header Date; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /date { proxy_pass_header Date; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]
--- request eval
["GET /t", "GET /date"]
--- raw_response_headers_unlike eval
["Server|Date", "Date"]



=== TEST 28: $proxy_port and $proxy_host are what the request went to, whatever their variables are since
--- http_config
    map $upstream_status $port { volatile; "" $TEST_NGINX_RAND_PORT_1; default 1; }
    log_format t "[$proxy_host] [$proxy_port]";
--- config
    location /t { access_log logs/access.log t; proxy_pass http://127.0.0.1:$port; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t
--- access_log eval
"[127.0.0.1:$ENV{TEST_NGINX_RAND_PORT_1}] [$ENV{TEST_NGINX_RAND_PORT_1}]"
