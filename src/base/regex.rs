//! nginx's regular expressions: bytes, not characters, and no unbounded backtracking.
//!
//! Nearly every pattern runs on the `regex` crate in linear time. Look-around and backreferences run
//! on fancy-regex, which counts its steps: a pattern that runs away is an error ([`Runaway`]), as
//! PCRE's match limit is in nginx.

use std::fmt::Write;
use std::ops::Range;

/// A compiled pattern. Cheap to share, never cloned.
#[derive(Debug)]
pub struct Regex {
    source: Box<str>,
    engine: Engine,
    groups: usize,
    names: Vec<(Box<str>, usize)>,
}

#[derive(Debug)]
enum Engine {
    Linear(regex::bytes::Regex),
    Fancy(Box<fancy_regex::Regex>),
}

/// The pattern took more steps than it may.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Runaway;

/// What the groups of the last successful match were, with a copy of what was searched: `$1` stays
/// good when the subject (the uri) is changed afterwards. Recycled, so it allocates only to grow.
#[derive(Default, Clone, Debug)]
pub struct Captures(Option<Box<Match>>);

#[derive(Default, Clone, Debug)]
struct Match {
    subject: Vec<u8>,
    groups: Vec<Option<Range<u32>>>,
}

impl Regex {
    /// Compiles `pattern`; the error is the reason alone, without the pattern.
    pub fn new(pattern: &[u8], caseless: bool) -> Result<Self, String> {
        let source = escape(pattern);
        let linear = regex::bytes::RegexBuilder::new(&source)
            .unicode(false)
            .case_insensitive(caseless)
            .build();
        // To the linear engine `a++` is a repetition of repetitions: it would match more.
        let possessive = is_possessive(&source).then(|| fancy(&source, caseless)).flatten();
        let engine = match (possessive, linear) {
            (Some(regex), _) => Engine::Fancy(Box::new(regex)),
            (None, Ok(regex)) => Engine::Linear(regex),
            (None, Err(regex::Error::CompiledTooBig(_))) => {
                return Err("pattern is too large".to_owned());
            }
            (None, Err(e)) => match fancy(&source, caseless) {
                Some(regex) => Engine::Fancy(Box::new(regex)),
                None => return Err(reason(&e.to_string())),
            },
        };
        let (groups, names) = match &engine {
            Engine::Linear(regex) => (regex.captures_len(), named(regex.capture_names())),
            Engine::Fancy(regex) => (regex.captures_len(), named(regex.capture_names())),
        };
        Ok(Self { source: String::from_utf8_lossy(pattern).into(), engine, groups, names })
    }

    pub fn is_match(&self, subject: &[u8]) -> Result<bool, Runaway> {
        match &self.engine {
            Engine::Linear(regex) => Ok(regex.is_match(subject)),
            Engine::Fancy(regex) => regex.is_match(&latin(subject)).map_err(|_| Runaway),
        }
    }

    /// Whether it matches; if so `captures` is filled, and otherwise left as it was.
    pub fn captures(&self, subject: &[u8], captures: &mut Captures) -> Result<bool, Runaway> {
        match &self.engine {
            Engine::Linear(regex) if self.groups == 1 => {
                let Some(found) = regex.find(subject) else {
                    return Ok(false);
                };
                captures.fill(subject, [Some(found.range())].into_iter());
            }
            Engine::Linear(regex) => {
                let Some(found) = regex.captures(subject) else {
                    return Ok(false);
                };
                captures.fill(subject, found.iter().map(|group| group.map(|m| m.range())));
            }
            Engine::Fancy(regex) => {
                let text = latin(subject);
                let Some(found) = regex.captures(&text).map_err(|_| Runaway)? else {
                    return Ok(false);
                };
                // Above ASCII a character of `text` is two bytes but stands for one of `subject`.
                let offset = |at: usize| text[..at].chars().count();
                let groups =
                    found.iter().map(|group| group.map(|m| offset(m.start())..offset(m.end())));
                captures.fill(subject, groups);
            }
        }
        Ok(true)
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

    fn fill(&mut self, subject: &[u8], groups: impl Iterator<Item = Option<Range<usize>>>) {
        self.clear();
        let it = self.0.get_or_insert_default();
        it.subject.extend_from_slice(subject);
        it.groups.extend(groups.map(|group| group.map(|r| r.start as u32..r.end as u32)));
    }
}

/// Bytes above ASCII become `\xNN`, which is a byte to one engine and its Latin-1 character to the other.
fn escape(pattern: &[u8]) -> String {
    let mut text = String::with_capacity(pattern.len());
    for &byte in pattern {
        if byte.is_ascii() {
            text.push(byte as char);
        } else {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// fancy-regex searches text, so each byte is taken for the character of its number.
fn latin(subject: &[u8]) -> std::borrow::Cow<'_, str> {
    match std::str::from_utf8(subject) {
        Ok(text) if text.is_ascii() => text.into(),
        _ => subject.iter().map(|&byte| byte as char).collect::<String>().into(),
    }
}

/// Is there a quantifier that gives nothing back (`*+`, `++`, `?+`, `{1,3}+`)?
fn is_possessive(source: &str) -> bool {
    let source = source.as_bytes();
    let mut at = 0;
    let mut in_class = false;
    while let Some(&byte) = source.get(at) {
        let rest = &source[at + 1..];
        match byte {
            b'\\' => at += 1,
            b'[' if !in_class => {
                in_class = true;
                // A bracket that comes first does not end the class.
                at += usize::from(rest.first() == Some(&b'^'));
                at += usize::from(source.get(at + 1) == Some(&b']'));
            }
            b']' => in_class = false,
            _ if in_class => {}
            b'?' if at > 0 && source[at - 1] == b'(' => {}
            b'*' | b'+' | b'?' if rest.first() == Some(&b'+') => return true,
            b'{' => {
                let len = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b',').count();
                if len > 0 && rest[len..].starts_with(b"}+") {
                    return true;
                }
            }
            _ => {}
        }
        at += 1;
    }
    false
}

fn fancy(source: &str, caseless: bool) -> Option<fancy_regex::Regex> {
    let source = if caseless { format!("(?i){source}") } else { source.to_owned() };
    fancy_regex::Regex::new(&source).ok()
}

fn named<'a>(names: impl Iterator<Item = Option<&'a str>>) -> Vec<(Box<str>, usize)> {
    names.enumerate().filter_map(|(n, name)| Some((name?.into(), n))).collect()
}

/// The last line of the crate's drawing of the error.
fn reason(text: &str) -> String {
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("bad pattern");
    let line = line.trim().trim_start_matches("error: ");
    let known = PCRE_WORDS.iter().find(|(ours, _)| *ours == line);
    known.map_or(line, |(_, words)| words).to_owned()
}

/// What PCRE, and so nginx, says of the commonest mistakes.
const PCRE_WORDS: &[(&str, &str)] = &[
    ("unclosed group", "missing closing parenthesis"),
    ("unopened group", "unmatched closing parenthesis"),
    ("unclosed character class", "missing terminating ] for character class"),
    ("repetition operator missing expression", "quantifier does not follow a repeatable item"),
    ("incomplete escape sequence, reached end of pattern prematurely", "\\ at end of pattern"),
];

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
        assert_eq!(regex.is_match(&subject), Err(Runaway));
    }
}
