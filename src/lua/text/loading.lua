-- What compiles and finds Lua: text alone, and no module of C.
local read_file, traceback, info, describe = ...

local load, error, type, pairs, select, tostring = load, error, type, pairs, select, tostring
local setfenv, gmatch, gsub, find, concat = setfenv, string.gmatch, string.gsub, string.find, table.concat
local exit = os.exit

local WRONG_MODE = "attempt to load chunk with wrong mode"

-- A number with the suffix LL opens the library `ffi`, the first time: that was here.
load("return 0LL")
package.loaded.ffi = nil

local closed = {
    ["ffi"] = "it writes to any memory",
    ["string.buffer"] = "it writes to any memory",
    ["jit.profile"] = "it sends signals to the process",
    ["jit.util"] = "it reads any memory",
    ["thread.exdata"] = "it needs ffi",
    ["thread.exdata2"] = "it needs ffi",
}
for name, reason in pairs(closed) do
    package.loaded[name] = nil
    package.preload[name] = function()
        error("module '" .. name .. "' is not opened: " .. reason, 0)
    end
end
package.loaded["string.buffer"] = nil
jit.attach = nil
jit.util = nil

local function bad(at, name, wanted, got)
    error("bad argument #" .. at .. " to '" .. name .. "' (" .. wanted .. " expected, got " .. got .. ")", 3)
end

local function compile(chunk, name, mode, ...)
    if mode ~= nil and not find(mode, "t", 1, true) then
        return nil, WRONG_MODE
    end
    return load(chunk, name, "t", ...)
end

local function loader(own)
    return function(...)
        local chunk, name, mode = ...
        if type(chunk) == "number" then
            chunk = tostring(chunk)
        end
        if type(chunk) ~= "string" and type(chunk) ~= "function" then
            bad(1, own, "function", select("#", ...) == 0 and "no value" or type(chunk))
        elseif name ~= nil and type(name) ~= "string" and type(name) ~= "number" then
            bad(2, own, "string", type(name))
        elseif mode ~= nil and type(mode) ~= "string" then
            bad(3, own, "string", type(mode))
        end
        return compile(chunk, name, mode, select(4, ...))
    end
end

_G.load, _G.loadstring = loader("load"), loader("loadstring")

local function compile_file(name, mode, ...)
    local text, failure = read_file(name)
    if not text then
        return nil, failure
    end
    return compile(text, "@" .. name, mode, ...)
end

function _G.loadfile(...)
    local name, mode = ...
    if type(name) ~= "string" then
        bad(1, "loadfile", "string", type(name))
    elseif mode ~= nil and type(mode) ~= "string" then
        bad(2, "loadfile", "string", type(mode))
    end
    return compile_file(name, mode, select(3, ...))
end

function _G.dofile(name)
    if type(name) ~= "string" then
        bad(1, "dofile", "string", type(name))
    end
    local chunk, failure = compile_file(name)
    if not chunk then
        error(failure, 0)
    end
    return chunk()
end

-- The first file of a path of templates that can be read, with its text; else what was tried.
local function search(name, path)
    name = gsub(name, "%.", "/")
    local tried = {}
    for template in gmatch(path, "[^;]+") do
        local file = gsub(template, "%?", (gsub(name, "%%", "%%%%")))
        local text = read_file(file)
        if text then
            return file, text
        end
        tried[#tried + 1] = "\n\tno file '" .. file .. "'"
    end
    return nil, concat(tried)
end

local loaders = package.loaders
local function of_lua(name)
    local path = package.path
    if type(path) ~= "string" then
        error("'package.path' must be a string", 0)
    end
    local file, text = search(name, path)
    if not file then
        return text
    end
    local chunk, failure = compile(text, "@" .. file)
    if not chunk then
        error("error loading module '" .. name .. "' from file '" .. file .. "':\n\t" .. failure, 0)
    end
    return chunk
end

local function of_c(name)
    local path = package.cpath
    local file = type(path) == "string" and search(name, path)
    if file then
        error("module '" .. name .. "' is not opened: '" .. file .. "' is a module of C", 0)
    end
    return ""
end
for at = #loaders, 2, -1 do
    loaders[at] = nil
end
loaders[2], loaders[3] = of_lua, of_c

function package.loadlib()
    return nil, "modules of C are not opened", "absent"
end

-- Closing the state under its callers is no business of a script's.
function os.exit(code)
    exit(code)
end

debug = {}
package.loaded.debug = debug

-- Of a coroutine that is not the running one there is only its message.
function debug.traceback(...)
    local message, level = ...
    local is_other = type(message) == "thread"
    if is_other then
        message, level = select(2, ...)
    end
    if message ~= nil and type(message) ~= "string" and type(message) ~= "number" then
        return message
    end
    if is_other then
        return (message and message .. "\n" or "") .. "stack traceback:"
    end
    return traceback(message and tostring(message), type(level) == "number" and level or 1)
end

function debug.getinfo(...)
    local what = ...
    if type(what) == "thread" then
        return nil
    elseif type(what) == "function" then
        local it = describe(what)
        it.func = what
        return it
    elseif type(what) ~= "number" then
        bad(1, "getinfo", "number", type(what))
    end
    return info(what)
end
