# proxy_cache_use_stale, proxy_cache_background_update, proxy_cache_revalidate, proxy_cache_lock: what is in the cache
# and not fresh, and what several requests for it do at the same time.
#
# A response is stored with X-Accel-Expires: @1, which is past: it is not fresh from the start. nginx stores it as well.

use Test::Nginx::Socket 'no_plan';

our $Cache = <<'_EOC_';
    proxy_cache_path cache keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status always;
    proxy_cache a;
_EOC_

run_tests();

__DATA__

=== TEST 1: what is not fresh is asked for anew
--- http_config eval: $::Cache
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nX-Accel-Expires: \@1\r\n\r\n1",
 "HTTP/1.0 200 OK\r\nX-Accel-Expires: 100\r\n\r\n2"]
--- request eval
["GET /a", "GET /a", "GET /a"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: EXPIRED", "X-Cache: HIT"]
--- response_body eval
["1", "2", "2"]



=== TEST 2: a server that fails: error, timeout, invalid_header
--- http_config eval: $::Cache
--- config
    proxy_read_timeout 100ms;
    location /a { proxy_cache_use_stale error; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /b { proxy_cache_use_stale timeout; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
    location /c { proxy_cache_use_stale invalid_header; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_4; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nContent-Length: 1\r\nX-Accel-Expires: \@1\r\n\r\n1"]
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_3
--- tcp_reply_2 eval
["HTTP/1.0 200 OK\r\nContent-Length: 1\r\nX-Accel-Expires: \@1\r\n\r\n2", ""]
--- tcp_no_close_2
--- tcp_listen_3: $TEST_NGINX_RAND_PORT_4
--- tcp_reply_3 eval
["HTTP/1.0 200 OK\r\nContent-Length: 1\r\nX-Accel-Expires: \@1\r\n\r\n3", "HTTP/1.0 200 OK\r\nA\0: b\r\n\r\n"]
--- request eval
["GET /a", "GET /a", "GET /b", "GET /b", "GET /c", "GET /c"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: STALE", "X-Cache: MISS", "X-Cache: STALE", "X-Cache: MISS", "X-Cache: STALE"]
--- response_body eval
["1", "1", "2", "2", "3", "3"]
--- error_log
connect() failed
upstream timed out



=== TEST 3: without the condition the client sees the failure
--- http_config eval: $::Cache
--- config
    location /a { proxy_cache_use_stale timeout http_503; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nX-Accel-Expires: \@1\r\n\r\n1"]
--- request eval
["GET /a", "GET /a"]
--- error_code eval
[200, 502]
--- response_headers eval
["X-Cache: MISS", "X-Cache: EXPIRED"]
--- error_log
connect() failed



=== TEST 4: statuses
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status always;
    proxy_cache a;
    proxy_cache_key $uri;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-Cache "";
            add_header X-Accel-Expires @1;
            if ($arg_s = 500) { return 500; }
            if ($arg_s = 503) { return 503; }
            if ($arg_s = 404) { return 404; }
            return 200 "$http_x";
        }
    }
--- config
    location / { proxy_cache_use_stale http_500 http_404; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /a?s=500", "GET /a?s=404", "GET /a?s=503", "GET /a"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5"]
--- error_code eval
[200, 200, 200, 503, 200]
--- response_headers eval
["X-Cache: MISS", "X-Cache: STALE", "X-Cache: STALE", "X-Cache: EXPIRED", "X-Cache: EXPIRED"]
--- response_body_like eval
["^1\$", "^1\$", "^1\$", "503", "^5\$"]



=== TEST 5: off
--- http_config eval: $::Cache
--- config
    location /a { proxy_cache_use_stale error off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nX-Accel-Expires: \@1\r\n\r\n1"]
--- request eval
["GET /a", "GET /a"]
--- error_code eval
[200, 502]
--- error_log
connect() failed



=== TEST 6: stale-if-error
--- http_config eval: $::Cache
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nCache-Control: stale-if-error=2000000000\r\nX-Accel-Expires: \@1\r\n\r\n1"]
--- request eval
["GET /a", "GET /a"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: STALE"]
--- error_log
connect() failed



=== TEST 7: revalidation: 304, and the times are those that it says
--- http_config eval: $::Cache
--- config
    location / { proxy_cache_revalidate on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nETag: \"x\"\r\nLast-Modified: Sat, 01 Jan 2000 00:00:00 GMT\r\nX-Accel-Expires: \@1\r\n\r\n1",
 "HTTP/1.0 304 Not Modified\r\nX-Accel-Expires: 100\r\n\r\n"]
--- tcp_query eval
qr/\AGET .a HTTP.1.\d(?!.*If-None-Match.*GET).*GET .a HTTP.1.\d.*If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT\r\nIf-None-Match: "x"\r\n/s
--- request eval
["GET /a", "GET /a", "GET /a"]
--- more_headers eval
["If-None-Match: \"own\"", "If-None-Match: \"own\"", ""]
--- response_headers eval
["X-Cache: MISS", "X-Cache: REVALIDATED", "X-Cache: HIT"]
--- response_body eval
["1", "1", "1"]



=== TEST 8: a new response instead
--- http_config eval: $::Cache
--- config
    location / { proxy_cache_revalidate on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nETag: \"x\"\r\nX-Accel-Expires: \@1\r\n\r\n1",
 "HTTP/1.0 200 OK\r\nX-Accel-Expires: 100\r\n\r\n2"]
--- request eval
["GET /a", "GET /a", "GET /a"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: EXPIRED", "X-Cache: HIT"]
--- response_body eval
["1", "2", "2"]



=== TEST 9: a background update
--- http_config eval: $::Cache
--- config
    location / {
        proxy_cache_use_stale updating;
        proxy_cache_background_update on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nX-Accel-Expires: \@1\r\n\r\n1",
 "HTTP/1.0 200 OK\r\nX-Accel-Expires: 100\r\n\r\n2"]
--- tcp_query eval
qr/\AGET .a HTTP.*GET .a HTTP/s
--- request eval
["GET /a", "GET /a"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: STALE"]
--- response_body eval
["1", "1"]



=== TEST 10: stale-while-revalidate
--- http_config eval: $::Cache
--- config
    location / {
        proxy_cache_background_update on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nCache-Control: stale-while-revalidate=2000000000\r\nX-Accel-Expires: \@1\r\n\r\n1",
 "HTTP/1.0 200 OK\r\nX-Accel-Expires: 100\r\n\r\n2"]
--- tcp_query eval
qr/\AGET .a HTTP.*GET .a HTTP/s
--- request eval
["GET /a", "GET /a"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: STALE"]
--- response_body eval
["1", "1"]



=== TEST 11: a background update where the uri was changed, and by an expression's captures
--- http_config eval: $::Cache
--- config
    location ~ ^/(.)/(.) {
        proxy_cache_key $1$2;
        proxy_cache_use_stale updating;
        proxy_cache_background_update on;
        set $up 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        rewrite ^/(.)/(.)$ /$2/$1 break;
        proxy_set_header Captured $1$2;
        proxy_pass http://$up;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nX-Accel-Expires: \@1\r\n\r\n1",
 "HTTP/1.0 200 OK\r\nX-Accel-Expires: 100\r\n\r\n2"]
--- tcp_query eval
qr/\AGET .b.a HTTP.*?Captured: ab\r\n.*GET .b.a HTTP.*?Captured: ab\r\n/s
--- request eval
["GET /a/b", "GET /a/b"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: STALE"]
--- response_body eval
["1", "1"]



=== TEST 12: requests at the same time ask the server once with proxy_cache_lock
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    proxy_cache a;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { proxy_cache off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        location /all {
            add_after_body /after;
            proxy_cache_lock on;
            proxy_cache_valid 1m;
            proxy_cache_key $host;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/;
        }
    }
--- config
    location / { ssi on; default_type text/html; alias $TEST_NGINX_HTML_DIR/; }
    location /in {
        proxy_cache_lock on;
        proxy_cache_valid 1m;
        proxy_cache_key $host;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        log_subrequest on;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nX-Accel-Expires: 100\r\n\r\n1"]
--- user_files
>>> page
<!--#include virtual="/in?1" --><!--#include virtual="/in?2" --><!--#include virtual="/in?3" -->
--- request
GET /page
--- response_body
111



=== TEST 13: those that wait too long ask it themselves, and do not store what it says
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    proxy_cache a;
--- config
    location / { ssi on; default_type text/html; alias $TEST_NGINX_HTML_DIR/; }
    location /in {
        proxy_cache_lock on;
        proxy_cache_lock_timeout 100ms;
        proxy_cache_valid 1m;
        proxy_cache_key $host;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.4
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nX-Accel-Expires: 100\r\n\r\n1", "HTTP/1.0 200 OK\r\nX-Accel-Expires: 100\r\n\r\n2"]
--- user_files
>>> page
<!--#include virtual="/in?1" --><!--#include virtual="/in?2" -->
--- request eval
["GET /page", "GET /in"]
--- response_body eval
["12\n", "1"]
--- error_log
cache lock timeout



=== TEST 14: the one that is waited for does not store its response: the next asks
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    proxy_cache a;
--- config
    location / { ssi on; default_type text/html; alias $TEST_NGINX_HTML_DIR/; }
    location /in {
        proxy_cache_lock on;
        proxy_cache_key $host;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.1
--- tcp_reply eval
["HTTP/1.0 200 OK\r\n\r\n1", "HTTP/1.0 200 OK\r\n\r\n2", "HTTP/1.0 200 OK\r\n\r\n3"]
--- user_files
>>> page
<!--#include virtual="/in?1" --><!--#include virtual="/in?2" --><!--#include virtual="/in?3" -->
--- request
GET /page
--- response_body
123



=== TEST 15: one wait, also for what takes the place of an error page
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    proxy_cache_valid 404 1s;
    proxy_cache_key $host;
--- config
    location / { ssi on; default_type text/html; alias $TEST_NGINX_HTML_DIR/; }
    location /in {
        proxy_cache a;
        proxy_cache_lock on;
        proxy_cache_lock_timeout 100ms;
        proxy_intercept_errors on;
        error_page 404 =200 /gone;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location = /gone { return 200 gone; }
    location = /later { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 1.1
--- tcp_reply eval
["HTTP/1.0 404 Not Found\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nlater", "HTTP/1.0 200 OK\r\n\r\nlater", "HTTP/1.0 404 Not Found\r\n\r\n", "HTTP/1.0 404 Not Found\r\n\r\n"]
--- user_files
>>> page
<!--#include virtual="/in?1" --><!--#include virtual="/in?2" -->
--- request eval
["GET /in", "GET /later", "GET /later", "GET /page"]
--- response_body eval
["gone", "later", "later", "gonegone\n"]
--- error_log
cache lock timeout



=== TEST 16: proxy_cache_lock_age: one more asks the server, and stores what it says
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    proxy_cache a;
--- config
    location / { ssi on; default_type text/html; alias $TEST_NGINX_HTML_DIR/; }
    location /in {
        proxy_cache_lock on;
        proxy_cache_lock_age 100ms;
        proxy_cache_valid 1m;
        proxy_cache_key $host;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.9
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nX-Accel-Expires: 100\r\n\r\n1", "HTTP/1.0 200 OK\r\nX-Accel-Expires: 100\r\n\r\n2"]
--- user_files
>>> page
<!--#include virtual="/in?1" --><!--#include virtual="/in?2" -->
--- request eval
["GET /page", "GET /in"]
--- response_body eval
["12\n", "2"]
--- no_error_log
cache lock timeout
