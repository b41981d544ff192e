# access_log and error_log to syslog.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: an access log
--- config
    access_log syslog:server=127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    location / { return 200 "four"; }
--- udp_listen: $TEST_NGINX_RAND_PORT_1
--- request
GET /a
--- response_body chomp
four
--- udp_query eval
qr{^<190>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ nginx: 127\.0\.0\.1 - - \[.*\] "GET /a HTTP/1\.1" 200 4 "-" "-"$}



=== TEST 2: facility, severity, tag, nohostname, a format
--- http_config
    log_format f '$uri|$status';
--- config
    access_log syslog:server=127.0.0.1:$TEST_NGINX_RAND_PORT_1,facility=mail,severity=warn,tag=t_1,nohostname f;
    location / { return 404; }
--- udp_listen: $TEST_NGINX_RAND_PORT_1
--- request
GET /a
--- error_code: 404
--- udp_query eval
qr{^<20>\w{3} [ \d]\d \d\d:\d\d:\d\d t_1: /a\|404$}



=== TEST 3: a datagram for each request; if=; a file besides
--- http_config
    log_format f '$uri;';
--- config
    access_log syslog:server=127.0.0.1:$TEST_NGINX_RAND_PORT_1,tag=x,nohostname f if=$arg_log;
    access_log logs/access.log f;
    location / { return 200; }
--- udp_listen: $TEST_NGINX_RAND_PORT_1
--- request eval
["GET /a?log=1", "GET /b", "GET /c?log=1"]
--- udp_query eval
qr{^<190>.{15} x: /a;<190>.{15} x: /c;$}
--- access_log
/a;
/b;
/c;



=== TEST 4: an error log: the severity is the message's
--- config
    error_log syslog:server=127.0.0.1:$TEST_NGINX_RAND_PORT_1,facility=local0,tag=e,severity=debug error;
    location / { root html; }
--- udp_listen: $TEST_NGINX_RAND_PORT_1
--- request
GET /nothing
--- error_code: 404
--- udp_query eval
qr{^<131>\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ e: \d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[error\] \d+#\d+: \*\d+ open\(\) "\S+/html/nothing" failed \(2: No such file or directory\), client: 127\.0\.0\.1, server: .*, request: "GET /nothing HTTP/1\.1", host: "\S+"$}



=== TEST 5: an error log: the level
--- config
    error_log syslog:server=127.0.0.1:$TEST_NGINX_RAND_PORT_1 crit;
    location / { root html; }
--- udp_listen: $TEST_NGINX_RAND_PORT_1
--- request
GET /nothing
--- error_code: 404
--- udp_query eval
""



=== TEST 6: the syslog server is down
--- http_config
    log_format f '$uri';
--- config
    access_log syslog:server=127.0.0.1:$TEST_NGINX_RAND_PORT_1 f;
    location / { return 200; }
--- request eval
["GET /1", "GET /2", "GET /3"]
--- error_log eval
qr{\[error\] \d+#\d+: .*send\(\) failed \(111: Connection refused\)}



=== TEST 7: a unix socket that is not there
--- http_config
    log_format f '$uri';
--- config
    access_log syslog:server=unix:$TEST_NGINX_HTML_DIR/socket f;
    location / { return 200; }
--- request eval
["GET /1", "GET /2", "GET /3"]
--- error_log eval
qr{\[alert\] \d+#\d+: .*connect\(\) failed \(2: No such file or directory\)}



=== TEST 8: no server
--- config
    access_log syslog:facility=user;
--- must_die
--- error_log
[emerg]
no syslog server specified in



=== TEST 9: an unknown parameter
--- main_config
    error_log syslog:server=127.0.0.1,x;
--- config
--- must_die
--- error_log
unknown syslog parameter "x" in



=== TEST 10: an address
--- config
    access_log syslog:server=127.0.0.1:x;
--- must_die
--- error_log
invalid port in syslog server "127.0.0.1:x" in



=== TEST 11: a tag
--- config
    access_log syslog:server=127.0.0.1,tag=a.b;
--- must_die
--- error_log
syslog "tag" only allows alphanumeric characters and underscore in



=== TEST 12: a buffer
--- config
    access_log syslog:server=127.0.0.1 combined buffer=4k;
--- must_die
--- error_log
logs to syslog cannot be buffered in
