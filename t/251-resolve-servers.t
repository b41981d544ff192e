# Servers of a group that are looked up again and again: `resolve` and `service=`.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: the first request waits for the first answer
--- http_config
    upstream back {
        zone back 64k;
        resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
        server back.example:$TEST_NGINX_RAND_PORT_2 resolve;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "here\n"; }
--- config
    location /t { proxy_pass http://back; }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1
back.example delay 0.5
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["here\n", "here\n"]
--- dns_asked
back.example A 1
--- skip_nginx: all



=== TEST 2: addresses change when their time is over
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        server back.example:$TEST_NGINX_RAND_PORT_2 resolve;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "one\n"; }
    server { listen 127.0.0.2:$TEST_NGINX_RAND_PORT_2; return 200 "two\n"; }
--- config
    location /t { proxy_pass http://back; }
    location /slow {
        set $name change.example;
        proxy_pass http://$name;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1 ttl=1 until=change.example
back.example A 127.0.0.2 ttl=1 after=change.example
change.example waits back.example 2
--- request eval
["GET /t", "GET /t", "GET /slow", "GET /t", "GET /t"]
--- error_code eval
[200, 200, 502, 200, 200]
--- response_body eval
["one\n", "one\n", qr/502/, "two\n", "two\n"]
--- skip_nginx: all



=== TEST 3: a failed refresh keeps the last good addresses
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        server back.example:$TEST_NGINX_RAND_PORT_2 resolve;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "one\n"; }
--- config
    location /t { proxy_pass http://back; }
    location /slow {
        set $name slow.example;
        resolver_timeout 1500ms;
        proxy_pass http://$name;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1 ttl=1 to=1
back.example code 2 from=2
slow.example silent
--- request eval
["GET /t", "GET /slow", "GET /t"]
--- error_code eval
[200, 502, 200]
--- error_log
back.example could not be resolved (2: Server failure)
--- skip_nginx: all



=== TEST 4: a name that was never there
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        server gone.example resolve;
    }
--- config
    location /t { proxy_pass http://back; }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
--- request
GET /t
--- error_code: 502
--- error_log
gone.example could not be resolved (3: Host not found)
no live upstreams while connecting to upstream
--- skip_nginx: all



=== TEST 5: names beside addresses, and a backup
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        server back.example:$TEST_NGINX_RAND_PORT_2 resolve;
        server spare.example:$TEST_NGINX_RAND_PORT_2 resolve backup;
        keepalive 0;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "a"; }
    server { listen 127.0.0.2:$TEST_NGINX_RAND_PORT_2; return 200 "b"; }
    server { listen 127.0.0.3:$TEST_NGINX_RAND_PORT_2; return 200 "c"; }
    server { listen 127.0.0.4:$TEST_NGINX_RAND_PORT_2; return 200 "d"; }
--- config
    location /wait {
        set $name slow.example;
        resolver_timeout 300ms;
        proxy_pass http://$name;
    }
    location /t { proxy_pass http://back; }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.2
back.example A 127.0.0.3
spare.example A 127.0.0.4
slow.example silent
--- request eval
["GET /wait", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- error_code eval
[502, 200, 200, 200, 200, 200, 200]
--- response_body eval
[qr/502/, "a", "b", "c", "a", "b", "c"]
--- skip_nginx: all



=== TEST 6: a service: ports, weights, and priorities that are backups
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        server back.example service=http resolve;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "a"; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; return 200 "b"; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_4; return 200 "c"; }
--- config
    location /t { proxy_pass http://back; }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
_http._tcp.back.example SRV 1 2 $TEST_NGINX_RAND_PORT_2 one.example
_http._tcp.back.example SRV 1 1 $TEST_NGINX_RAND_PORT_3 one.example
_http._tcp.back.example SRV 2 9 $TEST_NGINX_RAND_PORT_4 two.example
one.example A 127.0.0.1
two.example A 127.0.0.1
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t", "GET /t", "GET /t"]
--- response_body eval
["a", "b", "a", "a", "b", "a"]
--- dns_asked
_http._tcp.back.example SRV 1
one.example A 1
two.example A 1
--- skip_nginx: all



=== TEST 7: the backups of a service serve when the others do not
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        server back.example service=_web._tcp resolve;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_4; return 200 "c"; }
--- config
    location /t { proxy_pass http://back; }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
_web._tcp.back.example SRV 1 2 $TEST_NGINX_RAND_PORT_2 one.example
_web._tcp.back.example SRV 2 9 $TEST_NGINX_RAND_PORT_4 one.example
one.example A 127.0.0.1
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["c", "c"]
--- skip_nginx: all



=== TEST 8: a request that is being answered goes on when its server's address goes
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        server back.example:$TEST_NGINX_RAND_PORT_2 resolve;
    }
    log_format addr "addr <$upstream_addr>";
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        error_page 502 =200 /late;
        location / { set $name change.example; proxy_pass http://$name; }
        location /late { return 200 "late\n"; }
    }
--- config
    location /t {
        proxy_pass http://back;
        access_log logs/access.log addr;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1 ttl=1 until=change.example
back.example A 127.0.0.2 ttl=1 after=change.example
change.example waits back.example 2
--- request
GET /t
--- response_body
late
--- access_log
addr <127.0.0.1:$TEST_NGINX_RAND_PORT_2>
--- skip_nginx: all



=== TEST 9: a name that is found only later serves from then on
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        server back.example:$TEST_NGINX_RAND_PORT_2 resolve;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "here\n"; }
--- config
    location /t { proxy_pass http://back; }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example code 2 to=1
back.example A 127.0.0.1 from=2
back.example delay 0.2
--- request eval
["GET /t", "GET /t", "GET /t"]
--- error_code_like eval
[qr/502|200/, qr/200/, qr/200/]
--- dns_asked
back.example A 2
--- skip_nginx: all



=== TEST 10: a service that is a backup: only its best priority serves
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_5 down;
        server back.example service=http resolve backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "a"; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_4; return 200 "c"; }
--- config
    location /t { proxy_pass http://back; }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
_http._tcp.back.example SRV 1 1 $TEST_NGINX_RAND_PORT_2 one.example
_http._tcp.back.example SRV 2 9 $TEST_NGINX_RAND_PORT_4 two.example
one.example A 127.0.0.1
two.example A 127.0.0.1
--- request eval
["GET /t", "GET /t", "GET /t"]
--- response_body eval
["a", "a", "a"]
--- skip_nginx: all



=== TEST 11: a service is of a name, which is looked up: an address has none
--- http_config
    resolver 127.0.0.1;
    upstream back { server 127.0.0.1 service=http resolve; }
--- config
    location /t { proxy_pass http://back; }
--- must_die
--- error_log eval
qr/\[emerg\] .*service upstream "127\.0\.0\.1" requires domain name in \S+:\d+/
--- skip_nginx: 3: < 1.27.3



=== TEST 12: the best servers of a service have no address: the next ones are the best, for a hash too
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        hash $arg_k;
        server back.example service=http resolve;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "a"; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_4; return 200 "c"; }
--- config
    location /t { proxy_pass http://back; }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
_http._tcp.back.example SRV 1 1 $TEST_NGINX_RAND_PORT_4 none.example
_http._tcp.back.example SRV 2 1 $TEST_NGINX_RAND_PORT_2 two.example
_http._tcp.back.example SRV 3 9 $TEST_NGINX_RAND_PORT_4 three.example
two.example A 127.0.0.1
three.example A 127.0.0.1
--- request eval
["GET /t?k=1", "GET /t?k=2", "GET /t?k=3"]
--- response_body eval
["a", "a", "a"]
--- skip_nginx: all



=== TEST 13: a request that comes before the name is known waits for it if the group has no other server
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_5 down;
        server back.example:$TEST_NGINX_RAND_PORT_2 resolve backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "a"; }
--- config
    location /t { proxy_pass http://back; }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1
back.example delay 0.5
--- request
GET /t
--- response_body chomp
a
--- skip_nginx: all



=== TEST 14: a name that is no more is no failure: its servers leave
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        server back.example:$TEST_NGINX_RAND_PORT_2 resolve;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_3 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "a"; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; return 200 "spare"; }
--- config
    location /t { proxy_pass http://back; }
    location /change {
        set $name change.example;
        resolver_timeout 60s;
        proxy_pass http://$name;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1 ttl=1 until=change.example
change.example waits back.example 1
--- request eval
["GET /change", "GET /t"]
--- error_code eval
[502, 200]
--- response_body_like eval
["502", "^spare$"]
--- error_log
back.example could not be resolved (3: Host not found)
--- skip_nginx: all



=== TEST 15: it is looked up again when that is no longer to be relied on
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off valid=1s;
    upstream back {
        server back.example:$TEST_NGINX_RAND_PORT_2 resolve;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_3 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "a"; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; return 200 "spare"; }
--- config
    location /t { proxy_pass http://back; }
    location /change {
        set $name change.example;
        resolver_timeout 60s;
        proxy_pass http://$name;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1 from=2
change.example waits back.example 2
--- request eval
["GET /change", "GET /t"]
--- error_code eval
[502, 200]
--- response_body_like eval
["502", "^a$"]
--- error_log
back.example could not be resolved (3: Host not found)
--- skip_nginx: all



=== TEST 16: and after another failure when a request would have waited in vain
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    resolver_timeout 1s;
    upstream back {
        server back.example:$TEST_NGINX_RAND_PORT_2 resolve;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_3 backup;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "a"; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; return 200 "spare"; }
--- config
    location /t { proxy_pass http://back; }
    location /change {
        set $name change.example;
        resolver_timeout 60s;
        proxy_pass http://$name;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1 ttl=1 from=2
back.example code 2 to=1
change.example waits back.example 2
--- request eval
["GET /change", "GET /t"]
--- error_code eval
[502, 200]
--- response_body_like eval
["502", "^a$"]
--- error_log
back.example could not be resolved (2: Server failure)
--- skip_nginx: all



=== TEST 17: who was tried is not tried again by another number
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        server back.example:$TEST_NGINX_RAND_PORT_2 resolve;
        server 127.0.0.1:$TEST_NGINX_RAND_PORT_3 weight=10 max_fails=0;
        server 127.0.0.3:$TEST_NGINX_RAND_PORT_2;
    }
    server { listen $TEST_NGINX_RAND_PORT_2; return 200 "well\n"; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3;
        location / { set $name change.example; proxy_pass http://$name; }
    }
--- config
    location /t {
        proxy_pass http://back;
        proxy_next_upstream http_502;
        proxy_next_upstream_tries 2;
    }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1 ttl=1
back.example A 127.0.0.2 ttl=1 after=change.example
change.example waits back.example 2
--- request
GET /t
--- response_body
well
--- skip_nginx: all



=== TEST 18: a queued request goes to an address that is new
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back {
        server back.example:$TEST_NGINX_RAND_PORT_2 resolve max_conns=1;
        queue 1 timeout=10s;
    }
    server {
        listen $TEST_NGINX_RAND_PORT_2;
        error_page 502 =200 /go;
        location = /first { set $name change.example; proxy_pass http://$name; }
        location = /go { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/second; }
        location = /second { return 200 "second\n"; }
    }
--- config
    location / { proxy_pass http://back; }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1 ttl=1
back.example A 127.0.0.2 ttl=1 after=change.example
--- request
GET /first
--- response_body
second
--- skip_nginx: all



=== TEST 19: idle connections of an address that is gone are closed
--- http_config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    upstream back { server back.example:$TEST_NGINX_RAND_PORT_2 resolve; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; return 200 "one\n"; }
--- config
    location /t { proxy_pass http://back; }
    location /slow { set $name change.example; proxy_pass http://$name; }
    location /status { stub_status; }
--- dns_listen: $TEST_NGINX_RAND_PORT_1
--- dns
back.example A 127.0.0.1 ttl=1 until=change.example
back.example A 127.0.0.2 ttl=1 after=change.example
change.example waits back.example 2
--- pipelined_requests eval
["GET /t", "GET /status", "GET /slow", "GET /status"]
--- error_code eval
[200, 200, 502, 200]
--- response_body_like eval
["one", "Active connections: 2 ", "502", "Active connections: 1 "]
--- skip_nginx: all
