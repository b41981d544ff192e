//! `ngx.re`: PCRE's patterns on the engines of [`crate::base::regex`].

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use mlua::{Function, Lua, LuaString, MultiValue, Result, Value};

use super::values::{failed, none, raised};
use crate::base::regex::{Groups, MatchError, Regex};

/// Compiled patterns, by options and pattern.
type Cache = HashMap<Box<[u8]>, HashMap<Box<[u8]>, Rc<Regex>>>;

/// The patterns that a state keeps.
struct Patterns {
    cache: Cell<Cache>,
    len: Cell<usize>,
    /// `lua_regex_cache_max_entries`
    most: usize,
}

/// Finds the first match at a place: `exec(subject, pattern, options, from)`.
///
/// Returns nothing if there is none; `nil` and words if the pattern or the match fails; else the captures (`false` for
/// a group that took no part, names too), and where the match and each group begins and ends, as `find` counts.
///
/// `most`: how many patterns are kept compiled.
pub(super) fn exec(lua: &Lua, most: usize) -> Result<Function> {
    let patterns = Patterns { cache: Cell::default(), len: Cell::default(), most };
    lua.create_function(move |lua, args: MultiValue| run(lua, &patterns, &args))
}

/// The argument as a string of Lua; nothing of it is copied.
fn text(lua: &Lua, args: &MultiValue, at: usize) -> Option<LuaString> {
    match args.get(at) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(number @ (Value::Integer(_) | Value::Number(_))) => {
            lua.coerce_string(number.clone()).ok().flatten()
        }
        _ => None,
    }
}

fn run(lua: &Lua, patterns: &Patterns, args: &MultiValue) -> Result<MultiValue> {
    let (Some(subject), Some(pattern)) = (text(lua, args, 0), text(lua, args, 1)) else {
        let at = if text(lua, args, 0).is_none() { 0 } else { 1 };
        let found = args.get(at).map_or("no value", Value::type_name);
        return raised(lua, format!("bad argument #{} (string expected, got {found})", at + 1));
    };
    let options = text(lua, args, 2);
    let (subject, pattern) = (subject.as_bytes(), pattern.as_bytes());
    let options = options.as_ref().map(LuaString::as_bytes);
    let options = options.as_deref().unwrap_or_default();
    let from = match args.get(3) {
        Some(Value::Integer(from)) => usize::try_from(*from).unwrap_or(0),
        Some(Value::Number(from)) => *from as usize,
        _ => 0,
    };
    if let Some(wrong) = options.iter().find(|flag| !b"imsxojuaUdDJ".contains(flag)) {
        let (wrong, options) = (char::from(*wrong), String::from_utf8_lossy(options));
        return raised(lua, format!("unknown flag \"{wrong}\" (flags \"{options}\")"));
    }
    let regex = match patterns.get(&pattern, options) {
        Ok(regex) => regex,
        Err(why) => {
            let pattern = String::from_utf8_lossy(&pattern);
            return failed(lua, format!("pcre_compile() failed: {why} in \"{pattern}\""));
        }
    };
    let is_anchored = options.contains(&b'a');
    let is_utf = options.iter().any(|flag| b"uU".contains(flag));
    // Behind an empty match the next begins at a letter.
    let is_within = |at: usize| is_utf && subject.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let mut from = from;
    while is_within(from) {
        from += 1;
    }
    match regex.find_at(&subject, from) {
        Ok(Some(groups)) => {
            let begins = groups.first().cloned().flatten().map_or(0, |it| it.start);
            match is_anchored && begins != from {
                true => none(),
                false => results(lua, &regex, &subject, &groups),
            }
        }
        Ok(None) => none(),
        // PCRE's numbers for them.
        Err(MatchError::Limit) => failed(lua, "pcre_exec() failed: -8"),
        Err(MatchError::Utf8) => failed(lua, "pcre_exec() failed: -10"),
    }
}

impl Patterns {
    /// The compiled pattern. As in OpenResty those that come when the cache is full are compiled each time.
    fn get(&self, pattern: &[u8], options: &[u8]) -> std::result::Result<Rc<Regex>, String> {
        let mut cache = self.cache.take();
        let known = cache.get(options).and_then(|patterns| patterns.get(pattern)).cloned();
        let regex = match known {
            Some(regex) => Ok(regex),
            None => compile(pattern, options).inspect(|regex| {
                if self.len.get() < self.most {
                    let patterns = cache.entry(options.into()).or_default();
                    patterns.insert(pattern.into(), regex.clone());
                    self.len.set(self.len.get() + 1);
                }
            }),
        };
        self.cache.set(cache);
        regex
    }
}

fn compile(pattern: &[u8], options: &[u8]) -> std::result::Result<Rc<Regex>, String> {
    let mut whole = vec![];
    if options.contains(&b'u') || options.contains(&b'U') {
        whole.extend_from_slice(b"(*UTF)");
    }
    let flags: Vec<u8> = b"msx".iter().copied().filter(|flag| options.contains(flag)).collect();
    if !flags.is_empty() {
        whole.extend_from_slice(b"(?");
        whole.extend_from_slice(&flags);
        whole.push(b')');
    }
    whole.extend_from_slice(pattern);
    let made = Regex::new(&whole, options.contains(&b'i'));
    made.map(Rc::new).map_err(|e| e.reason.to_string())
}

fn results(lua: &Lua, regex: &Regex, subject: &[u8], groups: &Groups) -> Result<MultiValue> {
    let captures = lua.create_table_with_capacity(groups.len(), 1)?;
    let mut results = vec![Value::Table(captures.clone())];
    let mut texts = vec![];
    for (at, group) in groups.iter().enumerate() {
        let text = match group.clone().and_then(|range| subject.get(range)) {
            Some(text) => Value::String(lua.create_string(text)?),
            None => Value::Boolean(false),
        };
        captures.raw_set(at, text.clone())?;
        texts.push(text);
        let (from, to) = group.as_ref().map_or((Value::Nil, Value::Nil), |it| {
            (Value::Integer(it.start as i64 + 1), Value::Integer(it.end as i64))
        });
        results.extend([from, to]);
    }
    for (name, group) in regex.names() {
        let is_set = captures.raw_get::<Value>(&**name)?;
        // Of groups with one name the one that took part counts.
        if matches!(is_set, Value::Nil | Value::Boolean(false)) {
            let text = texts.get(*group).cloned().unwrap_or(Value::Boolean(false));
            captures.raw_set(&**name, text)?;
        }
    }
    Ok(MultiValue::from_vec(results))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Script;

    #[test]
    fn matches_and_their_groups() {
        let script = Script::new();
        script.run("re = ngx.re");
        script.shows(&[
            ("re.match('hello, 1234', '[0-9]+')[0]", "1234"),
            ("re.match('hello, 1234', '([0-9])(?<rest>[0-9]+)').rest", "234"),
            ("re.match('hello', '(x)|(l+)')[1], re.match('hello', '(x)|(l+)')[2]", "false ll"),
            ("re.match('HELLO', 'hello', 'ijo')[0], (re.match('a', 'b'))", "HELLO nil"),
            ("re.match('ab', '(a', 'jo')", "nil pcre_compile() failed: missing closing parenthesis in \"(a\""),
            ("(function() local ctx = {pos = 3} local m = re.match('1 22', '[0-9]+', '', ctx) return m[0], ctx.pos end)()", "22 5"),
            ("re.find('hello, 1234', '([0-9])([0-9]+)')", "8 11"),
            ("re.find('hello, 1234', '([0-9])([0-9]+)', 'jo', nil, 2)", "9 11"),
            ("(re.find('x', 'y'))", "nil"),
            ("re.match('xa', 'a', 'a'), re.match('ax', 'a', 'a')[0]", "nil a"),
        ]);
        script.fails("re.find('a', 'a', '', nil, 1)", "x:1: nth out of bound");
        script.fails("re.find('a', 'a', '', nil, -1)", "x:1: nth out of bound");
        script.fails("re.match('a', 'a', 'q')", "unknown flag \"q\" (flags \"q\")");
        script.fails("re.match({}, 'a')", "string expected, got table");
    }

    #[test]
    fn all_matches_in_turn() {
        let script = Script::new();
        script.run(
            "function all(s, p, o) local t = {} for m in ngx.re.gmatch(s, p, o) do t[#t + 1] = m[0] end return t end",
        );
        script.shows(&[
            ("all('a1b22c', '[0-9]+')", "{1,22}"),
            ("all('abc', 'x*')", "{,,,}"),
            ("all('\\nab', '^.', 'm')", "{a}"),
        ]);
    }

    #[test]
    fn replacements() {
        let script = Script::new();
        script.run("re = ngx.re");
        script.shows(&[
            ("re.sub('hello, 1234', '([0-9])[0-9]', '[$0][$1]')", "hello, [12][1]34 1"),
            ("re.gsub('hello', '[a-z]', '${0}.$$')", "h.$e.$l.$l.$o.$ 5"),
            ("re.gsub('abc', '([ab])', function(m) return m[1]:upper() end, 'i')", "ABc 2"),
            ("re.gsub('abc', '', '-')", "-a-b-c- 4"),
            ("(re.gsub('h\\195\\169o', '', '-', 'u')) == '-h-\\195\\169-o-'", "true"),
            ("re.sub('abc', 'x', 'y')", "abc 0"),
            ("re.gsub('a b', '(?<w>[a-z])', '<${1}>')", "<a> <b> 2"),
            ("require('ngx.re').split('a,b,c', ',')", "{a,b,c}"),
            ("require('ngx.re').split('a,b,c', '(,)', nil, nil, 2)", "{a,,,b,c}"),
        ]);
    }
}
