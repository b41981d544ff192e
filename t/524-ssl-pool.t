# TLS with servers: what of it is counted, and health checks.

use Test::Nginx::Socket 'no_plan';

our $Server = <<'_EOC_';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        keepalive_timeout 0;
        location / { return 200 "$ssl_session_reused$ssl_server_name"; }
    }
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; queue 10 timeout=5s; }
_EOC_

run_tests();

__DATA__

=== TEST 1: handshakes, and those with which a session went on
--- http_config eval: $::Server
--- config
    location / { proxy_pass https://pool; proxy_ssl_protocols TLSv1.2; }
    location = /status { pool_status; }
--- request eval
["GET /", "GET /", "GET /", "GET /status"]
--- response_body_like eval
["^[.]\$", "^r\$", "^r\$",
 qr/"handshakes":3,"resumed":2,"handshake_failures":0,.*
"tls":\{"handshakes":3,"resumed":2,"failed_rejected":0,"failed_refused":0,/s]
--- skip_nginx: all



=== TEST 2: those that failed, by reason
--- http_config eval
$::Server . 'upstream plain { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }'
--- config
    location / {
        proxy_pass https://pool;
        proxy_ssl_trusted_certificate $TEST_NGINX_TLS/self.crt;
        proxy_ssl_verify on;
    }
    location /name {
        proxy_pass https://pool;
        proxy_ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
        proxy_ssl_verify on;
        proxy_ssl_name other.example;
    }
    location /plain { proxy_pass https://plain; }
    location = /status { pool_status; }
--- request eval
["GET /", "GET /name", "GET /plain", "GET /status"]
--- error_code eval
[502, 502, 502, 200]
--- response_body_like eval
["502", "502", "502",
 qr/"handshake_failures":2,.*"handshake_failures_by":\{"untrusted":1,"other-name":1,"timed-out":0,"ended":0,"protocol":0\}.*
.*
.*"handshake_failures_by":\{"untrusted":0,"other-name":0,"timed-out":0,"ended":0,"protocol":1\}/]
--- skip_nginx: all



=== TEST 3: a health check speaks TLS
--- http_config eval: $::Server
--- config
    location / {
        proxy_pass https://pool;
        proxy_ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
        proxy_ssl_verify on;
        proxy_ssl_server_name on;
        proxy_ssl_name localhost;
        health_check mandatory;
    }
--- request
GET /
--- response_body_like: localhost$
--- error_log
peer is healthy while checking
--- skip_nginx: all



=== TEST 4: and trusts what requests trust
--- http_config eval
$::Server . 'upstream other { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; queue 10 timeout=1s; }'
--- config
    location / {
        proxy_pass https://other;
        proxy_ssl_trusted_certificate $TEST_NGINX_TLS/self.crt;
        proxy_ssl_verify on;
        proxy_ssl_name localhost;
        health_check mandatory;
    }
--- request
GET /
--- error_code: 502
--- error_log
upstream SSL certificate verify error: (
while SSL handshaking to upstream, health check "" of peer 127.0.0.1:$TEST_NGINX_RAND_PORT_1 in upstream "other"
peer is unhealthy while SSL handshaking to upstream
--- skip_nginx: all



=== TEST 5: the name of its location
--- http_config eval
$::Server . 'upstream other { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; queue 10 timeout=1s; }'
--- config
    location / {
        proxy_pass https://other;
        proxy_ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
        proxy_ssl_verify on;
        health_check mandatory;
    }
--- request
GET /
--- error_code: 502
--- error_log
upstream SSL certificate does not match "other"
--- skip_nginx: all



=== TEST 6: handshakes with clients that came to no good end
--- http_config eval
$::Server . 'upstream rejects { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 ssl; ssl_reject_handshake on; }'
--- config
    location / {
        proxy_pass https://pool;
        proxy_ssl_trusted_certificate $TEST_NGINX_TLS/self.crt;
        proxy_ssl_verify on;
    }
    location /rejected { proxy_pass https://rejects; }
    location = /status { pool_status format=prometheus; }
--- request eval
["GET /", "GET /rejected", "GET /status"]
--- error_code eval
[502, 502, 200]
--- response_body_like eval
["502", "502", qr/
# TYPE peerage_tls_handshakes_total counter
peerage_tls_handshakes_total 0
# TYPE peerage_tls_resumed_total counter
peerage_tls_resumed_total 0
# TYPE peerage_tls_failed_rejected_total counter
peerage_tls_failed_rejected_total 1
# TYPE peerage_tls_failed_refused_total counter
peerage_tls_failed_refused_total 1
/]
--- skip_nginx: all



=== TEST 7: a client that speaks no TLS is none of them
--- config
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 ssl;
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    location = /status { pool_status; }
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- request eval
["GET /", "GET /status"]
--- error_code eval
[400, 200]
--- response_body_like eval
["400", qr/^\{"groups":\[\n[^\n]*\n[^\n]*\]\}\]\}$/]
--- skip_nginx: all
