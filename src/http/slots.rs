//! Values of the variables that the configuration made, side by side in one buffer: it is recycled
//! with the request, so that setting them allocates nothing in steady traffic.

use super::vars::Slot;
use crate::proto::Span;

#[derive(Debug, Default)]
pub struct Slots {
    bytes: Vec<u8>,
    spans: Vec<Option<Span>>,
}

impl Slots {
    pub fn get(&self, slot: Slot) -> Option<&[u8]> {
        let span = *self.spans.get(slot as usize)?;
        Some(span?.of(&self.bytes))
    }

    pub fn set(&mut self, slot: Slot, value: &[u8]) {
        let slot = slot as usize;
        if self.spans.len() <= slot {
            self.spans.resize(slot + 1, None);
        }
        // Where the old value was, if the new one fits: a variable that is set again and again
        // takes no more and no more.
        if let Some(old) = self.spans[slot].filter(|old| old.len() >= value.len()) {
            let end = old.start() + value.len();
            self.bytes[old.start()..end].copy_from_slice(value);
            self.spans[slot] = Some(Span::new(old.start(), end));
            return;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.spans[slot] = Some(Span::new(start, self.bytes.len()));
    }

    /// As new, keeping the memory that is worth keeping.
    pub fn clear(&mut self) {
        self.spans.clear();
        self.bytes.clear();
        if self.bytes.capacity() > 4096 {
            self.bytes = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn holds_what_was_set_last() {
        let mut slots = Slots::default();
        assert_eq!(slots.get(3), None);
        slots.set(3, b"abc");
        slots.set(1, b"");
        assert_eq!(
            (slots.get(3), slots.get(1), slots.get(0)),
            (Some(&b"abc"[..]), Some(&b""[..]), None)
        );
        slots.set(3, b"xy");
        slots.set(1, b"longer");
        assert_eq!((slots.get(3), slots.get(1)), (Some(&b"xy"[..]), Some(&b"longer"[..])));
        slots.clear();
        assert_eq!(slots.get(1), None);
    }
}
