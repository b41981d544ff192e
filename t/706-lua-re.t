# ngx.re.match, find, gmatch, sub, gsub.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: match: captures by number and by name
--- config
    location / {
        content_by_lua_block {
            local m = ngx.re.match("hello, 1234", "([0-9])(?<rest>[0-9]+)|(x)", "jo")
            ngx.say(m[0], " ", m[1], " ", m.rest, " ", m[3])
            ngx.say((ngx.re.match("a", "b")))
            local ctx = {pos = 3}
            ngx.say(ngx.re.match("1 22", "[0-9]+", "jo", ctx)[0], " ", ctx.pos)
            ngx.say(ngx.re.match("HELLO", "hello$", "i")[0])
        }
    }
--- request
GET /
--- response_body
1234 1 234 false
nil
22 5
HELLO



=== TEST 2: find
--- config
    location / {
        content_by_lua_block {
            ngx.say(ngx.re.find("hello, 1234", "([0-9])([0-9]+)", "jo"))
            ngx.say(ngx.re.find("hello, 1234", "([0-9])([0-9]+)", "jo", nil, 2))
            ngx.say((ngx.re.find("x", "y")))
        }
    }
--- request
GET /
--- response_body
811
911
nil



=== TEST 3: gmatch
--- config
    location / {
        content_by_lua_block {
            for m in ngx.re.gmatch("a1 b22 c", "([a-z])([0-9]*)", "jo") do ngx.print(m[1], "=", m[2], ";") end
            for m in ngx.re.gmatch("abc", "x*", "") do ngx.print("[", m[0], "]") end
            ngx.say()
        }
    }
--- request
GET /
--- response_body
a=1;b=22;c=;[][][][]



=== TEST 4: sub and gsub
--- config
    location / {
        content_by_lua_block {
            ngx.say(ngx.re.sub("hello, 1234", "([0-9])[0-9]", "[$0][$1]"))
            ngx.say(ngx.re.gsub("hello", "[a-z]", "${0}.$$", "jo"))
            ngx.say(ngx.re.gsub("abc", "([ab])", function(m) return m[1]:upper() end))
            ngx.say(ngx.re.gsub("abc", "", "-"))
            ngx.say(ngx.re.gsub("abc", "x", "y"))
        }
    }
--- request
GET /
--- response_body
hello, [12][1]341
h.$e.$l.$l.$o.$5
ABc2
-a-b-c-4
abc0



=== TEST 5: a pattern that is none, and one that runs away
--- config
    location / {
        content_by_lua_block {
            local m, err = ngx.re.match("a", "(a", "jo")
            ngx.say(m, " ", err:match("pcre_compile%(%) failed"))
            ngx.say((ngx.re.match(("a"):rep(60), "^(a+)+$")) and "found" or "not")
        }
    }
--- request
GET /
--- response_body
nil pcre_compile() failed
found
