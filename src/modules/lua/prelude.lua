-- The half of the interface that is written in Lua: it raises the failures of the other half, and yields.
-- `native` has the functions of the program; each returns RAISE and words in place of raising them.
local native, RAISE, OPERATION, ngx = ...

local error, select, type, tostring, rawget, rawset = error, select, type, tostring, rawget, rawset
local setmetatable, xpcall = setmetatable, xpcall
local yield = coroutine.yield
local traceback = debug and debug.traceback or native.traceback

local EXIT, EXEC, REDIRECT, SLEEP, READ_BODY, FLUSH, JUMP, CAPTURE = 3, 4, 5, 6, 7, 8, 9, 10

-- Level 2 is the line that has called the function: `guarded` is left by a tail call.
local function check(first, ...)
    if first == RAISE then
        error((...), 2)
    end
    return first, ...
end

local function guarded(call)
    return function(...)
        return check(call(...))
    end
end

for name, call in pairs(native.plain) do
    ngx[name] = guarded(call)
end
print = guarded(native.print)

ngx.req = {}
for name, call in pairs(native.req) do
    ngx.req[name] = guarded(call)
end
ngx.resp = {}
for name, call in pairs(native.resp) do
    ngx.resp[name] = guarded(call)
end
ngx.worker = native.worker
ngx.config = native.config

-- Operations.

local may_yield = native.may_yield

local function operation(name)
    local why = may_yield(name)
    if why then
        error(why, 3)
    end
end

function ngx.exit(code)
    local first, second = native.exit(code)
    if first == RAISE then
        error(second, 2)
    end
    if first then
        yield(OPERATION, EXIT, first)
    end
end

function ngx.exec(uri, args)
    local first, second = native.exec(uri, args)
    if first == RAISE then
        error(second, 2)
    end
    yield(OPERATION, EXEC, first, second)
end

function ngx.redirect(uri, status)
    local first, second = native.redirect(uri, status)
    if first == RAISE then
        error(second, 2)
    end
    yield(OPERATION, REDIRECT, first, second)
end

function ngx.sleep(seconds)
    operation("sleep")
    local first, second = native.sleep(seconds)
    if first == RAISE then
        error(second, 2)
    end
    yield(OPERATION, SLEEP, first)
end

function ngx.flush(wait)
    local first, second = native.flush(wait)
    if first == RAISE then
        error(second, 2)
    end
    if first == true then
        return yield(OPERATION, FLUSH)
    end
    return first, second
end

function ngx.req.read_body()
    local first, second = native.needs_body()
    if first == RAISE then
        error(second, 2)
    end
    if first then
        yield(OPERATION, READ_BODY)
    end
end

function ngx.req.set_uri(uri, jump, ...)
    local first, second = native.set_uri(uri, jump, ...)
    if first == RAISE then
        error(second, 2)
    end
    if first then
        yield(OPERATION, JUMP)
    end
end

-- Coroutines of scripts: an operation passes through them to the thread of the handler.

local create, resume = coroutine.create, coroutine.resume

local function pass(co, done, ...)
    if done and (...) == OPERATION then
        return pass(co, resume(co, yield(...)))
    end
    return done, ...
end

function coroutine.resume(co, ...)
    return pass(co, resume(co, ...))
end

local function unwrap(done, ...)
    if not done then
        error((...), 0)
    end
    return ...
end

function coroutine.wrap(call)
    local co = create(call)
    return function(...)
        return unwrap(pass(co, resume(co, ...)))
    end
end

-- Tables whose fields are asked of the request.

local function fields(get, set)
    return setmetatable({}, {
        __index = function(_, name)
            local value, why = get(name)
            if value == RAISE then
                error(why, 2)
            end
            return value
        end,
        __newindex = function(_, name, value)
            local first, why = set(name, value)
            if first == RAISE then
                error(why, 2)
            end
        end,
    })
end

ngx.var = fields(native.get_var, native.set_var)
ngx.header = fields(native.get_header, native.set_header)
ngx.arg = setmetatable({}, {
    __index = function(_, at)
        local value, why = native.get_arg(at)
        if value == RAISE then
            error(why, 2)
        end
        return value
    end,
    __newindex = function(_, at, value)
        local first, why = native.set_arg(at, value)
        if first == RAISE then
            error(why, 2)
        end
    end,
})

local headers_meta = {
    __index = function(all, name)
        if type(name) ~= "string" then
            return nil
        end
        return rawget(all, (name:lower():gsub("_", "-")))
    end,
}

local function with_meta(call)
    return function(max, raw)
        local all, why = check(call(max, raw))
        if type(all) == "table" and not raw then
            setmetatable(all, headers_meta)
        end
        return all, why
    end
end

ngx.req.get_headers = with_meta(native.req.get_headers)
ngx.resp.get_headers = with_meta(native.resp.get_headers)

-- Subrequests.

ngx.location = {}

function ngx.location.capture(uri, options)
    operation("capture")
    local first, second = native.capture({ { uri, options } })
    if first == RAISE then
        error(second, 2)
    end
    return yield(OPERATION, CAPTURE)
end

function ngx.location.capture_multi(requests)
    operation("capture_multi")
    if type(requests) ~= "table" then
        error("bad argument #1 to 'capture_multi' (table expected, got " .. type(requests) .. ")", 2)
    end
    if #requests == 0 then
        error("at least one subrequest should be specified", 2)
    end
    local first, second = native.capture(requests)
    if first == RAISE then
        error(second, 2)
    end
    return yield(OPERATION, CAPTURE)
end

-- Modules that are found before any path.

local balancer = {}
for name, call in pairs(native.balancer) do
    balancer[name] = guarded(call)
end
package.loaded["ngx.balancer"] = balancer

-- Timers.

local unpack = unpack
ngx.timer = { pending_count = native.pending_count, running_count = native.running_count }

local function timer(again)
    return function(seconds, callback, ...)
        local count, args = select("#", ...), { ... }
        if type(callback) ~= "function" then
            error("bad argument #2 to 'timer' (function expected, got " .. type(callback) .. ")", 2)
        end
        return check(native.timer(seconds, function(premature)
            return callback(premature, unpack(args, 1, count))
        end, again))
    end
end
ngx.timer.at, ngx.timer.every = timer(false), timer(true)

-- Shared dictionaries: a table with the number of the zone.

local methods = {}
for name, call in pairs(native.dict) do
    methods[name] = function(dict, ...)
        if type(dict) ~= "table" or type(dict[1]) ~= "number" then
            error("bad \"zone\" argument", 2)
        end
        return check(call(dict[1], ...))
    end
end
local dict_meta = { __index = methods }
ngx.shared = {}
for name, number in pairs(native.dicts) do
    ngx.shared[name] = setmetatable({ number }, dict_meta)
end

-- `ngx.status`, `ngx.ctx`, `ngx.headers_sent`, `ngx.is_subrequest`.

local asked = native.asked
local given = native.given
setmetatable(ngx, {
    __index = function(_, name)
        local get = asked[name]
        if not get then
            return nil
        end
        local value, why = get()
        if value == RAISE then
            error(why, 2)
        end
        return value
    end,
    __newindex = function(all, name, value)
        local set = given[name]
        if not set then
            return rawset(all, name, value)
        end
        local first, why = set(value)
        if first == RAISE then
            error(why, 2)
        end
    end,
})

ndk = { set_var = setmetatable({}, { __index = function(_, name) return nil end }) }

-- What a thread runs: the functions that it is resumed with, one after another.
local find, gmatch = string.find, string.gmatch

local function words(e)
    if type(e) ~= "string" then
        local text = type(e) == "table" and native.text_of(e) or nil
        e = text or ("unknown reason")
    end
    local lines = e .. "\nstack traceback:\ncoroutine 0:"
    for line in gmatch(traceback("", 2), "\n(\t[^\n]+)") do
        if not find(line, "\tprelude:", 1, true) and not find(line, "in function 'xpcall'", 1, true) then
            lines = lines .. "\n" .. line
        end
    end
    return lines
end

return function(call, first)
    while true do
        local done, why = xpcall(call, words, first)
        if done then
            call, first = yield(OPERATION, 0)
        else
            call, first = yield(OPERATION, 1, why)
        end
    end
end
