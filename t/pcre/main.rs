//! Regular expressions against PCRE2 itself, as nginx uses it: without options, on bytes.
//!
//! `PAIRS=1000000 cargo test --release --test pcre` compares more; `SEED=n` begins elsewhere.

mod random;
mod table;

use std::fmt::Debug;

use peerage::base::regex::{Captures, MatchError, Regex};
use random::Generator;

/// Where each group matched.
type Groups = Vec<Option<(usize, usize)>>;

/// What a match came to.
#[derive(PartialEq, Debug)]
enum Outcome {
    Match(Groups),
    None,
    /// More steps than are allowed.
    Limit,
}

fn ours(regex: &Regex, subject: &[u8]) -> Outcome {
    let mut captures = Captures::default();
    match regex.captures(subject, &mut captures) {
        Ok(true) => {
            let range = |n| captures.range(n).map(|range| (range.start, range.end));
            Outcome::Match((0..captures.len()).map(range).collect())
        }
        Ok(false) => Outcome::None,
        Err(MatchError::Limit | MatchError::Utf8) => Outcome::Limit,
    }
}

/// Without its optimisations: 10.46 finds less with them (`.??\\R+` in a CR).
fn pcre(pattern: &[u8], caseless: bool) -> Result<pcre2::bytes::Regex, String> {
    let pattern = std::str::from_utf8(pattern).map_err(|e| e.to_string())?;
    let pattern = format!("(*LIMIT_MATCH=100000)(*NO_START_OPT)(*NO_AUTO_POSSESS){pattern}");
    pcre2::bytes::RegexBuilder::new().caseless(caseless).build(&pattern).map_err(|e| e.to_string())
}

fn theirs(regex: &pcre2::bytes::Regex, subject: &[u8]) -> Outcome {
    match regex.captures(subject) {
        Ok(Some(found)) => {
            let range = |n| found.get(n).map(|m| (m.start(), m.end()));
            Outcome::Match((0..regex.captures_len()).map(range).collect())
        }
        Ok(None) => Outcome::None,
        Err(_) => Outcome::Limit,
    }
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// Subjects for each pattern.
const SUBJECTS: u64 = 5;

#[test]
fn random_patterns_match_as_in_pcre() {
    let pairs = number("PAIRS", 5_000);
    let mut generator = Generator::new(number("SEED", 1));
    let (mut compared, mut limits, mut refused) = (0, 0, 0);
    let mut faults = vec![];
    while compared + limits < pairs {
        let (pattern, caseless) = generator.pattern();
        let (regex, reference) = match (Regex::new(&pattern, caseless), pcre(&pattern, caseless)) {
            (Ok(regex), Ok(reference)) => (regex, reference),
            (Err(_), Err(_)) => continue,
            (Err(e), Ok(_)) if is_by_name(&e.reason) => {
                refused += 1;
                continue;
            }
            (regex, reference) => {
                let (ours, theirs) = (regex.map_err(|e| e.reason).err(), reference.err());
                let pattern = pattern.escape_ascii();
                faults.push(format!("{pattern}: ours {ours:?}, theirs {theirs:?}"));
                continue;
            }
        };
        for _ in 0..SUBJECTS {
            let subject = generator.subject();
            let (found, wanted) = (ours(&regex, &subject), theirs(&reference, &subject));
            if found == Outcome::Limit || wanted == Outcome::Limit {
                limits += 1;
                continue;
            }
            compared += 1;
            if found != wanted {
                let (pattern, subject) = (pattern.escape_ascii(), subject.escape_ascii());
                faults.push(format!("{pattern} in {subject}: ours {found:?}, theirs {wanted:?}"));
            }
        }
    }
    println!("{compared} compared, {limits} at a limit, {refused} patterns refused by name");
    assert!(faults.is_empty(), "{} faults\n{}\n", faults.len(), faults.join("\n"));
}

/// Whether a pattern that PCRE accepts is refused for a reason of the table.
fn is_by_name(reason: &str) -> bool {
    table::reasons().contains(&reason)
}

/// Bytes are read as a pattern, and never end in a panic.
#[test]
fn any_bytes_are_a_pattern_or_refused() {
    let mut generator = Generator::new(number("SEED", 1));
    for _ in 0..number("PAIRS", 5_000) {
        let (mut pattern, caseless) = generator.pattern();
        for _ in 0..3 {
            generator.mutate(&mut pattern);
            if let Ok(regex) = Regex::new(&pattern, caseless) {
                let _ = regex.is_match(&generator.subject());
            }
        }
    }
}
