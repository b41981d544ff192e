//! Dates as HTTP and the logs write them, and those that HTTP's fields hold. The time is given; here it is only spelled.

use std::io::Write;

/// A moment's calendar, in UTC or moved by an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    pub year: i64,
    /// 1 to 12.
    pub month: usize,
    pub day: u64,
    pub hour: u64,
    pub minute: u64,
    pub second: u64,
    /// 0 is Sunday.
    pub weekday: usize,
}

impl Calendar {
    /// `secs` since 1970; what is outside the years 0 to 9999 becomes their first or last second.
    pub fn new(secs: i64) -> Self {
        let secs = secs.clamp(FIRST, LAST);
        let (days, rest) = (secs.div_euclid(86_400), secs.rem_euclid(86_400) as u64);
        let (year, month, day) = civil(days);
        Self {
            year,
            month,
            day,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
            weekday: (days + 4).rem_euclid(7) as usize,
        }
    }
}

/// `0000-01-01 00:00:00` and `9999-12-31 23:59:59`.
const FIRST: i64 = -62_167_219_200;
const LAST: i64 = 253_402_300_799;

/// The date of a day since 1970-01-01, by years that begin in March, so that the odd day is last.
fn civil(days: i64) -> (i64, usize, u64) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(DAYS_OF_400_YEARS), days.rem_euclid(DAYS_OF_400_YEARS));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = (day - (153 * month + 2) / 5 + 1) as u64;
    let in_next = month >= 10;
    let month = (if in_next { month - 9 } else { month + 3 }) as usize;
    (era * 400 + year + i64::from(in_next), month, day)
}

/// The opposite of [`civil`]. A day that its month has not is one of a month after it.
fn days(year: i64, month: usize, day: i64) -> i64 {
    let from_march = (month as i64 + 9) % 12;
    let year = year - i64::from(month <= 2);
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * from_march + 2) / 5 + day - 1 - 719_468
}

pub const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
pub(super) const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// `Fri, 20 Nov 2026 09:32:00 GMT`
pub fn http(secs: i64) -> [u8; 29] {
    let t = Calendar::new(secs);
    let mut out = *b"Fri, 20 Nov 2026 09:32:00 GMT";
    out[..3].copy_from_slice(WEEKDAYS[t.weekday].as_bytes());
    two(&mut out, 5, t.day);
    out[8..11].copy_from_slice(MONTHS[t.month - 1].as_bytes());
    four(&mut out, 12, t.year);
    clock(&mut out, 17, &t);
    out
}

/// `Thu, 31-Dec-37 23:55:55 GMT`, the last date that every browser understands.
pub const MAX_COOKIE: i64 = 2_145_916_555;

/// Cookies' own form of a date; the year has two digits while that is enough.
pub fn cookie(secs: i64, out: &mut Vec<u8>) {
    let Calendar { year, month, day, hour, minute, second, weekday } = Calendar::new(secs);
    let year = if year > 2037 { year } else { year % 100 };
    let (name, month) = (WEEKDAYS[weekday], MONTHS[month - 1]);
    let _ = write!(out, "{name}, {day:02}-{month}-{year:02} {hour:02}:{minute:02}:{second:02} GMT");
}

/// `20/Nov/2026:09:32:00 +0000`: `$time_local`. `offset` is seconds east of Greenwich.
pub fn access_log(secs: i64, offset: i32) -> [u8; 26] {
    let t = Calendar::new(secs.saturating_add(i64::from(offset)));
    let mut out = *b"20/Nov/2026:09:32:00 +0000";
    two(&mut out, 0, t.day);
    out[3..6].copy_from_slice(MONTHS[t.month - 1].as_bytes());
    four(&mut out, 7, t.year);
    clock(&mut out, 12, &t);
    let (sign, hours, minutes) = zone(offset);
    out[21] = sign;
    two(&mut out, 22, hours);
    two(&mut out, 24, minutes);
    out
}

/// `2026-11-20T09:32:00+00:00`: `$time_iso8601`.
pub fn iso8601(secs: i64, offset: i32) -> [u8; 25] {
    let t = Calendar::new(secs.saturating_add(i64::from(offset)));
    let mut out = *b"2026-11-20T09:32:00+00:00";
    four(&mut out, 0, t.year);
    two(&mut out, 5, t.month as u64);
    two(&mut out, 8, t.day);
    clock(&mut out, 11, &t);
    let (sign, hours, minutes) = zone(offset);
    out[19] = sign;
    two(&mut out, 20, hours);
    two(&mut out, 23, minutes);
    out
}

/// `2026/11/20 09:32:00` in the zone that is `offset` seconds ahead of UTC: a line of the error log.
pub fn error_log(secs: i64, offset: i32) -> [u8; 19] {
    let t = Calendar::new(secs.saturating_add(i64::from(offset)));
    let mut out = *b"2026/11/20 09:32:00";
    four(&mut out, 0, t.year);
    two(&mut out, 5, t.month as u64);
    two(&mut out, 8, t.day);
    clock(&mut out, 11, &t);
    out
}

/// `Nov 20 09:32:00`, `Nov  2 09:32:00`
pub fn syslog(secs: i64, offset: i32) -> [u8; 15] {
    let t = Calendar::new(secs.saturating_add(i64::from(offset)));
    let mut out = *b"Nov 20 09:32:00";
    out[..3].copy_from_slice(MONTHS[t.month - 1].as_bytes());
    two(&mut out, 4, t.day);
    if t.day < 10 {
        out[4] = b' ';
    }
    clock(&mut out, 7, &t);
    out
}

/// A date of a field as seconds since 1970; none before that. In any of the three forms of RFC 9110, 5.6.7, read as nginx
/// reads them: the name of the weekday may be any, and what follows the last number may be anything (Netscape wrote the
/// length of the file there).
pub fn parse(text: &[u8]) -> Option<i64> {
    let end = memchr::memchr2(b',', b' ', text)?;
    let mut rest = Reader(&text[end + 1..]);
    rest.skip_spaces();
    let (year, month, day, clock);
    if text[end] == b' ' {
        // `Sun Nov  6 08:49:37 1994`
        month = rest.month()?;
        rest.byte(b' ')?;
        rest.skip_spaces();
        day = rest.number(2).or_else(|| rest.number(1))?;
        rest.byte(b' ')?;
        clock = rest.clock()?;
        rest.byte(b' ')?;
        year = rest.number(4)?;
    } else {
        // `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`
        day = rest.number(2)?;
        let mark = if rest.byte(b'-').is_some() { b'-' } else { b' ' };
        if mark == b' ' {
            rest.byte(b' ')?;
        }
        month = rest.month()?;
        rest.byte(mark)?;
        year = match mark {
            b' ' => rest.number(4)?,
            _ => rest.number(2).map(|year| if year < 70 { 2000 + year } else { 1900 + year })?,
        };
        rest.byte(b' ')?;
        clock = rest.clock()?;
    }
    let days = days(year, month, day);
    let exists = civil(days) == (year, month, day as u64);
    (exists && days >= 0).then_some(days * 86_400 + clock)
}

/// What of a date is still to be read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn skip_spaces(&mut self) {
        self.0 = &self.0[self.0.iter().take_while(|byte| **byte == b' ').count()..];
    }

    fn byte(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    /// Of this many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
        let number = number.iter().try_fold(0, |n, byte| Some(n * 10 + digit(byte)?))?;
        self.0 = rest;
        Some(number)
    }

    fn month(&mut self) -> Option<usize> {
        let (name, rest) = self.0.split_at_checked(3)?;
        self.0 = rest;
        MONTHS.iter().position(|known| known.as_bytes() == name).map(|at| at + 1)
    }

    /// `08:49:37`, in seconds.
    fn clock(&mut self) -> Option<i64> {
        let hour = self.number(2)?;
        self.byte(b':')?;
        let minute = self.number(2)?;
        self.byte(b':')?;
        let second = self.number(2)?;
        (hour < 24 && minute < 60 && second < 60).then_some((hour * 60 + minute) * 60 + second)
    }
}

fn clock(out: &mut [u8], at: usize, t: &Calendar) {
    two(out, at, t.hour);
    two(out, at + 3, t.minute);
    two(out, at + 6, t.second);
}

/// The sign, the hours and the minutes of an offset in seconds.
pub(super) fn zone(offset: i32) -> (u8, u64, u64) {
    let minutes = u64::from(offset.unsigned_abs()) / 60;
    (if offset < 0 { b'-' } else { b'+' }, minutes / 60 % 100, minutes % 60)
}

fn two(out: &mut [u8], at: usize, n: u64) {
    out[at] = b'0' + (n / 10 % 10) as u8;
    out[at + 1] = b'0' + (n % 10) as u8;
}

fn four(out: &mut [u8], at: usize, year: i64) {
    let year = year.unsigned_abs();
    two(out, at, year / 100);
    two(out, at + 2, year % 100);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn calendar() {
        for (secs, offset, shown) in [
            (0, 0, "1970/01/01 00:00:00"),
            (951_782_399, 0, "2000/02/28 23:59:59"),
            (951_782_400, 0, "2000/02/29 00:00:00"),
            (1_709_251_199, 0, "2024/02/29 23:59:59"),
            (1_709_251_199, 3600, "2024/03/01 00:59:59"),
            (1_767_225_600, -3600, "2025/12/31 23:00:00"),
            (4_107_542_400, 0, "2100/03/01 00:00:00"),
        ] {
            assert_eq!(text(&error_log(secs, offset)), shown);
        }
    }

    #[test]
    fn formats() {
        let t = 1_795_167_120;
        assert_eq!(text(&http(t)), "Fri, 20 Nov 2026 09:32:00 GMT");
        assert_eq!(text(&access_log(t, 0)), "20/Nov/2026:09:32:00 +0000");
        assert_eq!(text(&access_log(t, -12_600)), "20/Nov/2026:06:02:00 -0330");
        assert_eq!(text(&iso8601(t, 7200)), "2026-11-20T11:32:00+02:00");
        assert_eq!(text(&syslog(t, 0)), "Nov 20 09:32:00");
        assert_eq!(text(&syslog(t - 18 * 86_400, 3600)), "Nov  2 10:32:00");
        assert_eq!(text(&error_log(t, 0)), "2026/11/20 09:32:00");
        assert_eq!(text(&http(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(text(&http(951_827_696)), "Tue, 29 Feb 2000 12:34:56 GMT");
        assert_eq!(text(&http(i64::MIN)), "Sat, 01 Jan 0000 00:00:00 GMT");
        assert_eq!(text(&http(i64::MAX)), "Fri, 31 Dec 9999 23:59:59 GMT");
    }

    #[test]
    fn agrees_with_the_parser_over_four_centuries() {
        for day in 0..146_097 {
            let t = day * 86_400 + day % 86_400;
            assert_eq!(parse(&http(t)), Some(t));
        }
    }

    #[test]
    fn parses_all_three_forms() {
        let t = Some(784_111_777);
        assert_eq!(parse(b"Sun, 06 Nov 1994 08:49:37 GMT"), t);
        assert_eq!(parse(b"Sunday, 06-Nov-94 08:49:37 GMT"), t);
        assert_eq!(parse(b"Sun Nov  6 08:49:37 1994"), t);
        assert_eq!(parse(b"Sun, 06 Nov 1994 08:49:37 GMT; length=5"), t);
        for bad in [&b""[..], b"yesterday", b"Sun, 32 Nov 1994 08:49:37 GMT", b"\xff"] {
            assert_eq!(parse(bad), None);
        }
    }

    /// Each row was asked of nginx 1.22, with a file of that time.
    #[test]
    fn parses_as_nginx_does() {
        for text in [
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "dim., 06 Nov 1994 08:49:37 GMT",
            ",06 Nov 1994 08:49:37 GMT",
            "Sun,  06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 +0200",
            "Sun, 06-Nov-94 08:49:37 GMT",
            "Sun Nov 06 08:49:37 1994",
            "Sun Nov 6 08:49:37 1994",
            "Sunday  Nov  6 08:49:37 1994 GMT",
        ] {
            assert_eq!(parse(text.as_bytes()), Some(784_111_777), "{text}");
        }
        for text in [
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06-Nov-1994 08:49:37 GMT",
            "Sun, 06-Nov-94\\08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06 Nov 1994 8:49:37 GMT",
            "Sun, 06 Nov 1994 08-49-37 GMT",
            "Sun, 06 Nov 1994 08:49:60 GMT",
            "Tue, 29 Feb 1994 08:49:37 GMT",
            "Sun Nov  6 08:49:37  1994",
            "06 Nov 1994 08:49:37 GMT",
            "Sun 06 Nov 1994 08:49:37 GMT",
            "Nov 06 1994 08:49:37",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn dates_of_cookies() {
        let shown = |secs| {
            let mut out = vec![];
            cookie(secs, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(shown(MAX_COOKIE), "Thu, 31-Dec-37 23:55:55 GMT");
        assert_eq!(shown(0), "Thu, 01-Jan-70 00:00:00 GMT");
        assert_eq!(shown(4_102_444_800), "Fri, 01-Jan-2100 00:00:00 GMT");
    }
}
