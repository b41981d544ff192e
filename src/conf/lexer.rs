//! Words of nginx.conf: bytes separated by blanks, with quotes, escapes and comments, ended by `;`, `{` or `}`.

/// One token: the words up to what ended them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Token {
    /// Words and `;`.
    Line(Vec<Word>),
    /// Words and `{`.
    Open(Vec<Word>),
    Close,
    End,
}

pub type Word = Box<[u8]>;

/// Reads one file. A failed `token` leaves it where the error is.
#[derive(Debug)]
pub struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// Of the byte read last, from 1.
    pub line: u32,
}

/// What is wrong with the text; the line is the lexer's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadText {
    Unexpected(u8),
    /// In the middle of a line or of quotes.
    End,
    /// In the middle of a long bracket of Lua with that many `=`.
    LongBracket(usize),
    /// A word of `LONGEST` bytes or more; the lexer's line is where it began.
    TooLong {
        quote: Option<u8>,
        start: [u8; 10],
    },
}

/// nginx reads words into a buffer of this size. A forgotten quote is found so, near its place.
const LONGEST: usize = 4096;

/// How a word began, and so how it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Bare,
    Quoted(u8),
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        // An editor's byte order mark says nothing here.
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        Self { text, at: 0, line: 1 }
    }

    pub fn token(&mut self) -> Result<Token, BadText> {
        let mut words = Vec::new();
        loop {
            let Some(byte) = self.bump() else {
                return if words.is_empty() { Ok(Token::End) } else { Err(BadText::End) };
            };
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b';' | b'{' if words.is_empty() => return Err(BadText::Unexpected(byte)),
                b';' => return Ok(Token::Line(words)),
                b'{' => return Ok(Token::Open(words)),
                b'}' if words.is_empty() => return Ok(Token::Close),
                b'}' => return Err(BadText::Unexpected(byte)),
                b'#' => self.comment(),
                b'"' | b'\'' => {
                    words.push(self.word(Style::Quoted(byte))?);
                    match self.bump() {
                        Some(b' ' | b'\t' | b'\r' | b'\n') => {}
                        Some(b';') => return Ok(Token::Line(words)),
                        Some(b'{') => return Ok(Token::Open(words)),
                        // As in `if ($x = "y")`: the bracket is a word, or begins one.
                        Some(b')') => self.at -= 1,
                        Some(other) => return Err(BadText::Unexpected(other)),
                        None => return Err(BadText::End),
                    }
                }
                _ => {
                    self.at -= 1;
                    words.push(self.word(Style::Bare)?);
                }
            }
        }
    }

    /// The text of a block of Lua up to the brace that closes it, which is consumed. Braces in strings, in long
    /// brackets and in comments are not counted.
    pub fn lua_block(&mut self) -> Result<Word, BadText> {
        let start = self.at;
        let mut depth = 1;
        loop {
            match self.bump().ok_or(BadText::End)? {
                b'{' => depth += 1,
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(self.text[start..self.at - 1].into());
                    }
                }
                quote @ (b'"' | b'\'') => self.lua_string(quote)?,
                b'[' => {
                    if let Some(level) = self.long_bracket() {
                        self.pass_long_bracket(level)?;
                    }
                }
                b'-' if self.text.get(self.at) == Some(&b'-') => {
                    self.at += 1;
                    let is_open = self.text.get(self.at) == Some(&b'[');
                    self.at += usize::from(is_open);
                    match self.long_bracket().filter(|_| is_open) {
                        Some(level) => self.pass_long_bracket(level)?,
                        None => self.comment(),
                    }
                }
                _ => {}
            }
        }
    }

    /// To the quote that ends a string of Lua, or to the end of its line.
    fn lua_string(&mut self, quote: u8) -> Result<(), BadText> {
        loop {
            match self.bump().ok_or(BadText::End)? {
                b'\\' => drop(self.bump()),
                b'\n' => return Ok(()),
                byte if byte == quote => return Ok(()),
                _ => {}
            }
        }
    }

    /// Behind a `[`: passes over `=` and `[` if they make it a long bracket, and returns how many `=` there are.
    fn long_bracket(&mut self) -> Option<usize> {
        let rest = self.text.get(self.at..)?;
        let level = rest.iter().take_while(|&&byte| byte == b'=').count();
        if rest.get(level) != Some(&b'[') {
            return None;
        }
        self.at += level + 1;
        Some(level)
    }

    /// To the end of what a long bracket of this level has opened.
    fn pass_long_bracket(&mut self, level: usize) -> Result<(), BadText> {
        loop {
            if self.bump().ok_or(BadText::LongBracket(level))? != b']' {
                continue;
            }
            let rest = &self.text[self.at..];
            let equal = rest.iter().take_while(|&&byte| byte == b'=').count();
            if equal == level && rest.get(level) == Some(&b']') {
                self.at += level + 1;
                return Ok(());
            }
        }
    }

    /// Up to the closing quote, which is consumed, or to what ends a bare word, which is not.
    fn word(&mut self, style: Style) -> Result<Word, BadText> {
        let (start, line) = (self.at, self.line);
        let mut variable = false;
        loop {
            if self.at - start >= LONGEST {
                self.line = line;
                let quote = match style {
                    Style::Quoted(quote) => Some(quote),
                    Style::Bare => None,
                };
                let mut beginning = [0; 10];
                beginning.copy_from_slice(&self.text[start..start + 10]);
                return Err(BadText::TooLong { quote, start: beginning });
            }
            let Some(byte) = self.bump() else {
                return Err(BadText::End);
            };
            // The brace of `${name}` opens no block.
            if std::mem::take(&mut variable) && byte == b'{' {
                continue;
            }
            match byte {
                b'\\' => {
                    self.bump();
                }
                b'$' => variable = true,
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' if style == Style::Bare => {
                    self.at -= 1;
                    if byte == b'\n' {
                        self.line -= 1;
                    }
                    return Ok(unescape(&self.text[start..self.at]));
                }
                _ if style == Style::Quoted(byte) => {
                    return Ok(unescape(&self.text[start..self.at - 1]));
                }
                _ => {}
            }
        }
    }

    fn comment(&mut self) {
        while self.bump().is_some_and(|byte| byte != b'\n') {}
    }

    fn bump(&mut self) -> Option<u8> {
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        if byte == b'\n' {
            self.line += 1;
        }
        Some(byte)
    }
}

/// `\"`, `\'`, `\\`, `\t`, `\r`, `\n` are one byte; before anything else a backslash is itself.
fn unescape(text: &[u8]) -> Word {
    let mut word = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        let next = bytes.as_slice().first().copied();
        let meant = match next {
            Some(quote @ (b'"' | b'\'' | b'\\')) => Some(quote),
            Some(b't') => Some(b'\t'),
            Some(b'r') => Some(b'\r'),
            Some(b'n') => Some(b'\n'),
            _ => None,
        };
        match meant {
            Some(meant) if byte == b'\\' => {
                word.push(meant);
                bytes.next();
            }
            _ => word.push(byte),
        }
    }
    word.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_lua() {
        let block = |text: &str| {
            let mut lexer = Lexer::new(text.as_bytes());
            let block = lexer.lua_block().map(|it| String::from_utf8_lossy(&it).into_owned());
            (block, lexer.line)
        };
        let whole = |text: &str, line| {
            assert_eq!(block(&format!("{text}}} x")), (Ok(text.to_owned()), line))
        };
        whole(" a = {1, {2}}\n b = 3 ", 2);
        whole("a = \"}\" .. '{' .. \"\\\"}\"", 1);
        whole("a = [[ } ]] .. [==[ ]] } ]==] b[c[1]] = {}", 1);
        whole("-- it's a } here\n a = 1 --[[ }\n' ]] --[=[ ]] } ]=]\n", 4);
        whole("a = b - -c --[ }\n", 2);
        for text in ["a = {", "'}", "-- }"] {
            assert_eq!(block(text).0, Err(BadText::End), "{text}");
        }
        for (text, level) in [("[[ }", 0), ("--[=[ ]] } ", 1)] {
            assert_eq!(block(text).0, Err(BadText::LongBracket(level)), "{text}");
        }
    }

    fn tokens(text: &str) -> Result<String, (BadText, u32)> {
        let mut lexer = Lexer::new(text.as_bytes());
        let mut out = String::new();
        let join = |words: &[Word]| {
            let words = words.iter().map(|word| String::from_utf8_lossy(word).into_owned());
            words.collect::<Vec<_>>().join("|")
        };
        loop {
            match lexer.token().map_err(|e| (e, lexer.line))? {
                Token::Line(words) => out += &format!("{};", join(&words)),
                Token::Open(words) => out += &format!("{}{{", join(&words)),
                Token::Close => out.push('}'),
                Token::End => return Ok(out),
            }
        }
    }

    #[test]
    fn words() {
        assert_eq!(tokens("a b  c;\n").unwrap(), "a|b|c;");
        assert_eq!(tokens("a{b c;}# d\n e ;").unwrap(), "a{b|c;}e;");
        assert_eq!(tokens(r#"a "b c" 'd"e' "";"#).unwrap(), "a|b c|d\"e|;");
        assert_eq!(tokens(r#"a "\"\t\x" b\ c \;d;"#).unwrap(), "a|\"\t\\x|b\\ c|\\;d;");
        assert_eq!(tokens("a ${b}c $d{e;}").unwrap(), "a|${b}c|$d{e;}");
        assert_eq!(tokens("a b#c;").unwrap(), "a|b#c;");
        assert_eq!(tokens("a\"b c\";").unwrap(), "a\"b|c\";");
        assert_eq!(tokens("if ($a = \"b\") {}").unwrap(), "if|($a|=|b|){}");
        assert_eq!(tokens("").unwrap(), "");
        assert_eq!(tokens("a b'c;").unwrap(), "a|b'c;");
    }

    #[test]
    fn wrong_text() {
        assert_eq!(tokens("a;\n;"), Err((BadText::Unexpected(b';'), 2)));
        assert_eq!(tokens("{"), Err((BadText::Unexpected(b'{'), 1)));
        assert_eq!(tokens("a }"), Err((BadText::Unexpected(b'}'), 1)));
        assert_eq!(tokens("a \"b\"c;"), Err((BadText::Unexpected(b'c'), 1)));
        assert_eq!(tokens("a\nb"), Err((BadText::End, 2)));
        assert_eq!(tokens("a\n\"b\n\n"), Err((BadText::End, 4)));
        assert_eq!(tokens("a b\\"), Err((BadText::End, 1)));
    }

    #[test]
    fn long_words() {
        let word = |length: usize| "x".repeat(length);
        assert!(tokens(&format!("a {};", word(4095))).is_ok());
        let start = *b"xxxxxxxxxx";
        let long = tokens(&format!("a\n{};", word(4096)));
        assert_eq!(long, Err((BadText::TooLong { quote: None, start }, 2)));
        let long = tokens(&format!("a\n\"{}\n\n\";", word(4096)));
        assert_eq!(long, Err((BadText::TooLong { quote: Some(b'"'), start }, 2)));
    }

    #[test]
    fn any_bytes_end() {
        let alphabet = b"a;{}\"'\\$#) \n\xff";
        let mut state = 7u32;
        for _ in 0..2000 {
            let text: Vec<u8> = (0..12)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    alphabet[(state >> 16) as usize % alphabet.len()]
                })
                .collect();
            let mut lexer = Lexer::new(&text);
            while lexer.token().is_ok_and(|token| token != Token::End) {}
        }
    }
}
