# set_real_ip_from, real_ip_header, real_ip_recursive: the client as a trusted proxy names it.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: the field X-Real-IP of a trusted client
--- config
    set_real_ip_from 127.0.0.1;
    location / { return 200 "$remote_addr [$remote_port] $realip_remote_addr\n"; }
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["X-Real-IP: 192.0.2.1", "X-Real-IP: 2001:db8::1", "X-Real-IP: nonsense", "X-Real-IP: 192.0.2.1:7"]
--- response_body_like eval
["^192\\.0\\.2\\.1 \\[\\] 127\\.0\\.0\\.1\n\$", "^2001:db8::1 \\[\\] 127\\.0\\.0\\.1\n\$", "^127\\.0\\.0\\.1 \\[[0-9]+\\] 127\\.0\\.0\\.1\n\$", "^192\\.0\\.2\\.1 \\[7\\] 127\\.0\\.0\\.1\n\$"]



=== TEST 2: what a client that is not trusted says
--- config
    set_real_ip_from 127.0.0.2;
    set_real_ip_from 10.0.0.0/8;
    set_real_ip_from unix:;
    location / { return 200 "$remote_addr\n"; }
    location /x { real_ip_header X-Forwarded-For; real_ip_recursive on; root html; add_header X "$remote_addr"; }
--- user_files
>>> x
--- request eval
["GET /", "GET /x"]
--- more_headers eval
["X-Real-IP: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.1", "X-Real-IP: 10.0.0.1\r\nX-Forwarded-For: 127.0.0.2"]
--- response_body eval
["127.0.0.1\n", ""]
--- response_headers eval
["", "X: 127.0.0.1"]



=== TEST 3: X-Forwarded-For is one list, read from its end
--- config
    set_real_ip_from 127.0.0.0/8;
    set_real_ip_from 10.0.0.0/8;
    real_ip_header X-Forwarded-For;
    location / { return 200 "$remote_addr\n"; }
    location /add { return 200 "$proxy_add_x_forwarded_for\n"; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /add"]
--- more_headers eval
["X-Forwarded-For: 192.0.2.1, 192.0.2.2", "X-Forwarded-For: 192.0.2.1,10.0.0.1 ,", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.3", "X-Forwarded-For: 192.0.2.1, no", "X-Forwarded-For: 192.0.2.1"]
--- response_body eval
["192.0.2.2\n", "10.0.0.1\n", "192.0.2.3\n", "127.0.0.1\n", "192.0.2.1, 192.0.2.1\n"]



=== TEST 4: real_ip_recursive goes on behind trusted addresses
--- config
    set_real_ip_from 127.0.0.0/8;
    set_real_ip_from 10.0.0.0/8;
    real_ip_header X-Forwarded-For;
    real_ip_recursive on;
    location / { return 200 "$remote_addr\n"; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["X-Forwarded-For: 192.0.2.1, 192.0.2.2, 10.0.0.1", "X-Forwarded-For: 192.0.2.9, 10.0.0.2\r\nX-Forwarded-For: 10.0.0.1", "X-Forwarded-For: 10.0.0.3, 10.0.0.2", "X-Forwarded-For: 192.0.2.1, no, 10.0.0.2", "X-Forwarded-For: no"]
--- response_body eval
["192.0.2.2\n", "192.0.2.9\n", "10.0.0.3\n", "10.0.0.2\n", "127.0.0.1\n"]



=== TEST 5: any field
--- config
    set_real_ip_from 127.0.0.1;
    real_ip_header CF-Connecting-IP;
    location / { return 200 "$remote_addr\n"; }
--- request eval
["GET /", "GET /"]
--- more_headers eval
["cf-connecting-ip: 192.0.2.7", "X-Real-IP: 192.0.2.7"]
--- response_body eval
["192.0.2.7\n", "127.0.0.1\n"]



=== TEST 6: allow and deny go by the address, and it is in both logs
--- http_config
    log_format f '$remote_addr $realip_remote_addr';
    access_log logs/access.log f;
--- config
    set_real_ip_from 127.0.0.1;
    location / { root html; deny 192.0.2.0/24; }
--- request
GET /
--- more_headers
X-Real-IP: 192.0.2.1
--- error_code: 403
--- access_log
192.0.2.1 127.0.0.1
--- error_log
access forbidden by rule, client: 192.0.2.1,



=== TEST 7: the next request of the connection has the connection's address
--- config
    set_real_ip_from 127.0.0.1;
    location / { return 200 "$remote_addr\n"; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: localhost\r\nX-Real-IP: 192.0.2.1\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- ignore_response
--- access_log
192.0.2.1 -
127.0.0.1 -



=== TEST 8: the location's own settings hold where the server has none
--- config
    location /a { set_real_ip_from 127.0.0.1; real_ip_header X-A; root html; add_header X $remote_addr; }
    location /b { root html; add_header X $remote_addr; }
    location /c { set_real_ip_from 127.0.0.1; real_ip_header X-A; rewrite ^ /b last; }
    location /d { set_real_ip_from 127.0.0.1; real_ip_header X-A; error_page 404 = /b; root html; }
--- user_files
>>> a
>>> b
--- request eval
["GET /a", "GET /b", "GET /c", "GET /d"]
--- more_headers eval
["X-A: 192.0.2.1", "X-A: 192.0.2.1", "X-A: 192.0.2.1", "X-A: 192.0.2.1"]
--- response_headers eval
["X: 192.0.2.1", "X: 127.0.0.1", "X: 127.0.0.1", "X: 192.0.2.1"]



=== TEST 9: inherited, but a list as a whole or not at all
--- http_config
    set_real_ip_from 127.0.0.1;
    real_ip_header X-A;
--- config
    location /a { root html; add_header X $remote_addr; }
    server_name localhost;
--- user_files
>>> a
--- request
GET /a
--- more_headers
X-A: 192.0.2.1
--- response_headers
X: 192.0.2.1



=== TEST 10: a server whose own list does not hold the client
--- http_config
    set_real_ip_from 127.0.0.1;
--- config
    set_real_ip_from 127.0.0.2;
    location / { return 200 "$remote_addr\n"; }
--- request
GET /
--- more_headers
X-Real-IP: 192.0.2.1
--- response_body
127.0.0.1



=== TEST 11: the PROXY protocol
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1 proxy_protocol;
        set_real_ip_from 127.0.0.1;
        real_ip_header proxy_protocol;
        return 200 "$remote_addr $remote_port $realip_remote_addr\n";
    }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\r\nGET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_body
192.0.2.1 123 127.0.0.1



=== TEST 12: sockets of the file system
--- config
    listen unix:$TEST_NGINX_HTML_DIR/s;
    set_real_ip_from unix:;
    location / { return 200 "$remote_addr $realip_remote_addr [$realip_remote_port]\n"; }
--- connect: unix:$TEST_NGINX_HTML_DIR/s
--- request
GET /
--- more_headers
X-Real-IP: 192.0.2.1
--- response_body
192.0.2.1 unix: []



=== TEST 13: a name
--- config
    set_real_ip_from localhost;
    location / { return 200 "$remote_addr\n"; }
--- request
GET /
--- more_headers
X-Real-IP: 192.0.2.1
--- response_body
192.0.2.1



=== TEST 14: limits see the address
--- http_config
    limit_req_zone $binary_remote_addr zone=one:64k rate=1r/m;
--- config
    set_real_ip_from 127.0.0.1;
    location /l { limit_req zone=one; root html; }
--- user_files
>>> l
--- request eval
["GET /l", "GET /l", "GET /l"]
--- more_headers eval
["X-Real-IP: 192.0.2.1", "X-Real-IP: 192.0.2.2", "X-Real-IP: 192.0.2.1"]
--- error_code eval
[200, 200, 503]



=== TEST 15: a list of 3,000 addresses
--- config
    large_client_header_buffers 4 64k;
    set_real_ip_from 127.0.0.1;
    set_real_ip_from 10.0.0.0/8;
    real_ip_header X-Forwarded-For;
    real_ip_recursive on;
    location / { return 200 "$remote_addr\n"; }
--- request
GET /
--- more_headers eval
"X-Forwarded-For: 192.0.2.1, 192.0.2.2" . (", 10.11.12.13" x 3000)
--- response_body
192.0.2.2



=== TEST 16: low bits are meaningless, with a warning
--- config
    set_real_ip_from 127.0.0.1/8;
    location / { return 200 "$remote_addr\n"; }
--- request
GET /
--- more_headers
X-Real-IP: 192.0.2.1
--- response_body
192.0.2.1
--- error_log
low address bits of 127.0.0.1/8 are meaningless in



=== TEST 17: neither a network nor a name
--- config
    set_real_ip_from 10.0.0.0/33;
--- must_die
--- error_log
host not found in set_real_ip_from "10.0.0.0/33" in



=== TEST 18: a second header
--- config
    real_ip_header X-A;
    real_ip_header X-B;
--- must_die
--- error_log
"real_ip_header" directive is duplicate in
