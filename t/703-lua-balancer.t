# balancer_by_lua, balancer_by_lua_block, balancer_by_lua_file, balancer_keepalive, ngx.balancer.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: the script names the peer
--- http_config
    upstream up {
        server 127.0.0.1:1;
        balancer_by_lua_block {
            local balancer = require "ngx.balancer"
            local ok, err = balancer.set_current_peer("127.0.0.1", $TEST_NGINX_RAND_PORT_1)
            if not ok then ngx.log(ngx.ERR, err) end
        }
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "server $uri\n"; } }
--- config
    location / { proxy_pass http://up; }
--- request
GET /a
--- response_body
server /a



=== TEST 2: by a field of the request, with a file
--- user_files
>>> b.lua
local ports = {a = ngx.var.port_a, b = ngx.var.port_b}
assert(require("ngx.balancer").set_current_peer("127.0.0.1", ports[ngx.var.http_x_side]))
--- http_config
    upstream up { server 0.0.0.1; balancer_by_lua_file $TEST_NGINX_HTML_DIR/b.lua; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "a\n"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "b\n"; } }
--- config
    location / {
        set $port_a $TEST_NGINX_RAND_PORT_1;
        set $port_b $TEST_NGINX_RAND_PORT_2;
        proxy_pass http://up;
    }
--- request eval
["GET /", "GET /"]
--- more_headers eval
["X-Side: a", "X-Side: b"]
--- response_body eval
["a\n", "b\n"]



=== TEST 3: asked before each try; get_last_failure, set_more_tries
--- http_config
    upstream up {
        server 0.0.0.1;
        balancer_by_lua_block {
            local balancer = require "ngx.balancer"
            local state, status = balancer.get_last_failure()
            ngx.log(ngx.WARN, "last: ", state, " ", status)
            if not state then
                assert(balancer.set_more_tries(1))
                assert(balancer.set_current_peer("127.0.0.1", $TEST_NGINX_RAND_PORT_2))
            else
                assert(balancer.set_current_peer("127.0.0.1:$TEST_NGINX_RAND_PORT_1"))
            end
        }
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "second\n"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 503; } }
--- config
    location / { proxy_next_upstream http_503; proxy_pass http://up; }
--- request
GET /
--- response_body
second
--- error_log
last: nil nil
last: failed 503



=== TEST 4: tries are bounded by proxy_next_upstream_tries
--- http_config
    upstream up {
        server 0.0.0.1;
        balancer_by_lua_block {
            local balancer = require "ngx.balancer"
            ngx.log(ngx.WARN, "more: ", balancer.set_more_tries(5))
            assert(balancer.set_current_peer("127.0.0.1", 1))
        }
    }
--- config
    location / {
        proxy_next_upstream_tries 2;
        proxy_pass http://up;
        error_page 502 = @tries;
    }
    location @tries { return 200 "$upstream_addr\n"; }
--- request
GET /
--- response_body
127.0.0.1:1, 127.0.0.1:1
--- error_log
more: truereduced tries due to limit



=== TEST 5: a script that asks for ever
--- skip_nginx: all
--- http_config
    upstream up {
        balancer_by_lua_block {
            local balancer = require "ngx.balancer"
            balancer.set_more_tries(1e9)
            assert(balancer.set_current_peer("127.0.0.1", 1))
        }
    }
--- config
    location / { proxy_pass http://up; }
--- request
GET /
--- error_code: 502



=== TEST 6: names are not looked up, and what else is no address
--- http_config
    upstream up {
        server 0.0.0.1;
        balancer_by_lua_block {
            local b = require "ngx.balancer"
            local function try(...) local ok, err = b.set_current_peer(...) ngx.log(ngx.WARN, "why: ", ok, " ", err) end
            try("example.com", 80)
            try("127.0.0.1", 1)
        }
    }
--- config
    location / { proxy_pass http://up; }
--- request
GET /
--- error_code: 502
--- error_log
why: nil no host allowed
why: true nil



=== TEST 7: no peer set, an error, and what may not be called
--- http_config
    upstream none { server 0.0.0.1; balancer_by_lua_block { local x = 1 } }
    upstream wrong { server 0.0.0.1; balancer_by_lua_block { local x; x.y = 1 } }
    upstream sleeps { server 0.0.0.1; balancer_by_lua_block { ngx.sleep(1) } }
--- config
    location /wrong { proxy_pass http://wrong; }
    location /sleeps { proxy_pass http://sleeps; }
--- request eval
["GET /wrong", "GET /sleeps"]
--- error_code eval
[500, 500]
--- error_log
attempt to index local 'x' (a nil value)
API disabled in the context of balancer_by_lua*



=== TEST 8: connections are kept beneath it by keepalive behind it
--- http_config
    upstream up {
        server 0.0.0.1;
        balancer_by_lua_block { assert(require("ngx.balancer").set_current_peer("127.0.0.1", $TEST_NGINX_RAND_PORT_1)) }
        keepalive 4;
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$connection_requests\n"; } }
--- config
    location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://up; }
--- request eval
["GET /", "GET /", "GET /"]
--- response_body eval
["1\n", "2\n", "3\n"]



=== TEST 9: enable_keepalive keeps them, and nothing else does
--- skip_nginx: all
--- http_config
    upstream up {
        balancer_keepalive 8;
        balancer_by_lua_block {
            local b = require "ngx.balancer"
            assert(b.set_current_peer("127.0.0.1", $TEST_NGINX_RAND_PORT_1))
            if ngx.var.arg_keep then assert(b.enable_keepalive(60, 2)) end
        }
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$connection_requests\n"; } }
--- config
    location / { proxy_pass http://up; }
--- request eval
["GET /", "GET /?keep=1", "GET /?keep=1", "GET /?keep=1", "GET /"]
--- response_body eval
["1\n", "1\n", "2\n", "1\n", "2\n"]



=== TEST 10: set_timeouts
--- http_config
    upstream up {
        server 0.0.0.1;
        balancer_by_lua_block {
            local b = require "ngx.balancer"
            ngx.log(ngx.WARN, "bad: ", pcall(b.set_timeouts, -1))
            assert(b.set_timeouts(1, 1, 0.1))
            assert(b.set_current_peer("127.0.0.1", $TEST_NGINX_RAND_PORT_1))
        }
    }
--- config
    location / { proxy_pass http://up; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_no_close
--- tcp_reply:
--- request
GET /
--- error_code: 504
--- error_log
bad connect timeout



=== TEST 11: a canary by header
--- http_config
    upstream up {
        server 0.0.0.1;
        balancer_by_lua_block {
            local b = require "ngx.balancer"
            local port = ngx.ctx.canary and $TEST_NGINX_RAND_PORT_2 or $TEST_NGINX_RAND_PORT_1
            assert(b.set_current_peer("127.0.0.1", port))
        }
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "stable\n"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "canary\n"; } }
--- config
    location / {
        access_by_lua_block { ngx.ctx.canary = ngx.req.get_headers()["X-Canary"] == "1" }
        proxy_pass http://up;
    }
--- request eval
["GET /", "GET /"]
--- more_headers eval
["X-Canary: 1", ""]
--- response_body eval
["canary\n", "stable\n"]



=== TEST 12: outside of the phase
--- config
    location / {
        content_by_lua_block { ngx.say(require("ngx.balancer").set_current_peer("127.0.0.1", 80)) }
    }
--- request
GET /
--- response_body
nilno upstream found



=== TEST 13: ngx.exit is the answer
--- skip_nginx: all
--- http_config
    upstream up { balancer_by_lua_block { ngx.exit(403) } }
--- config
    location / { proxy_pass http://up; }
--- request
GET /
--- error_code: 403



=== TEST 14: a group with a script alone, which names no peer
--- skip_nginx: all
--- http_config
    upstream up { balancer_by_lua_block { local x = 1 } }
--- config
    location / { proxy_pass http://up; }
--- request
GET /
--- error_code: 500
--- error_log
lua balancer: no peer set



=== TEST 15: set_upstream_tls, with the name of the server, under http://
--- http_config
    upstream up {
        balancer_by_lua_block {
            local balancer = require "ngx.balancer"
            assert(balancer.set_current_peer("127.0.0.1", $TEST_NGINX_RAND_PORT_1, ngx.var.arg_name))
            assert(balancer.set_upstream_tls(true))
        }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
        ssl_certificate $TEST_NGINX_TLS/localhost.crt;
        ssl_certificate_key $TEST_NGINX_TLS/localhost.key;
        location / { return 200 "$scheme $ssl_server_name\n"; }
    }
--- config
    location / { proxy_ssl_server_name on; proxy_pass http://up; }
--- request eval
["GET /?name=one.example", "GET /?name=two.example"]
--- response_body eval
["https one.example\n", "https two.example\n"]
--- skip_nginx: all



=== TEST 16: without TLS where the script says so
--- http_config
    upstream up {
        balancer_by_lua_block {
            local balancer = require "ngx.balancer"
            assert(balancer.set_current_peer("127.0.0.1", $TEST_NGINX_RAND_PORT_1))
            assert(balancer.set_upstream_tls(false))
        }
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$scheme\n"; } }
--- config
    location / { proxy_pass https://up; }
--- request
GET /
--- response_body
http
--- skip_nginx: all



=== TEST 17: a protocol without TLS sends nothing where the script asks for it
--- http_config
    upstream up {
        balancer_by_lua_block {
            local balancer = require "ngx.balancer"
            assert(balancer.set_current_peer("127.0.0.1", $TEST_NGINX_RAND_PORT_1))
            balancer.set_upstream_tls(true)
        }
    }
--- config
    location / { fastcgi_pass up; }
--- request
GET /
--- error_code: 500
--- error_log
lua balancer: no TLS with servers of this location
--- no_error_log
connect() failed
--- skip_nginx: all



=== TEST 18: bind_to_local_addr
--- http_config
    upstream up {
        balancer_by_lua_block {
            local balancer = require "ngx.balancer"
            assert(balancer.set_current_peer("127.0.0.1", $TEST_NGINX_RAND_PORT_1))
            ngx.log(ngx.WARN, "bound: ", select(2, balancer.bind_to_local_addr("nowhere")))
            assert(balancer.bind_to_local_addr("127.0.0.9"))
        }
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$remote_addr\n"; } }
--- config
    location / { proxy_pass http://up; }
--- request
GET /
--- response_body
127.0.0.9
--- error_log
bound: invalid addr nowhere
--- skip_nginx: all



=== TEST 19: connections to servers of different names are apart
--- http_config
    upstream up {
        balancer_by_lua_block {
            local balancer = require "ngx.balancer"
            assert(balancer.set_current_peer("127.0.0.1", $TEST_NGINX_RAND_PORT_1, ngx.var.arg_name))
            assert(balancer.enable_keepalive(60, 0))
        }
    }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$connection_requests\n"; } }
--- config
    location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://up; }
--- request eval
["GET /?name=one", "GET /?name=two", "GET /?name=one"]
--- response_body eval
["1\n", "1\n", "2\n"]
--- skip_nginx: all
