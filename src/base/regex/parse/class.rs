//! Character classes: `[...]`.

use super::super::ast::{Assert, Node};
use super::super::set::{self, Mode, Set};
use super::escape::Escaped;
use super::{Item, Parser, SyntaxError};

/// One member of a class.
enum Member {
    Char(u32),
    Set(Set),
}

impl Parser<'_> {
    /// Behind the opening bracket.
    pub(super) fn class(&mut self) -> Result<Item, SyntaxError> {
        for (text, negative) in [(b"[:<:]]", false), (b"[:>:]]", true)] {
            if self.eat(text) {
                return Ok(Item::fixed(self.word_edge(negative)));
            }
        }
        if matches!(self.peek(), Some(b':' | b'.' | b'=')) && self.posix_end().is_some() {
            return Err(self.error("POSIX named classes are supported only within a class"));
        }
        self.skip_in_class();
        let negated = !self.quoted && self.eat(b"^");
        let mut set = Set::default();
        let mut is_first = true;
        loop {
            self.skip_in_class();
            if !self.quoted && !is_first && self.eat(b"]") {
                break;
            }
            is_first = false;
            match self.member()? {
                Member::Char(first) => self.range(first, &mut set)?,
                Member::Set(other) => {
                    set.union(&other, self.mode);
                    self.no_range()?;
                }
            }
        }
        let mut set = set.normalized();
        if self.flags.caseless {
            set.fold(self.mode);
        }
        let set = if negated { set.not(self.mode) } else { set };
        Ok(Item::of(Node::One(set.normalized())))
    }

    /// `\E`, the beginning of `\Q`, and blanks under `(?xx)`.
    fn skip_in_class(&mut self) {
        loop {
            if self.eat(b"\\E") {
                self.quoted = false;
            } else if !self.quoted && self.eat(b"\\Q") {
                self.quoted = true;
            } else if !self.quoted
                && self.flags.extended_more
                && matches!(self.peek(), Some(b' ' | b'\t'))
            {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    fn member(&mut self) -> Result<Member, SyntaxError> {
        let Some(c) = self.character() else {
            return Err(self.error("missing terminating ] for character class"));
        };
        if self.quoted {
            return Ok(Member::Char(c));
        }
        if c == u32::from(b'[')
            && let Some(end) = self.posix_end()
        {
            return self.posix(end).map(Member::Set);
        }
        match c == u32::from(b'\\') {
            true => self.escaped_member(),
            false => Ok(Member::Char(c)),
        }
    }

    fn escaped_member(&mut self) -> Result<Member, SyntaxError> {
        match self.peek() {
            Some(b'1'..=b'7') => return self.radix(8, 3).map(Member::Char),
            Some(digit @ (b'8' | b'9')) => {
                self.at += 1;
                return Ok(Member::Char(digit.into()));
            }
            _ => {}
        }
        match self.escaped()? {
            Escaped::Char(c) => Ok(Member::Char(c)),
            Escaped::Set(set) => Ok(Member::Set(set)),
            Escaped::Letter(b'b') => Ok(Member::Char(0x08)),
            // No reference to a group.
            Escaped::Letter(b'g') => Ok(Member::Char(b'g'.into())),
            Escaped::Letter(letter @ (b'B' | b'R' | b'X')) => {
                let letter = char::from(letter);
                Err(self.error(format!("escape sequence \\{letter} is invalid in character class")))
            }
            Escaped::Letter(b'k') => {
                Err(self.error("\\k in a class is read differently by versions of PCRE"))
            }
            Escaped::Letter(b'N') => Err(self.error("\\N is not supported in a class")),
            Escaped::Letter(_) => Err(self.unknown_escape()),
        }
    }

    /// `first` or the range that it begins.
    fn range(&mut self, first: u32, set: &mut Set) -> Result<(), SyntaxError> {
        self.skip_in_class();
        let before = (self.at, self.quoted);
        if self.quoted || !self.eat(b"-") {
            set.add(first, first);
            return Ok(());
        }
        self.skip_in_class();
        if !self.quoted && matches!(self.peek(), Some(b']') | None) {
            (self.at, self.quoted) = before;
            set.add(first, first);
            return Ok(());
        }
        match self.member()? {
            Member::Char(last) if last < first => {
                Err(self.error("range out of order in character class"))
            }
            Member::Char(last) => {
                set.add(first, last);
                Ok(())
            }
            Member::Set(_) => Err(self.error("invalid range in character class")),
        }
    }

    /// A hyphen behind a set of several characters begins no range; PCRE takes it at the end alone.
    fn no_range(&mut self) -> Result<(), SyntaxError> {
        self.skip_in_class();
        if !self.quoted && self.peek() == Some(b'-') && self.rest().get(1) != Some(&b']') {
            return Err(self.error("invalid range in character class"));
        }
        Ok(())
    }

    /// Behind a bracket: where the `:]` of `[:name:]` is, or that of `[.x.]` and `[=x=]`.
    fn posix_end(&self) -> Option<usize> {
        let &mark = self.peek().filter(|b| matches!(b, b':' | b'.' | b'=')).as_ref()?;
        let mut at = self.at + 1;
        while let [first, second, ..] = self.pattern.get(at..)? {
            match (first, second) {
                (b'\\', b']' | b'\\') => at += 1,
                (b'[', second) if *second == mark => return None,
                (b']', _) => return None,
                (first, b']') if *first == mark => return Some(at),
                _ => {}
            }
            at += 1;
        }
        None
    }

    fn posix(&mut self, end: usize) -> Result<Set, SyntaxError> {
        if self.peek() != Some(b':') {
            return Err(self.error("POSIX collating elements are not supported"));
        }
        let name = String::from_utf8_lossy(&self.pattern[self.at + 1..end]);
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name, true),
            None => (&*name, false),
        };
        let Some(ranges) = set::posix(name) else {
            return Err(self.error("unknown POSIX class name"));
        };
        self.at = end + 2;
        let mut set = Set::of(ranges);
        if self.flags.caseless && matches!(name, "upper" | "lower") {
            set.fold(Mode::Bytes);
        }
        Ok(if negated { set.not(self.mode) } else { set })
    }

    /// `[[:<:]]` and `[[:>:]]`: where a word begins and ends.
    fn word_edge(&self, behind: bool) -> Node {
        let word = set::escaped(b'w', self.mode).unwrap_or_default();
        let edge = Node::Assert(Assert::WordEdge);
        Node::sequence(vec![edge, Node::look(Node::One(word), behind, false)])
    }
}
