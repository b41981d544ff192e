//! Rows of a table: a directive's name, where it may stand, how many words it takes, what they set.

use std::borrow::Cow;
use std::ops::BitOr;

use super::error::{Error, Position, Wrong};
use super::lexer::Word;
use super::value::{self, Msec};

/// The levels a directive may stand on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Places(u16);

impl Places {
    pub const MAIN: Self = Self(1);
    pub const EVENTS: Self = Self(1 << 1);
    pub const HTTP: Self = Self(1 << 2);
    pub const SERVER: Self = Self(1 << 3);
    pub const LOCATION: Self = Self(1 << 4);
    pub const UPSTREAM: Self = Self(1 << 5);
    pub const LIMIT_EXCEPT: Self = Self(1 << 6);
    /// `if` on the level of a server, and inside a location.
    pub const IF_SERVER: Self = Self(1 << 7);
    pub const IF_LOCATION: Self = Self(1 << 8);

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    pub const fn allows(self, place: Self) -> bool {
        self.0 & place.0 != 0
    }
}
impl BitOr for Places {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

/// How many words follow the name: at least, at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Args(pub u8, pub u8);

impl Args {
    pub const NONE: Self = Self(0, 0);
    pub const ONE: Self = Self(1, 1);
    pub const TWO: Self = Self(2, 2);
    pub const ONE_OR_TWO: Self = Self(1, 2);
    pub const ONE_TO_FOUR: Self = Self(1, 4);
    pub const SOME: Self = Self(1, u8::MAX);

    pub fn allow(self, count: usize) -> bool {
        count >= usize::from(self.0) && (self.1 == u8::MAX || count <= usize::from(self.1))
    }
}

/// What a table's setters fill, and what else they may use.
pub trait Scope {
    type Context;
}

/// One row of a module's table.
pub struct Directive<S: Scope> {
    pub name: &'static str,
    pub places: Places,
    pub args: Args,
    pub set: Set<S>,
}

pub type Slot<S, T> = fn(&mut S) -> &mut Option<T>;
pub type Setter<S> = fn(&mut S, &mut <S as Scope>::Context, &Line<'_>) -> Result<(), Wrong>;

/// How a directive's words become a value, and where the value goes.
pub enum Set<S: Scope> {
    Flag(Slot<S, bool>),
    Msec(Slot<S, Msec>),
    Size(Slot<S, usize>),
    Offset(Slot<S, u64>),
    Number(Slot<S, u32>),
    Own(Setter<S>),
    /// Has a meaning in nginx that there is no use for here.
    Ignored,
}

/// A directive's words and place, as a setter sees them.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub words: &'a [Word],
    pub at: &'a Position,
}

impl<'a> Line<'a> {
    pub fn name(&self) -> Cow<'a, str> {
        self.text(0)
    }
    /// The words after the name.
    pub fn args(&self) -> &'a [Word] {
        &self.words[1..]
    }
    /// A word as text; what is not UTF-8 shows as such.
    pub fn text(&self, n: usize) -> Cow<'a, str> {
        text(&self.words[n])
    }
}

pub fn text(word: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(word)
}

/// Finds a row by name and checks that it may stand here, in this form and with this number of words.
pub fn find<'t, S: Scope>(
    tables: &[&'t [Directive<S>]],
    place: Places,
    line: &Line<'_>,
) -> Found<'t, S> {
    let rows = tables.iter().flat_map(|table| table.iter());
    let mut known = false;
    for row in rows.filter(|row| row.name.as_bytes() == &*line.words[0]) {
        if row.places.allows(place) {
            return Found::Row(row);
        }
        known = true;
    }
    if known { Found::Elsewhere } else { Found::Nowhere }
}

pub enum Found<'t, S: Scope> {
    Row(&'t Directive<S>),
    /// There is such a directive, but it does not stand here.
    Elsewhere,
    Nowhere,
}

/// Obeys one line by its row.
pub fn apply<S: Scope>(
    row: &Directive<S>,
    scope: &mut S,
    context: &mut S::Context,
    line: &Line<'_>,
) -> Result<(), Error> {
    check_args(row.args, line)?;
    let result = match row.set {
        Set::Flag(slot) => fill(slot(scope), || flag(line)),
        Set::Msec(slot) => fill(slot(scope), || value::msec(&line.words[1]).ok_or_else(bad_value)),
        Set::Size(slot) => fill(slot(scope), || value::size(&line.words[1]).ok_or_else(bad_value)),
        Set::Offset(slot) => {
            fill(slot(scope), || value::offset(&line.words[1]).ok_or_else(bad_value))
        }
        Set::Number(slot) => fill(slot(scope), || number(&line.words[1])),
        Set::Own(set) => set(scope, context, line),
        Set::Ignored => Ok(()),
    };
    result.map_err(|wrong| wrong.at(row.name, line.at))
}

pub fn check_args(args: Args, line: &Line<'_>) -> Result<(), Error> {
    if args.allow(line.words.len() - 1) {
        return Ok(());
    }
    let message = format!("invalid number of arguments in \"{}\" directive", line.name());
    Err(Error::new(message, line.at))
}

/// Stores a value that may be given once.
pub fn fill<T>(
    slot: &mut Option<T>,
    value: impl FnOnce() -> Result<T, Wrong>,
) -> Result<(), Wrong> {
    if slot.is_some() {
        return Err(Wrong::duplicate());
    }
    *slot = Some(value()?);
    Ok(())
}

pub fn flag(line: &Line<'_>) -> Result<bool, Wrong> {
    if line.words[1].eq_ignore_ascii_case(b"on") {
        return Ok(true);
    }
    if line.words[1].eq_ignore_ascii_case(b"off") {
        return Ok(false);
    }
    let (word, name) = (line.text(1), line.name());
    Err(format!("invalid value \"{word}\" in \"{name}\" directive, it must be \"on\" or \"off\"")
        .into())
}

/// How many of something. nginx takes more than fits here, and means as many as there can be.
pub fn number(word: &[u8]) -> Result<u32, Wrong> {
    let value = value::number(word).ok_or_else(|| Wrong::directive("invalid number"))?;
    Ok(u32::try_from(value).unwrap_or(u32::MAX))
}

/// One of several words, compared without case.
pub fn choice<T: Copy>(word: &[u8], choices: &[(&str, T)]) -> Result<T, Wrong> {
    let found = choices.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
    found.map(|&(_, value)| value).ok_or_else(|| format!("invalid value \"{}\"", text(word)).into())
}

fn bad_value() -> Wrong {
    Wrong::invalid_value()
}
