# Names of header fields: underscores_in_headers, ignore_invalid_headers.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: an underscore makes a field invalid, and it is passed over
--- config
    location / { return 200 "[$http_a_b][$http_c]\n"; }
--- request
GET /
--- more_headers
A_B: 1
C: 2
--- response_body
[][2]
--- error_log
client sent invalid header line: "A_B: 1"



=== TEST 2: underscores_in_headers on
--- config
    underscores_in_headers on;
    location / { return 200 "[$http_a_b][$http_c_d]\n"; }
--- request
GET /
--- more_headers
A_B: 1
C-D: 2
--- response_body
[1][2]



=== TEST 3: ignore_invalid_headers off
--- config
    ignore_invalid_headers off;
    location / { return 200 "[$http_a_b]\n"; }
--- request
GET /
--- more_headers
A_B: 1
--- response_body_like: ^\[1?\]$



=== TEST 4: other invalid names
--- config
    location / { return 200 "$http_x\n"; }
--- request
GET /
--- more_headers
a.b: 1
X: 2
--- response_body
2
--- error_log
client sent invalid header line: "a.b: 1"



=== TEST 5: the same with ignore_invalid_headers off, on their way upstream
--- config
    ignore_invalid_headers off;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr{\r\na\.b: 1\r\n}
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nfine"
--- request
GET /
--- more_headers
a.b: 1
--- response_body chomp
fine



=== TEST 6: and with it on
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
qr{^(?!.*a\.b).*\r\nA-B: 2\r\n}s
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nfine"
--- request
GET /
--- more_headers
a.b: 1
A-B: 2
--- response_body chomp
fine



=== TEST 7: names are without case, values are kept as they are
--- config
    location / { return 200 "$http_x_mixed|$http_user_agent\n"; }
--- request
GET /
--- more_headers
x-MIXED:   Two  Words  
USER-agent:curl
--- response_body
Two  Words|curl



=== TEST 8: fields that come several times
--- config
    location / { return 200 "$http_x\n"; }
--- request
GET /
--- more_headers
X: 1
X: 2
--- response_body_like: ^(1|1, 2)$
