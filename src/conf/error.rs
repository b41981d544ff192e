//! What is wrong with a configuration, in nginx's words, and where.

use std::fmt;
use std::sync::Arc;

/// Where a directive ends: the line of its `;` or `{`, as nginx counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Position {
    pub file: Arc<str>,
    /// 0 for what was given on the command line.
    pub line: u32,
}

/// The whole configuration is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    pub message: String,
    /// Absent where no single place is to blame.
    pub at: Option<Position>,
}

/// What a setter has against a directive; [`Wrong::at`] makes the error of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// Said of the directive by name: `"root" directive is duplicate`.
    Directive(String),
    /// The whole message.
    Message(String),
}

impl Error {
    pub fn new(message: impl Into<String>, at: &Position) -> Self {
        Self { message: message.into(), at: Some(at.clone()) }
    }

    /// An error of the whole, with no place.
    pub fn whole(message: impl Into<String>) -> Self {
        Self { message: message.into(), at: None }
    }
}

impl Wrong {
    pub fn directive(what: &str) -> Self {
        Self::Directive(what.to_owned())
    }

    pub fn duplicate() -> Self {
        Self::directive("is duplicate")
    }

    pub fn invalid_value() -> Self {
        Self::directive("invalid value")
    }

    pub fn at(self, name: &str, at: &Position) -> Error {
        match self {
            Self::Directive(what) => Error::new(format!("\"{name}\" directive {what}"), at),
            Self::Message(message) => Error::new(message, at),
        }
    }
}

impl From<String> for Wrong {
    fn from(message: String) -> Self {
        Self::Message(message)
    }
}

impl From<&str> for Wrong {
    fn from(message: &str) -> Self {
        Self::Message(message.to_owned())
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some(at) => write!(f, "{} in {at}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Error {}
