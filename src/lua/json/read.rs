//! Texts of JSON as values of Lua.

use mlua::{Lua, Table, Value};

pub struct Reader<'a> {
    lua: &'a Lua,
    text: &'a [u8],
    at: usize,
    depth: usize,
    most: usize,
    /// The metatable that arrays get.
    array: Option<Table>,
    /// NaN, infinity and numbers in hexadecimal are read, too.
    invalid: bool,
}

#[derive(Clone, PartialEq, Debug)]
enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    String(Vec<u8>),
    Number(f64),
    Boolean(bool),
    Null,
    Colon,
    Comma,
    End,
    Bad(&'static str),
}

impl Token {
    fn name(&self) -> &'static str {
        match self {
            Self::ObjectBegin => "T_OBJ_BEGIN",
            Self::ObjectEnd => "T_OBJ_END",
            Self::ArrayBegin => "T_ARR_BEGIN",
            Self::ArrayEnd => "T_ARR_END",
            Self::String(_) => "T_STRING",
            Self::Number(_) => "T_NUMBER",
            Self::Boolean(_) => "T_BOOLEAN",
            Self::Null => "T_NULL",
            Self::Colon => "T_COLON",
            Self::Comma => "T_COMMA",
            Self::End => "T_END",
            Self::Bad(why) => why,
        }
    }
}

type Read = Result<Value, String>;

impl<'a> Reader<'a> {
    /// `most`: how many arrays and objects may be in one another.
    pub fn new(
        lua: &'a Lua,
        text: &'a [u8],
        most: usize,
        array: Option<Table>,
        invalid: bool,
    ) -> Self {
        Self { lua, text, at: 0, depth: 0, most, array, invalid }
    }

    pub fn whole(mut self) -> Read {
        let value = self.value()?;
        match self.token() {
            (Token::End, _) => Ok(value),
            (other, at) => Err(expected("the end", &other, at)),
        }
    }

    fn value(&mut self) -> Read {
        let (token, at) = self.token();
        self.value_of(token, at)
    }

    fn value_of(&mut self, token: Token, at: usize) -> Read {
        match token {
            Token::String(text) => self.string(&text).map(Value::String),
            Token::Number(it) => Ok(Value::Number(it)),
            Token::Boolean(it) => Ok(Value::Boolean(it)),
            Token::Null => Ok(Value::NULL),
            Token::ArrayBegin => self.array(at),
            Token::ObjectBegin => self.object(at),
            other => Err(expected("value", &other, at)),
        }
    }

    fn string(&self, text: &[u8]) -> Result<mlua::LuaString, String> {
        self.lua.create_string(text).map_err(|e| e.to_string())
    }

    fn table(&mut self, at: usize) -> Result<Table, String> {
        self.depth += 1;
        if self.depth > self.most {
            let depth = self.depth;
            return Err(format!(
                "Found too many nested data structures ({depth}) at character {at}"
            ));
        }
        self.lua.create_table().map_err(|e| e.to_string())
    }

    fn array(&mut self, at: usize) -> Read {
        let table = self.table(at)?;
        if let Some(meta) = &self.array {
            table.set_metatable(Some(meta.clone())).map_err(|e| e.to_string())?;
        }
        let (mut token, mut place) = self.token();
        if token == Token::ArrayEnd {
            self.depth -= 1;
            return Ok(Value::Table(table));
        }
        loop {
            let value = self.value_of(token, place)?;
            table.raw_push(value).map_err(|e| e.to_string())?;
            match self.token() {
                (Token::ArrayEnd, _) => break,
                (Token::Comma, _) => {}
                (other, at) => return Err(expected("comma or array end", &other, at)),
            }
            (token, place) = self.token();
        }
        self.depth -= 1;
        Ok(Value::Table(table))
    }

    fn object(&mut self, at: usize) -> Read {
        let table = self.table(at)?;
        let (mut token, mut place) = self.token();
        if token == Token::ObjectEnd {
            self.depth -= 1;
            return Ok(Value::Table(table));
        }
        loop {
            let Token::String(key) = token else {
                return Err(expected("object key string", &token, place));
            };
            match self.token() {
                (Token::Colon, _) => {}
                (other, at) => return Err(expected("colon", &other, at)),
            }
            let value = self.value()?;
            let key = self.string(&key)?;
            table.raw_set(key, value).map_err(|e| e.to_string())?;
            match self.token() {
                (Token::ObjectEnd, _) => break,
                (Token::Comma, _) => {}
                (other, at) => return Err(expected("comma or object end", &other, at)),
            }
            (token, place) = self.token();
        }
        self.depth -= 1;
        Ok(Value::Table(table))
    }

    /// The next token, and the number of its first byte, from 1.
    fn token(&mut self) -> (Token, usize) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        let place = self.at + 1;
        let Some(&byte) = self.text.get(self.at) else { return (Token::End, place) };
        let single = match byte {
            b'{' => Some(Token::ObjectBegin),
            b'}' => Some(Token::ObjectEnd),
            b'[' => Some(Token::ArrayBegin),
            b']' => Some(Token::ArrayEnd),
            b':' => Some(Token::Colon),
            b',' => Some(Token::Comma),
            _ => None,
        };
        if let Some(token) = single {
            self.at += 1;
            return (token, place);
        }
        if byte == b'"' {
            return match self.text_token() {
                Ok(text) => (Token::String(text), place),
                Err((why, at)) => (Token::Bad(why), at + 1),
            };
        }
        for (word, token) in [
            (&b"true"[..], Token::Boolean(true)),
            (b"false", Token::Boolean(false)),
            (b"null", Token::Null),
        ] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return (token, place);
            }
        }
        match self.number().or_else(|| self.invalid_number()) {
            Some(number) => (Token::Number(number), place),
            None => (Token::Bad("invalid token"), place),
        }
    }

    fn number(&mut self) -> Option<f64> {
        let rest = &self.text[self.at..];
        let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        let len = rest.iter().take_while(|byte| is_part(byte)).count();
        // It goes on as one in hexadecimal.
        if rest.get(len).is_some_and(u8::is_ascii_alphabetic) {
            return None;
        }
        let text = str::from_utf8(&rest[..len]).ok()?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        let number = text.parse().ok()?;
        self.at += len;
        Some(number)
    }

    /// What is no number in JSON, and one in C.
    fn invalid_number(&mut self) -> Option<f64> {
        let rest = &self.text[self.at..];
        let len =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(byte));
        let len = len.count();
        let word = str::from_utf8(&rest[..len]).ok().filter(|_| self.invalid)?.to_ascii_lowercase();
        let (sign, word) = match word.strip_prefix('-') {
            Some(rest) => (-1.0, rest),
            None => (1.0, word.strip_prefix('+').unwrap_or(&word)),
        };
        let number = match word {
            "nan" => f64::NAN,
            "inf" | "infinity" => f64::INFINITY,
            _ => u64::from_str_radix(word.strip_prefix("0x")?, 16).ok()? as f64,
        };
        self.at += len;
        Some(sign * number)
    }

    /// A string and its escapes. Error: why, and at which byte.
    fn text_token(&mut self) -> Result<Vec<u8>, (&'static str, usize)> {
        let start = self.at;
        self.at += 1;
        let mut out = vec![];
        loop {
            let at = self.at;
            match self.text.get(at) {
                None => return Err(("unexpected end of string", start)),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    let escaped = self.text.get(at + 1).copied();
                    let byte = match escaped {
                        Some(b'u') => {
                            let (letter, len) =
                                self.unicode(at).ok_or(("invalid unicode escape code", at))?;
                            let mut bytes = [0; 4];
                            out.extend_from_slice(letter.encode_utf8(&mut bytes).as_bytes());
                            self.at += len;
                            continue;
                        }
                        Some(b'n') => b'\n',
                        Some(b't') => b'\t',
                        Some(b'r') => b'\r',
                        Some(b'b') => 0x08,
                        Some(b'f') => 0x0c,
                        Some(other @ (b'"' | b'\\' | b'/')) => other,
                        _ => return Err(("invalid escape code", at)),
                    };
                    out.push(byte);
                    self.at += 2;
                }
                Some(&byte) => {
                    out.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    /// `\u00e9`, or two that make one letter; how many bytes it takes.
    fn unicode(&self, at: usize) -> Option<(char, usize)> {
        let first = self.unit(at)?;
        if !(0xd800..0xe000).contains(&first) {
            return Some((char::from_u32(first)?, 6));
        }
        let second = self.unit(at + 6).filter(|it| (0xdc00..0xe000).contains(it))?;
        if first >= 0xdc00 {
            return None;
        }
        let letter = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        Some((char::from_u32(letter)?, 12))
    }

    fn unit(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let all_hex = digits.iter().all(u8::is_ascii_hexdigit);
        let text = str::from_utf8(digits).ok().filter(|_| all_hex)?;
        u32::from_str_radix(text, 16).ok()
    }
}

fn expected(what: &str, found: &Token, at: usize) -> String {
    format!("Expected {what} but found {} at character {at}", found.name())
}
