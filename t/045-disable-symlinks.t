# disable_symlinks: links on the way to a file.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: off by default
--- config
    location / { root html; }
    location /proc/ { alias /proc/self/; default_type text/plain; }
--- user_files
>>> a
file
--- request
GET /proc/cwd/html/a
--- response_body
file



=== TEST 2: a link on the way
--- config
    location /proc/ { alias /proc/; disable_symlinks on; }
--- user_files
>>> a
file
--- request
GET /proc/self/status
--- error_code: 404
--- error_log
openat() "/proc/self/status" failed (20: Not a directory)



=== TEST 3: a link instead of a file
--- config
    location /proc/ { alias /proc/; disable_symlinks on; }
--- request
GET /proc/self
--- error_code: 403
--- error_log
openat() "/proc/self" failed (40: Too many levels of symbolic links)



=== TEST 4: none
--- config
    location / { root html; disable_symlinks on from=$document_root; }
--- user_files
>>> a
file
>>> b/c
below
--- request eval
["GET /a", "GET /b/c", "GET /b", "GET /none"]
--- error_code eval
[200, 200, 301, 404]



=== TEST 5: what is trusted may hold links
--- config
    location /trusted/ { alias /proc/self/; disable_symlinks on from=/proc/self; default_type text/plain; }
    location /not/ { alias /proc/self/; disable_symlinks on from=/proc/sel; }
--- request eval
["GET /trusted/comm", "GET /not/comm"]
--- error_code eval
[200, 404]



=== TEST 6: links of the owner of what they lead to
--- config
    location /a/ { alias /proc/; disable_symlinks if_not_owner; default_type text/plain; }
--- request
GET /a/self/comm
--- error_code: 200



=== TEST 7: index and try_files
--- config
    location /proc/ { alias /proc/; disable_symlinks on; index self; }
    location /try { root /; disable_symlinks on; try_files /proc/self/comm =204; }
--- request eval
["GET /proc/", "GET /try"]
--- error_code eval
[403, 204]



=== TEST 8: a test in an if
--- config
    location / { disable_symlinks on; if (-e /proc/self/comm) { return 200 "there\n"; } return 200 "not there\n"; }
    location /off { if (-e /proc/self/comm) { return 200 "there\n"; } return 200 "not there\n"; }
--- request eval
["GET /", "GET /off"]
--- response_body eval
["not there\n", "there\n"]



=== TEST 9: off below on
--- config
    disable_symlinks on;
    location /proc/ { alias /proc/; disable_symlinks off; default_type text/plain; }
--- request
GET /proc/self/comm
--- error_code: 200



=== TEST 10: a wrong parameter
--- config
    disable_symlinks maybe;
--- must_die
--- error_log
invalid parameter "maybe"



=== TEST 11: off from somewhere
--- config
    disable_symlinks off from=/a;
--- must_die
--- error_log
"from=" cannot be used with "off" parameter



=== TEST 12: no mode
--- config
    disable_symlinks from=/a;
--- must_die
--- error_log
"disable_symlinks" must have "off", "on" or "if_not_owner" parameter
