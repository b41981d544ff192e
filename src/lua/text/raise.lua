-- How failures of functions of the program are raised: such a function returns RAISE and words in place of results.
local RAISE = ...

local error = error

-- For a function that ends with this call: its caller is level 2.
local function check(first, ...)
    if first == RAISE then
        error((...), 2)
    end
    return first, ...
end

-- For a function that goes on: its caller is level 3.
local function asked(first, ...)
    if first == RAISE then
        error((...), 3)
    end
    return first, ...
end

local function guarded(call)
    return function(...)
        return check(call(...))
    end
end

return { check = check, asked = asked, guarded = guarded }
