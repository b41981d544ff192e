-- `resty.lrucache`: a cache of values of Lua in one worker. Entries are in a ring, the one used last first.
local ngx = ...

local setmetatable, type, tonumber = setmetatable, type, tonumber

local methods = {}
local meta = { __index = methods }

local function new(size)
    size = tonumber(size)
    if not size or size < 1 then
        return nil, "size too small"
    end
    local ring = {}
    ring.next, ring.before = ring, ring
    return setmetatable({ ring = ring, entries = {}, size = size, used = 0 }, meta)
end

local function unlink(entry)
    entry.before.next, entry.next.before = entry.next, entry.before
end

local function to_front(ring, entry)
    entry.next, entry.before = ring.next, ring
    ring.next.before = entry
    ring.next = entry
end

local function remove(cache, entry)
    unlink(entry)
    cache.entries[entry.key] = nil
    cache.used = cache.used - 1
end

local function now()
    return ngx.now and ngx.now() or 0
end

function methods:get(key)
    local entry = self.entries[key]
    if not entry then
        return nil
    end
    unlink(entry)
    to_front(self.ring, entry)
    if entry.ends and entry.ends <= now() then
        return nil, entry.value, entry.flags
    end
    return entry.value, nil, entry.flags
end

function methods:set(key, value, ttl, flags)
    local entry = self.entries[key]
    if entry then
        unlink(entry)
    else
        if self.used >= self.size then
            remove(self, self.ring.before)
        end
        entry = { key = key }
        self.entries[key] = entry
        self.used = self.used + 1
    end
    to_front(self.ring, entry)
    entry.value = value
    entry.ends = ttl and now() + ttl or nil
    entry.flags = type(flags) == "number" and flags or 0
end

function methods:delete(key)
    local entry = self.entries[key]
    if not entry then
        return false
    end
    remove(self, entry)
    return true
end

function methods:count()
    return self.used
end

function methods:capacity()
    return self.size
end

function methods:get_keys(max, keys)
    keys = keys or {}
    local count, entry = 0, self.ring.next
    while entry ~= self.ring and (not max or max == 0 or count < max) do
        count = count + 1
        keys[count] = entry.key
        entry = entry.next
    end
    keys[count + 1] = nil
    return keys
end

function methods:flush_all()
    local ring = self.ring
    ring.next, ring.before = ring, ring
    self.entries, self.used = {}, 0
end

local module = { new = new, _VERSION = "0.13" }
package.loaded["resty.lrucache"] = module
package.loaded["resty.lrucache.pureffi"] = module
