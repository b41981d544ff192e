# ssl_ocsp: a responder says whether a client's certificate is revoked, before the first request is served.

use Test::Nginx::Socket 'no_plan';

our $Server = <<'_EOC_';
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_client_certificate $TEST_NGINX_TLS/ca.crt;
    ssl_verify_depth 2;
    ssl_verify_client optional;
    error_page 495 /failed;
    location / { return 200 "$ssl_client_verify\n"; }
    location = /failed { return 200 "$status $ssl_client_verify\n"; }
_EOC_

our $Asks = <<'_EOC_';
    ssl_ocsp on;
    ssl_ocsp_responder http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/status;
_EOC_

run_tests();

__DATA__

=== TEST 1: a certificate that is not revoked
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-good
--- tcp_query eval
qr/^GET \/status\/M[0-9A-Za-z%]+ HTTP\/1\.0\r\nHost: 127\.0\.0\.1/
--- request
GET /
--- response_body
SUCCESS
--- no_error_log
[error]



=== TEST 2: in TLS 1.2, signed by a certificate of the authority's for OCSP
--- config eval: $::Server . $::Asks
--- tls: client=client version=1.2
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-delegated
--- request
GET /
--- response_body
SUCCESS



=== TEST 3: over HTTP/2
--- config eval: $::Server . $::Asks
--- http2
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-good
--- request
GET /
--- response_body
SUCCESS



=== TEST 4: one that is revoked
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-revoked
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate revoked
--- error_log eval
qr/\[info\] .*client SSL certificate verify error: certificate revoked while reading client request headers, client: 127\.0\.0\.1, server: localhost/



=== TEST 5: one that the responder does not know
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-unknown
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status unknown



=== TEST 6: an answer without an end
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-unlimited
--- request
GET /
--- response_body
SUCCESS



=== TEST 7: an answer that the authority has not signed
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-forged
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status request failed
--- error_log eval
["OCSP_basic_verify() failed", qr/client SSL certificate verify error: certificate status request failed while/]



=== TEST 8: an answer whose time is over
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-expired
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status request failed
--- error_log
OCSP_check_validity() failed



=== TEST 9: an answer about another certificate
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: localhost-revoked
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status request failed
--- error_log
certificate status not found in the OCSP response while requesting certificate status, responder: 127.0.0.1



=== TEST 10: an answer that is cut off
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n\x30\x82\x01\x00\x0a"
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status request failed
--- error_log eval
qr/\[error\] .*d2i_OCSP_RESPONSE\(\) failed/



=== TEST 11: the responder has no answer
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n\x30\x03\x0a\x01\x03"
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status request failed
--- error_log eval
qr/\[error\] .*OCSP response not successful \(3: trylater\)/



=== TEST 12: a page
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 404 Not Found\r\nContent-Type: text/html\r\n\r\n<html>"
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status request failed
--- error_log eval
qr/\[error\] .*OCSP responder sent invalid "Content-Type" header: "text\/html"/



=== TEST 13: no HTTP
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"SSH-2.0-OpenSSH\r\n"
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status request failed
--- error_log eval
qr/\[error\] .*OCSP responder sent invalid response/



=== TEST 14: nothing
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
""
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status request failed
--- error_log eval
qr/\[error\] .*OCSP responder prematurely closed connection/



=== TEST 15: too much
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n" . "\x30" x 20000
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status request failed



=== TEST 16: no responder
--- config eval: $::Server . $::Asks
--- tls: client=client
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status request failed
--- error_log eval
qr/\[error\] .*\(\) failed \(111: Connection refused\) while requesting certificate status/



=== TEST 17: each connection asks
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-good client-revoked client-good
--- request eval
["GET /", "GET /", "GET /"]
--- error_code eval
[200, 400, 200]
--- response_body eval
["SUCCESS\n", "400 FAILED:certificate revoked\n", "SUCCESS\n"]



=== TEST 18: what is cached is not asked again
--- config eval
$::Server . $::Asks . 'ssl_ocsp_cache shared:statuses:1m;'
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-good
--- request eval
["GET /", "GET /", "GET /"]
--- response_body eval
["SUCCESS\n", "SUCCESS\n", "SUCCESS\n"]



=== TEST 19: also that it is revoked
--- config eval
$::Server . $::Asks . 'ssl_ocsp_cache shared:statuses:1m;'
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-revoked
--- request eval
["GET /", "GET /"]
--- error_code eval
[400, 400]
--- response_body eval
["400 FAILED:certificate revoked\n", "400 FAILED:certificate revoked\n"]



=== TEST 20: a failure is not
--- config eval
$::Server . $::Asks . 'ssl_ocsp_cache shared:statuses:1m;'
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-forged client-good
--- request eval
["GET /", "GET /"]
--- error_code eval
[400, 200]
--- response_body eval
["400 FAILED:certificate status request failed\n", "SUCCESS\n"]



=== TEST 21: the authorities between are asked about too
--- config eval: $::Server . $::Asks
--- tls: client=inner
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: inner-good middle-good
--- request
GET /
--- response_body
SUCCESS



=== TEST 22: one of them is revoked
--- config eval: $::Server . $::Asks
--- tls: client=inner
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: inner-good middle-revoked
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate revoked



=== TEST 23: leaf: the client's own alone
--- config eval
$::Server . '
    ssl_ocsp leaf;
    ssl_ocsp_responder http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
'
--- tls: client=inner
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: inner-good
--- tcp_query eval
qr/^GET \/M[0-9A-Za-z%]+ /
--- request
GET /
--- response_body
SUCCESS



=== TEST 24: a session that goes on asks too
--- config eval
$::Server . $::Asks . '
    ssl_session_cache shared:sessions:1m;
    location /reused { return 200 "$ssl_session_reused $ssl_client_verify\n"; }
'
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-good client-revoked
--- request eval
["GET /reused", "GET /reused"]
--- error_code eval
[200, 400]
--- response_body eval
[". SUCCESS\n", "400 FAILED:certificate revoked\n"]



=== TEST 25: nothing is asked about none, nor about one that is not trusted
--- config eval
$::Server . '
    ssl_ocsp on;
    ssl_ocsp_responder http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
'
--- tls
--- request
GET /
--- response_body
NONE
--- no_error_log
requesting certificate status



=== TEST 26: one that is not trusted
--- config eval: $::Server . $::Asks
--- tls: client=self
--- request
GET /
--- error_code: 400
--- response_body_like
^400 FAILED:self.signed certificate$
--- no_error_log
requesting certificate status



=== TEST 27: the responder that the certificate names is looked up
--- config eval
$::Server . '
    ssl_ocsp on;
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
'
--- tls: client=named
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns_asked
ocsp.example A 1
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status request failed
--- error_log eval
qr/\[error\] .*ocsp\.example could not be resolved \(3: Host not found\) while requesting certificate status, responder: ocsp\.example/



=== TEST 28: it needs a resolver
--- config eval
$::Server . 'ssl_ocsp on;'
--- tls: client=named
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status request failed
--- error_log eval
qr/\[error\] .*no resolver defined to resolve ocsp\.example/



=== TEST 29: one that names none
--- config eval
$::Server . 'ssl_ocsp on;'
--- tls: client=client
--- request
GET /
--- error_code: 400
--- response_body
400 FAILED:certificate status request failed
--- error_log eval
qr/\[error\] .*no OCSP responder URL in certificate/



=== TEST 30: the client goes while it is asked about
--- config eval: $::Server . $::Asks
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-good
--- tcp_reply_delay: client
--- request
GET /
--- abort
--- ignore_response
--- no_error_log
[alert]



=== TEST 31: the client is not waited for longer than for its head
--- config eval
$::Server . $::Asks . 'client_header_timeout 200ms;'
--- tls: client=client
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_ocsp: client-good
--- tcp_reply_delay: client
--- request
GET /
--- ignore_response
--- error_log eval
qr/\[info\] .*client timed out \(110: [^)]*\) while SSL handshaking/



=== TEST 32: a server that asks does not rely on one that does not
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT ssl default_server;
        server_name lax.example;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        ssl_client_certificate $TEST_NGINX_TLS/ca.crt;
        ssl_verify_depth 2;
        ssl_verify_client optional;
        location / { return 200 "lax $ssl_client_verify\n"; }
    }
--- config eval: $::Server . $::Asks
--- tls: client=client name=-
--- request eval
["GET /", "GET /"]
--- more_headers eval
["Host: lax.example", "Host: localhost"]
--- error_code eval
[200, 400]
--- response_body eval
["lax SUCCESS\n", "400 FAILED:certificate status request failed\n"]
--- skip_nginx: all: there the server of the handshake alone decides



=== TEST 33: it is of no use without an authority
--- config eval
$::Server . $::Asks . 'ssl_verify_client optional_no_ca;'
--- must_die
--- error_log
duplicate



=== TEST 34: the responder is one of HTTP
--- config eval
$::Server . '
    ssl_ocsp on;
    ssl_ocsp_responder https://127.0.0.1/;
'
--- must_die
--- error_log eval
qr/\[emerg\] .*invalid URL prefix in OCSP responder "https:\/\/127\.0\.0\.1\/"/



=== TEST 35: a cache has a name and a size
--- config eval
$::Server . $::Asks . 'ssl_ocsp_cache shared:one;'
--- must_die
--- error_log eval
qr/\[emerg\] .*invalid OCSP cache "shared:one"/



=== TEST 36: and is not too small
--- config eval
$::Server . $::Asks . 'ssl_ocsp_cache shared:one:1k;'
--- must_die
--- error_log eval
qr/\[emerg\] .*OCSP cache "shared:one:1k" is too small/



=== TEST 37: its name is not that of another zone
--- config eval
$::Server . $::Asks . '
    ssl_session_cache shared:one:1m;
    ssl_ocsp_cache shared:one:1m;
'
--- must_die
--- error_log
is already declared for a different use
