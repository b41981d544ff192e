//! A bound on frames that cost work and bring nothing, without a clock.
//!
//! Each takes from the allowance of its connection; streams that end well and bytes of bodies give back. A client that
//! only resets, pings or opens windows by a byte has used it up soon, one that is served never does.

use super::error::{Error, ErrorCode};

#[derive(Debug)]
pub(super) struct Allowance {
    left: u32,
    /// Bytes of bodies that were not counted yet: less than [`PAID_BYTES`].
    bytes: usize,
}

const FIRST: u32 = 1000;
const MOST: u32 = 4000;

/// This many bytes of a body pay for one frame.
const PAID_BYTES: usize = 1024;

/// What a stream that ended well pays for.
const STREAM: u32 = 8;

/// What the beginning and end of a stream that brought nothing costs.
pub(super) const RESET: u32 = 4;

/// An acknowledgement, or a walk over all streams.
pub(super) const ANSWERED: u32 = 2;

pub(super) const FRAME: u32 = 1;

impl Allowance {
    pub(super) fn new() -> Self {
        Self { left: FIRST, bytes: 0 }
    }

    pub(super) fn take(&mut self, cost: u32, why: &'static str) -> Result<(), Error> {
        match self.left.checked_sub(cost) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Error::new(ErrorCode::EnhanceYourCalm, why)),
        }
    }

    pub(super) fn pay_stream(&mut self) {
        self.pay(STREAM);
    }

    /// A frame that took as much as it could.
    pub(super) fn pay_frame(&mut self) {
        self.pay(2 * FRAME);
    }

    pub(super) fn pay_bytes(&mut self, n: usize) {
        let bytes = self.bytes.saturating_add(n);
        self.bytes = bytes % PAID_BYTES;
        self.pay(u32::try_from(bytes / PAID_BYTES).unwrap_or(MOST));
    }

    fn pay(&mut self, n: u32) {
        self.left = self.left.saturating_add(n).min(MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_used_up_and_paid() {
        let mut allowance = Allowance::new();
        for _ in 0..FIRST {
            allowance.take(1, "").unwrap();
        }
        let error = Error::new(ErrorCode::EnhanceYourCalm, "why");
        assert_eq!(allowance.take(1, "why"), Err(error));
        allowance.pay_bytes(1000);
        assert_eq!(allowance.take(1, "why"), Err(error));
        allowance.pay_bytes(24);
        assert_eq!(allowance.take(1, "why"), Ok(()));
        allowance.pay_stream();
        assert_eq!(allowance.take(STREAM + 1, "why"), Err(error));
        allowance.pay_bytes(usize::MAX);
        allowance.pay_bytes(usize::MAX);
        assert_eq!(allowance.take(MOST, "why"), Ok(()));
        assert_eq!(allowance.take(1, "why"), Err(error));
    }
}
