# worker_connections: what happens when there are no more.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: idle connections are given up for new ones
--- main_config
    events { worker_connections 10; }
--- config
    keepalive_timeout 60s;
    client_header_timeout 60s;
    location / { return 200 "ok\n"; }
--- idle_connections: 30
--- request
GET /
--- response_body
ok
--- no_error_log
[alert]
[crit]



=== TEST 2: more than as many, without idle ones
--- main_config
    events { worker_connections 100; }
--- config
    location / { return 200 "ok\n"; }
--- idle_connections: 30
--- request
GET /
--- response_body
ok
--- no_error_log
worker_connections are not enough



=== TEST 3: a proxied request without a connection left
--- main_config
    events { worker_connections 4; }
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT; proxy_set_header X-Depth "x$http_x_depth"; }
--- request
GET /
--- error_code_like: ^50[02]$
--- error_log
4 worker_connections are not enough



=== TEST 4: no more file descriptors
--- main_config
    master_process on;
    user root;
    worker_rlimit_nofile 30;
--- config
    client_header_timeout 300ms;
    location / { return 200 "ok\n"; }
--- idle_connections: 60
--- request
GET /
--- timeout: 5
--- response_body
ok
--- error_log eval
qr{accept4?\(\) failed \(24: Too many open files\)}
--- no_error_log
exited with code 1
exited on signal
