# ssl_crl, proxy_ssl_crl: certificates that their authorities have revoked.

use Test::Nginx::Socket 'no_plan';

our $Server = <<'_EOC_';
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_client_certificate $TEST_NGINX_TLS/ca.crt;
    ssl_verify_client on;
    ssl_verify_depth 5;
    error_page 495 =200 /bad;
    location / { return 200 "$ssl_client_verify\n"; }
    location = /bad { return 200 "$ssl_client_verify\n"; }
_EOC_

our $Origin = <<'_EOC_';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/revoked.crt;
        ssl_certificate_key $TEST_NGINX_TLS/revoked.key;
        location / { return 200 "revoked\n"; }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 ssl;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        location / { return 200 "good\n"; }
    }
    proxy_ssl_verify on;
    proxy_ssl_name localhost;
    proxy_ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
_EOC_

run_tests();

__DATA__

=== TEST 1: a client that is not on the list
--- config eval
$::Server . 'ssl_crl $TEST_NGINX_TLS/ca.crl;'
--- tls: client=client
--- request
GET /
--- response_body
SUCCESS



=== TEST 2: one that is
--- config eval
$::Server . 'ssl_crl $TEST_NGINX_TLS/ca.crl;'
--- tls: client=revoked
--- request
GET /
--- response_body
FAILED:certificate revoked
--- error_log
client SSL certificate verify error: (23:certificate revoked)



=== TEST 3: without the list it is good
--- config eval: $::Server
--- tls: client=revoked
--- request
GET /
--- response_body
SUCCESS



=== TEST 4: a list whose time is over
--- config eval
$::Server . 'ssl_crl $TEST_NGINX_TLS/expired.crl;'
--- tls: client=client
--- request
GET /
--- response_body
FAILED:CRL has expired



=== TEST 5: each authority of the chain needs one
--- config eval
$::Server . 'ssl_crl $TEST_NGINX_TLS/ca.crl;'
--- tls: client=deep
--- request
GET /
--- response_body
FAILED:unable to get certificate CRL



=== TEST 6: of servers
--- http_config eval: $::Origin
--- config
    proxy_ssl_crl $TEST_NGINX_TLS/ca.crl;
    location /revoked { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /good { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- request eval
["GET /good", "GET /revoked"]
--- error_code eval
[200, 502]
--- response_body_like eval
["^good\n\$", "502 Bad Gateway"]
--- error_log eval
qr/\[error\] .*upstream SSL certificate verify error: \(23:certificate revoked\) while SSL handshaking to upstream, client: /



=== TEST 7: a session with a server does not go on where it is revoked
--- http_config eval
$::Origin . '
    ssl_session_cache shared:SSL:1m;
'
--- config
    location /a { proxy_ssl_verify off; proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /b { proxy_ssl_crl $TEST_NGINX_TLS/ca.crl; proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /b"]
--- error_code eval
[200, 502]
--- skip_nginx: all: sessions are not bound to what was checked



=== TEST 8: no list in the file
--- config eval
$::Server . 'ssl_crl $TEST_NGINX_TLS/client.key;'
--- must_die
--- error_log eval
qr/\[emerg\] .*\("[^"]*\/client.key"\) failed \(/



=== TEST 9: no file
--- config eval
$::Server . 'ssl_crl absent.crl;'
--- must_die
--- error_log eval
qr/\[emerg\] .*\("[^"]*\/conf\/absent.crl"\) failed \(.*No such file or directory/



=== TEST 10: mistakes have a file and a line
--- http_config eval: $::Origin
--- config
    location / {
        proxy_ssl_crl $TEST_NGINX_TLS/client.key;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- must_die
--- error_log eval
qr/\[emerg\] .*X509_load_crl_file\("[^"]*\/client.key"\) failed \(no start line\) in .*nginx.conf:\d+/
--- skip_nginx: all: it says neither



=== TEST 11: of several lists the newest counts
--- config eval
$::Server . 'ssl_crl $TEST_NGINX_TLS/both.crl;'
--- tls: client=client
--- request
GET /
--- response_body
SUCCESS



=== TEST 12: a list of version 1
--- config eval
$::Server . 'ssl_crl $TEST_NGINX_TLS/version1.crl;'
--- must_die
--- error_log
version1.crl") failed (a revocation list of version 1 is not supported) in
--- skip_nginx: all: it takes them
