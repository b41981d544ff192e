# Certificates in variables, and such as are in the configuration itself.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: the name of the file is in a variable
--- config
    ssl_certificate $TEST_NGINX_TLS/$ssl_server_name.crt;
    ssl_certificate_key $TEST_NGINX_TLS/$ssl_server_name.key;
    location / { return 200 $ssl_server_name; }
--- tls: name=other certificate=other
--- request
GET /
--- response_body: other



=== TEST 2: another name
--- config
    ssl_certificate $TEST_NGINX_TLS/$ssl_server_name.crt;
    ssl_certificate_key $TEST_NGINX_TLS/$ssl_server_name.key;
    location / { return 200 $ssl_server_name; }
--- tls: name=rsa certificate=rsa
--- request
GET /
--- response_body: rsa



=== TEST 3: a map chooses, of names that are relative to the configuration
--- http_config
    map $ssl_server_name $own {
        default none;
        localhost own;
    }
--- config
    ssl_certificate $own.pem;
    ssl_certificate_key $own.pem;
    location / { return 200 x; }
--- user_files eval
[["../conf/own.pem", "-----BEGIN CERTIFICATE-----\nMIIBlDCCATmgAwIBAgIUcQKVinEGBvJ2Nx41NYT0yJofATQwCgYIKoZIzj0EAwIw\nEjEQMA4GA1UEAwwHVGVzdCBDQTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAw\nMDAwMFowFDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0D\nAQcDQgAEGr0k0tfT3waOt1H06Bc9dWUgnvShr80nFDrAWANu/yt2GpQUuWNZLYK3\ngFnWL51l2qLKKo0QESpGbTEmMoYpdqNpMGcwCQYDVR0TBAIwADAaBgNVHREEEzAR\ngglsb2NhbGhvc3SHBH8AAAEwHQYDVR0OBBYEFL8dmU43n+m4P10+Zc6F+vGaaX6l\nMB8GA1UdIwQYMBaAFMaz/xPuF0Lcg6Wug4y7EIpf9K61MAoGCCqGSM49BAMCA0kA\nMEYCIQDEaEsZfRzjurdaLO6Ix4m7A/yQNPuoExeTXEupdVaXrAIhAIcT0ZhwSA5g\nr9TSRfrK9Zb2LpDk9wFylauZft4lMBz/\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgP7mB4lrrQmEgoFD2\n9wbP8shIEV/SiXnRGyTINVHKAMShRANCAAQavSTS19PfBo63UfToFz11ZSCe9KGv\nzScUOsBYA27/K3YalBS5Y1ktgreAWdYvnWXaosoqjRARKkZtMSYyhil2\n-----END PRIVATE KEY-----\n"]]
--- tls: certificate=localhost
--- request
GET /
--- response_body: x



=== TEST 4: the certificate itself is in a variable
--- http_config
    map $remote_addr $certificate { default "data:-----BEGIN CERTIFICATE-----\nMIIBlDCCATmgAwIBAgIUcQKVinEGBvJ2Nx41NYT0yJofATQwCgYIKoZIzj0EAwIw\nEjEQMA4GA1UEAwwHVGVzdCBDQTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAw\nMDAwMFowFDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0D\nAQcDQgAEGr0k0tfT3waOt1H06Bc9dWUgnvShr80nFDrAWANu/yt2GpQUuWNZLYK3\ngFnWL51l2qLKKo0QESpGbTEmMoYpdqNpMGcwCQYDVR0TBAIwADAaBgNVHREEEzAR\ngglsb2NhbGhvc3SHBH8AAAEwHQYDVR0OBBYEFL8dmU43n+m4P10+Zc6F+vGaaX6l\nMB8GA1UdIwQYMBaAFMaz/xPuF0Lcg6Wug4y7EIpf9K61MAoGCCqGSM49BAMCA0kA\nMEYCIQDEaEsZfRzjurdaLO6Ix4m7A/yQNPuoExeTXEupdVaXrAIhAIcT0ZhwSA5g\nr9TSRfrK9Zb2LpDk9wFylauZft4lMBz/\n-----END CERTIFICATE-----"; }
    map $remote_addr $key { default "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgP7mB4lrrQmEgoFD2\n9wbP8shIEV/SiXnRGyTINVHKAMShRANCAAQavSTS19PfBo63UfToFz11ZSCe9KGv\nzScUOsBYA27/K3YalBS5Y1ktgreAWdYvnWXaosoqjRARKkZtMSYyhil2\n-----END PRIVATE KEY-----"; }
--- config
    ssl_certificate $certificate;
    ssl_certificate_key data:$key;
    location / { return 200 x; }
--- tls: certificate=localhost
--- request
GET /
--- response_body: x



=== TEST 5: or in the directive
--- config
    ssl_certificate "data:-----BEGIN CERTIFICATE-----\nMIIBlDCCATmgAwIBAgIUcQKVinEGBvJ2Nx41NYT0yJofATQwCgYIKoZIzj0EAwIw\nEjEQMA4GA1UEAwwHVGVzdCBDQTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAw\nMDAwMFowFDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0D\nAQcDQgAEGr0k0tfT3waOt1H06Bc9dWUgnvShr80nFDrAWANu/yt2GpQUuWNZLYK3\ngFnWL51l2qLKKo0QESpGbTEmMoYpdqNpMGcwCQYDVR0TBAIwADAaBgNVHREEEzAR\ngglsb2NhbGhvc3SHBH8AAAEwHQYDVR0OBBYEFL8dmU43n+m4P10+Zc6F+vGaaX6l\nMB8GA1UdIwQYMBaAFMaz/xPuF0Lcg6Wug4y7EIpf9K61MAoGCCqGSM49BAMCA0kA\nMEYCIQDEaEsZfRzjurdaLO6Ix4m7A/yQNPuoExeTXEupdVaXrAIhAIcT0ZhwSA5g\nr9TSRfrK9Zb2LpDk9wFylauZft4lMBz/\n-----END CERTIFICATE-----";
    ssl_certificate_key "data:-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgP7mB4lrrQmEgoFD2\n9wbP8shIEV/SiXnRGyTINVHKAMShRANCAAQavSTS19PfBo63UfToFz11ZSCe9KGv\nzScUOsBYA27/K3YalBS5Y1ktgreAWdYvnWXaosoqjRARKkZtMSYyhil2\n-----END PRIVATE KEY-----";
    location / { return 200 x; }
--- tls: certificate=localhost
--- request
GET /
--- response_body: x



=== TEST 6: one is fixed and one is not
--- config
    ssl_certificate $TEST_NGINX_TLS/rsa.crt;
    ssl_certificate_key $TEST_NGINX_TLS/rsa.key;
    ssl_certificate $TEST_NGINX_TLS/$ssl_server_name.crt;
    ssl_certificate_key $TEST_NGINX_TLS/$ssl_server_name.key;
    location / { return 200 x; }
--- tls: name=localhost certificate=localhost
--- request
GET /
--- response_body: x



=== TEST 7: sessions go on
--- config
    ssl_certificate $TEST_NGINX_TLS/$ssl_server_name.crt;
    ssl_certificate_key $TEST_NGINX_TLS/$ssl_server_name.key;
    location / { return 200 $ssl_session_reused; }
--- tls: name=other version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
[".", "r"]



=== TEST 8: a file that is not there
--- config
    ssl_certificate $TEST_NGINX_TLS/$ssl_server_name.crt;
    ssl_certificate_key $TEST_NGINX_TLS/$ssl_server_name.key;
    location / { return 200 x; }
--- tls: name=absent
--- tls_error: (?i)internal ?error
--- request
GET /
--- error_log eval
qr/\[error\] .*cannot load certificate "[^"]*\/t\/tls\/absent.crt": BIO_new_file\(\) failed \(.*No such file or directory.*while SSL handshaking, client: 127.0.0.1/



=== TEST 9: a key that is not there
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/$ssl_server_name.key;
    location / { return 200 x; }
--- tls: name=absent
--- tls_error: (?i)internal ?error
--- request
GET /
--- error_log eval
qr/\[error\] .*cannot load certificate key "[^"]*\/t\/tls\/absent.key": BIO_new_file\(\) failed \(.*No such file or directory/



=== TEST 10: another certificate's key
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/$ssl_server_name.key;
    location / { return 200 x; }
--- tls: name=other
--- tls_error: (?i)internal ?error
--- request
GET /
--- error_log eval
qr/\[error\] .*SSL_(CTX_)?use_PrivateKey\(.*failed.*key values mismatch/



=== TEST 11: of a key in the configuration nothing is shown
--- config
    ssl_certificate $TEST_NGINX_TLS/other.crt;
    ssl_certificate_key "data:-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgP7mB4lrrQmEgoFD2\n9wbP8shIEV/SiXnRGyTINVHKAMShRANCAAQavSTS19PfBo63UfToFz11ZSCe9KGv\nzScUOsBYA27/K3YalBS5Y1ktgreAWdYvnWXaosoqjRARKkZtMSYyhil2\n-----END PRIVATE KEY-----";
--- must_die
--- error_log
SSL_CTX_use_PrivateKey("data:") failed (key values mismatch) in
--- no_error_log
BEGIN
--- skip_nginx: all: it shows the key



=== TEST 12: variables that have no value yet do no harm
--- http_config
    map $arg_:$args:$binary_remote_addr:$body_bytes_sent:$bytes_sent:$connection:$connection_requests:$connection_time:$connections_active:$connections_reading:$connections_waiting:$connections_writing:$content_length:$content_type:$cookie_:$document_root:$document_uri:$gzip_ratio:$host:$hostname:$http2:$http3:$http_:$https:$is_args:$is_request_port:$limit_conn_status:$limit_rate:$limit_req_status:$msec:$nginx_version:$pid:$pipe:$proxy_add_x_forwarded_for:$proxy_host:$proxy_port:$proxy_protocol_addr:$proxy_protocol_port:$proxy_protocol_server_addr:$proxy_protocol_server_port:$proxy_protocol_tlv_:$query_string:$realpath_root:$remote_addr:$remote_port:$remote_user:$request:$request_body:$request_body_file:$request_completion:$request_filename:$request_id:$request_length:$request_method:$request_port:$request_time:$request_uri:$scheme:$sent_http_:$sent_trailer_:$server_addr:$server_name:$server_port:$server_protocol:$ssl_cipher:$ssl_curve:$ssl_protocol:$ssl_server_name:$ssl_session_reused:$status:$tcpinfo_rcv_space:$tcpinfo_rtt:$tcpinfo_rttvar:$tcpinfo_snd_cwnd:$time_iso8601:$time_local:$upstream_addr:$upstream_bytes_received:$upstream_bytes_sent:$upstream_cache_status:$upstream_connect_time:$upstream_cookie_:$upstream_header_time:$upstream_http_:$upstream_last_addr:$upstream_last_server_name:$upstream_pool:$upstream_pool_kept:$upstream_queue_time:$upstream_response_length:$upstream_response_time:$upstream_status:$upstream_trailer_:$uri: $nothing { default ""; }
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt$nothing;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    location / { return 200 x; }
--- tls: certificate=localhost
--- request
GET /
--- response_body: x
--- skip_nginx: all: its Debian release has fewer variables



=== TEST 13: a cache of certificates
--- http_config
    ssl_certificate_cache max=10 inactive=20s valid=1m;
--- config
    ssl_certificate $TEST_NGINX_TLS/$ssl_server_name.crt;
    ssl_certificate_key $TEST_NGINX_TLS/$ssl_server_name.key;
    location / { return 200 x; }
--- tls: name=other certificate=other
--- request eval
["GET /", "GET /"]
--- response_body eval
["x", "x"]
--- skip_nginx: all: < 1.27.4



=== TEST 14: a cache without a size
--- config
    ssl_certificate_cache inactive=20s;
--- must_die
--- error_log
"ssl_certificate_cache" must have the "max" parameter in
--- skip_nginx: all: < 1.27.4



=== TEST 15: a cache of an unknown kind
--- config
    ssl_certificate_cache max=10 min=1;
--- must_die
--- error_log
invalid parameter "min=1" in
--- skip_nginx: all: < 1.27.4



=== TEST 16: what the proxy shows, by a variable
--- config
    location / {
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_ssl_certificate $TEST_NGINX_TLS/$arg_own.crt;
        proxy_ssl_certificate_key $TEST_NGINX_TLS/$arg_own.key;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_tls: localhost
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
--- request
GET /?own=rsa
--- response_body chomp
x



=== TEST 17: or what is not there
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_tls: localhost
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
--- request
GET /?own=absent
--- error_code: 500
--- error_log eval
qr/\[error\] .*cannot load certificate "[^"]*\/absent.crt": BIO_new_file\(\) failed \(.*No such file or directory.*, client: 127.0.0.1/



=== TEST 18: or nothing
--- config
    location / {
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_ssl_certificate $arg_own;
        proxy_ssl_certificate_key $arg_own;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_tls: localhost
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
--- request
GET /
--- response_body chomp
x
