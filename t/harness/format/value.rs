//! What a section holds: bytes, a regular expression, or a list of either.

use fancy_regex::{Regex, RegexBuilder};

/// Steps that a pattern may take on one text: bodies of megabytes, but no run without end.
const STEPS: usize = 10_000_000;

/// The value of a section after its filters.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(Vec<u8>),
    Pattern(Pattern),
    List(Vec<Self>),
}

impl Value {
    pub fn text(text: impl AsRef<[u8]>) -> Self {
        Self::Text(text.as_ref().to_vec())
    }

    /// The items of a list, or the value itself as the only one.
    pub fn items(&self) -> Vec<&Self> {
        match self {
            Self::List(items) => items.iter().collect(),
            other => vec![other],
        }
    }

    /// The bytes of a text; of a list, its texts one after another.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone(),
            Self::Pattern(pattern) => pattern.source.clone().into_bytes(),
            Self::List(items) => items.iter().flat_map(Self::bytes).collect(),
        }
    }

    pub fn lossy(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// Calls `change` on every text and on the source of every pattern in it.
    pub fn map(
        &self,
        change: &mut dyn FnMut(&str, bool) -> Result<String, String>,
    ) -> Result<Self, String> {
        Ok(match self {
            Self::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Self::text(change(text, false)?),
                // Bytes that are no text hold no names to replace.
                Err(_) => self.clone(),
            },
            Self::Pattern(p) => {
                Self::Pattern(Pattern { source: change(&p.source, true)?, flags: p.flags.clone() })
            }
            Self::List(items) => {
                Self::List(items.iter().map(|item| item.map(change)).collect::<Result<_, _>>()?)
            }
        })
    }
}

/// A Perl regular expression as it was written; compiled when the names in it are known.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    pub source: String,
    pub flags: String,
}

impl Pattern {
    pub fn new(source: impl Into<String>, flags: impl Into<String>) -> Self {
        Self { source: source.into(), flags: flags.into() }
    }

    pub fn compile(&self) -> Result<Regex, String> {
        let flags: String = self.flags.chars().filter(|c| "imsx".contains(*c)).collect();
        let multi_line = flags.contains('m');
        let mut source = String::new();
        if !flags.is_empty() {
            source.push_str(&format!("(?{flags})"));
        }
        source.push_str(&perl_dollar(&self.source, multi_line));
        RegexBuilder::new(&source)
            .backtrack_limit(STEPS)
            .build()
            .map_err(|e| format!("bad pattern /{}/: {e}", self.source))
    }
}

/// Perl's `$` also matches before a newline that ends the text, Rust's does not.
fn perl_dollar(source: &str, multi_line: bool) -> String {
    if multi_line {
        return source.to_owned();
    }
    let mut out = String::with_capacity(source.len());
    let mut chars = source.chars();
    let mut class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            '[' if !class => {
                class = true;
                out.push(c);
            }
            ']' if class => {
                class = false;
                out.push(c);
            }
            '$' if !class => out.push_str(r"(?:\n?\z)"),
            _ => out.push(c),
        }
    }
    out
}
