# listen: addresses, ports, sockets of the file system, parameters.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: a port, an address, a host name, IPv6
--- config
    listen $TEST_NGINX_RAND_PORT_1;
    listen 127.0.0.2:$TEST_NGINX_RAND_PORT_2;
    listen localhost:$TEST_NGINX_RAND_PORT_3;
    location / { return 200 "$server_addr $server_port\n"; }
--- connect: 127.0.0.3:$TEST_NGINX_RAND_PORT_1
--- request
GET /
--- response_body
127.0.0.3 $TEST_NGINX_RAND_PORT_1



=== TEST 2: one address only
--- config
    listen 127.0.0.2:$TEST_NGINX_RAND_PORT_2;
    location / { return 200 "$server_addr $server_port\n"; }
--- connect: 127.0.0.2:$TEST_NGINX_RAND_PORT_2
--- request
GET /
--- response_body
127.0.0.2 $TEST_NGINX_RAND_PORT_2



=== TEST 3: localhost
--- config
    listen localhost:$TEST_NGINX_RAND_PORT_2;
    location / { return 200 "$server_addr $server_port\n"; }
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- request
GET /
--- response_body
127.0.0.1 $TEST_NGINX_RAND_PORT_2



=== TEST 4: IPv6
--- config
    listen [::1]:$TEST_NGINX_RAND_PORT_1;
    location / { return 200 "$server_addr $remote_addr\n"; }
--- connect: [::1]:$TEST_NGINX_RAND_PORT_1
--- request
GET /
--- response_body
::1 ::1



=== TEST 5: IPv6 for both kinds of address
--- config
    listen [::]:$TEST_NGINX_RAND_PORT_1 ipv6only=off;
    location / { return 200 "$remote_addr\n"; }
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_1
--- request
GET /
--- response_body_like: ^(::ffff:)?127\.0\.0\.1$



=== TEST 6: IPv6 alone leaves the port of the others free
--- config
    listen [::]:$TEST_NGINX_RAND_PORT_1 ipv6only=on;
    listen $TEST_NGINX_RAND_PORT_1;
    location / { return 200 "$remote_addr\n"; }
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_1
--- request
GET /
--- response_body
127.0.0.1



=== TEST 7: a socket of the file system
--- config
    listen unix:$TEST_NGINX_HTML_DIR/a.sock;
    location / { return 200 "$server_addr|$remote_addr|$remote_port|$server_port\n"; }
--- connect: unix:$TEST_NGINX_HTML_DIR/a.sock
--- request
GET /
--- response_body
unix:$TEST_NGINX_HTML_DIR/a.sock|unix:||



=== TEST 8: the first server of an address is its default
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name a; return 200 "a\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name b; return 200 "b\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request eval
["GET /", "GET /"]
--- more_headers eval
["Host: b", "Host: x"]
--- response_body eval
["b\n", "a\n"]



=== TEST 9: or the one that says so
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name a; return 200 "a\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1 default_server; server_name b; return 200 "b\n"; }
    server { listen $TEST_NGINX_RAND_PORT_2 default; server_name c; return 200 "c\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request eval
["GET /", "GET /"]
--- more_headers eval
["Host: a", "Host: x"]
--- response_body eval
["a\n", "b\n"]



=== TEST 10: an address is chosen before the names
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name a; return 200 "any\n"; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server_name b; return 200 "one\n"; }
--- config
--- connect: 127.0.0.1:$TEST_NGINX_RAND_PORT_1
--- request
GET /
--- more_headers
Host: a
--- response_body
one



=== TEST 11: and the other addresses are still served
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name a; return 200 "any $server_addr\n"; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server_name b; return 200 "one\n"; }
--- config
--- connect: 127.0.0.5:$TEST_NGINX_RAND_PORT_1
--- request
GET /
--- response_body
any 127.0.0.5



=== TEST 12: parameters of the socket
--- config
    listen $TEST_NGINX_RAND_PORT_1 backlog=64 rcvbuf=32k sndbuf=64k so_keepalive=on deferred;
    listen $TEST_NGINX_RAND_PORT_2 so_keepalive=30m::10 reuseport;
    listen $TEST_NGINX_RAND_PORT_3 bind so_keepalive=off fastopen=3;
    location / { return 200 "fine\n"; }
--- connect: $TEST_NGINX_RAND_PORT_1
--- request
GET /
--- response_body
fine



=== TEST 13: with a socket for each worker
--- config
    listen $TEST_NGINX_RAND_PORT_2 reuseport;
    location / { return 200 "fine\n"; }
--- connect: $TEST_NGINX_RAND_PORT_2
--- request
GET /
--- response_body
fine



=== TEST 14: bad parameters
--- config
    listen $TEST_NGINX_RAND_PORT_1 so_keepalive=maybe;
--- must_die
--- error_log
invalid so_keepalive value: "maybe" in



=== TEST 15: a backlog that is none
--- config
    listen $TEST_NGINX_RAND_PORT_1 backlog=few;
--- must_die
--- error_log
invalid backlog "backlog=few" in



=== TEST 16: rcvbuf and sndbuf
--- config
    listen $TEST_NGINX_RAND_PORT_1 rcvbuf=x;
--- must_die
--- error_log
invalid rcvbuf "rcvbuf=x" in



=== TEST 17: sndbuf
--- config
    listen $TEST_NGINX_RAND_PORT_1 sndbuf=x;
--- must_die
--- error_log
invalid sndbuf "sndbuf=x" in



=== TEST 18: ipv6only where it is no use
--- config
    listen $TEST_NGINX_RAND_PORT_1 ipv6only=sometimes;
--- must_die
--- error_log eval
qr{invalid (ipv6only flags "|parameter "ipv6only=)sometimes" in}



=== TEST 19: a server without listen has port 80, and needs the right to it
--- http_config
    server { listen *:$TEST_NGINX_RAND_PORT_1; return 200 "star\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request
GET /
--- response_body
star
