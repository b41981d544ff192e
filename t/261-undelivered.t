# Requests whose cached connection had died: replays that cost no try.

use Test::Nginx::Socket 'no_plan';
run_tests();

__DATA__

=== TEST 1: undelivered is a condition of proxy_next_upstream
--- config
    location / {
        proxy_next_upstream error undelivered;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
POST /
hello
--- response_body
ok
--- skip_nginx: all



=== TEST 2: a POST that was answered by nothing is not repeated, with undelivered or without
--- config
    location / {
        proxy_next_upstream error timeout undelivered;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n", ""], "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nwrong\n"]
--- request eval
["POST /\na", "POST /\nb"]
--- error_code eval
[200, 502]
--- error_log
upstream prematurely closed connection while reading response header from upstream
--- skip_nginx: all



=== TEST 3: an answer that breaks off in its head is no sign of a dead connection
--- config
    location / {
        proxy_next_upstream error undelivered;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n", "HTTP/1.1 200 O"], "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nwrong\n"]
--- request eval
["GET /", "GET /"]
--- error_code eval
[200, 502]
--- skip_nginx: all



=== TEST 4: after a dead connection its server is asked again, not one that has failed before
--- http_config
    upstream pool {
        ip_hash;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=0;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 max_fails=0;
        keepalive 4;
    }
--- config
    location / {
        add_header X-Status $upstream_status always;
        proxy_pass http://pool;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n", ""], "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nagain\n"]
--- request eval
["GET /", "GET /"]
--- response_headers eval
["X-Status: 502, 200", "X-Status: 502, 502, 200"]
--- response_body eval
["ok\n", "again\n"]
--- skip_nginx: all
