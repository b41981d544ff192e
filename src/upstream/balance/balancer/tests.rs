//! A group as a test has it: written as in a configuration, asked request by request.

use std::sync::Arc;

use super::*;
use crate::base::ids::PeerIndex;
use crate::base::rng::Rng;
use crate::conf::directive::{Line, apply};
use crate::conf::error::Position;
use crate::os::addr::Addr;
use crate::upstream::balance::hint::{End, Hint};
use crate::upstream::conf::{self, BlockRaw, Sticky};
use crate::upstream::group::{Group, Groups};
use crate::upstream::peers::Tried;
use crate::upstream::resolve::Lookup;
use crate::upstream::shared::state::SharedState;

pub struct Pool {
    pub group: Group,
    pub rng: Rng,
    pub now: u64,
}

/// A request that has a peer, or wants its next.
#[derive(Default)]
pub struct Client {
    pub hint: Hint,
    pub tried: Tried,
    pub at: Option<PeerIndex>,
    pub start: u64,
    pub heard: bool,
}

impl Pool {
    /// Each line is that of a `server`: `a:80 weight=2`.
    pub fn new(method: Method, lines: &[&str]) -> Self {
        Self::sticky(method, None, lines)
    }

    pub fn sticky(method: Method, sticky: Option<Sticky>, lines: &[&str]) -> Self {
        let mut block = BlockRaw { sticky, ..BlockRaw::default() };
        let mut lookup: Lookup = |_| Ok(Addr::parse("127.0.0.1:80").into_iter().collect());
        let at = Position { file: Arc::from("test"), line: 1 };
        let row = conf::ROWS.iter().find(|row| row.name == "server").unwrap();
        for line in lines {
            let words: Vec<_> = ["server"]
                .into_iter()
                .chain(line.split(' '))
                .map(|w| w.as_bytes().into())
                .collect();
            let line = Line { words: &words, at: &at };
            apply(row, &mut block, &mut lookup, &line).unwrap();
        }
        block.method = Some(method);
        let settings = [block.freeze(b"u".as_slice().into()).unwrap()];
        let mut groups = Groups { all: vec![Group::new(&settings[0])], ..Groups::default() };
        SharedState::open(&settings, false, 1, [1, 2]).unwrap().join(&mut groups, 0);
        let group = groups.all.remove(0);
        Self { group, rng: Rng::new(1), now: 100_000 }
    }

    pub fn pick(&mut self, client: &mut Client) -> Option<usize> {
        let Client { hint, tried, at, start, heard } = client;
        *at = self.group.pick(tried, hint, &mut self.rng, self.now);
        (*start, *heard) = (self.now, false);
        at.map(|at| usize::from(at.0))
    }

    pub fn heard(&mut self, client: &mut Client) {
        client.heard = true;
        self.group.heard(client.at.unwrap(), &client.hint, client.start, self.now);
    }

    pub fn done(&mut self, client: &mut Client, failed: bool) {
        let end = End { start: client.start, heard: client.heard, well: !failed, unreached: false };
        self.group.done(client.at.take().unwrap(), &client.hint, failed, end, self.now);
    }

    /// Which peers this number of requests go to, one after another: `a` is the first.
    pub fn sequence(&mut self, requests: usize) -> String {
        (0..requests).map(|_| self.one(b"")).collect()
    }

    /// Which peer a request with this key goes to.
    pub fn one(&mut self, key: &[u8]) -> char {
        let mut client = Client::default();
        client.hint.key.bytes().extend_from_slice(key);
        let at = self.pick(&mut client);
        if at.is_some() {
            self.done(&mut client, false);
        }
        letter(at)
    }

    /// The peers that a request with this key tries one after another, when all of them fail.
    pub fn tries(&mut self, key: &[u8]) -> String {
        let mut client = Client::default();
        client.hint.key.bytes().extend_from_slice(key);
        let mut tried = String::new();
        while let Some(at) = self.pick(&mut client) {
            tried.push(letter(Some(at)));
            self.done(&mut client, true);
        }
        tried
    }
}

pub fn letter(at: Option<usize>) -> char {
    at.map_or('-', |at| char::from(b'a' + at as u8))
}
