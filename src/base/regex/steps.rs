//! How many steps back fancy-regex may take for a pattern in a subject of some length.
//!
//! It counts the steps back alone. What lies between two of them is short, unless a lookaround, an atomic
//! group or a regular end of the pattern reads on through the subject: then fewer steps are allowed, the
//! longer the subject is. The worst patterns known take, in CPU time of an optimised build, on a subject of
//! `a` with or without a `b` at its end (`-`: refused at once):
//!
//! | pattern                      | 1 KiB | 8 KiB  | 32 KiB |
//! |------------------------------|-------|--------|--------|
//! | `(.*)\1b`                    | 26 ms | 51 ms  | 105 ms |
//! | `(?:(?=.*b)a\|a)*c`          | 50 ms | 68 ms  | -      |
//! | `(?:(?>a*)b\|a)*c`           | 72 ms | 104 ms | -      |
//! | `(?:(?=((?:a\|b\|c)*d))a\|a)*c` | 90 ms | 133 ms | -   |
//! | `(?=(a+))b`                  | 5 ms  | 312 ms | 298 ms |
//! | `(?:(?=(.*)b)a\|a)*c`        | 55 ms | 359 ms | -      |
//! | `(?=(.*?)b)c`                | 14 ms | 601 ms | 614 ms |
//!
//! The last three read to the end of the subject from each of its bytes, which is one step each: steps do
//! not bound that more closely without a refusal of patterns that fail early at most places.

use super::ast::Node;
use super::set::Mode;
use super::write::is_linear;

/// Of a pattern whose steps are short, in a subject of any length.
const SHORT_STEPS: &[(usize, usize)] = &[(usize::MAX, 1_000_000)];

/// Of one that may read on: the length of the subject in bytes up to which a limit of steps holds. A pattern without an
/// anchor takes one for each byte: for 8 KiB, the default of `large_client_header_buffers`, two are allowed.
const LONG_STEPS: &[(usize, usize)] =
    &[(1 << 10, 100_000), (8 << 10, 16 << 10), (usize::MAX, 1_000)];

/// What one step may read, in bytes, to be short.
const SHORT: usize = 256;

/// Lengths of subjects, ascending, and for each the steps that a match may take in those up to it. A
/// longer one is refused.
pub fn limits(node: &Node, mode: Mode) -> &'static [(usize, usize)] {
    let mut reads_on = |node: &Node| is_uncounted(node) && reach(node) > SHORT;
    let mut repeats = |node: &Node| match node {
        Node::Repeat(it) => it.max != Some(1) && it.node.any(&mut reads_on),
        _ => false,
    };
    if node.any(&mut repeats) {
        // Each round may read on, and a round that matches takes no step.
        &LONG_STEPS[..2]
    } else if node.any(&mut reads_on) || end_reads_on(node, mode) {
        LONG_STEPS
    } else {
        SHORT_STEPS
    }
}

/// Whether steps back into the node are given up once it has matched.
fn is_uncounted(node: &Node) -> bool {
    matches!(node, Node::Look(_) | Node::Atomic(_) | Node::If(_))
}

/// Whether what stands last is regular, and so left to the linear engine, and long.
fn end_reads_on(node: &Node, mode: Mode) -> bool {
    match node {
        node if is_linear(node, mode) => reach(node) > SHORT,
        Node::Sequence(nodes) => {
            let regular = nodes.iter().rev().take_while(|node| is_linear(node, mode));
            regular.clone().map(reach).fold(0, usize::saturating_add) > SHORT
                || regular.count() == 0 && nodes.last().is_some_and(|last| end_reads_on(last, mode))
        }
        Node::Choice(nodes) => nodes.iter().any(|node| end_reads_on(node, mode)),
        Node::Capture(_, node) => end_reads_on(node, mode),
        Node::Repeat(it) if it.min == 0 && it.max == Some(1) => end_reads_on(&it.node, mode),
        _ => false,
    }
}

/// The most bytes that it looks at.
fn reach(node: &Node) -> usize {
    let inside = node.children().into_iter().map(reach);
    match node {
        Node::One(_) => 1,
        Node::Back(..) => usize::MAX,
        Node::Choice(_) => inside.max().unwrap_or(0),
        Node::Repeat(it) => {
            let times = it.max.map_or(usize::MAX, |max| max as usize);
            reach(&it.node).saturating_mul(times)
        }
        _ => inside.fold(0, usize::saturating_add),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::regex::parse::parse;

    fn steps(pattern: &str) -> &'static [(usize, usize)] {
        limits(&parse(pattern.as_bytes(), false).unwrap().node, Mode::Bytes)
    }

    #[test]
    fn what_reads_on_has_fewer_steps_in_long_subjects() {
        for pattern in [
            "/foo(?!bar)",
            "(?<!x)foo$",
            r"^(?:(?!\.php).)*$",
            r"^/(\w+)/\1/",
            r"(.*)\1b",
            "(?>a{9})b",
            r"(?:/([^/]*)){2}\1?",
        ] {
            assert_eq!(steps(pattern), SHORT_STEPS, "{pattern}");
        }
        for pattern in [
            "^(?!/no)/(.*)",
            "(?=.*b)c",
            "(?=(a+))b",
            "a++b",
            "(?=x)(y|a+b)",
            "(?=x)(?:y.*)?",
            "(?=a{300})b",
            "(a)(?(1)b|.*c)d",
        ] {
            assert_eq!(steps(pattern), LONG_STEPS, "{pattern}");
        }
        for pattern in ["(?:(?=.*b)a|a)*c", "(?:(?>a*)b|a)*c", "(?:a++/){2,}"] {
            assert_eq!(steps(pattern), &LONG_STEPS[..2], "{pattern}");
        }
    }

    /// The path of a request may be as long, and most of it may be no match.
    #[test]
    fn ordinary_patterns_have_enough_steps() {
        use crate::base::regex::Regex;
        let long = |head: &str, len: usize| [head.as_bytes(), &vec![b'a'; len]].concat();
        for (pattern, head, len) in [
            ("/foo(?!bar)", "/", 32 << 10),
            (r"^(?:(?!\.php).)*$", "/", 32 << 10),
            (r"^/(\w+)/\1/", "/", 32 << 10),
            ("^(?=.*foo)(?=.*bar).*$", "/", 32 << 10),
            ("^(?!/no)/(.*)", "/", 32 << 10),
            ("^(?>[^/]*/)*[^/]*$", "/", 8000),
            ("/api/(?!v1/)(.*)", "/", 8000),
            (r"(?=.*/private/)\.js", "/", 8000),
        ] {
            let found = Regex::new(pattern.as_bytes(), false).unwrap().is_match(&long(head, len));
            assert!(found.is_ok(), "{pattern}");
        }
    }
}
