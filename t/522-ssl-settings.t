# OpenSSL's own settings, and what is read without an effect.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: a smallest version
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_conf_command MinProtocol TLSv1.3;
    location / { return 200 x; }
--- tls: version=1.2
--- tls_error: (?i)protocol ?version
--- request
GET /



=== TEST 2: a suite of TLS 1.3
--- http_config
    ssl_conf_command Ciphersuites TLS_CHACHA20_POLY1305_SHA256;
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    location / { return 200 "$ssl_cipher"; }
--- tls: version=1.3
--- request
GET /
--- response_body: TLS_CHACHA20_POLY1305_SHA256



=== TEST 3: lists that replace those of directives
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384;
    ssl_ecdh_curve prime256v1;
    ssl_conf_command CipherString ECDHE-ECDSA-CHACHA20-POLY1305;
    ssl_conf_command Groups secp384r1;
    location / { return 200 "$ssl_cipher"; }
--- tls: version=1.2
--- request
GET /
--- response_body: ECDHE-ECDSA-CHACHA20-POLY1305



=== TEST 4: no tickets
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_conf_command Options -SessionTicket;
    location / { return 200 "$ssl_session_reused"; }
--- tls: version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
[".", "."]



=== TEST 5: options without an effect
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_conf_command Options KTLS,PrioritizeChaCha;
    ssl_conf_command Options ServerPreference;
    location / { return 200 x; }
--- tls
--- request
GET /
--- response_body: x



=== TEST 6: an unknown command
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_conf_command Foo bar;
--- must_die
--- error_log eval
qr/\[emerg\] .*SSL_CONF_cmd\("Foo", "bar"\) failed \(SSL: .*unknown cmd name/



=== TEST 7: a wrong value
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_conf_command MinProtocol TLSv9;
--- must_die
--- error_log eval
qr/\[emerg\] .*SSL_CONF_cmd\("MinProtocol", "TLSv9"\) failed \(SSL: .*bad value/



=== TEST 8: to servers
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        location / { return 200 "$ssl_protocol $ssl_cipher"; }
    }
--- config
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
    location /a {
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_ssl_conf_command MaxProtocol TLSv1.2;
        proxy_ssl_conf_command CipherString ECDHE-ECDSA-AES128-GCM-SHA256;
    }
    location /b {
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
    }
--- request eval
["GET /a", "GET /b"]
--- response_body eval
["TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.3 TLS_AES_128_GCM_SHA256"]



=== TEST 9: a wrong value of the proxy
--- config
    location / {
        proxy_pass https://127.0.0.1;
        proxy_ssl_conf_command Ciphersuites FOO;
    }
--- must_die
--- error_log eval
qr/SSL_CONF_cmd\("Ciphersuites", "FOO"\) failed \(SSL: .*no cipher match/



=== TEST 10: ssl on
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        ssl on;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        location / { return 200 $scheme; }
    }
--- config
    location / { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /
--- response_body: https
--- error_log
the "ssl" directive is deprecated, use the "listen ... ssl" directive instead



=== TEST 11: ssl on without a certificate
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        ssl on;
    }
--- config
--- must_die
--- error_log
no "ssl_certificate" is defined for the "ssl" directive in



=== TEST 12: ECH
--- config
    ssl_ech_file x;
--- must_die
--- error_log
"ssl_ech_file" is not supported: rustls has no ECH for servers in
--- skip_nginx: all: < 1.29.4



=== TEST 13: compressed certificates
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_certificate_compression on;
    location / { return 200 x; }
--- tls: certificate=rsa
--- request
GET /
--- response_body: x
--- skip_nginx: all: < 1.29.1



=== TEST 14: words of the main level without an effect
--- main_config
    ssl_object_cache_inheritable on;
--- config
    location / { return 200 x; }
--- request
GET /
--- response_body: x
--- skip_nginx: all: < 1.27.4



=== TEST 15: a log of secrets
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_key_log logs/secrets;
    location / { alias $TEST_NGINX_SERVER_ROOT/; }
--- tls: version=1.2
--- request
GET /logs/secrets
--- response_body_like: ^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}\n$
--- error_log
"ssl_key_log": secrets of connections go to
--- skip_nginx: all: < 1.27.2



=== TEST 16: and those of servers
--- config
    location / {
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_ssl_key_log logs/secrets;
        proxy_ssl_protocols TLSv1.2;
    }
    location /logs { alias $TEST_NGINX_SERVER_ROOT/logs; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_tls: localhost
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
--- request eval
["GET /", "GET /logs/secrets"]
--- response_body_like eval
["x", qr/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}\n$/]
--- skip_nginx: all: < 1.27.2
