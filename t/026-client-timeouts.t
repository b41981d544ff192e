# Clients that are slow: client_header_timeout, client_body_timeout, send_timeout.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: half a head
--- config
    client_header_timeout 300ms;
    location / { return 200 "fine\n"; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\n"
--- error_code: none
--- closes: 0.3
--- timeout: 2
--- access_log
"GET / HTTP/1.1" 408 0
--- error_log
client timed out (110: Connection timed out) while reading client request headers



=== TEST 2: half a request line
--- config
    client_header_timeout 300ms;
    location / { return 200 "fine\n"; }
--- raw_request eval
"GET /"
--- error_code: none
--- timeout: 2
--- error_log
client timed out (110: Connection timed out) while reading client request line



=== TEST 3: not a byte
--- config
    client_header_timeout 300ms;
    location / { return 200 "fine\n"; }
--- raw_request eval
""
--- error_code: none
--- timeout: 2
--- error_log
client timed out (110: Connection timed out) while waiting for request



=== TEST 4: the time is for the whole head, not from byte to byte
--- config
    client_header_timeout 500ms;
    location / { return 200 "fine\n"; }
--- raw_request eval
["GET", " /", " HTTP", "/1.1\r\n", "Host", ": a\r\n", "X: 1\r\n", "Y: 1\r\n", "Connection: close\r\n", "\r\n"]
--- raw_request_middle_delay: 0.1
--- error_code: none
--- timeout: 2



=== TEST 5: half a body
--- config
    client_body_timeout 300ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"
--- error_code: none
--- timeout: 2
--- access_log
"POST / HTTP/1.1" 408 0



=== TEST 6: the time is from byte to byte of a body
--- config
    client_body_timeout 1s;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr{\r\n\r\n123456$}
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nfine"
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 6\r\n\r\n", "1", "2", "3", "4", "5", "6"]
--- raw_request_middle_delay: 0.25
--- timeout: 6
--- response_body chomp
fine



=== TEST 7: a client that does not read
--- config
    send_timeout 400ms;
    sendfile off;
    location / { root html; }
--- user_files eval
[["big", "x" x 20000000]]
--- request
GET /big
--- read_delay: 1.5
--- truncated
--- error_log
client timed out (110: Connection timed out) while sending
--- timeout: 5



=== TEST 8: reset_timedout_connection
--- config
    send_timeout 400ms;
    reset_timedout_connection on;
    sendfile off;
    location / { root html; }
--- user_files eval
[["big", "x" x 20000000]]
--- request
GET /big
--- read_delay: 1.5
--- truncated
--- reset
--- error_log
client timed out (110: Connection timed out) while sending
--- timeout: 5



=== TEST 9: a client that reads slowly, but in time
--- config
    send_timeout 2s;
    location / { root html; }
--- user_files eval
[["big", "x" x 5000000]]
--- request
GET /big
--- read_delay: 0.5
--- response_body_size: 5000000
--- timeout: 5



=== TEST 10: a client that goes away before its answer
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 10
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nfine"
--- request
GET /
--- abort: asked
--- access_log
"GET / HTTP/1.1" 499 0



=== TEST 11: a client that shuts its sending side is still answered
--- config
    location / { return 200 "fine\n"; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
--- shutdown: 1
--- response_body
fine



=== TEST 12: also when a file is its answer that the system does not take at once
--- config
    client_half_close on;
    location / { root html; }
--- user_files eval
[["big", "x" x 1000000]]
--- raw_request eval
"GET /big HTTP/1.1\r\nHost: a\r\n\r\n"
--- shutdown: 1
--- response_body_size: 1000000
--- skip_nginx: all



=== TEST 13: also when it comes from upstream, after a while
--- config
    location / { proxy_ignore_client_abort on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.3
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nfine"
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
--- shutdown: 1
--- response_body chomp
fine
