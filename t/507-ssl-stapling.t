# ssl_stapling: an OCSP response is sent along with the certificate.

use Test::Nginx::Socket 'no_plan';

our $Server = <<'_EOC_';
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    location / { return 200 "$ssl_protocol\n"; }
_EOC_

our $Fetches = <<'_EOC_';
    ssl_stapling on;
    ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
    ssl_stapling_responder http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/status;
_EOC_

run_tests();

__DATA__

=== TEST 1: a file
--- config eval
$::Server . '
    ssl_stapling on;
    ssl_stapling_file $TEST_NGINX_TLS/localhost.ocsp;
'
--- tls: staple=localhost.ocsp
--- request
GET /
--- response_body
TLSv1.3



=== TEST 2: in TLS 1.2
--- config eval
$::Server . '
    ssl_stapling on;
    ssl_stapling_file $TEST_NGINX_TLS/localhost.ocsp;
    ssl_stapling_verify on;
'
--- tls: staple=localhost.ocsp version=1.2
--- request
GET /
--- response_body
TLSv1.2



=== TEST 3: not without ssl_stapling
--- config eval
$::Server . 'ssl_stapling_file absent.ocsp;'
--- tls: staple=-
--- request
GET /
--- response_body
TLSv1.3



=== TEST 4: not for another server
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT ssl;
        server_name other.example;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        location / { return 200 "other\n"; }
    }
--- config eval
$::Server . '
    ssl_stapling on;
    ssl_stapling_file $TEST_NGINX_TLS/localhost.ocsp;
'
--- tls: name=other.example staple=- certificate=localhost
--- request
GET /
--- more_headers
Host: other.example
--- response_body
other



=== TEST 5: no file
--- config eval
$::Server . '
    ssl_stapling on;
    ssl_stapling_file absent.ocsp;
'
--- must_die
--- error_log eval
qr/\[emerg\] .*BIO_new_file\("[^"]*\/conf\/absent.ocsp"\) failed \(.*No such file or directory/



=== TEST 6: no response
--- config eval
$::Server . '
    ssl_stapling on;
    ssl_stapling_file $TEST_NGINX_TLS/localhost.crt;
'
--- must_die
--- error_log eval
qr/\[emerg\] .*d2i_OCSP_RESPONSE_bio\("[^"]*\/localhost.crt"\) failed \(/



=== TEST 7: without a file it is fetched
--- config eval: $::Server . $::Fetches
--- tls: staple_later=localhost.ocsp
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: localhost
--- tcp_query eval
qr/^GET \/status\/M[0-9A-Za-z%]+ HTTP\/1\.0\r\nHost: 127\.0\.0\.1/
--- request
GET /
--- response_body
TLSv1.3
--- no_error_log
[error]



=== TEST 8: in TLS 1.2
--- config eval
$::Server . $::Fetches . 'ssl_stapling_verify on;'
--- tls: staple_later=localhost.ocsp version=1.2
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: localhost
--- request
GET /
--- response_body
TLSv1.2



=== TEST 9: no client waits for it, and one fetch is enough
--- config eval: $::Server . $::Fetches
--- tls: staple=-
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: localhost
--- tcp_reply_delay: client
--- request eval
["GET /", "GET /"]
--- response_body eval
["TLSv1.3\n", "TLSv1.3\n"]



=== TEST 10: that it is revoked is kept from clients
--- config eval: $::Server . $::Fetches
--- tls: staple=-
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: localhost-revoked
--- request
GET /
--- response_body
TLSv1.3
--- error_log
certificate status "revoked" in the OCSP response while requesting certificate status, responder: 127.0.0.1



=== TEST 11: an answer that the authority has not signed
--- config eval
$::Server . $::Fetches . 'ssl_stapling_verify on;'
--- tls: staple=-
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-forged
--- request
GET /
--- response_body
TLSv1.3
--- error_log
OCSP_basic_verify() failed



=== TEST 12: no issuer
--- config eval
$::Server . '
    ssl_stapling on;
    ssl_stapling_responder http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/status;
'
--- tls: staple=-
--- request
GET /
--- response_body
TLSv1.3
--- error_log eval
qr/\[warn\] .*"ssl_stapling" ignored, issuer certificate not found for certificate "[^"]*\/localhost.crt"/



=== TEST 13: no responder
--- config eval
$::Server . '
    ssl_stapling on;
    ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
'
--- tls: staple=-
--- request
GET /
--- response_body
TLSv1.3
--- error_log eval
qr/\[warn\] .*"ssl_stapling" ignored, no OCSP responder URL in the certificate "[^"]*\/localhost.crt"/



=== TEST 14: the responder that the certificate names is looked up
--- config
    ssl_certificate $TEST_NGINX_TLS/named.crt;
    ssl_certificate_key $TEST_NGINX_TLS/named.key;
    ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
    ssl_stapling on;
    ssl_protocols TLSv1.2 TLSv1.3;
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location / { return 200 "$ssl_protocol\n"; }
--- tls: staple=-
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- request
GET /
--- response_body
TLSv1.3
--- error_log
ocsp.example could not be resolved (3: Host not found) while requesting certificate status, responder: ocsp.example
--- skip_nginx: all: there the system is to know the name at start even so



=== TEST 15: it is one of HTTP
--- config eval
$::Server . '
    ssl_stapling on;
    ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
    ssl_stapling_responder https://127.0.0.1/;
'
--- tls: staple=-
--- request
GET /
--- response_body
TLSv1.3
--- error_log eval
qr/\[warn\] .*"ssl_stapling" ignored, invalid URL prefix in OCSP responder "https:\/\/127\.0\.0\.1\/" in the certificate "/
