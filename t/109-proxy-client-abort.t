# Clients that go away or close their sending side: proxy_ignore_client_abort.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: on: a client that has shut its sending side gets its answer
--- config
    location /t {
        proxy_ignore_client_abort on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- shutdown: 1
--- response_body
ok



=== TEST 2: off: it still gets it, since a shut side is not an abort
--- config
    location /t {
        proxy_ignore_client_abort off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- shutdown: 1
--- response_body
ok
--- skip_nginx: all



=== TEST 3: a shut side after a request with a body
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
--- shutdown: 1
--- response_body
ok
--- skip_nginx: all



=== TEST 4: a shut side within the body: nothing is sent to the upstream
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\nhello"
--- shutdown: 1
--- ignore_response
--- no_error_log
connecting to upstream
--- error_log
client prematurely closed connection



=== TEST 5: on: the upstream's answer is waited for when the client has gone
--- config
    location /t {
        proxy_ignore_client_abort on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.1
--- tcp_reply eval
"HTTP/1.1 299 Done\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- shutdown: 2
--- ignore_response
--- wait: 0.4
--- access_log
"GET /t HTTP/1.1" 299
