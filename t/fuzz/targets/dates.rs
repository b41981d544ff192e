//! Dates. A number of seconds and an offset, the first twelve bytes, are written in each form as a calendar that counts
//! its days one year after another has them. The rest is a date of a field: what is taken is taken as that calendar
//! has it, what is taken is the same when it is written again, and what is written in HTTP's forms is taken.

use peerage::http::dates;

pub const WORDS: &[&[u8]] = &[
    b"Sun, ",
    b"Sunday, ",
    b"06 Nov 1994",
    b"06-Nov-94",
    b"Sun Nov  6 ",
    b" 08:49:37 GMT",
    b"08:49:37 1994",
    b"29 Feb 2000",
    b"Feb 29",
    b"; length=5",
    b"23:59:60",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
];

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The seconds of 400 years.
const CYCLE: i64 = 146_097 * 86_400;
/// The last second of the year 9999.
const LAST: i64 = 253_402_300_799;
/// The first second of the year 0.
const FIRST: i64 = -62_167_219_200;

/// Each with a time of 2026 and an offset of an hour.
pub fn seeds() -> Vec<Vec<u8>> {
    let dates = [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 GMT; length=5",
        "Tue, 29 Feb 2000 23:59:59 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
    ];
    let clock = [&1_795_167_120_i64.to_be_bytes()[..], &3600_i32.to_be_bytes()].concat();
    dates.iter().map(|date| [&clock, date.as_bytes()].concat()).collect()
}

pub fn check(input: &[u8]) {
    let Some((secs, rest)) = input.split_first_chunk() else { return };
    let Some((offset, field)) = rest.split_first_chunk() else { return };
    let (secs, offset) = (i64::from_be_bytes(*secs), i32::from_be_bytes(*offset));
    // Most numbers are far from any date; their remainder is near to one.
    for secs in [secs, secs % LAST] {
        written(secs, offset);
        taken_again(secs.clamp(0, LAST));
    }
    if let Some(secs) = dates::parse(field) {
        assert!((0..=LAST).contains(&secs));
        assert!(is_spelled(field, &naive(secs)), "{}", field.escape_ascii());
        taken_again(secs);
        assert_eq!(dates::parse(&[field, b"; length=5"].concat()), Some(secs));
    }
}

/// Year, month from 1, day, hour, minute, second, day of the week from Sunday.
type Naive = (i64, usize, i64, i64, i64, i64, usize);

fn naive(secs: i64) -> Naive {
    let secs = secs.clamp(FIRST, LAST);
    // Counted from the year 2000 or one that is as many times 400 years from it.
    let since = secs - 946_684_800;
    let (mut year, mut days) =
        (2000 + 400 * since.div_euclid(CYCLE), since.rem_euclid(CYCLE) / 86_400);
    let weekday = (6 + days) % 7;
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    while days >= 365 + i64::from(is_leap(year)) {
        days -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + i64::from(is_leap(year));
    let mut month = 0;
    for of_month in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < of_month {
            break;
        }
        days -= of_month;
        month += 1;
    }
    let clock = secs.rem_euclid(86_400);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    (year, month + 1, days + 1, hour, minute, second, weekday as usize)
}

fn written(secs: i64, offset: i32) {
    let (year, month, day, hour, minute, second, weekday) = naive(secs);
    let (name, week) = (MONTHS[month - 1], &WEEKDAYS[weekday][..3]);
    let http = format!("{week}, {day:02} {name} {year:04} {hour:02}:{minute:02}:{second:02} GMT");
    assert_eq!(dates::http(secs), *http.as_bytes());
    let (year, month, day, hour, minute, second, _) = naive(secs.saturating_add(offset.into()));
    let (name, clock) = (MONTHS[month - 1], format!("{hour:02}:{minute:02}:{second:02}"));
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs() / 60);
    let (hours, minutes) = (minutes / 60 % 100, minutes % 60);
    let access = format!("{day:02}/{name}/{year:04}:{clock} {sign}{hours:02}{minutes:02}");
    let iso = format!("{year:04}-{month:02}-{day:02}T{clock}{sign}{hours:02}:{minutes:02}");
    assert_eq!(dates::access_log(secs, offset), *access.as_bytes());
    assert_eq!(dates::iso8601(secs, offset), *iso.as_bytes());
    let error = format!("{year:04}/{month:02}/{day:02} {clock}");
    assert_eq!(dates::error_log(secs, offset), *error.as_bytes());
    assert_eq!(dates::syslog(secs, offset), *format!("{name} {day:>2} {clock}").as_bytes());
}

/// In the two forms that say the whole year, and in the third where its two digits are enough.
fn taken_again(secs: i64) {
    let (year, month, day, hour, minute, second, weekday) = naive(secs);
    let (month, week) = (MONTHS[month - 1], WEEKDAYS[weekday]);
    assert_eq!(dates::parse(&dates::http(secs)), Some(secs));
    let asctime =
        format!("{} {month} {day:>2} {hour:02}:{minute:02}:{second:02} {year}", &week[..3]);
    assert_eq!(dates::parse(asctime.as_bytes()), Some(secs), "{asctime}");
    if (1970..2070).contains(&year) {
        let year = year % 100;
        let text =
            format!("{week}, {day:02}-{month}-{year:02} {hour:02}:{minute:02}:{second:02} GMT");
        assert_eq!(dates::parse(text.as_bytes()), Some(secs), "{text}");
    }
}

/// Whether the text says each part of the date in one of the three forms.
fn is_spelled(field: &[u8], date: &Naive) -> bool {
    let (year, month, day, hour, minute, second, _) = *date;
    let text = String::from_utf8_lossy(field);
    let clock = format!("{hour:02}:{minute:02}:{second:02}");
    let (month, short) = (MONTHS[month - 1], year % 100);
    let forms = [
        format!("{day:02} {month} {year:04} {clock}"),
        format!("{day:02}-{month}-{short:02} {clock}"),
        format!(" {day} {clock} {year:04}"),
        format!(" {day:02} {clock} {year:04}"),
    ];
    text.contains(month) && forms.iter().any(|form| text.contains(form.as_str()))
}
