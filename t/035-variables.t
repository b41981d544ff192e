# The variables of the core.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: of the request line
--- config
    location / { return 200 "$request|$request_method|$request_uri|$uri|$document_uri|$args|$query_string|$is_args|$server_protocol\n"; }
--- request
GET /a%20b?c=d&e
--- response_body
GET /a%20b?c=d&e HTTP/1.1|GET|/a%20b?c=d&e|/a b|/a b|c=d&e|c=d&e|?|HTTP/1.1



=== TEST 2: of the connection
--- config
    location / { return 200 "$remote_addr|$remote_port|$server_addr|$server_port|$connection|$connection_requests|$scheme|$https|$pipe\n"; }
--- request
GET /
--- response_body_like eval
qr{^127\.0\.0\.1\|\d+\|127\.0\.0\.1\|$ENV{TEST_NGINX_SERVER_PORT}\|\d+\|1\|http\|\|\.$}



=== TEST 3: of the address in binary
--- config
    location / { return 200 $binary_remote_addr; }
--- request
GET /
--- response_body eval
"\x7f\x00\x00\x01"



=== TEST 4: of the host
--- config
    location / { return 200 "$host|$http_host|$server_name|$hostname\n"; }
--- request
GET /
--- more_headers
Host: Some.Host:81
--- response_body_like: ^some\.host\|Some\.Host:81\|localhost\|\S+$



=== TEST 5: of the header fields
--- config
    location / { return 200 "$http_user_agent|$http_referer|$http_cookie|$http_x_forwarded_for|$http_via|$content_type|$content_length|$http_x_y_z|$http_none|$http_accept_encoding\n"; }
--- request
POST /
body
--- more_headers
User-Agent: ua
Referer: re
Cookie: a=1; b=2
X-Forwarded-For: 10.0.0.1, 10.0.0.2
Via: via
Content-Type: text/x
X-Y-Z: xyz
--- response_body
ua|re|a=1; b=2|10.0.0.1, 10.0.0.2|via|text/x|4|xyz||



=== TEST 6: of cookies
--- config
    location / { return 200 "$cookie_a|$cookie_b|$cookie_c|$cookie_none\n"; }
--- request
GET /
--- more_headers
Cookie: a=1; b="two words";c=
--- response_body
1|"two words"||



=== TEST 7: of cookies, several fields
--- config
    location / { return 200 "$cookie_a|$cookie_b|$cookie_A\n"; }
--- request
GET /
--- more_headers
Cookie: a=1
Cookie: b=2; aa=3
--- response_body
1|2|1



=== TEST 8: of fields that come several times
--- config
    location / { return 200 "$http_x_forwarded_for|$http_cookie\n"; }
--- request
GET /
--- more_headers
X-Forwarded-For: 10.0.0.1
X-Forwarded-For: 10.0.0.2
Cookie: a=1
Cookie: b=2
--- response_body
10.0.0.1, 10.0.0.2|a=1; b=2



=== TEST 9: of the user
--- config
    location / { return 200 "$remote_user\n"; }
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
["Authorization: Basic dXNlcjp3b3Jk", "Authorization: Bearer x", ""]
--- response_body eval
["user\n", "\n", "\n"]



=== TEST 10: of files
--- config
    location /a { root html; return 200 "$document_root|$request_filename|$realpath_root\n"; }
    location /b/ { alias $TEST_NGINX_HTML_DIR/c/; return 200 "$document_root|$request_filename\n"; }
--- request eval
["GET /a/x?y", "GET /b/x"]
--- response_body eval
["$TEST_NGINX_HTML_DIR|$TEST_NGINX_HTML_DIR/a/x|$TEST_NGINX_HTML_DIR\n", "$TEST_NGINX_HTML_DIR/c/|$TEST_NGINX_HTML_DIR/c/x\n"]



=== TEST 11: of the process
--- config
    location / { return 200 "$pid|$nginx_version|$hostname|$limit_rate\n"; }
--- request
GET /
--- response_body_like: ^\d+\|1\.\d+\.\d+\|\S+\|0$



=== TEST 12: of time
--- config
    location / { return 200 "$msec|$time_local|$time_iso8601|$request_time\n"; }
--- request
GET /
--- response_body_like: ^\d{10}\.\d{3}\|\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\|0\.\d{3}$



=== TEST 13: $request_id
--- config
    location / { return 200 "$request_id|$request_id\n"; }
--- request
GET /
--- response_body_like: ^([0-9a-f]{32})\|\1$



=== TEST 14: of the sizes
--- http_config
    log_format f '$request_length $bytes_sent $body_bytes_sent $status $request_completion';
    access_log logs/access.log f;
--- config
    location / { return 200 "12345"; }
--- raw_request eval
"GET / HTTP/1.0\r\n\r\n"
--- response_body chomp
12345
--- access_log eval
qr{^18 \d{3} 5 200 OK$}



=== TEST 15: of the response
--- http_config
    log_format f '$sent_http_content_type|$sent_http_content_length|$sent_http_x_own|$sent_http_connection|$sent_http_location|$sent_http_last_modified|$sent_http_none';
    access_log logs/access.log f;
--- config
    location / { default_type text/x; add_header X-Own own; return 301 /there; }
--- request
GET /
--- error_code: 301
--- access_log eval
qr{^text/html\|\d+\|own\|close\|(http://localhost:$ENV{TEST_NGINX_SERVER_PORT})?/there\|-\|-$}



=== TEST 16: $sent_http_ of what nginx keeps apart
--- http_config
    log_format f '$sent_http_transfer_encoding|$sent_http_cache_control';
    access_log logs/access.log f;
--- config
    location / { add_header Cache-Control a; add_header Cache-Control b; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nx"
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
--- response_body chomp
x
--- access_log eval
qr{^chunked\|a, b$}



=== TEST 17: $request_body
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; add_header X-Body $request_body; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nx"
--- request
POST /
the body
--- response_headers
X-Body: the body
--- response_body chomp
x



=== TEST 18: $upstream_…
--- http_config
    log_format f '$upstream_addr|$upstream_status|$upstream_response_length|$upstream_bytes_received|$upstream_bytes_sent|$upstream_http_x_up|$upstream_cookie_c';
    log_format t '$upstream_connect_time $upstream_header_time $upstream_response_time';
    access_log logs/access.log f;
    access_log logs/access.log t;
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 201 OK\r\nX-Up: up\r\nSet-Cookie: c=1; path=/\r\n\r\nabc"
--- request
GET /
--- error_code: 201
--- access_log eval
[qr{^127\.0\.0\.1:$ENV{TEST_NGINX_RAND_PORT_1}\|201\|3\|57\|\d+\|up\|1$}, qr{^0\.\d{3} 0\.\d{3} 0\.\d{3}$}]



=== TEST 19: $upstream_… of a request that went nowhere
--- http_config
    log_format f '[$upstream_addr][$upstream_status][$upstream_response_time]';
    access_log logs/access.log f;
--- config
    location / { return 200; }
--- request
GET /
--- access_log
[-][-][-]



=== TEST 20: $tcpinfo_rtt and its like
--- config
    location / { return 200 "$tcpinfo_rtt|$tcpinfo_rttvar|$tcpinfo_snd_cwnd|$tcpinfo_rcv_space\n"; }
--- request
GET /
--- response_body_like: ^\d+\|\d+\|\d+\|\d+$



=== TEST 21: $connection_time
--- config
    location / { return 200 "$connection_time\n"; }
--- request
GET /
--- response_body_like: ^\d+\.\d{3}$



=== TEST 22: $proxy_host, $proxy_port, $proxy_add_x_forwarded_for
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; add_header X-P "$proxy_host|$proxy_port|$proxy_add_x_forwarded_for"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nx"
--- request
GET /
--- more_headers
X-Forwarded-For: 10.0.0.1
--- response_headers
X-P: 127.0.0.1:$TEST_NGINX_RAND_PORT_1|$TEST_NGINX_RAND_PORT_1|10.0.0.1, 127.0.0.1



=== TEST 23: the name of an argument is without case, and may be long
--- config
    location / { return 200 "$arg_Some_Long_Name_0123456789|$arg_a_b\n"; }
--- request
GET /?SOME_long_NAME_0123456789=1&a-b=2&a_b=3
--- response_body
1|3



=== TEST 24: IPv6
--- config
    listen [::1]:$TEST_NGINX_RAND_PORT_1;
    location / { return 200 "$remote_addr|$server_addr|$server_port\n"; }
--- connect: [::1]:$TEST_NGINX_RAND_PORT_1
--- request
GET /
--- response_body
::1|::1|$TEST_NGINX_RAND_PORT_1



=== TEST 25: $host of a request without one is the server's name
--- config
    location / { return 200 "$host\n"; }
--- raw_request eval
"GET / HTTP/1.0\r\n\r\n"
--- response_body
localhost



=== TEST 26: $request_port and $is_request_port
--- config
    location / { return 200 "$request_port$is_request_port|\n"; }
--- request eval
["GET /", "GET /"]
--- more_headers eval
["Host: a:81", "Host: a"]
--- response_body eval
["81:|\n", "|\n"]
--- skip_nginx: 3: < 1.29.3: no such variables



=== TEST 27: of the PROXY protocol, without it
--- config
    location / { return 200 "[$proxy_protocol_addr$proxy_protocol_port$proxy_protocol_server_addr$proxy_protocol_server_port]\n"; }
--- request
GET /
--- response_body
[]



=== TEST 28: of cookies: a comma is a part of a value
--- config
    location / { return 200 "$cookie_a|$cookie_b\n"; }
--- request
GET /
--- more_headers
Cookie: b=1,a=5; a=6
--- response_body
6|1,a=5
--- skip_nginx: all: it ends a pair at the comma that it was not asked for



=== TEST 29: a time with milliseconds
--- config
    location / { return 200 "$time_iso8601_ms\n"; }
--- request
GET /
--- response_body_like
^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}[+-][0-9]{2}:[0-9]{2}$
--- skip_nginx: all
