# The lines of the error log: what they look like and what each level shows.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: the fields of a line
--- config
    server_name a.test;
    location / { root html; }
--- request
GET /none?x
--- more_headers
Host: b.test
Referer: http://from/
--- error_code: 404
--- error_log eval
qr{^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[error\] \d+#\d+: \*\d+ open\(\) "\S+/html/none" failed \(2: No such file or directory\), client: 127\.0\.0\.1, server: localhost, request: "GET /none\?x HTTP/1\.1", host: "b\.test", referrer: "http://from/"$}



=== TEST 2: with an upstream
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/up; }
--- request
GET /
--- error_code: 502
--- error_log
connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: localhost, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/up", host: "localhost"



=== TEST 3: before there is a request
--- config
--- raw_request eval
"G<T / HTTP/1.0\r\n\r\n"
--- error_code: 400
--- error_log
client sent invalid method while reading client request line, client: 127.0.0.1, server: localhost, request: "G<T / HTTP/1.0"



=== TEST 4: info shows what clients do wrong
--- log_level: info
--- config
--- raw_request eval
"GET / HTTP/1.1\r\n\r\n"
--- error_code: 400
--- error_log eval
qr{\[info\] .* client sent HTTP/1\.1 request without "Host" header while reading client request headers, client: }
--- no_error_log
[debug]



=== TEST 5: notice does not
--- log_level: notice
--- config
--- raw_request eval
"GET / HTTP/1.1\r\n\r\n"
--- error_code: 400
--- no_error_log
[info]
without "Host"



=== TEST 6: error shows errors
--- log_level: error
--- config
--- request
GET /none
--- error_code: 404
--- error_log
[error]
--- no_error_log
[notice]
[warn]



=== TEST 7: crit does not
--- log_level: crit
--- config
--- request
GET /none
--- error_code: 404
--- no_error_log
[error]



=== TEST 8: debug shows what happens
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\n"
--- request
GET /
--- error_log
event timer add:



=== TEST 9: the level by default is error
--- main_config
    error_log logs/error.log;
--- config
--- request
GET /none
--- error_code: 404
--- error_log
html/none" failed
--- no_error_log
[info]
[debug]



=== TEST 10: several logs of a location
--- config
    location / { root html; error_log html/one.log; error_log html/two.log error; }
    location ~ log$ { root html; }
--- request eval
["GET /none", "GET /one.log", "GET /two.log"]
--- error_code eval
[404, 200, 200]
--- response_body_like eval
["404", "none. failed", "none. failed"]



=== TEST 11: start and end, at notice
--- log_level: notice
--- config
    location / { return 204; }
--- request
GET /
--- error_code: 204
--- shutdown_error_log
signal 3 (SIGQUIT) received
--- no_shutdown_error_log
[error]



=== TEST 12: the log is there though nothing was logged
--- log_level: emerg
--- config
    location / { alias $TEST_NGINX_SERVER_ROOT/logs/; }
--- request
GET /error.log
--- response_body:



=== TEST 13: what the client sends does not break the line
--- config
    location / { root html; }
--- request
GET /a"b%0Ac\d
--- error_code: 404
--- error_log eval
qr{request: "GET /a"b%0Ac\\d HTTP/1\.1"}
