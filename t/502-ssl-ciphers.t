# ssl_ciphers, ssl_ecdh_curve: OpenSSL's lists. Of what the server allows the client's first choice is AES-256, then
# AES-128, then ChaCha20.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: one suite by its name
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ciphers ECDHE-RSA-CHACHA20-POLY1305;
    location / { return 200 "$ssl_cipher\n"; }
--- tls: version=1.2
--- request
GET /
--- response_body
ECDHE-RSA-CHACHA20-POLY1305



=== TEST 2: classes; the client prefers
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ciphers ECDHE+CHACHA20:AES128;
    location / { return 200 "$ssl_cipher\n"; }
--- tls: version=1.2
--- request
GET /
--- response_body
ECDHE-RSA-AES128-GCM-SHA256



=== TEST 3: ssl_prefer_server_ciphers: the list is in the order of preference
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ciphers ECDHE+CHACHA20:AES128;
    ssl_prefer_server_ciphers on;
    location / { return 200 "$ssl_cipher\n"; }
--- tls: version=1.2
--- request
GET /
--- response_body
ECDHE-RSA-CHACHA20-POLY1305



=== TEST 4: words of suites that are not here are passed over
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ciphers DHE-RSA-AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256:!aNULL:nonsense;
    location / { return 200 "$ssl_cipher\n"; }
--- tls: version=1.2
--- request
GET /
--- response_body
ECDHE-RSA-AES128-GCM-SHA256



=== TEST 5: suites of TLS 1.3 are no matter of the list
--- config
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ciphers ECDHE-RSA-CHACHA20-POLY1305;
    location / { return 200 "$ssl_cipher\n"; }
--- tls: version=1.3
--- request
GET /
--- response_body
TLS_AES_256_GCM_SHA384



=== TEST 6: no suite in common
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;
    location / { return 200; }
--- tls: version=1.2
--- tls_error: HandshakeFailure
--- request
GET /
--- error_log
SSL_do_handshake() failed (SSL:



=== TEST 7: a list without a suite
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ciphers nonsense;
--- must_die
--- error_log
SSL_CTX_set_cipher_list("nonsense") failed (SSL: 



=== TEST 8: a list of suites that are not here
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ciphers RSA:CAMELLIA;
--- must_die
--- error_log
SSL_CTX_set_cipher_list("RSA:CAMELLIA") failed (SSL: no cipher match)
--- skip_nginx: all: it has them



=== TEST 9: no list
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ciphers "HIGH:!";
--- must_die
--- error_log
SSL_CTX_set_cipher_list("HIGH:!") failed (SSL: 



=== TEST 10: ssl_ciphers twice
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ciphers HIGH;
    ssl_ciphers HIGH;
--- must_die
--- error_log
"ssl_ciphers" directive is duplicate in



=== TEST 11: one group
--- config
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ecdh_curve secp384r1;
    location / { return 200 "$ssl_curve\n"; }
--- tls: version=1.3
--- request
GET /
--- response_body
secp384r1



=== TEST 12: the client prefers of two
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ecdh_curve secp384r1:prime256v1;
    location / { return 200 "$ssl_curve\n"; }
--- tls: version=1.2
--- request
GET /
--- response_body
prime256v1



=== TEST 13: groups that are not here are passed over
--- config
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ecdh_curve secp521r1:X25519;
    location / { return 200 "$ssl_curve\n"; }
--- tls: version=1.3
--- request
GET /
--- response_body
X25519



=== TEST 14: no group
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ecdh_curve X25519:nonsense;
--- must_die
--- error_log
SSL_CTX_set1_curves_list("X25519:nonsense") failed (SSL: 



=== TEST 15: a group twice
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ecdh_curve P-256:prime256v1;
--- must_die
--- error_log
SSL_CTX_set1_curves_list("P-256:prime256v1") failed



=== TEST 16: only groups that are not here
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ecdh_curve secp521r1;
--- must_die
--- error_log
SSL_CTX_set1_curves_list("secp521r1") failed (SSL: none of these groups is supported)
--- skip_nginx: all: it has them



=== TEST 17: auto
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_ecdh_curve auto;
    location / { return 200 "$ssl_protocol\n"; }
--- tls: version=1.2
--- request
GET /
--- response_body
TLSv1.2



=== TEST 18: what the client offers
--- config
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    location / { return 200 "$ssl_ciphers\n$ssl_curves\n"; }
--- tls: version=1.2
--- request
GET /
--- response_body
TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:TLS_EMPTY_RENEGOTIATION_INFO_SCSV
X25519:prime256v1:secp384r1



=== TEST 19: what is not known of it is empty
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    location / { return 200 "<$ssl_session_id$ssl_sigalg$ssl_ech_status$ssl_ech_outer_server_name>\n"; }
--- tls
--- request
GET /
--- response_body
<>
--- skip_nginx: all: these are of later releases but for the first, which OpenSSL shows



=== TEST 20: without TLS too
--- config
    location / { return 200 "<$ssl_ciphers$ssl_curves$ssl_session_id>\n"; }
--- request
GET /
--- response_body
<>
