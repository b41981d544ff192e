//! The table against a plain list, in the order of use.

use super::super::memory::Layout;
use super::*;
use crate::base::rng::Rng;
use crate::os::shm::Shared;

/// What the table should be: key, owner and first value of each record, the one used last at the end.
type Model = Vec<(Vec<u8>, u32, u64)>;

/// All keys of a small number are of few lengths and hashes, so that they meet.
fn bytes(number: u64) -> Vec<u8> {
    let len = [0, 4, 15, 16, 200, 600, 5000][(number % 7) as usize];
    let mut bytes = number.to_le_bytes().to_vec();
    bytes.resize(len.max(4), b'.');
    bytes
}

fn key(bytes: &[u8], owner: u32) -> Key<'_> {
    Key { hash: u32::from(bytes[0] % 16), bytes, owner }
}

struct Table {
    words: Shared,
    layout: Layout,
    model: Model,
}

impl Table {
    fn new(bytes: usize) -> Self {
        let layout = Layout::of_size(bytes);
        Self { words: Shared::new(layout.words()).unwrap(), layout, model: Model::new() }
    }

    fn memory(&self) -> Memory<'_> {
        Memory { words: &self.words, layout: self.layout }
    }

    /// A new record; the oldest ones go until there is room.
    fn insert(&mut self, bytes: &[u8], owner: u32) {
        loop {
            if let Some(it) = self.memory().insert(key(bytes, owner), &[]).unwrap() {
                assert_eq!(self.memory().value(it, 0).unwrap().load(Relaxed), 0);
                return self.model.push((bytes.to_vec(), owner, 0));
            }
            let oldest = self.memory().oldest().unwrap().expect("room for one record");
            self.memory().remove(oldest).unwrap();
            self.model.remove(0);
        }
    }

    fn step(&mut self, rng: &mut Rng) {
        let (bytes, owner) = (bytes(rng.below(400)), rng.below(3) as u32);
        let key = key(&bytes, owner);
        let known = self.model.iter().position(|it| (&it.0, it.1) == (&bytes, owner));
        let memory = self.memory();
        let found = memory.find(key).unwrap();
        assert_eq!(found.is_some(), known.is_some());
        let (Some(it), Some(at)) = (found, known) else { return self.insert(&bytes, owner) };
        assert_eq!(memory.value(it, 0).unwrap().load(Relaxed), self.model[at].2);
        match rng.below(8) {
            0..4 => memory.touch(it).unwrap(),
            4..6 => return memory.remove(it).map(|()| drop(self.model.remove(at))).unwrap(),
            _ => {
                let value = rng.word();
                memory.value(it, 0).unwrap().store(value, Relaxed);
                self.model[at].2 = value;
                return;
            }
        }
        let used = self.model.remove(at);
        self.model.push(used);
    }

    fn check(&self) {
        let memory = self.memory();
        assert_eq!(memory.len(), Ok(self.model.len() as u64));
        let oldest = memory.oldest().unwrap();
        assert_eq!(oldest.is_some(), !self.model.is_empty());
        if let (Some(it), Some((bytes, owner, _))) = (oldest, self.model.first()) {
            assert_eq!(memory.find(key(bytes, *owner)), Ok(Some(it)));
        }
    }
}

#[test]
fn the_table_is_a_list_in_the_order_of_use() {
    for seed in 1..=4 {
        let mut table = Table::new(128 << 10);
        let mut rng = Rng::new(seed);
        for _ in 0..4000 {
            table.step(&mut rng);
            table.check();
        }
        // Of the first owner none is left, of the others all.
        table.memory().remove_all_of(1).unwrap();
        table.model.retain(|it| it.1 != 1);
        table.check();
        for (bytes, owner, value) in &table.model {
            let it = table.memory().find(key(bytes, *owner)).unwrap().unwrap();
            assert_eq!(table.memory().value(it, 0).unwrap().load(Relaxed), *value);
        }
    }
}

#[test]
fn records_of_one_key_are_found_together() {
    let table = Table::new(1 << 16);
    for owner in [1, 2, 3] {
        table.memory().insert(key(b"same", owner), &[]).unwrap().unwrap();
    }
    table.memory().insert(key(b"sane", 4), &[]).unwrap().unwrap();
    let mut owners = vec![];
    table.memory().each(key(b"same", 0), |_, owner| owners.push(owner)).unwrap();
    owners.sort_unstable();
    assert_eq!(owners, [1, 2, 3]);
}
