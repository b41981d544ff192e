//! A pattern in the syntax of an engine.

use std::fmt::Write;

use super::ast::{Assert, Condition, If, Look, Node, Reference, Repeat};
use super::set::{Mode, Set, WORD};

/// The two engines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// The `regex` crate.
    Linear,
    /// fancy-regex.
    Backtracking,
}

/// A pattern as the engine reads it.
#[derive(Debug)]
pub struct Written {
    pub text: String,
    /// For each group of the pattern, from 0: its groups in the engine. Several if they share a number,
    /// none if it is never matched.
    pub slots: Vec<Vec<usize>>,
}

/// Bytes that a written pattern may have.
const MAX_TEXT: usize = 1 << 20;

/// Writes the pattern of `groups` groups; the error is the reason.
pub fn write(
    node: &Node,
    groups: usize,
    mode: Mode,
    engine: Engine,
) -> Result<Written, &'static str> {
    // A reference may be to a group that comes later: the first time the numbers are found out.
    let unknown = vec![vec![]; groups + 1];
    let first = Writer::run(node, mode, engine, unknown)?;
    Writer::run(node, mode, engine, first.slots)
}

struct Writer {
    text: String,
    engine: Engine,
    mode: Mode,
    /// The engine's groups as the run before found them.
    known: Vec<Vec<usize>>,
    slots: Vec<Vec<usize>>,
    /// The latest group of the engine.
    group: usize,
    /// In a second copy of something groups do not capture.
    copies: u32,
    error: Option<&'static str>,
}

impl Writer {
    fn run(
        node: &Node,
        mode: Mode,
        engine: Engine,
        known: Vec<Vec<usize>>,
    ) -> Result<Written, &'static str> {
        let mut slots = vec![vec![]; known.len()];
        slots[0].push(0);
        let text = String::new();
        let mut writer =
            Self { text, engine, mode, known, slots, group: 0, copies: 0, error: None };
        writer.node(node);
        match writer.error {
            Some(error) => Err(error),
            None => Ok(Written { text: writer.text, slots: writer.slots }),
        }
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn node(&mut self, node: &Node) {
        if self.text.len() > MAX_TEXT {
            self.error = Some("pattern is too large");
            return;
        }
        match node {
            // What is only called never matches here.
            Node::Empty | Node::Define(_) => {}
            Node::Fail | Node::Call(_) => self.set(&Set::default()),
            Node::One(set) => self.set(set),
            Node::Assert(assert) => self.assert(*assert),
            Node::Keep => self.put("\\K"),
            Node::Sequence(nodes) => {
                for node in nodes {
                    match node {
                        Node::Choice(_) => self.group("(?:", node),
                        node => self.node(node),
                    }
                }
            }
            Node::Choice(nodes) => {
                for (n, node) in nodes.iter().enumerate() {
                    self.put(if n > 0 { "|" } else { "" });
                    self.node(node);
                }
            }
            Node::Capture(_, node) if self.copies > 0 => self.group("(?:", node),
            Node::Capture(number, node) => {
                self.group += 1;
                if let Some(slots) = self.slots.get_mut(*number) {
                    slots.push(self.group);
                }
                self.group("(", node);
            }
            Node::Repeat(it) => self.repeat(it),
            Node::Atomic(node) => self.group("(?>", node),
            Node::Look(it) => self.look(it, it.negative),
            Node::Back(reference, caseless) => self.back(reference, *caseless),
            Node::If(it) => self.conditional(it),
        }
    }

    fn group(&mut self, opening: &str, node: &Node) {
        self.put(opening);
        self.node(node);
        self.put(")");
    }

    fn repeat(&mut self, it: &Repeat) {
        if it.max == Some(0) {
            return;
        }
        if is_assertion(&it.node) {
            // As good once as often; fancy-regex repeats no assertions.
            return self.optional(it);
        }
        let start = self.text.len();
        match &it.node {
            node @ Node::One(_) => self.node(node),
            node => self.group(self.loop_opening(node), node),
        }
        if matches!(&self.text[start..], "(?:)" | "(?:(?:))") {
            return self.text.truncate(start);
        }
        let _ = match (it.min, it.max) {
            (1, Some(1)) => return,
            (0, None) => self.text.write_char('*'),
            (1, None) => self.text.write_char('+'),
            (0, Some(1)) => self.text.write_char('?'),
            (min, None) => write!(self.text, "{{{min},}}"),
            (min, Some(max)) if min == max => write!(self.text, "{{{min}}}"),
            (min, Some(max)) => write!(self.text, "{{{min},{max}}}"),
        };
        self.put(if it.lazy { "?" } else { "" });
    }

    /// What is repeated once at most.
    fn optional(&mut self, it: &Repeat) {
        let (opening, closing) = match (it.min, it.lazy) {
            (0, true) => ("(?:|", ")"),
            (0, false) => ("(?:", "|)"),
            _ => ("(?:", ")"),
        };
        self.put(opening);
        self.node(&it.node);
        self.put(closing);
    }

    /// An atom in front keeps fancy-regex from giving the loop to the linear engine.
    fn loop_opening(&self, node: &Node) -> &'static str {
        match self.engine == Engine::Backtracking && may_be_empty(node) {
            true => "(?:(?>)",
            false => "(?:",
        }
    }

    fn look(&mut self, it: &Look, negative: bool) {
        let opening = match (it.behind, negative) {
            (false, false) => "(?=",
            (false, true) => "(?!",
            (true, false) => "(?<=",
            (true, true) => "(?<!",
        };
        self.group(opening, &it.node);
    }

    fn assert(&mut self, assert: Assert) {
        match (assert, self.engine, self.mode) {
            (Assert::Start, ..) => self.put("\\A"),
            (Assert::End, ..) => self.put("\\z"),
            (Assert::EndOrNewline, ..) => self.put("(?=\\x0a?\\z)"),
            (Assert::LineStart, ..) => self.put("(?:\\A|(?<=\\x0a)(?!\\z))"),
            (Assert::LineEnd, Engine::Linear, _) => self.put("(?m:$)"),
            (Assert::LineEnd, ..) => self.put("(?=\\x0a|\\z)"),
            (Assert::WordEdge, _, Mode::Bytes) => self.put("\\b"),
            (Assert::NotWordEdge, _, Mode::Bytes) => self.put("\\B"),
            (Assert::WordEdge, Engine::Linear, _) => self.put("(?-u:\\b)"),
            (Assert::WordEdge, ..) => self.word_edge("=", "!"),
            (Assert::NotWordEdge, ..) => self.word_edge("!", "="),
        }
    }

    /// Of ASCII words in Unicode text: what may follow a word character, and what another.
    fn word_edge(&mut self, after_other: &str, after_word: &str) {
        let word = Set::of(WORD);
        for (behind, ahead) in [("(?:(?<=", after_word), (")|(?<!", after_other)] {
            self.put(behind);
            self.set(&word);
            self.put(")(?");
            self.put(ahead);
            self.set(&word);
        }
        self.put("))");
    }

    fn back(&mut self, reference: &Reference, caseless: bool) {
        let slots = self.known.get(reference.number()).cloned().unwrap_or_default();
        if slots.is_empty() {
            return self.set(&Set::default());
        }
        self.put(if caseless { "(?i:" } else { "(?:" });
        for (n, slot) in slots.iter().enumerate() {
            let _ = write!(self.text, "{}\\{slot}", if n > 0 { "|" } else { "" });
        }
        self.put(")");
    }

    fn conditional(&mut self, it: &If) {
        let group = match &it.condition {
            Condition::Look(look) => return self.conditional_look(it, look),
            Condition::Group(reference) => reference.number(),
        };
        match self.known.get(group).map_or(&[][..], |slots| slots) {
            _ if writes_nothing(&it.yes) && writes_nothing(&it.no) => {}
            // Never matched; but the groups inside have their numbers.
            [] => {
                self.put("(?:");
                self.set(&Set::default());
                self.group("(?:", &it.yes);
                self.put("|");
                self.group("(?:", &it.no);
                self.put(")");
            }
            [slot] => {
                let _ = write!(self.text, "(?({slot})");
                self.group("(?:", &it.yes);
                self.put("|");
                self.group("(?:", &it.no);
                self.put(")");
            }
            _ => self.error = Some("a condition on groups that share a number is not supported"),
        }
    }

    /// `(?(?=a)b|c)` as `(?:(?=a)b|(?!a)c)`: what the condition captures, it captures where it matches.
    fn conditional_look(&mut self, it: &If, look: &Look) {
        let (found, other) = match look.negative {
            false => (&it.yes, &it.no),
            true => (&it.no, &it.yes),
        };
        self.put("(?:");
        self.look(look, false);
        self.group("(?:", found);
        self.put("|");
        self.copies += 1;
        self.look(look, true);
        self.copies -= 1;
        self.group("(?:", other);
        self.put(")");
    }

    fn set(&mut self, set: &Set) {
        if let Some(c) = set.single() {
            if set.caseless {
                self.put("(?i:");
            }
            self.character(c);
            return self.put(if set.caseless { ")" } else { "" });
        }
        self.put(if set.caseless { "(?i:[" } else { "[" });
        if set.is_empty() {
            self.put("^");
            self.range(0, self.mode.last());
        }
        self.put(if set.is_negated() { "^" } else { "" });
        for &(first, last) in set.ranges() {
            self.range(first, last);
        }
        for property in set.properties() {
            self.put(property);
        }
        self.put(if set.caseless { "])" } else { "]" });
    }

    fn range(&mut self, first: u32, last: u32) {
        // Surrogates are no characters.
        let first = if matches!(first, 0xd800..=0xdfff) { 0xe000 } else { first };
        let last = if matches!(last, 0xd800..=0xdfff) { 0xd7ff } else { last };
        if first > last {
            return;
        }
        self.character(first);
        if first < last {
            self.put("-");
            self.character(last);
        }
    }

    fn character(&mut self, c: u32) {
        let _ = match u8::try_from(c) {
            Ok(c) if c.is_ascii_alphanumeric() => self.text.write_char(char::from(c)),
            Ok(c) => write!(self.text, "\\x{c:02x}"),
            Err(_) => write!(self.text, "\\x{{{c:x}}}"),
        };
    }
}

/// Whether the linear engine finds what PCRE finds: all that is regular, but for repetitions of what may be
/// empty, which PCRE ends with an empty one.
pub fn is_linear(node: &Node, mode: Mode) -> bool {
    !node.any(&mut |node| match node {
        // It would be found inside a character.
        Node::Assert(Assert::NotWordEdge) => mode == Mode::Utf,
        Node::Atomic(_)
        | Node::Look(_)
        | Node::Back(..)
        | Node::If(_)
        | Node::Keep
        | Node::Assert(Assert::EndOrNewline | Assert::LineStart) => true,
        Node::Repeat(it) => it.max != Some(1) && may_be_empty(&it.node),
        _ => false,
    })
}

/// Whether nothing is left of it.
fn writes_nothing(node: &Node) -> bool {
    match node {
        Node::Empty | Node::Define(_) => true,
        Node::Sequence(nodes) => nodes.iter().all(writes_nothing),
        Node::Repeat(it) => it.max == Some(0) || writes_nothing(&it.node),
        Node::If(it) if matches!(it.condition, Condition::Group(_)) => {
            writes_nothing(&it.yes) && writes_nothing(&it.no)
        }
        _ => false,
    }
}

/// Whether it only looks.
fn is_assertion(node: &Node) -> bool {
    match node {
        Node::Empty | Node::Assert(_) | Node::Keep | Node::Look(_) | Node::Define(_) => true,
        Node::Sequence(nodes) | Node::Choice(nodes) => nodes.iter().all(is_assertion),
        Node::Repeat(it) => is_assertion(&it.node),
        _ => false,
    }
}

/// Whether it can match without a character.
pub fn may_be_empty(node: &Node) -> bool {
    match node {
        Node::One(_) | Node::Fail => false,
        Node::Sequence(nodes) => nodes.iter().all(may_be_empty),
        Node::Choice(nodes) => nodes.iter().any(may_be_empty),
        Node::Capture(_, node) | Node::Atomic(node) => may_be_empty(node),
        Node::Repeat(it) => it.min == 0 || may_be_empty(&it.node),
        Node::If(it) => may_be_empty(&it.yes) || may_be_empty(&it.no),
        Node::Empty
        | Node::Assert(_)
        | Node::Keep
        | Node::Look(_)
        | Node::Back(..)
        | Node::Call(_)
        | Node::Define(_) => true,
    }
}
