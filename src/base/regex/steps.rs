//! How many steps back fancy-regex may take for a pattern in a subject of some length.
//!
//! It counts the steps back alone. What lies between two of them is short, unless a lookaround, an atomic
//! group or a regular end of the pattern reads on through the subject: then fewer steps are allowed, the
//! longer the subject is. The worst patterns known take, in CPU time of an optimised build, on a subject of
//! `a` with other letters at its ends (`-`: refused within 5 ms):
//!
//! | pattern                         | 1 KiB | 4 KiB | 8 KiB | 32 KiB |
//! |---------------------------------|-------|-------|-------|--------|
//! | `(.*)\1b`                       | 16 ms | 39 ms | 49 ms | 88 ms  |
//! | `(?:(?=.*b)a\|a)*c`             | 5 ms  | 4 ms  | 4 ms  | -      |
//! | `(?:(?>a*)b\|a)*c`              | 37 ms | 39 ms | 88 ms | -      |
//! | `(?:(?=((?:a\|b\|c)*d))a\|a)*c` | 30 ms | 30 ms | 67 ms | -      |
//! | `(?=(a+))b`, `(?>(a\|b)*)c`     | 4 ms  | 24 ms | 92 ms | 94 ms  |
//! | `^(?:(?=(.*)b)a\|a)*`           | 4 ms  | 64 ms | -     | -      |
//! | `(?=(.*?)b)c`                   | 1 ms  | 4 ms  | 4 ms  | -      |
//!
//! `(?>(a|b)*)c` reads to the end of the subject from each of its bytes, which is one step each: steps do not bound that
//! more closely without a refusal of patterns that fail early at most places.

use super::ast::Node;
use super::set::Mode;
use super::write::is_linear;

/// Of a pattern whose steps are short, in a subject of any length.
pub const SHORT: &[(usize, usize)] = &[(usize::MAX, 1_000_000)];

/// Of one that may read on: the length of the subject in bytes up to which a limit of steps holds. A pattern without an
/// anchor takes one for each byte, of 8 KiB by default (`large_client_header_buffers`).
const LONG: &[(usize, usize)] = &[(1 << 10, 50_000), (8 << 10, 10_000), (usize::MAX, 1_000)];

/// Of one that captures what it reads: its groups cost the engine several times as much.
const CAPTURING: &[(usize, usize)] =
    &[(1 << 10, 20_000), (4 << 10, 5_000), (8 << 10, 2_000), (usize::MAX, 500)];

/// What one step may read, in bytes, to be short.
const SHORT_READ: usize = 256;

/// Lengths of subjects, ascending, and for each the steps that a match may take in those up to it. A
/// longer one is refused.
pub fn limits(node: &Node, mode: Mode) -> &'static [(usize, usize)] {
    let mut reads_on = |node: &Node| is_uncounted(node) && reach(node) > SHORT_READ;
    let ends = ends(node, mode);
    let mut captures = |node: &Node| reads_on(node) && node.any(&mut is_group);
    let captures = node.any(&mut captures) || ends.iter().any(|end| end.any(&mut is_group));
    let long = if captures { CAPTURING } else { LONG };
    let mut repeats = |node: &Node| match node {
        Node::Repeat(it) => it.max != Some(1) && it.node.any(&mut reads_on),
        _ => false,
    };
    if node.any(&mut repeats) {
        // Each round may read on, and a round that matches takes no step.
        &long[..2]
    } else if node.any(&mut reads_on) || !ends.is_empty() {
        long
    } else {
        SHORT
    }
}

fn is_group(node: &Node) -> bool {
    matches!(node, Node::Capture(..))
}

/// Whether steps back into the node are given up once it has matched.
fn is_uncounted(node: &Node) -> bool {
    matches!(node, Node::Look(_) | Node::Atomic(_) | Node::If(_))
}

/// What stands last, is regular, and so left to the linear engine, and is long.
fn ends(node: &Node, mode: Mode) -> Vec<&Node> {
    match node {
        node if is_linear(node, mode) => match reach(node) > SHORT_READ {
            true => vec![node],
            false => vec![],
        },
        Node::Sequence(nodes) => {
            let regular = nodes.iter().rev().take_while(|node| is_linear(node, mode));
            let regular: Vec<_> = regular.collect();
            match nodes.last() {
                Some(last) if regular.is_empty() => ends(last, mode),
                _ if regular.iter().map(|node| reach(node)).fold(0, usize::saturating_add)
                    > SHORT_READ =>
                {
                    regular
                }
                _ => vec![],
            }
        }
        Node::Choice(nodes) => nodes.iter().flat_map(|node| ends(node, mode)).collect(),
        Node::Capture(_, node) => ends(node, mode),
        Node::Repeat(it) if it.min == 0 && it.max == Some(1) => ends(&it.node, mode),
        _ => vec![],
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
            assert_eq!(steps(pattern), SHORT, "{pattern}");
        }
        for pattern in
            ["^(?!/no)/.*", "(?=.*b)c", "a++b", "(?=x)(?:y.*)?", "(?=a{300})b", "(a)(?(1)b|.*c)d"]
        {
            assert_eq!(steps(pattern), LONG, "{pattern}");
        }
        for pattern in ["^(?!/no)/(.*)", "(?=(a+))b", "(?=x)(y|a+b)", "(?>(a|b)*)c"] {
            assert_eq!(steps(pattern), CAPTURING, "{pattern}");
        }
        for pattern in ["(?:(?=.*b)a|a)*c", "(?:(?>a*)b|a)*c", "(?:a++/){2,}"] {
            assert_eq!(steps(pattern), &LONG[..2], "{pattern}");
        }
        assert_eq!(steps("(?:(?=(.*)b)a|a)*c"), &CAPTURING[..2]);
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
