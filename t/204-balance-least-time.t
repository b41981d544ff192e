# upstream: least_time.

use Test::Nginx::Socket 'no_plan';

our $Servers = <<'_EOC_';
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 b; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { return 200 c; } }
_EOC_

run_tests();

__DATA__

=== TEST 1: who weighs more may take longer
--- http_config eval
"upstream pool {
    least_time header;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2 weight=50;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["b", "b", "b", "b", "b", "b"]
--- skip_nginx: all



=== TEST 2: the slow one is found out
--- http_config eval
"upstream pool {
    least_time header inflight;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_4;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_4
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nslow"
--- tcp_reply_delay: 0.3
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["slow", "b", "b", "b"]
--- skip_nginx: all



=== TEST 3: the time to the last byte
--- http_config eval
"upstream pool {
    least_time last_byte;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_4;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_4
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nslow"
--- tcp_reply_delay: 0.3
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["slow", "b", "b", "b"]
--- skip_nginx: all



=== TEST 4: a server that fails at once is not the quickest
--- http_config eval
"upstream pool {
    random two least_time=last_byte;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_4 max_fails=0;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_2;
}
$::Servers"
--- config
    location /t { proxy_pass http://pool; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["b", "b", "b"]
--- skip_nginx: all



=== TEST 5: least of what
--- http_config
    upstream pool { least_time first_byte; server 127.0.0.1:81; }
--- config
--- must_die
--- error_log
invalid value "first_byte" in
--- skip_nginx: all
