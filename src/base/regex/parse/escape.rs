//! What begins with a backslash.

use super::super::ast::{Assert, GroupName, Node};
use super::super::set::{self, Mode, NEWLINE, Set};
use super::{Item, Parser, SyntaxError};

/// What a backslash and what follows it mean in a class and outside alike.
pub(super) enum Escaped {
    Char(u32),
    Set(Set),
    /// A letter that means something else outside a class, or nothing.
    Letter(u8),
}

const SPACES: &str = "spaces in \\x{} and \\o{} are read differently by versions of PCRE";

impl Parser<'_> {
    /// Outside a class, behind the backslash.
    pub(super) fn escape(&mut self) -> Result<Item, SyntaxError> {
        if matches!(self.peek(), Some(b'1'..=b'9')) {
            return self.digits();
        }
        let letter = match self.escaped()? {
            Escaped::Char(c) => return Ok(Item::of(self.literal(c))),
            Escaped::Set(set) => return Ok(Item::of(self.one(set))),
            Escaped::Letter(letter) => letter,
        };
        let assert = |assert| Item::fixed(Node::Assert(assert));
        Ok(match letter {
            b'A' | b'G' => assert(Assert::Start),
            b'z' => assert(Assert::End),
            b'Z' => assert(Assert::EndOrNewline),
            b'b' => assert(Assert::WordEdge),
            b'B' => assert(Assert::NotWordEdge),
            b'K' if self.looks > 0 => {
                return Err(self.error("\\K is not allowed in lookarounds"));
            }
            b'K' => Item::fixed(Node::Keep),
            b'N' if self.rest().starts_with(b"{") && !self.has_quantifier() => {
                return Err(self.error("\\N{name} is not supported"));
            }
            b'N' => Item::of(Node::One(Set::char(NEWLINE).not(self.mode))),
            b'R' => Item::of(self.line_break()),
            b'X' | b'C' if self.mode == Mode::Utf => {
                let letter = char::from(letter);
                return Err(self.error(format!("\\{letter} is not supported with (*UTF)")));
            }
            b'C' => Item::of(Node::One(Set::all(self.mode))),
            b'X' => {
                let crlf = Node::sequence(vec![self.plain(0x0d), self.plain(0x0a)]);
                let any = Node::One(Set::all(self.mode));
                Item::of(Node::Atomic(Box::new(Node::choice(vec![crlf, any]))))
            }
            b'g' => self.g_reference()?,
            b'k' => {
                let name = self.delimited_name("\\k is not followed by a name")?;
                Item::of(self.back(GroupName::Name(name)))
            }
            b'L' | b'l' | b'U' | b'u' => {
                return Err(
                    self.error("PCRE2 does not support \\F, \\L, \\l, \\N{name}, \\U, or \\u")
                );
            }
            _ => return Err(self.unknown_escape()),
        })
    }

    /// What means the same in a class and outside it; `\1` to `\9` are not among it.
    pub(super) fn escaped(&mut self) -> Result<Escaped, SyntaxError> {
        let Some(c) = self.character() else {
            return Err(self.error("\\ at end of pattern"));
        };
        let Ok(byte @ (b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z')) = u8::try_from(c) else {
            return Ok(Escaped::Char(c));
        };
        if let Some(set) = set::escaped(byte, self.mode) {
            return Ok(Escaped::Set(set));
        }
        Ok(Escaped::Char(match byte {
            b'a' => 0x07,
            b'e' => 0x1b,
            b'f' => 0x0c,
            b'n' => 0x0a,
            b'r' => 0x0d,
            b't' => 0x09,
            b'c' => match self.character() {
                Some(c @ 0x20..=0x7e) => u32::from((c as u8).to_ascii_uppercase() ^ 0x40),
                Some(_) => {
                    let reason = "\\c must be followed by a printable ASCII character";
                    return Err(self.error(reason));
                }
                None => return Err(self.error("\\c at end of pattern")),
            },
            b'0' => self.radix(8, 2)?,
            b'o' => match self.eat(b"{") {
                true => self.braced(8)?,
                false => return Err(self.error("missing opening brace after \\o")),
            },
            b'x' => match self.eat(b"{") {
                true => self.braced(16)?,
                false if !self.peek().is_some_and(|b| b.is_ascii_hexdigit()) => {
                    return Err(
                        self.error("digits missing after \\x or in \\x{} or \\o{} or \\N{U+}")
                    );
                }
                false => self.radix(16, 2)?,
            },
            b'p' | b'P' => return Ok(Escaped::Set(self.property(byte == b'P')?)),
            letter => return Ok(Escaped::Letter(letter)),
        }))
    }

    pub(super) fn unknown_escape(&self) -> SyntaxError {
        self.error("unrecognized character follows \\")
    }

    /// Up to `max` digits; 0 if there are none.
    pub(super) fn radix(&mut self, radix: u32, max: usize) -> Result<u32, SyntaxError> {
        let mut number = 0;
        for _ in 0..max {
            let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(radix)) else {
                break;
            };
            number = number * radix + digit;
            self.at += 1;
        }
        match number > 0xff && self.mode == Mode::Bytes {
            true => Err(self.error("octal value is greater than \\377 in 8-bit non-UTF-8 mode")),
            false => Ok(number),
        }
    }

    /// `{hhh}` or `{ooo}`, behind the opening brace.
    fn braced(&mut self, radix: u32) -> Result<u32, SyntaxError> {
        let start = self.at;
        if matches!(self.peek(), Some(b' ' | b'\t')) {
            return Err(self.error(SPACES));
        }
        let mut number: u32 = 0;
        while let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(radix)) {
            self.at += 1;
            number = number.saturating_mul(radix).saturating_add(digit);
            if number > self.mode.last() {
                let reason = "character code point value in \\x{} or \\o{} is too large";
                return Err(self.error(reason));
            }
        }
        let is_empty = self.at == start;
        match self.eat(b"}") {
            true if is_empty => {
                Err(self.error("digits missing after \\x or in \\x{} or \\o{} or \\N{U+}"))
            }
            true if self.mode == Mode::Utf && char::from_u32(number).is_none() => {
                Err(self.error("disallowed Unicode code point (>= 0xd800 && <= 0xdfff)"))
            }
            true => Ok(number),
            false if matches!(self.peek(), Some(b' ' | b'\t')) => Err(self.error(SPACES)),
            false if radix == 8 => {
                Err(self.error("non-octal character in \\o{} (closing brace missing?)"))
            }
            false => Err(self.error("non-hex character in \\x{} (closing brace missing?)")),
        }
    }

    /// `\pL`, `\p{Lu}`, `\p{^Lu}` and `\P`, behind the letter.
    fn property(&mut self, negated: bool) -> Result<Set, SyntaxError> {
        let name = match self.peek() {
            Some(b'{') => {
                let Some(len) = memchr::memchr(b'}', self.rest()) else {
                    return Err(self.error("malformed \\P or \\p sequence"));
                };
                let name = &self.rest()[1..len];
                self.at += len + 1;
                name
            }
            Some(_) => {
                self.at += 1;
                &self.pattern[self.at - 1..self.at]
            }
            None => return Err(self.error("malformed \\P or \\p sequence")),
        };
        let name = String::from_utf8_lossy(name);
        let loose = set::loose(&name);
        // PCRE2 10.43 and later: without case there is neither upper nor lower case.
        let known = match (&*loose, loose.strip_prefix('^')) {
            ("lu" | "ll" | "lt", _) if self.flags.caseless => "l&",
            (_, Some("lu" | "ll" | "lt")) if self.flags.caseless => "^l&",
            _ => &loose,
        };
        match Set::property(known, negated, self.mode) {
            Some(set) => Ok(set),
            None => Err(self.error(format!("unknown property \"{name}\" after \\P or \\p"))),
        }
    }

    /// A reference, or a character by its octal number, of which the first digit comes next.
    fn digits(&mut self) -> Result<Item, SyntaxError> {
        let first = self.peek();
        let digits = self.at;
        let number = self.number(u32::MAX - 1, "number is too big")?.unwrap_or(0) as usize;
        if number < 10 || matches!(first, Some(b'8' | b'9')) || number <= self.group {
            return Ok(Item::of(self.back(GroupName::Number(number))));
        }
        self.at = digits;
        let c = self.radix(8, 3)?;
        Ok(Item::of(self.literal(c)))
    }

    pub(super) fn back(&self, group: GroupName) -> Node {
        Node::Back(self.reference(group), self.flags.caseless)
    }

    /// `\R`: CRLF is not taken apart.
    fn line_break(&self) -> Node {
        let crlf = Node::sequence(vec![self.plain(0x0d), self.plain(0x0a)]);
        let one = match self.any_crlf {
            true => Set::of(&[(0x0a, 0x0a), (0x0d, 0x0d)]),
            false => set::escaped(b'v', self.mode).unwrap_or_default(),
        };
        Node::Atomic(Box::new(Node::choice(vec![crlf, Node::One(one.normalized())])))
    }

    fn plain(&self, c: u32) -> Node {
        Node::One(Set::char(c))
    }

    fn has_quantifier(&self) -> bool {
        let end = memchr::memchr(b'}', self.rest()).unwrap_or(1);
        self.rest()[1..end].iter().all(|b| b.is_ascii_digit() || *b == b',') && end > 1
    }

    /// `\g1`, `\g{-1}`, `\g{name}`; and the calls `\g<1>`, `\g'name'`.
    fn g_reference(&mut self) -> Result<Item, SyntaxError> {
        let wrong = "a numbered reference must not be zero";
        let close = match self.peek() {
            Some(b'<') => b">",
            Some(b'\'') => b"'",
            Some(b'{') => b"}",
            _ => {
                let Some(number) = self.relative()? else {
                    let reason = "\\g is not followed by a braced, angle-bracketed, or quoted \
                                  name/number or by a plain number";
                    return Err(self.error(reason));
                };
                return match number {
                    0 => Err(self.error(wrong)),
                    number => Ok(Item::of(self.back(GroupName::Number(number)))),
                };
            }
        };
        let is_call = close != b"}";
        self.at += 1;
        let group = match self.relative()? {
            Some(0) if is_call => return Err(self.recursion()),
            Some(0) => return Err(self.error(wrong)),
            Some(number) => GroupName::Number(number),
            None => GroupName::Name(self.name()?),
        };
        if !self.eat(close) {
            let reason = "\\g is not followed by a braced, angle-bracketed, or quoted \
                          name/number or by a plain number";
            return Err(self.error(reason));
        }
        Ok(Item::of(match is_call {
            true => Node::Call(self.reference(group)),
            false => self.back(group),
        }))
    }
}
