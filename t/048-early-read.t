# client_body_early_read: bodies that are read before the phases.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: the body is there for variables
--- config
    client_body_early_read 1;
    if ($request_body ~ "^red") { return 200 "red: $request_body\n"; }
    location / { return 200 "$request_method: $request_body\n"; }
--- request eval
["POST /\nblue", "POST /\nred1", "GET /"]
--- response_body eval
["POST: blue\n", "red: red1\n", "GET: \n"]
--- skip_nginx: 9: < 1.31.5



=== TEST 2: by conditions, of which one is enough; not by default
--- config
    client_body_early_read $arg_a $arg_b;
    location / { return 200 "$request_body\n"; }
--- request eval
["POST /?a=1\nx", "POST /?a=0&b=1\nx", "POST /?a=0&b=\nx", "POST /\nx"]
--- response_body eval
["x\n", "x\n", "\n", "\n"]
--- skip_nginx: 9: < 1.31.5



=== TEST 3: inherited from http, and chunked
--- http_config
    client_body_early_read 1;
--- config
    location / { return 200 "$request_body\n"; }
--- raw_request eval
["POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "2\r\nde\r\n0\r\n\r\n"]
--- response_body
abcde
--- skip_nginx: 9: < 1.31.5



=== TEST 4: the server limits it, and then the location
--- config
    client_body_early_read 1;
    client_max_body_size 10;
    location / { return 200 "$request_body\n"; }
    location /small { client_max_body_size 5; return 200 "$request_body\n"; }
    location /large { client_max_body_size 50; return 200 "$request_body\n"; }
--- request eval
["POST /\n0123456789", "POST /small\n012345", "POST /small\n01234", "POST /large\n01234567890"]
--- error_code eval
[200, 413, 200, 413]
--- skip_nginx: 9: < 1.31.5



=== TEST 5: a chunked one is limited by the location, too
--- config
    client_body_early_read 1;
    location /small { client_max_body_size 5; return 200 "$request_body\n"; }
--- raw_request eval
"POST /small HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n"
--- error_code: 413
--- skip_nginx: 9: < 1.31.5



=== TEST 6: it goes on to the server as it came
--- config
    client_body_early_read 1;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- tcp_query eval
qr{Content-Length: 5\r\n\r\nhello}
--- request
POST /
hello
--- response_body
ok
--- skip_nginx: 9: < 1.31.5
