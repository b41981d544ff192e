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

    /// `all`, `unix:`, an address, or an address and the length of its prefix; and whether nothing
    /// behind the prefix was set.
    pub fn parse(word: &str) -> Option<(Self, bool)> {
        match word {
            "all" => return Some((Self::All, true)),
            "unix:" => return Some((Self::Unix, true)),
            _ => {}
        }
        let (ip, length) = match word.split_once('/') {
            Some((ip, length)) => (ip, Some(length)),
            None => (word, None),
        };
        let length = match length {
            Some(digits) => {
                let value = crate::conf::value::number(digits.as_bytes())?;
                Some(u32::try_from(value).ok()?)
            }
            None => None,
        };
        match ip.parse().ok()? {
            IpAddr::V4(ip) => {
                let length = length.unwrap_or(32);
                let empty = 32u32.checked_sub(length)?;
                let mask = u32::MAX.checked_shl(empty).unwrap_or(0);
                let addr = u32::from(ip);
                Some((Self::V4 { addr: addr & mask, mask }, addr & !mask == 0))
            }
            IpAddr::V6(ip) => {
                let length = length.unwrap_or(128);
                let empty = 128u32.checked_sub(length)?;
                let mask = u128::MAX.checked_shl(empty).unwrap_or(0);
                let addr = u128::from(ip);
                Some((Self::V6 { addr: addr & mask, mask }, addr & !mask == 0))
            }
        }
    }
}

impl Access {
    /// The verdict, if a rule has one: `Some(false)` is 403.
    pub fn decide(&self, client: &Addr) -> Option<bool> {
        self.rules.iter().find(|rule| rule.net.holds(client)).map(|rule| rule.allow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_decides() {
        let rule = |allow, net| Rule { allow, net: Net::parse(net).unwrap().0 };
        let rules = vec![
            rule(false, "192.168.1.1"),
            rule(true, "192.168.1.0/24"),
            rule(true, "2001:db8::/32"),
            rule(true, "unix:"),
            rule(false, "all"),
        ];
        let access = Access { rules };
        let decide = |addr| access.decide(&Addr::parse(addr).unwrap());
        assert_eq!(decide("192.168.1.1:5"), Some(false));
        assert_eq!(decide("192.168.1.9:5"), Some(true));
        assert_eq!(decide("192.168.2.9:5"), Some(false));
        assert_eq!(decide("[2001:db8:1::9]:5"), Some(true));
        assert_eq!(decide("[::ffff:192.168.1.9]:5"), Some(true));
        assert_eq!(decide("[2001:db9::]:5"), Some(false));
        assert_eq!(decide("unix:/x"), Some(true));
        assert_eq!(Access { rules: vec![] }.decide(&Addr::parse("unix:").unwrap()), None);
    }

    #[test]
    fn nets() {
        assert_eq!(
            Net::parse("10.0.0.1/8"),
            Some((Net::V4 { addr: 10 << 24, mask: 0xff << 24 }, false))
        );
        assert_eq!(Net::parse("0.0.0.0/0"), Some((Net::V4 { addr: 0, mask: 0 }, true)));
        assert_eq!(Net::parse("::/0"), Some((Net::V6 { addr: 0, mask: 0 }, true)));
        for word in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "x", "10.0.0.0/", "10.0.0.0/-1"] {
            assert_eq!(Net::parse(word), None, "{word}");
        }
    }
}
