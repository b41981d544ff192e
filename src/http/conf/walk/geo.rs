//! The block `geo`: networks, or ranges of IPv4, to values.

use std::collections::BTreeMap;

use super::super::builder::Builder;
use super::blocks::{bare, variable_name};
use super::lines::each;
use crate::conf::directive::text;
use crate::conf::error::{Error, Position, Wrong};
use crate::conf::lexer::Word;
use crate::conf::tree::{Block, Node};
use crate::http::networks::{Net, Networks};
use crate::http::settings::geo::{Geo, Regions};
use crate::http::vars::{Part, Var};

mod ranges;
mod values;

use ranges::Ranges;
use values::Values;

pub(super) fn geo_block(builder: &mut Builder, node: &Node, block: &Block) -> Result<(), Error> {
    let fail = |wrong: Wrong| wrong.at("geo", &node.at);
    let (name, address) = match &node.words[1..] {
        [address, name] => (name, Some(address)),
        words => (&words[0], None),
    };
    let address = address.map(|word| address_of(builder, word)).transpose().map_err(fail)?;
    let name = variable_name(name).map_err(fail)?;
    let slot = builder.names.define(&name).map_err(fail)?;
    let mut raw = GeoRaw::new();
    each(&block.items, |node| {
        bare(node)?;
        raw.line(builder, &node.words, &node.at).map_err(|wrong| wrong.at("geo", &node.at))
    })?;
    let (v4, v6) = match &raw.ranges {
        None => (regions(&raw.v4, last_v4, after_v4), Some(regions(&raw.v6, last_v6, after_v6))),
        Some(ranges) => (ranges.regions(), None),
    };
    builder.geos.push(Geo {
        name: name.to_ascii_lowercase().into_bytes().into(),
        slot,
        volatile: raw.volatile,
        address: address.flatten(),
        proxies: raw.proxies,
        proxy_recursive: raw.proxy_recursive,
        v4,
        v6,
        values: raw.values.all,
    });
    Ok(())
}

fn address_of(builder: &mut Builder, word: &[u8]) -> Result<Option<Var>, Wrong> {
    variable_name(word)?;
    let parts = builder.template(word)?.parts;
    Ok(parts.into_iter().find_map(|part| match part {
        Part::Var(var) => Some(var),
        Part::Text(_) => None,
    }))
}

/// What the lines of a block have said so far.
struct GeoRaw {
    volatile: bool,
    proxies: Networks,
    proxy_recursive: bool,
    /// First address and length of the prefix, to the index of a value: in this order a network comes before those
    /// that lie in it.
    v4: BTreeMap<(u32, u32), u32>,
    v6: BTreeMap<(u128, u32), u32>,
    has_networks: bool,
    ranges: Option<Ranges>,
    values: Values,
}

impl GeoRaw {
    /// Without a line: every address has the empty value.
    fn new() -> Self {
        Self {
            volatile: false,
            proxies: Networks::default(),
            proxy_recursive: false,
            v4: BTreeMap::new(),
            v6: BTreeMap::new(),
            has_networks: false,
            ranges: None,
            values: Values::new(),
        }
    }

    fn line(&mut self, b: &mut Builder, words: &[Word], at: &Position) -> Result<(), Wrong> {
        match words {
            [word] if **word == *b"ranges" => {
                if self.has_networks {
                    let message =
                        "the \"ranges\" directive must be the first directive inside \"geo\" block";
                    return Err(message.into());
                }
                self.ranges.get_or_insert_default();
                Ok(())
            }
            [word] if **word == *b"proxy_recursive" => {
                self.proxy_recursive = true;
                Ok(())
            }
            [word] if **word == *b"volatile" => {
                self.volatile = true;
                Ok(())
            }
            [key, net] if **key == *b"proxy" => {
                self.proxies.insert(network(b, net, at)?);
                Ok(())
            }
            [key, value] => match &mut self.ranges {
                Some(ranges) => ranges.line(&mut self.values, b, (key, value), at),
                None => self.network_line(b, (key, value), at),
            },
            _ => Err("invalid number of the geo parameters".into()),
        }
    }

    fn network_line(
        &mut self,
        b: &mut Builder,
        (key, value): (&[u8], &[u8]),
        at: &Position,
    ) -> Result<(), Wrong> {
        self.has_networks = true;
        match key {
            b"default" => {
                self.add(b, Net::V4 { addr: 0, mask: 0 }, key, value, at);
                self.add(b, Net::V6 { addr: 0, mask: 0 }, key, value, at);
            }
            b"delete" => {
                let known = match network(b, value, at)? {
                    Net::V4 { addr, mask } => self.v4.remove(&(addr, mask.count_ones())),
                    Net::V6 { addr, mask } => self.v6.remove(&(addr, mask.count_ones())),
                    Net::All | Net::Unix => None,
                };
                if known.is_none() {
                    b.warn(&format!("no network \"{}\" to delete", text(value)), at);
                }
            }
            written => {
                let net = network(b, written, at)?;
                self.add(b, net, written, value, at);
            }
        }
        Ok(())
    }

    fn add(&mut self, b: &mut Builder, net: Net, written: &[u8], value: &[u8], at: &Position) {
        let value = self.values.index(value);
        let old = match net {
            Net::V4 { addr, mask } => self.v4.insert((addr, mask.count_ones()), value),
            Net::V6 { addr, mask } => self.v6.insert((addr, mask.count_ones()), value),
            Net::All | Net::Unix => None,
        };
        if let Some(old) = old {
            let both = self.values.both(value, old);
            b.warn(&format!("duplicate network \"{}\", {both}", text(written)), at);
        }
    }
}

/// A network of IPv4 or IPv6.
fn network(b: &mut Builder, word: &[u8], at: &Position) -> Result<Net, Wrong> {
    let shown = text(word);
    let net = Net::parse(&shown).filter(|(net, _)| !matches!(net, Net::All | Net::Unix));
    let (net, exact) = net.ok_or_else(|| format!("invalid network \"{shown}\""))?;
    if !exact {
        b.warn(&format!("low address bits of {shown} are meaningless"), at);
    }
    Ok(net)
}

/// The innermost network of each address decides. `last` and `after` are arithmetic of addresses: the last one of a
/// network, and the one behind an address.
fn regions<T: Copy + Ord + Default>(
    networks: &BTreeMap<(T, u32), u32>,
    last: fn(T, u32) -> T,
    after: fn(T) -> Option<T>,
) -> Regions<T> {
    let mut regions = Regions::new(T::default(), 0);
    // Those that the address at hand lies in: last address and value.
    let mut around: Vec<(T, u32)> = vec![];
    let leave = |around: &mut Vec<(T, u32)>, regions: &mut Regions<T>| {
        let left = around.pop();
        if let Some(start) = left.and_then(|(last, _)| after(last)) {
            regions.push(start, around.last().map_or(0, |&(_, value)| value));
        }
    };
    for (&(start, length), &value) in networks {
        while around.last().is_some_and(|&(last, _)| last < start) {
            leave(&mut around, &mut regions);
        }
        regions.push(start, value);
        around.push((last(start, length), value));
    }
    while !around.is_empty() {
        leave(&mut around, &mut regions);
    }
    regions
}

fn last_v4(start: u32, length: u32) -> u32 {
    start | u32::MAX.checked_shr(length).unwrap_or(0)
}

fn last_v6(start: u128, length: u32) -> u128 {
    start | u128::MAX.checked_shr(length).unwrap_or(0)
}

fn after_v4(ip: u32) -> Option<u32> {
    ip.checked_add(1)
}

fn after_v6(ip: u128) -> Option<u128> {
    ip.checked_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;

    #[test]
    fn the_innermost_network_decides() {
        let mut rng = Rng::new(5);
        for _ in 0..200 {
            let mut networks = BTreeMap::new();
            for value in 1..1 + rng.below(12) as u32 {
                // Of the last 8 bits alone, and at both ends of all addresses.
                let length = 24 + rng.below(9) as u32;
                let high = if rng.one_in(2) { u32::MAX << 8 } else { 0 };
                let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
                networks.insert(((high | rng.below(256) as u32) & mask, length), value);
            }
            let regions = regions(&networks, last_v4, after_v4);
            for ip in (0..300).chain(u32::MAX - 300..=u32::MAX) {
                let around = networks
                    .iter()
                    .filter(|((start, length), _)| *start <= ip && ip <= last_v4(*start, *length));
                let innermost = around.max_by_key(|((_, length), _)| *length);
                let expected = innermost.map_or(0, |(_, &value)| value);
                assert_eq!(regions.find(ip), expected, "{ip} of {networks:?}");
            }
        }
    }

    #[test]
    fn ends_of_networks() {
        assert_eq!([last_v4(0, 0), last_v4(0, 32), last_v4(0, 31)], [u32::MAX, 0, 1]);
        assert_eq!([last_v6(0, 0), last_v6(0, 128), last_v6(0, 127)], [u128::MAX, 0, 1]);
        assert_eq!((after_v4(u32::MAX), after_v6(0)), (None, Some(1)));
    }
}
