//! How many connections with one peer were busy at the same time of late.

/// The most of this window and of the one before: see [`Windows`](super::busy::Windows).
#[derive(Clone, Copy, Default, Debug)]
pub struct Peak {
    pub(super) most: u32,
    pub(super) before: u32,
    pub(super) touched: bool,
}

impl Peak {
    pub(super) fn needs(self) -> u32 {
        self.most.max(self.before)
    }
}
