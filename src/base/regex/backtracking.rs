//! The engine of patterns that are not regular: fancy-regex, with a limit of steps.

use std::ops::Range;

use fancy_regex::{BytesMode, Captures, Input, Regex, RegexBuilder, RegexInput};

use super::ast::Node;
use super::parse::Parsed;
use super::set::Mode;
use super::{steps, write};

/// Why matching gave up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MatchError {
    /// The pattern took more steps than it may.
    Limit,
    /// The pattern begins with `(*UTF)` and the subject is not UTF-8.
    Utf8,
}

#[derive(Debug)]
pub struct Backtracking {
    /// The pattern without the groups that it does not refer to, which is read several times as fast. It finds where
    /// a match begins; `regex` then finds its groups there. None where this is no gain.
    finder: Option<Limited>,
    regex: Limited,
}

/// One pattern with the lengths of subjects that it is for, ascending, which differ in their steps.
#[derive(Debug)]
struct Limited(Box<[(usize, Regex)]>);

impl Backtracking {
    /// `written` is the pattern with all of its groups. The error is the reason.
    pub fn new(parsed: &Parsed, written: &str) -> Result<Self, String> {
        let (node, mode) = (&parsed.node, parsed.mode);
        let limits = steps::limits(node, mode);
        let regex = Limited::new(written, limits, mode)?;
        // `\K` moves the beginning of a match.
        let moves = node.any(&mut |node| matches!(node, Node::Keep));
        let finder = match node.without_groups() {
            Some(node) if limits != steps::SHORT && !moves => {
                let written =
                    write::write(&node, parsed.groups, mode, write::Engine::Backtracking)?;
                Some(Limited::new(&written.text, steps::limits(&node, mode), mode)?)
            }
            _ => None,
        };
        Ok(Self { finder, regex })
    }

    pub fn is_match<S: Input + ?Sized>(&self, subject: &S) -> Result<bool, MatchError> {
        let regex = self.finder.as_ref().unwrap_or(&self.regex).of(subject)?;
        regex.is_match(subject).map_err(|_| MatchError::Limit)
    }

    pub fn captures<'t, S: Input<Match<'t>: Place> + ?Sized>(
        &self,
        subject: &'t S,
    ) -> Result<Option<Captures<'t, S>>, MatchError> {
        self.captures_from(subject, 0)
    }

    /// As `captures`, from an offset on; what is before it is seen by lookbehinds.
    pub fn captures_from<'t, S: Input<Match<'t>: Place> + ?Sized>(
        &self,
        subject: &'t S,
        start: usize,
    ) -> Result<Option<Captures<'t, S>>, MatchError> {
        let mut input = RegexInput::new(subject).from_pos(start);
        if let Some(finder) = &self.finder {
            let from = RegexInput::new(subject).from_pos(start);
            let found = finder.of(subject)?.find_input(from).map_err(|_| MatchError::Limit)?;
            let Some(found) = found else { return Ok(None) };
            input = input.from_pos(found.range().start).anchored(true);
        }
        self.regex.of(subject)?.captures_input(input).map_err(|_| MatchError::Limit)
    }
}

impl Limited {
    fn new(text: &str, limits: &[(usize, usize)], mode: Mode) -> Result<Self, String> {
        let bytes = match mode {
            Mode::Utf => BytesMode::Unicode,
            Mode::Bytes => BytesMode::Ascii,
        };
        let build = |steps| {
            RegexBuilder::new(text)
                .unicode_mode(mode == Mode::Utf)
                .bytes_mode(bytes)
                .backtrack_limit(steps)
                // Its rewriting of patterns has been wrong before.
                .optimize(false)
                .build()
                .map_err(|e| last_line(&e.to_string()))
        };
        let all = limits.iter().map(|&(len, steps)| build(steps).map(|regex| (len, regex)));
        Ok(Self(all.collect::<Result<_, _>>()?))
    }

    fn of<S: Input + ?Sized>(&self, subject: &S) -> Result<&Regex, MatchError> {
        let fits = |it: &&(usize, Regex)| subject.len() <= it.0;
        self.0.iter().find(fits).map(|(_, regex)| regex).ok_or(MatchError::Limit)
    }
}

/// Where a match or a group is in the subject.
pub trait Place {
    fn range(&self) -> Range<usize>;
}

impl Place for fancy_regex::Match<'_> {
    fn range(&self) -> Range<usize> {
        self.start()..self.end()
    }
}

impl Place for fancy_regex::MatchBytes<'_> {
    fn range(&self) -> Range<usize> {
        self.start()..self.end()
    }
}

/// The last line of a crate's drawing of the error.
pub fn last_line(text: &str) -> String {
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("bad pattern");
    line.trim().trim_start_matches("error: ").to_owned()
}
