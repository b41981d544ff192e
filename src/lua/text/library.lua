-- Raises the failures of the functions of the program, and makes modules of them.
local native, RAISE, ngx, raise = ...

local error, type, setmetatable, tostring, tonumber = error, type, setmetatable, tostring, tonumber
local concat, byte, format, gsub = table.concat, string.byte, string.format, string.gsub

local guarded = raise.guarded

local function module(name, it)
    package.loaded[name] = it
    return it
end

for name, call in pairs(native.codes) do
    ngx[name] = guarded(call)
end
module("ngx.base64", { encode_base64url = ngx.encode_base64url, decode_base64url = ngx.decode_base64url })
ngx.encode_base64url, ngx.decode_base64url = nil, nil

-- cjson

local calls = native.json

local function new_json(safe)
    local it = {
        null = ngx.null,
        array_mt = native.array_mt,
        empty_array_mt = native.array_mt,
        empty_array = native.empty_array,
        _NAME = "cjson",
        _VERSION = "2.1.0",
    }
    local options = {
        invalid = "off",
        depth = 1000,
        decode_depth = 1000,
        precision = 14,
        sparse_convert = false,
        sparse_ratio = 2,
        sparse_safe = 10,
        escape_slash = true,
        decode_array = false,
        decode_invalid = true,
        keep = true,
    }
    local function finish(first, why)
        if first == RAISE then
            if safe then
                return nil, why
            end
            error(why, 2)
        end
        return first
    end
    function it.encode(value)
        return finish(calls.encode(value, options))
    end
    function it.decode(text)
        return finish(calls.decode(text, options))
    end
    local function option(name, low, high)
        return function(value)
            if value ~= nil then
                value = tonumber(value)
                if not value or value < low or value > high then
                    error(format("bad argument #1 to '?' (expected integer between %d and %d)", low, high), 2)
                end
                options[name] = value
            end
            return options[name]
        end
    end
    local function flag(name)
        return function(value)
            if value ~= nil then
                options[name] = value == true or value == "on"
            end
            return options[name]
        end
    end
    it.encode_max_depth = option("depth", 1, 1000)
    it.decode_max_depth = option("decode_depth", 1, 1000)
    it.encode_number_precision = option("precision", 1, 16)
    it.encode_keep_buffer = flag("keep")
    it.encode_escape_forward_slash = flag("escape_slash")
    it.decode_array_with_array_mt = flag("decode_array")
    it.decode_invalid_numbers = flag("decode_invalid")
    it.encode_empty_table_as_object = flag("as_object")
    options.as_object = true
    function it.encode_invalid_numbers(value)
        if value == true or value == "on" then
            options.invalid = "on"
        elseif value == false or value == "off" then
            options.invalid = "off"
        elseif value ~= nil then
            options.invalid = "null"
        end
        return options.invalid == "on" or (options.invalid == "null" and "null") or false
    end
    function it.encode_sparse_array(convert, ratio, safe_size)
        if convert ~= nil then
            options.sparse_convert = convert == true or convert == "on"
        end
        options.sparse_ratio = ratio or options.sparse_ratio
        options.sparse_safe = safe_size or options.sparse_safe
        return options.sparse_convert, options.sparse_ratio, options.sparse_safe
    end
    function it.new()
        return new_json(safe)
    end
    return it
end

module("cjson", new_json(false))
module("cjson.safe", new_json(true))

-- Digests as objects: what was given so far is digested at the end.

local hex_digits = function(c)
    return format("%02x", byte(c))
end

module("resty.string", {
    to_hex = function(text)
        return (gsub(text, ".", hex_digits))
    end,
    atoi = function(text)
        return tonumber(text)
    end,
})

local function reset(self)
    for at = #self, 1, -1 do
        self[at] = nil
    end
    return true
end

local function digest(name)
    local call = native.digests[name]
    local methods = {}
    methods.__index = methods
    function methods.new()
        return setmetatable({}, methods)
    end
    function methods:update(text, length)
        self[#self + 1] = length and text:sub(1, length) or tostring(text)
        return true
    end
    function methods:final()
        return (call(concat(self)))
    end
    methods.reset = reset
    return module("resty." .. name, methods)
end

for _, name in ipairs({ "md5", "sha1", "sha224", "sha256", "sha384", "sha512" }) do
    digest(name)
end

local hmac = { ALGOS = { SHA1 = "hmac_sha1", SHA256 = "hmac_sha256", SHA512 = "hmac_sha512" } }
hmac.__index = hmac
function hmac:new(key, name)
    local call = native.digests[name or "hmac_sha1"]
    if not call then
        return nil
    end
    return setmetatable({ key = key, call = call }, hmac)
end
function hmac:update(text)
    self[#self + 1] = tostring(text)
    return true
end
function hmac:final(text, as_hex)
    if text then
        self:update(text)
    end
    local result = self.call(self.key, concat(self))
    return as_hex and (gsub(result, ".", hex_digits)) or result
end
hmac.reset = reset
module("resty.hmac", hmac)

-- They only bind functions that are here already.
for _, name in ipairs({
    "", ".base", ".base64", ".ctx", ".exit", ".hash", ".misc", ".ndk", ".phase", ".regex", ".request", ".response",
    ".shdict", ".time", ".uri", ".utils", ".var", ".worker",
}) do
    module("resty.core" .. name, { version = "0.1.27" })
end
