//! Regular expressions: a line with the pattern, and then the subject. A pattern is refused at a place within it,
//! or it is matched: groups are where the subject is, and whether there is a match does not depend on who asks.

use peerage::base::regex::{Captures, Regex};

pub const WORDS: &[&[u8]] = &[
    b"(?:",
    b"(?<n>",
    b"(?|",
    b"(?>",
    b"(?=",
    b"(?<!",
    b"(?(1)",
    b"(?1)",
    b"(?i)",
    b"(*UTF)",
    b"(*F)",
    b"\\Q",
    b"\\E",
    b"\\1",
    b"\\g{-1}",
    b"\\k<n>",
    b"\\p{L}",
    b"\\x{e9}",
    b"[[:alpha:]",
    b"[^",
    b"{2,3}",
    b"*+",
    b"??",
    b"\n",
];

/// Bytes of a pattern and of a subject that are used: what is looked for is a panic, not the limit of steps.
const PATTERN: usize = 96;
const SUBJECT: usize = 32;

pub fn check(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (pattern, subject) = (&input[..end], input.get(end + 1..).unwrap_or_default());
    let pattern = &pattern[..pattern.len().min(PATTERN)];
    let subject = &subject[..subject.len().min(SUBJECT)];
    for caseless in [false, true] {
        let regex = match Regex::new(pattern, caseless) {
            Ok(regex) => regex,
            Err(e) => {
                assert!(!e.reason.is_empty(), "no reason");
                continue;
            }
        };
        let mut captures = Captures::default();
        let found = regex.captures(subject, &mut captures);
        assert_eq!(regex.is_match(subject), found);
        if found == Ok(true) {
            assert_eq!((captures.len(), captures.has(0)), (regex.groups(), true));
            assert_eq!(captures.subject(), subject);
            for group in 0..captures.len() {
                captures.get(group);
            }
        }
        for (name, group) in regex.names() {
            assert!(*group < regex.groups(), "{name}");
        }
    }
}
