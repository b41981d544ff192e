# rewrite_by_lua, access_by_lua, content_by_lua, log_by_lua, header_filter_by_lua, body_filter_by_lua, set_by_lua,
# server_rewrite_by_lua, init_by_lua, init_worker_by_lua.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: content_by_lua_block prints values
--- config
    location / {
        default_type text/plain;
        content_by_lua_block { ngx.say("a ", 1, " ", 1.5, " ", nil, true, {"x", {2, "}"}}) ngx.print("end") }
    }
--- request
GET /
--- response_body chomp
a 1 1.5 niltruex2}
end
--- response_headers
Content-Type: text/plain
Transfer-Encoding: chunked



=== TEST 2: content_by_lua with text in quotes
--- config
    location / { content_by_lua 'ngx.say("quoted")'; }
--- request
GET /
--- response_body
quoted



=== TEST 3: content_by_lua_file, whose name may have variables
--- user_files
>>> a.lua
ngx.say("file ", ngx.var.uri)
--- config
    location /a { content_by_lua_file $TEST_NGINX_HTML_DIR/a.lua; }
    location /b { set $name a; content_by_lua_file $TEST_NGINX_HTML_DIR/$name.lua; }
--- request eval
["GET /a", "GET /b"]
--- response_body eval
["file /a\n", "file /b\n"]



=== TEST 4: a table that lasts for the request, from phase to phase
--- config
    location / {
        rewrite_by_lua_block { ngx.ctx.seen = "r" }
        access_by_lua_block { ngx.ctx.seen = ngx.ctx.seen .. "a" }
        content_by_lua_block { ngx.say(ngx.ctx.seen, " ", ngx.get_phase()) }
        log_by_lua_block { ngx.log(ngx.INFO, "seen ", ngx.ctx.seen, " in ", ngx.get_phase()) }
    }
--- request
GET /
--- response_body
ra content
--- error_log
seen ra in log
--- log_level: info



=== TEST 5: access_by_lua refuses
--- config
    location / {
        access_by_lua_block { if ngx.var.arg_key ~= "right" then return ngx.exit(403) end }
        return 200 "in\n";
    }
    location /file {
        access_by_lua_block { if ngx.var.arg_key ~= "right" then return ngx.exit(403) end }
        content_by_lua_block { ngx.say("in") }
    }
--- request eval
["GET /file?key=wrong", "GET /file?key=right"]
--- error_code eval
[403, 200]



=== TEST 6: satisfy any: a script that comes to its end lets the request pass
--- config
    location / {
        satisfy any;
        deny all;
        access_by_lua_block { if ngx.var.arg_no then ngx.exit(403) end }
        content_by_lua_block { ngx.say("in") }
    }
--- request eval
["GET /", "GET /?no=1"]
--- error_code eval
[200, 403]



=== TEST 7: fields of the answer
--- config
    location / {
        content_by_lua_block {
            ngx.header.content_type = "text/x"
            ngx.header["X-A"] = {"1", "2"}
            ngx.header.x_b = "3"
            ngx.status = 201
            ngx.say(ngx.header["x-a"][2], ngx.header.x_b, ngx.header.none)
        }
    }
--- request
GET /
--- error_code: 201
--- raw_response_headers_like: X-A: 1\r\nX-A: 2\r\nX-b: 3|X-A: 1\r\nX-A: 2\r\nx-b: 3
--- response_headers
Content-Type: text/x
--- response_body
23nil



=== TEST 8: a value cannot end its line
--- config
    location / {
        content_by_lua_block { ngx.header["X-A"] = "a\r\nX-Evil: 1"; ngx.say("x") }
    }
--- request
GET /
--- response_headers
X-A: a%0D%0AX-Evil: 1
X-Evil:



=== TEST 9: ngx.redirect keeps the fields that were set
--- config
    location / {
        rewrite_by_lua_block { ngx.header["Set-Cookie"] = "a=1"; ngx.redirect("/x?y", 303) }
    }
--- request
GET /
--- error_code: 303
--- response_headers
Location: /x?y
Set-Cookie: a=1



=== TEST 10: ngx.exec, to a uri with arguments and to a named location
--- config
    location /a { rewrite_by_lua_block { ngx.exec("/to?z=0", {x = "1 2"}) } }
    location /b { content_by_lua_block { ngx.exec("@named") } }
    location /to { return 200 "$uri $args\n"; }
    location @named { return 200 "named $uri\n"; }
--- request eval
["GET /a", "GET /b"]
--- response_body eval
["/to z=0&x=1%202\n", "named /b\n"]



=== TEST 11: ngx.req.set_uri, which may jump
--- config
    location /jump { rewrite_by_lua_block { ngx.req.set_uri("/to", true) } return 200 "never"; }
    location /stay { rewrite_by_lua_block { ngx.req.set_uri("/to") ngx.req.set_uri_args({a = 1}) } content_by_lua_block { ngx.say("stay ", ngx.var.uri, " ", ngx.var.args) } }
    location /to { content_by_lua_block { ngx.say("to") } }
--- request
GET /stay
--- response_body
stay /to a=1



=== TEST 12: set_by_lua among the lines of the rewrite module
--- config
    location / {
        set $a 1;
        set_by_lua $b 'return ngx.arg[1] + ngx.arg[2]' 3 $a;
        set_by_lua_block $c { return "c" .. ngx.var.b }
        return 200 "$b $c\n";
    }
--- request
GET /
--- response_body
4 c4



=== TEST 13: header_filter_by_lua and body_filter_by_lua
--- config
    location / {
        header_filter_by_lua_block { ngx.header.content_length = nil; ngx.header["X-F"] = ngx.status }
        body_filter_by_lua_block { ngx.arg[1] = string.upper(ngx.arg[1]) .. (ngx.arg[2] and "END\n" or "") }
        return 200 "some text\n";
    }
--- request
GET /
--- response_headers
X-F: 200
--- response_body
SOME TEXT
END



=== TEST 14: the body of the request
--- config
    location / {
        content_by_lua_block {
            ngx.req.read_body()
            local args = ngx.req.get_post_args()
            ngx.say(ngx.req.get_method(), " ", args.x, " ", args.y[2], " ", ngx.req.get_body_data())
        }
    }
--- request
POST /
x=1%202&y=a&y=b
--- response_body
POST 1 2 b x=1%202&y=a&y=b



=== TEST 15: lua_need_request_body
--- config
    location / {
        lua_need_request_body on;
        content_by_lua_block { ngx.say(ngx.req.get_body_data()) }
    }
--- request
POST /
hello
--- response_body
hello



=== TEST 16: what a script fails of is logged with its place, and answers 500
--- config
    location / {
        content_by_lua_block {
            local t = nil
            t.x = 1
        }
    }
--- request
GET /
--- error_code: 500
--- error_log eval
qr/lua entry thread aborted: runtime error: content_by_lua\(nginx\.conf:\d+\):3: attempt to index local 't' \(a nil value\)/



=== TEST 17: ngx.sleep and ngx.flush
--- config
    location / {
        content_by_lua_block {
            ngx.say("a")
            ngx.flush(true)
            ngx.sleep(0.01)
            ngx.say("b")
        }
    }
--- request
GET /
--- response_body
a
b



=== TEST 18: fields of the request, as the server gets them
--- config
    location / {
        access_by_lua_block {
            ngx.req.set_header("X-New", "n\r\nX-Evil: 1")
            ngx.req.clear_header("X-Old")
            ngx.header["X-Pre"] = "p"
        }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$http_x_new $http_x_old $http_x_evil\n"; } }
--- request
GET /
--- more_headers
X-Old: 1
--- response_headers
X-Pre: p
--- response_body eval
"n%0D%0AX-Evil: 1  \n"



=== TEST 19: init_by_lua and init_worker_by_lua
--- http_config
    init_by_lua_block { package.loaded.mine = {n = 5} }
    init_worker_by_lua_block { require("mine").n = require("mine").n + 1 }
--- config
    location / { content_by_lua_block { ngx.say(require("mine").n) } }
--- request
GET /
--- response_body
6



=== TEST 20: syntax errors are found at the start
--- config
    location / { content_by_lua_block { x = = 1 } }
--- must_die
--- skip_nginx: all
--- error_log
failed to load inlined Lua code: content_by_lua(nginx.conf:



=== TEST 21: a block without an end
--- config
    location / { content_by_lua_block { x = [[ }
--- must_die
--- error_log
Lua code block missing the closing long bracket "]]"



=== TEST 22: ngx.exit with an answer begun
--- config
    location /ok { content_by_lua_block { ngx.say("a") ngx.exit(200) ngx.say("never") } }
    location /no { content_by_lua_block { ngx.exit(204) } }
    location /nf { content_by_lua_block { ngx.exit(404) } }
--- request eval
["GET /ok", "GET /no", "GET /nf"]
--- error_code eval
[200, 204, 404]



=== TEST 23: what may not be called in a phase
--- config
    location / {
        header_filter_by_lua_block {
            ngx.header["X-Why"] = select(2, pcall(ngx.say, "x")) .. "; " .. select(2, pcall(ngx.sleep, 1))
        }
        return 200;
    }
--- request
GET /
--- response_headers
X-Why: API disabled in the context of header_filter_by_lua*; API disabled in the context of header_filter_by_lua*



=== TEST 24: variables are read, and those of `set` written
--- config
    location / {
        set $mine 1;
        content_by_lua_block {
            ngx.var.mine = ngx.var.mine + 1
            ngx.say(ngx.var.mine, " ", ngx.var.none, " ", pcall(function() ngx.var.none = 1 end))
        }
    }
--- request
GET /
--- response_body_like
^2 nil falsecontent_by_lua\(nginx.conf:\d+\):3: variable "none" not found for writing; maybe it is a built-in variable that is not changeable or you forgot to use "set \$none '';" in the config file to define it first$



=== TEST 25: header_filter_by_lua fails, or asks for another answer
--- skip_nginx: all
--- config
    location /fails { header_filter_by_lua_block { error("no") } return 200 "x"; }
    location /exits { header_filter_by_lua_block { ngx.exit(404) } return 200 "x"; }
    location /body { body_filter_by_lua_block { error("no") } return 200 "x"; }
--- request eval
["GET /fails", "GET /exits", "GET /body"]
--- error_code eval
[500, 404, 500]



=== TEST 26: a script goes on after ngx.eof in the same turn
--- config
    location / { content_by_lua_block { ngx.say("x") ngx.eof() ngx.log(ngx.WARN, "behind the end") } }
--- request
GET /
--- response_body
x
--- error_log
behind the end



=== TEST 27: loops of ngx.exec end
--- config
    location / { content_by_lua_block { ngx.exec("/again") } }
--- request
GET /
--- error_code: 500
--- error_log
rewrite or internal redirection cycle while internally redirecting to "/again"



=== TEST 28: HTTP/1.0: the length is known at the end
--- config
    location / { content_by_lua_block { ngx.say("a") ngx.flush() ngx.say("b") } }
--- request
GET / HTTP/1.0
--- response_headers
Content-Length: 4
--- response_body
a
b



=== TEST 29: a method, arguments and fields of the request
--- config
    location / {
        content_by_lua_block {
            ngx.req.set_method(ngx.HTTP_PUT)
            ngx.req.set_uri_args({a = {"1", "2"}, b = true})
            ngx.say(ngx.req.get_method(), " ", ngx.var.request_method, " ", #ngx.req.get_uri_args().a, " ", ngx.req.http_version())
            ngx.say(ngx.req.get_headers()["X-Two"][2], " ", ngx.req.get_headers().x_two[1], " ", ngx.req.is_internal())
        }
    }
--- request
GET /?x=1
--- more_headers
X-Two: 1
X-Two: 2
--- response_body
PUT PUT 2 1.1
2 1 false



=== TEST 30: what waits may be called in coroutines of a script
--- config
    location / {
        content_by_lua_block {
            local co = coroutine.wrap(function(a)
                ngx.sleep(0.001)
                local b = coroutine.yield(a + 1)
                local res = ngx.location.capture("/sub")
                return res.body .. b
            end)
            ngx.say(co(1), " ", co("x"))
            local other = coroutine.create(function() ngx.sleep(0.001) error("no", 0) end)
            ngx.say(coroutine.resume(other))
            ngx.say(coroutine.status(other), " ", select("#", coroutine.resume(coroutine.create(function() end))))
        }
    }
    location /sub { return 200 "sub"; }
--- request
GET /
--- response_body
2 subx
falseno
dead 1



=== TEST 31: a coroutine may end the request
--- config
    location / {
        content_by_lua_block {
            coroutine.wrap(function() ngx.exit(403) end)()
            ngx.say("never")
        }
    }
--- request
GET /
--- error_code: 403



=== TEST 32: a body is no longer than its Content-Length, which would spoil the next answer
--- skip_nginx: all
--- config
    location /long { content_by_lua_block { ngx.header.content_length = 2 ngx.say("hello") } }
    location /filter {
        header_filter_by_lua_block { ngx.header["Transfer-Encoding"] = "chunked" }
        body_filter_by_lua_block { ngx.arg[1] = ngx.arg[1] .. "hello" }
        return 200 "ab";
    }
--- pipelined_requests eval
["GET /long", "GET /filter", "GET /long"]
--- response_body eval
["he", "ab", "he"]
--- error_log
a script has made more of the body than its Content-Length



=== TEST 33: what is read for sockets and TLS of scripts
--- http_config
    lua_socket_connect_timeout 1s;
    lua_socket_send_timeout 1s;
    lua_socket_send_lowat 0;
    lua_socket_read_timeout 1s;
    lua_socket_buffer_size 4k;
    lua_socket_pool_size 10;
    lua_socket_keepalive_timeout 10s;
    lua_socket_log_errors off;
    lua_ssl_ciphers DEFAULT;
    lua_ssl_protocols TLSv1.2;
    lua_ssl_verify_depth 2;
    lua_malloc_trim 0;
    lua_regex_match_limit 1000;
    lua_regex_cache_max_entries 100;
    lua_sa_restart on;
--- config
    location / { lua_check_client_abort on; lua_use_default_type off; content_by_lua_block { ngx.say("x") } }
--- request
GET /
--- response_body
x



=== TEST 34: rewrite_by_lua runs behind the lines of the rewrite module, or before them
--- config
    location / {
        set $a 1;
        rewrite_by_lua_block { ngx.ctx.a = ngx.var.a }
        content_by_lua_block { ngx.say("a: ", ngx.ctx.a) }
    }
--- request
GET /
--- response_body
a: 1



=== TEST 35: rewrite_by_lua_no_postpone
--- http_config
    rewrite_by_lua_no_postpone on;
--- config
    location / {
        set $a 1;
        rewrite_by_lua_block { ngx.ctx.a = ngx.var.a }
        content_by_lua_block { ngx.say("a: ", ngx.ctx.a) }
    }
--- request
GET /
--- response_body eval
"a: \n"



=== TEST 36: access_by_lua_no_postpone
--- http_config
    access_by_lua_no_postpone on;
--- config
    location / {
        deny all;
        access_by_lua_block { ngx.exit(410) }
        content_by_lua_block { ngx.say("in") }
    }
--- request
GET /
--- error_code: 410
