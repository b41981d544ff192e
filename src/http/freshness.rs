//! What a response says of being stored, and for how long it may be used (RFC 9111, 4.2; RFC 5861; `X-Accel-Expires`).

use super::dates;
use super::settings::upstream_conf::IgnoreHeaders;
use crate::conf::value;
use crate::proto::{Head, Name, head};

/// What the head of a response says to a cache that many clients share.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Freshness {
    /// It is not to be stored.
    pub is_refused: bool,
    /// It is fresh until then, in seconds since 1970. None: the head does not say, so `…_cache_valid` does.
    pub until: Option<i64>,
    /// How long behind that time it may be used while it is asked for anew (`stale-while-revalidate`), in seconds.
    pub while_revalidating: u64,
    /// The same if no better response is to be had (`stale-if-error`).
    pub if_error: u64,
    /// It may answer other clients although the request for it had credentials (RFC 9111, 3.5).
    pub is_for_all: bool,
}

/// What the head says. `ignored`: the fields that the configuration does not obey; `now`: seconds since 1970.
///
/// `X-Accel-Expires` outweighs `Cache-Control`, which outweighs `Expires`, in whatever order they stand.
pub fn of(head: &Head, ignored: IgnoreHeaders, now: i64) -> Freshness {
    let obeys = |bit| !ignored.contains(bit);
    let mut it = Freshness::default();
    let mut control = Control::default();
    if obeys(IgnoreHeaders::CACHE_CONTROL) {
        head.all(Name::CacheControl).flat_map(head::list).for_each(|word| control.take(word));
        it.while_revalidating = control.while_revalidating;
        it.if_error = control.if_error;
        it.is_for_all = control.is_for_all;
    } else {
        // The configuration decides alone.
        it.is_for_all = true;
    }
    let accel = head.get(Name::XAccelExpires).filter(|_| obeys(IgnoreHeaders::X_ACCEL_EXPIRES));
    let expires = head.get(Name::Expires).filter(|_| obeys(IgnoreHeaders::EXPIRES));
    if let Some(accel) = accel.and_then(|word| Accel::of(word, now)) {
        it.is_for_all = true;
        match accel {
            Accel::Never => it.is_refused = true,
            Accel::Until(time) => it.until = Some(time),
        }
    } else if let Some(age) = control.max_age() {
        let left = age.saturating_sub(age_of(head));
        it.is_refused = control.is_refused || left == 0;
        it.until = Some(now.saturating_add_unsigned(left));
    } else if control.is_refused {
        it.is_refused = true;
    } else if let Some(date) = expires {
        let until = dates::parse(date).filter(|until| *until > now);
        (it.is_refused, it.until) = (until.is_none(), until);
    }
    let is_for_one = obeys(IgnoreHeaders::SET_COOKIE) && head.get(Name::SetCookie).is_some();
    let varies = |name: &[u8]| obeys(IgnoreHeaders::VARY) && name == b"*";
    it.is_refused |= is_for_one || head.all(Name::Vary).flat_map(head::list).any(varies);
    it
}

/// `X-Accel-Expires`
enum Accel {
    Never,
    Until(i64),
}

impl Accel {
    /// `30`: seconds from now; `@1700000000`: a time; `0`: it is not stored. None: it is none of these.
    fn of(word: &[u8], now: i64) -> Option<Self> {
        match word.strip_prefix(b"@") {
            Some(time) => Some(Self::Until(i64::try_from(value::number(time)?).ok()?)),
            None => Some(match value::number(word)? {
                0 => Self::Never,
                seconds => Self::Until(now.saturating_add_unsigned(seconds)),
            }),
        }
    }
}

/// How old the response was when it came: it has been in other caches.
fn age_of(head: &Head) -> u64 {
    head.get(Name::Age).and_then(seconds).unwrap_or(0)
}

/// The directives of all `Cache-Control` lines.
#[derive(Default)]
struct Control {
    is_refused: bool,
    max_age: Option<u64>,
    /// For shared caches alone: it outweighs the other.
    s_maxage: Option<u64>,
    while_revalidating: u64,
    if_error: u64,
    is_for_all: bool,
}

impl Control {
    fn max_age(&self) -> Option<u64> {
        self.s_maxage.or(self.max_age)
    }

    /// A list splits a quoted string that has commas: a part of one can refuse the response, and allows nothing more.
    fn take(&mut self, directive: &[u8]) {
        let equals = directive.iter().position(|&byte| byte == b'=');
        let (name, value) = directive.split_at(equals.unwrap_or(directive.len()));
        let value = value.get(1..).map(unquoted);
        let is = |known: &str| name.trim_ascii().eq_ignore_ascii_case(known.as_bytes());
        // A number that is none could have been a small one (RFC 9111, 4.2.1).
        let mut number = || {
            let seconds = value.and_then(seconds);
            self.is_refused |= seconds.is_none();
            seconds.unwrap_or(0)
        };
        if is("no-store") || is("no-cache") || is("private") {
            self.is_refused = true;
        } else if is("max-age") {
            let age = number();
            self.max_age = Some(self.max_age.map_or(age, |other| other.min(age)));
        } else if is("s-maxage") {
            let age = number();
            self.s_maxage = Some(self.s_maxage.map_or(age, |other| other.min(age)));
            self.is_for_all = true;
        } else if is("stale-while-revalidate") {
            self.while_revalidating = number();
        } else if is("stale-if-error") {
            self.if_error = number();
        } else if is("public") || is("must-revalidate") {
            self.is_for_all = true;
        }
    }
}

fn unquoted(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    value.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\"")).unwrap_or(value)
}

/// A number of seconds; what is too large is as large as can be (RFC 9111, 1.2.2).
fn seconds(word: &[u8]) -> Option<u64> {
    let is_number = !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    is_number.then(|| value::number(word).unwrap_or(u64::MAX).min(LONGEST))
}

/// 2^31, which stands for all that is larger.
const LONGEST: u64 = 1 << 31;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn head(lines: &[(&str, &str)]) -> Head {
        let mut head = Head::default();
        lines.iter().for_each(|(name, value)| head.push_copy(name.as_bytes(), value.as_bytes()));
        head
    }

    fn of(lines: &[(&str, &str)]) -> Freshness {
        super::of(&head(lines), IgnoreHeaders::NONE, NOW)
    }

    /// For how long it is fresh; none: it is not to be stored, or nothing is said.
    fn lifetime(lines: &[(&str, &str)]) -> Result<Option<i64>, ()> {
        let it = of(lines);
        if it.is_refused { Err(()) } else { Ok(it.until.map(|until| until - NOW)) }
    }

    #[test]
    fn cache_control() {
        let of = |value| lifetime(&[("Cache-Control", value)]);
        for (value, seconds) in [
            ("max-age=10", 10),
            ("Max-Age=\"10\"", 10),
            ("public, max-age = 10", 10),
            ("max-age=10, s-maxage=20", 20),
            ("s-maxage=20,max-age=0", 20),
            ("max-age=10, max-age=5", 5),
            ("max-age=99999999999999999999", 1 << 31),
        ] {
            assert_eq!(of(value), Ok(Some(seconds)), "{value}");
        }
        for value in [
            "no-store",
            "no-cache",
            "PRIVATE",
            "private=\"a, b\"",
            "max-age=0",
            "s-maxage=0, max-age=5",
            "max-age",
            "max-age=",
            "max-age=-1",
            "max-age=1x",
            "max-age=5, no-store",
            "max-age=5, x=\"a, no-store, b\"",
        ] {
            assert_eq!(of(value), Err(()), "{value}");
        }
        for value in ["public", "x-max-age=5", "no-storex", ""] {
            assert_eq!(of(value), Ok(None), "{value}");
        }
        let lines = [("Cache-Control", "max-age=5"), ("Cache-Control", "no-store")];
        assert_eq!(lifetime(&lines), Err(()));
    }

    #[test]
    fn what_was_in_other_caches_is_older() {
        let of = |age| lifetime(&[("Cache-Control", "max-age=10"), ("Age", age)]);
        assert_eq!(of("4"), Ok(Some(6)));
        assert_eq!(of("10"), Err(()));
        assert_eq!(of("99999999999999999999"), Err(()));
        assert_eq!(of("x"), Ok(Some(10)));
    }

    #[test]
    fn expires() {
        let at = |secs| String::from_utf8(dates::http(NOW + secs).to_vec()).unwrap();
        assert_eq!(lifetime(&[("Expires", &at(30))]), Ok(Some(30)));
        for value in ["0", "-1", "tomorrow", &at(-1), &at(0)] {
            assert_eq!(lifetime(&[("Expires", value)]), Err(()), "{value}");
        }
        let both = [("Expires", &*at(-1)), ("Cache-Control", "max-age=5")];
        assert_eq!(lifetime(&both), Ok(Some(5)));
        let both = [("Expires", &*at(30)), ("Cache-Control", "no-cache")];
        assert_eq!(lifetime(&both), Err(()));
    }

    #[test]
    fn accel_outweighs_what_clients_are_told() {
        for other in ["max-age=5", "no-store", "private, max-age=0"] {
            let of =
                |value: &str| lifetime(&[("Cache-Control", other), ("X-Accel-Expires", value)]);
            assert_eq!(of("20"), Ok(Some(20)), "{other}");
            assert_eq!(of(&format!("@{}", NOW + 7)), Ok(Some(7)), "{other}");
            assert_eq!(of("0"), Err(()), "{other}");
            assert_eq!(of("soon"), lifetime(&[("Cache-Control", other)]), "{other}");
        }
        assert_eq!(lifetime(&[("X-Accel-Expires", "@5")]), Ok(Some(5 - NOW)));
    }

    #[test]
    fn stale() {
        let it =
            of(&[("Cache-Control", "max-age=1, stale-while-revalidate=30, stale-if-error=\"60\"")]);
        assert_eq!((it.while_revalidating, it.if_error), (30, 60));
        assert!(!it.is_refused);
        assert!(of(&[("Cache-Control", "max-age=1, stale-if-error=x")]).is_refused);
    }

    #[test]
    fn what_is_for_one_client() {
        assert!(of(&[("Set-Cookie", "a=b"), ("Cache-Control", "max-age=5")]).is_refused);
        assert!(of(&[("Set-Cookie", "a=b"), ("X-Accel-Expires", "5")]).is_refused);
        assert!(of(&[("Vary", "Accept, *")]).is_refused);
        assert!(of(&[("Vary", "Accept"), ("Vary", "*")]).is_refused);
        assert!(!of(&[("Vary", "Accept, **")]).is_refused);
        for value in ["public", "s-maxage=5", "must-revalidate, max-age=5"] {
            assert!(of(&[("Cache-Control", value)]).is_for_all, "{value}");
        }
        assert!(!of(&[("Cache-Control", "max-age=5")]).is_for_all);
        assert!(of(&[("X-Accel-Expires", "5")]).is_for_all);
    }

    #[test]
    fn what_is_ignored() {
        let lines = [
            ("X-Accel-Expires", "0"),
            ("Cache-Control", "no-store"),
            ("Expires", "0"),
            ("Set-Cookie", "a=b"),
            ("Vary", "*"),
        ];
        let of = |bits| super::of(&head(&lines), IgnoreHeaders(bits), NOW);
        let all = IgnoreHeaders::X_ACCEL_EXPIRES.0
            | IgnoreHeaders::CACHE_CONTROL.0
            | IgnoreHeaders::EXPIRES.0
            | IgnoreHeaders::SET_COOKIE.0
            | IgnoreHeaders::VARY.0;
        let it = of(all);
        assert_eq!((it.is_refused, it.until, it.is_for_all), (false, None, true));
        for bit in 0..9 {
            let left = all & !(1 << bit);
            assert_eq!(of(left).is_refused, left != all, "{bit}");
        }
    }
}
