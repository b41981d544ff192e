-- The half of the interface that is written in Lua: it raises the failures of the other half, and yields.
-- `native` has the functions of the program; `raise` is what `raise.lua` of the library returns.
local native, OPERATION, ngx, raise = ...

local error, select, type, tostring, rawget, rawset = error, select, type, tostring, rawget, rawset
local setmetatable, xpcall = setmetatable, xpcall
local yield = coroutine.yield
local traceback = debug.traceback

local EXIT, EXEC, REDIRECT, SLEEP, READ_BODY, FLUSH, JUMP, CAPTURE = 3, 4, 5, 6, 7, 8, 9, 10

local check, asked, guarded = raise.check, raise.asked, raise.guarded

local function guard(calls, into)
    for name, call in pairs(calls) do
        into[name] = guarded(call)
    end
    return into
end

guard(native.plain, ngx)
print = guarded(native.print)
ngx.req = guard(native.req, {})
ngx.resp = guard(native.resp, {})
ngx.worker = native.worker
ngx.config = native.config

-- Operations.

function ngx.exit(code)
    local status = asked(native.exit(code))
    if status then
        yield(OPERATION, EXIT, status)
    end
end

function ngx.exec(uri, args)
    yield(OPERATION, EXEC, asked(native.exec(uri, args)))
end

function ngx.redirect(uri, status)
    yield(OPERATION, REDIRECT, asked(native.redirect(uri, status)))
end

function ngx.sleep(seconds)
    yield(OPERATION, SLEEP, asked(native.sleep(seconds)))
end

function ngx.flush(wait)
    local done, why = asked(native.flush(wait))
    if done == true then
        return yield(OPERATION, FLUSH)
    end
    return done, why
end

function ngx.req.read_body()
    if asked(native.needs_body()) then
        yield(OPERATION, READ_BODY)
    end
end

function ngx.req.set_uri(...)
    if asked(native.set_uri(...)) then
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
            return check(get(name))
        end,
        __newindex = function(_, name, value)
            return check(set(name, value))
        end,
    })
end

ngx.var = fields(native.get_var, native.set_var)
ngx.header = fields(native.get_header, native.set_header)
ngx.arg = fields(native.get_arg, native.set_arg)

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
        local all, why = asked(call(max, raw))
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
    asked(native.capture({ { uri, options } }))
    return yield(OPERATION, CAPTURE)
end

function ngx.location.capture_multi(requests)
    if type(requests) ~= "table" then
        error("bad argument #1 to 'capture_multi' (table expected, got " .. type(requests) .. ")", 2)
    end
    if #requests == 0 then
        error("at least one subrequest should be specified", 2)
    end
    asked(native.capture(requests))
    return yield(OPERATION, CAPTURE)
end

-- Modules that are found before any path.

package.loaded["ngx.balancer"] = guard(native.balancer, {})

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

local getters, setters = native.asked, native.given
setmetatable(ngx, {
    __index = function(_, name)
        local get = getters[name]
        if get then
            return check(get())
        end
    end,
    __newindex = function(all, name, value)
        local set = setters[name]
        if not set then
            return rawset(all, name, value)
        end
        return check(set(value))
    end,
})

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
