//! The records of `limit_req`: a leaky bucket for each key, in thousandths of a request, as nginx's.
//!
//! A record's values are what exceeds the rate, and when that was so. A record without any excess is as good as none:
//! one or two such are removed whenever a new one is made, if they were not used for a minute.

use super::settings::limits::ReqLimit;
use crate::shared::table::{Key, Record};
use crate::shared::zone::{Locked, Zone};

/// What a limit says of a request. The number is what exceeds the rate with it, in thousandths of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Within(u64),
    /// It exceeds the burst, too.
    Exceeded(u64),
    /// There is no room for its record.
    NoMemory,
    /// The zone cannot be locked: the limit does not hold.
    Unknown,
}

const EXCESS: usize = 0;
const LAST: usize = 1;

/// A request.
const ONE: i64 = 1000;
/// When a record was last used that has not counted a request yet: its first one exceeds no rate.
const LONG_AGO_MS: u64 = 1 << 40;
/// 68 years: sums of times are times.
const LONGEST_DELAY_MS: u64 = i32::MAX as u64 * 1000;
/// How long a record without any excess is kept at the least; also how far the clocks of two workers may be apart.
const KEPT_MS: i64 = 60_000;

/// The verdict on a request of that key, which is counted only if `counts`. `rate` in thousandths per second.
pub fn check(
    zone: &Zone,
    limit: &ReqLimit,
    rate: u64,
    key: &[u8],
    now: u64,
    counts: bool,
) -> Verdict {
    let key = zone.key(key);
    let Some(locked) = zone.lock() else { return Verdict::Unknown };
    if let Some(it) = locked.find(key) {
        locked.touch(it);
        let (excess, passed) = excess(&locked, it, rate, now);
        if excess > limit.burst {
            return Verdict::Exceeded(excess);
        }
        if counts {
            store(&locked, it, excess, passed.then_some(now));
        }
        return Verdict::Within(excess);
    }
    match insert(&locked, key, rate, now) {
        None => Verdict::NoMemory,
        Some(it) => {
            let last = if counts { now } else { now.wrapping_sub(LONG_AGO_MS) };
            store(&locked, it, 0, Some(last));
            Verdict::Within(0)
        }
    }
}

/// Counts a request that was checked before; what exceeds the rate with it. `None`: its record has gone meanwhile, and
/// there is no room for another, or the zone cannot be locked.
pub fn count(zone: &Zone, rate: u64, key: &[u8], now: u64) -> Option<u64> {
    let key = zone.key(key);
    let locked = zone.lock()?;
    let Some(it) = locked.find(key) else {
        let it = insert(&locked, key, rate, now)?;
        store(&locked, it, 0, Some(now));
        return Some(0);
    };
    let (excess, passed) = excess(&locked, it, rate, now);
    store(&locked, it, excess, passed.then_some(now));
    Some(excess)
}

/// The delay in ms of a request with this excess.
pub fn delay(limit: &ReqLimit, rate: u64, excess: u64) -> u64 {
    let excess = excess.saturating_sub(limit.delay);
    excess.saturating_mul(1000).checked_div(rate).unwrap_or(0).min(LONGEST_DELAY_MS)
}

/// What exceeds the rate with one request more; whether time has passed since the record was used.
fn excess(locked: &Locked<'_>, it: Record, rate: u64, now: u64) -> (u64, bool) {
    let ms = match elapsed(locked, it, now) {
        ms if ms < -KEPT_MS => 1,
        ms => ms.max(0),
    };
    let excess = left(locked, it, rate, ms).saturating_add(ONE).max(0);
    (excess as u64, ms > 0)
}

/// What is left, `ms` later, of what exceeded the rate.
fn left(locked: &Locked<'_>, it: Record, rate: u64, ms: i64) -> i64 {
    let rate = i64::try_from(rate).unwrap_or(i64::MAX);
    let before = i64::try_from(locked.value(it, EXCESS)).unwrap_or(i64::MAX);
    before.saturating_sub(rate.saturating_mul(ms) / 1000)
}

fn elapsed(locked: &Locked<'_>, it: Record, now: u64) -> i64 {
    now.wrapping_sub(locked.value(it, LAST)) as i64
}

fn store(locked: &Locked<'_>, it: Record, excess: u64, now: Option<u64>) {
    locked.set_value(it, EXCESS, excess);
    if let Some(now) = now {
        locked.set_value(it, LAST, now);
    }
}

fn insert(locked: &Locked<'_>, key: Key<'_>, rate: u64, now: u64) -> Option<Record> {
    expire(locked, rate, now, 2);
    locked.insert(key).or_else(|| {
        let oldest = locked.oldest()?;
        locked.remove(oldest);
        expire(locked, rate, now, 2);
        locked.insert(key)
    })
}

/// Removes the oldest records, at most `most` of them, as long as they mean nothing any more.
fn expire(locked: &Locked<'_>, rate: u64, now: u64, most: usize) {
    for _ in 0..most {
        let Some(it) = locked.oldest() else { return };
        let ms = elapsed(locked, it, now).saturating_abs();
        if ms < KEPT_MS || left(locked, it, rate, ms) > 0 {
            return;
        }
        locked.remove(it);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;
    use crate::shared::zone::{Declaration, Kind, Process};
    use crate::shared::zones::ZoneIndex;

    fn zone(size: usize) -> Zone {
        let declared =
            Declaration { name: "one".into(), kind: Kind::LimitReq, size, key: Box::default() };
        Zone::open(declared, [1, 2], Process { pid: 1, row: 0 }).unwrap()
    }

    fn limit(burst: u64, delay: u64) -> ReqLimit {
        ReqLimit { zone: ZoneIndex(0), burst: burst * 1000, delay: delay * 1000 }
    }

    #[test]
    fn the_bucket_leaks_by_its_rate() {
        let (zone, limit) = (zone(32 << 10), limit(2, 1));
        let check = |now| check(&zone, &limit, 10_000, b"a", now, true);
        assert_eq!(check(5), Verdict::Within(0));
        assert_eq!(check(5), Verdict::Within(1000));
        assert_eq!(check(6), Verdict::Within(1990));
        assert_eq!(delay(&limit, 10_000, 1990), 99);
        // One that is refused changes nothing.
        assert_eq!(check(6), Verdict::Exceeded(2990));
        assert_eq!(check(105), Verdict::Within(2000));
        assert_eq!(check(1_000_000), Verdict::Within(0));
    }

    #[test]
    fn clocks_of_workers_may_differ() {
        let (zone, limit) = (zone(32 << 10), limit(9, 0));
        let check = |now| check(&zone, &limit, 1000, b"a", now, true);
        check(100_000);
        // A worker whose turn began earlier.
        assert_eq!(check(99_000), Verdict::Within(1000));
        assert_eq!(check(100_000), Verdict::Within(2000));
        // One that cannot be right.
        assert_eq!(check(10_000), Verdict::Within(2999));
        assert_eq!(check(10_500), Verdict::Within(3499));
    }

    #[test]
    fn a_request_that_is_only_compared_counts_later() {
        let (zone, limit) = (zone(32 << 10), limit(0, 0));
        let check = |now, counts| check(&zone, &limit, 16, b"a", now, counts);
        assert_eq!(check(5, false), Verdict::Within(0));
        assert_eq!(check(5, false), Verdict::Within(0));
        assert_eq!(count(&zone, 16, b"a", 5), Some(0));
        assert_eq!(check(5, false), Verdict::Exceeded(1000));
        // Its record may have gone meanwhile.
        assert_eq!(count(&zone, 16, b"b", 5), Some(0));
        assert_eq!(check(62_506, true), Verdict::Within(0));
    }

    #[test]
    fn no_number_is_too_large() {
        let zone = zone(32 << 10);
        let limit = limit(u64::MAX / 1000, 0);
        for (rate, now) in [(u64::MAX, 1), (u64::MAX, u64::MAX), (1, 0), (0, 7), (1, u64::MAX / 2)]
        {
            check(&zone, &limit, rate, b"a", now, true);
            count(&zone, rate, b"a", now);
            let wait = delay(&limit, rate, u64::MAX);
            assert!(now.checked_add(wait).is_some() || now == u64::MAX);
        }
    }

    /// Records go that mean nothing any more, a few at a time; in a full zone the oldest one goes whatever it means.
    #[test]
    fn old_records_make_room() {
        let (zone, limit) = (zone(32 << 10), limit(100, 0));
        let check = |key: u64, now| {
            let verdict = check(&zone, &limit, 1000, &key.to_le_bytes(), now, true);
            assert!(matches!(verdict, Verdict::Within(_)), "{verdict:?}");
            verdict
        };
        let len = || zone.lock().unwrap().len();
        (0..20).for_each(|key| assert_eq!(check(key, 1000), Verdict::Within(0)));
        check(20, 60_999);
        assert_eq!(len(), 21);
        check(21, 61_000);
        assert_eq!(len(), 20);
        (100..10_000).for_each(|key| assert_eq!(check(key, 61_000), Verdict::Within(0)));
        assert!((400..449).contains(&len()), "{}", len());
        assert_eq!(check(9999, 61_000), Verdict::Within(1000));
        assert_eq!(check(100, 61_000), Verdict::Within(0));
    }

    #[test]
    fn a_key_that_no_room_can_be_made_for() {
        let (zone, limit) = (zone(32 << 10), limit(0, 0));
        assert_eq!(check(&zone, &limit, 1, &[b'x'; 40_000], 1, true), Verdict::NoMemory);
        assert_eq!(check(&zone, &limit, 1, b"x", 1, true), Verdict::Within(0));
    }

    /// However requests come, no more pass than burst and rate allow, and no fewer.
    #[test]
    fn the_rate_holds() {
        let (zone, limit) = (zone(32 << 10), limit(5, 5));
        let (mut rng, mut now, mut passed) = (Rng::new(1), 1000, 0);
        for _ in 0..5000 {
            now += rng.below(20);
            let verdict = check(&zone, &limit, 50_000, b"a", now, true);
            passed += u64::from(matches!(verdict, Verdict::Within(_)));
        }
        let allowed = 6 + (now - 1000) * 50 / 1000;
        assert!((allowed - 10..=allowed + 1).contains(&passed), "{passed} of {allowed}");
    }
}
