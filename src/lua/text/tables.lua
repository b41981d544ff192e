-- The additions to `table` of OpenResty's LuaJIT.
local type, pairs, next, error, require = type, pairs, next, error, require
local floor = math.floor

local function bad(name, got)
    error("bad argument #1 to '" .. name .. "' (table expected, got " .. got .. ")", 4)
end

local function check(name, ...)
    local it = ...
    if type(it) ~= "table" then
        bad(name, select("#", ...) == 0 and "no value" or type(it))
    end
    return it
end

local added = { new = require "table.new", clear = require "table.clear" }

function added.nkeys(...)
    local it = check("nkeys", ...)
    local count = 0
    for _ in next, it do
        count = count + 1
    end
    return count
end

function added.isempty(...)
    return next(check("isempty", ...)) == nil
end

function added.isarray(...)
    for key in next, check("isarray", ...) do
        if type(key) ~= "number" or key < 0 or key ~= floor(key) then
            return false
        end
    end
    return true
end

function added.clone(...)
    local copy = {}
    for key, value in next, check("clone", ...) do
        copy[key] = value
    end
    return copy
end

for name, it in pairs(added) do
    table[name] = it
    package.loaded["table." .. name] = it
    package.preload["table." .. name] = function()
        return it
    end
end
