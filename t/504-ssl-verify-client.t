# ssl_verify_client: certificates of clients, and what is thought of them.

use Test::Nginx::Socket 'no_plan';

our $NoAuthority = <<'_EOC_';
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.2 TLSv1.3;
_EOC_

our $ByCa = <<'_EOC_';
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_client_certificate $TEST_NGINX_TLS/ca.crt;
    location / { return 200 "$ssl_client_verify $ssl_session_reused\n"; }
_EOC_

run_tests();

__DATA__

=== TEST 1: a certificate of an authority that is trusted
--- config eval
$::ByCa . 'ssl_verify_client on;'
--- tls: client=client
--- request
GET /
--- response_body_like
^SUCCESS [.r]$



=== TEST 2: in TLS 1.2
--- config eval
$::ByCa . 'ssl_verify_client on;'
--- tls: client=client version=1.2
--- request
GET /
--- response_body_like
^SUCCESS [.r]$



=== TEST 3: none, where one is needed
--- config eval
$::ByCa . 'ssl_verify_client on;'
--- tls
--- request
GET /
--- error_code: 400
--- response_body_like
<center><h1>400 Bad Request</h1></center>\r\n<center>No required SSL certificate was sent</center>
--- response_headers
Connection: close
--- error_log eval
qr/\[info\] .*client sent no required SSL certificate while reading client request headers, client: 127.0.0.1, server: localhost, request: "GET \/ HTTP\/1.1", host: "localhost"/



=== TEST 4: one that is not trusted
--- config eval
$::NoAuthority . '
    ssl_verify_client on;
    ssl_client_certificate $TEST_NGINX_TLS/self.crt;
'
--- tls: client=client
--- request
GET /
--- error_code: 400
--- response_body_like
<center><h1>400 Bad Request</h1></center>\r\n<center>The SSL certificate error</center>
--- response_headers
Connection: close
--- error_log eval
qr/\[info\] .*client SSL certificate verify error: \(21:unable to verify the first certificate\) while reading client request headers, client: /



=== TEST 5: error_page for both
--- config eval
$::ByCa . '
    ssl_verify_client on;
    error_page 495 =403 /bad;
    error_page 496 =401 /none;
    location = /none { return 401 "none $ssl_client_verify\n"; }
'
--- tls
--- request
GET /
--- error_code: 401
--- response_body
none NONE



=== TEST 6: and of one that has expired
--- config eval
$::ByCa . '
    ssl_verify_client on;
    error_page 495 =403 /bad;
    location = /bad { return 403 "$ssl_client_verify\n"; }
'
--- tls: client=expired
--- request
GET /
--- error_code: 403
--- response_body
FAILED:certificate has expired
--- error_log
client SSL certificate verify error: (10:certificate has expired)



=== TEST 7: optional, and none
--- config eval
$::ByCa . 'ssl_verify_client optional;'
--- tls
--- request
GET /
--- response_body_like
^NONE [.r]$



=== TEST 8: optional, and not trusted
--- config eval
$::ByCa . 'ssl_verify_client optional;'
--- tls: client=self
--- request
GET /
--- error_code: 400
--- error_log
client SSL certificate verify error: (18:self-signed certificate)



=== TEST 9: optional_no_ca, and not trusted
--- config eval
$::ByCa . 'ssl_verify_client optional_no_ca;'
--- tls: client=self version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
["FAILED:self-signed certificate .\n", "FAILED:self-signed certificate r\n"]



=== TEST 10: optional_no_ca, without any authority
--- config eval
$::NoAuthority . '
    ssl_verify_client optional_no_ca;
    location / { return 200 "$ssl_client_verify\n"; }
'
--- tls: client=client
--- request
GET /
--- response_body
FAILED:unable to verify the first certificate



=== TEST 11: with those that lead to an authority which is not known
--- tls: client=deep
--- request
GET /
--- response_body
FAILED:unable to get local issuer certificate



=== TEST 12: optional_no_ca, and expired
--- config eval
$::ByCa . 'ssl_verify_client optional_no_ca;'
--- tls: client=expired
--- request
GET /
--- error_code: 400
--- error_log
client SSL certificate verify error: (10:certificate has expired)



=== TEST 13: off, nothing is asked for
--- config eval
$::ByCa . 'ssl_verify_client off;'
--- tls: client=client
--- request
GET /
--- response_body_like
^NONE [.r]$



=== TEST 14: without TLS there is no verdict
--- config
    location / { return 200 "<$ssl_client_verify$ssl_client_s_dn>\n"; }
--- request
GET /
--- response_body
<>



=== TEST 15: ssl_verify_depth
--- config eval
$::ByCa . 'ssl_verify_client on;'
--- tls: client=deep
--- request
GET /
--- error_code: 400
--- error_log
client SSL certificate verify error: (20:unable to get local issuer certificate)



=== TEST 16: ssl_verify_depth that is deep enough
--- config eval
$::ByCa . '
    ssl_verify_client on;
    ssl_verify_depth 2;
'
--- tls: client=deep
--- request
GET /
--- response_body_like
^SUCCESS [.r]$



=== TEST 17: sessions go on, with the certificate and its verdict
--- config eval
$::ByCa . 'ssl_verify_client on;'
--- tls: client=client version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
["SUCCESS .\n", "SUCCESS r\n"]



=== TEST 18: in TLS 1.3
--- config eval
$::ByCa . 'ssl_verify_client on;'
--- tls: client=client version=1.3
--- request eval
["GET /", "GET /"]
--- response_body eval
["SUCCESS .\n", "SUCCESS r\n"]



=== TEST 19: from a zone
--- config eval
$::ByCa . '
    ssl_verify_client on;
    ssl_session_tickets off;
    ssl_session_cache shared:SSL:1m;
'
--- tls: client=client version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
["SUCCESS .\n", "SUCCESS r\n"]



=== TEST 20: ssl_trusted_certificate alone
--- config eval
$::NoAuthority . '
    ssl_verify_client on;
    ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
    location / { return 200 "$ssl_client_verify\n"; }
'
--- tls: client=client
--- request
GET /
--- response_body
SUCCESS
--- skip_nginx: 2: < 1.25.0



=== TEST 21: ssl_trusted_certificate beside ssl_client_certificate
--- config eval
$::NoAuthority . '
    ssl_verify_client on;
    ssl_client_certificate $TEST_NGINX_TLS/self.crt;
    ssl_trusted_certificate $TEST_NGINX_TLS/ca.crt;
    location / { return 200 "$ssl_client_verify\n"; }
'
--- tls: client=client
--- request
GET /
--- response_body
SUCCESS



=== TEST 22: a host whose server verifies clients, and which is not what SNI has named
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT ssl;
        server_name other.example;
        ssl_certificate $TEST_NGINX_TLS/other.crt;
        ssl_certificate_key $TEST_NGINX_TLS/other.key;
        error_page 421 /misdirected;
        location / { return 200 "other\n"; }
        location = /misdirected { return 421 "misdirected $server_name\n"; }
    }
--- config eval
$::ByCa . 'ssl_verify_client on;'
--- tls: name=other.example client=client
--- request
GET /
--- error_code: 421
--- response_headers
Connection: close
--- response_body
misdirected other.example
--- error_log eval
qr/\[info\] .*client attempted to request the server name different from the one that was negotiated while reading client request headers, client: 127.0.0.1, server: other.example/



=== TEST 23: the other way there is nothing to protect
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT ssl;
        server_name other.example;
        ssl_certificate $TEST_NGINX_TLS/other.crt;
        ssl_certificate_key $TEST_NGINX_TLS/other.key;
        location / { return 200 "other $ssl_client_verify\n"; }
    }
--- config eval
$::ByCa . 'ssl_verify_client on;'
--- tls: client=client
--- request
GET /
--- more_headers
Host: other.example
--- response_body
other SUCCESS



=== TEST 24: without SNI the certificate that was not asked for is missing
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT ssl;
        server_name other.example;
        ssl_certificate $TEST_NGINX_TLS/other.crt;
        ssl_certificate_key $TEST_NGINX_TLS/other.key;
    }
--- config eval
$::ByCa . 'ssl_verify_client on;'
--- tls: name=- client=client
--- request
GET /
--- error_code: 400
--- error_log
client sent no required SSL certificate



=== TEST 25: without SNI the rules are those of the host
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT ssl;
        server_name other.example;
        ssl_certificate $TEST_NGINX_TLS/other.crt;
        ssl_certificate_key $TEST_NGINX_TLS/other.key;
        ssl_verify_client on;
        ssl_client_certificate $TEST_NGINX_TLS/self.crt;
        location / { return 200 "other\n"; }
    }
--- config eval
$::ByCa . 'ssl_verify_client on;'
--- tls: name=- client=self
--- request eval
["GET /", "GET /"]
--- more_headers eval
["Host: other.example", "Host: localhost"]
--- error_code eval
[200, 400]
--- skip_nginx: all: the rules are those of the handshake



=== TEST 26: files that are not there
--- config eval
$::NoAuthority . '
    ssl_verify_client on;
    ssl_client_certificate absent.crt;
'
--- must_die
--- error_log eval
qr/\[emerg\] .*SSL_CTX_load_verify_locations\("[^"]*\/conf\/absent.crt"\) failed \(.*No such file or directory/



=== TEST 27: what is no certificate
--- config eval
$::NoAuthority . '
    ssl_verify_client on;
    ssl_client_certificate $TEST_NGINX_TLS/ca.key;
'
--- must_die
--- error_log eval
qr/\[emerg\] .*SSL_CTX_load_verify_locations\("[^"]*\/ca.key"\) failed \(/



=== TEST 28: no authority
--- config eval
$::NoAuthority . 'ssl_verify_client on;'
--- must_die
--- error_log eval
qr/\[emerg\] .*no ssl_client_certificate.* for ssl_verify_client/



=== TEST 29: a word that is none
--- config eval
$::NoAuthority . 'ssl_verify_client maybe;'
--- must_die
--- error_log
invalid value "maybe" in



=== TEST 30: an authority whose time is over
--- config eval
$::NoAuthority . '
    ssl_verify_client optional;
    ssl_client_certificate $TEST_NGINX_TLS/old.crt;
'
--- tls: client=of-old
--- request
GET /
--- error_code: 400
--- error_log
client SSL certificate verify error: (10:certificate has expired)



=== TEST 31: nothing may be between
--- config eval
$::ByCa . '
    ssl_verify_client on;
    ssl_verify_depth 0;
'
--- tls: client=client
--- request
GET /
--- response_body_like
^SUCCESS [.r]$



=== TEST 32: a client that is refused begins anew
--- config eval
$::NoAuthority . '
    ssl_verify_client on;
    ssl_client_certificate $TEST_NGINX_TLS/ca.crt;
    ssl_session_cache shared:sessions:1m;
    ssl_session_tickets off;
    error_page 496 /none;
    location = /none { return 200 "$ssl_session_reused\n"; }
'
--- tls: version=1.2
--- request eval
["GET /", "GET /", "GET /"]
--- error_code eval
[400, 400, 400]
--- response_body eval
[".\n", ".\n", ".\n"]



=== TEST 33: in TLS 1.3
--- config eval
$::NoAuthority . '
    ssl_verify_client on;
    ssl_client_certificate $TEST_NGINX_TLS/self.crt;
    ssl_session_cache shared:sessions:1m;
    ssl_session_tickets off;
    error_page 495 /failed;
    location = /failed { return 200 "$ssl_session_reused\n"; }
'
--- tls: client=client
--- request eval
["GET /", "GET /"]
--- error_code eval
[400, 400]
--- response_body eval
[".\n", ".\n"]



=== TEST 34: one that is trusted goes on
--- config eval
$::NoAuthority . '
    ssl_verify_client on;
    ssl_client_certificate $TEST_NGINX_TLS/ca.crt;
    ssl_session_cache shared:sessions:1m;
    ssl_session_tickets off;
    keepalive_timeout 0;
    location = /reused { return 200 "$ssl_session_reused\n"; }
'
--- tls: client=client version=1.2
--- request eval
["GET /reused", "GET /reused"]
--- response_body eval
[".\n", "r\n"]



=== TEST 35: a server without a certificate, reached by the handshake of another
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT ssl default_server;
        server_name other.example;
        ssl_certificate $TEST_NGINX_TLS/other.crt;
        ssl_certificate_key $TEST_NGINX_TLS/other.key;
        return 200 "other\n";
    }
--- config
    ssl_verify_client on;
    ssl_client_certificate $TEST_NGINX_TLS/ca.crt;
    location / { return 200 "secret\n"; }
--- tls: name=localhost certificate=other
--- request
GET /
--- error_code: 400
--- response_body_like
No required SSL certificate was sent
