//! What stands in parentheses.

use super::super::ast::{Condition, GroupName, If, Look, Node};
use super::{Flags, Item, Numbers, Parser, SyntaxError};

use super::MAX_DEPTH;

impl Parser<'_> {
    /// Behind an opening parenthesis.
    pub(super) fn group(&mut self) -> Result<Item, SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("parentheses are too deeply nested"));
        }
        let item = match self.rest() {
            [b'*', b'A'..=b'Z' | b'a'..=b'z' | b':', ..] => self.verb()?,
            [b'?', ..] => {
                self.at += 1;
                self.special()?
            }
            _ if self.flags.no_capture => self.closed()?,
            _ => self.capture(None)?,
        };
        self.depth -= 1;
        Ok(item)
    }

    /// Behind `(?`.
    fn special(&mut self) -> Result<Item, SyntaxError> {
        match self.rest() {
            [b':', ..] => self.inside(1),
            [b'|', ..] => {
                self.at += 1;
                let node = self.choice(Numbers::Shared)?;
                self.close()?;
                Ok(Item::of(node))
            }
            [b'>', ..] => {
                let item = self.inside(1)?;
                Ok(Item::of(Node::Atomic(Box::new(item.node))))
            }
            [b'=' | b'!' | b'<', ..] if self.look_length().is_some() => {
                let look = self.look()?;
                Ok(Item::of(Node::Look(Box::new(look))))
            }
            [b'*', ..] | [b'<', b'*', ..] => {
                Err(self.error("non-atomic lookaround is not supported"))
            }
            [b'P', b'<', ..] => self.named(2, b">"),
            [b'<', ..] => self.named(1, b">"),
            [b'\'', ..] => self.named(1, b"'"),
            [b'P', b'=', ..] => {
                let group = self.closed_name(2)?;
                Ok(Item::of(self.back(group)))
            }
            [b'P', b'>', ..] => self.call_by_name(2),
            [b'&', ..] => self.call_by_name(1),
            [b'R' | b'0', ..] => Err(self.recursion()),
            [b'0'..=b'9', ..] | [b'+' | b'-', b'0'..=b'9', ..] => self.call_by_number(),
            [b'(', ..] => self.conditional(),
            [b'C', ..] => {
                self.callout()?;
                Ok(Item::fixed(Node::Empty))
            }
            _ => self.set_flags(),
        }
    }

    pub(super) fn recursion(&self) -> SyntaxError {
        self.error("recursion is not supported")
    }

    fn close(&mut self) -> Result<(), SyntaxError> {
        match self.eat(b")") {
            true => Ok(()),
            false => Err(self.error("missing closing parenthesis")),
        }
    }

    /// Alternatives and the parenthesis behind them.
    fn closed(&mut self) -> Result<Item, SyntaxError> {
        let node = self.choice(Numbers::Consecutive)?;
        self.close()?;
        Ok(Item::of(node))
    }

    fn inside(&mut self, opening: usize) -> Result<Item, SyntaxError> {
        self.at += opening;
        self.closed()
    }

    fn capture(&mut self, name: Option<Box<str>>) -> Result<Item, SyntaxError> {
        self.group += 1;
        let number = self.group;
        self.last_group = self.last_group.max(number);
        if let Some(name) = name {
            self.register(name, number)?;
        }
        let item = self.closed()?;
        Ok(Item::of(Node::Capture(number, Box::new(item.node))))
    }

    fn register(&mut self, name: Box<str>, number: usize) -> Result<(), SyntaxError> {
        match self.names.iter().find(|(known, group)| *known == name || *group == number) {
            Some((known, group)) if *known == name && *group == number => Ok(()),
            Some((known, _)) if *known == name => {
                Err(self.error("two named subpatterns have the same name (PCRE2_DUPNAMES not set)"))
            }
            Some(_) => {
                let reason = "different names for subpatterns of the same number are not allowed";
                Err(self.error(reason))
            }
            None => {
                self.names.push((name, number));
                Ok(())
            }
        }
    }

    fn named(&mut self, opening: usize, close: &[u8]) -> Result<Item, SyntaxError> {
        self.at += opening;
        let name = self.name()?;
        self.terminator(close)?;
        self.capture(Some(name))
    }

    fn terminator(&mut self, close: &[u8]) -> Result<(), SyntaxError> {
        match self.eat(close) {
            true => Ok(()),
            false => Err(self.error("syntax error in subpattern name (missing terminator?)")),
        }
    }

    /// The name of a group.
    pub(super) fn name(&mut self) -> Result<Box<str>, SyntaxError> {
        const MAX_NAME: usize = 128;
        let is_part = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
        let len = self.rest().iter().take_while(is_part).count();
        let name = &self.rest()[..len];
        match name.first() {
            None => return Err(self.error("subpattern name expected")),
            Some(b'0'..=b'9') => {
                return Err(self.error("subpattern name must start with a non-digit"));
            }
            Some(_) if len > MAX_NAME => {
                return Err(self.error("subpattern name is too long (maximum 128 code units)"));
            }
            Some(_) => {}
        }
        self.at += len;
        Ok(String::from_utf8_lossy(name).into())
    }

    /// `<n>`, `'n'` or `{n}`.
    pub(super) fn delimited_name(&mut self, missing: &str) -> Result<Box<str>, SyntaxError> {
        let close: &[u8] = match self.peek() {
            Some(b'<') => b">",
            Some(b'\'') => b"'",
            Some(b'{') => b"}",
            _ => return Err(self.error(missing)),
        };
        self.at += 1;
        let name = self.name()?;
        self.terminator(close)?;
        Ok(name)
    }

    /// A name and the parenthesis behind it.
    fn closed_name(&mut self, opening: usize) -> Result<GroupName, SyntaxError> {
        self.at += opening;
        let name = self.name()?;
        self.terminator(b")")?;
        Ok(GroupName::Name(name))
    }

    fn call_by_name(&mut self, opening: usize) -> Result<Item, SyntaxError> {
        let group = self.closed_name(opening)?;
        Ok(Item::of(Node::Call(self.reference(group))))
    }

    fn call_by_number(&mut self) -> Result<Item, SyntaxError> {
        let number = self.relative()?.unwrap_or(0);
        if number == 0 {
            return Err(self.recursion());
        }
        if !self.eat(b")") {
            return Err(self
                .error("(?R (recursive pattern call) must be followed by a closing parenthesis"));
        }
        Ok(Item::of(Node::Call(self.reference(GroupName::Number(number)))))
    }

    /// `2`, or `-1` and `+1` counted from here.
    pub(super) fn relative(&mut self) -> Result<Option<usize>, SyntaxError> {
        let sign = self.peek().filter(|b| matches!(b, b'+' | b'-'));
        if sign.is_some() && !self.rest().get(1).is_some_and(u8::is_ascii_digit) {
            return Ok(None);
        }
        self.at += usize::from(sign.is_some());
        let Some(number) = self.number(MAX_GROUP, "number is too big")? else {
            return Ok(None);
        };
        let number = number as usize;
        match sign {
            _ if number == 0 && sign.is_some() => {
                Err(self.error("a relative value of zero is not allowed"))
            }
            Some(b'+') => Ok(Some(self.group + number)),
            Some(_) if number > self.group => {
                Err(self.error("reference to non-existent subpattern"))
            }
            Some(_) => Ok(Some(self.group - number + 1)),
            None => Ok(Some(number)),
        }
    }

    /// The length of the opening of a lookaround, behind `(?`.
    fn look_length(&self) -> Option<usize> {
        match self.rest() {
            [b'=' | b'!', ..] => Some(1),
            [b'<', b'=' | b'!', ..] => Some(2),
            _ => None,
        }
    }

    fn look(&mut self) -> Result<Look, SyntaxError> {
        let len = self.look_length().unwrap_or(0);
        let negative = self.rest().get(len.saturating_sub(1)) == Some(&b'!');
        self.at += len;
        self.look_around(len == 2, negative)
    }

    pub(super) fn look_around(
        &mut self,
        behind: bool,
        negative: bool,
    ) -> Result<Look, SyntaxError> {
        self.looks += 1;
        let item = self.closed()?;
        self.looks -= 1;
        Ok(Look { node: item.node, behind, negative })
    }

    pub(super) fn atomic(&mut self) -> Result<Item, SyntaxError> {
        let item = self.closed()?;
        Ok(Item::of(Node::Atomic(Box::new(item.node))))
    }

    /// `(?(condition)yes|no)`, before the inner parenthesis.
    fn conditional(&mut self) -> Result<Item, SyntaxError> {
        self.at += 1;
        while self.rest().starts_with(b"?C") {
            self.at += 1;
            self.callout()?;
            if !self.eat(b"(") {
                return Err(self.error("assertion expected after (?( or (?(?C)"));
            }
        }
        if self.eat(b"DEFINE)") {
            let mut alternatives = self.alternatives(Numbers::Consecutive)?;
            self.close()?;
            return match alternatives.len() {
                1 => Ok(Item::of(Node::Define(Box::new(alternatives.remove(0))))),
                _ => Err(self.error("DEFINE subpattern contains more than one branch")),
            };
        }
        let condition = self.condition()?;
        let mut alternatives = self.alternatives(Numbers::Consecutive)?.into_iter();
        self.close()?;
        let yes = alternatives.next().unwrap_or(Node::Empty);
        let no = alternatives.next().unwrap_or(Node::Empty);
        if alternatives.next().is_some() {
            return Err(self.error("conditional subpattern contains more than two branches"));
        }
        Ok(Item::of(Node::If(Box::new(If { condition, yes, no }))))
    }

    fn condition(&mut self) -> Result<Condition, SyntaxError> {
        if self.eat(b"?") {
            return match self.look_length() {
                Some(_) => Ok(Condition::Look(self.look()?)),
                None => Err(self.error("assertion expected after (?( or (?(?C)")),
            };
        }
        if let Some(look) = self.named_look()? {
            return Ok(Condition::Look(look));
        }
        if self.rest().starts_with(b"VERSION") || self.rest().starts_with(b"*") {
            return Err(self.error("this condition is not supported"));
        }
        if let [b'R', b')' | b'&' | b'0'..=b'9', ..] = self.rest() {
            return Err(self.error("a condition on recursion is not supported"));
        }
        let group = match self.relative()? {
            Some(0) => return Err(self.error("invalid condition (?(0)")),
            Some(number) => GroupName::Number(number),
            None if matches!(self.peek(), Some(b'<' | b'\'')) => {
                GroupName::Name(self.delimited_name("subpattern name expected")?)
            }
            None => GroupName::Name(self.name()?),
        };
        if !self.eat(b")") {
            return Err(self.error("missing closing parenthesis for condition"));
        }
        Ok(Condition::Group(self.reference(group)))
    }

    /// `(?C)`, `(?C1)`, `(?C"text")`, behind `(?`: nothing is called.
    fn callout(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        let unclosed = "closing parenthesis for (?C expected";
        if let Some(open @ (b'`' | b'\'' | b'"' | b'^' | b'%' | b'#' | b'$' | b'{')) = self.peek() {
            let close = if open == b'{' { b'}' } else { open };
            self.at += 1;
            loop {
                let Some(len) = memchr::memchr(close, self.rest()) else {
                    let reason = "missing terminating delimiter for callout with string argument";
                    return Err(self.error(reason));
                };
                self.at += len + 1;
                // Twice, it stands for itself.
                if self.peek() != Some(close) {
                    break;
                }
                self.at += 1;
            }
        } else {
            self.number(255, "number after (?C is greater than 255")?;
        }
        match self.eat(b")") {
            true => Ok(()),
            false => Err(self.error(unclosed)),
        }
    }

    /// `(?i)`, `(?i-s:...)`, `(?^)`, behind `(?`.
    fn set_flags(&mut self) -> Result<Item, SyntaxError> {
        let before = self.flags;
        let has_caret = self.eat(b"^");
        if has_caret {
            self.flags = Flags { ungreedy: before.ungreedy, ..Flags::default() };
        }
        let mut on = true;
        loop {
            let Some(letter) = self.peek() else {
                return Err(self.error("missing closing parenthesis"));
            };
            self.at += 1;
            let flags = &mut self.flags;
            match letter {
                b')' => return Ok(Item::fixed(Node::Empty)),
                b':' => {
                    let item = self.closed()?;
                    self.flags = before;
                    return Ok(item);
                }
                b'-' if !on || has_caret => {
                    return Err(self.error("invalid hyphen in option setting"));
                }
                b'-' => on = false,
                b'i' => flags.caseless = on,
                b'm' => flags.multi_line = on,
                b's' => flags.dot_all = on,
                b'n' => flags.no_capture = on,
                b'U' => flags.ungreedy = on,
                b'x' => {
                    flags.extended = on;
                    self.flags.extended_more = on && self.eat(b"x");
                }
                b'J' => return Err(self.error("(?J) is not supported")),
                b'a' | b'r' => {
                    let letter = char::from(letter);
                    return Err(self.error(format!("(?{letter}) is not supported")));
                }
                _ => return Err(self.error("unrecognized character after (? or (?-")),
            }
        }
    }
}

/// Groups that a pattern may have, as in PCRE2.
const MAX_GROUP: u32 = 65_535;
