# Keys with a password, and the keys of session tickets.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: a key in PKCS#8 with a password
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/encrypted-aes256.key;
    ssl_password_file passwords;
    location / { return 200 x; }
--- user_files
>>> ../conf/passwords
wrong

secret
--- tls: certificate=localhost
--- request
GET /
--- response_body: x



=== TEST 2: one that 3DES encrypts, by a password of http
--- http_config
    ssl_password_file passwords;
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/encrypted-des3.key;
    location / { return 200 x; }
--- user_files
>>> ../conf/passwords
secret
--- tls: certificate=localhost
--- request
GET /
--- response_body: x



=== TEST 3: keys in OpenSSL's traditional form
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/traditional-aes192.key;
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/traditional-des3.key;
    ssl_password_file passwords;
    location / { return 200 x; }
--- user_files eval
[["../conf/passwords", "secret\r\n"]]
--- tls: certificate=localhost
--- request
GET /
--- response_body: x



=== TEST 4: a wrong password
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/encrypted-aes256.key;
    ssl_password_file passwords;
--- user_files
>>> ../conf/passwords
one-guess
another
--- must_die
--- error_log eval
qr/\[emerg\] .*cannot load certificate key "[^"]*encrypted-aes256.key": PEM_read_bio_PrivateKey\(\) failed \(.*bad decrypt/
--- no_error_log
guess



=== TEST 5: and no password at all
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/traditional-aes192.key;
--- must_die
--- error_log eval
qr/traditional-aes192.key": PEM_read_bio_PrivateKey\(\) failed \(the key is encrypted, and there is no password\) in .*nginx.conf:\d+/
--- skip_nginx: all: it asks for one at its terminal



=== TEST 6: a file of passwords that is not there
--- config
    ssl_password_file absent;
--- must_die
--- error_log eval
qr/\[emerg\] .*open\(\) "[^"]*\/conf\/absent" failed \(2: No such file or directory\) in .*nginx.conf:\d+/



=== TEST 7: a line of it that is too long
--- config
    ssl_password_file passwords;
--- user_files eval
[["../conf/passwords", "x" x 4096]]
--- must_die
--- error_log eval
qr/\[emerg\] .*too long line in "[^"]*\/conf\/passwords" in .*nginx.conf:\d+/



=== TEST 8: twice
--- config
    ssl_password_file passwords;
    ssl_password_file passwords;
--- user_files
>>> ../conf/passwords
secret
--- must_die
--- error_log
"ssl_password_file" directive is duplicate in



=== TEST 9: of a key that the proxy shows
--- config
    location / {
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_ssl_certificate $TEST_NGINX_TLS/rsa.crt;
        proxy_ssl_certificate_key $TEST_NGINX_TLS/traditional-aes256.key;
        proxy_ssl_password_file passwords;
    }
--- user_files
>>> ../conf/passwords
secret
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_tls: localhost
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
--- request
GET /
--- response_body chomp
x



=== TEST 10: whose password is wrong
--- config
    location / {
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_ssl_certificate $TEST_NGINX_TLS/rsa.crt;
        proxy_ssl_certificate_key $TEST_NGINX_TLS/encrypted-aes128.key;
        proxy_ssl_password_file passwords;
    }
--- user_files
>>> ../conf/passwords
wrong
--- must_die
--- error_log eval
qr/\[emerg\] .*cannot load certificate key "[^"]*encrypted-aes128.key": PEM_read_bio_PrivateKey\(\) failed \(.*bad decrypt/



=== TEST 11: tickets by a key in a file
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_session_ticket_key ticket.key;
    location / { return 200 $ssl_session_reused; }
--- user_files eval
[["../conf/ticket.key", "a" x 48]]
--- tls: version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
[".", "r"]



=== TEST 12: several
--- http_config
    ssl_session_ticket_key new.key;
    ssl_session_ticket_key old.key;
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    location / { return 200 $ssl_session_reused; }
--- user_files eval
[["../conf/new.key", "a" x 80], ["../conf/old.key", "b" x 80]]
--- tls: version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
[".", "r"]



=== TEST 13: a key of another length
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_session_ticket_key ticket.key;
--- user_files eval
[["../conf/ticket.key", "a" x 64]]
--- must_die
--- error_log eval
qr/\[emerg\] .*"[^"]*\/conf\/ticket.key" must be 48 or 80 bytes/



=== TEST 14: a key that is not there
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_session_ticket_key absent.key;
--- must_die
--- error_log eval
qr/\[emerg\] .*open\(\) "[^"]*\/conf\/absent.key" failed \(2: No such file or directory\)/



=== TEST 15: records of a few bytes
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_buffer_size 200;
    location / { root html; }
--- user_files eval
[["x", "0123456789" x 1000]]
--- tls
--- request
GET /x
--- response_body eval
"0123456789" x 1000
