# proxy_bind, proxy_socket_keepalive, proxy_socket_rcvbuf, proxy_socket_sndbuf.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: an address, with and without a port, and off
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$remote_addr\n"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "$remote_addr:$remote_port\n"; } }
    proxy_bind 127.0.0.2;
--- config
    location /a { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { proxy_bind off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /own { proxy_bind 127.0.0.3; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /port { proxy_bind 127.0.0.4:$TEST_NGINX_RAND_PORT_3; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- request eval
["GET /a", "GET /off", "GET /own", "GET /port"]
--- response_body eval
["127.0.0.2\n", "127.0.0.1\n", "127.0.0.3\n", "127.0.0.4:\$TEST_NGINX_RAND_PORT_3\n"]



=== TEST 2: what is no address is logged, and not used
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$remote_addr\n"; } }
--- config
    location / { proxy_bind $arg_from; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /?from=127.0.0.9", "GET /", "GET /?from=127.0.0.8", "GET /?from=127.0.0.8:0", "GET /?from=here"]
--- response_body eval
["127.0.0.9\n", "127.0.0.1\n", "127.0.0.8\n", "127.0.0.1\n", "127.0.0.1\n"]
--- error_log
invalid local address "here"



=== TEST 3: an address that the machine does not have
--- config
    location / { proxy_bind 192.0.2.1; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /
--- error_code: 500
--- error_log
[crit]
bind(192.0.2.1) failed (99: Cannot assign requested address) while connecting to upstream



=== TEST 4: options of the socket
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up\n"; } }
--- config
    location / { proxy_socket_keepalive on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /
--- response_body
up



=== TEST 5: sizes of its buffers
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up\n"; } }
--- config
    location / {
        proxy_socket_rcvbuf 16k;
        proxy_socket_sndbuf 16k;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- response_body
up
--- skip_nginx: 1: < 1.31.0



=== TEST 6: no address
--- config
    location / { proxy_bind here; }
--- must_die
--- error_log
invalid address "here" in



=== TEST 7: no such parameter
--- config
    location / { proxy_bind 127.0.0.1 invisible; }
--- must_die
--- error_log
invalid parameter "invisible" in



=== TEST 8: twice
--- config
    location / { proxy_bind 127.0.0.1; proxy_bind off; }
--- must_die
--- error_log
"proxy_bind" directive is duplicate in



=== TEST 9: a path is no address to come from
--- config
    location /t { proxy_bind unix:/tmp/x; proxy_pass http://127.0.0.1:81; }
--- must_die
--- error_log
invalid address "unix:/tmp/x"



=== TEST 10: a port of ours serves for connections to several servers
--- http_config
    upstream a { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 1; }
    upstream b { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; keepalive 1; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 "a $remote_port\n"; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "b $remote_port\n"; }
--- config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_bind 127.0.0.1:$TEST_NGINX_RAND_PORT_3;
    location /a { proxy_pass http://a; }
    location /b { proxy_pass http://b; }
--- request eval
["GET /a", "GET /b"]
--- response_body eval
["a $ENV{TEST_NGINX_RAND_PORT_3}\n", "b $ENV{TEST_NGINX_RAND_PORT_3}\n"]
--- skip_nginx: 2: >= 0.0.0: it says that the address is in use



=== TEST 11: proxy_bind_dynamic: the address may depend on the server, and connections are kept by it
--- http_config
    map $upstream_last_addr $from { volatile; default 127.0.0.3; "127.0.0.1:$TEST_NGINX_RAND_PORT_1" 127.0.0.2; }
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 "$remote_addr $connection_requests\n"; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "$remote_addr $connection_requests\n"; }
--- config
    proxy_bind $from;
    location / { proxy_bind_dynamic on; proxy_pass http://u; }
    location /once { proxy_pass http://u; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /once", "GET /once"]
--- response_body eval
["127.0.0.2 1\n", "127.0.0.3 1\n", "127.0.0.2 2\n", "127.0.0.3 2\n", "127.0.0.3 1\n", "127.0.0.3 3\n"]
--- skip_nginx: all



=== TEST 12: proxy_bind_dynamic: each try has its own address
--- http_config
    map $upstream_last_addr $from { volatile; default 127.0.0.3; "127.0.0.1:$TEST_NGINX_RAND_PORT_1" 127.0.0.2; }
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 503; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "$remote_addr\n"; }
--- config
    location / {
        proxy_bind $from;
        proxy_bind_dynamic on;
        proxy_next_upstream http_503;
        proxy_pass http://u;
    }
--- request
GET /
--- response_body
127.0.0.3
--- skip_nginx: all
