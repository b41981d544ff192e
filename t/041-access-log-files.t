# access_log: compressed, and to files of variable names.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: gzip and flush=: a member each
--- http_config
    log_format f '$uri';
--- config
    access_log html/own.gz f gzip=9 flush=100ms;
    location /a { return 200; }
    location /own.gz { root html; access_log off; }
--- request eval
["GET /a", "GET /own.gz"]
--- response_body_like eval
["^\$", "^\$"]



=== TEST 2: gzip: what was gathered is a gzip file
--- http_config
    log_format f '$uri';
--- config
    access_log html/own.gz f gzip buffer=10;
    location /a { return 200; }
    location /own.gz { root html; access_log off; default_type text/plain; }
--- request eval
["GET /a", "GET /a/12345", "GET /a/12345/123456789", "GET /own.gz"]
--- response_body_like eval
["^\$", "^\$", "^\$", "^\\x1f.*\\x1f"]



=== TEST 3: gzip: a level
--- config
    access_log logs/a.log combined gzip=10;
--- must_die
--- error_log
invalid compression level "10" in



=== TEST 4: gzip: not with variables in the name
--- config
    access_log logs/$host.log combined gzip;
--- must_die
--- error_log
buffered logs cannot have variables in name in



=== TEST 5: one buffer a file
--- config
    access_log logs/a.log combined buffer=4k;
    access_log logs/a.log combined buffer=8k;
--- must_die
--- error_log
access_log "logs/a.log" already defined with conflicting parameters in



=== TEST 6: open_log_file_cache
--- http_config
    log_format f '$uri';
--- config
    access_log html/$arg_f.log f;
    open_log_file_cache max=2 inactive=20s valid=1m min_uses=2;
    location /a { return 200; }
    location /b { return 200; }
    location ~ log$ { root html; access_log off; }
--- request eval
["GET /a?f=1", "GET /a?f=2", "GET /b?f=1", "GET /a?f=3", "GET /b?f=2", "GET /1.log", "GET /2.log", "GET /3.log"]
--- response_body eval
["", "", "", "", "", "/a\n/b\n", "/a\n/b\n", "/a\n"]



=== TEST 7: open_log_file_cache: off
--- http_config
    log_format f '$uri';
    open_log_file_cache max=2;
--- config
    open_log_file_cache off;
    access_log html/$arg_f.log f;
    location /a { return 200; }
    location ~ log$ { root html; access_log off; }
--- request eval
["GET /a?f=1", "GET /a?f=1", "GET /1.log"]
--- response_body eval
["", "", "/a\n/a\n"]



=== TEST 8: open_log_file_cache: max
--- config
    open_log_file_cache inactive=1s;
--- must_die
--- error_log
"open_log_file_cache" must have "max" parameter in



=== TEST 9: open_log_file_cache: parameters
--- config
    open_log_file_cache max=1 valid=x;
--- must_die
--- error_log
invalid "open_log_file_cache" parameter "valid=x" in



=== TEST 10: open_log_file_cache: once
--- config
    open_log_file_cache off;
    open_log_file_cache off;
--- must_die
--- error_log
"open_log_file_cache" directive is duplicate in



=== TEST 11: a full disk: requests go on
--- config
    access_log /dev/full combined;
    location / { return 200 "four"; }
--- request eval
["GET /1", "GET /2", "GET /3"]
--- response_body eval
["four", "four", "four"]
--- error_log eval
qr{\[alert\] \d+#\d+: .*write\(\) to "/dev/full" failed \(28: No space left on device\)}
