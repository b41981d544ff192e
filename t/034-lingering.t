# lingering_close, lingering_time, lingering_timeout.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: what still comes is read, so that the answer gets through
--- config
    client_max_body_size 10;
    lingering_timeout 400ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
"POST /\n" . "x" x 3000000
--- error_code: 413
--- response_body_like: 413 Request Entity Too Large
--- timeout: 6



=== TEST 2: with a body that comes in pieces
--- config
    client_max_body_size 10;
    lingering_timeout 400ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n", "x" x 1000, "x" x 1000, "x" x 1000]
--- raw_request_middle_delay: 0.1
--- error_code: 413
--- closes



=== TEST 3: lingering_timeout, and then no more is read
--- config
    lingering_timeout 200ms;
    location / { return 200 "fine\n"; }
--- raw_request eval
["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nmore", "x", "x"]
--- raw_request_middle_delay: 0.6
--- response_body
fine
--- takes_all: 0



=== TEST 4: what comes sooner is
--- config
    lingering_timeout 2s;
    location / { return 200 "fine\n"; }
--- raw_request eval
["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nmore", "x", "x"]
--- raw_request_middle_delay: 0.4
--- response_body
fine
--- takes_all: 1



=== TEST 5: lingering_time bounds it all
--- config
    lingering_time 500ms;
    lingering_timeout 2s;
    location / { return 200 "fine\n"; }
--- raw_request eval
["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nmore", "x", "x", "x", "x", "x", "x", "x", "x", "x", "x"]
--- raw_request_middle_delay: 0.25
--- response_body
fine
--- takes_all: 0



=== TEST 6: off
--- config
    lingering_close off;
    location / { return 200 "fine\n"; }
--- raw_request eval
["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nmore", "x", "x", "x"]
--- raw_request_middle_delay: 0.1
--- response_body
fine
--- takes_all: 0



=== TEST 7: on, but nothing more has come
--- config
    location / { return 200 "fine\n"; }
--- raw_request eval
["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "x", "x", "x"]
--- raw_request_middle_delay: 0.1
--- response_body
fine
--- takes_all: 0



=== TEST 8: always
--- config
    lingering_close always;
    location / { return 200 "fine\n"; }
--- raw_request eval
["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "x", "x", "x"]
--- raw_request_middle_delay: 0.1
--- response_body
fine
--- takes_all: 1



=== TEST 9: its values
--- config
    lingering_close sometimes;
--- must_die
--- error_log
invalid value "sometimes" in



=== TEST 10: the times are times
--- config
    lingering_time x;
--- must_die
--- error_log
"lingering_time" directive invalid value in



=== TEST 11: both
--- config
    lingering_timeout x;
--- must_die
--- error_log
"lingering_timeout" directive invalid value in
