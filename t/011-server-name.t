# server_name: which server of an address answers.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: exact before leading, before trailing wildcards, before patterns
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name none; return 200 "default $server_name\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name ~^www\.e.*\.org$; return 200 "regex1\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name ~^.*\.example\.net$; return 200 "regex2\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name www.example.*; return 200 "tail\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name *.example.org; return 200 "head\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name *.b.example.org; return 200 "longer head\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name www.example.org example.org; return 200 "exact\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["Host: www.example.org", "Host: EXAMPLE.org:80", "Host: a.example.org", "Host: a.b.example.org",
 "Host: www.example.com", "Host: www.elsewhere.org", "Host: x.example.net", "Host: 10.0.0.1"]
--- response_body eval
["exact\n", "exact\n", "head\n", "longer head\n", "tail\n", "regex1\n", "regex2\n", "default none\n"]



=== TEST 2: a leading dot is the name and all below it
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name _; return 200 "default\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name .example.org; return 200 "dot\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["Host: example.org", "Host: a.b.example.org", "Host: badexample.org", "Host: example.org."]
--- response_body eval
["dot\n", "dot\n", "default\n", "dot\n"]



=== TEST 3: no Host, and the empty name
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name a; return 200 "a\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name b ""; return 200 "empty\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"GET / HTTP/1.0\r\n\r\n"
--- response_body
empty



=== TEST 4: a server without a name has the empty one
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name a; return 200 "a\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; return 200 "[$server_name]\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"GET / HTTP/1.0\r\n\r\n"
--- response_body
[]



=== TEST 5: an empty Host is refused
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name a; return 200 "a\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name b; return 200 "b\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- raw_request eval
"GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n"
--- error_code: 400



=== TEST 6: captures, by number and by name
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        server_name ~^(?<sub>[a-z]+)\.(\w+)\.test$;
        location / { return 200 "$sub $1 $2 $server_name $host\n"; }
    }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request
GET /
--- more_headers
Host: WWW.example.test
--- response_body
www www example ~^(?<sub>[a-z]+)\.(\w+)\.test$ www.example.test



=== TEST 7: $server_name is the first, $host the one asked for
--- config
    server_name first *.second;
    location / { return 200 "$server_name $host $http_host\n"; }
--- request
GET /
--- more_headers
Host: Www.Second:8080
--- response_body
localhost www.second Www.Second:8080



=== TEST 8: $hostname as a name
--- config
    server_name $hostname;
    location / { return 200 "ok\n"; }
--- request
GET /
--- response_body
ok



=== TEST 9: a wildcard in the wrong place
--- http_config
    server { listen $TEST_NGINX_SERVER_PORT; server_name a.*.b; }
--- config
--- must_die
--- error_log
invalid server name or wildcard "a.*.b" on



=== TEST 10: a name with a slash is suspicious
--- config
    server_name http://a/b;
    location / { return 204; }
--- request
GET /
--- error_code: 204
--- error_log
server name "http://a/b" has suspicious symbols in



=== TEST 11: patterns in the order of the file
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; server_name ~b; return 200 "b\n"; }
    server { listen $TEST_NGINX_RAND_PORT_1; server_name ~a; return 200 "a\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request eval
["GET /", "GET /"]
--- more_headers eval
["Host: ab", "Host: ac"]
--- response_body eval
["b\n", "a\n"]



=== TEST 12: an IPv6 address as Host
--- config
    server_name [::1];
    location / { return 200 "$host\n"; }
--- request
GET /
--- more_headers
Host: [::1]:80
--- response_body
[::1]



=== TEST 13: a pattern with a quotation and a name
--- config
    server_name "~^(?P<name>[a-z]+)\Q.example.com\E$";
    location / { return 200 "$name\n"; }
--- request
GET /
--- more_headers
Host: www.example.com
--- response_body
www



=== TEST 14: a pattern that runs away is an error
--- config
    server_name "~^(a|aa|a\1)+$(?<!z)";
    location / { return 200 "never\n"; }
--- timeout: 30
--- request
GET /
--- more_headers
Host: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab-c
--- error_code: 500
--- error_log
[alert]
--- skip_nginx: all: it closes the connection without an answer
