# access_log and log_format.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: combined
--- config
    location / { return 200 "four"; }
--- request
GET /a?b
--- more_headers
Referer: http://from/
User-Agent: some one
--- response_body chomp
four
--- access_log eval
qr{^127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET /a\?b HTTP/1\.1" 200 4 "http://from/" "some one"$}



=== TEST 2: a format, with variables and text
--- http_config
    log_format f '$request_method:$uri:$status:$body_bytes_sent '
                 '${arg_x}y "$http_x" $remote_addr;';
    access_log logs/access.log f;
--- config
    location / { return 404 "12345"; }
--- request
GET /a?x=1
--- more_headers
X: z
--- error_code: 404
--- access_log
GET:/a:404:5 1y "z" 127.0.0.1;



=== TEST 3: what would break a line is escaped
--- http_config
    log_format f 'v=$http_x e=$http_none';
--- config
    access_log logs/access.log f;
    location / { return 200; }
--- request eval
"GET /"
--- more_headers eval
"X: a\"b\\c\td\xc3\xa9"
--- access_log eval
'v=a\x22b\x5Cc\x09d\xC3\xA9 e=-'



=== TEST 4: escape=json
--- http_config
    log_format f escape=json '{"v":"$http_x","e":"$http_none"}';
--- config
    access_log logs/access.log f;
    location / { return 200; }
--- request
GET /
--- more_headers eval
"X: a\"b\\c\td\xc3\xa9"
--- access_log eval
"{\"v\":\"a\\\"b\\\\c\\td\xc3\xa9\",\"e\":\"\"}"



=== TEST 5: escape=none
--- http_config
    log_format f escape=none 'v=$http_x e=$http_none.';
--- config
    access_log logs/access.log f;
    location / { return 200; }
--- request
GET /
--- more_headers
X: a"b\c
--- access_log
v=a"b\c e=.



=== TEST 6: if=
--- http_config
    map $arg_log $wanted { default 1; no 0; }
--- config
    access_log logs/access.log combined if=$wanted;
    location / { return 200; }
--- request eval
["GET /1?log=no", "GET /2?log=yes", "GET /3?log=no"]
--- access_log
GET /2?log=yes
--- no_access_log
GET /1
GET /3



=== TEST 7: if= is for empty and 0
--- config
    access_log logs/access.log combined if=$arg_log;
    location / { return 200; }
--- request eval
["GET /1?log=", "GET /2?log=00", "GET /3?log=0", "GET /4"]
--- access_log
GET /2?log=00
--- no_access_log
GET /1
GET /3
GET /4



=== TEST 8: off
--- config
    location /a { access_log off; return 200; }
    location /b { return 200; }
--- request eval
["GET /a", "GET /b"]
--- access_log
GET /b
--- no_access_log
GET /a



=== TEST 9: several logs
--- http_config
    log_format one 'one $uri';
    log_format two 'two $uri';
--- config
    access_log logs/access.log one;
    access_log logs/access.log two;
    location / { return 200; }
--- request
GET /x
--- access_log
one /x
two /x
--- no_access_log
"GET /x



=== TEST 10: inherited as a whole or not at all
--- http_config
    log_format one 'one $uri';
    log_format two 'two $uri';
    access_log logs/access.log one;
--- config
    location /a { return 200; }
    location /b { access_log logs/access.log two; return 200; }
--- request eval
["GET /a", "GET /b"]
--- access_log
one /a
two /b
--- no_access_log
one /b
two /a



=== TEST 11: a name with variables
--- config
    access_log html/$arg_f.log combined;
    location /a { return 200; }
    location /own.log { root html; access_log off; }
--- request eval
["GET /a?f=own", "GET /own.log"]
--- response_body_like eval
["^\$", "GET /a\\?f=own HTTP/1.1"]



=== TEST 12: buffer= and flush=
--- config
    access_log logs/access.log combined buffer=32k flush=300ms;
    location / { return 200; }
--- request
GET /flushed
--- access_log
GET /flushed HTTP/1.1
--- wait: 2



=== TEST 13: what is buffered is written at the end
--- config
    access_log html/own.log combined buffer=32k;
    location /a { return 200; }
    location /own.log { root html; access_log off; }
--- request eval
["GET /a", "GET /own.log"]
--- response_body eval
["", ""]



=== TEST 14: times
--- http_config
    log_format f '$time_local|$time_iso8601|$msec|$request_time|$upstream_response_time|$pipe|$connection|$connection_requests|$request_length|$bytes_sent';
--- config
    access_log logs/access.log f;
    location / { return 200 "four"; }
--- raw_request eval
"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
--- response_body eval
["four", "four"]
--- access_log eval
[qr{^\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\|\d{10}\.\d{3}\|\d+\.\d{3}\|-\|\.\|\d+\|1\|28\|\d{3}$},
 qr{\|p\|\d+\|2\|47\|\d{3}$}]



=== TEST 15: a request that was refused
--- config
    location / { return 200; }
--- raw_request eval
"nonsense\r\n\r\n"
--- error_code: 400
--- access_log
"nonsense" 400



=== TEST 16: HTTP/0.9, and what was asked
--- config
    location / { return 200 "four"; }
--- raw_request eval
"GET /old\r\n"
--- error_code: none
--- access_log
"GET /old" 200 4



=== TEST 17: parameters
--- config
    access_log logs/access.log combined buffer=x;
--- must_die
--- error_log
invalid buffer size "x" in



=== TEST 18: a parameter unknown
--- config
    access_log logs/access.log combined quick;
--- must_die
--- error_log
invalid parameter "quick" in



=== TEST 19: escape of what is none
--- http_config
    log_format f escape=html '$uri';
--- config
--- must_die
--- error_log
unknown log format escaping "html" in



=== TEST 20: unknown variable
--- http_config
    log_format f '$nosuch';
--- config
    access_log logs/access.log f;
--- must_die
--- error_log
unknown "nosuch" variable



=== TEST 21: the place of an unknown variable
--- http_config
    log_format f '$uri $nosuch';
--- config
    access_log logs/access.log f;
--- must_die
--- error_log eval
qr/unknown "nosuch" variable in .*nginx\.conf:[0-9]+/
--- skip_nginx: all
