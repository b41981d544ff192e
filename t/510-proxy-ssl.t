# TLS with servers: names, trust, sessions, the pool.

use Test::Nginx::Socket 'no_plan';

our $Big = 'x' x 300000;

our $Origin = <<'_EOC_';
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        client_max_body_size 0;
        location / { return 200 "$https <$ssl_server_name> $http_host $request_uri\n"; }
        location /cipher { return 200 "$ssl_cipher"; }
        location /reused { return 200 "$ssl_session_reused"; }
        location /count { return 200 "$connection_requests"; }
        location /close { keepalive_timeout 0; return 200 "$ssl_session_reused"; }
        location /big { root html; }
        location /length { return 200 "$http_content_length"; }
    }
_EOC_

run_tests();

__DATA__

=== TEST 1: proxy_pass https://
--- http_config eval: $::Origin
--- config
    location / { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /a?b
--- response_body
on <> 127.0.0.1:$TEST_NGINX_RAND_PORT_1 /a?b



=== TEST 2: by a variable
--- http_config eval: $::Origin
--- config
    location / {
        set $scheme_ https;
        proxy_pass $scheme_://127.0.0.1:$TEST_NGINX_RAND_PORT_1/x;
    }
--- request
GET /a?b
--- response_body
on <> 127.0.0.1:$TEST_NGINX_RAND_PORT_1 /x



=== TEST 3: the default port
--- config
    location / {
        proxy_pass https://127.0.0.1;
        proxy_connect_timeout 1s;
        error_page 502 504 = /names;
    }
    location = /names { return 200 "$proxy_host $proxy_port\n"; }
    location /constant { proxy_pass https://127.0.0.1:443; error_page 502 504 = @constant; }
    location @constant { return 200 "x\n"; }
--- request
GET /
--- error_log eval
qr/connect\(\) failed \(111: Connection refused\) while connecting to upstream, .*upstream: "https:\/\/127.0.0.1:443\//
--- response_body eval
" \n"



=== TEST 4: proxy_ssl_server_name and proxy_ssl_name
--- http_config eval: $::Origin
--- config
    proxy_ssl_server_name on;
    location /own { proxy_ssl_name Some.Name; proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1/; }
    location /var { proxy_ssl_name $arg_n; proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1/; }
    location /localhost { proxy_pass https://localhost:$TEST_NGINX_RAND_PORT_1/; }
--- request eval
["GET /own", "GET /var?n=a.b:80", "GET /localhost"]
--- response_body_like eval
["^on <[Ss]ome.[Nn]ame> ", "^on <a.b> ", "^on <localhost> "]



=== TEST 5: a certificate that is trusted
--- http_config eval: $::Origin
--- config
    location / {
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
        proxy_ssl_name localhost;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- response_body_like
^on 



=== TEST 6: a certificate of an authority that is not trusted
--- http_config eval: $::Origin
--- config
    location / {
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate $TEST_NGINX_TLS/self.crt;
        proxy_ssl_name localhost;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- error_code: 502
--- error_log eval
qr/\[error\] .*upstream SSL certificate verify error: \(2[01]:unable to .*\) while SSL handshaking to upstream, .*upstream: "https:/



=== TEST 7: a certificate for another name
--- http_config eval: $::Origin
--- config
    location / {
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
        proxy_ssl_name other.example;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- error_code: 502
--- error_log
upstream SSL certificate does not match "other.example" while SSL handshaking to upstream



=== TEST 8: a certificate that has expired
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/expired.crt;
        ssl_certificate_key $TEST_NGINX_TLS/expired.key;
    }
--- config
    location / {
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
        proxy_ssl_name localhost;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- error_code: 502
--- error_log
upstream SSL certificate verify error: (10:certificate has expired)



=== TEST 9: a certificate that is trusted itself, with a name in CN alone
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/self.crt;
        ssl_certificate_key $TEST_NGINX_TLS/self.key;
        return 200 "trusted";
    }
--- config
    proxy_ssl_verify on;
    proxy_ssl_trusted_certificate $TEST_NGINX_TLS/self.crt;
    location / {
        proxy_ssl_name localhost;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /other {
        proxy_ssl_name other;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /", "GET /other"]
--- error_code eval
[200, 502]
--- error_log
upstream SSL certificate does not match "other"



=== TEST 10: a server that does not speak TLS
--- config
    location / { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 0
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\n"
--- request
GET /
--- error_code: 502
--- error_log eval
qr/\[error\] .*SSL_do_handshake\(\) failed \(SSL: .*\) while SSL handshaking to upstream/
--- skip_nginx: all: its level is crit



=== TEST 11: a server that leaves in the handshake
--- config
    location / { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 5
--- tcp_reply: x
--- request
GET /
--- error_code: 502
--- error_log
while SSL handshaking to upstream



=== TEST 12: proxy_connect_timeout bounds the handshake
--- config
    location / {
        proxy_connect_timeout 200ms;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 1000000
--- tcp_reply: x
--- request
GET /
--- error_code: 504
--- error_log
upstream timed out (110: Connection timed out) while SSL handshaking to upstream



=== TEST 13: sessions go on
--- http_config eval: $::Origin
--- config
    location / { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /close", "GET /close", "GET /close"]
--- response_body eval
[".", "r", "r"]



=== TEST 14: not with proxy_ssl_session_reuse off
--- http_config eval: $::Origin
--- config
    proxy_ssl_session_reuse off;
    location / { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /close", "GET /close"]
--- response_body eval
[".", "."]



=== TEST 15: nor in another location that trusts other authorities
--- http_config eval: $::Origin
--- config
    location /close { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /verified {
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
        proxy_ssl_name localhost;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1/close;
    }
    location /strict {
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate $TEST_NGINX_TLS/self.crt;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1/close;
    }
--- request eval
["GET /close", "GET /verified", "GET /verified", "GET /strict"]
--- error_code eval
[200, 200, 200, 502]
--- response_body_like eval
["^\\.\$", "^\\.\$", "^r\$", "502"]
--- skip_nginx: all: it resumes across locations



=== TEST 16: connections are kept and used again, by requests that would have made the same
--- http_config eval: $::Origin
--- config
    location / { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /named {
        proxy_ssl_name other;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1/count;
    }
    location /verified {
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1/count;
    }
--- request eval
["GET /count", "GET /count", "GET /named", "GET /count", "GET /named", "GET /verified"]
--- response_body eval
["1", "2", "1", "3", "2", "1"]
--- skip_nginx: all: it keeps none by default



=== TEST 17: large bodies both ways
--- http_config eval: $::Origin
--- config
    client_max_body_size 0;
    proxy_request_buffering off;
    location / { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /buffered {
        proxy_request_buffering on;
        client_body_buffer_size 16k;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1/length;
    }
--- user_files eval
[["big", $::Big x 10]]
--- timeout: 10
--- request eval
["GET /big", "POST /length\n" . ($::Big x 10), "POST /buffered\n" . ($::Big x 10)]
--- response_body_size eval
[3000000, 7, 7]



=== TEST 18: TLS at both ends
--- http_config eval: $::Origin
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    client_max_body_size 0;
    location / { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval
[["big", $::Big x 10]]
--- tls
--- timeout: 10
--- request eval
["GET /big", "POST /length\n" . ($::Big x 10)]
--- response_body_size eval
[3000000, 7]



=== TEST 19: verification without authorities
--- config
    location / {
        proxy_ssl_verify on;
        proxy_pass https://127.0.0.1:1;
    }
--- must_die
--- error_log
no proxy_ssl_trusted_certificate for proxy_ssl_verify



=== TEST 20: authorities that are not there
--- config
    location / {
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate absent.crt;
        proxy_pass https://127.0.0.1:1;
    }
--- must_die
--- error_log
absent.crt



=== TEST 21: a certificate without its key
--- config
    location / {
        proxy_ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        proxy_pass https://127.0.0.1:1;
    }
--- must_die
--- error_log
no "proxy_ssl_certificate_key" is defined for certificate "$TEST_NGINX_TLS/localhost.crt"



=== TEST 22: the next server, when the first does not shake hands
--- http_config eval
$::Origin . '
    upstream two { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }'
--- config
    location / { proxy_pass https://two; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_query_len: 0
--- tcp_reply: no TLS
--- request
GET /
--- response_body
on <> two /
--- error_log
SSL_do_handshake() failed



=== TEST 23: a body until the end, which is said
--- config
    location / { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_tls: localhost
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole"
--- request
GET /
--- response_body: whole
--- no_error_log
[error]



=== TEST 24: and which is not: it is cut short for the client too
--- config
    location / { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_tls: localhost cut
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart"
--- request
GET /
--- truncated
--- response_body: part
--- error_log eval
qr/\[error\] .*SSL_read\(\) failed \(SSL: unexpected eof while reading\) while reading upstream/
--- skip_nginx: all: it takes it for the end



=== TEST 25: a server that closes before it answers
--- config
    location / { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_tls: localhost cut
--- tcp_reply eval
""
--- request
GET /
--- error_code: 502
--- error_log
upstream prematurely closed connection while reading response header from upstream



=== TEST 26: a kept connection that its server closes is replaced without harm
--- config
    location / {
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_tls: localhost cut
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo"]
--- request eval
["GET /", "GET /"]
--- response_body eval
["one", "two"]
--- no_error_log
[error]



=== TEST 27: proxy_ssl_ciphers
--- http_config eval: $::Origin
--- config
    proxy_ssl_protocols TLSv1.2;
    proxy_ssl_session_reuse off;
    location / {
        proxy_ssl_ciphers ECDHE+AES128;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /other {
        proxy_ssl_ciphers ECDHE+CHACHA20;
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1/cipher;
    }
--- request eval
["GET /cipher", "GET /other"]
--- response_body_like eval
["^ECDHE-ECDSA-AES128-", "^ECDHE-ECDSA-CHACHA20-POLY1305\$"]



=== TEST 28: proxy_ssl_ciphers that there are not
--- config
    location / {
        proxy_ssl_ciphers NONE;
        proxy_pass https://127.0.0.1:1;
    }
--- must_die
--- error_log eval
qr/SSL_CTX_set_cipher_list\("NONE"\) failed/



=== TEST 29: proxy_ssl_verify_depth: authorities between a certificate and one that is trusted
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/deep.crt;
        ssl_certificate_key $TEST_NGINX_TLS/deep.key;
        return 200 "deep\n";
    }
    proxy_ssl_verify on;
    proxy_ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
    proxy_ssl_name localhost;
    proxy_ssl_session_reuse off;
--- config
    location /0 { proxy_ssl_verify_depth 0; proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /default { proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /2 { proxy_ssl_verify_depth 2; proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /0", "GET /default", "GET /2"]
--- error_code eval
[502, 502, 200]
--- error_log eval
qr/upstream SSL certificate verify error: \((22:certificate chain too long|20:unable to get local issuer certificate)\) while SSL handshaking to upstream/



=== TEST 30: proxy_ssl_verify_depth that is no number
--- config
    proxy_ssl_verify_depth deep;
--- must_die
--- error_log
"proxy_ssl_verify_depth" directive invalid number in
