//! What words mean: sizes, times, numbers.

/// Milliseconds.
pub type Msec = u64;

/// 68 years.
const LIFETIME: Msec = i32::MAX as u64 * 1000;

/// A number of decimal digits alone.
pub fn number(word: &[u8]) -> Option<u64> {
    if word.is_empty() || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = std::str::from_utf8(word).ok()?.parse().ok()?;
    (value <= i64::MAX as u64).then_some(value)
}

/// `8192`, `8k`, `1m`.
pub fn size(word: &[u8]) -> Option<usize> {
    let value = match word {
        [_, .., b'g' | b'G'] => return None,
        _ => offset(word)?,
    };
    usize::try_from(value).ok()
}

/// As `size`, and `1g`.
pub fn offset(word: &[u8]) -> Option<u64> {
    let (digits, scale) = match word {
        [digits @ .., b'k' | b'K'] => (digits, 1 << 10),
        [digits @ .., b'm' | b'M'] => (digits, 1 << 20),
        [digits @ .., b'g' | b'G'] => (digits, 1 << 30),
        _ => (word, 1),
    };
    number(digits)?.checked_mul(scale).filter(|&value| value <= i64::MAX as u64)
}

/// `500ms`, `30` (seconds), `1m 30s`, `1w`: milliseconds. Years and months are too long for these.
///
/// What is more than a lifetime is a lifetime, so that sums of times are times.
pub fn msec(word: &[u8]) -> Option<Msec> {
    Some(time(word, Unit::Month, true)?.min(LIFETIME))
}

/// `30`, `1h30m`, `1y`, but no `ms`: seconds.
pub fn sec(word: &[u8]) -> Option<u64> {
    time(word, Unit::Start, false)
}

/// A time in whole seconds, as `sec`, in milliseconds.
pub fn sec_as_msec(word: &[u8]) -> Option<Msec> {
    Some(sec(word)?.saturating_mul(1000).min(LIFETIME))
}

/// Units in the order they may follow each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Start,
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
}

fn time(word: &[u8], mut last: Unit, fine: bool) -> Option<u64> {
    let second = if fine { 1000 } else { 1 };
    let (mut total, mut rest) = (0u64, word);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let value = number(&rest[..digits])?;
        rest = &rest[digits..];
        let (unit, length, scale) = match rest {
            [b'y', ..] => (Unit::Year, 1, 365 * 86_400 * second),
            [b'M', ..] => (Unit::Month, 1, 30 * 86_400 * second),
            [b'w', ..] => (Unit::Week, 1, 7 * 86_400 * second),
            [b'd', ..] => (Unit::Day, 1, 86_400 * second),
            [b'h', ..] => (Unit::Hour, 1, 3600 * second),
            [b'm', b's', ..] if fine => (Unit::Millisecond, 2, 1),
            [b'm', b's', ..] => return None,
            [b'm', ..] => (Unit::Minute, 1, 60 * second),
            [b's', ..] => (Unit::Second, 1, second),
            [] | [b' ', ..] => (Unit::Second, 0, second),
            _ => return None,
        };
        if unit <= last {
            return None;
        }
        last = unit;
        total = total.checked_add(value.checked_mul(scale)?)?;
        rest = rest[length..].trim_ascii_start();
    }
    (total <= i64::MAX as u64).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(size(b"0"), Some(0));
        assert_eq!(size(b"8k"), Some(8192));
        assert_eq!(size(b"1M"), Some(1 << 20));
        assert_eq!(offset(b"2g"), Some(2 << 30));
        for word in ["", "k", "1g", "1kk", "-1", "+1", "1 k", "99999999999999999999", "1.5m"] {
            assert_eq!(size(word.as_bytes()), None, "{word}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(msec(b"5"), Some(5000));
        assert_eq!(msec(b"1m30s"), Some(90_000));
        assert_eq!(msec(b"1h 5ms"), Some(3_600_005));
        assert_eq!(sec(b"1y"), Some(365 * 86_400));
        assert_eq!(msec(b"4294967296"), msec(b"24856d"));
        assert_eq!(sec_as_msec(b"9223372036854775807"), msec(b"24856d"));
        assert_eq!(sec_as_msec(b"1m"), Some(60_000));
        for word in ["", "s", "1s1m", "1x", "1M", "-1", "1m 1m", "1ss", "99999999999999999999s"] {
            assert_eq!(msec(word.as_bytes()), None, "{word}");
        }
        assert_eq!(sec(b"1ms"), None);
    }
}
