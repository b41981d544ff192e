# listen … proxy_protocol: what a proxy before us says of its client.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: a line
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1 proxy_protocol;
        return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port $remote_addr\n";
    }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\r\nGET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_body
192.0.2.1 123 192.0.2.2 5678 127.0.0.1



=== TEST 2: IPv6
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1 proxy_protocol; return 200 "$proxy_protocol_addr $proxy_protocol_port\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"PROXY TCP6 2001:db8::1 2001:db8::2 123 5678\r\nGET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_body
2001:db8::1 123



=== TEST 3: an unknown client
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1 proxy_protocol; return 200 "[$proxy_protocol_addr]\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"PROXY UNKNOWN 1 2 3 4 5 6\r\nGET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_body
[]



=== TEST 4: version 2, and values behind the addresses
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1 proxy_protocol;
        return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_tlv_alpn $proxy_protocol_tlv_0xea [$proxy_protocol_tlv_authority] $proxy_protocol_tlv_ssl_version $proxy_protocol_tlv_ssl_verify\n";
    }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"\x0d\x0a\x0d\x0a\x00\x0d\x0aQUIT\x0a\x21\x11\x00\x2d" .
"\xc0\x00\x02\x01\xc0\x00\x02\x02\x00\x7b\x16\x2e" .
"\x01\x00\x02h2" . "\xea\x00\x03abc" . "\x20\x00\x0f\x01\x00\x00\x00\x00\x21\x00\x07TLSv1.2" . "\x04\x00\x01x" .
"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_body
192.0.2.1 123 h2 abc [] TLSv1.2 0
--- skip_nginx: 2: < 1.23.2



=== TEST 5: version 2 for the proxy's own connection
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1 proxy_protocol; return 200 "[$proxy_protocol_addr]\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"\x0d\x0a\x0d\x0a\x00\x0d\x0aQUIT\x0a\x20\x00\x00\x00" . "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_body
[]



=== TEST 6: in pieces
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1 proxy_protocol; return 200 "$proxy_protocol_addr\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
["PROXY TCP4 192.0.2.1 192", ".0.2.2 123 5678\r", "\nGET / HTTP/1.1\r\nHost: local", "host\r\nConnection: close\r\n\r\n"]
--- raw_request_middle_delay: 0.05
--- response_body
192.0.2.1
--- skip_nginx: all



=== TEST 7: it holds for every request of the connection, and needs no default
--- http_config
    log_format f '$proxy_protocol_addr $connection_requests';
    access_log logs/access.log f;
    server { listen $TEST_NGINX_RAND_PORT_1 proxy_protocol; server_name a; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name b; return 200; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"
--- ignore_response
--- access_log
192.0.2.1 2



=== TEST 8: no header
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1 proxy_protocol; return 200; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- ignore_response
--- no_access_log
GET
--- error_log
broken header: "GET / HTTP/1.1
while reading PROXY protocol, client: 127.0.0.1, server: 0.0.0.0:



=== TEST 9: nor where none is expected
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; return 200; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\r\nGET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- error_code: 400



=== TEST 10: a header without an end
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1 proxy_protocol; client_header_timeout 300ms; return 200; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"PROXY TCP4 192.0.2.1 "
--- ignore_response
--- closes



=== TEST 11: what the clouds say of an endpoint
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1 proxy_protocol;
        return 200 "$proxy_protocol_tlv_aws_vpce_id $proxy_protocol_tlv_azure_pel_id $proxy_protocol_tlv_gcp_conn_id\n";
    }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"\x0d\x0a\x0d\x0a\x00\x0d\x0aQUIT\x0a\x21\x11\x00\x2b" .
"\xc0\x00\x02\x01\xc0\x00\x02\x02\x00\x7b\x16\x2e" .
"\xea\x00\x09\x01vpce-012" . "\xee\x00\x05\x01\x04\x03\x02\x01" . "\xe0\x00\x08\x00\x00\x00\x00\x00\x00\x01\x02" .
"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- response_body
vpce-012 16909060 258
--- skip_nginx: all
