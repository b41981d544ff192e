//! nginx's regular expressions: PCRE's syntax, on bytes, without unbounded backtracking.
//!
//! A pattern is read (`parse`), its references are resolved (`resolve`), and it is written in the
//! syntax of an engine (`write`). Nearly every pattern runs on regex-automata in linear time.
//! Lookaround, back references and the like run on fancy-regex, which counts its steps: a pattern that
//! runs away is an error, as PCRE's match limit is in nginx. `t/pcre/table.rs` lists the constructs of
//! pcre2pattern(3) and what becomes of each.

mod ast;
mod backtracking;
mod parse;
mod resolve;
mod set;
mod steps;
mod write;

use std::ops::Range;

use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Input, meta, util::syntax};

pub use backtracking::MatchError;
pub use parse::SyntaxError;

use backtracking::{Backtracking, last_line};
use set::Mode;

/// A compiled pattern. Cheap to share, never cloned.
#[derive(Debug)]
pub struct Regex {
    source: Box<str>,
    engine: Engine,
    mode: Mode,
    /// The groups, the whole match included.
    groups: usize,
    /// For each group its groups in the engine, unless they are the same.
    slots: Option<Box<[Vec<usize>]>>,
    names: Vec<(Box<str>, usize)>,
}

#[derive(Debug)]
enum Engine {
    Linear(meta::Regex),
    Backtracking(Backtracking),
}

/// What the groups of the last successful match were, with a copy of what was searched: `$1` stays
/// good when the subject (the uri) is changed afterwards. Recycled, so it allocates only to grow.
#[derive(Default, Clone, Debug)]
pub struct Captures(Option<Box<Match>>);

#[derive(Default, Clone, Debug)]
struct Match {
    subject: Vec<u8>,
    groups: Vec<Option<Range<u32>>>,
    /// For the linear engine: start and end of each of its groups.
    slots: Vec<Option<NonMaxUsize>>,
}

/// Where each group of a match is, the whole match first.
pub type Groups = Vec<Option<Range<usize>>>;

impl Regex {
    pub fn new(pattern: &[u8], caseless: bool) -> Result<Self, SyntaxError> {
        let mut parsed = parse::parse(pattern, caseless)?;
        resolve::resolve(&mut parsed)?;
        let is_linear = write::is_linear(&parsed.node, parsed.mode);
        let target = match is_linear {
            true => write::Engine::Linear,
            false => write::Engine::Backtracking,
        };
        // What is found only when all is known says nothing about a place.
        let error = |reason: String| SyntaxError { reason: reason.into(), at: pattern.len() };
        let written = write::write(&parsed.node, parsed.groups, parsed.mode, target)
            .map_err(|reason| error(reason.to_owned()))?;
        let engine = match is_linear {
            true => linear(&written.text, parsed.mode),
            false => Backtracking::new(&parsed, &written.text).map(Engine::Backtracking),
        };
        let engine = engine.map_err(error)?;
        let is_same = written.slots.iter().enumerate().all(|(n, slots)| slots[..] == [n]);
        let groups = written.slots.len();
        let slots = (!is_same).then(|| written.slots.into());
        let (mode, names) = (parsed.mode, parsed.names);
        Ok(Self {
            source: String::from_utf8_lossy(pattern).into(),
            engine,
            mode,
            groups,
            slots,
            names,
        })
    }

    pub fn is_match(&self, subject: &[u8]) -> Result<bool, MatchError> {
        let text = self.text(subject)?;
        match (&self.engine, text) {
            (Engine::Linear(regex), _) => Ok(regex.is_match(subject)),
            (Engine::Backtracking(regex), None) => regex.is_match(subject),
            (Engine::Backtracking(regex), Some(text)) => regex.is_match(text),
        }
    }

    /// Whether it matches; if so `captures` is filled, and otherwise left as it was.
    pub fn captures(&self, subject: &[u8], captures: &mut Captures) -> Result<bool, MatchError> {
        let text = self.text(subject)?;
        match (&self.engine, text) {
            (Engine::Linear(regex), _) => {
                let mut slots = captures.take_slots(regex.group_info().slot_len());
                let found = regex.search_slots(&Input::new(subject), &mut slots).is_some();
                if found {
                    let offset = |slot: usize| slots.get(slot).copied().flatten();
                    self.fill(subject, captures, |group| {
                        let (start, end) = offset(2 * group).zip(offset(2 * group + 1))?;
                        Some(start.get()..end.get())
                    });
                }
                captures.give_slots(slots);
                return Ok(found);
            }
            (Engine::Backtracking(regex), None) => {
                let Some(found) = regex.captures(subject)? else { return Ok(false) };
                self.fill(subject, captures, |slot| found.get(slot).map(|it| it.range()));
            }
            (Engine::Backtracking(regex), Some(text)) => {
                let Some(found) = regex.captures(text)? else { return Ok(false) };
                self.fill(subject, captures, |slot| found.get(slot).map(|it| it.range()));
            }
        }
        Ok(true)
    }

    /// The groups of the first match that begins at `start` or behind it; what is before `start` is seen by lookbehinds
    /// and anchors. Ranges are those of the whole subject.
    pub fn find_at(&self, subject: &[u8], start: usize) -> Result<Option<Groups>, MatchError> {
        let text = self.text(subject)?;
        let is_inside = match text {
            Some(text) => text.is_char_boundary(start),
            None => start <= subject.len(),
        };
        if !is_inside {
            return Ok(None);
        }
        match (&self.engine, text) {
            (Engine::Linear(regex), _) => {
                let mut slots = vec![None; regex.group_info().slot_len()];
                let input = Input::new(subject).range(start..);
                if regex.search_slots(&input, &mut slots).is_none() {
                    return Ok(None);
                }
                let offset = |slot: usize| slots.get(slot).copied().flatten();
                Ok(Some(self.list(|group| {
                    let (start, end) = offset(2 * group).zip(offset(2 * group + 1))?;
                    Some(start.get()..end.get())
                })))
            }
            (Engine::Backtracking(regex), None) => {
                let found = regex.captures_from(subject, start)?;
                Ok(found.map(|it| self.list(|slot| it.get(slot).map(|it| it.range()))))
            }
            (Engine::Backtracking(regex), Some(text)) => {
                let found = regex.captures_from(text, start)?;
                Ok(found.map(|it| self.list(|slot| it.get(slot).map(|it| it.range()))))
            }
        }
    }

    fn list(&self, range: impl Fn(usize) -> Option<Range<usize>>) -> Groups {
        let group = |n: usize| match &self.slots {
            None => range(n),
            Some(slots) => slots.get(n)?.iter().find_map(|slot| range(*slot)),
        };
        (0..self.groups).map(group).collect()
    }

    /// The subject of a pattern that matches code points.
    fn text<'a>(&self, subject: &'a [u8]) -> Result<Option<&'a str>, MatchError> {
        match self.mode {
            Mode::Bytes => Ok(None),
            Mode::Utf => std::str::from_utf8(subject).map(Some).map_err(|_| MatchError::Utf8),
        }
    }

    fn fill(
        &self,
        subject: &[u8],
        captures: &mut Captures,
        range: impl Fn(usize) -> Option<Range<usize>>,
    ) {
        let group = |n: usize| match &self.slots {
            None => range(n),
            Some(slots) => slots.get(n)?.iter().find_map(|slot| range(*slot)),
        };
        captures.fill(subject, (0..self.groups).map(group));
    }

    /// The groups, the whole match included: 1 if the pattern has none of its own.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// The named groups and their numbers.
    pub fn names(&self) -> &[(Box<str>, usize)] {
        &self.names
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }
}

impl Captures {
    /// Group `n`, 0 being the whole match; empty if it took no part.
    pub fn get(&self, n: usize) -> &[u8] {
        self.range(n).map_or(b"", |range| &self.subject()[range])
    }

    /// Whether group `n` took part in the match.
    pub fn has(&self, n: usize) -> bool {
        self.range(n).is_some()
    }

    /// What was searched.
    pub fn subject(&self) -> &[u8] {
        self.0.as_ref().map_or(b"", |it| &it.subject)
    }

    /// Where group `n` is in the subject.
    pub fn range(&self, n: usize) -> Option<Range<usize>> {
        let range = self.0.as_ref()?.groups.get(n)?.as_ref()?;
        Some(range.start as usize..range.end as usize)
    }

    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |it| it.groups.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn clear(&mut self) {
        if let Some(it) = &mut self.0 {
            it.subject.clear();
            it.groups.clear();
        }
    }

    /// This many, none of them set.
    fn take_slots(&mut self, len: usize) -> Vec<Option<NonMaxUsize>> {
        let mut slots = std::mem::take(&mut self.0.get_or_insert_default().slots);
        slots.clear();
        slots.resize(len, None);
        slots
    }

    fn give_slots(&mut self, slots: Vec<Option<NonMaxUsize>>) {
        self.0.get_or_insert_default().slots = slots;
    }

    fn fill(&mut self, subject: &[u8], groups: impl Iterator<Item = Option<Range<usize>>>) {
        self.clear();
        let it = self.0.get_or_insert_default();
        it.subject.extend_from_slice(subject);
        it.groups.extend(groups.map(|group| group.map(|r| r.start as u32..r.end as u32)));
    }
}

fn linear(text: &str, mode: Mode) -> Result<Engine, String> {
    let is_utf = mode == Mode::Utf;
    let built = meta::Builder::new()
        .syntax(syntax::Config::new().unicode(is_utf).utf8(false).nest_limit(MAX_NEST))
        .configure(meta::Config::new().utf8_empty(false))
        .build(text);
    match built {
        Ok(regex) => Ok(Engine::Linear(regex)),
        Err(e) if e.size_limit().is_some() => Err("pattern is too large".to_owned()),
        Err(e) => {
            Err(last_line(&e.syntax_error().map_or_else(|| e.to_string(), ToString::to_string)))
        }
    }
}

/// Groups of a written pattern inside one another.
const MAX_NEST: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn possessive_quantifiers_give_nothing_back() {
        for (pattern, subject, matches) in [
            (r"^\w\d{1,3}+\.x$", "w123.x", true),
            (r"^\w\d{1,3}+\.x$", "w1234.x", false),
            ("^a++b", "aab", true),
            ("^a++ab", "aab", false),
            ("^(a*+)a", "aa", false),
            ("^a?+a", "a", false),
            ("^a?+a", "aa", true),
            (r"^[a+]+\++$", "a++", true),
            (r"^[]+]+$", "]+", true),
            ("^(?:a+)+$", "aaa", true),
            ("^a{2}b+$", "aabb", true),
        ] {
            let regex = Regex::new(pattern.as_bytes(), false).unwrap();
            assert_eq!(regex.is_match(subject.as_bytes()), Ok(matches), "{pattern} {subject}");
        }
    }

    fn groups(pattern: &str, subject: &[u8]) -> Option<Vec<String>> {
        let mut captures = Captures::default();
        let regex = Regex::new(pattern.as_bytes(), false).unwrap();
        regex.captures(subject, &mut captures).unwrap().then(|| {
            (0..captures.len()).map(|n| String::from_utf8_lossy(captures.get(n)).into()).collect()
        })
    }

    #[test]
    fn both_engines_match_bytes() {
        assert_eq!(groups("^/(a+)(b)?", b"/aac").unwrap(), ["/aa", "aa", ""]);
        assert_eq!(groups(r"^/(\w)\1$", b"/xx").unwrap(), ["/xx", "x"]);
        assert_eq!(groups("^(?!/no)/(.*)", b"/yes").unwrap(), ["/yes", "yes"]);
        assert_eq!(groups("^(?!/no)/", b"/nothing"), None);
        let mut captures = Captures::default();
        let regex = Regex::new(r"(?!x)\xe9(.)".as_bytes(), false).unwrap();
        assert!(regex.captures(b"\xc3\xe9\xff!", &mut captures).unwrap());
        assert_eq!((captures.get(0), captures.get(1)), (&b"\xe9\xff"[..], &b"\xff"[..]));
    }

    #[test]
    fn a_group_that_refers_to_itself_sees_its_last_match() {
        assert_eq!(groups(r"(?:(\1|a)b){2}", b"/abab").unwrap(), ["abab", "a"]);
    }

    #[test]
    fn flags_end_with_their_group() {
        let regex = Regex::new(br"^/(a(?i)b)c(?=d)", false).unwrap();
        assert_eq!(regex.is_match(b"/aBcd"), Ok(true));
        assert_eq!(regex.is_match(b"/aBCd"), Ok(false));
        assert_eq!(Regex::new(b"^(a(?i)b|c)d", false).unwrap().is_match(b"Cd"), Ok(true));
    }

    #[test]
    fn an_error_says_where_reading_stopped() {
        let error = |pattern: &[u8]| Regex::new(pattern, false).unwrap_err();
        assert_eq!((&*error(b"a**b").reason, error(b"a**b").at), (NO_ITEM, 3));
        assert_eq!(error(b"(a").at, 2);
        assert_eq!(&*error(b"x(*COMMIT)y").reason, "(*COMMIT) is not supported");
    }

    const NO_ITEM: &str = "quantifier does not follow a repeatable item";

    #[test]
    fn utf_is_asked_for_by_the_pattern() {
        let regex = Regex::new("(*UTF8)^/.ж$".as_bytes(), true).unwrap();
        assert_eq!(regex.is_match("/яЖ".as_bytes()), Ok(true));
        assert_eq!(regex.is_match(b"/\xff"), Err(MatchError::Utf8));
        assert_eq!(
            Regex::new("^/..ж$".as_bytes(), true).unwrap().is_match("/яж".as_bytes()),
            Ok(true)
        );
    }

    #[test]
    fn what_would_grow_without_bound_is_refused() {
        let deep = "(".repeat(300) + &")".repeat(300);
        let calls: String = (1..40).map(|n| format!("(?:(?{n})(?{n}))(")).collect();
        let calls = calls + "a" + &")".repeat(39);
        let twice: String =
            (0..30).map(|_| "(?(?=").collect::<String>() + "a" + &")b|c)".repeat(30);
        for pattern in [deep, calls, twice, "(?:a{9999}){9999}".to_owned(), "(".repeat(1 << 16)] {
            assert!(Regex::new(pattern.as_bytes(), false).is_err());
        }
        let flat = "(?:".repeat(240) + "a" + &")".repeat(240);
        assert_eq!(Regex::new(flat.as_bytes(), false).unwrap().is_match(b"a"), Ok(true));
    }

    #[test]
    fn caseless_named_and_wrong() {
        let regex = Regex::new(b"^(?<first>A)(?P<second>.)", true).unwrap();
        assert!(regex.is_match(b"ax").unwrap());
        assert_eq!(regex.names(), [("first".into(), 1), ("second".into(), 2)]);
        assert!(Regex::new(b"(a", false).is_err());
        assert!(Regex::new(b"*", false).is_err());
    }

    #[test]
    fn a_runaway_pattern_is_an_error() {
        let regex = Regex::new(br"^(a|aa|a\1)+$(?<!z)", false).unwrap();
        let subject = [[b'a'; 60].as_slice(), b"!"].concat();
        assert_eq!(regex.is_match(&subject), Err(MatchError::Limit));
    }

    /// A part of the pattern that reads to the end of the subject, from each of its bytes, fills no group on the way.
    #[test]
    fn groups_are_filled_where_a_match_begins() {
        let subject = |end: &str| [&[b'a'; 4000][..], end.as_bytes()].concat();
        assert_eq!(groups("(?=(.*?)b)c", &subject("b")), None);
        assert_eq!(groups("(?=(.*)c)(b)c", &subject("bc")).unwrap(), ["bc", "b", "b"]);
        assert_eq!(
            groups("(?<=a)(?>(b+))(c)?(?=(.*))", b"abbcd").unwrap(),
            ["bbc", "bb", "c", "d"]
        );
        assert_eq!(groups(r"(?=(a+))\1(b)", b"xaab").unwrap(), ["aab", "aa", "b"]);
    }
}
