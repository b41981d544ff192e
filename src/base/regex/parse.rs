//! PCRE's pattern syntax (pcre2pattern(3)), as PCRE2 reads it without options but caseless.
//!
//! What no engine here can do is an error by name, so that no pattern matches other than it would in nginx.

mod class;
mod escape;
mod group;
mod verb;

use super::ast::{Assert, GroupName, Node, Reference};
use super::set::{Mode, NEWLINE, Set};

/// Why a pattern is refused and the offset at which reading stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    pub reason: Box<str>,
    pub at: usize,
}

/// A pattern that was read. References may still be to groups that do not exist.
#[derive(Debug)]
pub struct Parsed {
    pub node: Node,
    pub mode: Mode,
    /// The number of the last group.
    pub groups: usize,
    /// In the order of the pattern.
    pub names: Vec<(Box<str>, usize)>,
}

pub fn parse(pattern: &[u8], caseless: bool) -> Result<Parsed, SyntaxError> {
    let mut parser = Parser::new(pattern, caseless);
    parser.start_options()?;
    if parser.mode == Mode::Utf && std::str::from_utf8(pattern).is_err() {
        return Err(parser.error("UTF-8 error: the pattern is not UTF-8"));
    }
    let node = parser.choice(Numbers::Consecutive)?;
    if parser.at < pattern.len() {
        return Err(parser.error("unmatched closing parenthesis"));
    }
    let Parser { mode, last_group: groups, names, .. } = parser;
    Ok(Parsed { node, mode, groups, names })
}

/// As in PCRE2: parentheses inside one another.
const MAX_DEPTH: u32 = 250;
/// As in PCRE2: `{n}`.
const MAX_REPEAT: u32 = 65_535;

/// `(?imsxxnU)`.
#[derive(Clone, Copy, Default, Debug)]
struct Flags {
    caseless: bool,
    multi_line: bool,
    dot_all: bool,
    extended: bool,
    /// `(?xx)`: also blanks and tabs in a class are ignored.
    extended_more: bool,
    /// `(?n)`: plain parentheses do not capture.
    no_capture: bool,
    /// `(?U)`: a quantifier is lazy unless `?` follows.
    ungreedy: bool,
}

/// How the alternatives of a group number the groups inside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Numbers {
    Consecutive,
    /// `(?|`: each alternative begins with the same number.
    Shared,
}

/// What stands between two quantifiers.
struct Item {
    node: Node,
    /// Whether a quantifier may follow.
    repeats: bool,
}

impl Item {
    fn of(node: Node) -> Self {
        Self { node, repeats: true }
    }

    fn fixed(node: Node) -> Self {
        Self { node, repeats: false }
    }
}

struct Parser<'a> {
    pattern: &'a [u8],
    at: usize,
    mode: Mode,
    flags: Flags,
    /// Inside `\Q...\E`.
    quoted: bool,
    /// `(*BSR_ANYCRLF)`: `\R` is CR, LF or CRLF alone.
    any_crlf: bool,
    /// The number of the latest group.
    group: usize,
    last_group: usize,
    names: Vec<(Box<str>, usize)>,
    depth: u32,
    /// Lookarounds around the current place.
    looks: u32,
}

impl<'a> Parser<'a> {
    fn new(pattern: &'a [u8], caseless: bool) -> Self {
        Self {
            pattern,
            at: 0,
            mode: Mode::Bytes,
            flags: Flags { caseless, ..Flags::default() },
            quoted: false,
            any_crlf: false,
            group: 0,
            last_group: 0,
            names: vec![],
            depth: 0,
            looks: 0,
        }
    }

    fn error(&self, reason: impl Into<Box<str>>) -> SyntaxError {
        SyntaxError { reason: reason.into(), at: self.at.min(self.pattern.len()) }
    }

    fn rest(&self) -> &'a [u8] {
        self.pattern.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn eat(&mut self, text: &[u8]) -> bool {
        let is_next = self.rest().starts_with(text);
        self.at += if is_next { text.len() } else { 0 };
        is_next
    }

    /// The next character: a byte, or what UTF-8 has there.
    fn character(&mut self) -> Option<u32> {
        let byte = self.peek()?;
        let text = match self.mode {
            Mode::Utf => self.rest().utf8_chunks().next().map_or("", |chunk| chunk.valid()),
            Mode::Bytes => "",
        };
        let c = text.chars().next();
        self.at += c.map_or(1, char::len_utf8);
        Some(c.map_or_else(|| byte.into(), u32::from))
    }

    /// The number at the front, if there is one, of at most `max`.
    fn number(&mut self, max: u32, too_big: &str) -> Result<Option<u32>, SyntaxError> {
        let digits = self.rest().iter().take_while(|b| b.is_ascii_digit()).count();
        let mut number: u32 = 0;
        for _ in 0..digits {
            let digit = self.peek().unwrap_or(b'0') - b'0';
            self.at += 1;
            number = number.saturating_mul(10).saturating_add(digit.into());
            if number > max {
                return Err(self.error(too_big));
            }
        }
        Ok((digits > 0).then_some(number))
    }

    fn choice(&mut self, numbers: Numbers) -> Result<Node, SyntaxError> {
        Ok(Node::choice(self.alternatives(numbers)?))
    }

    /// Up to the parenthesis that closes them or the end. Flags set inside end there.
    fn alternatives(&mut self, numbers: Numbers) -> Result<Vec<Node>, SyntaxError> {
        let flags = self.flags;
        let first = self.group;
        let mut last = first;
        let mut alternatives = vec![];
        loop {
            alternatives.push(self.sequence()?);
            last = last.max(self.group);
            if !self.eat(b"|") {
                break;
            }
            if numbers == Numbers::Shared {
                self.group = first;
            }
        }
        self.group = last;
        self.flags = flags;
        Ok(alternatives)
    }

    fn sequence(&mut self) -> Result<Node, SyntaxError> {
        let mut nodes = vec![];
        loop {
            self.skip_ignored()?;
            if !self.quoted && matches!(self.peek(), None | Some(b'|' | b')')) {
                break;
            }
            let Some(item) = self.item()? else {
                break;
            };
            nodes.push(self.quantified(item)?);
        }
        Ok(Node::sequence(nodes))
    }

    /// Comments, `\E`, the beginning of `\Q`, and white space under `(?x)`.
    fn skip_ignored(&mut self) -> Result<(), SyntaxError> {
        loop {
            if self.eat(b"\\E") {
                self.quoted = false;
            } else if self.quoted {
                return Ok(());
            } else if self.eat(b"\\Q") {
                self.quoted = true;
            } else if self.rest().starts_with(b"(?#") {
                let Some(end) = memchr::memchr(b')', self.rest()) else {
                    self.at = self.pattern.len();
                    return Err(self.error("missing ) after (?# comment"));
                };
                self.at += end + 1;
            } else if self.flags.extended && self.peek() == Some(b'#') {
                let rest = self.rest();
                self.at += memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            } else if self.flags.extended && self.peek().is_some_and(is_space) {
                self.at += 1;
            } else {
                return Ok(());
            }
        }
    }

    /// What a quantifier could follow; none at the end of a quotation that nothing ends.
    fn item(&mut self) -> Result<Option<Item>, SyntaxError> {
        let start = self.at;
        let Some(c) = self.character() else {
            return Ok(None);
        };
        if self.quoted {
            return Ok(Some(Item::of(self.literal(c))));
        }
        let byte = u8::try_from(c).unwrap_or(b'a');
        Ok(Some(match byte {
            b'\\' => self.escape()?,
            b'[' => self.class()?,
            b'(' => self.group()?,
            b'.' if self.flags.dot_all => Item::of(Node::One(Set::all(self.mode))),
            b'.' => Item::of(Node::One(Set::char(NEWLINE).not(self.mode))),
            b'^' if self.flags.multi_line => Item::fixed(Node::Assert(Assert::LineStart)),
            b'^' => Item::fixed(Node::Assert(Assert::Start)),
            b'$' if self.flags.multi_line => Item::fixed(Node::Assert(Assert::LineEnd)),
            b'$' => Item::fixed(Node::Assert(Assert::End)),
            b'*' | b'+' | b'?' => return Err(self.no_item()),
            b'{' => {
                self.at = start;
                if self.quantifier()?.is_some() {
                    return Err(self.no_item());
                }
                self.at = start + 1;
                Item::of(self.literal(c))
            }
            _ => Item::of(self.literal(c)),
        }))
    }

    fn no_item(&self) -> SyntaxError {
        self.error("quantifier does not follow a repeatable item")
    }

    fn literal(&self, c: u32) -> Node {
        self.one(Set::char(c))
    }

    /// The set, in both cases under `(?i)`.
    fn one(&self, mut set: Set) -> Node {
        if self.flags.caseless {
            set.fold(self.mode);
        }
        Node::One(set.normalized())
    }

    /// The item with the quantifier that follows it.
    fn quantified(&mut self, item: Item) -> Result<Node, SyntaxError> {
        self.skip_ignored()?;
        if self.quoted || !item.repeats {
            return Ok(item.node);
        }
        let Some((min, max)) = self.quantifier()? else {
            return Ok(item.node);
        };
        self.skip_ignored()?;
        if !self.quoted && self.eat(b"+") {
            return Ok(Node::Atomic(Box::new(Node::repeat(item.node, min, max, false))));
        }
        let question = !self.quoted && self.eat(b"?");
        Ok(Node::repeat(item.node, min, max, question != self.flags.ungreedy))
    }

    /// `*`, `+`, `?`, `{n}`, `{n,}` or `{n,m}`; other braces are literal.
    fn quantifier(&mut self) -> Result<Option<(u32, Option<u32>)>, SyntaxError> {
        let known = match self.peek() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            Some(b'{') => return self.braces(),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(known))
    }

    fn braces(&mut self) -> Result<Option<(u32, Option<u32>)>, SyntaxError> {
        let Some(len) = memchr::memchr(b'}', self.rest()) else {
            return Ok(None);
        };
        let inside = &self.rest()[1..len];
        let spaceless = inside.iter().copied().filter(|b| !matches!(b, b' ' | b'\t')).collect();
        let text = String::from_utf8(spaceless).unwrap_or_default();
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let (min, max) = text.split_once(',').unwrap_or((&text, &text));
        let is_quantifier = match (min, max) {
            ("", max) => text.contains(',') && is_number(max),
            (min, "") => is_number(min),
            (min, max) => is_number(min) && is_number(max),
        };
        if !is_quantifier {
            return Ok(None);
        }
        if min.is_empty() || text.len() != inside.len() {
            let reason = "{,n} and spaces in {n,m} are read differently by versions of PCRE";
            return Err(self.error(reason));
        }
        let has_comma = inside.contains(&b',');
        self.at += 1;
        let too_big = "number too big in {} quantifier";
        let min = self.number(MAX_REPEAT, too_big)?.unwrap_or(0);
        self.at += usize::from(has_comma);
        let max = match has_comma {
            true => self.number(MAX_REPEAT, too_big)?,
            false => Some(min),
        };
        self.at += 1;
        if max.is_some_and(|max| max < min) {
            return Err(self.error("numbers out of order in {} quantifier"));
        }
        Ok(Some((min, max)))
    }

    /// A reference, to be resolved when all groups are known.
    fn reference(&self, group: GroupName) -> Reference {
        Reference { group, at: self.at }
    }
}

/// White space under `(?x)`.
fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}
