-- `ngx.re`: what is made of one match at a place.
local exec, ngx, raise = ...

local error, type, select, tostring, tonumber = error, type, select, tostring, tonumber
local sub, find, byte, concat = string.sub, string.find, string.byte, table.concat

local asked = raise.asked
local re = {}
ngx.re = re

local function place(ctx)
    local pos = ctx and ctx.pos
    return pos and pos > 0 and pos - 1 or 0
end

function re.match(subject, regex, options, ctx, res)
    local captures, from, to = asked(exec(subject, regex, options, place(ctx)))
    if not captures then
        return nil, from
    end
    if ctx then
        ctx.pos = to + 1
    end
    if res then
        for key, value in pairs(captures) do
            res[key] = value
        end
        return res
    end
    return captures
end

function re.find(subject, regex, options, ctx, nth)
    local function pick(captures, ...)
        if not captures then
            return nil, nil, (...)
        end
        if ctx then
            ctx.pos = select(2, ...) + 1
        end
        nth = nth or 0
        local at = 2 * nth + 1
        if nth < 0 or at > select("#", ...) then
            error("nth out of bound", 2)
        end
        return (select(at, ...)), (select(at + 1, ...))
    end
    return pick(asked(exec(subject, regex, options, place(ctx))))
end

function re.gmatch(subject, regex, options)
    local pos, is_over = 0, false
    local length = #tostring(subject)
    return function()
        if is_over then
            return nil
        end
        local captures, from, to = asked(exec(subject, regex, options, pos))
        if not captures then
            is_over = true
            return nil, from
        end
        if to < from then
            -- An empty match: the next begins one byte further.
            pos = to + 1
        else
            pos = to
        end
        is_over = pos > length
        return captures
    end
end

-- A template as parts: texts, and numbers of groups.
local function parts_of(template)
    local parts, at = {}, 1
    while true do
        local dollar = find(template, "$", at, true)
        if not dollar then
            parts[#parts + 1] = sub(template, at)
            return parts
        end
        parts[#parts + 1] = sub(template, at, dollar - 1)
        local _, stop, number = find(template, "^(%d+)", dollar + 1)
        if not number then
            _, stop, number = find(template, "^{(%d+)}", dollar + 1)
        end
        if number then
            parts[#parts + 1] = tonumber(number)
            at = stop + 1
        elseif byte(template, dollar + 1) == 36 then
            parts[#parts + 1] = "$"
            at = dollar + 2
        else
            return nil, "attempt to use named capturing group in a replacement, or an invalid capturing variable name found in the replacement template string: \"" .. template .. "\""
        end
    end
end

local function filled(parts, captures)
    local out = {}
    for at = 1, #parts do
        local part = parts[at]
        if type(part) == "number" then
            part = captures[part] or ""
        end
        out[at] = part
    end
    return concat(out)
end

local function replace(subject, regex, by, options, is_global)
    subject = tostring(subject)
    local parts, why
    if type(by) ~= "function" then
        parts, why = parts_of(tostring(by))
        if not parts then
            return nil, nil, why
        end
    end
    local out, copied, pos, count = {}, 0, 0, 0
    while pos <= #subject do
        local captures, from, to = asked(exec(subject, regex, options, pos))
        if not captures then
            if from then
                return nil, nil, from
            end
            break
        end
        count = count + 1
        out[#out + 1] = sub(subject, copied + 1, from - 1)
        out[#out + 1] = parts and filled(parts, captures) or tostring(by(captures))
        copied = to
        if to < from then
            -- An empty match: one byte is passed on as it is.
            out[#out + 1] = sub(subject, from, from)
            pos, copied = from, from
        else
            pos = to
        end
        if not is_global then
            break
        end
    end
    out[#out + 1] = sub(subject, copied + 1)
    return concat(out), count
end

function re.sub(subject, regex, by, options)
    return replace(subject, regex, by, options, false)
end

function re.gsub(subject, regex, by, options)
    return replace(subject, regex, by, options, true)
end

local module = {}

function module.split(subject, regex, options, ctx, max, res)
    res = res or {}
    local count, copied, pos = 0, 0, place(ctx)
    local function add(text)
        count = count + 1
        res[count] = text
    end
    copied = pos
    max = max and max > 0 and max or nil
    local fields = 1
    while pos <= #subject and not (max and fields >= max) do
        local captures, from, to = asked(exec(subject, regex, options, pos))
        if not captures then
            if from then
                return nil, from
            end
            break
        end
        if to < from then
            -- Between two letters.
            if from > #subject then
                break
            end
            add(sub(subject, copied + 1, from))
            copied, pos = from, from
            if copied >= #subject then
                copied = nil
                break
            end
        else
            add(sub(subject, copied + 1, from - 1))
            copied, pos = to, to
        end
        fields = fields + 1
        for at = 1, #captures do
            if captures[at] then
                add(captures[at])
            end
        end
    end
    if copied then
        add(sub(subject, copied + 1))
    end
    res[count + 1] = nil
    if ctx then
        ctx.pos = pos + 1
    end
    return res
end

function module.opt()
    return true
end

package.loaded["ngx.re"] = module
