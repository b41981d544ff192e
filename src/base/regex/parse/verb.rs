//! `(*...)`: the options in front of a pattern, assertions by name, and verbs.

use super::super::ast::{Look, Node};
use super::super::set::Mode;
use super::{Item, Parser, SyntaxError};

impl Parser<'_> {
    /// The options at the very front.
    pub(super) fn start_options(&mut self) -> Result<(), SyntaxError> {
        while let [b'(', b'*', b'A'..=b'Z', ..] = self.rest() {
            let Some(len) = memchr::memchr(b')', self.rest()) else {
                return Ok(());
            };
            let option = String::from_utf8_lossy(&self.rest()[2..len]).into_owned();
            match &*option {
                "UTF" | "UTF8" => self.mode = Mode::Utf,
                "BSR_ANYCRLF" => self.any_crlf = true,
                "BSR_UNICODE" => self.any_crlf = false,
                // The newline that there is without an option.
                "LF" => {}
                // How PCRE searches, not what it finds. The limits are this program's own.
                "NO_JIT" | "NO_START_OPT" | "NO_AUTO_POSSESS" | "NO_DOTSTAR_ANCHOR" => {}
                limit if is_limit(limit) => {}
                "CR" | "CRLF" | "ANYCRLF" | "ANY" | "NUL" | "UCP" | "NOTEMPTY"
                | "NOTEMPTY_ATSTART" => {
                    return Err(self.error(format!("(*{option}) is not supported")));
                }
                _ => return Ok(()),
            }
            self.at += len + 1;
        }
        Ok(())
    }

    /// Behind the parenthesis of `(*VERB)` or `(*name:...)`.
    pub(super) fn verb(&mut self) -> Result<Item, SyntaxError> {
        let end = self.rest().iter().position(|b| matches!(b, b')' | b':'));
        let Some(end) = end else {
            return Err(self.error("(*VERB) not recognized or malformed"));
        };
        let name = String::from_utf8_lossy(&self.rest()[1..end]).into_owned();
        let has_text = self.rest()[end] == b':';
        if let Some(look) = self.named_look()? {
            return Ok(Item::of(Node::Look(Box::new(look))));
        }
        match &*name {
            "atomic" if has_text => {
                self.at += end + 1;
                self.atomic()
            }
            "F" | "FAIL" if !has_text => {
                self.at += end + 1;
                Ok(Item::fixed(Node::Fail))
            }
            _ if REFUSED.contains(&&*name) => {
                Err(self.error(format!("(*{name}) is not supported")))
            }
            _ => Err(self.error("(*VERB) not recognized or malformed")),
        }
    }

    /// `*pla:...)` and its like, at the star.
    pub(super) fn named_look(&mut self) -> Result<Option<Look>, SyntaxError> {
        const NAMES: &[(&[u8], bool, bool)] = &[
            (b"*pla:", false, false),
            (b"*positive_lookahead:", false, false),
            (b"*nla:", false, true),
            (b"*negative_lookahead:", false, true),
            (b"*plb:", true, false),
            (b"*positive_lookbehind:", true, false),
            (b"*nlb:", true, true),
            (b"*negative_lookbehind:", true, true),
        ];
        for &(name, behind, negative) in NAMES {
            if self.eat(name) {
                return self.look_around(behind, negative).map(Some);
            }
        }
        Ok(None)
    }
}

fn is_limit(option: &str) -> bool {
    let limits = ["LIMIT_MATCH=", "LIMIT_DEPTH=", "LIMIT_RECURSION=", "LIMIT_HEAP="];
    let value = limits.iter().find_map(|limit| option.strip_prefix(limit));
    value.is_some_and(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit()))
}

/// Verbs, and lookarounds that no engine here has.
const REFUSED: &[&str] = &[
    "",
    "ACCEPT",
    "COMMIT",
    "F",
    "FAIL",
    "MARK",
    "PRUNE",
    "SKIP",
    "THEN",
    "asr",
    "atomic_script_run",
    "napla",
    "naplb",
    "non_atomic_positive_lookahead",
    "non_atomic_positive_lookbehind",
    "scs",
    "scan_substring",
    "script_run",
    "sr",
];
