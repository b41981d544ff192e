//! Whom a kept connection may serve.
//!
//! A connection was made from some local address, in some protocol, later with some TLS name and
//! certificate. A request that would have made another kind of connection must not get it. The settings that
//! matter are written down once, and a small number stands for them; no location is part of it.

use crate::os::addr::Addr;

/// Names one set of settings; 0 is the plain one.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Hash)]
pub struct Identity(u32);

/// What tells two connections with the same peer apart.
#[derive(Clone, PartialEq, Eq, Default, Debug, Hash)]
pub struct Settings {
    /// `proxy_bind`
    pub local: Option<Addr>,
}

/// Every set of settings that was ever asked for: as many as the configuration and its variables make.
#[derive(Default, Debug)]
pub struct Identities {
    known: Vec<Settings>,
}

impl Identities {
    /// The number of these settings.
    pub fn of(&mut self, settings: &Settings) -> Identity {
        if *settings == Settings::default() {
            return Identity::default();
        }
        let at = self.known.iter().position(|known| known == settings).unwrap_or_else(|| {
            self.known.push(settings.clone());
            self.known.len() - 1
        });
        Identity(at as u32 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_settings_share_and_others_do_not() {
        let mut all = Identities::default();
        let from = |addr| Settings { local: Addr::parse(addr) };
        let plain = all.of(&Settings::default());
        let one = all.of(&from("127.0.0.1:0"));
        let two = all.of(&from("127.0.0.2:0"));
        assert!(plain != one && one != two && plain != two);
        assert_eq!(all.of(&from("127.0.0.1:0")), one);
        assert_eq!(all.of(&Settings::default()), Identity::default());
    }
}
