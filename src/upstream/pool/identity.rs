//! Whom a kept connection may serve.
//!
//! A connection was made from some local address, in some protocol, later with some TLS name and
//! certificate. A request that would have made another kind of connection must not get it. The settings that
//! matter are written down once, and a small number stands for them; no location is part of it.

use std::collections::HashMap;

use crate::os::addr::Addr;

/// Names one set of settings; the default is the plain one.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Hash)]
pub struct Identity(u32);

/// What tells two connections with the same peer apart.
#[derive(Clone, PartialEq, Eq, Default, Debug, Hash)]
pub struct Settings {
    /// `proxy_bind`
    pub local: Option<Addr>,
    /// A number for the protocol that is spoken.
    pub protocol: u8,
    /// The name of the server, where a script has given one.
    pub host: Option<Box<str>>,
    /// A number for all that TLS trusts and shows, and for the name that was asked for.
    pub tls: Option<u32>,
}

/// The sets of settings that were asked for of late.
///
/// Variables may make as many as there are clients (`proxy_bind $remote_addr transparent`), so they are not
/// kept for ever. What is forgotten gets another number when it is asked for again, which costs a new
/// connection and mixes nothing: no number stands for two sets.
#[derive(Default, Debug)]
pub struct Identities {
    known: HashMap<Settings, Identity>,
    last: u32,
}

/// Sets that are remembered at the same time.
const MOST: usize = 4096;

/// The numbers below are those of the protocols, without a local address and without TLS.
const FIRST: u32 = 1 << u8::BITS;

impl Identities {
    /// The number of these settings.
    #[inline(always)]
    pub fn of(&mut self, settings: &Settings) -> Identity {
        // Every field is named here: a further one must not be forgotten.
        if let &Settings { local: None, protocol, host: None, tls: None } = settings {
            return Identity(protocol.into());
        }
        self.numbered(settings)
    }

    #[inline(never)]
    fn numbered(&mut self, settings: &Settings) -> Identity {
        if let Some(&known) = self.known.get(settings) {
            return known;
        }
        if self.known.len() >= MOST {
            self.known.clear();
        }
        // After four thousand million of them the first has long been closed.
        self.last = self.last.wrapping_add(1).max(FIRST);
        self.known.insert(settings.clone(), Identity(self.last));
        Identity(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_settings_share_and_others_do_not() {
        let mut all = Identities::default();
        let from = |addr| Settings { local: Addr::parse(addr), ..Settings::default() };
        let plain = all.of(&Settings::default());
        let one = all.of(&from("127.0.0.1:0"));
        let two = all.of(&from("127.0.0.2:0"));
        assert!(plain != one && one != two && plain != two);
        assert_eq!(all.of(&from("127.0.0.1:0")), one);
        assert_eq!(all.of(&Settings::default()), Identity::default());
    }

    #[test]
    fn protocols_do_not_share() {
        let mut all = Identities::default();
        let of = |all: &mut Identities, local, protocol| {
            all.of(&Settings { local, protocol, ..Settings::default() })
        };
        let local = || Addr::parse("127.0.0.1:0");
        let bound = [of(&mut all, local(), 0), of(&mut all, local(), 255)];
        let plain = [of(&mut all, None, 0), of(&mut all, None, 255)];
        assert_eq!(plain, [Identity::default(), of(&mut all, None, 255)]);
        let distinct: std::collections::HashSet<_> = bound.into_iter().chain(plain).collect();
        assert_eq!(distinct.len(), 4);
    }

    #[test]
    fn other_trust_and_other_names_do_not_share() {
        let mut all = Identities::default();
        let mut of = |tls| all.of(&Settings { tls, ..Settings::default() });
        let sets = [None, Some(1), Some(2), Some(256)];
        let numbers = sets.map(&mut of);
        assert_eq!(numbers, sets.map(of));
        let distinct: std::collections::HashSet<_> = numbers.into_iter().collect();
        assert_eq!(distinct.len(), 4);
    }

    #[test]
    fn what_is_forgotten_is_never_taken_for_another() {
        let mut all = Identities::default();
        let from = |n: usize| Settings {
            local: Addr::parse(&format!("10.0.{}.{}:0", n >> 8, n & 255)),
            ..Settings::default()
        };
        let first = all.of(&from(0));
        let mut seen = std::collections::HashSet::from([first]);
        for n in 1..=MOST {
            assert!(seen.insert(all.of(&from(n))));
        }
        assert!(all.known.len() <= MOST);
        assert!(seen.insert(all.of(&from(0))));
    }
}
