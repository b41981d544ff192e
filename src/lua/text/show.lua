-- Values as text, for tests: tables with their keys in order, what is not printable as \xNN.
local function one(it, depth)
    if type(it) == "string" then
        return (it:gsub("[%z\1-\8\11-\31\127-\255]", function(c)
            return ("\\x%02x"):format(c:byte())
        end))
    elseif type(it) ~= "table" or depth > 4 then
        return tostring(it)
    end
    local shown, list = {}, {}
    for at, value in ipairs(it) do
        list[#list + 1] = one(value, depth + 1)
    end
    for key, value in pairs(it) do
        if not (type(key) == "number" and key >= 1 and key <= #list) then
            shown[#shown + 1] = tostring(key) .. "=" .. one(value, depth + 1)
        end
    end
    table.sort(shown)
    for _, text in ipairs(shown) do
        list[#list + 1] = text
    end
    return "{" .. table.concat(list, ",") .. "}"
end

function show(...)
    local all = {}
    for at = 1, select("#", ...) do
        all[at] = one((select(at, ...)), 0)
    end
    return table.concat(all, " ")
end
