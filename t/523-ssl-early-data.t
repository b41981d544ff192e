# ssl_early_data, without any: clients that send some are in the tests of the process.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: sessions go on
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_early_data on;
    location / { return 200 "$ssl_session_reused[$ssl_early_data]"; }
--- tls: version=1.3
--- request eval
["GET /", "GET /", "GET /"]
--- response_body eval
[".[]", "r[]", "r[]"]



=== TEST 2: in the zone of a cache
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:SSL:1m;
    ssl_session_tickets off;
    ssl_early_data on;
    location / { return 200 "$ssl_session_reused[$ssl_early_data]"; }
--- tls: version=1.3
--- request eval
["GET /", "GET /"]
--- response_body eval
[".[]", "r[]"]



=== TEST 3: switched off again
--- http_config
    ssl_early_data on;
--- config
    ssl_certificate $TEST_NGINX_TLS/localhost.crt;
    ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
    ssl_early_data off;
    location / { return 200 "$ssl_session_reused[$ssl_early_data]"; }
--- tls: version=1.2
--- request eval
["GET /", "GET /"]
--- response_body eval
[".[]", "r[]"]



=== TEST 4: what is neither on nor off
--- config
    ssl_early_data maybe;
--- must_die
--- error_log
invalid value "maybe" in "ssl_early_data" directive, it must be "on" or "off" in
