# geo: a variable whose value depends on an address.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: the innermost network decides
--- http_config
    geo $arg_ip $net {
        default        none;
        10.0.0.0/8     ten;
        10.1.0.0/16    "ten one";
        10.1.2.3       host;
        10.1.2.0/24    lan;
        192.0.2.0/24   doc;
        delete         192.0.2.0/24;
        0.0.0.0/1      low;
        2001:db8::/32  six;
        2001:db8::1    six-host;
        127.0.0.1      own;
        255.255.255.255 broken;
    }
    geo $own { default no; 127.0.0.1/32 yes; }
    geo $empty { 10.0.0.0/8 ten; }
--- config
    location / { return 200 "$net\n"; }
    location /own { return 200 "$own [$empty]\n"; }
--- request eval
["GET /?ip=10.0.0.1", "GET /?ip=10.1.255.1", "GET /?ip=10.1.2.3", "GET /?ip=10.1.2.4", "GET /?ip=192.0.2.1", "GET /?ip=11.0.0.0", "GET /?ip=2001:db8::2", "GET /?ip=2001:db8::1", "GET /?ip=::1", "GET /?ip=::ffff:10.1.2.3", "GET /?ip=no", "GET /", "GET /own"]
--- response_body eval
["ten\n", "ten one\n", "host\n", "lan\n", "none\n", "low\n", "six\n", "six-host\n", "none\n", "host\n", "broken\n", "broken\n", "yes []\n"]



=== TEST 2: ranges
--- http_config
    geo $arg_ip $net {
        ranges;
        default                   none;
        10.0.0.0-10.255.255.255   ten;
        10.1.2.3-10.1.2.3         host;
        192.0.2.1-192.0.2.9       doc;
        delete                    192.0.2.1-192.0.2.9;
        224.0.0.0-255.255.255.254 high;
    }
--- config
    location / { return 200 "$net\n"; }
--- request eval
["GET /?ip=10.0.0.0", "GET /?ip=10.255.255.255", "GET /?ip=11.0.0.0", "GET /?ip=10.1.2.3", "GET /?ip=10.1.2.4", "GET /?ip=192.0.2.5", "GET /?ip=225.0.0.1", "GET /?ip=2001:db8::1", "GET /?ip=::ffff:10.0.0.1", "GET /?ip=no"]
--- response_body eval
["ten\n", "ten\n", "none\n", "host\n", "ten\n", "none\n", "high\n", "none\n", "ten\n", "none\n"]



=== TEST 3: proxy and proxy_recursive
--- http_config
    geo $a { proxy 127.0.0.1; default none; 192.0.2.0/24 doc; 10.0.0.0/8 ten; }
    geo $b { proxy 127.0.0.1; proxy 10.0.0.0/8; proxy_recursive; default none; 192.0.2.0/24 doc; 10.0.0.0/8 ten; }
    geo $c { proxy 127.0.0.2; default none; 192.0.2.0/24 doc; 10.0.0.0/8 ten; }
    geo $d { ranges; proxy 127.0.0.1; default none; 10.0.0.0-10.255.255.255 ten; }
--- config
    location / { return 200 "$a $b $c $d\n"; }
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
["X-Forwarded-For: 192.0.2.1, 10.0.0.1", "X-Forwarded-For: 192.0.2.1", "X-Foo: 1"]
--- response_body eval
["ten doc none ten\n", "doc doc none none\n", "none none none none\n"]



=== TEST 4: files
--- user_files
>>> nets
10.0.0.0/8 ten;
include ../html/more;
>>> more
192.0.2.0/24 doc;
--- http_config
    geo $arg_ip $net { default none; include ../html/nets; }
--- config
    location / { return 200 "$net\n"; }
--- request eval
["GET /?ip=10.0.0.1", "GET /?ip=192.0.2.1", "GET /?ip=1.1.1.1"]
--- response_body eval
["ten\n", "doc\n", "none\n"]



=== TEST 5: a value is made once, and set may change it
--- http_config
    geo $arg_ip $net { default none; 10.0.0.0/8 ten; 192.0.2.0/24 doc; }
--- config
    location /a { set $args "ip=10.0.0.1"; set $x $net; set $args "ip=192.0.2.1"; return 200 "$x $net\n"; }
    location /b { set $net other; return 200 "$net\n"; }
--- request eval
["GET /a", "GET /b?ip=10.0.0.1"]
--- response_body eval
["ten ten\n", "other\n"]



=== TEST 6: volatile
--- http_config
    geo $arg_ip $net { volatile; default none; 10.0.0.0/8 ten; 192.0.2.0/24 doc; }
--- config
    location /a { set $args "ip=10.0.0.1"; set $x $net; set $args "ip=192.0.2.1"; return 200 "$x $net\n"; }
--- request
GET /a
--- response_body
ten doc
--- skip_nginx: 2: < 1.29.3



=== TEST 7: a unix socket has no address
--- http_config
    geo $net { default none; 10.0.0.0/8 ten; 255.255.255.255 nowhere; }
--- config
    listen unix:$TEST_NGINX_HTML_DIR/s;
    location / { return 200 "$net\n"; }
--- connect: unix:$TEST_NGINX_HTML_DIR/s
--- request
GET /
--- response_body
nowhere



=== TEST 8: the address is the one that a trusted proxy names
--- http_config
    geo $net { default none; 10.0.0.0/8 ten; }
--- config
    set_real_ip_from 127.0.0.1;
    location / { return 200 "$net\n"; }
--- request
GET /
--- more_headers
X-Real-IP: 10.0.0.1
--- response_body
ten



=== TEST 9: duplicates, and what is not there to delete
--- http_config
    geo $a { 10.0.0.0/8 one; 10.0.0.0/8 two; default x; default y; delete 11.0.0.0/8; 10.0.0.1/8 three; }
    geo $b { ranges; 1.0.0.0-1.0.0.9 one; 1.0.0.0-1.0.0.9 two; default x; default y; delete 2.0.0.0-2.0.0.1; }
--- config
    location / { return 200 "$a $b\n"; }
--- request
GET /
--- response_body
y y
--- error_log
duplicate network "10.0.0.0/8", value: "two", old value: "one" in
duplicate network "default", value: "y", old value: "x" in
no network "11.0.0.0/8" to delete in
low address bits of 10.0.0.1/8 are meaningless in
duplicate network "10.0.0.1/8", value: "three", old value: "two" in
duplicate range "1.0.0.0-1.0.0.9", value: "two", old value: "one" in
duplicate default geo range value: "y", old value: "x" in
no address range "2.0.0.0-2.0.0.1" to delete in



=== TEST 10: a variable that depends on itself
--- http_config
    geo $a $b { default one; }
    geo $b $a { default two; }
--- config
    location / { return 200 "[$a]\n"; }
--- request
GET /
--- response_body
[two]
--- error_log
cycle while evaluating variable



=== TEST 11: ranges come first
--- http_config
    geo $a { 10.0.0.0/8 one; ranges; }
--- config
--- must_die
--- error_log
the "ranges" directive must be the first directive inside "geo" block in



=== TEST 12: ranges that overlap
--- http_config
    geo $a { ranges; 1.0.0.0-1.0.0.9 one; 1.0.0.5-1.0.0.10 two; }
--- config
--- must_die
--- error_log
range "1.0.0.5-1.0.0.10" overlaps "1.0.0.0-1.0.0.9" in



=== TEST 13: wrong networks
--- http_config
    geo $a { 10.0.0.0/33 one; }
--- config
--- must_die
--- error_log
invalid network "10.0.0.0/33" in



=== TEST 14: wrong ranges
--- http_config
    geo $a { ranges; 1.0.0.9-1.0.0.1 one; }
--- config
--- must_die
--- error_log
invalid range "1.0.0.9-1.0.0.1" in



=== TEST 15: too many words
--- http_config
    geo $a { 10.0.0.0/8 one two; }
--- config
--- must_die
--- error_log
invalid number of the geo parameters in



=== TEST 16: a name without a dollar
--- http_config
    geo a { default one; }
--- config
--- must_die
--- error_log
invalid variable name "a" in
