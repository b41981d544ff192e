# What a configuration of TLS may not say, and what it says of it.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: no certificate
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1 ssl;
    }
--- config
--- must_die
--- error_log eval
qr/\[emerg\] .*no "ssl_certificate" is defined for the "listen ... ssl" directive in .*nginx.conf:\d+/



=== TEST 2: a default server that refuses all, and another without a certificate
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1 ssl;
        ssl_reject_handshake on;
    }
    server {
        listen $TEST_NGINX_RAND_PORT_1 ssl;
        server_name a;
    }
--- config
--- must_die
--- error_log
no "ssl_certificate" is defined for the "listen ... ssl" directive in



=== TEST 3: a certificate without its key
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
--- must_die
--- error_log
no "ssl_certificate_key" is defined for certificate "$TEST_NGINX_TLS/localhost.crt"



=== TEST 4: two certificates and one key
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
--- must_die
--- error_log
no "ssl_certificate_key" is defined for certificate "$TEST_NGINX_TLS/rsa.crt"



=== TEST 5: a file that is not there
--- config
    ssl_certificate absent.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
--- must_die
--- error_log eval
qr/\[emerg\] .*cannot load certificate "[^"]*\/conf\/absent.crt": BIO_new_file\(\) failed \(.*No such file or directory/



=== TEST 6: a key that is not there
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key absent.key;
--- must_die
--- error_log eval
qr/\[emerg\] .*cannot load certificate key "[^"]*\/conf\/absent.key": BIO_new_file\(\) failed \(.*No such file or directory/



=== TEST 7: no certificate in the file
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.key;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
--- must_die
--- error_log eval
qr/\[emerg\] .*cannot load certificate "[^"]*localhost.key": PEM_read_bio_X509.*\(\) failed \(.*no start line/



=== TEST 8: no key in the file
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.crt;
--- must_die
--- error_log eval
qr/\[emerg\] .*cannot load certificate key "[^"]*localhost.crt": PEM_read_bio_PrivateKey\(\) failed \(/



=== TEST 9: the key of another certificate
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/other.key;
--- must_die
--- error_log eval
qr/\[emerg\] .*SSL_CTX_use_PrivateKey\("[^"]*other.key"\) failed \(.*key values mismatch/



=== TEST 10: mistakes have a file and a line
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/other.key;
--- must_die
--- error_log eval
qr/key values mismatch\) in .*nginx.conf:\d+/
--- skip_nginx: all: it says neither



=== TEST 11: an unknown protocol
--- config
    ssl_protocols TLSv1.4;
--- must_die
--- error_log
invalid value "TLSv1.4" in



=== TEST 12: only protocols that there are not
--- config
    ssl_protocols TLSv1 TLSv1.1;
--- must_die
--- error_log
"ssl_protocols" names no version that is supported: TLSv1.2, TLSv1.3 in
--- skip_nginx: all: it has them all



=== TEST 13: old protocols beside others are passed over
--- config
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    location / { return 200 $ssl_protocol; }
--- tls
--- request
GET /
--- response_body: TLSv1.2
--- no_error_log
TLSv1.1



=== TEST 14: a cache of sessions that is none
--- config
    ssl_session_cache shared:SSL;
--- must_die
--- error_log
invalid session cache "shared:SSL" in



=== TEST 15: twice
--- config
    ssl_session_tickets on;
    ssl_session_tickets off;
--- must_die
--- error_log
"ssl_session_tickets" directive is duplicate in



=== TEST 16: certificates in a location
--- config
    location / { ssl_certificate a; }
--- must_die
--- error_log
"ssl_certificate" directive is not allowed here in



=== TEST 17: what is said in http holds for all servers
--- http_config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_session_timeout 5m;
    ssl_session_cache off;
--- config
    location / { return 200 x; }
--- tls: certificate=localhost
--- request
GET /
--- response_body: x



=== TEST 18: a size that is none
--- config
    ssl_session_cache builtin:x;
--- must_die
--- error_log
invalid session cache "builtin:x" in



=== TEST 19: off with a size
--- config
    ssl_session_cache off:1;
--- must_die
--- error_log
invalid session cache "off:1" in



=== TEST 20: a small zone of sessions
--- config
    ssl_session_cache shared:SSL:1k;
--- must_die
--- error_log
session cache "shared:SSL:1k" is too small in



=== TEST 21: a zone of two sizes
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; ssl_session_cache shared:SSL:1m; }
--- config
    ssl_session_cache shared:SSL:2m;
--- must_die
--- error_log
the size 2097152 of shared memory zone "SSL" conflicts with already declared size 1048576 in



=== TEST 22: a zone that is another's
--- http_config
    limit_req_zone $uri zone=SSL:1m rate=1r/s;
--- config
    ssl_session_cache shared:SSL:1m;
--- must_die
--- error_log
the shared memory zone "SSL" is already declared for a different use in
