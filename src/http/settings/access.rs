//! `allow` and `deny`: the first rule that holds the client's address decides.

use std::net::IpAddr;

use crate::os::addr::Addr;
use crate::settings;

settings! {
    /// The access module.
    pub struct Access / AccessRaw {
        /// In the order of the file; a block with any of its own does not see the ones around it.
        rules: Vec<Rule> = vec![],
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    pub allow: bool,
    pub net: Net,
}

/// Whom a rule is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Net {
    All,
    Unix,
    V4 { addr: u32, mask: u32 },
    V6 { addr: u128, mask: u128 },
}

impl Net {
    pub fn holds(self, addr: &Addr) -> bool {
        let ip = match (self, addr) {
            (Self::All, _) | (Self::Unix, Addr::Unix(_)) => return true,
            (_, Addr::Unix(_)) => return false,
            // A client of IPv4 on a socket of IPv6 is a client of IPv4.
            (_, Addr::Inet(addr)) => addr.ip().to_canonical(),
        };
        match (self, ip) {
            (Self::V4 { addr, mask }, IpAddr::V4(ip)) => u32::from(ip) & mask == addr,
            (Self::V6 { addr, mask }, IpAddr::V6(ip)) => u128::from(ip) & mask == addr,
            _ => false,
        }
    }
}

impl Access {
    /// The verdict, if a rule has one: `Some(false)` is 403.
    pub fn decide(&self, client: &Addr) -> Option<bool> {
        self.rules.iter().find(|rule| rule.net.holds(client)).map(|rule| rule.allow)
    }
}
