//! DNS messages: questions as bytes, and what of an answer may be believed.
//!
//! Only the answer section is looked at, and of it only the records of the name that was asked for and of those
//! that it is an alias of. What a server adds of its own accord (RFC 2181, 5.4.1) is nobody's address.

use std::net::IpAddr;

use hickory_proto::op::{Header, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};

use super::Failure;

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
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(written(name)?, kind.record_type()));
    message.to_vec().ok()
}

/// What a message says to the question that was asked.
pub fn read(bytes: &[u8], id: u16, name: &str, kind: Kind) -> Reply {
    let mut decoder = BinDecoder::new(bytes);
    let Ok(header) = Header::read(&mut decoder) else { return Reply::Foreign };
    let is_answer = header.message_type == MessageType::Response && header.op_code == OpCode::Query;
    if header.id != id || !is_answer {
        return Reply::Foreign;
    }
    // A server that does not understand a message may not repeat its question.
    if header.counts.queries == 0 && header.response_code == ResponseCode::FormErr {
        return Reply::Refused(Failure::FORMAT);
    }
    let asked = (header.counts.queries == 1).then(|| Query::read(&mut decoder).ok()).flatten();
    let (Some(asked), Some(name)) = (asked, written(name)) else { return Reply::Foreign };
    // Names are compared without case.
    let same = asked.name() == &name
        && asked.query_type() == kind.record_type()
        && asked.query_class() == DNSClass::IN;
    if !same {
        return Reply::Foreign;
    }
    if header.truncation {
        return Reply::Truncated;
    }
    match header.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        code => return Reply::Refused(Failure::of_code(u16::from(code))),
    }
    let mut section = |count: u16| {
        Message::read_records(&mut decoder, usize::from(count), false, OpCode::Query)
            .map(|(records, ..)| records)
    };
    let Ok(answers) = section(header.counts.answers) else {
        return Reply::Refused(Failure::FORMAT);
    };
    let authority = section(header.counts.authorities).unwrap_or_default();
    let exists = header.response_code == ResponseCode::NoError;
    follow(&answers, &authority, &name, kind, exists)
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
        let own = |record: &&Record| record.name == *at && record.dns_class == DNSClass::IN;
        let mut found = Records::default();
        for record in answers.iter().filter(own) {
            let before = (found.addrs.len(), found.services.len());
            match (kind, &record.data) {
                (Kind::A, RData::A(addr)) => found.addrs.push(addr.0.into()),
                (Kind::Aaaa, RData::AAAA(addr)) => found.addrs.push(addr.0.into()),
                (Kind::Srv, RData::SRV(srv)) => {
                    found.services.extend(plain(&srv.target).map(|target| Service {
                        priority: srv.priority,
                        weight: srv.weight,
                        port: srv.port,
                        target,
                    }))
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
            RData::CNAME(target) => Some((&target.0, record.ttl)),
            _ => None,
        });
        let Some((target, its_ttl)) = alias else { break };
        ttl = ttl.min(seconds(its_ttl));
        let Some(plain) = plain(target) else { return Reply::Nothing { ttl: None } };
        if names.len() == MOST_ALIASES || names.contains(&plain) || target == asked {
            return Reply::Nothing { ttl: None };
        }
        names.push(plain);
        at = target;
    }
    let negative = authority.iter().find_map(|record| match &record.data {
        RData::SOA(soa) => Some(seconds(record.ttl).min(seconds(soa.minimum)).min(ttl)),
        _ => None,
    });
    if names.is_empty() || negative.is_some() || !exists {
        return Reply::Nothing { ttl: negative };
    }
    Reply::Alias { names, ttl }
}

impl Kind {
    fn record_type(self) -> RecordType {
        match self {
            Self::A => RecordType::A,
            Self::Aaaa => RecordType::AAAA,
            Self::Srv => RecordType::SRV,
        }
    }
}

/// Whether a name can be asked for at all.
pub fn is_name(name: &str) -> bool {
    written(name).is_some()
}

fn written(name: &str) -> Option<Name> {
    if name.is_empty() || name.len() > 253 {
        return None;
    }
    let right = |label: &str| !label.is_empty() && label.len() <= 63;
    if !name.split('.').all(right) {
        return None;
    }
    Name::from_labels(name.split('.').map(str::as_bytes)).ok()
}

/// A name as text in lower case, if it has nothing in it that would have to be escaped.
fn plain(name: &Name) -> Option<Box<str>> {
    let mut text = String::new();
    for label in name.iter() {
        if !label.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'.') {
            return None;
        }
        if !text.is_empty() {
            text.push('.');
        }
        text.extend(label.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
    }
    (!text.is_empty()).then(|| text.into())
}

/// RFC 2181, 8: a time with the highest bit set is none.
fn seconds(ttl: u32) -> u32 {
    if ttl > i32::MAX as u32 { 0 } else { ttl }
}
