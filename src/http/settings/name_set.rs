//! Sets of field names.

use crate::proto::Name;

/// Names of fields, compared without case. Small and made once, so a mask of lengths rejects most.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NameSet {
    /// In lower case.
    names: Vec<Box<[u8]>>,
    lengths: u64,
    /// Those of them that have a [`Name`], by a bit each.
    known: u128,
}

impl NameSet {
    pub fn insert(&mut self, name: &[u8]) {
        if !self.contains(name) {
            self.names.push(name.to_ascii_lowercase().into());
            self.lengths |= 1 << (name.len() & 63);
            self.known |= bit(Name::of(name));
        }
    }
    pub fn remove(&mut self, name: &[u8]) {
        self.names.retain(|known| !known.eq_ignore_ascii_case(name));
        self.known &= !bit(Name::of(name));
    }
    pub fn contains(&self, name: &[u8]) -> bool {
        self.lengths & (1 << (name.len() & 63)) != 0
            && self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
    /// As `contains`, for a name that has been looked up.
    pub fn has(&self, id: Name, name: &[u8]) -> bool {
        match id {
            Name::Other => self.contains(name),
            id => self.known & bit(id) != 0,
        }
    }
}

fn bit(id: Name) -> u128 {
    // `Other` names nothing.
    1 << (id as u32) & !1
}
