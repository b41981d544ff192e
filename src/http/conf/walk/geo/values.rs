//! The values of a `geo`.

use std::collections::HashMap;

use crate::conf::directive::text;

/// Values by their index, each once.
pub(super) struct Values {
    pub(super) all: Vec<Box<[u8]>>,
    by_text: HashMap<Box<[u8]>, u32>,
}

impl Values {
    /// The empty value alone, which has the index 0.
    pub(super) fn new() -> Self {
        let mut values = Self { all: vec![], by_text: HashMap::new() };
        values.index(b"");
        values
    }

    pub(super) fn index(&mut self, value: &[u8]) -> u32 {
        if let Some(&known) = self.by_text.get(value) {
            return known;
        }
        let index = self.all.len() as u32;
        self.all.push(value.into());
        self.by_text.insert(value.into(), index);
        index
    }

    /// `value: "…", old value: "…"`
    pub(super) fn both(&self, new: u32, old: u32) -> String {
        let [new, old] = [new, old].map(|value| text(&self.all[value as usize]));
        format!("value: \"{new}\", old value: \"{old}\"")
    }
}
