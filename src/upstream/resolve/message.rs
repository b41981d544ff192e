//! DNS messages: questions as bytes, and what of an answer may be believed.
//!
//! Only the answer section is looked at, and of it only the records of the name that was asked for and of those
//! that it is an alias of. What a server adds of its own accord (RFC 2181, 5.4.1) is ignored.

use std::net::IpAddr;

use super::answer::Failure;
use super::name::Name;
use super::wire::{self, Data, Header, Question, Reader, Record};

/// What records are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    A,
    Aaaa,
    Srv,
}

/// What an answer says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// It answers another question, or is none: to be ignored.
    Foreign,
    /// It did not fit.
    Truncated,
    /// This server has no answer; another may.
    Refused(Failure),
    Records(Records),
    /// The name is an alias, and what of is not said: that is to be asked for.
    Alias {
        names: Vec<Box<str>>,
        ttl: u32,
    },
    /// There is no such name, or it has no such records. How long that holds, if it is said.
    Nothing {
        ttl: Option<u32>,
    },
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Records {
    pub addrs: Vec<IpAddr>,
    pub services: Vec<Service>,
    /// The least of all on the way, in seconds.
    pub ttl: u32,
}

/// An SRV record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    pub priority: u16,
    pub weight: u16,
    pub port: u16,
    pub target: Box<str>,
}

/// Aliases of aliases that are followed: as many as nginx follows.
pub const MOST_ALIASES: usize = 50;

/// A question as a message. `None`: no name can be written so.
pub fn ask(id: u16, name: &str, kind: Kind) -> Option<Vec<u8>> {
    let question = kind.of(Name::of(name)?);
    let mut out = Vec::new();
    let (answers, authorities, additional) = (0, 0, 0);
    let flags = wire::RECURSION_DESIRED;
    Header { id, flags, questions: 1, answers, authorities, additional }.write(&mut out);
    question.write(&mut out);
    Some(out)
}

/// What a message says to the question that was asked.
pub fn read(message: &[u8], id: u16, name: &str, kind: Kind) -> Reply {
    let mut reader = Reader::new(message);
    let Some(header) = reader.header() else { return Reply::Foreign };
    let is_answer = header.flags & (wire::RESPONSE | wire::OPCODE) == wire::RESPONSE;
    if header.id != id || !is_answer {
        return Reply::Foreign;
    }
    let code = header.flags & wire::CODE;
    // A server that does not understand a message may not repeat its question.
    if header.questions == 0 && code == Failure::FORMAT.0 {
        return Reply::Refused(Failure::FORMAT);
    }
    let wanted = Name::of(name).map(|name| kind.of(name));
    let asked = (header.questions == 1).then(|| reader.question()).flatten();
    let Some(asked) = asked.filter(|asked| wanted.as_ref() == Some(asked)) else {
        return Reply::Foreign;
    };
    if header.flags & wire::TRUNCATED != 0 {
        return Reply::Truncated;
    }
    let exists = match code {
        0 => true,
        code if code == Failure::NOT_FOUND.0 => false,
        code => return Reply::Refused(Failure(code)),
    };
    let Some(answers) = reader.records(header.answers) else {
        return Reply::Refused(Failure::FORMAT);
    };
    let authority = reader.records(header.authorities).unwrap_or_default();
    follow(&answers, &authority, &asked.name, kind, exists)
}

/// From the name that was asked for, alias by alias, to its records.
fn follow(
    answers: &[Record],
    authority: &[Record],
    asked: &Name,
    kind: Kind,
    exists: bool,
) -> Reply {
    let (mut at, mut ttl) = (asked, u32::MAX);
    let mut names: Vec<Box<str>> = Vec::new();
    loop {
        let own = |record: &&Record| record.name == *at;
        let mut found = Records::default();
        for record in answers.iter().filter(own) {
            let before = (found.addrs.len(), found.services.len());
            match (kind, &record.data) {
                (Kind::A, Data::A(addr)) => found.addrs.push((*addr).into()),
                (Kind::Aaaa, Data::Aaaa(addr)) => found.addrs.push((*addr).into()),
                (Kind::Srv, &Data::Srv { priority, weight, port, ref target }) => {
                    let service = |target| Service { priority, weight, port, target };
                    found.services.extend(target.text().map(service));
                }
                _ => {}
            }
            if before != (found.addrs.len(), found.services.len()) {
                ttl = ttl.min(seconds(record.ttl));
            }
        }
        if !found.addrs.is_empty() || !found.services.is_empty() {
            return Reply::Records(Records { ttl, ..found });
        }
        let alias = answers.iter().filter(own).find_map(|record| match &record.data {
            Data::Cname(target) => Some((target, record.ttl)),
            _ => None,
        });
        let Some((target, its_ttl)) = alias else { break };
        ttl = ttl.min(seconds(its_ttl));
        let Some(plain) = target.text() else { return Reply::Nothing { ttl: None } };
        if names.len() == MOST_ALIASES || names.contains(&plain) || target == asked {
            return Reply::Nothing { ttl: None };
        }
        names.push(plain);
        at = target;
    }
    let negative = authority.iter().find_map(|record| match record.data {
        Data::Soa { minimum } if at.is_within(&record.name) => {
            Some(seconds(record.ttl).min(seconds(minimum)).min(ttl))
        }
        _ => None,
    });
    if names.is_empty() || negative.is_some() || !exists {
        return Reply::Nothing { ttl: negative };
    }
    Reply::Alias { names, ttl }
}

impl Kind {
    /// The question for such records of that name.
    fn of(self, name: Name) -> Question {
        let kind = match self {
            Self::A => wire::A,
            Self::Aaaa => wire::AAAA,
            Self::Srv => wire::SRV,
        };
        Question { name, kind, class: wire::IN }
    }
}

/// Whether a name can be asked for at all.
pub fn is_name(name: &str) -> bool {
    Name::of(name).is_some()
}

/// RFC 2181, 8: a time with the highest bit set is none.
fn seconds(ttl: u32) -> u32 {
    if ttl > i32::MAX as u32 { 0 } else { ttl }
}
