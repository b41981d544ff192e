# add_before_body, add_after_body, addition_types: bodies of subrequests in order.

use Test::Nginx::Socket 'no_plan';

our $Big = "0123456789abcdef" x 65536;
our $Large = "0123456789abcdef" x 12288;

run_tests();

__DATA__

=== TEST 1: before and behind a file
--- config
    root html;
    location / { add_before_body /before; add_after_body /after; add_header X mine; }
    location = /before { add_header X theirs; return 200 "before\n"; }
    location = /after { return 200 "after\n"; }
--- user_files
>>> a.html 203501010000.00
a file
--- request
GET /a.html
--- response_headers
Content-Type: text/html
Transfer-Encoding: chunked
! Content-Length
! Accept-Ranges
Last-Modified: Mon, 01 Jan 2035 00:00:00 GMT
ETag: W/"7a432b80-7"
X: mine
--- response_body
before
a file
after



=== TEST 2: of servers, of files and from memory
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        default_type text/html;
        location / { return 200 "server $request_method $uri\n"; }
    }
--- config
    root html;
    default_type text/html;
    location /1 { add_before_body /file; add_after_body /server; return 200 "memory\n"; }
    location /2 { add_before_body /memory; add_after_body /file; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /3 { add_before_body /server; add_after_body /memory; alias html/file; }
    location /4 { add_before_body /server; add_after_body /server; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /memory { return 200 "memory\n"; }
    location = /server { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> file
file
--- request eval
["GET /1", "GET /2", "GET /3", "GET /4"]
--- response_body eval
["file\nmemory\nserver GET /server\n", "memory\nserver GET /2\nfile\n",
"server GET /server\nfile\nmemory\n", "server GET /server\nserver GET /4\nserver GET /server\n"]



=== TEST 3: inherited, one by one, and taken back
--- http_config
    add_before_body /before;
--- config
    root html;
    add_after_body /after;
    default_type text/html;
    location /both { return 200 "both\n"; }
    location /before_only { add_after_body ""; return 200 "before only\n"; }
    location /after_only { add_before_body ""; return 200 "after only\n"; }
    location /other { add_before_body /after; return 200 "other\n"; }
    location /none { add_before_body ""; add_after_body ""; return 200 "none\n"; }
    location = /before { return 200 "before\n"; }
    location = /after { return 200 "after\n"; }
--- request eval
["GET /both", "GET /before_only", "GET /after_only", "GET /other", "GET /none"]
--- response_body eval
["before\nboth\nafter\n", "before\nbefore only\n", "after only\nafter\n", "after\nother\nafter\n", "none\n"]
--- response_headers eval
["! Content-Length", "! Content-Length", "! Content-Length", "! Content-Length", "Content-Length: 5"]



=== TEST 4: 200 alone
--- config
    root html;
    default_type text/html;
    add_before_body /before;
    add_after_body /before;
    location /created { return 201 "created\n"; }
    location /nothing { return 204; }
    location /missing { return 404 "missing\n"; }
    location /page { error_page 404 =200 /fine; return 404; }
    location = /fine { return 200 "fine\n"; }
    location = /before { return 200 "added\n"; }
--- user_files
>>> file
--- request eval
["GET /created", "GET /nothing", "GET /missing", "GET /page"]
--- error_code eval
[201, 204, 404, 200]
--- response_body eval
["created\n", "", "missing\n", "added\nfine\nadded\n"]
--- response_headers eval
["Content-Length: 8", "! Content-Length", "Content-Length: 8", "! Content-Length"]



=== TEST 5: addition_types: text/html by default
--- config
    add_before_body /before;
    location /html { default_type text/html; return 200 "html\n"; }
    location /charset { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /plain { default_type text/plain; return 200 "plain\n"; }
    location /other { addition_types text/plain; default_type text/plain; return 200 "other\n"; }
    location /others { addition_types text/plain text/css; default_type text/html; return 200 "others\n"; }
    location /any { addition_types *; default_type image/gif; return 200 "any\n"; }
    location /untyped { addition_types *; default_type ""; return 200 "untyped\n"; }
    location = /before { default_type image/png; return 200 "before\n"; }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { default_type "text/html; charset=utf-8"; return 200 "charset\n"; }
    }
--- request eval
["GET /html", "GET /charset", "GET /plain", "GET /other", "GET /others", "GET /any", "GET /untyped"]
--- response_body eval
["before\nhtml\n", "before\ncharset\n", "plain\n", "before\nother\n", "before\nothers\n", "before\nany\n",
"before\nuntyped\n"]



=== TEST 6: HEAD: the head of GET, and no subrequest
--- config
    root html;
    location / { add_before_body /before; add_after_body /before; }
    location = /before { log_subrequest on; return 200 "before\n"; }
--- http_config
    log_format sub '$request_method $uri $status';
    access_log logs/access.log sub;
--- user_files
>>> a.html 203501010000.00
a file
--- request
HEAD /a.html
--- response_headers
! Content-Length
! Accept-Ranges
ETag: W/"7a432b80-7"
--- response_body
--- access_log
HEAD /a.html 200
--- no_access_log
/before



=== TEST 7: conditions are those of the file, and there are no ranges
--- config
    root html;
    location / { add_before_body /before.html; }
    location = /before.html { }
--- user_files
>>> a.html 203501010000.00
a file
>>> before.html 203401010000.00
before
--- request eval
["GET /a.html", "GET /a.html", "GET /a.html", "GET /a.html"]
--- more_headers eval
["Range: bytes=2-3", "If-None-Match: \"7a432b80-7\"", "If-Modified-Since: Sun, 01 Jan 2034 00:00:00 GMT", "If-Match: \"7a432b80-7\""]
--- error_code eval
[200, 304, 200, 200]
--- response_body eval
["before\na file\n", "", "before\na file\n", "before\na file\n"]



=== TEST 8: gzip compresses the whole
--- config
    root html;
    gzip on;
    gzip_types *;
    location / { add_before_body /before.css; add_after_body /after; }
    location = /after { default_type text/html; return 200 "and something behind it\n"; }
--- user_files
>>> a.html
a file of more than twenty bytes
>>> before.css
and something before it, of more than twenty bytes
--- request
GET /a.html
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
Content-Type: text/html
Transfer-Encoding: chunked
--- response_body_filters: gunzip
--- response_body
and something before it, of more than twenty bytes
a file of more than twenty bytes
and something behind it



=== TEST 9: what is compressed already is decompressed for the sake of the whole
--- config
    root html;
    location / { add_before_body /before; }
    location = /before { gunzip on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        default_type text/html;
        gzip on;
        gzip_http_version 1.0;
        location / { return 200 "more than twenty bytes\n"; }
    }
--- user_files
>>> a.html
a file
--- request
GET /a.html
--- more_headers
Accept-Encoding: gzip
--- response_headers
! Content-Encoding
--- response_body
more than twenty bytes
a file



=== TEST 10: to an HTTP/1.0 client: up to the close
--- config
    root html;
    location / { add_before_body /before; add_after_body /before; }
    location = /before { return 200 "before\n"; }
--- user_files
>>> a.html
a file
--- request
GET /a.html HTTP/1.0
--- more_headers
Connection: keep-alive
--- response_headers
! Transfer-Encoding
! Content-Length
Connection: close
--- response_body
before
a file
before



=== TEST 11: requests that share a connection
--- config
    root html;
    location / { add_before_body /before; add_after_body /after; }
    location = /before { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /after { return 200 "after\n"; }
    location = /plain { return 200 "plain\n"; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "before\n"; } }
--- user_files
>>> a.html
a
>>> b.html
b
--- pipelined_requests eval
["GET /a.html", "HEAD /b.html", "GET /plain", "GET /b.html", "GET /a.html"]
--- response_body eval
["before\na\nafter\n", "", "plain\n", "before\nb\nafter\n", "before\na\nafter\n"]



=== TEST 12: a server that is slow to send what stands first
--- config
    location / { add_before_body /before; add_after_body /after; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location = /before { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /after { return 200 "after\n"; }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { default_type text/html; return 200 "main\n"; }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.3
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nbefore\n"
--- request
GET /
--- response_body
before
main
after



=== TEST 13: large bodies, in the order of their places
--- config
    root html;
    location / { add_before_body /before; add_after_body /after.html; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /before { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /after.html { }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root html; location / { rewrite ^ /big.html break; } }
--- user_files eval
[["big.html", "<" . $::Big . ">"], ["after.html", "[" . $::Big . "]"]]
--- read_delay: 0.2
--- request
GET /
--- response_body eval
"<" . $::Big . "><" . $::Big . ">[" . $::Big . "]"



=== TEST 14: so with gzip
--- config
    root html;
    gzip on;
    location / { add_before_body /before; add_after_body /after.html; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /before { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /after.html { }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root html; location / { rewrite ^ /big.html break; } }
--- user_files eval
[["big.html", "<" . $::Large . ">"], ["after.html", "[" . $::Large . "]"]]
--- request
GET /
--- more_headers
Accept-Encoding: gzip
--- response_body_filters: gunzip
--- response_body eval
"<" . $::Large . "><" . $::Large . ">[" . $::Large . "]"



=== TEST 15: files with gzip, each of which takes many turns
--- config
    root html;
    gzip on;
    location / { add_after_body /after.html; }
    location = /after.html { }
--- user_files eval
[["main.html", "(" . $::Large . ")"], ["after.html", "[" . $::Large . "]"]]
--- request
GET /main.html
--- more_headers
Accept-Encoding: gzip
--- response_body_filters: gunzip
--- response_body eval
"(" . $::Large . ")[" . $::Large . "]"



=== TEST 16: the page of an error stands where the body would
--- config
    root html;
    default_type text/html;
    location / { add_before_body /missing; add_after_body /down; }
    location /page { add_before_body /own; alias html/a.html; }
    location /moved { add_after_body /redirect; alias html/a.html; }
    location /empty { add_after_body /nothing; alias html/a.html; }
    location = /missing { log_not_found off; }
    location = /down { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /own { error_page 404 /page_of_error; return 404; }
    location = /page_of_error { return 200 "our own page\n"; }
    location = /redirect { return 302 /elsewhere; }
    location = /nothing { return 204; }
--- user_files
>>> a.html
a file
--- request eval
["GET /a.html", "GET /page", "GET /moved", "GET /empty"]
--- response_body_like eval
["^<html>\r\n<head><title>404 Not Found</title>(?s).*</html>\r\na file\n<html>\r\n<head><title>502 Bad Gateway",
"^our own page\na file\n\$", "^a file\n<html>\r\n<head><title>302 Found", "^a file\n\$"]
--- error_log
connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: localhost, request: "GET /a.html HTTP/1.1", subrequest: "/down", upstream: "http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/down", host: "localhost"



=== TEST 17: a server that does not answer in time
--- config
    root html;
    location / { add_before_body /before; }
    location = /before { proxy_read_timeout 100ms; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply_delay: client
--- tcp_reply: x
--- user_files
>>> a.html
a file
--- request
GET /a.html
--- response_body_like: 504 Gateway Time-out(?s).*</html>\r\na file\n$
--- error_log
upstream timed out



=== TEST 18: a body before that cannot be completed: the response is cut short
--- config
    root html;
    location / { add_before_body /before; add_after_body /after; }
    location = /before { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /after { return 200 "after\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf\n"
--- user_files
>>> a.html
a file
--- request
GET /a.html
--- response_body
half
--- truncated
--- error_log
upstream prematurely closed connection while reading upstream
--- skip_nginx: all: it goes on with the rest, as if the body were whole



=== TEST 19: so is one behind
--- config
    root html;
    location / { add_before_body /before; add_after_body /after; }
    location = /after { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /before { return 200 "before\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf\n\r\n"
--- user_files
>>> a.html
a file
--- request
GET /a.html
--- response_body
before
a file
half
--- truncated
--- skip_nginx: all: it ends the response, as if the body were whole



=== TEST 20: the body in the middle cannot be completed
--- config
    location / { add_before_body /before; add_after_body /after; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /before { return 200 "before\n"; }
    location = /after { return 200 "after\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 10\r\n\r\nhalf\n"
--- request
GET /
--- response_body
before
half
--- truncated



=== TEST 21: the uri is not a template, has no arguments, and is no name
--- config
    root html;
    default_type text/html;
    location /args { add_before_body /before?x=y; alias html/a.html; }
    location /variable { add_before_body $uri; alias html/a.html; }
    location /named { add_before_body @before; alias html/a.html; }
    location @before { return 200 "before\n"; }
    location = /before { return 200 "before\n"; }
--- user_files
>>> a.html
a file
--- request eval
["GET /args", "GET /variable", "GET /named"]
--- response_body_like eval
["404 Not Found", "404 Not Found", "404 Not Found"]
--- error_log
/before?x=y" failed (2: No such file or directory), client: 127.0.0.1, server: localhost, request: "GET /args HTTP/1.1", subrequest: "/before?x=y"
subrequest: "$uri"
subrequest: "@before"



=== TEST 22: a location that adds itself, and subrequests of others: nothing is added to a subrequest
--- config
    root html;
    default_type text/html;
    location /self { add_before_body /self; add_after_body /self; alias html/a.html; }
    location /auth { auth_request /added; alias html/a.html; }
    location /mirror { mirror /added; alias html/a.html; }
    location = /added { add_before_body /none; alias html/a.html; }
--- user_files
>>> a.html
a file
--- request eval
["GET /self", "GET /auth", "GET /mirror"]
--- response_body eval
["a file\na file\na file\n", "a file\n", "a file\n"]
--- no_error_log
subrequest: "/none"
[error]



=== TEST 23: the access phase is the parent's
--- config
    root html;
    default_type text/html;
    location / { auth_request /auth; add_before_body /before; }
    location = /before { deny all; return 200; }
    location = /denied { deny all; alias html/a.html; }
    location /through { add_before_body /denied; alias html/a.html; }
    location = /auth { return 204; }
--- user_files
>>> a.html
a file
--- request eval
["GET /a.html", "GET /through", "GET /denied"]
--- error_code eval
[200, 200, 403]
--- response_body_like eval
["^a file\n\$", "^a file\na file\n\$", "403 Forbidden"]



=== TEST 24: what the server of the body before is asked: GET, without the client's body
--- config
    location / { add_before_body /before; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location = /before {
        proxy_http_version 1.1;
        proxy_set_header Host before;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/x;
    }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { default_type text/html; return 200 "$request_method $content_length\n"; }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nbefore\n"
--- request eval
"POST /y\r
hello"
--- more_headers
X-Mine: yes
--- tcp_query eval
"GET /x HTTP/1.1\r
Host: before\r
X-Mine: yes\r
\r
"
--- response_body
before
POST 5
--- skip_nginx: all: it sends the client's body



=== TEST 25: variables are shared
--- config
    root html;
    location / { set $a main; add_before_body /before; add_after_body /after; }
    location = /before { set $a "$a, before"; return 200 "$a of $request_uri\n"; }
    location = /after { return 200 "$a\n"; }
--- user_files
>>> a.html
a file
--- request
GET /a.html?x
--- response_body
main, before of /a.html?x
a file
main, before



=== TEST 26: log_subrequest
--- config
    root html;
    location / { add_before_body /before; add_after_body /quiet; }
    location = /before { log_subrequest on; return 404 "before\n"; }
    location = /quiet { return 200 "quiet\n"; }
--- http_config
    log_format sub '$request_method $uri $status';
    access_log logs/access.log sub;
--- user_files
>>> a.html
a file
--- request
GET /a.html
--- response_body
before
a file
quiet
--- access_log
GET /before 404
GET /a.html 200
--- no_access_log
/quiet



=== TEST 27: a client that leaves while it waits for the body before
--- config
    root html;
    location / { add_before_body /before; }
    location = /before { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: client
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
--- user_files
>>> a.html
a file
--- raw_request eval
"GET /a.html HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- timeout: 0.2
--- abort
--- ignore_response
--- access_log
"GET /a.html HTTP/1.1" 499 0



=== TEST 28: 444 closes the connection, also for the client
--- config
    root html;
    location / { add_before_body /before; }
    location = /before { return 444; }
--- user_files
>>> a.html
a file
--- request
GET /a.html
--- error_code: none



=== TEST 29: a server that hands the body before over to another location
--- config
    root html;
    location / { add_before_body /before; }
    location = /before { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /handed { internal; return 200 "handed over\n"; }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { add_header X-Accel-Redirect /handed; return 200 "not this\n"; }
    }
--- user_files
>>> a.html
a file
--- request
GET /a.html
--- response_body
handed over
a file



=== TEST 30: add_before_body twice
--- config
    add_before_body /a;
    add_before_body /b;
--- must_die
--- error_log
"add_before_body" directive is duplicate



=== TEST 31: add_after_body twice
--- config
    add_after_body /a;
    add_after_body /b;
--- must_die
--- error_log
"add_after_body" directive is duplicate



=== TEST 32: add_before_body in an if
--- config
    location / { if ($arg_x) { add_before_body /a; } }
--- must_die
--- error_log
"add_before_body" directive is not allowed here



=== TEST 33: add_after_body in an if
--- config
    location / { if ($arg_x) { add_after_body /a; } }
--- must_die
--- error_log
"add_after_body" directive is not allowed here



=== TEST 34: two uris
--- config
    add_before_body /a /b;
--- must_die
--- error_log
invalid number of arguments in "add_before_body" directive



=== TEST 35: no uri
--- config
    add_after_body;
--- must_die
--- error_log
invalid number of arguments in "add_after_body" directive



=== TEST 36: no types
--- config
    addition_types;
--- must_die
--- error_log
invalid number of arguments in "addition_types" directive



=== TEST 37: a type twice
--- config
    addition_types text/html text/css text/css;
    location / { return 200; }
--- request
GET /
--- error_log
duplicate MIME type "text/html" in
duplicate MIME type "text/css" in
