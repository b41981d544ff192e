# Clients that go away or close their sending side: proxy_ignore_client_abort, client_half_close.

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



=== TEST 2: off: the end of its input is the end of the client
--- config
    location /t {
        proxy_ignore_client_abort off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 10
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- shutdown: 1
--- ignore_response
--- error_log
client prematurely closed connection
--- access_log
"GET /t HTTP/1.1" 499 0



=== TEST 3: an end after a request with a body
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 10
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
--- shutdown: 1
--- ignore_response
--- access_log
"POST /t HTTP/1.1" 499 0



=== TEST 4: an end within the body: nothing is sent to the upstream
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
--- access_log
"POST /t HTTP/1.1" 400 0



=== TEST 5: on: the upstream's answer is waited for when the client has gone
--- config
    location /t {
        proxy_ignore_client_abort on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: client
--- tcp_reply eval
"HTTP/1.1 299 Done\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- abort: asked
--- ignore_response
--- access_log
"GET /t HTTP/1.1" 299



=== TEST 6: another request behind the first is no end
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /next { return 200 "next\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.3
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
["GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n",
 "GET /next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"]
--- raw_request_middle_delay: 0.1
--- response_body eval
["ok\n", "next\n"]



=== TEST 7: an end behind another request is one, and that is not served
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /next { return 200 "next\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 10
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
["GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n",
 "GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n"]
--- raw_request_middle_delay: 0.1
--- shutdown: 1
--- ignore_response
--- access_log
"GET /t HTTP/1.1" 499 0
--- no_access_log
GET /next



=== TEST 8: requests that are answered at once are answered before the end is seen
--- config
    location /t { return 200 "$request_uri\n"; }
--- raw_request eval
"GET /t1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /t2 HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- shutdown: 1
--- response_body eval
["/t1\n", "/t2\n"]



=== TEST 9: an end while limit_rate holds the answer back
--- config
    location / { root html; limit_rate 1k; }
--- user_files eval
[["big", "x" x 100000]]
--- raw_request eval
["GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n", ""]
--- raw_request_middle_delay: 0.1
--- shutdown: 1
--- ignore_response
--- error_log
client prematurely closed connection
--- access_log
"GET /big HTTP/1.1" 200 



=== TEST 10: also one that comes with the request
--- config
    location / { root html; limit_rate 1k; }
--- user_files eval
[["big", "x" x 100000]]
--- raw_request eval
"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- shutdown: 1
--- ignore_response
--- error_log
client prematurely closed connection while
--- access_log
"GET /big HTTP/1.1" 200 
--- skip_nginx: all



=== TEST 11: an end while a name is looked up
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    resolver_timeout 60s;
    location /t {
        set $to "nowhere.test";
        proxy_pass http://$to;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
nowhere.test silent
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- shutdown: 1
--- ignore_response
--- access_log
"GET /t HTTP/1.1" 499 0



=== TEST 12: a location that ignores the end leads to one that does not
--- config
    location /t {
        proxy_ignore_client_abort on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /other { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.2
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nX-Accel-Redirect: /other\r\nContent-Length: 0\r\n\r\n"
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_2
--- tcp_reply_delay_2: 10
--- tcp_reply_2 eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- shutdown: 1
--- ignore_response
--- access_log
"GET /t HTTP/1.1" 499 0



=== TEST 13: an end together with a head that is refused, whose page is another server's
--- config
    error_page 400 /page;
    location /page { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 10
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.1\r\n\r\n"
--- shutdown: 1
--- ignore_response
--- error_log
client prematurely closed connection



=== TEST 14: client_half_close on: it gets its answer
--- config
    location /t {
        client_half_close on;
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



=== TEST 15: also after a body, for a whole server, and for requests behind it
--- config
    client_half_close on;
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /next { return 200 "next\n"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhelloGET /next HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- shutdown: 1
--- response_body eval
["ok\n", "next\n"]
--- skip_nginx: all



=== TEST 16: a location may switch it off
--- http_config
    client_half_close on;
--- config
    location /t {
        client_half_close off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 10
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- shutdown: 1
--- ignore_response
--- access_log
"GET /t HTTP/1.1" 499 0
--- skip_nginx: all



=== TEST 17: client_half_close on: a client that resets is gone
--- config
    location /t {
        client_half_close on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 10
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t
--- abort: asked
--- ignore_response
--- access_log
"GET /t HTTP/1.1" 499 0
--- skip_nginx: all



=== TEST 18: client_half_close takes on or off
--- config
    client_half_close maybe;
--- must_die
--- error_log
invalid value "maybe" in "client_half_close" directive, it must be "on" or "off"
--- skip_nginx: all
