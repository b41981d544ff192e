//! The filter `eval`: the literals of Perl that test files are written with, and no code.
//!
//! Strings `'…'` `"…"` `q{…}` `qq{…}`, patterns `qr/…/flags`, numbers, lists `[…]`; the operators
//! `.` `x` `*` `+` `-` and parentheses; `$::Name` and `$Name` of the preamble. `$ENV{NAME}` and
//! `$TEST_NGINX_…` are kept as `$NAME`, since they are known only when the block runs.

use super::value::{Pattern, Value};
use std::collections::BTreeMap;

pub type Variables = BTreeMap<String, Value>;

/// Evaluates the whole of `text`; the error says what is not understood.
pub fn eval(text: &str, variables: &Variables) -> Result<Value, String> {
    let mut p = Parser { text: text.as_bytes(), at: 0, variables };
    let value = p.sum()?;
    p.blanks();
    while p.eat(b';') {
        p.blanks();
    }
    match p.text.get(p.at..) {
        None | Some([]) => Ok(value),
        Some(rest) => Err(format!("eval: unexpected \"{}\"", excerpt(rest))),
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    variables: &'a Variables,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<Value, String> {
        let mut left = self.product()?;
        loop {
            self.blanks();
            let Some(&op @ (b'.' | b'+' | b'-')) = self.text.get(self.at) else { return Ok(left) };
            self.at += 1;
            let right = self.product()?;
            left = match op {
                b'.' => Value::text([left.bytes(), right.bytes()].concat()),
                b'+' => number_of(number(&left)?.checked_add(number(&right)?)),
                _ => number_of(number(&left)?.checked_sub(number(&right)?)),
            };
        }
    }

    fn product(&mut self) -> Result<Value, String> {
        let mut left = self.primary()?;
        loop {
            self.blanks();
            if self.eat(b'*') {
                left = number_of(number(&left)?.checked_mul(number(&self.primary()?)?));
            } else if self.peek() == Some(b'x') && !self.word_follows(1) {
                self.at += 1;
                let times = number(&self.primary()?)?;
                let bytes = left.bytes();
                if times as usize * bytes.len() > 64 << 20 {
                    return Err("eval: more than 64 MiB".to_owned());
                }
                left = Value::Text(bytes.repeat(times as usize));
            } else {
                return Ok(left);
            }
        }
    }

    fn primary(&mut self) -> Result<Value, String> {
        self.blanks();
        let Some(c) = self.peek() else { return Err("eval: nothing to evaluate".to_owned()) };
        match c {
            b'\'' | b'"' => {
                self.at += 1;
                let raw = self.delimited(c)?;
                self.string(&raw, c == b'"')
            }
            b'[' => self.list(b']').map(Value::List),
            b'(' => {
                let mut items = self.list(b')')?;
                if items.len() == 1 { Ok(items.remove(0)) } else { Ok(Value::List(items)) }
            }
            b'$' => self.variable(),
            b'0'..=b'9' => {
                let from = self.at;
                while self.peek().is_some_and(|c| c.is_ascii_digit() || c == b'_') {
                    self.at += 1;
                }
                let digits = self.text[from..self.at].iter().copied().filter(|&c| c != b'_');
                Ok(Value::Text(digits.collect()))
            }
            _ => self.quote_word(),
        }
    }

    /// `q…`, `qq…`, `qr…` with any delimiter.
    fn quote_word(&mut self) -> Result<Value, String> {
        let rest = &self.text[self.at..];
        let word: &[u8] = if rest.starts_with(b"qq") {
            b"qq"
        } else if rest.starts_with(b"qr") {
            b"qr"
        } else if rest.starts_with(b"q") {
            b"q"
        } else {
            return Err(format!("eval: only literals are understood, not \"{}\"", excerpt(rest)));
        };
        self.at += word.len();
        self.blanks();
        let Some(open) = self.peek().filter(|c| c.is_ascii_punctuation()) else {
            return Err(format!("eval: only literals are understood, not \"{}\"", excerpt(rest)));
        };
        self.at += 1;
        let raw = self.delimited(open)?;
        if word != b"qr" {
            return self.string(&raw, word == b"qq");
        }
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_lowercase()) {
            self.at += 1;
        }
        let flags = String::from_utf8_lossy(&self.text[from..self.at]).into_owned();
        let mut source = String::new();
        let text = String::from_utf8_lossy(&raw).into_owned();
        let mut rest = text.as_str();
        while let Some(at) = rest.find('$') {
            source.push_str(&rest[..at]);
            rest = &rest[at..];
            let taken = if rest.starts_with("$::") || rest.starts_with("$ENV{") {
                let (value, length) = self.interpolate(rest)?;
                source.push_str(&String::from_utf8_lossy(&value));
                length
            } else {
                source.push('$');
                1
            };
            rest = &rest[taken..];
        }
        source.push_str(rest);
        let pattern = Pattern { source, flags };
        pattern.compile()?;
        Ok(Value::Pattern(pattern))
    }

    fn list(&mut self, close: u8) -> Result<Vec<Value>, String> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.blanks();
            if self.eat(close) {
                return Ok(items);
            }
            items.push(self.sum()?);
            self.blanks();
            if self.text[self.at..].starts_with(b"=>") {
                self.at += 2;
            } else if !self.eat(b',') && self.peek() != Some(close) {
                let rest = &self.text[self.at..];
                return Err(format!("eval: expected \",\" before \"{}\"", excerpt(rest)));
            }
        }
    }

    /// The bytes up to the delimiter that closes `open`, escapes left as they are.
    fn delimited(&mut self, open: u8) -> Result<Vec<u8>, String> {
        let close = match open {
            b'{' => b'}',
            b'[' => b']',
            b'(' => b')',
            b'<' => b'>',
            c => c,
        };
        let mut depth = 1;
        let mut raw = Vec::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            if c == b'\\' {
                let Some(next) = self.peek() else { break };
                self.at += 1;
                // An escaped delimiter is the delimiter, unless it means something by itself.
                if next != close || !b"/!,#~%".contains(&close) {
                    raw.push(c);
                }
                raw.push(next);
                continue;
            }
            if c == close {
                depth -= 1;
                if depth == 0 {
                    return Ok(raw);
                }
            } else if c == open {
                depth += 1;
            }
            raw.push(c);
        }
        Err(format!("eval: no closing {}", close as char))
    }

    fn string(&self, raw: &[u8], interpolated: bool) -> Result<Value, String> {
        let mut out = Vec::with_capacity(raw.len());
        let mut at = 0;
        while let Some(&c) = raw.get(at) {
            at += 1;
            if c == b'\\' && at < raw.len() {
                if interpolated {
                    at += escape(&raw[at..], &mut out)?;
                } else {
                    if !matches!(raw[at], b'\\' | b'\'') {
                        out.push(b'\\');
                    }
                    out.push(raw[at]);
                    at += 1;
                }
            } else if c == b'$' && interpolated {
                let rest = String::from_utf8_lossy(&raw[at - 1..]).into_owned();
                let (value, length) = self.interpolate(&rest)?;
                out.extend(value);
                at += length - 1;
            } else {
                out.push(c);
            }
        }
        Ok(Value::Text(out))
    }

    fn variable(&mut self) -> Result<Value, String> {
        let rest = String::from_utf8_lossy(&self.text[self.at..]).into_owned();
        let (name, length) = variable_name(&rest);
        if name.is_empty() {
            return Err(format!("eval: unexpected \"{}\"", excerpt(rest.as_bytes())));
        }
        self.at += length;
        if rest.starts_with("$ENV{") || name.starts_with("TEST_NGINX_") {
            return Ok(Value::text(format!("${name}")));
        }
        self.lookup(&name).cloned()
    }

    /// The value that `$…` at the start of `text` stands for, and the length of what was read.
    fn interpolate(&self, text: &str) -> Result<(Vec<u8>, usize), String> {
        let (name, length) = variable_name(text);
        if name.is_empty() {
            return Ok((b"$".to_vec(), 1));
        }
        if text.starts_with("$ENV{") || name.starts_with("TEST_NGINX_") {
            return Ok((format!("${name}").into_bytes(), length));
        }
        Ok((self.lookup(&name)?.bytes(), length))
    }

    fn lookup(&self, name: &str) -> Result<&Value, String> {
        self.variables.get(name).ok_or_else(|| format!("eval: unknown variable \"${name}\""))
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn eat(&mut self, c: u8) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn word_follows(&self, skip: usize) -> bool {
        self.text.get(self.at + skip).is_some_and(|c| c.is_ascii_alphabetic() || *c == b'_')
    }

    fn blanks(&mut self) {
        while let Some(c) = self.peek() {
            if c == b'#' {
                while self.peek().is_some_and(|c| c != b'\n') {
                    self.at += 1;
                }
            } else if c.is_ascii_whitespace() {
                self.at += 1;
            } else {
                return;
            }
        }
    }
}

/// The name after a `$`, of `$::Name`, `${Name}`, `$ENV{Name}` or `$Name`, and how long it was.
fn variable_name(text: &str) -> (String, usize) {
    let word = |s: &str| -> usize {
        s.bytes().take_while(|c| c.is_ascii_alphanumeric() || *c == b'_').count()
    };
    for (open, close) in [("$ENV{", "}"), ("${", "}"), ("$::", ""), ("$", "")] {
        let Some(rest) = text.strip_prefix(open) else { continue };
        let length = word(rest);
        if length > 0 && rest[length..].starts_with(close) {
            return (rest[..length].to_owned(), open.len() + length + close.len());
        }
    }
    (String::new(), 0)
}

/// The bytes of a text with the escapes of a Perl string.
pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let (raw, mut out, mut at) = (text.as_bytes(), Vec::new(), 0);
    while let Some(&c) = raw.get(at) {
        at += 1;
        match c {
            b'\\' if at < raw.len() => at += escape(&raw[at..], &mut out)?,
            _ => out.push(c),
        }
    }
    Ok(out)
}

/// Writes what the escape after a backslash means; returns how many bytes of `rest` it took.
fn escape(rest: &[u8], out: &mut Vec<u8>) -> Result<usize, String> {
    let c = rest[0];
    if c == b'x' {
        let braced = rest.get(1) == Some(&b'{');
        let digits: String = rest[1 + usize::from(braced)..]
            .iter()
            .take(if braced { 6 } else { 2 })
            .take_while(|c| c.is_ascii_hexdigit())
            .map(|&c| c as char)
            .collect();
        let code = u32::from_str_radix(&digits, 16).unwrap_or(0);
        match u8::try_from(code) {
            Ok(byte) => out.push(byte),
            Err(_) => {
                let c = char::from_u32(code).ok_or("eval: bad character in \\x{}")?;
                out.extend(c.to_string().bytes());
            }
        }
        return Ok(1 + digits.len() + 2 * usize::from(braced));
    }
    out.push(match c {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'0' => 0,
        b'a' => 7,
        b'e' => 27,
        b'f' => 12,
        other => other,
    });
    Ok(1)
}

fn number(value: &Value) -> Result<u64, String> {
    let text = value.lossy();
    text.trim().parse().map_err(|_| format!("eval: \"{text}\" is not a number"))
}

fn number_of(n: Option<u64>) -> Value {
    Value::text(n.unwrap_or(0).to_string())
}

fn excerpt(rest: &[u8]) -> String {
    let text = String::from_utf8_lossy(rest);
    text.lines().next().unwrap_or("").chars().take(40).collect()
}
