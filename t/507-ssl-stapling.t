# ssl_stapling: an OCSP response is sent along with the certificate.

use Test::Nginx::Socket 'no_plan';

our $Server = <<'_EOC_';
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    location / { return 200 "$ssl_protocol\n"; }
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



=== TEST 5: without a file it is ignored, with a warning
--- config eval
$::Server . 'ssl_stapling on;'
--- tls: staple=-
--- request
GET /
--- response_body
TLSv1.3
--- error_log eval
qr/\[warn\] .*"ssl_stapling" ignored, /



=== TEST 6: no file
--- config eval
$::Server . '
    ssl_stapling on;
    ssl_stapling_file absent.ocsp;
'
--- must_die
--- error_log eval
qr/\[emerg\] .*BIO_new_file\("[^"]*\/conf\/absent.ocsp"\) failed \(.*No such file or directory/



=== TEST 7: no response
--- config eval
$::Server . '
    ssl_stapling on;
    ssl_stapling_file $TEST_NGINX_TLS/localhost.crt;
'
--- must_die
--- error_log eval
qr/\[emerg\] .*d2i_OCSP_RESPONSE_bio\("[^"]*\/localhost.crt"\) failed \(/



=== TEST 8: clients' certificates are not looked up
--- config eval
$::Server . 'ssl_ocsp on;'
--- must_die
--- error_log
"ssl_ocsp on" is not supported in
--- skip_nginx: all: it looks them up



=== TEST 9: which may be said
--- config eval
$::Server . '
    ssl_ocsp off;
    ssl_ocsp_cache off;
    ssl_ocsp_responder http://127.0.0.1/;
'
--- tls
--- request
GET /
--- response_body
TLSv1.3
