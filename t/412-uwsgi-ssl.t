# TLS with uwsgi servers. A server of HTTPS does as one: what it is asked it does not understand, and says so with 400.

use Test::Nginx::Socket 'no_plan';

our $Origin = <<'_EOC_';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl default_server;
        server_name none;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        ssl_reject_handshake on;
        ssl_protocols TLSv1.2;
        ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256;
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
        server_name localhost;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        ssl_protocols TLSv1.2;
        ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256;
    }
_EOC_

no_root_location();
run_tests();

__DATA__

=== TEST 1: suwsgi:// before the address
--- config
    location / { uwsgi_pass_request_headers off; uwsgi_param A b; uwsgi_pass suwsgi://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_tls: localhost
--- tcp_query_len: 10
--- tcp_query eval
"\x00\x06\x00\x00\x01\x00A\x01\x00b"
--- tcp_reply eval
"HTTP/1.1 200 OK\r\n\r\nhello"
--- request
GET /
--- response_body chomp
hello



=== TEST 2: suwsgi:// in a variable, and what the log says
--- config
    location / { uwsgi_pass $arg_s://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 5
--- tcp_reply: no TLS
--- request eval
["GET /?s=suwsgi", "GET /?s=suwsgi"]
--- error_code eval
[502, 502]
--- error_log eval
qr{connect\(\) failed \(111: Connection refused\) while connecting to upstream, .*upstream: "suwsgi://127\.0\.0\.1:\d+", host: "localhost"}



=== TEST 3: uwsgi_ssl_server_name and uwsgi_ssl_name; by default the host of uwsgi_pass
--- http_config eval: $::Origin
--- config
    uwsgi_ssl_session_reuse off;
    location /none { uwsgi_pass suwsgi://localhost:$TEST_NGINX_RAND_PORT_1; }
    location /host { uwsgi_ssl_server_name on; uwsgi_pass suwsgi://localhost:$TEST_NGINX_RAND_PORT_1; }
    location /other { uwsgi_ssl_server_name on; uwsgi_ssl_name other.example; uwsgi_pass suwsgi://localhost:$TEST_NGINX_RAND_PORT_1; }
    location /variable { uwsgi_ssl_server_name on; uwsgi_ssl_name $arg_n; uwsgi_pass suwsgi://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /none", "GET /host", "GET /other", "GET /variable?n=localhost:80"]
--- error_code eval
[502, 400, 502, 400]



=== TEST 4: uwsgi_ssl_verify, uwsgi_ssl_trusted_certificate: a certificate that is trusted, and for that name
--- http_config eval: $::Origin
--- config
    uwsgi_ssl_server_name on;
    uwsgi_ssl_session_reuse off;
    uwsgi_ssl_verify on;
    uwsgi_ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
    location / { uwsgi_pass suwsgi://localhost:$TEST_NGINX_RAND_PORT_1; }
    location /self { uwsgi_ssl_trusted_certificate $TEST_NGINX_TLS/self.crt; uwsgi_pass suwsgi://localhost:$TEST_NGINX_RAND_PORT_1; }
    location /off { uwsgi_ssl_verify off; uwsgi_ssl_trusted_certificate $TEST_NGINX_TLS/self.crt; uwsgi_pass suwsgi://localhost:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /", "GET /self", "GET /off"]
--- error_code eval
[400, 502, 400]
--- error_log eval
qr/\[error\] .*upstream SSL certificate verify error: \(2[01]:unable to .*\) while SSL handshaking to upstream, .*upstream: "suwsgi:/



=== TEST 5: uwsgi_ssl_protocols
--- http_config eval: $::Origin
--- config
    uwsgi_ssl_server_name on;
    location /2 { uwsgi_ssl_protocols TLSv1.2; uwsgi_pass suwsgi://localhost:$TEST_NGINX_RAND_PORT_1; }
    location /3 { uwsgi_ssl_protocols TLSv1.3; uwsgi_pass suwsgi://localhost:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /2", "GET /3"]
--- error_code eval
[400, 502]



=== TEST 6: uwsgi_ssl_ciphers
--- http_config eval: $::Origin
--- config
    uwsgi_ssl_server_name on;
    location /has { uwsgi_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256; uwsgi_pass suwsgi://localhost:$TEST_NGINX_RAND_PORT_1; }
    location /not { uwsgi_ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384; uwsgi_pass suwsgi://localhost:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /has", "GET /not"]
--- error_code eval
[400, 502]



=== TEST 7: uwsgi_ssl_certificate, uwsgi_ssl_certificate_key and uwsgi_ssl_password_file
--- http_config
    log_format c "client <$ssl_client_verify> to $server_port.";
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        ssl_verify_client on;
        ssl_client_certificate $TEST_NGINX_TLS/ca.crt;
        access_log logs/access.log c;
    }
--- config
    access_log off;
    location / {
        uwsgi_ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        uwsgi_ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        uwsgi_pass suwsgi://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- error_code: 400
--- access_log
client <SUCCESS> to



=== TEST 8: verification without authorities
--- config
    location / { uwsgi_ssl_verify on; uwsgi_pass suwsgi://127.0.0.1:1; }
--- must_die
--- error_log
no uwsgi_ssl_trusted_certificate for uwsgi_ssl_verify



=== TEST 9: a certificate without its key
--- config
    location / { uwsgi_ssl_certificate $TEST_NGINX_TLS/localhost.crt; uwsgi_pass suwsgi://127.0.0.1:1; }
--- must_die
--- error_log
no "uwsgi_ssl_certificate_key" is defined for certificate "$TEST_NGINX_TLS/localhost.crt"



=== TEST 10: uwsgi_ssl_verify_depth that is no number
--- config
    uwsgi_ssl_verify_depth a;
--- must_die
--- error_log
"uwsgi_ssl_verify_depth" directive invalid number in



=== TEST 11: uwsgi_ssl_crl and uwsgi_ssl_password_file that are not there
--- config
    location / { uwsgi_ssl_password_file $TEST_NGINX_HTML_DIR/none; uwsgi_pass suwsgi://127.0.0.1:1; }
--- must_die
--- error_log
none" failed (2: No such file or directory)



=== TEST 12: uwsgi_ssl_crl: a certificate that was revoked
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/revoked.crt;
        ssl_certificate_key $TEST_NGINX_TLS/revoked.key;
    }
--- config
    uwsgi_ssl_verify on;
    uwsgi_ssl_session_reuse off;
    uwsgi_ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
    uwsgi_ssl_name localhost;
    location / { uwsgi_ssl_crl $TEST_NGINX_TLS/ca.crl; uwsgi_pass suwsgi://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /
--- error_code: 502
--- error_log
upstream SSL certificate verify error: (23:certificate revoked) while SSL handshaking to upstream



=== TEST 13: uwsgi_ssl_conf_command, uwsgi_ssl_certificate_cache, uwsgi_ssl_key_log: words that are none
--- config
    location / { uwsgi_ssl_conf_command Nothing x; uwsgi_pass suwsgi://127.0.0.1:1; }
--- must_die



=== TEST 14: uwsgi_ssl_certificate_cache: words that are none
--- config
    location / { uwsgi_ssl_certificate_cache many; uwsgi_pass suwsgi://127.0.0.1:1; }
--- must_die
--- error_log
invalid parameter "many" in
--- skip_nginx: all: since 1.27.4



=== TEST 15: uwsgi_ssl_key_log
--- http_config eval: $::Origin
--- config
    location / { uwsgi_ssl_server_name on; uwsgi_ssl_key_log $TEST_NGINX_HTML_DIR/keys/log; uwsgi_pass suwsgi://localhost:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> keys/empty
--- request
GET /
--- error_code: 400
--- file_count: html/keys 2
--- skip_nginx: all: since 1.27.2
