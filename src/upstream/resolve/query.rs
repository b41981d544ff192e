//! One question on its way: asked of one name server after another until one answers it.

use std::net::SocketAddr;

use super::message::{self, Kind, Reply};
use super::settings::Settings;
use crate::base::ids::{ConnId, LookupId};
use crate::base::rng::Rng;

pub(super) struct Query {
    pub(super) lookup: LookupId,
    pub(super) kind: Kind,
    /// What is asked for now: the name itself, or what it is an alias of.
    pub(super) name: Box<str>,
    /// The aliases that led here.
    aliases: Vec<Box<str>>,
    /// The least of their times, in seconds.
    ttl: u32,
    id: u16,
    server: usize,
    /// Messages sent.
    pub(super) tries: usize,
    pub(super) tcp: bool,
    /// What of the message the system has not taken.
    pub(super) unsent: Vec<u8>,
    /// What has come over TCP.
    stream: Vec<u8>,
    /// Answers that were to be ignored, since it was last sent.
    foreign: u32,
    pub(super) conn: Option<ConnId>,
    /// When the next server is asked.
    pub(super) due: Option<(u64, u64)>,
}

/// What is to be done about a query.
#[derive(Debug)]
pub(super) enum Step {
    Wait,
    /// The next server is asked.
    Next,
    /// The same question over TCP, to the same server.
    OverTcp,
    /// The name that it is an alias of.
    Again,
    Done(Reply),
}

/// Answers that do not fit before TCP is used: they may be guesses of a forger, and TCP cannot be guessed.
const MOST_FOREIGN: u32 = 16;

impl Query {
    pub(super) fn new(lookup: LookupId, kind: Kind, name: &str, server: usize) -> Self {
        Self {
            lookup,
            kind,
            name: name.into(),
            aliases: Vec::new(),
            ttl: u32::MAX,
            id: 0,
            server,
            tries: 0,
            tcp: false,
            unsent: Vec::new(),
            stream: Vec::new(),
            foreign: 0,
            conn: None,
            due: None,
        }
    }

    /// Makes a new message, under a new id.
    pub(super) fn write(&mut self, rng: &mut Rng) {
        self.id = (rng.word() >> 48) as u16;
        self.tries += 1;
        self.stream.clear();
        self.foreign = 0;
        let mut message = message::ask(self.id, &self.name, self.kind).unwrap_or_default();
        if self.tcp {
            let length = message.len() as u16;
            message.splice(..0, length.to_be_bytes());
        }
        self.unsent = message;
    }

    /// The server that is asked.
    pub(super) fn server(&self, settings: &Settings) -> Option<SocketAddr> {
        settings.servers.get(self.server % settings.servers.len().max(1)).copied()
    }

    pub(super) fn next_server(&mut self) {
        self.server += 1;
    }

    /// Bytes have come: a datagram, or some of a stream.
    pub(super) fn received(&mut self, bytes: &[u8]) -> Step {
        if !self.tcp {
            return self.read(bytes);
        }
        self.stream.extend_from_slice(bytes);
        let Some((length, rest)) = self.stream.split_first_chunk() else { return Step::Wait };
        let length = usize::from(u16::from_be_bytes(*length));
        if rest.len() < length {
            return Step::Wait;
        }
        let whole = rest[..length].to_vec();
        self.read(&whole)
    }

    fn read(&mut self, message: &[u8]) -> Step {
        match message::read(message, self.id, &self.name, self.kind) {
            Reply::Foreign if self.tcp => Step::Next,
            Reply::Foreign => {
                self.foreign += 1;
                if self.foreign < MOST_FOREIGN { Step::Wait } else { Step::OverTcp }
            }
            Reply::Truncated if self.tcp => Step::Next,
            Reply::Truncated => Step::OverTcp,
            Reply::Alias { names, ttl } => {
                self.ttl = self.ttl.min(ttl);
                let known = |name| self.aliases.contains(name) || *name == self.name;
                let loops = names.iter().any(known);
                self.aliases.push(std::mem::take(&mut self.name));
                self.aliases.extend(names);
                if loops || self.aliases.len() > message::MOST_ALIASES + 1 {
                    return Step::Done(Reply::Nothing { ttl: None });
                }
                self.name = self.aliases.pop().unwrap_or_default();
                self.tries = 0;
                Step::Again
            }
            Reply::Records(mut records) => {
                records.ttl = records.ttl.min(self.ttl);
                Step::Done(Reply::Records(records))
            }
            reply => Step::Done(reply),
        }
    }
}
