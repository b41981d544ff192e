//! `geo`: a variable whose value depends on an address.

use std::net::{IpAddr, Ipv4Addr};

use crate::http::networks::Networks;
use crate::http::vars::{Slot, Var};

/// One `geo` block.
#[derive(Debug)]
pub struct Geo {
    /// The variable's name, without `$`.
    pub name: Box<[u8]>,
    /// Where a request keeps the value once it is known (and where `set` would put another).
    pub slot: Slot,
    pub volatile: bool,
    /// The variable that holds the address; none: the client's.
    pub address: Option<Var>,
    /// Whose `X-Forwarded-For` is believed.
    pub proxies: Networks,
    pub proxy_recursive: bool,
    pub v4: Regions<u32>,
    /// None with `ranges`, which know no IPv6.
    pub v6: Option<Regions<u128>>,
    pub values: Vec<Box<[u8]>>,
}

impl Geo {
    /// The value for an address. What has none (a unix socket, a variable that is no address) counts as
    /// 255.255.255.255, as in nginx.
    pub fn find(&self, ip: Option<IpAddr>) -> &[u8] {
        let none = IpAddr::V4(Ipv4Addr::BROADCAST);
        let value = match (ip.unwrap_or(none).to_canonical(), &self.v6) {
            (IpAddr::V4(ip), _) => self.v4.find(ip.into()),
            (IpAddr::V6(ip), Some(v6)) => v6.find(ip.into()),
            (IpAddr::V6(_), None) => self.v4.find(Ipv4Addr::BROADCAST.into()),
        };
        &self.values[value as usize]
    }
}

/// All addresses of a family, cut into regions of one value each: a look-up is a binary search.
#[derive(Debug)]
pub struct Regions<T> {
    /// Where each begins, in order; the first at 0.
    starts: Vec<T>,
    values: Vec<u32>,
}

impl<T: Copy + Ord> Regions<T> {
    /// One region from `first` on, with that value.
    pub fn new(first: T, value: u32) -> Self {
        Self { starts: vec![first], values: vec![value] }
    }

    /// From `start` on, which is not before any other start, the value is this one.
    pub fn push(&mut self, start: T, value: u32) {
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.values.pop();
        }
        if self.values.last() != Some(&value) {
            self.starts.push(start);
            self.values.push(value);
        }
    }

    /// The value of the region that the address lies in.
    pub fn find(&self, ip: T) -> u32 {
        let behind = self.starts.partition_point(|&start| start <= ip);
        self.values[behind.saturating_sub(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::Regions;

    #[test]
    fn regions_of_one_value_are_one() {
        let mut regions = Regions::new(0u32, 0);
        for (start, value) in [(10, 1), (20, 1), (30, 0), (30, 2), (40, 3), (40, 2)] {
            regions.push(start, value);
        }
        assert_eq!((&*regions.starts, &*regions.values), (&[0, 10, 30][..], &[0, 1, 2][..]));
        let found = [0, 9, 10, 29, 30, u32::MAX].map(|ip| regions.find(ip));
        assert_eq!(found, [0, 0, 1, 1, 2, 2]);
    }
}
