# TLS with clients: handshakes, the server chosen by SNI, variables, plain requests, bodies both ways.

use Test::Nginx::Socket 'no_plan';

our $Big = 'x' x 300000;

our $Localhost = <<'_EOC_';
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    location / { return 200 "localhost\n"; }
_EOC_

our $Other = <<'_EOC_';
    server {
        listen $TEST_NGINX_SERVER_PORT ssl;
        server_name other.example;
        ssl_certificate $TEST_NGINX_TLS/other.crt;
        ssl_certificate_key $TEST_NGINX_TLS/other.key;
        location / { return 200 "other\n"; }
    }
_EOC_

run_tests();

__DATA__

=== TEST 1: a request over TLS, and its variables
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    location / { return 200 "$https $scheme $ssl_protocol $ssl_server_name $ssl_session_reused\n"; }
    location /c { return 200 "$ssl_cipher\n"; }
--- tls: certificate=localhost
--- request eval
["GET /", "GET /c"]
--- response_body_like eval
["^on https TLSv1.3 localhost [.r]\n\$", "^TLS_(AES_256_GCM_SHA384|AES_128_GCM_SHA256|CHACHA20_POLY1305_SHA256)\n\$"]



=== TEST 2: TLS 1.2, without SNI, a request whose certificate is RSA's
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_session_tickets off;
    location / { return 200 "$ssl_protocol $ssl_cipher <$ssl_server_name> $ssl_session_reused\n"; }
--- tls: version=1.2 name=- certificate=rsa
--- request
GET /
--- response_body_like
^TLSv1.2 ECDHE-RSA-[A-Z0-9-]+ <> \.$



=== TEST 3: a plain connection has none of the variables
--- config
    location / { return 200 "<$https> $scheme <$ssl_protocol$ssl_cipher$ssl_server_name$ssl_session_reused>\n"; }
--- request
GET /
--- response_body
<> http <>



=== TEST 4: SNI chooses the server and its certificate, Host the server of the request
--- http_config eval: $::Other
--- config eval: $::Localhost
--- tls: name=OTHER.example certificate=other
--- request eval
["GET /", "GET /", "GET / HTTP/1.0"]
--- more_headers eval
["Host: other.example", "Host: localhost", "Host: unknown.example"]
--- response_body eval
["other\n", "localhost\n", "other\n"]



=== TEST 5: a name that no server has gets the default server
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT ssl default_server;
        server_name other.example;
        ssl_certificate $TEST_NGINX_TLS/other.crt;
        ssl_certificate_key $TEST_NGINX_TLS/other.key;
        location / { return 200 "other\n"; }
    }
--- config eval: $::Localhost
--- tls: name=unknown.example certificate=other
--- request
GET /
--- more_headers
Host: unknown.example
--- response_body
other



=== TEST 6: a server without a certificate has the default server's
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT ssl default_server;
        server_name other.example;
        ssl_certificate $TEST_NGINX_TLS/other.crt;
        ssl_certificate_key $TEST_NGINX_TLS/other.key;
    }
--- config
    location / { return 200 "localhost\n"; }
--- tls: certificate=other
--- request
GET /
--- response_body
localhost



=== TEST 7: a plain request to an address with TLS
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        location / { return 200 "not reached\n"; }
    }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request
GET /
--- error_code: 400
--- response_body_like
400 The plain HTTP request was sent to HTTPS port
--- response_headers
Connection: close
--- error_log
client sent plain HTTP request to HTTPS port while reading client request headers



=== TEST 8: error_page 497 redirects plain requests
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        error_page 497 =307 https://localhost:$TEST_NGINX_RAND_PORT_1$request_uri;
    }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request
GET /a?b
--- error_code: 307
--- response_headers
Location: https://localhost:$TEST_NGINX_RAND_PORT_1/a?b



=== TEST 9: redirects stay with TLS
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    location / { return 301 /there; }
--- tls
--- request
GET /
--- error_code: 301
--- response_headers
Location: https://localhost:$TEST_NGINX_SERVER_PORT/there



=== TEST 10: requests that come at once, on one connection
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    location / { return 200 "$connection_requests\n"; }
--- tls
--- pipelined_requests eval
["GET /", "GET /", "GET /"]
--- response_body eval
["1\n", "2\n", "3\n"]



=== TEST 11: a head in pieces
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    location / { return 200 "$http_x\n"; }
--- tls
--- raw_request eval
["GET / HTTP/1.0\r\n", "X: 1", "2\r\n\r\n"]
--- raw_request_middle_delay: 0.05
--- response_body
12



=== TEST 12: large bodies both ways, with and without sendfile
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    client_body_buffer_size 16k;
    location = /file { alias html/big; }
    location /proxy {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/big;
    }
    location /post {
        proxy_request_buffering off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/length;
    }
--- user_files eval
[["big", $::Big]]
--- http_config
    sendfile on;
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        client_max_body_size 0;
        location /big { root html; }
        location /length { return 200 "$http_content_length\n"; }
    }
--- tls
--- request eval
["GET /file", "GET /proxy", "POST /post\n$::Big", "POST /proxy\n$::Big"]
--- error_code eval
[200, 200, 200, 405]
--- response_body_like eval
["^x{300000}\$", "^x{300000}\$", "^300000\n\$", "405 Not Allowed"]



=== TEST 13: a client that reads late gets all of it
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    output_buffers 1 64k;
    location / { root html; }
--- user_files eval
[["big", $::Big x 20]]
--- tls
--- read_delay: 0.3
--- timeout: 10
--- request
GET /big
--- response_body_size: 6000000



=== TEST 14: keep-alive ends with close_notify
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    keepalive_timeout 100ms;
    location / { return 200 "x"; }
--- tls
--- request
GET /
--- more_headers
Connection: keep-alive
--- closes
--- response_body: x



=== TEST 15: sessions go on by tickets
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    location / { return 200 "$ssl_session_reused"; }
--- tls: version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
[".", "r"]



=== TEST 16: and in TLS 1.3
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    location / { return 200 "$ssl_session_reused"; }
--- tls: version=1.3
--- request eval
["GET /", "GET /"]
--- response_body eval
[".", "r"]



=== TEST 17: ssl_session_tickets off
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_session_tickets off;
    ssl_session_cache none;
    location / { return 200 "$ssl_session_reused"; }
--- tls: version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
[".", "."]



=== TEST 18: of two certificates an elliptic one is preferred
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.3;
    location / { return 200 "x"; }
--- tls: certificate=localhost
--- request
GET /
--- response_body: x



=== TEST 19: Ed25519
--- config
    ssl_certificate $TEST_NGINX_TLS/ed25519.crt;
    ssl_certificate_key $TEST_NGINX_TLS/ed25519.key;
    ssl_protocols TLSv1.3;
    location / { return 200 "x"; }
--- tls: certificate=ed25519
--- request
GET /
--- response_body: x



=== TEST 20: ALPN
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    location / { return 200 "x"; }
--- tls: alpn=h2 alpn=http/1.1
--- request
GET /
--- response_body: x



=== TEST 21: ALPN without a protocol in common
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
--- tls: alpn=h3
--- tls_error: NoApplicationProtocol
--- request
GET /
--- error_log eval
qr/\[info\] .*SSL_do_handshake\(\) failed \(.*\) while SSL handshaking, client: 127.0.0.1, server: 0.0.0.0:/



=== TEST 22: ssl_reject_handshake
--- config
    ssl_reject_handshake on;
--- tls
--- tls_error: UnrecognisedName
--- request
GET /
--- error_log eval
qr/\[info\] .*handshake rejected while SSL handshaking, client: 127.0.0.1, server: 0.0.0.0:/



=== TEST 23: ssl_reject_handshake for all but one name
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT ssl default_server;
        ssl_reject_handshake on;
    }
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    location / { return 200 "x"; }
--- tls
--- request
GET /
--- response_body: x



=== TEST 24: ssl_protocols that the client does not have
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.3;
--- tls: version=1.2
--- tls_error: ProtocolVersion
--- request
GET /
--- error_log
SSL_do_handshake() failed



=== TEST 25: client_header_timeout bounds the handshake
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        client_header_timeout 200ms;
    }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
["\x16\x03\x01\x02\x00\x01", "\x00", "\x01", "\xfc"]
--- raw_request_middle_delay: 0.06
--- error_code: none
--- closes: 0.01
--- error_log
client timed out (110: Connection timed out) while SSL handshaking



=== TEST 26: what is no hello
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"\x16\x03\x01\x00\x06\x02\x00\x00\x02\x00\x00"
--- ignore_response
--- closes
--- error_log eval
qr/\[info\] .*SSL_do_handshake\(\) failed \(SSL: .*\) while SSL handshaking/



=== TEST 27: a client that leaves in the handshake
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"\x16\x03\x01"
--- shutdown: 1
--- error_code: none
--- error_log
peer closed connection in SSL handshake while SSL handshaking



=== TEST 28: the PROXY protocol comes before the handshake
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1 ssl proxy_protocol;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\nGET / HTTP/1.0\r\n\r\n"
--- error_code: 400
--- response_body_like
The plain HTTP request was sent to HTTPS port



=== TEST 29: fields of a record's size
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_buffer_size 4k;
    ssl_prefer_server_ciphers on;
    location / { root html; }
--- user_files eval
[["big", $::Big]]
--- tls
--- request
GET /big
--- response_body_size: 300000



=== TEST 30: bodies that would pass through pipes if they were plain
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    client_max_body_size 0;
    location /proxy {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/big;
    }
    location /post {
        proxy_http_version 1.1;
        proxy_request_buffering off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/length;
    }
--- user_files eval
[["big", $::Big x 10]]
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        client_max_body_size 0;
        location /big { root html; }
        location /length { return 200 "$http_content_length\n"; }
    }
--- tls
--- timeout: 10
--- request eval
["GET /proxy", "POST /post\n" . ($::Big x 10)]
--- response_body_size eval
[3000000, 8]



=== TEST 31: a host that no server has is the default server's, whatever SNI has named
--- http_config eval: $::Other
--- config eval: $::Localhost
--- tls: certificate=localhost
--- request eval
["GET /", "GET /"]
--- more_headers eval
["Host: unknown.example", "Host: localhost"]
--- response_body eval
["other\n", "localhost\n"]
