//! What a script that balances has decided of a request's tries.

use std::rc::Rc;

use crate::os::addr::Addr;
use crate::upstream::pool::tls::TlsPeer;

/// The tries of a request, whatever its script says.
pub const MOST_TRIES: u32 = 100;

/// Times in milliseconds.
#[derive(Default, Debug)]
pub struct Scripted {
    /// Where the try that is to begin goes.
    pub peer: Option<Addr>,
    /// The name of its server for TLS. Connections are not shared with those of another name.
    pub host: Option<Box<str>>,
    /// Its connection is kept.
    pub keepalive: Option<Keepalive>,
    /// The address of ours that it comes from.
    pub local: Option<Addr>,
    /// Whether it uses TLS; `None`: as `…_pass` says.
    pub tls: Option<bool>,
    /// Further tries that are allowed from now on.
    pub more: u32,
    /// Tries that have begun, the one under way included.
    pub total: u32,
    /// How the try before has ended.
    pub last: Option<Last>,
    /// In place of `…_connect_timeout` and so on, from now on.
    pub timeouts: Timeouts,
    pub location: OfLocation,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Last {
    /// With a response that `…_next_upstream` gives up, though the server did not fail.
    Next,
    Failed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keepalive {
    pub timeout: u64,
    /// 0: no limit.
    pub requests: u32,
}

#[derive(Clone, Copy, Default, Debug)]
pub struct Timeouts {
    pub connect: Option<u64>,
    pub send: Option<u64>,
    pub read: Option<u64>,
}

/// What the location says, and holds for tries of which the script says nothing else.
#[derive(Default, Debug)]
pub struct OfLocation {
    pub local: Option<Box<Addr>>,
    pub tls: Option<Rc<TlsPeer>>,
}

impl Scripted {
    /// Another try is to be decided.
    pub fn begin_try(&mut self) {
        self.peer = None;
        self.host = None;
        self.keepalive = None;
        self.local = None;
        self.more = 0;
        self.total += 1;
    }

    /// `set_more_tries`, where `left` tries are allowed, the one under way included, and `limit` in all (0: no limit
    /// of the configuration). False: fewer than `count` are allowed.
    pub fn allow_more(&mut self, count: u32, left: u32, limit: u32) -> bool {
        let limit = if limit == 0 { MOST_TRIES } else { limit.min(MOST_TRIES) };
        let all = self.total + left.saturating_sub(1);
        self.more = count.min(limit.saturating_sub(all));
        self.more == count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_bounded() {
        let mut it = Scripted::default();
        let mut left = 1;
        for total in 1..=MOST_TRIES {
            it.begin_try();
            assert_eq!(it.total, total);
            let allowed = it.allow_more(u32::MAX, left, 0);
            assert!(!allowed);
            left = left + it.more - 1;
        }
        assert_eq!(left, 0);
        let mut it = Scripted::default();
        it.begin_try();
        assert!(it.allow_more(1, 1, 2));
        assert!(!it.allow_more(2, 1, 2));
        assert_eq!(it.more, 1);
    }
}
