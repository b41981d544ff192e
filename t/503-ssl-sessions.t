# ssl_session_cache: sessions that the servers keep.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: in a zone, by their id
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_session_cache shared:SSL:1m;
    ssl_session_tickets off;
    location / { return 200 "$ssl_session_reused"; }
--- tls: version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
[".", "r"]



=== TEST 2: in TLS 1.3 too
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_session_cache shared:SSL:1m;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_tickets off;
    location / { return 200 "$ssl_session_reused"; }
--- tls: version=1.3
--- request eval
["GET /", "GET /"]
--- response_body eval
[".", "r"]



=== TEST 3: in a worker
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_session_cache builtin;
    ssl_session_tickets off;
    location / { return 200 "$ssl_session_reused"; }
--- tls: version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
[".", "r"]



=== TEST 4: in a worker and in a zone
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_session_cache builtin:1000 shared:SSL:1m;
    ssl_session_tickets off;
    location / { return 200 "$ssl_session_reused"; }
--- tls: version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
[".", "r"]



=== TEST 5: nowhere
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_session_cache off;
    ssl_session_tickets off;
    location / { return 200 "$ssl_session_reused"; }
--- tls: version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
[".", "."]
