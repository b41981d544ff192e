# Wrong configurations: refused with nginx's words, the file and the line.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: unknown directive
--- config
    frobnicate on;
--- must_die
--- error_log eval
qr{nginx: \[emerg\] unknown directive "frobnicate" in $ENV{TEST_NGINX_SERVER_ROOT}/conf/nginx.conf:\d+$}



=== TEST 2: not allowed here
--- config
    worker_connections 10;
--- must_die
--- error_log eval
qr{nginx: \[emerg\] "worker_connections" directive is not allowed here in \S+/conf/nginx.conf:\d+$}



=== TEST 3: location in http
--- http_config
    location / { }
--- config
--- must_die
--- error_log
"location" directive is not allowed here in



=== TEST 4: no arguments
--- config
    root;
--- must_die
--- error_log
invalid number of arguments in "root" directive in



=== TEST 5: too many arguments
--- config
    root a b;
--- must_die
--- error_log
invalid number of arguments in "root" directive in



=== TEST 6: a flag that is neither on nor off
--- config
    merge_slashes maybe;
--- must_die
--- error_log
invalid value "maybe" in "merge_slashes" directive, it must be "on" or "off" in



=== TEST 7: duplicate
--- config
    merge_slashes on;
    merge_slashes off;
--- must_die
--- error_log
"merge_slashes" directive is duplicate in



=== TEST 8: a bad time
--- config
    client_header_timeout 10parsecs;
--- must_die
--- error_log
"client_header_timeout" directive invalid value in



=== TEST 9: a bad size
--- config
    client_max_body_size 10q;
--- must_die
--- error_log
"client_max_body_size" directive invalid value in



=== TEST 10: a bad number
--- config
    keepalive_requests many;
--- must_die
--- error_log
invalid number in



=== TEST 11: a closing brace too many
--- post_main_config
    }
--- config
--- must_die
--- error_log eval
qr{unexpected "\}" in \S+/conf/nginx.conf:\d+$}



=== TEST 12: no closing brace
--- post_main_config
    events {
--- config
--- must_die
--- error_log eval
qr{unexpected end of file, expecting "\}" in \S+/conf/nginx.conf:\d+$}



=== TEST 13: a directive that does not end
--- post_main_config
    worker_processes 1
--- config
--- must_die
--- error_log eval
qr{unexpected end of file, expecting ";" or "\}" in \S+/conf/nginx.conf:\d+$}



=== TEST 14: a directive that a brace ends
--- config
    location /a { return 200 }
--- must_die
--- error_log
unexpected "}" in



=== TEST 15: a block without its opening brace
--- config
    location /a;
--- must_die
--- error_log
directive "location" has no opening "{" in



=== TEST 16: a directive that is no block
--- config
    root html { }
--- must_die
--- error_log
directive "root" is not terminated by ";" in



=== TEST 17: a lone semicolon
--- config
    ;
--- must_die
--- error_log
unexpected ";" in



=== TEST 18: a brace from nowhere
--- config
    { }
--- must_die
--- error_log
unexpected "{" in



=== TEST 19: text after a closing quote
--- config
    root "html"x;
--- must_die
--- error_log
unexpected "x" in



=== TEST 20: a string that does not end
--- post_main_config
    env "PATH;
--- config
--- must_die
--- error_log
unexpected end of file, expecting



=== TEST 21: duplicate location
--- config
    location /a { }
    location /a { }
--- must_die
--- error_log
duplicate location "/a" in



=== TEST 22: nested location outside of its prefix
--- config
    location /a { location /b { } }
--- must_die
--- error_log
location "/b" is outside location "/a" in



=== TEST 23: nested in an exact location
--- config
    location = /a { location /a/b { } }
--- must_die
--- error_log
location "/a/b" cannot be inside the exact location "/a" in



=== TEST 24: named location inside of one
--- config
    location /a { location @b { } }
--- must_die
--- error_log
named location "@b" can be on the server level only in



=== TEST 25: nested in a named location
--- config
    location @a { location /b { } }
--- must_die
--- error_log
location "/b" cannot be inside the named location "@a" in



=== TEST 26: bad modifier
--- config
    location ~~ /a { }
--- must_die
--- error_log
invalid location modifier "~~" in



=== TEST 27: unknown variable
--- config
    location / { return 200 $nosuch; }
--- must_die
--- error_log
unknown "nosuch" variable



=== TEST 28: a dollar without a name
--- config
    location / { return 200 "a$"; }
--- must_die
--- error_log
invalid variable name in



=== TEST 29: the variable in braces does not end
--- config
    location / { return 200 "${uri"; }
--- must_die
--- error_log
the closing bracket in "uri" variable is missing in



=== TEST 30: set of a variable that cannot be changed
--- config
    set $uri /x;
--- must_die
--- error_log
the duplicate "uri" variable in



=== TEST 31: set without a dollar
--- config
    set a b;
--- must_die
--- error_log
invalid variable name "a" in



=== TEST 32: bad regex
--- config
    location ~ "a(b" { }
--- must_die
--- error_log eval
qr{pcre2?_compile\(\) failed: .* in "a\(b".* in \S+/conf/nginx.conf:\d+}



=== TEST 33: conflicting listen parameters
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 default_server; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 default_server; }
--- config
--- must_die
--- error_log
a duplicate default server for 127.0.0.1:$TEST_NGINX_RAND_PORT_1 in



=== TEST 34: listen options twice
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 backlog=10; server_name a; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 backlog=20; server_name b; }
--- config
--- must_die
--- error_log
duplicate listen options for 127.0.0.1:$TEST_NGINX_RAND_PORT_1 in



=== TEST 35: the same listen twice in a server
--- config
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
--- must_die
--- error_log
a duplicate listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 in



=== TEST 36: listen parameter unknown
--- config
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 quickly;
--- must_die
--- error_log
invalid parameter "quickly" in



=== TEST 37: listen port out of range
--- config
    listen 127.0.0.1:70000;
--- must_die
--- error_log
invalid port in "127.0.0.1:70000" of the "listen" directive in



=== TEST 38: listen host unknown
--- config
    listen host.invalid:80;
--- must_die
--- error_log
host not found in "host.invalid:80" of the "listen" directive in



=== TEST 39: the same name twice is only a warning
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server_name a; return 200 "first\n"; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; server_name a; return 200 "second\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request
GET /
--- more_headers
Host: a
--- response_body
first
--- error_log
[warn]
conflicting server name "a" on 127.0.0.1:$TEST_NGINX_RAND_PORT_1, ignored



=== TEST 40: error_page without a code
--- config
    error_page /50x.html;
--- must_die
--- error_log
invalid number of arguments in "error_page" directive in



=== TEST 41: error_page of a code that is none
--- config
    error_page 200 /x;
--- must_die
--- error_log
value "200" must be between 300 and 599 in



=== TEST 42: error_page with a word for a code
--- config
    error_page oops /x;
--- must_die
--- error_log
invalid value "oops" in



=== TEST 43: return of a code that is none
--- config
    return 1000;
--- must_die
--- error_log
invalid return code "1000" in



=== TEST 44: return of text without a code
--- config
    return text;
--- must_die
--- error_log
invalid return code "text" in



=== TEST 45: allow of what is no address
--- config
    allow 300.0.0.1;
--- must_die
--- error_log
invalid parameter "300.0.0.1" in



=== TEST 46: root twice
--- config
    root a;
    root b;
--- must_die
--- error_log
"root" directive is duplicate in



=== TEST 47: root and alias
--- config
    location /a { root a; alias b; }
--- must_die
--- error_log
"alias" directive is duplicate, "root" directive was specified earlier in



=== TEST 48: alias in a named location
--- config
    location @a { alias b; }
--- must_die
--- error_log
the "alias" directive cannot be used inside the named location in



=== TEST 49: unknown log format
--- config
    access_log logs/access.log nosuch;
--- must_die
--- error_log
unknown log format "nosuch" in



=== TEST 50: log format twice
--- http_config
    log_format a "x";
    log_format a "y";
--- config
--- must_die
--- error_log
duplicate "log_format" name "a" in



=== TEST 51: map with a default twice
--- http_config
    map $uri $x { default a; default b; }
--- config
--- must_die
--- error_log
duplicate default map parameter in



=== TEST 52: map with a value twice
--- http_config
    map $uri $x { /a a; /a b; }
--- config
--- must_die
--- error_log
conflicting parameter "/a" in



=== TEST 53: limit_except of a method that is none
--- config
    location / { limit_except FETCH { deny all; } }
--- must_die
--- error_log
invalid method "FETCH" in



=== TEST 54: a file that includes itself
--- config
    include loop.conf;
--- user_files
>>> ../conf/loop.conf
include loop.conf;
--- must_die
--- error_log eval
qr{\[emerg\] .*loop\.conf.* in \S+/conf/loop\.conf:1}
--- skip_nginx: all: it crashes



=== TEST 55: a folder instead of a file
--- config
    include parts;
--- user_files
>>> ../conf/parts/
--- must_die
--- error_log
(21: Is a directory)



=== TEST 56: keepalive_disable of a browser unknown
--- config
    keepalive_disable lynx;
--- must_die
--- error_log
invalid value "lynx" in



=== TEST 57: add_header without a value
--- config
    add_header X;
--- must_die
--- error_log
invalid number of arguments in "add_header" directive in



=== TEST 58: a lone quote in a word is a letter
--- config
    location / { return 200 it's"fine"; }
--- request
GET /
--- response_body chomp
it's"fine"



=== TEST 59: flags of the events block
--- main_config
    events { multi_accept maybe; }
--- config
--- must_die
--- error_log
invalid value "maybe" in "multi_accept" directive, it must be "on" or "off" in



=== TEST 60: accept_mutex
--- main_config
    events { accept_mutex maybe; }
--- config
--- must_die
--- error_log
invalid value "maybe" in "accept_mutex" directive, it must be "on" or "off" in



=== TEST 61: env without a name
--- main_config
    env;
--- config
--- must_die
--- error_log
invalid number of arguments in "env" directive in



=== TEST 62: worker_rlimit_nofile
--- main_config
    worker_rlimit_nofile many;
--- config
--- must_die
--- error_log
invalid number in



=== TEST 63: tcp_nopush and tcp_nodelay
--- config
    tcp_nopush maybe;
--- must_die
--- error_log
invalid value "maybe" in "tcp_nopush" directive



=== TEST 64: tcp_nodelay
--- config
    tcp_nodelay maybe;
--- must_die
--- error_log
invalid value "maybe" in "tcp_nodelay" directive



=== TEST 65: client_body_in_single_buffer
--- config
    client_body_in_single_buffer maybe;
--- must_die
--- error_log
invalid value "maybe" in "client_body_in_single_buffer" directive



=== TEST 66: client_body_in_file_only
--- config
    client_body_in_file_only maybe;
--- must_die
--- error_log
invalid value "maybe" in



=== TEST 67: map_hash_max_size
--- http_config
    map_hash_max_size many;
--- config
--- must_die
--- error_log
invalid number in



=== TEST 68: a directive that only tunes stands once, too
--- http_config
    proxy_headers_hash_max_size 512;
    proxy_headers_hash_max_size 512;
--- config
--- must_die
--- error_log
"proxy_headers_hash_max_size" directive is duplicate in



=== TEST 69: a folder of temporary files is divided in one way
--- http_config
    proxy_temp_path $TEST_NGINX_HTML_DIR/tmp 1 2;
--- config
    client_body_temp_path $TEST_NGINX_HTML_DIR/tmp 1;
--- must_die
--- error_log
has the different levels than in



=== TEST 70: a pool that is too small
--- config
    connection_pool_size 100;
--- must_die
--- error_log
the pool size must be no less than 112 in



=== TEST 71: a pool of an odd size
--- config
    request_pool_size 1000;
--- must_die
--- error_log
the pool size must be a multiple of 16 in



=== TEST 72: send_lowat
--- config
    send_lowat many;
--- must_die
--- error_log
"send_lowat" directive invalid value in



=== TEST 73: the time of so_keepalive is too long
--- config
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 so_keepalive=4294967296::;
--- must_die
--- error_log
invalid so_keepalive value: "4294967296::" in



=== TEST 74: folders of modules that there are not
--- config
    scgi_temp_path scgi x;
--- must_die
--- error_log
"scgi_temp_path" directive invalid value in



=== TEST 75: a level of no digits
--- config
    client_body_temp_path bodies 1 0;
--- must_die
--- error_log
"client_body_temp_path" directive invalid value in



=== TEST 76: four levels
--- config
    proxy_temp_path pieces 1 1 1 1;
--- must_die
--- error_log
invalid number of arguments in "proxy_temp_path" directive in



=== TEST 77: a time of years
--- config
    send_timeout 1y;
--- must_die
--- error_log
"send_timeout" directive invalid value in



=== TEST 78: a size that no number holds
--- config
    client_max_body_size 8589934592g;
--- must_die
--- error_log
"client_max_body_size" directive invalid value in



=== TEST 79: numbers and times that are too large to matter are no mistake
--- http_config
    upstream up { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 max_fails=4294967296 max_conns=9223372036854775807; keepalive_requests 4294967296; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up\n"; } }
--- config
    send_lowat 100;
    keepalive_requests 9223372036854775807;
    keepalive_timeout 24856d;
    client_body_timeout 4294967296;
    client_max_body_size 5g;
    client_body_temp_path bodies 4 3 2;
    client_body_in_file_only clean;
    proxy_next_upstream_tries 4294967296;
    proxy_read_timeout 106751991167d;
    location / { proxy_pass http://up; add_header X-File $request_body_file; }
--- request eval
"POST /\nhello"
--- response_body
up
--- response_headers_like
X-File: \S+/bodies/\d{4}/\d{3}/\d\d/\d{10}
--- error_log
"send_lowat" is not supported, ignored in



=== TEST 80: a construct of PCRE that is not supported is named, with its place
--- config
    location ~ "a(*COMMIT)b" { }
--- must_die
--- error_log eval
qr{pcre2_compile\(\) failed: \(\*COMMIT\) is not supported in "a\(\*COMMIT\)b" at .* in \S+/conf/nginx.conf:\d+}
--- skip_nginx: all: it has verbs
