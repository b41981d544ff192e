//! `ip_hash`: the client's network decides, the first three octets of IPv4 or all of IPv6.

use super::round_robin;
use super::shares::Shares;
use super::tier::{Ask, Tier};

/// `Hint::key` is the address; clients of a unix socket are all the same.
pub fn pick(shares: &Shares, tier: &mut Tier<'_>, ask: &mut Ask<'_>) -> Option<usize> {
    let total = shares.total();
    // The seed of nginx; kept between the tries of a request.
    let mut hash = if ask.hint.rehash == 0 { 89 } else { ask.hint.hash };
    loop {
        for &byte in &*ask.hint.key {
            hash = (hash * 113 + u64::from(byte)) % 6271;
        }
        let at = shares.at(hash % total);
        if tier.is_open(at, ask) {
            ask.hint.hash = hash;
            ask.hint.rehash += 1;
            return Some(at);
        }
        if ask.hint.missed() {
            return round_robin::pick(tier, ask);
        }
    }
}

/// What of an address is hashed.
pub fn key(ip: Option<std::net::IpAddr>, out: &mut Vec<u8>) {
    match ip {
        Some(std::net::IpAddr::V4(ip)) => out.extend_from_slice(&ip.octets()[..3]),
        Some(std::net::IpAddr::V6(ip)) => out.extend_from_slice(&ip.octets()),
        None => out.extend_from_slice(&[0; 3]),
    }
}
