# limit_req: requests of a key by time. A rate of 1r/m is one that no test waits for.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: a request that exceeds the rate is refused
--- http_config
    limit_req_zone $binary_remote_addr zone=one:32k rate=1r/m;
--- config
    location /t { limit_req zone=one; root html; try_files /index.html =404; }
--- request eval
["GET /t", "GET /t", "GET /index.html", "GET /t"]
--- error_code eval
[200, 503, 200, 503]
--- error_log eval
qr{\[error\] \d+#\d+: \*\d+ limiting requests, excess: (1\.000|0\.9\d\d) by zone "one", client: 127\.0\.0\.1, server: localhost, request: "GET /t HTTP/1\.1", host: "localhost"$}



=== TEST 2: burst without delay
--- http_config
    limit_req_zone $binary_remote_addr zone=one:32k rate=1r/m;
--- config
    location /t { limit_req zone=one burst=2 nodelay; root html; try_files /index.html =404; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- error_code eval
[200, 200, 200, 503]
--- error_log eval
qr{limiting requests, excess: (3\.000|2\.9\d\d) by zone "one"}
--- no_error_log
delaying



=== TEST 3: a request waits, and is answered then
--- http_config
    limit_req_zone $binary_remote_addr zone=one:32k rate=1r/s;
    log_format status $status:$limit_req_status;
    access_log logs/access.log status;
--- config
    location /t { limit_req zone=one burst=5; root html; try_files /index.html =404; }
--- pipelined_requests eval
["GET /t", "POST /t\nhello"]
--- error_code eval
[200, 405]
--- error_log eval
qr{\[warn\] \d+#\d+: \*\d+ delaying request, excess: (1\.000|0\.\d\d\d), by zone "one", client: 127\.0\.0\.1, server: localhost, request: "POST /t HTTP/1\.1"}
--- access_log
200:PASSED
405:DELAYED



=== TEST 4: a client that goes away while its request waits
--- http_config
    limit_req_zone $binary_remote_addr zone=one:32k rate=1r/m;
    log_format status $status:$limit_req_status;
    access_log logs/access.log status;
--- config
    location /t { limit_req zone=one burst=5; root html; try_files /index.html =404; }
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n\r\nGET /t HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- shutdown: 1
--- error_log
client prematurely closed connection
--- access_log
200:PASSED
499:DELAYED



=== TEST 5: delay: the first two of a burst are not delayed
--- http_config
    limit_req_zone $binary_remote_addr zone=one:32k rate=1r/m;
--- config
    limit_req zone=one burst=3 delay=2;
    limit_req_dry_run on;
    add_header Status $limit_req_status;
    location /t { root html; try_files /index.html =404; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- response_headers eval
["Status: PASSED", "Status: PASSED", "Status: PASSED", "Status: DELAYED_DRY_RUN", "Status: REJECTED_DRY_RUN"]
--- error_log eval
[qr{\[warn\] \d+#\d+: \*\d+ delaying request, dry run, excess: (3\.000|2\.9\d\d), by zone "one", client}, qr{\[error\] \d+#\d+: \*\d+ limiting requests, dry run, excess: (4\.000|3\.9\d\d) by zone "one", client}]



=== TEST 6: status and level of what is refused
--- http_config
    limit_req_zone $binary_remote_addr zone=one:32k rate=1r/m;
--- config
    limit_req_status 429;
    limit_req_log_level warn;
    location /t { limit_req zone=one; add_header Status $limit_req_status always; root html; try_files /index.html =404; }
--- request eval
["GET /t", "GET /t"]
--- error_code eval
[200, 429]
--- response_headers eval
["Status: PASSED", "Status: REJECTED"]
--- error_log
[warn]
--- no_error_log
[error]



=== TEST 7: a delay is logged one level lower
--- http_config
    limit_req_zone $arg_a zone=one:32k rate=1r/m;
--- config
    limit_req zone=one burst=1;
    limit_req_dry_run on;
    location /warn { limit_req_log_level warn; root html; try_files /index.html =404; }
    location /notice { limit_req_log_level notice; root html; try_files /index.html =404; }
    location /info { limit_req_log_level info; root html; try_files /index.html =404; }
--- request eval
["GET /warn?a=w", "GET /warn?a=w", "GET /notice?a=n", "GET /notice?a=n", "GET /info?a=i", "GET /info?a=i"]
--- error_log eval
[qr{\[notice\] .*delaying request, .* "GET /warn}, qr{\[info\] .*delaying request, .* "GET /notice}, qr{\[info\] .*delaying request, .* "GET /info}]
--- no_error_log
[warn]



=== TEST 8: keys of several variables; an empty one does not count
--- http_config
    limit_req_zone $arg_a$arg_b zone=one:32k rate=1r/m;
--- config
    location /t { limit_req zone=one; add_header Status "($limit_req_status)" always; root html; try_files /index.html =404; }
--- request eval
["GET /t?a=xy", "GET /t?a=x&b=z", "GET /t?a=x&b=y", "GET /t", "GET /t"]
--- error_code eval
[200, 200, 503, 200, 200]
--- response_headers eval
["Status: (PASSED)", "Status: (PASSED)", "Status: (REJECTED)", "Status: ()", "Status: ()"]



=== TEST 9: of several limits any may refuse, and then none counts
--- http_config
    limit_req_zone $arg_a zone=a:32k rate=1r/m;
    limit_req_zone $arg_b zone=b:32k rate=1r/m;
--- config
    location /t { limit_req zone=a burst=1 nodelay; limit_req zone=b; root html; try_files /index.html =404; }
--- request eval
["GET /t?a=1&b=1", "GET /t?a=1&b=1", "GET /t?a=1&b=2", "GET /t?a=1&b=3"]
--- error_code eval
[200, 503, 200, 503]
--- error_log eval
[qr{excess: (1\.000|0\.9\d\d) by zone "b"}, qr{excess: (2\.000|1\.9\d\d) by zone "a"}]



=== TEST 10: of several limits the longest delay holds
--- http_config
    limit_req_zone $arg_a zone=a:32k rate=1r/m;
    limit_req_zone $arg_b zone=b:32k rate=2r/m;
    limit_req_zone $arg_c zone=c:32k rate=1r/m;
--- config
    limit_req_dry_run on;
    location /ab { limit_req zone=a burst=5; limit_req zone=b burst=5; root html; try_files /index.html =404; }
    location /ba { limit_req zone=b burst=5; limit_req zone=a burst=5; root html; try_files /index.html =404; }
    location /abc { limit_req zone=a burst=9; limit_req zone=b burst=9; limit_req zone=c burst=9; root html; try_files /index.html =404; }
--- request eval
["GET /ab?a=1&b=1", "GET /ab?a=1&b=1", "GET /ba?a=2&b=2", "GET /ba?a=2&b=2", "GET /abc?a=3&b=3", "GET /abc?a=3&b=3"]
--- error_log eval
[qr{by zone "a", .* "GET /ab\?}, qr{by zone "a", .* "GET /ba\?}, qr{by zone "a", .* "GET /abc\?}]
--- no_error_log
by zone "b"



=== TEST 11: what a location inherits
--- http_config
    limit_req_zone $binary_remote_addr zone=one:32k rate=1r/m;
    limit_req_zone $binary_remote_addr zone=two:32k rate=1r/m;
    limit_req zone=one;
    limit_req_status 420;
    limit_req_log_level info;
--- config
    location /a { root html; try_files /index.html =404; }
    location /b { limit_req zone=two burst=1 nodelay; limit_req_status 421; limit_req_log_level error; root html; try_files /index.html =404; }
--- request eval
["GET /a", "GET /a", "GET /b", "GET /b", "GET /b"]
--- error_code eval
[200, 420, 200, 200, 421]
--- error_log eval
[qr{\[info\] .*by zone "one"}, qr{\[error\] .*by zone "two"}]



=== TEST 12: a request counts once, also if it is redirected
--- http_config
    limit_req_zone $binary_remote_addr zone=one:32k rate=1r/m;
--- config
    limit_req zone=one;
    location /t { try_files /nowhere /u; }
    location /u { error_page 403 = /v; deny all; }
    location /v { root html; try_files /index.html =404; }
--- request eval
["GET /t", "GET /t"]
--- error_code eval
[200, 503]



=== TEST 13: limits come before access, and after rewrite
--- http_config
    limit_req_zone $binary_remote_addr zone=one:32k rate=1r/m;
--- config
    limit_req zone=one;
    location /t { deny all; }
    location /r { return 204; }
--- request eval
["GET /r", "GET /r", "GET /t", "GET /t"]
--- error_code eval
[204, 204, 403, 503]



=== TEST 14: what is refused has its page
--- http_config
    limit_req_zone $binary_remote_addr zone=one:32k rate=1r/m;
--- config
    limit_req zone=one;
    error_page 503 = /slow;
    location /t { root html; try_files /index.html =404; }
    location /slow { return 200 "slow down\n"; }
--- request eval
["GET /t", "GET /t"]
--- response_body_like eval
["", "^slow down\$"]



=== TEST 15: a key that is too long does not count
--- http_config
    limit_req_zone $arg_a zone=one:128k rate=1r/m;
    large_client_header_buffers 4 128k;
--- config
    location /t { limit_req zone=one; root html; try_files /index.html =404; }
--- request eval
["GET /t?a=" . "x" x 65536, "GET /t?a=" . "x" x 65536, "GET /t?a=" . "x" x 65535, "GET /t?a=" . "x" x 65535]
--- error_code eval
[200, 200, 200, 503]
--- error_log
the value of the "$arg_a" key is more than 65535 bytes: "xxx



=== TEST 16: a key that the zone has no room for is refused
--- http_config
    limit_req_zone $arg_a zone=one:32k rate=1r/m;
    large_client_header_buffers 4 128k;
--- config
    location /t { limit_req zone=one; limit_req_status 429; root html; try_files /index.html =404; }
    location /dry { limit_req zone=one; limit_req_dry_run on; add_header Status $limit_req_status; root html; try_files /index.html =404; }
--- request eval
["GET /t?a=" . "x" x 40000, "GET /dry?a=" . "x" x 40000, "GET /t?a=x"]
--- error_code eval
[429, 200, 200]
--- response_headers eval
["", "Status: REJECTED_DRY_RUN", ""]
--- error_log eval
qr{\[alert\] \d+#\d+: could not allocate node in limit_req zone "one"$}



=== TEST 17: a full zone forgets the key that was not used for the longest time
--- http_config
    limit_req_zone $arg_a zone=one:64k rate=1r/m;
    large_client_header_buffers 4 128k;
--- config
    location /t { limit_req zone=one; root html; try_files /index.html =404; }
--- request eval
["GET /t?a=" . "x" x 24000, "GET /t?a=" . "y" x 24000, "GET /t?a=" . "y" x 24000, "GET /t?a=" . "z" x 24000, "GET /t?a=" . "y" x 24000, "GET /t?a=" . "x" x 24000]
--- error_code eval
[200, 200, 503, 200, 503, 200]



=== TEST 18: a zone may be declared after its use
--- http_config
    limit_req zone=one;
    limit_req_zone $binary_remote_addr zone=one:32k rate=1r/m;
--- config
    location /t { root html; try_files /index.html =404; }
--- request eval
["GET /t", "GET /t"]
--- error_code eval
[200, 503]



=== TEST 19: a zone that is not declared
--- config
    limit_req zone=one;
--- must_die
--- error_log
zero size shared memory zone "one"



=== TEST 20: a zone without a name
--- http_config
    limit_req_zone $uri zone=:32k rate=1r/s;
--- config
--- must_die
--- error_log
"limit_req_zone" must have "zone" parameter in



=== TEST 21: a zone without a size
--- http_config
    limit_req_zone $uri zone=one rate=1r/s;
--- config
--- must_die
--- error_log
invalid zone size "zone=one" in



=== TEST 22: a zone that is too small
--- http_config
    limit_req_zone $uri zone=one:31k rate=1r/s;
--- config
--- must_die
--- error_log
zone "zone=one:31k" is too small in



=== TEST 23: a rate of none
--- http_config
    limit_req_zone $uri zone=one:32k rate=0r/s;
--- config
--- must_die
--- error_log
invalid rate "rate=0r/s" in



=== TEST 24: a rate of another unit
--- http_config
    limit_req_zone $uri zone=one:32k rate=1r/h;
--- config
--- must_die
--- error_log
invalid rate "rate=1r/h" in



=== TEST 25: another parameter of a zone
--- http_config
    limit_req_zone $uri zone=one:32k burst=1;
--- config
--- must_die
--- error_log
invalid parameter "burst=1" in



=== TEST 26: sync is nginx Plus's
--- http_config
    limit_req_zone $uri zone=one:32k rate=1r/s sync;
--- config
--- must_die
--- error_log
invalid number of arguments in "limit_req_zone" directive in



=== TEST 27: a zone twice
--- http_config
    limit_req_zone $uri zone=one:32k rate=1r/s;
    limit_req_zone $host zone=one:32k rate=1r/s;
--- config
--- must_die
--- error_log
limit_req_zone "one" is already bound to key "$uri" in



=== TEST 28: a zone of two sizes
--- http_config
    limit_req_zone $uri zone=one:32k rate=1r/s;
    limit_req_zone $uri zone=one:64k rate=1r/s;
--- config
--- must_die
--- error_log
the size 65536 of shared memory zone "one" conflicts with already declared size 32768 in



=== TEST 29: a zone of two modules
--- http_config
    limit_req_zone $uri zone=one:32k rate=1r/s;
    upstream u { zone one 32k; server 127.0.0.1:9; }
--- config
--- must_die
--- error_log
the shared memory zone "one" is already declared for a different use in



=== TEST 30: a limit without a zone
--- config
    limit_req burst=2;
--- must_die
--- error_log
"limit_req" must have "zone" parameter in



=== TEST 31: a zone twice in a block
--- http_config
    limit_req_zone $uri zone=one:32k rate=1r/s;
--- config
    limit_req zone=one;
    limit_req zone=one burst=1;
--- must_die
--- error_log
"limit_req" directive is duplicate in



=== TEST 32: a burst of none
--- config
    limit_req zone=one burst=0;
--- must_die
--- error_log
invalid burst value "burst=0" in



=== TEST 33: a delay that is no number
--- config
    limit_req zone=one delay=x;
--- must_die
--- error_log
invalid delay value "delay=x" in



=== TEST 34: another parameter of a limit
--- config
    limit_req zone=one sync;
--- must_die
--- error_log
invalid parameter "sync" in



=== TEST 35: a status that is no error
--- config
    limit_req_status 399;
--- must_die
--- error_log
value must be between 400 and 599 in



=== TEST 36: a level that there is not
--- config
    limit_req_log_level crit;
--- must_die
--- error_log
invalid value "crit" in



=== TEST 37: a dry run is on or off
--- config
    limit_req_dry_run yes;
--- must_die
--- error_log
invalid value "yes" in "limit_req_dry_run" directive, it must be "on" or "off" in



=== TEST 38: a status twice
--- config
    limit_req_status 429;
    limit_req_status 430;
--- must_die
--- error_log
"limit_req_status" directive is duplicate in



=== TEST 39: not in if
--- http_config
    limit_req_zone $uri zone=one:32k rate=1r/s;
--- config
    location / { if ($host) { limit_req zone=one; } }
--- must_die
--- error_log
"limit_req" directive is not allowed here in



=== TEST 40: a zone is declared in http
--- config
    limit_req_zone $uri zone=one:32k rate=1r/s;
--- must_die
--- error_log
"limit_req_zone" directive is not allowed here in
