# limit_conn: requests of a key at the same time. A location that asks its own server has two under way.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: one request at a time
--- http_config
    limit_conn_zone $binary_remote_addr zone=one:32k;
--- config
    location /inner { limit_conn one 1; root html; try_files /index.html =404; }
    location /outer { limit_conn one 1; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/inner; }
    location /free { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/inner; }
--- request eval
["GET /inner", "GET /outer", "GET /inner", "GET /free"]
--- error_code eval
[200, 503, 200, 200]
--- error_log eval
qr{\[error\] \d+#\d+: \*\d+ limiting connections by zone "one", client: 127\.0\.0\.1, server: localhost, request: "GET /inner HTTP/1\.[01]", host: "127\.0\.0\.1:\d+"$}



=== TEST 2: two at a time
--- http_config
    limit_conn_zone $binary_remote_addr zone=one:32k;
--- config
    location /1 { limit_conn one 2; root html; try_files /index.html =404; }
    location /2 { limit_conn one 2; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/1; }
    location /3 { limit_conn one 2; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/2; }
--- request eval
["GET /1", "GET /2", "GET /3", "GET /2"]
--- error_code eval
[200, 200, 503, 200]



=== TEST 3: keys are counted apart; an empty one does not count
--- http_config
    limit_conn_zone $arg_a$arg_b zone=one:32k;
--- config
    location /inner { limit_conn one 1; add_header Inner "($limit_conn_status)" always; root html; try_files /index.html =404; }
    location /outer { limit_conn one 1; add_header Outer "($limit_conn_status)" always; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/inner?a=$arg_in; }
--- request eval
["GET /outer?a=x&in=y", "GET /outer?a=x&b=y&in=xy", "GET /outer?a=x", "GET /outer?in=x"]
--- error_code eval
[200, 503, 200, 200]
--- response_headers eval
["Inner: (PASSED)\nOuter: (PASSED)", "Inner: (REJECTED)\nOuter: (PASSED)", "Inner: ()\nOuter: (PASSED)", "Inner: (PASSED)\nOuter: ()"]



=== TEST 4: a dry run
--- http_config
    limit_conn_zone $binary_remote_addr zone=one:32k;
    limit_conn_dry_run on;
--- config
    location /inner { limit_conn one 1; add_header Inner $limit_conn_status; root html; try_files /index.html =404; }
    location /outer { limit_conn one 1; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/inner; }
--- request
GET /outer
--- response_headers
Inner: REJECTED_DRY_RUN
--- error_log
limiting connections, dry run, by zone "one", client



=== TEST 5: status and level of what is refused
--- http_config
    limit_conn_zone $binary_remote_addr zone=one:32k;
    limit_conn_status 429;
    limit_conn_log_level notice;
--- config
    location /inner { limit_conn one 1; root html; try_files /index.html =404; }
    location /info { limit_conn one 1; limit_conn_log_level info; limit_conn_status 430; root html; try_files /index.html =404; }
    location /outer { limit_conn one 1; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/$arg_to; }
--- request eval
["GET /outer?to=inner", "GET /outer?to=info"]
--- error_code eval
[429, 430]
--- error_log eval
[qr{\[notice\] .*limiting connections by zone "one", .*GET /inner}, qr{\[info\] .*limiting connections by zone "one", .*GET /info}]
--- no_error_log
[error]



=== TEST 6: of several limits any may refuse, and then none counts
--- http_config
    limit_conn_zone $arg_a zone=a:32k;
    limit_conn_zone $arg_b zone=b:32k;
--- config
    location /inner { limit_conn a 2; limit_conn b 1; error_page 503 = /again; root html; try_files /index.html =404; }
    location /again { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/last?a=1; }
    location /last { limit_conn a 2; root html; try_files /index.html =404; }
    location /outer { limit_conn a 2; limit_conn b 1; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/inner?$args; }
--- request eval
["GET /inner?a=1&b=1", "GET /outer?a=1&b=1"]
--- error_code eval
[200, 200]
--- error_log
limiting connections by zone "b"
--- no_error_log
by zone "a"



=== TEST 7: inherited as a whole or not at all
--- http_config
    limit_conn_zone $binary_remote_addr zone=one:32k;
    limit_conn_zone $binary_remote_addr zone=two:32k;
    limit_conn one 1;
--- config
    location /inner { root html; try_files /index.html =404; }
    location /own { limit_conn two 1; root html; try_files /index.html =404; }
    location /outer { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/$arg_to; }
--- request eval
["GET /inner", "GET /outer?to=inner", "GET /outer?to=own"]
--- error_code eval
[200, 503, 200]



=== TEST 8: a request counts once, also if it is redirected
--- http_config
    limit_conn_zone $binary_remote_addr zone=one:32k;
--- config
    limit_conn one 1;
    location /t { try_files /nowhere /u; }
    location /u { error_page 403 = /v; deny all; }
    location /v { root html; try_files /index.html =404; }
--- request eval
["GET /t", "GET /t"]
--- error_code eval
[200, 200]



=== TEST 9: requests by time are limited before requests at a time
--- http_config
    limit_req_zone $binary_remote_addr zone=req:32k rate=1r/m;
    limit_conn_zone $binary_remote_addr zone=conn:32k;
    limit_req_status 420;
    limit_conn_status 421;
--- config
    limit_conn conn 1;
    location /inner { limit_req zone=req; root html; try_files /index.html =404; }
    location /outer { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/inner; }
--- request eval
["GET /outer", "GET /outer"]
--- error_code eval
[421, 420]



=== TEST 10: a key that is too long does not count
--- http_config
    limit_conn_zone $arg_a zone=one:32k;
--- config
    location /inner { limit_conn one 1; root html; try_files /index.html =404; }
    location /outer { limit_conn one 1; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/inner?$args; }
--- request eval
["GET /outer?a=" . "x" x 256, "GET /outer?a=" . "x" x 255]
--- error_code eval
[200, 503]
--- error_log
the value of the "$arg_a" key is more than 255 bytes: "xxx



=== TEST 11: a full zone refuses
--- http_config
    limit_conn_zone 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890$connection zone=one:32k;
    access_log off;
--- post_main_config
    events { worker_connections 1024; }
--- config
    location /t { limit_conn one 1; limit_conn_status 429; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT; }
--- request eval
["GET /t", "GET /t"]
--- error_code eval
[429, 429]
--- error_log eval
qr{\[crit\] \d+#\d+: ngx_slab_alloc\(\) failed: no memory in limit_conn_zone "one"$}
--- no_error_log
[alert]



=== TEST 12: a zone that is not declared
--- config
    limit_conn one 1;
--- must_die
--- error_log
zero size shared memory zone "one"



=== TEST 13: a zone of another module
--- http_config
    limit_conn_zone $uri zone=one:32k;
--- config
    limit_req zone=one;
--- must_die
--- error_log
the shared memory zone "one" is already declared for a different use in



=== TEST 14: a zone twice
--- http_config
    limit_conn_zone $uri zone=one:32k;
    limit_conn_zone $host zone=one:32k;
--- config
--- must_die
--- error_log
limit_conn_zone "one" is already bound to key "$uri" in



=== TEST 15: a zone without a size
--- http_config
    limit_conn_zone $uri zone=one;
--- config
--- must_die
--- error_log
invalid zone size "zone=one" in



=== TEST 16: a zone that is too small
--- http_config
    limit_conn_zone $uri zone=one:31k;
--- config
--- must_die
--- error_log
zone "zone=one:31k" is too small in



=== TEST 17: a zone has no rate
--- http_config
    limit_conn_zone $uri rate=1r/s;
--- config
--- must_die
--- error_log
invalid parameter "rate=1r/s" in



=== TEST 18: a limit of none
--- config
    limit_conn one 0;
--- must_die
--- error_log
invalid number of connections "0" in



=== TEST 19: a limit that is too high
--- config
    limit_conn one 65536;
--- must_die
--- error_log
connection limit must be less 65536 in



=== TEST 20: a zone twice in a block
--- config
    limit_conn one 1;
    limit_conn one 2;
--- must_die
--- error_log
"limit_conn" directive is duplicate in



=== TEST 21: a limit without a number
--- config
    limit_conn one;
--- must_die
--- error_log
invalid number of arguments in "limit_conn" directive in



=== TEST 22: a status that is no error
--- config
    limit_conn_status 600;
--- must_die
--- error_log
value must be between 400 and 599 in



=== TEST 23: a level that there is not
--- config
    limit_conn_log_level debug;
--- must_die
--- error_log
invalid value "debug" in



=== TEST 24: a dry run is on or off
--- config
    limit_conn_dry_run 1;
--- must_die
--- error_log
invalid value "1" in "limit_conn_dry_run" directive, it must be "on" or "off" in



=== TEST 25: not in limit_except
--- config
    location / { limit_except GET { limit_conn one 1; } }
--- must_die
--- error_log
"limit_conn" directive is not allowed here in
