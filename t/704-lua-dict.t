# lua_shared_dict, ngx.shared.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: values of each type, and flags
--- http_config
    lua_shared_dict dogs 1m;
--- config
    location / {
        content_by_lua_block {
            local dogs = ngx.shared.dogs
            ngx.say(dogs:set("s", "text"), " ", dogs:get("s"))
            ngx.say(dogs:set("n", 1.5, 0, 7), " ", dogs:get("n"))
            dogs:set("b", false)
            ngx.say(dogs:get("b"), " ", dogs:get("none"), " ", dogs:get("s"))
            dogs:set("s", nil)
            ngx.say(dogs:get("s"))
            dogs:delete("n")
            ngx.say(dogs:get("n"), ngx.shared.none)
        }
    }
--- request
GET /
--- response_body
true text
true 1.57
false nil text
nil
nilnil



=== TEST 2: add, replace, incr
--- http_config
    lua_shared_dict dogs 1m;
--- config
    location / {
        content_by_lua_block {
            local dogs = ngx.shared.dogs
            ngx.say(dogs:replace("a", 1))
            ngx.say(dogs:add("a", 1))
            ngx.say(dogs:add("a", 2))
            ngx.say(dogs:replace("a", 3))
            ngx.say(dogs:incr("a", 2))
            ngx.say(dogs:incr("b", 2))
            ngx.say(dogs:incr("b", 2, 10))
            dogs:set("s", "x")
            ngx.say(dogs:incr("s", 1))
            ngx.say(dogs:get("a"), dogs:get("b"))
        }
    }
--- request
GET /
--- response_body
falsenot foundfalse
truenilfalse
falseexistsfalse
truenilfalse
5
nilnot found
12nilfalse
nilnot a number
512



=== TEST 3: time to live
--- http_config
    lua_shared_dict dogs 1m;
--- config
    location / {
        content_by_lua_block {
            local dogs = ngx.shared.dogs
            dogs:set("a", 1, 0.02)
            dogs:set("b", 2)
            ngx.say(dogs:ttl("a") > 0, dogs:ttl("b"), dogs:ttl("c"))
            ngx.sleep(0.05)
            ngx.say(dogs:get_stale("a"))
            ngx.say(dogs:expire("b", 100), dogs:ttl("b") > 99, dogs:expire("c", 1))
            ngx.say(dogs:flush_expired(), dogs:get_stale("a"), dogs:get("a"))
            dogs:flush_all()
            ngx.say(dogs:get("b"))
        }
    }
--- request
GET /
--- response_body
true0nilnot found
1niltrue
truetruenilnot found
1nilnil
nil



=== TEST 4: lists
--- http_config
    lua_shared_dict dogs 1m;
--- config
    location / {
        content_by_lua_block {
            local dogs = ngx.shared.dogs
            ngx.say(dogs:lpush("l", "b"), dogs:rpush("l", 3), dogs:lpush("l", "a"), dogs:llen("l"))
            ngx.say(dogs:get("l"))
            ngx.say(dogs:lpop("l"), dogs:rpop("l"), dogs:lpop("l"), dogs:lpop("l"), dogs:llen("l"))
            dogs:set("v", 1)
            ngx.say(dogs:lpush("v", 1))
        }
    }
--- request
GET /
--- response_body
1233
nilvalue is a list
a3bnil0
nilvalue not a list



=== TEST 5: keys
--- http_config
    lua_shared_dict dogs 1m;
--- config
    location / {
        content_by_lua_block {
            local dogs = ngx.shared.dogs
            for i = 1, 5 do dogs:set("k" .. i, i) end
            local keys = dogs:get_keys()
            table.sort(keys)
            ngx.say(table.concat(keys, " "), " ", #dogs:get_keys(2))
            ngx.say(dogs:set(nil, 1))
            ngx.say(dogs:set("", 1))
            ngx.say(dogs:set(("x"):rep(65536), 1))
            ngx.say(dogs:set("f", function() end))
            ngx.say(dogs:capacity(), dogs:free_space() > 0)
        }
    }
--- request
GET /
--- response_body
k1 k2 k3 k4 k5 2
nilnil key
nilempty key
nilkey too long
nilbad value type
1048576true



=== TEST 6: a full dictionary: others give way, and do not to what is safe
--- http_config
    lua_shared_dict dogs 100k;
--- config
    location / {
        content_by_lua_block {
            local dogs = ngx.shared.dogs
            local text, forced = ("x"):rep(1000), 0
            for i = 1, 200 do
                local ok, err, forcible = dogs:set("k" .. i, text)
                if forcible then forced = forced + 1 end
            end
            ngx.say(forced > 50, " ", dogs:get("k1"), " ", dogs:get("k200") == text)
            local ok, err
            for i = 1, 200 do
                ok, err = dogs:safe_set("s" .. i, text)
                if not ok then break end
            end
            ngx.say(ok, " ", err)
        }
    }
--- request
GET /
--- response_body
true nil true
false no memory



=== TEST 7: all requests have one, and so have all phases
--- http_config
    lua_shared_dict dogs 1m;
    init_by_lua_block { ngx.shared.dogs:set("from", "init") }
--- config
    location / {
        access_by_lua_block { ngx.shared.dogs:incr("n", 1, 0) }
        content_by_lua_block { ngx.say(ngx.shared.dogs:get("from"), ngx.shared.dogs:get("n")) }
    }
--- request eval
["GET /", "GET /"]
--- response_body eval
["init1\n", "init2\n"]



=== TEST 8: a limit of requests with a dictionary
--- http_config
    lua_shared_dict limits 1m;
--- config
    location / {
        access_by_lua_block {
            local key = ngx.var.remote_addr
            local count = ngx.shared.limits:incr(key, 1, 0, 60)
            if count > 2 then
                ngx.header["Retry-After"] = "60"
                return ngx.exit(429)
            end
        }
        content_by_lua_block { ngx.say("in") }
    }
--- request eval
["GET /", "GET /", "GET /"]
--- error_code eval
[200, 200, 429]



=== TEST 9: a size that is too small
--- http_config
    lua_shared_dict dogs 1k;
--- config
--- must_die
--- error_log
invalid lua shared dict size "1k"
