//! How long the responses of a peer took: an average, and what is under way.

/// What a peer's responses took, in milliseconds.
#[derive(Default, Debug)]
pub struct Times {
    pub(super) header: Average,
    pub(super) response: Average,
    /// Requests under way whose answer is awaited, and the sum of the times at which they began.
    pub(super) inflight: u32,
    pub(super) starts: u64,
}

/// A mean in which what is long ago fades.
#[derive(Default, Clone, Copy, Debug)]
pub(super) struct Average(pub(super) Option<f64>);

/// The weight of each new time in the average.
const SHARE: f64 = 1.0 / 20.0;
impl Average {
    pub(super) fn add(&mut self, time: u64) {
        let time = time as f64;
        self.0 = Some(self.0.map_or(time, |mean| mean + (time - mean) * SHARE));
    }
}
