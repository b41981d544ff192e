# Directives of the main and events contexts.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: pid, with a path of one's own
--- main_config
    pid logs/nginx.pid;
    worker_processes auto;
    worker_rlimit_nofile 4096;
    env PATH;
    env PEERAGE_TEST=1;
--- post_main_config
    events {
        worker_connections 128;
        multi_accept on;
        accept_mutex off;
        use epoll;
    }
--- config
    location / { return 200 "fine\n"; }
--- request
GET /
--- response_body
fine



=== TEST 2: pid is duplicate
--- main_config
    pid logs/a.pid;
    pid logs/b.pid;
--- config
--- must_die
--- error_log
"pid" directive is duplicate in



=== TEST 3: the events block may follow http, and be empty
--- post_main_config
    events { }
--- config
    location / { return 200 "fine\n"; }
--- request
GET /
--- response_body
fine



=== TEST 4: worker_connections under the number of sockets
--- main_config
    events { worker_connections 1; }
--- config
--- must_die
--- error_log
1 worker_connections are not enough for



=== TEST 5: error_log at several levels and places
--- main_config
    error_log logs/error.log warn;
    error_log logs/other.log info;
--- config
    location / { root html; error_log logs/error.log error; }
--- request
GET /absent
--- error_code: 404
--- error_log
absent" failed (2: No such file or directory)
--- no_error_log
[debug]
[info]
[notice]



=== TEST 6: error_log to stderr
--- main_config
    error_log stderr error;
--- config
    location / { root html; }
--- request
GET /absent
--- error_code: 404
--- error_log eval
qr{\[error\] \d+#\d+: \*\d+ open\(\) "[^"]*/html/absent" failed \(2: No such file or directory\), client: 127\.0\.0\.1, server: localhost, request: "GET /absent HTTP/1\.1", host: "localhost"}



=== TEST 7: error_log is inherited, and replaced by one's own
--- config
    error_log logs/error.log crit;
    location /a { root html; }
    location /b { root html; error_log logs/error.log error; }
--- request eval
["GET /a", "GET /b"]
--- error_code eval
[404, 404]
--- error_log
/html/b" failed
--- no_error_log
/html/a" failed



=== TEST 8: bad level
--- config
    error_log logs/error.log loud;
--- must_die
--- error_log
invalid log level "loud" in



=== TEST 9: include, with a glob and relative to the main file
--- config
    include parts/*.conf;
    include one.inc;
--- user_files
>>> ../conf/parts/a.conf
location = /a { return 200 "a\n"; }
>>> ../conf/parts/b.conf
location = /b { return 200 "b\n"; }
>>> ../conf/parts/c.off
broken
>>> ../conf/one.inc
include parts/sub/two.inc;
>>> ../conf/parts/sub/two.inc
location = /two { return 200 "two\n"; }
--- request eval
["GET /a", "GET /b", "GET /two"]
--- response_body eval
["a\n", "b\n", "two\n"]



=== TEST 10: a glob without files is no mistake
--- config
    include nothing/*.conf;
    location / { return 204; }
--- request
GET /
--- error_code: 204



=== TEST 11: a file that is not there is one
--- config
    include nothing.conf;
--- must_die
--- error_log eval
qr{\[emerg\] .*open\(\) "$ENV{TEST_NGINX_SERVER_ROOT}/conf/nothing\.conf" failed \(2: No such file or directory\) in $ENV{TEST_NGINX_SERVER_ROOT}/conf/nginx\.conf:\d+}



=== TEST 12: an error in an included file has its name and line
--- config
    include bad.conf;
--- user_files
>>> ../conf/bad.conf
# a comment

retrun 200;
--- must_die
--- error_log eval
qr{unknown directive "retrun" in $ENV{TEST_NGINX_SERVER_ROOT}/conf/bad\.conf:3}



=== TEST 13: master_process on, and its workers
--- main_config
    master_process on;
    worker_processes 2;
    user root;
--- config
    location / { return 200 "fine\n"; }
--- request
GET /
--- response_body
fine
--- shutdown_error_log
signal 3 (SIGQUIT) received
exit



=== TEST 14: daemon and master_process take on or off
--- main_config
    daemon of;
--- config
--- must_die
--- error_log
invalid value "of" in "daemon" directive, it must be "on" or "off" in



=== TEST 15: worker_processes takes a number
--- main_config
    worker_processes many;
--- config
--- must_die
--- error_log
"worker_processes" directive invalid value in



=== TEST 16: use of a method that is not there
--- main_config
    events { use quantum; }
--- config
--- must_die
--- error_log
invalid event type "quantum" in



=== TEST 17: user that does not exist
--- main_config
    user nobody-here-by-that-name;
--- config
--- must_die
--- error_log
getpwnam("nobody-here-by-that-name") failed



=== TEST 18: the port is taken
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- config
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- must_die
--- error_log
bind() to 127.0.0.1:$TEST_NGINX_RAND_PORT_1 failed (98: Address already in use)



=== TEST 19: user, and what its workers may read
--- main_config
    master_process on;
    user nobody nogroup;
--- config
    location = /shadow { alias /etc/shadow; }
--- request
GET /shadow
--- error_code: 403
--- error_log
open() "/etc/shadow" failed (13: Permission denied)
