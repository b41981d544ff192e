# ngx.timer.at, ngx.timer.every, lua_max_pending_timers, lua_max_running_timers.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: a function runs later, with its arguments
--- http_config
    lua_shared_dict dogs 1m;
--- config
    location / {
        content_by_lua_block {
            assert(ngx.timer.at(0, function(premature, a, b)
                ngx.sleep(0.001)
                ngx.shared.dogs:set("seen", tostring(premature) .. a .. tostring(b) .. ngx.get_phase())
            end, "x", nil))
            ngx.sleep(0.05)
            ngx.say(ngx.shared.dogs:get("seen"))
        }
    }
--- request
GET /
--- response_body
falsexniltimer



=== TEST 2: again and again
--- http_config
    lua_shared_dict dogs 1m;
    init_worker_by_lua_block {
        assert(ngx.timer.every(0.01, function() ngx.shared.dogs:incr("n", 1, 0) end))
    }
--- config
    location / {
        content_by_lua_block {
            for i = 1, 200 do
                if (ngx.shared.dogs:get("n") or 0) >= 3 then break end
                ngx.sleep(0.01)
            end
            ngx.say(ngx.shared.dogs:get("n") >= 3)
        }
    }
--- request
GET /
--- response_body
true



=== TEST 3: an error is logged
--- config
    location / {
        content_by_lua_block {
            ngx.timer.at(0, function() local x; x.y = 1 end)
            ngx.sleep(0.02)
            ngx.say("on")
        }
    }
--- request
GET /
--- response_body
on
--- error_log
attempt to index local 'x' (a nil value)
context: ngx.timer



=== TEST 4: how many may wait
--- http_config
    lua_max_pending_timers 2;
--- config
    location / {
        content_by_lua_block {
            local f = function() end
            ngx.say(ngx.timer.at(60, f), ngx.timer.at(60, f), ngx.timer.at(60, f))
            ngx.say(ngx.timer.pending_count(), ngx.timer.running_count())
        }
    }
--- request
GET /
--- response_body
11niltoo many pending timers
20



=== TEST 5: how many may run
--- http_config
    lua_max_running_timers 1;
--- config
    location / {
        content_by_lua_block {
            local f = function() ngx.sleep(0.1) end
            ngx.timer.at(0, f)
            ngx.timer.at(0, f)
            ngx.sleep(0.05)
            ngx.say("on")
        }
    }
--- request
GET /
--- response_body
on
--- error_log
1 lua_max_running_timers are not enough



=== TEST 6: what needs a request has none
--- config
    location / {
        content_by_lua_block {
            ngx.timer.at(0, function() ngx.log(ngx.WARN, "why: ", select(2, pcall(ngx.say, "x"))) end)
            ngx.sleep(0.02)
            ngx.say("on")
        }
    }
--- request
GET /
--- response_body
on
--- error_log
API disabled in the context of ngx.timer
