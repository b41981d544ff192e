//! A rate that bytes may not exceed: `limit_rate` towards a client, `proxy_limit_rate` from a server.
//!
//! As in nginx the first second's worth may go at once, and after each piece there is a pause as long as
//! the piece is worth.

/// The shortest wait, in ms: 50 small pieces a second cost less than 1,000 tiny ones.
const QUANTUM: u64 = 20;

#[derive(Debug)]
pub struct Pace {
    /// Bytes a second; not 0.
    rate: u64,
    /// When it began, in ms, and what had passed by then.
    since: u64,
    from: u64,
    /// Bytes that go unhindered first.
    after: u64,
    /// A timer is running, and nothing passes before it has run out.
    pub paused: bool,
}

impl Pace {
    /// `None` if the rate is 0: no limit.
    pub fn new(rate: u64, after: u64, now: u64, from: u64) -> Option<Box<Self>> {
        (rate > 0).then(|| Box::new(Self { rate, since: now, from, after, paused: false }))
    }

    /// How many bytes may pass now, when `total` have passed in all; or how many ms to wait: `QUANTUM` at least.
    pub fn allowance(&self, now: u64, total: u64) -> Result<u64, u64> {
        let elapsed = now.saturating_sub(self.since);
        let may = u128::from(self.rate) * (u128::from(elapsed) + 1000) / 1000;
        let may = may + u128::from(self.after);
        let passed = u128::from(total.saturating_sub(self.from));
        match may.checked_sub(passed) {
            None | Some(0) => {
                let over = passed - may.min(passed);
                let wait = over * 1000 / u128::from(self.rate) + 1;
                Err(u64::try_from(wait).unwrap_or(u64::MAX / 4).max(QUANTUM))
            }
            Some(left) => Ok(u64::try_from(left).unwrap_or(u64::MAX)),
        }
    }

    /// The pause that is due when `total` have passed, `n` of them just now; in ms.
    pub fn pause(&self, total: u64, n: u64) -> u64 {
        let passed = total.saturating_sub(self.from).saturating_sub(self.after);
        n.min(passed).saturating_mul(1000) / self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_in_advance_and_then_the_rate() {
        let pace = Pace::new(100, 0, 5000, 7).unwrap();
        assert_eq!(pace.allowance(5000, 7), Ok(100));
        assert_eq!(pace.pause(107, 100), 1000);
        assert_eq!(pace.allowance(5000, 107), Err(20));
        assert_eq!(pace.allowance(6000, 107), Ok(100));
        assert_eq!(pace.allowance(5000, 207), Err(1001));
    }

    #[test]
    fn what_comes_first_is_free() {
        let pace = Pace::new(100, 1000, 0, 0).unwrap();
        assert_eq!(pace.allowance(0, 0), Ok(1100));
        assert_eq!(pace.pause(900, 900), 0);
        assert_eq!(pace.pause(1100, 200), 1000);
        assert!(Pace::new(0, 0, 0, 0).is_none());
        assert_eq!(Pace::new(u64::MAX, 9, 0, 0).unwrap().allowance(9, 0), Ok(u64::MAX));
    }
}
