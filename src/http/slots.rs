//! Values of the variables that the configuration made, side by side in one buffer: it is recycled
//! with the request, so that setting them allocates nothing in steady traffic.

use super::vars::Slot;
use crate::proto::Span;

/// What `set` may change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetTarget {
    Slot(Slot),
    Args,
    LimitRate,
}

/// Most configurations set none, so a request without them holds one word.
#[derive(Clone, Debug, Default)]
pub struct Slots(Option<Box<Values>>);

#[derive(Clone, Debug, Default)]
struct Values {
    bytes: Vec<u8>,
    spans: Vec<Option<Span>>,
}

impl Slots {
    pub fn get(&self, slot: Slot) -> Option<&[u8]> {
        let it = self.0.as_ref()?;
        let span = *it.spans.get(slot as usize)?;
        Some(span?.of(&it.bytes))
    }

    pub fn set(&mut self, slot: Slot, value: &[u8]) {
        let it = self.0.get_or_insert_default();
        let slot = slot as usize;
        if it.spans.len() <= slot {
            it.spans.resize(slot + 1, None);
        }
        // Where the old value was, if the new one fits: a variable that is set again and again
        // takes no more and no more.
        if let Some(old) = it.spans[slot].filter(|old| old.len() >= value.len()) {
            let end = old.start() + value.len();
            it.bytes[old.start()..end].copy_from_slice(value);
            it.spans[slot] = Some(Span::new(old.start(), end));
            return;
        }
        let start = it.bytes.len();
        it.bytes.extend_from_slice(value);
        it.spans[slot] = Some(Span::new(start, it.bytes.len()));
    }

    /// As new, keeping the memory that is worth keeping.
    pub fn clear(&mut self) {
        if let Some(it) = &mut self.0 {
            it.spans.clear();
            it.bytes.clear();
            if it.bytes.capacity() > 4096 {
                it.bytes = Vec::new();
            }
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
