# What the main context says of workers.

use Test::Nginx::Socket 'no_plan';

no_long_string();
master_on();
run_tests();

__DATA__

=== TEST 1: workers by number, with processors and a priority of their own
--- main_config
    worker_processes 2;
    worker_cpu_affinity 01 10;
    worker_priority 1;
    worker_rlimit_core 1m;
    worker_shutdown_timeout 5s;
    lock_file logs/lock;
    debug_points abort;
--- config
    location / { return 200 "fine\n"; }
--- request
GET /
--- response_body
fine
--- error_log
start worker processes
start worker process
--- no_error_log
[alert]
[emerg]
--- shutdown_error_log
gracefully shutting down
exited with code 0



=== TEST 2: as many workers as processors
--- main_config
    worker_processes auto;
    worker_cpu_affinity auto;
--- config
    location / { return 200 "fine\n"; }
--- request
GET /
--- response_body
fine
--- no_error_log
[alert]



=== TEST 3: some of the processors
--- main_config
    worker_processes 2;
    worker_cpu_affinity auto 11;
--- config
    location / { return 200 "fine\n"; }
--- request
GET /
--- response_body
fine
--- no_error_log
[alert]



=== TEST 4: a mask is digits
--- main_config
    worker_cpu_affinity 012;
--- config
--- must_die
--- error_log
invalid character "2" in "worker_cpu_affinity"



=== TEST 5: auto takes one mask
--- main_config
    worker_cpu_affinity auto 01 10;
--- config
--- must_die
--- error_log
invalid number of arguments in "worker_cpu_affinity" directive



=== TEST 6: said once
--- main_config
    worker_cpu_affinity 01;
    worker_cpu_affinity 10;
--- config
--- must_die
--- error_log
"worker_cpu_affinity" directive is duplicate



=== TEST 7: a socket for each worker
--- main_config
    worker_processes 3;
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 reuseport; return 200 "own\n"; }
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "GET /"]
--- response_body eval
["own\n", "own\n", "own\n", "own\n", "own\n", "own\n", "own\n", "own\n"]
--- no_error_log
[alert]



=== TEST 8: where the workers are
--- main_config
    working_directory /tmp;
--- config
    location / { return 200 "fine\n"; }
--- request
GET /
--- response_body
fine
--- no_error_log
[emerg]
