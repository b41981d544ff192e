# pool_status: the numbers of the pool, for people and for programs.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: what a server was asked, and how its connections came and went
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "x\n"; }
        location /last { keepalive_timeout 0; return 200 "x\n"; }
    }
--- config
    location / { proxy_pass http://u; }
    location /status { pool_status; }
--- request eval
["GET /", "GET /", "GET /last", "GET /", "GET /status"]
--- response_headers eval
["", "", "", "", "Content-Type: application/json"]
--- response_body eval
["x\n", "x\n", "x\n", "x\n", qq({"groups":[
{"name":"u","waiting":0,"overflows":0,"timeouts":0,"busy":0,"unavailable":0,"peers":[
{"peer":"127.0.0.1:$ENV{TEST_NGINX_RAND_PORT_1}","server":"127.0.0.1:$ENV{TEST_NGINX_RAND_PORT_1}","backup":false,"state":"up","idle":1,"busy":0,"dialing":0,"tries":4,"hits":2,"dials":2,"dial_failures":0,"late":0,"kept":3,"stale_replays":0,"never_sent_replays":0,"undelivered_replays":0,"undecided":0,"evicted":0,"expired":0,"closed_idle":0,"waited":0,"wait_ms":0,"denied":0,"handshakes":0,"resumed":0,"handshake_failures":0,"undecided_by":{"reset-alone":0,"arrived":0,"no-reset":0,"not-awaited":0,"unfinished":0,"streamed":0,"response-begun":0,"unix-socket":0,"no-account":0,"other-error":0},"not_kept":{"failed":0,"peer-closed":0,"closed-by-header":1,"excess-bytes":0,"request-unfinished":0,"requests":0,"age":0,"full":0,"exiting":0,"off":0,"upgraded":0},"handshake_failures_by":{"untrusted":0,"other-name":0,"timed-out":0,"ended":0,"protocol":0}}]}]}
)]
--- skip_nginx: all



=== TEST 2: the same for Prometheus
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { keepalive_timeout 0; return 200 "x\n"; } }
--- config
    location / { proxy_pass http://u; }
    location /status { pool_status format=prometheus; }
--- request eval
["GET /", "GET /status", "GET /status", "GET /status", "GET /status", "GET /status"]
--- response_headers eval
["", "Content-Type: text/plain; version=0.0.4", "", "", "", ""]
--- response_body_like eval
["x",
 qr/^# TYPE peerage_group_overflows_total counter\npeerage_group_overflows_total\{group="u"\} 0$/m,
 qr/^# TYPE peerage_peer_up gauge\npeerage_peer_up\{group="u",peer="127\.0\.0\.1:\d+"\} 1$/m,
 qr/^# TYPE peerage_peer_tries_total counter\npeerage_peer_tries_total\{group="u",peer="127\.0\.0\.1:\d+"\} 1$/m,
 qr/^peerage_peer_not_kept_total\{group="u",peer="127\.0\.0\.1:\d+",reason="closed-by-header"\} 1$/m,
 qr/^# TYPE peerage_peer_idle gauge\npeerage_peer_idle\{group="u",peer="127\.0\.0\.1:\d+"\} 0$/m]
--- skip_nginx: all



=== TEST 3: failures, a server that is down, a backup; an address that stands twice is one row
--- http_config
    upstream u {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_3 down;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 backup;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 backup weight=2;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "x\n"; } }
--- config
    location / { proxy_pass http://u; }
    location /status { pool_status format=json; }
--- request eval
["GET /", "GET /status", "GET /status", "GET /status"]
--- response_body_like eval
["x",
 qr/"peer":"127.0.0.1:\d+","server":"127.0.0.1:\d+","backup":false,"state":"disabled","idle":0,"busy":0,"dialing":0,"tries":1,"hits":0,"dials":1,/,
 qr/"backup":false,"state":"down",.*"tries":0,/,
 qr/"backup":true,"state":"up","idle":1,.*"tries":1,.*\]\}\]\}\n\z/]
--- skip_nginx: all



=== TEST 4: who is busy is counted; a place that is taken, a queue that is full, a name in quotes
--- http_config
    upstream 'a "b\c' {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_conns=1;
        queue 1;
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/status; }
    }
--- config
    set $group 'a "b\c';
    location / { proxy_set_header Host x; proxy_pass http://$group; }
    location /status { pool_status; }
--- request
GET /
--- response_body_like eval
qr/^\{"name":"a \\"b\\\\c","waiting":0,"overflows":0,.*"peers":\[\n\{"peer":.*"state":"full","idle":0,"busy":1,"dialing":0,"tries":1,/m
--- skip_nginx: all



=== TEST 5: HEAD has its length
--- config
    location /status { pool_status; }
--- request
HEAD /status
--- response_body
--- response_headers
Content-Length: 14
--- skip_nginx: all



=== TEST 6: nothing else is allowed, and access rules hold
--- config
    location /status { pool_status; }
    location /closed { pool_status; deny all; }
--- request eval
["POST /status", "GET /closed"]
--- error_code eval
[405, 403]
--- response_headers eval
["Allow: GET, HEAD", "! Allow"]
--- skip_nginx: all



=== TEST 7: no other format
--- config
    location /status { pool_status format=xml; }
--- must_die
--- error_log
invalid parameter "format=xml"
--- skip_nginx: all



=== TEST 8: once
--- config
    location /status { pool_status; pool_status; }
--- must_die
--- error_log
"pool_status" directive is duplicate
--- skip_nginx: all



=== TEST 9: why a request was not sent again
--- config
    location / {
        proxy_next_upstream error undelivered;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /json { pool_status; }
    location /prometheus { pool_status format=prometheus; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n", "HTTP/1.1 2"]]
--- request eval
["POST /\na", "POST /\nb", "GET /json", "GET /prometheus", "GET /prometheus"]
--- error_code eval
[200, 502, 200, 200, 200]
--- response_body_like eval
["ok", "502",
 qr/"undelivered_replays":0,"undecided":1,.*"undecided_by":\{"reset-alone":0,"arrived":0,.*"response-begun":1,/,
 qr/^# TYPE peerage_peer_undecided_total counter\npeerage_peer_undecided_total\{group="[^"]+",peer="127\.0\.0\.1:\d+"\} 1$/m,
 qr/^# TYPE peerage_peer_undecided_by_total counter\n(?:peerage_peer_undecided_by_total\{.*reason="(?!response-begun).*\} 0\n)+peerage_peer_undecided_by_total\{group="[^"]+",peer="[^"]+",reason="response-begun"\} 1$/m]
--- skip_nginx: all



=== TEST 10: a request that is sent again for another reason is not undecided
--- http_config
    upstream u {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "second\n"; }
--- config
    location / {
        proxy_next_upstream error undelivered non_idempotent;
        proxy_pass http://u;
    }
    location /status { pool_status; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n", "HTTP/1.1 2"]]
--- request eval
["POST /\na", "POST /\nb", "GET /status"]
--- response_body_like eval
["ok", "second", qr/"tries":2,.*"undecided":0,.*\n.*"tries":1,.*"undecided":0,/]
--- skip_nginx: all



=== TEST 11: connections that were refused
--- http_config
    upstream u { server 127.0.0.1:1; }
--- config
    location / { proxy_pass http://u; }
    location /status { pool_status; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /", "GET /status"]
--- error_code eval
[502, 502, 502, 502, 502, 200]
--- response_body_like eval
["502", "502", "502", "502", "502", qr/"tries":5,"hits":0,"dials":5,"dial_failures":5,/]
--- skip_nginx: all



=== TEST 12: a unix socket without a listener, and a server that does not answer the first packet
--- http_config
    upstream u { server unix:$TEST_NGINX_HTML_DIR/none max_fails=0; }
    upstream full { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- config
    proxy_connect_timeout 200ms;
    location /unix { proxy_pass http://u; }
    location /full { proxy_pass http://full; }
    location /status { pool_status; }
--- tcp_full: $TEST_NGINX_RAND_PORT_1
--- request eval
["GET /unix", "GET /full", "GET /status", "GET /status"]
--- error_code eval
[502, 504, 200, 200]
--- response_body_like eval
["502", "504", qr/"peer":"unix:.*"dials":1,"dial_failures":1,/, qr/"server":"127.*"dials":1,"dial_failures":1,/]
--- skip_nginx: all



=== TEST 13: a failure behind a connection that stood is none of its making
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- config
    location / { proxy_pass http://u; }
    location /status { pool_status; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 2"
--- request eval
["GET /", "GET /status"]
--- error_code eval
[502, 200]
--- response_body_like eval
["502", qr/"dials":1,"dial_failures":0,/]
--- skip_nginx: all



=== TEST 14: requests that found no server: down, disabled, unhealthy
--- http_config
    upstream down { server 127.0.0.1:1 down; }
    upstream disabled { server 127.0.0.1:1 max_fails=1; server 127.0.0.1:2 max_fails=1; }
    upstream sick { zone sick 64k; server 127.0.0.1:1; }
    log_format pool '$uri $upstream_pool';
--- config
    access_log logs/access.log pool;
    location /down { proxy_pass http://down; }
    location /disabled { proxy_pass http://disabled; }
    location /sick { health_check mandatory interval=60s; proxy_pass http://sick; }
    location /status { pool_status; }
--- request eval
["GET /down", "GET /disabled", "GET /disabled", "GET /sick", "GET /status", "GET /status", "GET /status"]
--- error_code eval
[502, 502, 502, 502, 200, 200, 200]
--- response_body_like eval
["502", "502", "502", "502",
 qr/"name":"down","waiting":0,"overflows":0,"timeouts":0,"busy":0,"unavailable":1,/,
 qr/"name":"disabled","waiting":0,"overflows":0,"timeouts":0,"busy":0,"unavailable":1,/,
 qr/"name":"sick","waiting":0,"overflows":0,"timeouts":0,"busy":0,"unavailable":1,/]
--- access_log
/down unavailable
/disabled dial, dial
/disabled unavailable
/sick unavailable
--- skip_nginx: all



=== TEST 15: requests that found none free: without a queue, and when their time in it is over
--- http_config
    upstream one { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_conns=1; }
    upstream queued { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_conns=1; queue 1 timeout=100ms; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { proxy_set_header Host x; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT; }
    }
    log_format pool '$uri $upstream_pool';
--- config
    access_log logs/access.log pool;
    location /one { rewrite ^ /one2 break; proxy_pass http://one; }
    location /one2 { proxy_pass http://one; }
    location /queued { rewrite ^ /queued2 break; proxy_pass http://queued; }
    location /queued2 { proxy_pass http://queued; }
    location /status { pool_status; }
--- request eval
["GET /one", "GET /queued", "GET /status", "GET /status"]
--- error_code eval
[502, 502, 200, 200]
--- response_body_like eval
["502", "502",
 qr/"name":"one","waiting":0,"overflows":0,"timeouts":0,"busy":1,"unavailable":0,/,
 qr/"name":"queued","waiting":0,"overflows":0,"timeouts":1,"busy":0,"unavailable":0,/]
--- access_log
/one2 busy
/queued2 queued
--- skip_nginx: all



=== TEST 16: requests that proxy_allow_upstream keeps from a server
--- http_config
    upstream u { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- config
    location / { proxy_allow_upstream $arg_allow; proxy_pass http://u; }
    location /status { pool_status; }
--- request eval
["GET /", "GET /status"]
--- error_code eval
[502, 200]
--- response_body_like eval
["502", qr/"tries":1,"hits":0,"dials":0,.*"denied":1,/]
--- skip_nginx: all



=== TEST 17: refusals for Prometheus
--- http_config
    upstream down { server 127.0.0.1:1 down; }
--- config
    location / { proxy_pass http://down; }
    location /status { pool_status format=prometheus; }
--- request eval
["GET /", "GET /status"]
--- error_code eval
[502, 200]
--- response_body_like eval
["502", qr/^# TYPE peerage_group_unavailable_total counter\npeerage_group_unavailable_total\{group="down"\} 1$/m]
--- skip_nginx: all
