//! Networks: sets of client addresses, as `allow`, `set_real_ip_from` and `geo` write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::os::addr::Addr;

/// What `allow`, `set_real_ip_from` and their kin name.
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

/// A set of networks, kept as ranges in order that have no address in common: a look-up is a binary search.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Networks {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
    unix: bool,
}

impl Networks {
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty() && !self.unix
    }

    pub fn insert(&mut self, net: Net) {
        match net {
            Net::All => {
                insert(&mut self.v4, 0, u32::MAX);
                insert(&mut self.v6, 0, u128::MAX);
                self.unix = true;
            }
            Net::Unix => self.unix = true,
            Net::V4 { addr, mask } => insert(&mut self.v4, addr, addr | !mask),
            Net::V6 { addr, mask } => insert(&mut self.v6, addr, addr | !mask),
        }
    }

    pub fn insert_address(&mut self, ip: IpAddr) {
        match ip {
            IpAddr::V4(ip) => insert(&mut self.v4, ip.into(), ip.into()),
            IpAddr::V6(ip) => insert(&mut self.v6, ip.into(), ip.into()),
        }
    }

    pub fn holds(&self, addr: &Addr) -> bool {
        match addr.ip().map(|ip| ip.to_canonical()) {
            None => self.unix,
            Some(IpAddr::V4(ip)) => is_in(&self.v4, Ipv4Addr::into(ip)),
            Some(IpAddr::V6(ip)) => is_in(&self.v6, Ipv6Addr::into(ip)),
        }
    }
}

fn insert<T: Copy + Ord>(ranges: &mut Vec<(T, T)>, mut first: T, mut last: T) {
    let from = ranges.partition_point(|range| range.1 < first);
    let to = ranges.partition_point(|range| range.0 <= last);
    if let (Some(low), Some(high)) = (ranges[from..to].first(), ranges[from..to].last()) {
        (first, last) = (first.min(low.0), last.max(high.1));
    }
    ranges.splice(from..to, [(first, last)]);
}

fn is_in<T: Copy + Ord>(ranges: &[(T, T)], ip: T) -> bool {
    let at = ranges.partition_point(|range| range.1 < ip);
    ranges.get(at).is_some_and(|range| range.0 <= ip)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn sets() {
        let mut set = Networks::default();
        assert!(set.is_empty());
        for word in
            ["10.1.0.0/16", "10.0.0.0/16", "10.0.3.0/24", "10.0.0.0/8", "9.9.9.9", "2001:db8::/32"]
        {
            set.insert(Net::parse(word).unwrap().0);
        }
        set.insert_address("::1".parse().unwrap());
        assert_eq!(set.v4.len(), 2, "what lies in another is not kept");
        let holds = |addr: &str| set.holds(&Addr::parse(addr).unwrap());
        for inside in
            ["10.255.0.1:1", "9.9.9.9:1", "[::ffff:10.0.0.1]:1", "[::1]:1", "[2001:db8::9]:1"]
        {
            assert!(holds(inside), "{inside}");
        }
        for outside in ["11.0.0.0:1", "9.9.9.8:1", "9.255.255.255:1", "[::2]:1", "unix:"] {
            assert!(!holds(outside), "{outside}");
        }
        set.insert(Net::All);
        assert!(
            set.holds(&Addr::parse("unix:/x").unwrap())
                && set.holds(&Addr::parse("[::2]:1").unwrap())
        );
    }
}
