//! Dates in a form that is given: strftime(3) in the C locale.

use super::dates::{Calendar, MONTHS, WEEKDAYS, zone};

const LONG_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const LONG_WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A moment, and how its zone is called there.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Seconds since 1970.
    pub secs: i64,
    /// Seconds east of Greenwich.
    pub offset: i32,
    pub zone: &'a str,
}

/// Appends the date. What is no conversion is written as it stands.
pub fn strftime(format: &[u8], at: Moment<'_>, out: &mut Vec<u8>) {
    let t = Calendar::new(at.secs.saturating_add(i64::from(at.offset)));
    let mut rest = format;
    while let Some(before) = memchr::memchr(b'%', rest) {
        out.extend_from_slice(&rest[..before]);
        let (letter, behind) = match &rest[before + 1..] {
            // Other digits, or another calendar: of those the locale has none.
            [b'E' | b'O', letter, behind @ ..] if letter.is_ascii_alphabetic() => (*letter, behind),
            [letter, behind @ ..] => (*letter, behind),
            [] => (b'%', &b""[..]),
        };
        rest = behind;
        if !convert(letter, at, &t, out) {
            out.extend([b'%', letter]);
        }
    }
    out.extend_from_slice(rest);
}

fn convert(letter: u8, at: Moment<'_>, t: &Calendar, out: &mut Vec<u8>) -> bool {
    let whole: &[u8] = match letter {
        b'c' => b"%a %b %e %H:%M:%S %Y",
        b'D' | b'x' => b"%m/%d/%y",
        b'F' => b"%Y-%m-%d",
        b'r' => b"%I:%M:%S %p",
        b'R' => b"%H:%M",
        b'T' | b'X' => b"%H:%M:%S",
        _ => return part(letter, at, t, out),
    };
    strftime(whole, at, out);
    true
}

fn part(letter: u8, at: Moment<'_>, t: &Calendar, out: &mut Vec<u8>) -> bool {
    let day = day_of_year(t);
    let (monday, weekday) = ((t.weekday + 6) % 7, t.weekday as u64);
    let text = match letter {
        b'a' => WEEKDAYS[t.weekday].to_owned(),
        b'A' => LONG_WEEKDAYS[t.weekday].to_owned(),
        b'b' | b'h' => MONTHS[t.month - 1].to_owned(),
        b'B' => LONG_MONTHS[t.month - 1].to_owned(),
        b'C' => format!("{:02}", t.year / 100),
        b'd' => format!("{:02}", t.day),
        b'e' => format!("{:2}", t.day),
        b'g' => format!("{:02}", iso_week(t, day).0 % 100),
        b'G' => iso_week(t, day).0.to_string(),
        b'H' => format!("{:02}", t.hour),
        b'I' => format!("{:02}", (t.hour + 11) % 12 + 1),
        b'j' => format!("{:03}", day + 1),
        b'k' => format!("{:2}", t.hour),
        b'l' => format!("{:2}", (t.hour + 11) % 12 + 1),
        b'm' => format!("{:02}", t.month),
        b'M' => format!("{:02}", t.minute),
        b'n' => "\n".to_owned(),
        b'p' => if t.hour < 12 { "AM" } else { "PM" }.to_owned(),
        b'P' => if t.hour < 12 { "am" } else { "pm" }.to_owned(),
        b's' => at.secs.to_string(),
        b'S' => format!("{:02}", t.second),
        b't' => "\t".to_owned(),
        b'u' => (monday + 1).to_string(),
        b'U' => format!("{:02}", (day + 7 - weekday) / 7),
        b'V' => format!("{:02}", iso_week(t, day).1),
        b'w' => weekday.to_string(),
        b'W' => format!("{:02}", (day + 7 - monday as u64) / 7),
        b'y' => format!("{:02}", t.year % 100),
        b'Y' => t.year.to_string(),
        b'z' => {
            let (sign, hours, minutes) = zone(at.offset);
            format!("{}{hours:02}{minutes:02}", char::from(sign))
        }
        b'Z' => at.zone.to_owned(),
        b'%' => "%".to_owned(),
        _ => return false,
    };
    out.extend_from_slice(text.as_bytes());
    true
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// From 0.
fn day_of_year(t: &Calendar) -> u64 {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap_day = u64::from(t.month > 2 && is_leap(t.year));
    BEFORE[t.month - 1] + t.day - 1 + leap_day
}

/// The year and the week by ISO 8601: a week belongs to the year that its Thursday is in.
fn iso_week(t: &Calendar, day: u64) -> (i64, i64) {
    let thursday = day as i64 - (t.weekday as i64 + 6) % 7 + 3;
    let days = |year| if is_leap(year) { 366 } else { 365 };
    if thursday < 0 {
        (t.year - 1, (thursday + days(t.year - 1)) / 7 + 1)
    } else if thursday >= days(t.year) {
        (t.year + 1, 1)
    } else {
        (t.year, thursday / 7 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(format: &str, secs: i64, offset: i32) -> String {
        let mut out = Vec::new();
        strftime(format.as_bytes(), Moment { secs, offset, zone: "CET" }, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_conversion() {
        let format =
            "%A %a %d %e %j %U %W %u %w %y %C %g %G %V %p %P %I %k %l %M %S %m %B %b %h %Y";
        let want = "Monday Mon 30 30 334 48 48 1 1 26 20 26 2026 49 PM pm 10 22 10 07 09 11 November Nov Nov 2026";
        assert_eq!(text(format, 1_796_076_429, 0), want);
        let format = "%r|%R|%T|%D|%F|%c|%x|%X|%n|%t|%Z|%z|%%|%s";
        let want = "11:07:09 PM|23:07|23:07:09|11/30/26|2026-11-30|Mon Nov 30 23:07:09 2026|11/30/26|23:07:09|\n|\t|CET|+0100|%|1796076429";
        assert_eq!(text(format, 1_796_076_429, 3600), want);
        assert_eq!(text("%Q %E %", 0, 0), "%Q %E %");
        assert_eq!(text("%H:%M %z %Z", 0, -12_600), "20:30 -0330 CET");
        assert_eq!(text("%Ey %Od x%", 0, 0), "70 01 x%");
    }

    #[test]
    fn as_glibc_has_them() {
        let all = "%a %A %b %B %c|%C %d %D %e %F %g %G %H %I %j %m %M %p %r %R %S %T %u %U %V %w %W \
                   %x %X %y %Y %z %Z %% %Q %k %l %P %s %h";
        let want = "Mon Monday Nov November Mon Nov 30 21:37:18 2026|20 30 11/30/26 30 2026-11-30 26 \
                    2026 21 09 334 11 37 PM 09:37:18 PM 21:37 18 21:37:18 1 48 49 1 48 11/30/26 \
                    21:37:18 26 2026 +0000 CET % %Q 21  9 pm 1796074638 Nov";
        assert_eq!(text(all, 1_796_074_638, 0), want);
    }

    #[test]
    fn weeks_at_the_ends_of_years() {
        let day = 86_400;
        for (secs, want) in [
            // 2021-01-01, a Friday.
            (18_628 * day, "2020-53 00 00 001"),
            // 2021-01-04
            (18_631 * day, "2021-01 01 01 004"),
            // 2024-12-30, a Monday.
            (20_087 * day, "2025-01 52 53 365"),
            // 2023-01-01, a Sunday.
            (19_358 * day, "2022-52 01 00 001"),
            // 2021-01-03, a Sunday.
            (1_609_632_000, "2020-53 01 00 003"),
            // 2020-12-31
            (1_609_372_800, "2020-53 52 52 366"),
            // 2000-01-01
            (946_684_800, "1999-52 00 00 001"),
            // 2016-02-29
            (1_456_704_000, "2016-09 09 09 060"),
        ] {
            assert_eq!(text("%G-%V %U %W %j", secs, 0), want);
        }
    }
}
