//! `geo` with `ranges`: ranges of IPv4 addresses to values.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use super::super::super::builder::Builder;
use super::values::Values;
use crate::conf::directive::text;
use crate::conf::error::{Position, Wrong};
use crate::http::settings::geo::Regions;

/// First address to the last one and the index of a value. Each lies in one network of 2^16 addresses, as nginx cuts
/// ranges: what overlaps and what is a duplicate is decided there.
#[derive(Default)]
pub(super) struct Ranges {
    fragments: BTreeMap<u32, (u32, u32)>,
    default: Option<u32>,
}

impl Ranges {
    pub(super) fn line(
        &mut self,
        values: &mut Values,
        b: &mut Builder,
        (key, value): (&[u8], &[u8]),
        at: &Position,
    ) -> Result<(), Wrong> {
        match key {
            b"default" => {
                let value = values.index(value);
                if let Some(old) = self.default.replace(value) {
                    let both = values.both(value, old);
                    b.warn(&format!("duplicate default geo range {both}"), at);
                }
                Ok(())
            }
            b"delete" => {
                let range = parse(value)?;
                if !self.delete(range) {
                    b.warn(&format!("no address range \"{}\" to delete", text(value)), at);
                }
                Ok(())
            }
            written => {
                let range = parse(written)?;
                let value = values.index(value);
                for fragment in fragments(range) {
                    if let Some(old) = self.insert(fragment, value, written)? {
                        let both = values.both(value, old);
                        b.warn(&format!("duplicate range \"{}\", {both}", text(written)), at);
                    }
                }
                Ok(())
            }
        }
    }

    /// Puts a fragment in, or into the one that it lies in. The value that it had, if it was there already.
    fn insert(
        &mut self,
        fragment: RangeInclusive<u32>,
        value: u32,
        written: &[u8],
    ) -> Result<Option<u32>, Wrong> {
        let (start, end) = fragment.into_inner();
        let before = self.fragments.range(..=end).next_back();
        let (known, last, old) = match before {
            Some((&known, &(last, old))) if last >= start => (known, last, old),
            _ => {
                self.fragments.insert(start, (end, value));
                return Ok(None);
            }
        };
        if (known, last) == (start, end) {
            self.fragments.insert(start, (end, value));
            return Ok(Some(old));
        }
        if known > start || last < end {
            let [known, last] = [known, last].map(Ipv4Addr::from);
            let written = text(written);
            return Err(format!("range \"{written}\" overlaps \"{known}-{last}\"").into());
        }
        if known < start {
            self.fragments.insert(known, (start - 1, old));
        }
        self.fragments.insert(start, (end, value));
        if last > end {
            self.fragments.insert(end + 1, (last, old));
        }
        Ok(None)
    }

    /// False: some of the range is not there as it was written.
    fn delete(&mut self, range: RangeInclusive<u32>) -> bool {
        let mut all = true;
        for fragment in fragments(range) {
            let (start, end) = fragment.into_inner();
            let is_there = self.fragments.get(&start).is_some_and(|&(last, _)| last == end);
            if is_there {
                self.fragments.remove(&start);
            }
            all &= is_there;
        }
        all
    }

    pub(super) fn regions(&self) -> Regions<u32> {
        let default = self.default.unwrap_or(0);
        let mut regions = Regions::new(0, default);
        for (&start, &(end, value)) in &self.fragments {
            regions.push(start, value);
            if let Some(behind) = end.checked_add(1) {
                regions.push(behind, default);
            }
        }
        regions
    }
}

/// `1.2.3.4-5.6.7.8`
fn parse(word: &[u8]) -> Result<RangeInclusive<u32>, Wrong> {
    let shown = text(word);
    let range = shown.split_once('-').and_then(|(start, end)| {
        let [start, end] = [start, end].map(|ip| ip.parse::<Ipv4Addr>().map(u32::from));
        Some(start.ok()?..=end.ok()?)
    });
    let range = range.filter(|range| !range.is_empty());
    range.ok_or_else(|| format!("invalid range \"{shown}\"").into())
}

/// The parts of a range that lie in one network of 2^16 addresses each.
fn fragments(range: RangeInclusive<u32>) -> impl Iterator<Item = RangeInclusive<u32>> {
    let (start, end) = range.into_inner();
    (start >> 16..=end >> 16).map(move |high| start.max(high << 16)..=end.min(high << 16 | 0xffff))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(ranges: &Ranges) -> Vec<String> {
        let shown = ranges.fragments.iter().map(|(&start, &(end, value))| {
            format!("{}-{}={value}", Ipv4Addr::from(start), Ipv4Addr::from(end))
        });
        shown.collect()
    }

    fn add(ranges: &mut Ranges, word: &str, value: u32) -> Result<Option<u32>, String> {
        let mut last = None;
        for fragment in fragments(parse(word.as_bytes()).unwrap()) {
            match ranges.insert(fragment, value, word.as_bytes()) {
                Ok(old) => last = old,
                Err(Wrong::Message(message)) => return Err(message),
                Err(Wrong::Directive(_)) => unreachable!(),
            }
        }
        Ok(last)
    }

    #[test]
    fn a_range_may_lie_in_another() {
        let mut ranges = Ranges::default();
        assert_eq!(add(&mut ranges, "1.0.0.0-1.0.0.9", 1), Ok(None));
        assert_eq!(add(&mut ranges, "1.0.0.3-1.0.0.4", 2), Ok(None));
        assert_eq!(add(&mut ranges, "1.0.0.0-1.0.0.0", 3), Ok(None));
        assert_eq!(add(&mut ranges, "1.0.0.9-1.0.0.9", 4), Ok(None));
        assert_eq!(add(&mut ranges, "1.0.0.3-1.0.0.4", 5), Ok(Some(2)));
        let all = ["1.0.0.0-1.0.0.0=3", "1.0.0.1-1.0.0.2=1", "1.0.0.3-1.0.0.4=5"];
        assert_eq!(show(&ranges)[..3], all);
        assert_eq!(show(&ranges)[3..], ["1.0.0.5-1.0.0.8=1", "1.0.0.9-1.0.0.9=4"]);
        let overlap = "range \"1.0.0.2-1.0.0.3\" overlaps \"1.0.0.3-1.0.0.4\"";
        assert_eq!(add(&mut ranges, "1.0.0.2-1.0.0.3", 6), Err(overlap.into()));
        assert!(!ranges.delete(parse(b"1.0.0.3-1.0.0.5").unwrap()));
        assert!(ranges.delete(parse(b"1.0.0.3-1.0.0.4").unwrap()));
    }

    #[test]
    fn ranges_are_cut_into_networks() {
        let mut ranges = Ranges::default();
        assert_eq!(add(&mut ranges, "0.0.0.0-255.255.255.255", 1), Ok(None));
        assert_eq!(ranges.fragments.len(), 1 << 16);
        assert_eq!(add(&mut ranges, "1.0.255.255-1.1.255.255", 2), Ok(Some(1)));
        for word in ["1.0.0.0", "1.0.0.1-1.0.0.0", "1-2", "::1-::2", "1.0.0.0-", ""] {
            assert!(parse(word.as_bytes()).is_err(), "{word}");
        }
    }
}
