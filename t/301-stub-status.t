# stub_status: what the server counts.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: the first request counts itself
--- config
    location /status { stub_status; }
--- request
GET /status
--- response_headers
Content-Type: text/plain
--- response_body_like eval
qr/\AActive connections: [1-9]\d* \nserver accepts handled requests\n \d+ \d+ \d+ \nReading: \d+ Writing: [1-9]\d* Waiting: \d+ \n\z/



=== TEST 2: exactly
--- config
    location /status { stub_status on; }
--- pipelined_requests eval
["GET /status", "GET /status"]
--- response_body eval
["Active connections: 1 \nserver accepts handled requests\n 1 1 1 \nReading: 0 Writing: 1 Waiting: 0 \n", "Active connections: 1 \nserver accepts handled requests\n 1 1 2 \nReading: 0 Writing: 1 Waiting: 0 \n"]



=== TEST 3: HEAD has its length
--- config
    location /status { stub_status; }
--- request
HEAD /status
--- response_body
--- response_headers_like
Content-Length: \d+



=== TEST 4: nothing else is allowed
--- config
    location /status { stub_status; }
--- request
POST /status
x
--- error_code: 405



=== TEST 5: in a whole server, and access rules hold
--- config
    stub_status;
    location /closed { stub_status; deny all; }
--- request eval
["GET /closed", "GET /more"]
--- error_code eval
[403, 404]



=== TEST 6: variables
--- config
    location / { return 200 "$connections_active $connections_reading $connections_writing $connections_waiting\n"; }
--- request
GET /
--- response_body
1 0 1 0



=== TEST 7: idle clients wait
--- config
    location /status { stub_status; }
    client_header_timeout 10s;
--- idle_connections: 5
--- request
GET /status
--- response_body_like: Waiting: 5



=== TEST 8: one word at most
--- config
    location /status { stub_status on on; }
--- must_die
--- error_log
invalid number of arguments in "stub_status" directive
