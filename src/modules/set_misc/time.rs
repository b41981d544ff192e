//! `strftime` in the C locale.

use std::io::Write;

use crate::http::dates::{self, Calendar};

const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
#[rustfmt::skip]
const MONTHS: [&str; 12] = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
];

/// Appends the moment `secs` since 1970 in the format; by the clock of a place `offset` seconds east of Greenwich.
/// None: GMT. A letter that means nothing stays as it is.
pub(super) fn format(format: &[u8], secs: i64, offset: Option<i32>, out: &mut Vec<u8>) {
    let mut rest = format;
    while let Some(at) = memchr::memchr(b'%', rest) {
        out.extend_from_slice(&rest[..at]);
        let (letter, behind) = match &rest[at + 1..] {
            // Other digits, or another calendar: of those the locale has none.
            [b'E' | b'O', letter, behind @ ..] => (*letter, behind),
            [letter, behind @ ..] => (*letter, behind),
            [] => (b'%', &b""[..]),
        };
        field(letter, secs, offset, out);
        rest = behind;
    }
    out.extend_from_slice(rest);
}

fn field(letter: u8, secs: i64, offset: Option<i32>, out: &mut Vec<u8>) {
    let t = Calendar::new(secs.saturating_add(i64::from(offset.unwrap_or(0))));
    let all = |text: &str, out: &mut Vec<u8>| format(text.as_bytes(), secs, offset, out);
    let half = (t.hour + 11) % 12 + 1;
    let noon = if t.hour < 12 { "AM" } else { "PM" };
    // 1 is Monday, 7 Sunday.
    let weekday = (t.weekday as u64 + 6) % 7 + 1;
    let day = day_of_year(&t);
    let _ = match letter {
        b'a' => write!(out, "{}", &DAYS[t.weekday][..3]),
        b'A' => write!(out, "{}", DAYS[t.weekday]),
        b'b' | b'h' => write!(out, "{}", dates::MONTHS[t.month - 1]),
        b'B' => write!(out, "{}", MONTHS[t.month - 1]),
        b'c' => return all("%a %b %e %H:%M:%S %Y", out),
        b'C' => write!(out, "{:02}", t.year / 100),
        b'd' => write!(out, "{:02}", t.day),
        b'D' | b'x' => return all("%m/%d/%y", out),
        b'e' => write!(out, "{:2}", t.day),
        b'F' => return all("%Y-%m-%d", out),
        b'g' => write!(out, "{:02}", week(&t).0 % 100),
        b'G' => write!(out, "{}", week(&t).0),
        b'H' => write!(out, "{:02}", t.hour),
        b'I' => write!(out, "{half:02}"),
        b'j' => write!(out, "{:03}", day + 1),
        b'k' => write!(out, "{:2}", t.hour),
        b'l' => write!(out, "{half:2}"),
        b'm' => write!(out, "{:02}", t.month),
        b'M' => write!(out, "{:02}", t.minute),
        b'n' => writeln!(out),
        b'p' => write!(out, "{noon}"),
        b'P' => write!(out, "{}", noon.to_ascii_lowercase()),
        b'r' => return all("%I:%M:%S %p", out),
        b'R' => return all("%H:%M", out),
        b's' => write!(out, "{secs}"),
        b'S' => write!(out, "{:02}", t.second),
        b't' => write!(out, "\t"),
        b'T' | b'X' => return all("%H:%M:%S", out),
        b'u' => write!(out, "{weekday}"),
        // Weeks begin on Sunday, or on Monday; days before the first of them are in week 0.
        b'U' => write!(out, "{:02}", (day + 7 - t.weekday as u64) / 7),
        b'V' => write!(out, "{:02}", week(&t).1),
        b'w' => write!(out, "{}", t.weekday),
        b'W' => write!(out, "{:02}", (day + 8 - weekday) / 7),
        b'y' => write!(out, "{:02}", t.year % 100),
        b'Y' => write!(out, "{}", t.year),
        b'z' => zone(offset.unwrap_or(0), out),
        b'Z' if offset.is_none() => write!(out, "GMT"),
        b'Z' if offset == Some(0) => write!(out, "UTC"),
        b'Z' => zone(offset.unwrap_or(0), out),
        b'%' => write!(out, "%"),
        _ => out.write_all(&[b'%', letter]),
    };
}

fn zone(offset: i32, out: &mut Vec<u8>) -> std::io::Result<()> {
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs() / 60);
    write!(out, "{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && year % 100 != 0 || year % 400 == 0
}

/// From 0.
fn day_of_year(t: &Calendar) -> u64 {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    BEFORE[t.month - 1] + t.day - 1 + u64::from(t.month > 2 && is_leap(t.year))
}

/// The year and the week of ISO 8601: the first week has the first Thursday.
fn week(t: &Calendar) -> (i64, u64) {
    let weekday = (t.weekday as u64 + 6) % 7;
    let week = (day_of_year(t) + 10 - weekday) / 7;
    // Whether a year has 53 weeks: it begins on a Thursday, or on a Wednesday as a leap year.
    let weeks = |year: i64| {
        let last_day = |year: i64| (year + year / 4 - year / 100 + year / 400).rem_euclid(7);
        if last_day(year) == 4 || last_day(year - 1) == 3 { 53 } else { 52 }
    };
    match week {
        0 => (t.year - 1, weeks(t.year - 1)),
        week if week > weeks(t.year) => (t.year + 1, 1),
        week => (t.year, week),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, secs: i64, offset: Option<i32>) -> String {
        let mut out = Vec::new();
        format(text.as_bytes(), secs, offset, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// As glibc has them.
    #[test]
    fn letters() {
        let all = "%a %A %b %B %c|%C %d %D %e %F %g %G %H %I %j %m %M %p %r %R %S %T %u %U %V %w %W \
                   %x %X %y %Y %z %Z %% %Q %k %l %P %s %h";
        let want = "Mon Monday Nov November Mon Nov 30 21:37:18 2026|20 30 11/30/26 30 2026-11-30 26 \
                    2026 21 09 334 11 37 PM 09:37:18 PM 21:37 18 21:37:18 1 48 49 1 48 11/30/26 \
                    21:37:18 26 2026 +0000 GMT % %Q 21  9 pm 1796074638 Nov";
        assert_eq!(at(all, 1_796_074_638, None), want);
        assert_eq!(at("%H:%M %z %Z", 0, Some(-12_600)), "20:30 -0330 -0330");
        assert_eq!(at("%Ey %Od x%", 0, Some(0)), "70 01 x%");
    }

    #[test]
    fn weeks() {
        for (secs, want) in [
            // 2021-01-03, 2021-01-04, 2020-12-31, 2024-12-30, 2000-01-01, 2016-02-29
            (1_609_632_000, "2020 53 01 00 003"),
            (1_609_718_400, "2021 01 01 01 004"),
            (1_609_372_800, "2020 53 52 52 366"),
            (1_735_516_800, "2025 01 52 53 365"),
            (946_684_800, "1999 52 00 00 001"),
            (1_456_704_000, "2016 09 09 09 060"),
        ] {
            assert_eq!(at("%G %V %U %W %j", secs, None), want);
        }
    }
}
