# Names that are looked up while the server runs: resolver, resolver_timeout, variables in proxy_pass.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: a name of a variable is looked up
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "$http_host $request_uri\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        set $name back.example;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1
--- dns_asked
back.example A 1
--- request eval
["GET /t/1?a", "GET /t/2"]
--- response_body eval
["back.example:$ENV{TEST_NGINX_RAND_PORT_2} /t/1?a\n", "back.example:$ENV{TEST_NGINX_RAND_PORT_2} /t/2\n"]



=== TEST 2: both kinds of addresses are asked for
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "$remote_addr\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    location /t {
        set $name back.example;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1
--- dns_asked
back.example A 1
back.example AAAA 1
--- request
GET /t
--- response_body
127.0.0.1



=== TEST 3: a name that is not there
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        set $name gone.example;
        proxy_pass http://$name;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
--- request
GET /t
--- error_code: 502
--- error_log
gone.example could not be resolved (3: Host not found), client: 127.0.0.1, server: localhost, request: "GET /t HTTP/1.1", host: "localhost"



=== TEST 4: a name without addresses
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    location /t {
        set $name empty.example;
        proxy_pass http://$name;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
empty.example SRV 1 1 1 x.example
--- request
GET /t
--- error_code: 502
--- error_log
empty.example could not be resolved (3: Host not found)



=== TEST 5: a server that fails, and one that refuses
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        proxy_pass http://$arg_name;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
fails.example code 2
not.example code 4
refuses.example code 5
--- request eval
["GET /t?name=fails.example", "GET /t?name=refuses.example", "GET /t?name=not.example"]
--- error_code eval
[502, 502, 502]
--- error_log
fails.example could not be resolved (2: Server failure)
refuses.example could not be resolved (5: Operation refused)
not.example could not be resolved (4: Unimplemented)



=== TEST 6: no answer within resolver_timeout
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    resolver_timeout 300ms;
    location /t {
        set $name silent.example;
        proxy_pass http://$name;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
silent.example silent
--- request
GET /t
--- error_code: 502
--- error_log
silent.example could not be resolved (110: Operation timed out)



=== TEST 7: the location's resolver_timeout holds
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    resolver_timeout 60s;
    location /t {
        resolver_timeout 200ms;
        set $name silent.example;
        proxy_pass http://$name;
    }
    location /u { return 200 "here\n"; }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
silent.example silent
--- request eval
["GET /t", "GET /u"]
--- error_code eval
[502, 200]



=== TEST 8: a late answer is an answer
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "late\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        set $name late.example;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
late.example A 127.0.0.1
late.example delay 0.4
--- request
GET /t
--- response_body
late



=== TEST 9: an answer is used until its time is over
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "one\n"; }
    server { listen 127.0.0.2:$TEST_NGINX_RAND_PORT_2; return 200 "two\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        set $name back.example;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
    location /slow {
        set $name slow.example;
        resolver_timeout 2200ms;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1 ttl=1 to=1
back.example A 127.0.0.2 ttl=60 from=2
slow.example silent
--- request eval
["GET /t", "GET /t", "GET /slow", "GET /t", "GET /t"]
--- error_code eval
[200, 200, 502, 200, 200]
--- response_body eval
["one\n", "one\n", qr/502/, "two\n", "two\n"]
--- dns_asked
back.example A 2
slow.example A 1



=== TEST 10: valid= overrides it
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "one\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 valid=60s ipv6=off;
    location /t {
        set $name back.example;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
    location /slow {
        set $name slow.example;
        resolver_timeout 1200ms;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1 ttl=1
slow.example silent
--- request eval
["GET /t", "GET /slow", "GET /t"]
--- error_code eval
[200, 502, 200]
--- dns_asked
back.example A 1
slow.example A 1



=== TEST 11: aliases
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "here\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        set $name a.example;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
a.example CNAME b.example
b.example CNAME c.example
c.example A 127.0.0.1
--- request
GET /t
--- response_body
here



=== TEST 12: aliases of each other
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        set $name a.example;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
a.example CNAME b.example
b.example CNAME a.example
--- request
GET /t
--- error_code: 502
--- error_log
a.example could not be resolved (3: Host not found)
--- skip_nginx: all



=== TEST 13: what was cut short over UDP is asked for over TCP
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "here\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        set $name many.example;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
many.example truncated
many.example A 127.0.0.1
--- dns_asked
many.example A 2
--- request
GET /t
--- response_body
here



=== TEST 14: a thousand addresses
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_2; return 200 "here\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        set $name many.example;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
many.example truncated
many.example A 127.0.1.0 count=1000
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["here\n", "here\n", "here\n"]



=== TEST 15: answers to other questions are not taken
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "right\n"; }
    server { listen 127.0.0.66:$TEST_NGINX_RAND_PORT_2; return 200 "wrong\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        set $name back.example;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example forged
back.example A 127.0.0.1
back.example delay 0.1
--- request
GET /t
--- response_body
right



=== TEST 16: the next address is tried when one refuses
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "here\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        set $name back.example;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1
back.example A 127.0.0.2
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["here\n", "here\n", "here\n", "here\n"]



=== TEST 17: names are not told apart by case, nor by a dot at the end
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "here\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        proxy_pass http://$arg_name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1
--- dns_asked
back.example A 1
--- request eval
["GET /t?name=back.example", "GET /t?name=BACK.example", "GET /t?name=back.example."]
--- response_body eval
["here\n", "here\n", "here\n"]



=== TEST 18: names that no server can be asked for
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        proxy_pass http://$arg_name/;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
--- request eval
["GET /t?name=a..b", "GET /t?name=." . "x" x 64]
--- error_code eval
[502, 502]
--- error_log
a..b could not be resolved (3: Host not found)



=== TEST 19: a name server that is not there, then one that is
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "here\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_3 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        proxy_pass http://$arg_name.example:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
a.example A 127.0.0.1
b.example A 127.0.0.1
--- request eval
["GET /t?name=a", "GET /t?name=b"]
--- response_body eval
["here\n", "here\n"]
--- error_log
failed (111: Connection refused) while resolving, resolver: 127.0.0.1:$TEST_NGINX_RAND_PORT_3
--- skip_nginx: all



=== TEST 20: the group of that name in the configuration goes first
--- http_config
    upstream back { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "group\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        set $name back;
        proxy_pass http://$name;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back A 127.0.0.9
--- request
GET /t
--- response_body
group



=== TEST 21: a body waits with its request
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; return 200 "$http_content_length\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /t {
        set $name back.example;
        proxy_request_buffering off;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1
back.example delay 0.2
--- request eval
"POST /t\n" . "x" x 30000
--- response_body
30000



=== TEST 22: a name of the greatest length, and an alias of it that is as long
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "$http_host\n"; }
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location /name {
        set $name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.ddddddddddddddddddddddddddddddddddddddddddddddddddddd.example;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
    location /alias {
        set $name eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee.fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff.ggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg.hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh.example;
        proxy_pass http://$name:$TEST_NGINX_RAND_PORT_2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.ddddddddddddddddddddddddddddddddddddddddddddddddddddd.example A 127.0.0.1
eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee.fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff.ggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg.hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh.example CNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.ddddddddddddddddddddddddddddddddddddddddddddddddddddd.example
--- request eval
["GET /name", "GET /alias"]
--- response_body eval
["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.ddddddddddddddddddddddddddddddddddddddddddddddddddddd.example:$ENV{TEST_NGINX_RAND_PORT_2}\n", "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee.fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff.ggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg.hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh.example:$ENV{TEST_NGINX_RAND_PORT_2}\n"]
