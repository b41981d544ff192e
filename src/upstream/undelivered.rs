//! Whether the kernel can prove that a request never reached its server.
//!
//! A cached connection whose server closed it just when the request was written: nobody answers, and a request
//! that is not idempotent may not simply be sent again. But if the server had closed both directions before the
//! request arrived, its kernel answered with a reset, and nothing was acknowledged: then it was not processed.

use crate::os::delivery::Delivery;

/// What is to be made of a connection that ended before a byte of the response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The request was not delivered: it may be sent again, whatever its method.
    Proven,
    /// The end came in order, and no reset yet: look again at this time (ms after the write) at the latest.
    Wait(u64),
    /// Nobody can tell.
    Unknown,
}

/// The longest wait for a reset, ms.
const PATIENCE: u64 = 250;

/// Judges by the account before the write and now. `written`: bytes of this request that the system took;
/// `waited`: ms since then; `reset`: the pending error is that of a reset that came after the end.
pub fn judge(before: &Delivery, now: &Delivery, written: u64, waited: u64, reset: bool) -> Verdict {
    let untouched = u64::from(now.outstanding) >= written
        // The acknowledgement of the server's own end counts as one byte.
        && now.acknowledged <= before.acknowledged + 1;
    if written == 0 || !untouched {
        return Verdict::Unknown;
    }
    if now.closed {
        return if reset { Verdict::Proven } else { Verdict::Unknown };
    }
    let patience = (2 * now.round_trip + 20).min(PATIENCE);
    if waited < patience { Verdict::Wait(patience) } else { Verdict::Unknown }
}

/// Waits in a row at a peer that came to nothing; after so many it is not waited for again.
pub const MOST_VAIN: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn account(acknowledged: u64, outstanding: u32, closed: bool) -> Delivery {
        Delivery { sent: 100, acknowledged, outstanding, closed, round_trip: 1 }
    }

    #[test]
    fn only_an_untouched_request_behind_an_end_and_a_reset_is_proven() {
        let before = account(100, 0, false);
        let cases = [
            // full close crossing the request
            (account(100, 50, true), 5, true, Verdict::Proven),
            // the end alone: the reset may come
            (account(100, 50, false), 5, false, Verdict::Wait(22)),
            // a half-close that discards: the reset never comes
            (account(100, 50, false), 22, false, Verdict::Unknown),
            // a half-close that goes on to process: acknowledged
            (account(150, 0, false), 5, false, Verdict::Unknown),
            // processed, then closed
            (account(150, 0, true), 5, true, Verdict::Unknown),
            // a part of it arrived
            (account(120, 30, true), 5, true, Verdict::Unknown),
            // a reset alone, which is not behind an end
            (account(100, 50, true), 5, false, Verdict::Unknown),
        ];
        for (now, waited, reset, verdict) in cases {
            assert_eq!(judge(&before, &now, 50, waited, reset), verdict, "{now:?}");
        }
        assert_eq!(judge(&before, &account(100, 0, true), 0, 5, true), Verdict::Unknown);
    }
}
