# health_check, match: servers that are found unhealthy are left out.
#
# Where a request must come after a check, it waits for it: `mandatory` with a `queue`.

use Test::Nginx::Socket 'no_plan';

our $Servers = <<'_EOC_';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 a; }
        location = / { return 503; }
        location = /probe { return 404; }
        location = /fine { add_header X-State fine; return 200 "all is well"; }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { return 200 b; }
        location = /probe { add_header X-State good; return 301 "http://x/"; }
        location = /fine { add_header X-State bad; return 200 "not so well"; }
    }
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        queue 10 timeout=5s;
    }
_EOC_

run_tests();

__DATA__

=== TEST 1: a server that does not answer / with 2xx or 3xx is left out
--- http_config eval: $::Servers
--- config
    location /t { proxy_pass http://pool; health_check mandatory; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["b", "b", "b"]
--- error_log
[warn]
peer is unhealthy while checking status code, health check "" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1 in upstream "pool"
peer is healthy while checking status code, health check "" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_2 in upstream "pool"
--- access_log
"GET / HTTP/1.0" 503
"GET / HTTP/1.0" 200
--- skip_nginx: all



=== TEST 2: uri
--- http_config eval: $::Servers
--- config
    location /t { proxy_pass http://pool; health_check mandatory uri=/probe; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["b", "b", "b"]
--- access_log
"GET /probe HTTP/1.0" 404
"GET /probe HTTP/1.0" 301
--- no_access_log
"GET / HTTP/1.0"
--- skip_nginx: all



=== TEST 3: fails, and interval
--- http_config eval: $::Servers
--- config
    location /t { proxy_pass http://pool; health_check interval=50ms fails=3; }
--- request
GET /t
--- response_body_like: ^[ab]$
--- wait: 3
--- error_log
peer is unhealthy while checking status code
--- skip_nginx: all



=== TEST 4: fewer failures than fails
--- http_config eval: $::Servers
--- config
    location /t { proxy_pass http://pool; health_check interval=50ms fails=1000; }
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["a", "b"]
--- wait: 1
--- access_log
"GET / HTTP/1.0" 503
--- no_error_log
peer is unhealthy
--- skip_nginx: all



=== TEST 5: port, and passes
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 "a\n"; }
--- config
    location /t {
        proxy_pass http://pool;
        health_check interval=50ms passes=3 port=$TEST_NGINX_RAND_PORT_2;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 500 No\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n",
 "HTTP/1.0 200 OK\r\n\r\n"]
--- request
GET /t
--- ignore_response
--- wait: 3
--- error_log
peer is unhealthy while checking status code, health check "" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1 in upstream "pool"
peer is healthy while checking status code, health check "" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1 in upstream "pool"
peer is unhealthy while connecting to upstream, health check "" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1 in upstream "pool", port $TEST_NGINX_RAND_PORT_2
--- skip_nginx: all



=== TEST 6: fewer good answers than passes
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 "a\n"; }
--- config
    location /t {
        proxy_pass http://pool;
        health_check interval=50ms passes=3 port=$TEST_NGINX_RAND_PORT_2;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 500 No\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n"]
--- request
GET /t
--- ignore_response
--- wait: 1
--- error_log
peer is unhealthy while checking status code
connect() failed (111: Connection refused) while connecting to upstream, health check "" of peer
--- no_error_log
peer is healthy
--- skip_nginx: all



=== TEST 7: the check comes up to jitter later; until then a mandatory one keeps the server out
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 a; }
--- config
    location /t { proxy_pass http://pool; health_check mandatory jitter=10000h; }
--- request
GET /t
--- error_code: 502
--- wait: 1
--- error_log
no live upstreams while connecting to upstream
--- no_access_log
"GET / HTTP/1.0"
--- skip_nginx: all



=== TEST 8: match by status and header
--- http_config eval
$::Servers . "match good { status 300-399; header X-State = good; header ! X-Other; }"
--- config
    location /t { proxy_pass http://pool; health_check mandatory uri=/probe match=good; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["b", "b", "b"]
--- error_log
peer is unhealthy while checking status code, health check "good" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1
--- skip_nginx: all



=== TEST 9: match by body
--- http_config eval
$::Servers . 'match well { status ! 500-599; header X-State; body ~ "^all is"; }'
--- config
    location /t { proxy_pass http://pool; health_check mandatory uri=/fine match=well; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["a", "a", "a"]
--- error_log
peer is healthy while checking body, health check "well" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1
peer is unhealthy while checking body, health check "well" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- skip_nginx: all



=== TEST 10: match by a header's expression
--- http_config eval
$::Servers . 'match it { header X-State !~ ^f; }'
--- config
    location /t { proxy_pass http://pool; health_check mandatory uri=/fine match=it; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["b", "b", "b"]
--- error_log
peer is unhealthy while checking header, health check "it" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1
--- skip_nginx: all



=== TEST 11: a queued request is served when a server is found healthy
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; queue 1 timeout=5s; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 a; }
    match waits { body ~ '"waiting":1,'; }
--- config
    location /t {
        proxy_pass http://pool;
        health_check interval=50ms mandatory port=$TEST_NGINX_SERVER_PORT uri=/status match=waits;
    }
    location = /status { pool_status; }
--- request
GET /t
--- response_body: a
--- error_log
queued, 1 wait
peer is healthy
--- skip_nginx: all



=== TEST 12: a server that is down is not asked
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 down;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        queue 1 timeout=5s;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 404; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 b; }
--- config
    location /t { proxy_pass http://pool; health_check interval=50ms mandatory persistent; }
--- request
GET /t
--- response_body: b
--- wait: 1
--- no_access_log
"GET / HTTP/1.0" 404
--- skip_nginx: all



=== TEST 13: a backup server takes over
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2 backup;
        queue 1 timeout=5s;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } location = / { return 404; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 b; }
--- config
    location /t { proxy_pass http://pool; health_check mandatory; }
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["b", "b"]
--- skip_nginx: all



=== TEST 14: the request has the location's own fields, as far as they need no request
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; queue 1 timeout=5s; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "a$http_x_other"; }
        location /probe { return 200 $http_host$http_x_own$http_x_other$http_connection; }
    }
    match own { body ~ ^own.test-80-ownclose$; }
--- config
    location /t {
        proxy_set_header Host own.test;
        proxy_set_header X-Own "-$proxy_port-own";
        proxy_set_header X-Other $request_method;
        proxy_pass http://pool;
        health_check mandatory uri=/probe match=own;
    }
--- request
GET /t
--- response_body: aGET
--- skip_nginx: all



=== TEST 15: Host is that of proxy_pass
--- http_config
    upstream pool.test { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; queue 1 timeout=5s; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 a; }
        location = / { return 200 "host $http_host"; }
    }
    match host { body ~ "^host pool\.test$"; }
--- config
    location /t {
        proxy_set_header Host $host;
        proxy_pass http://pool.test;
        health_check mandatory match=host;
    }
--- request
GET /t
--- response_body: a
--- skip_nginx: all



=== TEST 16: an answer that does not come in time, and one that is none
--- http_config
    upstream slow { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    upstream wrong { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    upstream short { server 127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
    match any { body !~ x; }
--- config
    proxy_read_timeout 200ms;
    location /slow { proxy_pass http://slow; health_check; }
    location /wrong { proxy_pass http://wrong; health_check; }
    location /short { proxy_pass http://short; health_check match=any; }
    location /t { return 200; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 2
--- tcp_reply eval: "HTTP/1.0 200 OK\r\n\r\n"
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_2
--- tcp_reply_2 eval: "SSH-2.0-OpenSSH\r\n"
--- tcp_listen_3: $TEST_NGINX_RAND_PORT_3
--- tcp_reply_3 eval: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc"
--- request
GET /t
--- wait: 3
--- error_log
upstream timed out (110: Connection timed out) while reading response header from upstream, health check "" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1 in upstream "slow"
peer is unhealthy while reading response header from upstream, health check "" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1 in upstream "slow"
upstream sent no valid HTTP/1.0 header while reading response header from upstream, health check "" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_2 in upstream "wrong"
upstream prematurely closed connection while reading response from upstream, health check "any" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_3 in upstream "short"
--- skip_nginx: all



=== TEST 17: a check under way does not delay the end
--- http_config
    upstream slow { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- config
    location /slow { proxy_pass http://slow; health_check; }
    location /t { return 200; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 60
--- tcp_reply eval: "HTTP/1.0 200 OK\r\n\r\n"
--- request
GET /t
--- skip_nginx: all



=== TEST 18: every check of a group has its say
--- http_config eval: $::Servers
--- config
    location /t { proxy_pass http://pool; health_check mandatory uri=/probe; }
    location /u { proxy_pass http://pool; health_check mandatory uri=/missing; }
    location /v { proxy_pass http://pool; health_check mandatory uri=/fine; }
--- request eval
["GET /t", "GET /u", "GET /v"]
--- response_body eval
["b", "b", "b"]
--- skip_nginx: all



=== TEST 19: servers that names come to are asked before they are used
--- http_config
    upstream pool {
        resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_3 ipv6=off;
        server back.example:$TEST_NGINX_RAND_PORT_1 resolve;
        queue 10 timeout=5s;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 a; } location = / { return 404; } }
    server { listen 127.0.0.2:$TEST_NGINX_RAND_PORT_1; return 200 b; }
--- config
    location /t { proxy_pass http://pool; health_check mandatory; }
--- dns_listen: $TEST_NGINX_RAND_PORT_3
--- dns
back.example A 127.0.0.1
back.example A 127.0.0.2
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["b", "b", "b"]
--- error_log
peer is unhealthy while checking status code, health check "" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1 in upstream "pool"
--- skip_nginx: all



=== TEST 20: without a group there is no server to check
--- config
    location /t { health_check; }
--- must_die
--- error_log
"health_check" requires "proxy_pass" to a group of servers
--- skip_nginx: all



=== TEST 21: keepalive_time: checks are made over one connection
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 a; }
--- config
    location /t {
        proxy_pass http://pool;
        health_check interval=50ms keepalive_time=60s port=$TEST_NGINX_RAND_PORT_2;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
[["HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nno\n",
  "HTTP/1.1 204 OK\r\n\r\n",
  "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno\n\r\n0\r\n\r\n"]]
--- tcp_query eval
"GET / HTTP/1.1\r\nHost: pool\r\nConnection: keep-alive\r\n\r\n" x 3
--- request
GET /t
--- ignore_response
--- wait: 3
--- error_log
peer is unhealthy while checking status code
peer is healthy
--- skip_nginx: all



=== TEST 22: keepalive_time is a time
--- http_config
    upstream pool { server 127.0.0.1:1; }
--- config
    location /t { proxy_pass http://pool; health_check keepalive_time=long; }
--- must_die
--- error_log
invalid parameter "keepalive_time=long"
--- skip_nginx: all



=== TEST 23: keepalive_time: a connection that the server closes, or that is old, serves no more
--- http_config
    upstream closed { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    upstream old { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    match new { header ! X-Second; }
--- config
    location /closed {
        proxy_pass http://closed;
        health_check interval=50ms keepalive_time=60s match=new;
    }
    location /old {
        proxy_pass http://old;
        health_check interval=50ms keepalive_time=1ms match=new;
    }
    location /t { return 200 a; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
[["HTTP/1.1 204 OK\r\nConnection: close\r\n\r\n", "HTTP/1.1 204 OK\r\nX-Second: 1\r\n\r\n"],
 ["HTTP/1.1 204 OK\r\n\r\n"],
 ["HTTP/1.1 204 OK\r\nX-Second: 1\r\n\r\n"]]
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_2
--- tcp_reply_2 eval
[["HTTP/1.1 204 OK\r\n\r\n", "HTTP/1.1 204 OK\r\nX-Second: 1\r\n\r\n"], ["SSH-2.0-OpenSSH\r\n"]]
--- request
GET /t
--- response_body: a
--- wait: 3
--- error_log
peer is unhealthy while checking header, health check "new" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1 in upstream "closed"
peer is unhealthy while reading response header from upstream, health check "new" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_2 in upstream "old"
--- no_error_log
peer is unhealthy while checking header, health check "new" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_2
upstream prematurely closed connection
--- skip_nginx: all



=== TEST 24: require: variables that are neither empty nor 0
--- http_config eval
$::Servers . '
    map $upstream_http_x_state $is_fine { fine $upstream_status; default 0; }
    match wanted { require $upstream_http_x_state $is_fine; }'
--- config
    location /t { proxy_pass http://pool; health_check mandatory uri=/fine match=wanted; }
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["a", "a", "a"]
--- error_log
peer is healthy while checking variables, health check "wanted" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1
peer is unhealthy while checking variables, health check "wanted" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_2
--- skip_nginx: all



=== TEST 25: require: what a client would have said has no value; what the server and the location have has one
--- http_config eval
$::Servers . '
    match one { require $upstream_addr $upstream_status $proxy_host $proxy_port $server_name $msec; }
    match none { require $arg_x; }
    match client { require $remote_addr; }
    match host { require $http_host; }
    match uri { require $request_uri; }
    upstream none { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    upstream client { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    upstream host { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    upstream uri { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }';
--- config
    server_name health.test;
    location /t { proxy_pass http://pool; health_check mandatory uri=/probe?x=1 match=one; }
    location /2 { proxy_pass http://none; health_check uri=/probe?x=1 match=none; }
    location /3 { proxy_pass http://client; health_check uri=/probe match=client; }
    location /4 { proxy_pass http://host; health_check uri=/probe match=host; }
    location /5 { proxy_pass http://uri; health_check uri=/probe match=uri; }
--- request
GET /t
--- response_body_like: ^[ab]$
--- wait: 3
--- error_log
peer is healthy while checking variables, health check "one" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1
peer is healthy while checking variables, health check "one" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_2
peer is unhealthy while checking variables, health check "none"
peer is unhealthy while checking variables, health check "client"
peer is unhealthy while checking variables, health check "host"
peer is unhealthy while checking variables, health check "uri"
--- no_error_log
peer is unhealthy while checking variables, health check "one"
--- skip_nginx: all



=== TEST 26: servers for whose checks there is no connection are not left until the others are asked again
--- main_config
    events { worker_connections 8; }
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.2:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.3:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.4:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.5:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.6:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.7:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.8:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.9:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.10:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.11:$TEST_NGINX_RAND_PORT_1;
        server 127.0.0.12:$TEST_NGINX_RAND_PORT_1;
    }
--- config
    proxy_connect_timeout 100ms;
    location /t { return 200 a; }
    location /u { proxy_pass http://pool; health_check interval=1h; }
--- tcp_full: 0.0.0.0:$TEST_NGINX_RAND_PORT_1
--- request
GET /t
--- ignore_response
--- wait: 10
--- error_log
8 worker_connections are not enough
upstream timed out (110: Connection timed out) while connecting to upstream, health check "" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1
upstream timed out (110: Connection timed out) while connecting to upstream, health check "" of peer 127.0.0.8:$TEST_NGINX_RAND_PORT_1
upstream timed out (110: Connection timed out) while connecting to upstream, health check "" of peer 127.0.0.12:$TEST_NGINX_RAND_PORT_1
--- skip_nginx: all



=== TEST 27: a server that could not be reached is used again once the check has reached it
--- http_config
    upstream pool {
        server 127.0.0.1:1 max_fails=1 fail_timeout=60s;
        server 127.0.0.1:2 down;
        queue 10 timeout=5s;
    }
--- config
    location /t {
        proxy_pass http://pool;
        health_check interval=50ms port=$TEST_NGINX_SERVER_PORT uri=/fine;
    }
    location = /fine { access_log off; return 200; }
--- request eval
["GET /t", "GET /t"]
--- error_code eval
[502, 502]
--- grep_error_log eval: qr/connect\(\) failed/
--- grep_error_log_out
connect() failed
connect() failed
--- error_log
upstream server temporarily disabled
peer is enabled, since it was reached, health check "" of peer 127.0.0.1:1 in upstream "pool"
--- no_error_log
upstream queue timed out
--- skip_nginx: all



=== TEST 28: not so one whose answer was the failure
--- http_config
    upstream pool {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=1 fail_timeout=60s;
        server 127.0.0.1:2 down;
        queue 10 timeout=500ms;
    }
--- config
    location /t {
        proxy_pass http://pool;
        health_check interval=20ms port=$TEST_NGINX_SERVER_PORT uri=/fine;
    }
    location = /fine { access_log off; return 200; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply: nonsense
--- request eval
["GET /t", "GET /t"]
--- error_code eval
[502, 502]
--- error_log
upstream server temporarily disabled
upstream queue timed out
--- no_error_log
peer is enabled
--- skip_nginx: all
