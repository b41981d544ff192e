# cjson, ngx.encode_base64 and its kin, resty.*, what is not opened; gateways made of them.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: codes
--- config
    location / {
        content_by_lua_block {
            ngx.say(ngx.md5("a"), " ", ngx.encode_base64("abc"), " ", ngx.decode_base64("YWJj"))
            ngx.say(ngx.escape_uri("a b&c"), " ", ngx.unescape_uri("a%20b+c"), " ", ngx.crc32_long("x"))
            ngx.say(ngx.encode_args({a = "1 2"}), " ", ngx.decode_args("a=1&b").a, " ", ngx.quote_sql_str("it's"))
            ngx.say(ngx.encode_base64(ngx.sha1_bin("a")), " ", #ngx.hmac_sha1("k", "t"))
            ngx.say(ngx.escape_uri("!'()*~/?"), " ", ngx.escape_uri("/a b?", 0), " ", ngx.decode_args("a=%zz%4+").a)
        }
    }
--- request
GET /
--- response_body
0cc175b9c0f1b6a831c399e269772661 YWJj abc
a%20b%26c a b c 2363233923
a=1%202 1 'it\'s'
hvfkN/qlp/zhXR3cuerq6jd2Z7g= 20
!'()*~%2F%3F /a%20b%3F %zz%4 



=== TEST 2: cjson
--- skip_nginx: all
--- config
    location / {
        content_by_lua_block {
            local cjson = require "cjson"
            local t = cjson.decode('{"a": [1, 2.5, null, "x"], "b": {}}')
            ngx.say(t.a[2], " ", t.a[3] == ngx.null, " ", cjson.encode(t.a), " ", cjson.encode({n = 1/3}))
            ngx.say(require("cjson.safe").decode("{"))
        }
    }
--- request
GET /
--- response_body
2.5 true [1,2.5,null,"x"] {"n":0.33333333333333}
nilExpected object key string but found T_END at character 2



=== TEST 3: what writes to any memory is not opened
--- skip_nginx: all
--- config
    location / {
        content_by_lua_block {
            ngx.say(select(2, pcall(require, "ffi")))
            ngx.say(load(string.dump(function() end)))
            ngx.say(debug.setmetatable, package.loadlib("x", "y"))
        }
    }
--- request
GET /
--- response_body
module 'ffi' is not opened: it writes to any memory
nilattempt to load chunk with wrong mode
nilnilmodules of C are not openedabsent



=== TEST 4: a module of lua_package_path
--- user_files
>>> mine.lua
local m = {}
function m.hello(name) return "hello " .. name end
return m
--- http_config
    lua_package_path "$TEST_NGINX_HTML_DIR/?.lua;;";
--- config
    location / { content_by_lua_block { ngx.say(require("mine").hello("you")) } }
--- request
GET /
--- response_body
hello you



=== TEST 5: a cache of values in a worker
--- http_config
    init_by_lua_block { cache = require("resty.lrucache").new(10) }
--- config
    location / {
        content_by_lua_block {
            local n = (cache:get("n") or 0) + 1
            cache:set("n", n)
            ngx.say(n)
        }
    }
--- request eval
["GET /", "GET /"]
--- response_body eval
["1\n", "2\n"]



=== TEST 6: a gateway that checks a signed token (JWT, HS256)
--- skip_nginx: all
--- config
    location / {
        access_by_lua_block {
            local b64, cjson, hmac = require "ngx.base64", require "cjson.safe", require "resty.hmac"
            local token = (ngx.var.http_authorization or ""):match("^Bearer (.+)$")
            local head, body, given = (token or ""):match("^([^.]+)%.([^.]+)%.([^.]+)$")
            if not head then return ngx.exit(401) end
            local right = hmac:new("secret", hmac.ALGOS.SHA256):final(head .. "." .. body)
            if b64.decode_base64url(given) ~= right then return ngx.exit(401) end
            local claims = cjson.decode(b64.decode_base64url(body))
            if not claims or claims.exp < ngx.time() then return ngx.exit(401) end
            ngx.req.set_header("X-User", claims.sub)
        }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /token {
        content_by_lua_block {
            local b64, cjson, hmac = require "ngx.base64", require "cjson", require "resty.hmac"
            local text = b64.encode_base64url('{"alg":"HS256"}') .. "." .. b64.encode_base64url(cjson.encode({sub = "me", exp = ngx.time() + 60}))
            ngx.print(text, ".", b64.encode_base64url(hmac:new("secret", hmac.ALGOS.SHA256):final(text)))
        }
    }
    location /both {
        content_by_lua_block {
            local token = ngx.location.capture("/token").body
            ngx.req.set_header("Authorization", "Bearer " .. token)
            local good = ngx.location.capture("/check")
            ngx.req.set_header("Authorization", "Bearer " .. token .. "x")
            ngx.say(good.status, " ", good.body)
        }
    }
    location /check { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "user $http_x_user"; } }
--- request eval
["GET /both", "GET /", "GET /"]
--- more_headers eval
["", "Authorization: Bearer a.b.c", ""]
--- error_code eval
[200, 401, 401]
