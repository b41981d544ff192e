# ngx.location.capture, ngx.location.capture_multi.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: status, fields and body of a subrequest
--- config
    location / {
        content_by_lua_block {
            local res = ngx.location.capture("/sub?a=1", {args = {b = "2 3"}})
            ngx.say(res.status, " ", res.header["X-Sub"], " ", res.header["X-Added"], " ", res.body, res.truncated)
        }
    }
    location /sub {
        add_header X-Added yes;
        content_by_lua_block { ngx.header["X-Sub"] = "yes" ngx.say(ngx.req.get_method(), " ", ngx.var.uri, " ", ngx.var.args) }
    }
--- request
POST /
--- response_body
200 yes nil GET /sub a=1&b=2%203
false



=== TEST 2: method and body
--- config
    location / {
        content_by_lua_block {
            ngx.req.read_body()
            local own = ngx.location.capture("/sub", {method = ngx.HTTP_POST, body = "mine"})
            local kept = ngx.location.capture("/sub", {method = ngx.HTTP_PUT})
            local none = ngx.location.capture("/sub")
            ngx.say(own.body, kept.body, none.body)
        }
    }
    location /sub { content_by_lua_block { ngx.req.read_body() ngx.print(ngx.req.get_method(), " ", ngx.req.get_body_data(), "; ") } }
--- request
POST /
hello
--- response_body
POST mine; PUT hello; GET nil; 



=== TEST 3: several at once, in order
--- config
    location / {
        content_by_lua_block {
            local a, b, c = ngx.location.capture_multi({ {"/slow?n=1"}, {"/slow?n=2"}, {"/none"} })
            ngx.say(a.body, b.body, c.status)
        }
    }
    location /slow { content_by_lua_block { ngx.sleep(ngx.var.arg_n == "1" and 0.05 or 0.01) ngx.print(ngx.var.arg_n, " ") } }
    location /none { return 404; }
--- request
GET /
--- response_body
1 2 404



=== TEST 4: variables: none, some, a copy, the same
--- config
    location / {
        set $v main;
        content_by_lua_block {
            local none = ngx.location.capture("/sub")
            local some = ngx.location.capture("/sub", {vars = {v = "given"}})
            local copy = ngx.location.capture("/sub", {copy_all_vars = true})
            ngx.print(none.body, some.body, copy.body, ngx.var.v, " ")
            local same = ngx.location.capture("/sub", {share_all_vars = true})
            ngx.say(same.body, ngx.var.v)
        }
    }
    location /sub { content_by_lua_block { ngx.print(ngx.var.v, " ") ngx.var.v = "changed" } }
--- request
GET /
--- response_body
 given main main main changed



=== TEST 5: ctx may be handed over
--- config
    location / {
        content_by_lua_block {
            ngx.ctx.a = 1
            local other = {a = 2}
            local own = ngx.location.capture("/sub")
            local given = ngx.location.capture("/sub", {ctx = other})
            ngx.say(own.body, given.body, ngx.ctx.a, other.a)
        }
    }
    location /sub { content_by_lua_block { ngx.print(tostring(ngx.ctx.a), " ") ngx.ctx.a = 3 } }
--- request
GET /
--- response_body
nil 2 13



=== TEST 6: a server's answer, and one within another
--- config
    location / {
        content_by_lua_block { local res = ngx.location.capture("/middle") ngx.say(res.status, res.body) }
    }
    location /middle { content_by_lua_block { ngx.print(" middle ", ngx.location.capture("/proxy").body) } }
    location /proxy { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "server"; } }
--- request
GET /
--- response_body
200 middle server



=== TEST 7: a server that is not there
--- config
    location / { content_by_lua_block { local res = ngx.location.capture("/proxy") ngx.say(res.status) } }
    location /proxy { proxy_pass http://127.0.0.1:1/; }
--- request
GET /
--- response_body
502
--- error_log
connect() failed



=== TEST 8: bad arguments, and phases where it may not be called
--- config
    location / {
        header_filter_by_lua_block { ngx.header["X-Why"] = select(2, pcall(ngx.location.capture, "/x")) }
        content_by_lua_block {
            ngx.say((pcall(ngx.location.capture)), (pcall(ngx.location.capture, "/x", 1)),
                (pcall(ngx.location.capture, "/x", {method = 3})), (pcall(ngx.location.capture_multi, {})))
        }
    }
--- request
GET /
--- response_body
falsefalsefalsefalse
--- response_headers
X-Why: API disabled in the context of header_filter_by_lua*



=== TEST 9: access by the answer of another location
--- config
    location / {
        access_by_lua_block {
            local res = ngx.location.capture("/auth", {share_all_vars = true})
            if res.status == 401 then ngx.exit(401) end
            ngx.ctx.user = res.header["X-User"]
        }
        content_by_lua_block { ngx.say("user ", ngx.ctx.user) }
    }
    location /auth {
        internal;
        if ($http_authorization = "") { return 401; }
        add_header X-User me;
        return 200;
    }
--- request eval
["GET /", "GET /"]
--- more_headers eval
["Authorization: x", ""]
--- error_code eval
[200, 401]
