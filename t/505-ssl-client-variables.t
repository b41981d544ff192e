# $ssl_client_…: the parts of the certificate of a client.

use Test::Nginx::Socket 'no_plan';

our $Server = <<'_EOC_';
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_client_certificate $TEST_NGINX_TLS/ca.crt;
    ssl_verify_client optional_no_ca;
_EOC_

run_tests();

__DATA__

=== TEST 1: names, in RFC 2253
--- config eval
$::Server . 'location / { return 200 "$ssl_client_s_dn\n$ssl_client_i_dn\n"; }'
--- tls: client=client
--- request
GET /
--- response_body
OU=end\ ,emailAddress=a@b.c,1.2.3.4.5=#0C0178,OU=a\+b+OU=c,O=Gr\C3\BCn\, \"und\" \<Co\>\;\\x,ST=\#1,C=XX,CN=\ A client
CN=Test CA



=== TEST 2: names as they were before
--- config eval
$::Server . 'location / { return 200 "$ssl_client_s_dn_legacy\n$ssl_client_i_dn_legacy\n"; }'
--- tls: client=client
--- request
GET /
--- response_body eval
"/CN= A client/C=XX/ST=#1/O=Gr\\xC3\\xBCn, \"und\" <Co>;\\x/OU=c+OU=a\\+b/1.2.3.4.5=x/emailAddress=a\@b.c/OU=end \n/CN=Test CA\n"



=== TEST 3: dates, serial number, fingerprint
--- config eval
$::Server . 'location / { return 200 "$ssl_client_v_start|$ssl_client_v_end|$ssl_client_serial|$ssl_client_fingerprint\n"; }
location /remain { return 200 $ssl_client_v_remain; }'
--- tls: client=client
--- request eval
["GET /", "GET /remain"]
--- response_body_like eval
["^Jan  1 00:00:00 2020 GMT\\|Jan  1 00:00:00 2120 GMT\\|[0-9A-F]{40}\\|[0-9a-f]{40}\n\$", "^3\\d{4}\$"]



=== TEST 4: none is left of what has expired
--- config eval
$::Server . '
    error_page 495 = /expired;
    location = /expired { return 200 "$ssl_client_v_end $ssl_client_v_remain\n"; }
'
--- tls: client=expired
--- request
GET /
--- response_body
Jan  2 00:00:00 2020 GMT 0



=== TEST 5: the certificate
--- config eval
$::Server . 'location / { return 200 $ssl_client_raw_cert; }'
--- tls: client=client
--- request
GET /
--- response_body_like eval
"^-----BEGIN CERTIFICATE-----\n(MII[A-Za-z0-9+/]{61}\n)([A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]*=*\n-----END CERTIFICATE-----\n\$"



=== TEST 6: the certificate, with tabs and without the end of the last line
--- config eval
$::Server . 'location / { return 200 $ssl_client_cert; }'
--- tls: client=client
--- request
GET /
--- response_body_like eval
"^-----BEGIN CERTIFICATE-----\n\tMII[^\n]*\n(\t[^\n\t]*\n)*\t-----END CERTIFICATE-----\$"



=== TEST 7: the certificate for a server behind
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_x_client_cert\n$http_x_client_verify\n$http_x_client_dn\n"; }
    }
--- config eval
$::Server . '
    location / {
        proxy_set_header X-Client-Cert $ssl_client_escaped_cert;
        proxy_set_header X-Client-Verify $ssl_client_verify;
        proxy_set_header X-Client-DN $ssl_client_s_dn;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
'
--- tls: client=revoked
--- request
GET /
--- response_body_like eval
"^-----BEGIN%20CERTIFICATE-----%0AMII[A-Za-z0-9%]*%0A-----END%20CERTIFICATE-----%0A\nSUCCESS\nCN=Revoked\n\$"



=== TEST 8: nothing without a certificate
--- config eval
$::Server . 'location / { return 200 "<$ssl_client_s_dn$ssl_client_i_dn$ssl_client_s_dn_legacy$ssl_client_i_dn_legacy$ssl_client_serial$ssl_client_fingerprint$ssl_client_cert$ssl_client_raw_cert$ssl_client_escaped_cert$ssl_client_v_start$ssl_client_v_end$ssl_client_v_remain>\n"; }'
--- tls
--- request
GET /
--- response_body
<>



=== TEST 9: of a session that goes on, too
--- config eval
$::Server . 'location / { return 200 "$ssl_session_reused $ssl_client_i_dn\n"; }'
--- tls: client=client version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
[". CN=Test CA\n", "r CN=Test CA\n"]



=== TEST 10: in the access log
--- http_config
    log_format dn '$ssl_client_verify "$ssl_client_s_dn"';
--- config eval
$::Server . '
    access_log logs/access.log dn;
    location / { return 200 x; }
'
--- tls: client=revoked
--- request
GET /
--- response_body: x
--- access_log
SUCCESS "CN=Revoked"



=== TEST 11: signature algorithms and ALPN
--- config eval
$::Server . 'location / { return 200 "$ssl_client_sigalg <$ssl_alpn_protocol>\n"; }'
--- tls: client=client alpn=http/1.1 version=1.3
--- request
GET /
--- response_body
ecdsa_secp256r1_sha256 <http/1.1>
--- skip_nginx: 2: < 1.29.3
