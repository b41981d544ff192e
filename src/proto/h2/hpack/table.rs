//! The dynamic table (RFC 7541, 2.3.2 and 4): the newest entry has the lowest index.

use std::collections::VecDeque;

use crate::proto::Span;
use crate::proto::h2::field::Facts;

/// What an entry counts beside its bytes (RFC 7541, 4.1).
const OVERHEAD: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Table {
    /// The bytes of the entries one behind the other, the oldest first; before them may be those of former ones.
    bytes: Vec<u8>,
    /// The newest is the last.
    entries: VecDeque<Entry>,
    /// As the RFC counts it.
    size: usize,
    max: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    name: Span,
    value: Span,
    facts: Facts,
}

/// A field, as a table or a block has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    pub name: &'a [u8],
    pub value: &'a [u8],
    pub facts: Facts,
}

impl Table {
    pub(super) fn new(max: usize) -> Self {
        Self { max, ..Self::default() }
    }

    pub(super) fn max(&self) -> usize {
        self.max
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// By how many were added later.
    pub(super) fn get(&self, age: usize) -> Option<Field<'_>> {
        let at = self.entries.len().checked_sub(age + 1)?;
        let Entry { name, value, facts } = *self.entries.get(at)?;
        Some(Field { name: name.of(&self.bytes), value: value.of(&self.bytes), facts })
    }

    pub(super) fn resize(&mut self, max: usize) {
        self.max = max;
        self.evict(max);
    }

    /// Adds an entry; those that there is no room for beside it go. One that is larger than the table leaves it empty.
    pub(super) fn add(&mut self, field: Field<'_>) {
        let len = field.name.len() + field.value.len();
        let Some(rest) = self.max.checked_sub(len + OVERHEAD) else {
            return self.evict(0);
        };
        self.evict(rest);
        if self.bytes.len() + len > self.max + self.max / 2 {
            self.close_ranks();
        }
        let start = self.bytes.len();
        let middle = start + field.name.len();
        self.bytes.extend_from_slice(field.name);
        self.bytes.extend_from_slice(field.value);
        self.size += len + OVERHEAD;
        let (name, value) = (Span::new(start, middle), Span::new(middle, start + len));
        self.entries.push_back(Entry { name, value, facts: field.facts });
    }

    /// Makes it as small as `most`, as the RFC counts it.
    fn evict(&mut self, most: usize) {
        while self.size > most {
            let Some(Entry { name, value, .. }) = self.entries.pop_front() else { break };
            self.size -= name.len() + value.len() + OVERHEAD;
        }
        if self.entries.is_empty() {
            self.bytes.clear();
        }
    }

    /// The bytes of former entries are given up.
    fn close_ranks(&mut self) {
        let by = self.entries.front().map_or(self.bytes.len(), |first| first.name.start());
        self.bytes.drain(..by);
        for Entry { name, value, .. } in &mut self.entries {
            name.start -= by as u32;
            value.start -= by as u32;
        }
    }

    /// It holds no more memory than its entries need.
    pub(super) fn shrink(&mut self) {
        self.close_ranks();
        self.bytes.shrink_to_fit();
        self.entries.shrink_to_fit();
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.entries.capacity() * size_of::<Entry>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field<'a>(name: &'a [u8], value: &'a [u8]) -> Field<'a> {
        Field { name, value, facts: Facts::of(name, value) }
    }

    #[test]
    fn the_newest_is_the_first() {
        let mut table = Table::new(100);
        table.add(field(b"a", b"1"));
        table.add(field(b"b", b"2"));
        assert_eq!(table.get(0), Some(field(b"b", b"2")));
        assert_eq!(table.get(1), Some(field(b"a", b"1")));
        assert_eq!(table.get(2), None);
        // 68 bytes are taken; 34 more are too many.
        table.add(field(b"c", b"3"));
        assert_eq!((table.len(), table.get(1)), (2, Some(field(b"b", b"2"))));
        table.resize(67);
        assert_eq!((table.len(), table.get(0)), (1, Some(field(b"c", b"3"))));
        table.add(field(b"too", &[b'l'; 60]));
        assert_eq!((table.len(), table.size), (0, 0));
    }

    #[test]
    fn is_a_queue_of_bounded_memory() {
        let (mut table, mut model) = (Table::new(200), VecDeque::new());
        for i in 0..10_000_u32 {
            let name = i.to_string().into_bytes();
            let value = vec![b'v'; (i * 7 % 40) as usize];
            table.add(field(&name, &value));
            model.push_front((name, value));
            let size = |model: &VecDeque<(Vec<u8>, Vec<u8>)>| -> usize {
                model.iter().map(|it| it.0.len() + it.1.len() + 32).sum()
            };
            while size(&model) > 200 {
                model.pop_back();
            }
            assert_eq!((table.len(), table.size), (model.len(), size(&model)));
            for (age, (name, value)) in model.iter().enumerate() {
                assert_eq!(table.get(age), Some(field(name, value)));
            }
            if i % 1000 == 999 {
                table.shrink();
                assert!(table.bytes.len() <= table.size);
            }
        }
        assert!(table.bytes.len() <= 300);
    }
}
