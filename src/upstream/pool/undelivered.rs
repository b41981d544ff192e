//! Whether the kernel can prove that a request never reached its server.
//!
//! A cached connection whose server closed it just when the request was written: no answer comes, and a request
//! that is not idempotent may not simply be sent again. But if the server had closed both directions before the
//! request arrived, its kernel answered with a reset, and nothing was acknowledged: then it was not processed.

use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::delivery::Delivery;

use crate::upstream::counters::Undecided;

/// What is known of a request's delivery.
#[derive(Default, Debug)]
pub struct Account {
    /// Before a byte of it was written; `None`: the system does not tell.
    pub before: Option<Delivery>,
    /// When its connection ended, and whether it had arrived then.
    pub ended_at: u64,
    pub verdict: Option<Verdict>,
}

/// What is to be made of a connection that ended before a byte of the response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The request was not delivered: it may be sent again, whatever its method.
    Proven,
    /// The end came in order, and no reset yet: look again so long after the end (ms) at the latest.
    Wait(u64),
    /// It cannot be known.
    Unknown(Undecided),
}

/// The longest wait for a reset, ms.
const PATIENCE: u64 = 250;

/// Judges by the account before the write and now. `written`: bytes of this request that the system took;
/// `waited`: ms since the end; `error`: the pending error, which is known only of a connection that is closed.
pub fn judge(
    before: &Delivery,
    now: &Delivery,
    written: u64,
    waited: u64,
    error: Option<Errno>,
) -> Verdict {
    let untouched = written > 0
        && u64::from(now.outstanding) >= written
        && now.acknowledged <= before.acknowledged;
    if !untouched {
        return Verdict::Unknown(Undecided::Arrived);
    }
    if now.closed {
        return match error {
            // The kernel's word for a reset that came after the end.
            Some(Errno::PIPE) => Verdict::Proven,
            error => Verdict::Unknown(of_error(error)),
        };
    }
    let patience = (2 * now.round_trip + 20).min(PATIENCE);
    match waited < patience {
        true => Verdict::Wait(patience),
        false => Verdict::Unknown(Undecided::NoReset),
    }
}

/// The connection did not end in order.
pub fn of_error(error: Option<Errno>) -> Undecided {
    match error {
        Some(Errno::RESET) => Undecided::ResetAlone,
        _ => Undecided::OtherError,
    }
}

/// Nothing is known of what was sent to this address.
pub fn of_addr(addr: &Addr) -> Undecided {
    match addr {
        Addr::Unix(_) => Undecided::UnixSocket,
        Addr::Inet(_) => Undecided::NoAccount,
    }
}

/// Waits in a row at a peer that came to nothing; after this number it is not waited for again.
pub const MOST_VAIN: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: u64 = 50;
    const RESET_BEHIND_END: Option<Errno> = Some(Errno::PIPE);

    fn account(acknowledged: u64, outstanding: u32, closed: bool) -> Delivery {
        Delivery { sent: 100, acknowledged, outstanding, closed, round_trip: 1 }
    }

    fn verdict(now: Delivery, waited: u64, error: Option<Errno>) -> Verdict {
        judge(&account(100, 0, false), &now, WRITTEN, waited, error)
    }

    #[test]
    fn only_an_untouched_request_behind_an_end_and_a_reset_is_proven() {
        let full_close_that_crosses_the_request = account(100, 50, true);
        for waited in [0, 5, 500] {
            let verdict = verdict(full_close_that_crosses_the_request, waited, RESET_BEHIND_END);
            assert_eq!(verdict, Verdict::Proven);
        }
    }

    #[test]
    fn a_reset_that_is_not_behind_an_end_proves_nothing() {
        for (error, reason) in [
            (Some(Errno::RESET), Undecided::ResetAlone),
            (Some(Errno::TIMEDOUT), Undecided::OtherError),
            (None, Undecided::OtherError),
        ] {
            assert_eq!(verdict(account(100, 50, true), 5, error), Verdict::Unknown(reason));
            assert_eq!(of_error(error), reason);
        }
    }

    #[test]
    fn what_arrived_in_whole_or_in_part_is_not_repeated() {
        for now in [
            // a half-close of a server that goes on to process; one that has processed it, and closed
            account(150, 0, false),
            account(150, 0, true),
            // a part of it
            account(120, 30, false),
            account(120, 30, true),
            account(101, 49, true),
            // either number alone
            account(100, 49, true),
            account(101, 50, true),
        ] {
            let verdict = verdict(now, 5, RESET_BEHIND_END);
            assert_eq!(verdict, Verdict::Unknown(Undecided::Arrived), "{now:?}");
        }
        let nothing_written = judge(&account(100, 0, false), &account(100, 0, true), 0, 5, None);
        assert_eq!(nothing_written, Verdict::Unknown(Undecided::Arrived));
    }

    #[test]
    fn a_reset_is_waited_for_two_round_trips_and_20_ms() {
        let only_ended = account(100, 50, false);
        assert_eq!(verdict(only_ended, 0, None), Verdict::Wait(22));
        assert_eq!(verdict(only_ended, 21, None), Verdict::Wait(22));
        // a half-close of a server that discards
        assert_eq!(verdict(only_ended, 22, None), Verdict::Unknown(Undecided::NoReset));
        let far = Delivery { round_trip: 90, ..only_ended };
        assert_eq!(verdict(far, 199, None), Verdict::Wait(200));
        let farther = Delivery { round_trip: 900, ..only_ended };
        assert_eq!(verdict(farther, 249, None), Verdict::Wait(250));
        assert_eq!(verdict(farther, 250, None), Verdict::Unknown(Undecided::NoReset));
    }

    #[test]
    fn where_nothing_is_known_of_what_was_sent() {
        let [unix, inet] = ["unix:/tmp/s", "127.0.0.1:80"].map(|it| Addr::parse(it).unwrap());
        assert_eq!(of_addr(&unix), Undecided::UnixSocket);
        assert_eq!(of_addr(&inet), Undecided::NoAccount);
    }
}
