//! Sets of names: of fields, of media types.

use crate::proto::{Name, Names};

/// Names, compared without case. Small and made once, so a mask of lengths rejects most.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NameSet {
    /// In lower case.
    names: Vec<Box<[u8]>>,
    lengths: u64,
    ids: Names,
}

impl NameSet {
    pub fn insert(&mut self, name: &[u8]) {
        if !self.contains(name) {
            self.names.push(name.to_ascii_lowercase().into());
            self.lengths |= 1 << (name.len() & 63);
            self.ids.insert(Name::of(name));
        }
    }
    pub fn remove(&mut self, name: &[u8]) {
        self.names.retain(|known| !known.eq_ignore_ascii_case(name));
        self.ids = Names::default();
        self.names.iter().for_each(|name| self.ids.insert(Name::of(name)));
    }
    pub fn contains(&self, name: &[u8]) -> bool {
        self.lengths & (1 << (name.len() & 63)) != 0
            && self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
    /// As `contains`, for a name that has been looked up.
    pub fn has(&self, id: Name, name: &[u8]) -> bool {
        self.ids.has(id) && (id != Name::Other || self.contains(name))
    }
    /// A name with another id is not in the set.
    pub fn ids(&self) -> Names {
        self.ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_and_go() {
        let mut set = NameSet::default();
        [&b"X-One"[..], b"x-two", b"Date"].iter().for_each(|name| set.insert(name));
        assert!(set.contains(b"x-one") && set.has(Name::Other, b"X-TWO"));
        assert!(set.has(Name::Date, b"date") && !set.has(Name::Server, b"Server"));
        set.remove(b"X-ONE");
        assert!(set.ids().has(Name::Other) && !set.has(Name::Other, b"X-One"));
        [&b"X-Two"[..], b"DATE"].iter().for_each(|name| set.remove(name));
        assert_eq!(set.ids(), Names::default());
        assert!(!set.contains(b"x-two") && !set.has(Name::Date, b"Date"));
    }
}
