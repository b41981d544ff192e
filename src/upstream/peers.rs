//! The servers of a group: weights, failures, connections. Plain data with pure functions over it and `now`.

use crate::base::ids::{IdleKey, PeerIndex};
use crate::base::list::List;
use crate::os::addr::Addr;

use super::keepalive::ByPeer;

/// What a `server` line says of one address. Times in milliseconds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerSettings {
    pub addr: Addr,
    /// As in the configuration: `$upstream_last_server_name`.
    pub server: String,
    pub weight: i32,
    /// 0: failures are not counted.
    pub max_fails: u32,
    pub fail_timeout: u64,
    /// 0: no limit.
    pub max_conns: u32,
    pub backup: bool,
    pub down: bool,
}

pub struct Peer {
    pub settings: PeerSettings,
    /// The address as text: `$upstream_addr`.
    pub name: Box<str>,
    /// Which of the group's `server` lines it comes from.
    pub line: u16,
    /// Its address is no longer one of that line's.
    pub gone: bool,
    pub current_weight: i32,
    pub effective_weight: i32,
    /// Tries under way.
    pub conns: u32,
    pub fails: u32,
    /// When it last failed.
    pub accessed: u64,
    /// When it last failed or was tried again.
    pub checked: u64,
    /// Its connections in the cache, the newest first.
    pub idle: List<IdleKey, ByPeer>,
}

impl Peer {
    pub fn new(settings: PeerSettings) -> Self {
        Self {
            name: settings.addr.to_string().into(),
            line: 0,
            gone: false,
            current_weight: 0,
            effective_weight: settings.weight,
            conns: 0,
            fails: 0,
            accessed: 0,
            checked: 0,
            idle: List::default(),
            settings,
        }
    }

    /// Its line says something else of the same address.
    pub fn change(&mut self, settings: PeerSettings) {
        self.effective_weight = settings.weight;
        self.settings = settings;
    }

    /// Nothing more is sent to it.
    pub fn leave(&mut self) {
        self.gone = true;
        self.settings.down = true;
    }

    /// Where it stands among the peers of its group.
    pub fn place(&self) -> (bool, bool, u16) {
        (self.gone, self.settings.backup, self.line)
    }

    /// May be tried now: neither down, nor failed of late, nor full.
    pub fn is_usable(&self, now: u64) -> bool {
        !self.settings.down && !self.is_disabled(now) && !self.is_full()
    }

    pub fn is_full(&self) -> bool {
        self.settings.max_conns != 0 && self.conns >= self.settings.max_conns
    }

    /// `max_fails` was reached within `fail_timeout`.
    fn is_disabled(&self, now: u64) -> bool {
        let PeerSettings { max_fails, fail_timeout, .. } = self.settings;
        max_fails != 0 && self.fails >= max_fails && now - self.checked <= fail_timeout
    }

    /// Counts a failure. True if the peer is disabled by it.
    pub fn failed(&mut self, now: u64) -> bool {
        self.fails += 1;
        self.accessed = now;
        self.checked = now;
        let PeerSettings { max_fails, weight, .. } = self.settings;
        if max_fails != 0 {
            self.effective_weight -= weight / max_fails as i32;
        }
        self.effective_weight = self.effective_weight.max(0);
        max_fails != 0 && self.fails >= max_fails
    }

    /// A try went well: if it was the probe after a failure, the failures are forgotten.
    pub fn succeeded(&mut self) {
        if self.accessed < self.checked {
            self.fails = 0;
        }
    }
}

/// Which peers a request has tried: any number, the first 64 without an allocation.
#[derive(Clone, Default, Debug)]
pub struct Tried {
    first: u64,
    more: Vec<u64>,
}

impl Tried {
    pub fn has(&self, peer: PeerIndex) -> bool {
        let (word, bit) = (usize::from(peer.0) / 64, peer.0 % 64);
        let bits =
            if word == 0 { self.first } else { self.more.get(word - 1).copied().unwrap_or(0) };
        bits >> bit & 1 == 1
    }

    pub fn set(&mut self, peer: PeerIndex) {
        let (word, bit) = (usize::from(peer.0) / 64, peer.0 % 64);
        if word == 0 {
            self.first |= 1 << bit;
            return;
        }
        if self.more.len() < word {
            self.more.resize(word, 0);
        }
        self.more[word - 1] |= 1 << bit;
    }

    /// The peers have been numbered anew.
    pub fn renumber(&mut self, moved: &[Option<PeerIndex>]) {
        let old = std::mem::take(self);
        for (at, new) in moved.iter().enumerate() {
            if let Some(new) = new.filter(|_| old.has(PeerIndex(at as u16))) {
                self.set(new);
            }
        }
    }

    pub fn clear(&mut self) {
        self.first = 0;
        self.more.clear();
    }
}
