//! `health_check` and `match`: how servers are asked whether they are well, and what a good answer is.

use std::sync::Arc;

use crate::base::ids::GroupIndex;
use crate::conf::error::Position;
use crate::conf::value::Msec;
use crate::http::ids::LocationId;
use crate::http::vars::{Pattern, Template};
use crate::proto::Head;
use crate::upstream::health::Rule;

/// One `health_check`.
#[derive(Clone, Debug)]
pub struct HealthCheck {
    /// Whose peers are asked.
    pub group: GroupIndex,
    /// Which of the group's checks it is.
    pub number: usize,
    /// Where it stands: its time-outs and fields are those of the requests that go the same way.
    pub location: LocationId,
    pub interval: Msec,
    pub jitter: Msec,
    pub uri: Box<[u8]>,
    /// Not the peer's own.
    pub port: Option<u16>,
    /// `None`: any 2xx or 3xx is good.
    pub matching: Option<Arc<Match>>,
    /// How long checks are made over one connection; 0: each has one of its own.
    pub keepalive_time: Msec,
}

impl HealthCheck {
    /// The answer's body is read: for its own sake, or for the answer to end.
    pub fn wants_body(&self) -> bool {
        self.keepalive_time > 0 || self.matching.as_ref().is_some_and(|it| it.wants_body())
    }
}

/// As written, before what it names is known.
#[derive(Clone, Debug)]
pub struct HealthRaw {
    pub rule: Rule,
    pub interval: Msec,
    pub jitter: Msec,
    pub uri: Box<[u8]>,
    pub port: Option<u16>,
    pub matching: Option<Box<[u8]>>,
    pub keepalive_time: Msec,
    pub at: Position,
}

/// A `match` block: an answer must be right in every respect that is named.
#[derive(Debug)]
pub struct Match {
    pub name: Box<[u8]>,
    pub tests: Vec<Test>,
    /// `require`: variables that are to be neither empty nor `0`.
    pub required: Vec<Template>,
}

#[derive(Debug)]
pub enum Test {
    /// `not`, and the ranges with both ends.
    Status(bool, Vec<(u16, u16)>),
    Present(Box<[u8]>),
    Absent(Box<[u8]>),
    Equal(bool, Box<[u8]>, Box<[u8]>),
    Like(bool, Box<[u8]>, Arc<Pattern>),
    Body(bool, Arc<Pattern>),
}

impl Test {
    pub fn rank(&self) -> u8 {
        match self {
            Self::Status(..) => 0,
            Self::Present(_) | Self::Absent(_) | Self::Equal(..) | Self::Like(..) => 1,
            Self::Body(..) => 2,
        }
    }
}

impl Match {
    pub fn new(name: &[u8]) -> Self {
        Self { name: name.into(), tests: vec![], required: vec![] }
    }

    /// Some test is about the body.
    pub fn wants_body(&self) -> bool {
        self.tests.iter().any(|test| matches!(test, Test::Body(..)))
    }

    /// Whether an answer is good, but for what is required of variables; and what was looked at last.
    pub fn judge(&self, status: u16, head: &Head, content: &[u8]) -> Verdict {
        let mut last = STATUS;
        for test in &self.tests {
            let values = |name: &[u8]| {
                let name = name.to_vec();
                let all = head.iter().filter(move |it| it.1.eq_ignore_ascii_case(&name));
                all.map(|(_, _, value)| value)
            };
            // An expression that runs away finds nothing.
            let finds = |pattern: &Pattern, text: &[u8]| pattern.regex.is_match(text) == Ok(true);
            let (good, what) = match test {
                Test::Status(not, ranges) => {
                    let within = ranges.iter().any(|&(from, to)| (from..=to).contains(&status));
                    (within != *not, STATUS)
                }
                Test::Present(name) => (values(name).next().is_some(), HEADER),
                Test::Absent(name) => (values(name).next().is_none(), HEADER),
                Test::Equal(not, name, wanted) => {
                    (values(name).any(|value| value == &**wanted) != *not, HEADER)
                }
                Test::Like(not, name, pattern) => {
                    (values(name).any(|value| finds(pattern, value)) != *not, HEADER)
                }
                Test::Body(not, pattern) => (finds(pattern, content) != *not, BODY),
            };
            if !good {
                return Err(what);
            }
            last = what;
        }
        Ok(last)
    }
}

/// How a check ended, and what was being done then.
pub type Verdict = Result<&'static str, &'static str>;

/// Without a `match`.
pub fn judge_status(status: u16) -> Verdict {
    if (200..400).contains(&status) { Ok(STATUS) } else { Err(STATUS) }
}

pub const STATUS: &str = "checking status code";
pub const HEADER: &str = "checking header";
pub const BODY: &str = "checking body";
