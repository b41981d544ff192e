# post_action: a location that a request goes on in once it has been answered.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: it is logged once, by the location that it has come to
--- http_config
    log_format main '$uri $request $status $body_bytes_sent $request_completion';
    access_log logs/access.log main;
--- config
    location /t { post_action /done; return 200 "answer\n"; }
    location = /done { return 204; }
    location /quiet { post_action /unlogged; return 200 "quiet\n"; }
    location = /unlogged { access_log off; return 204; }
--- request eval
["GET /t", "GET /quiet"]
--- response_body eval
["answer\n", "quiet\n"]
--- access_log
/done GET /t HTTP/1.1 204 7 OK
--- no_access_log
quiet



=== TEST 2: what it is known by there
--- config
    root html;
    location / { set $mine "of the request"; post_action /done; }
    location = /done {
        internal;
        proxy_http_version 1.1;
        proxy_set_header Host post;
        proxy_set_header Connection "";
        proxy_set_header X-Status $status;
        proxy_set_header X-Sent $body_bytes_sent;
        proxy_set_header X-Completion $request_completion;
        proxy_set_header X-Uri $request_uri;
        proxy_set_header X-Mine $mine;
        proxy_set_header X-Client $remote_addr;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files
>>> file.txt
a file
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nnever"
--- request
GET /file.txt?x=y
--- tcp_query eval
"GET /done HTTP/1.1\r
Host: post\r
X-Status: 200\r
X-Sent: 7\r
X-Completion: OK\r
X-Uri: /file.txt?x=y\r
X-Mine: of the request\r
X-Client: 127.0.0.1\r
\r
"
--- response_body
a file



=== TEST 3: a named location, with the uri and the body of the request
--- config
    location / { post_action @done; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location @done {
        proxy_http_version 1.1;
        proxy_set_header Host post;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "main\n"; } }
    log_format main '$uri $upstream_status';
    access_log logs/access.log main;
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
--- request eval
"POST /x\r
hello"
--- tcp_query eval
"POST /x HTTP/1.1\r
Host: post\r
Content-Length: 5\r
\r
hello"
--- response_body
main
--- access_log
/x 200 : 503



=== TEST 4: a body that was not read is not sent
--- config
    location / { post_action /done; return 200 "answer\n"; }
    location = /done {
        proxy_http_version 1.1;
        proxy_set_header Host post;
        proxy_set_header Connection "";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
--- request eval
"POST /x\r
hello"
--- tcp_query eval
qr{^POST /done HTTP/1.1\r\nHost: post\r\n(Content-Length: 0\r\n)?\r\n\z}
--- response_body
answer



=== TEST 5: inherited; and for each answer, also an error
--- http_config
    log_format main '$uri $request_uri $status';
    access_log logs/access.log main;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        post_action /done;
        location / { root html; }
        location = /done { post_action /other; return 204; }
    }
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; access_log off; }
--- user_files
>>> file.txt
a file
--- request eval
["GET /file.txt", "GET /missing"]
--- error_code eval
[200, 404]
--- access_log
/done /file.txt 204
/done /missing 404
--- skip_nginx: all: it goes on with the action of the action



=== TEST 6: a location that is its own action
--- http_config
    log_format main '$uri $request_uri $status';
    access_log logs/access.log main;
--- config
    post_action /done;
    location /t { return 200 "answer\n"; }
    location = /done { return 204; }
--- request
GET /t
--- response_body
answer
--- access_log
/done /t 204
--- no_error_log
cycle
--- skip_nginx: all: ten times, and then an error



=== TEST 7: HEAD, and requests that share a connection
--- http_config
    log_format main '$uri $request $status $body_bytes_sent';
    access_log logs/access.log main;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; access_log off; location / { return 200 "a body\n"; } }
--- config
    root html;
    location / { post_action /done; }
    location = /done { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> a.txt
aaa
>>> b.txt
bbb
--- pipelined_requests eval
["HEAD /a.txt", "GET /b.txt", "GET /a.txt"]
--- response_body eval
["", "bbb\n", "aaa\n"]
--- access_log
/done HEAD /a.txt HTTP/1.1 200 0
/done GET /b.txt HTTP/1.1 200 4
/done GET /a.txt HTTP/1.1 200 4



=== TEST 8: an action that hangs holds neither the response nor the next request
--- config
    location /t { post_action /done; return 200 "answer\n"; }
    location /next { return 200 "next\n"; }
    location = /done { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply_delay: client
--- tcp_reply: x
--- pipelined_requests eval
["GET /t", "GET /next"]
--- response_body eval
["answer\n", "next\n"]
--- skip_nginx: all: it waits for the action



=== TEST 9: errors of the action, and its own error page
--- http_config
    log_format main '$uri $request_uri $status $body_bytes_sent';
    access_log logs/access.log main;
--- config
    default_type text/plain;
    root html;
    location /down { post_action /refused; return 200 "answer\n"; }
    location /forbidden { post_action /denied; return 200 "answer\n"; }
    location /missing { post_action /nothing; return 200 "answer\n"; }
    location /page { post_action /broken; return 200 "answer\n"; }
    location = /refused { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /denied { deny all; }
    location = /broken { error_page 404 /page_of_error; return 404; }
    location = /page_of_error { return 200 "page\n"; }
--- request eval
["GET /down", "GET /forbidden", "GET /missing", "GET /page"]
--- response_body eval
["answer\n", "answer\n", "answer\n", "answer\n"]
--- access_log
/refused /down 502 7
/denied /forbidden 403 7
/nothing /missing 404 7
/page_of_error /page 404 7
--- error_log
connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: localhost, request: "GET /down HTTP/1.1"
access forbidden by rule, client: 127.0.0.1, server: localhost, request: "GET /forbidden HTTP/1.1"
open() "$TEST_NGINX_SERVER_ROOT/html/nothing" failed (2: No such file or directory), client: 127.0.0.1, server: localhost, request: "GET /missing HTTP/1.1"



=== TEST 10: a client that leaves before it is answered
--- http_config
    log_format main '$uri $request_uri $status $request_completion';
    access_log logs/access.log main;
--- config
    location / { post_action /done; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /done { add_header X-Status $status; access_log logs/access.log main; try_files /nothing @done; }
    location @done { return 204; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: client
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
--- raw_request eval
"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- timeout: 0.2
--- abort
--- ignore_response
--- access_log
/done / 204



=== TEST 11: a server that cuts its answer short
--- http_config
    log_format main '$uri $request_uri $status [$request_completion]';
    access_log logs/access.log main;
--- config
    location / { post_action /done; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /done { return 204; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf\n"
--- request
GET /
--- response_body
half
--- truncated
--- access_log
/done / 204 []
--- skip_nginx: all: there it is complete



=== TEST 12: behind bodies of subrequests, and after a limit is given back
--- http_config
    limit_conn_zone $remote_addr zone=one:64k;
    log_format main '$uri $request_uri $limit_conn_status';
    access_log logs/access.log main;
--- config
    root html;
    location / { limit_conn one 1; add_before_body /before; post_action /done; }
    location = /before { return 200 "before\n"; }
    location = /done { limit_conn one 1; return 204; }
--- user_files
>>> a.html
a file
--- pipelined_requests eval
["GET /a.html?1", "GET /a.html?2"]
--- response_body eval
["before\na file\n", "before\na file\n"]
--- access_log
/done /a.html?1 PASSED
/done /a.html?2 PASSED



=== TEST 13: conditions and ranges of the request are not the action's
--- http_config
    log_format main '$uri $request_uri $status $body_bytes_sent';
    access_log logs/access.log main;
--- config
    root html;
    location / { post_action /done; return 201 "answer\n"; }
    location = /done { alias html/a.txt; }
--- user_files
>>> a.txt
a file
--- request eval
["GET /t?1", "GET /t?2"]
--- more_headers eval
["Range: bytes=100-", "If-None-Match: *"]
--- error_code eval
[201, 201]
--- access_log
/done /t?1 200 7
/done /t?2 200 7



=== TEST 14: the uri has no arguments
--- http_config
    log_format main '$uri $args';
    access_log logs/access.log main;
--- config
    location / { post_action /done?a=b; return 200 "answer\n"; }
    location /done { return 204; }
--- request
GET /t?x=y
--- response_body
answer
--- access_log
/done?a=b -



=== TEST 15: a location that is not there
--- http_config
    log_format main '$uri $status';
    access_log logs/access.log main;
--- config
    location / { post_action off; return 200 "answer\n"; }
--- request
GET /t
--- response_body
answer
--- error_log
could not find named location "off", client: 127.0.0.1, server: localhost, request: "GET /t HTTP/1.1"
--- access_log
/t 500



=== TEST 16: post_action twice
--- config
    post_action /a;
    post_action /b;
--- must_die
--- error_log
"post_action" directive is duplicate



=== TEST 17: post_action in an if
--- http_config
    log_format main '$uri $request_uri';
    access_log logs/access.log main;
--- config
    root html;
    location / { if ($arg_x) { post_action /done; } }
    location = /done { return 204; }
--- user_files
>>> a
>>> b
--- request eval
["GET /a?x=y", "GET /b"]
--- access_log
/done /a?x=y
/b /b



=== TEST 18: no uri
--- config
    post_action;
--- must_die
--- error_log
invalid number of arguments in "post_action" directive



=== TEST 19: two uris
--- config
    post_action /a /b;
--- must_die
--- error_log
invalid number of arguments in "post_action" directive



=== TEST 20: what a cache said of the request is known in its line of the log
--- http_config
    log_format main '$uri $upstream_cache_status';
    access_log logs/access.log main;
    proxy_cache_path cache keys_zone=a:1m;
--- config
    location /t {
        proxy_cache a;
        proxy_cache_valid 1m;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        post_action /done;
    }
    location = /done { return 204; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.0 200 OK\r\n\r\n1"]
--- request eval
["GET /t", "GET /t"]
--- access_log
/done MISS
/done HIT
