# userid: a cookie that tells one client from another.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: a client without the cookie gets one
--- config
    location / { userid on; root html; }
    location /log { userid log; root html; }
    location /off { root html; }
    location /v1 { userid v1; userid_service 16909060; root html; }
    location /s { userid on; userid_service 16909060; root html; }
--- user_files
>>> log
>>> off
>>> v1
>>> s
--- request eval
["GET /index.html", "GET /log", "GET /off", "GET /v1", "GET /s", "GET /missing"]
--- error_code eval
[200, 200, 200, 200, 200, 404]
--- response_headers_like eval
["Set-Cookie: uid=fwAAAW[A-Za-z0-9+/]{10}[A-Za-z0-9+/]*AwMDAg==; path=/", "", "", "Set-Cookie: uid=BAMCAW?[A-Za-z0-9+/]+==; path=/", "Set-Cookie: uid=AQIDBG[A-Za-z0-9+/]+==; path=/", "Set-Cookie: uid=fwAAAW.*"]



=== TEST 2: the client's cookie
--- http_config
    log_format f '[$uid_got] [$uid_set]';
    access_log logs/access.log f;
--- config
    location / { userid on; root html; }
    location /log { userid log; root html; }
    location /off { root html; }
--- user_files
>>> log
>>> off
--- request eval
["GET /index.html", "GET /log", "GET /off"]
--- more_headers eval
["Cookie: a=b; uid=fwAAAWXKMzkIDQrHAwMDAg==", "Cookie: uid=fwAAAWXKMzkIDQrHAwMDAg==", "Cookie: uid=fwAAAWXKMzkIDQrHAwMDAg=="]
--- response_headers
! Set-Cookie
--- access_log eval
["[uid=0100007F3933CA65C70A0D0802030303] [-]", "[uid=0100007F3933CA65C70A0D0802030303] [-]", "[-] [-]"]



=== TEST 3: cookies that are none
--- config
    location / { userid on; return 200 "[$uid_got]\n"; }
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
["Cookie: uid=short", "Cookie: uid=!wAAAWXKMzkIDQrHAwMDAg==", "Cookie: uid=AAAAAAAAAAAAAAAAAAAAAA=="]
--- response_body eval
["[]\n", "[]\n", "[]\n"]
--- response_headers_like
Set-Cookie: uid=fwAAAW.*
--- error_log
client sent too short userid cookie "uid=short", client: 127.0.0.1
client sent invalid userid cookie "uid=!wAAAWXKMzkIDQrHAwMDAg==", client: 127.0.0.1



=== TEST 4: name, domain, path, time and flags
--- config
    userid on;
    userid_service 1;
    userid_p3p 'policyref="/p3p.xml"';
    location / { userid_name who; userid_domain example.com; userid_path /x; userid_expires max; userid_flags secure httponly samesite=strict; return 200; }
    location /a { userid_expires 1d; userid_flags samesite=lax; userid_p3p none; return 200; }
    location /b { userid_expires off; userid_flags off; userid_domain none; return 200; }
--- request eval
["GET /", "GET /a", "GET /b"]
--- response_headers_like eval
["Set-Cookie: who=AAAAAW.*==; expires=Thu, 31-Dec-37 23:55:55 GMT; domain=example.com; path=/x; secure; httponly; samesite=strict\nP3P: policyref=\"/p3p.xml\"", "Set-Cookie: uid=AAAAAW.*==; expires=[A-Z][a-z]{2}, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2} [0-9:]{8} GMT; path=/; samesite=lax", "Set-Cookie: uid=AAAAAW.*==; path=/"]



=== TEST 5: the mark
--- config
    location / { userid on; userid_mark x; return 200 "[$uid_set]\n"; }
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
["Cookie: uid=fwAAAWXKMzkIDQrHAwMDAg==", "Cookie: uid=fwAAAWXKMzkIDQrHAwMDAgx=", "Cookie: a=b"]
--- response_headers_like eval
["Set-Cookie: uid=fwAAAWXKMzkIDQrHAwMDAgx=; path=/", "", "Set-Cookie: uid=.{22}x=; path=/"]
--- response_body_like eval
["^\\[uid=0100007F3933CA65C70A0D0802030303\\]", "^\\[\\]", "^\\[uid=0100007F"]



=== TEST 6: uid_reset
--- config
    location / { userid on; set $uid_reset $arg_reset; root html; }
--- request eval
["GET /index.html", "GET /index.html?reset=0", "GET /index.html?reset=1", "GET /index.html?reset=log"]
--- more_headers eval
["Cookie: uid=fwAAAWXKMzkIDQrHAwMDAg==", "Cookie: uid=fwAAAWXKMzkIDQrHAwMDAg==", "Cookie: uid=fwAAAWXKMzkIDQrHAwMDAg==", "Cookie: uid=fwAAAWXKMzkIDQrHAwMDAg=="]
--- response_headers_like eval
["", "", "Set-Cookie: uid=fwAAAW(?!XKMzkIDQrHAwMDAg).*", "Set-Cookie: uid=fwAAAW(?!XKMzkIDQrHAwMDAg).*"]
--- error_log
userid cookie "uid=0100007F3933CA65C70A0D0802030303" was reset



=== TEST 7: of a response of another server, and with a redirect
--- config
    userid on;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /r { return 302 /; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nSet-Cookie: own=1\r\n\r\nx"
--- request eval
["GET /", "GET /r"]
--- error_code eval
[200, 302]
--- response_headers_like eval
["Set-Cookie: own=1, uid=.*", "Set-Cookie: uid=.*"]



=== TEST 8: a wrong mode
--- config
    userid yes;
--- must_die
--- error_log
invalid value "yes" in



=== TEST 9: a wrong mark
--- config
    userid_mark xy;
--- must_die
--- error_log
"userid_mark" directive value must be "off" or a single letter, digit or "=" in



=== TEST 10: a wrong time
--- config
    userid_expires x;
--- must_die
--- error_log
"userid_expires" directive invalid value in



=== TEST 11: a wrong flag
--- config
    userid_flags x;
--- must_die
--- error_log
invalid value "x" in
