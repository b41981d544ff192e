//! `expires`: how long an answer may be kept, in `Expires` and `Cache-Control`.

use crate::http::dates;
use crate::http::settings::headers::Expires;
use crate::os::clock::Wall;
use crate::serve::eval;
use crate::worker::*;

use super::headers;

/// The far future, as nginx has it: the end of 32-bit time, in round numbers.
const FAR: i64 = 2_145_916_555;
const FAR_AGE: &[u8] = b"max-age=315360000";

/// Sets both fields as the location says; those that are there already go.
pub(super) fn apply(w: &mut Worker, id: RequestId, expires: &Expires) {
    let parsed;
    let expires = match expires {
        Expires::Off => return,
        Expires::Variable(template, modified) => {
            let mut word = w.buffers.line();
            eval::template(w, id, template, &mut word);
            parsed = Expires::parse(&word, *modified).unwrap_or(Expires::Off);
            w.buffers.give_line(word);
            &parsed
        }
        fixed => fixed,
    };
    let response = &w.requests[id].response;
    let modified = response
        .rare
        .last_modified
        .or_else(|| response.fields.find(b"Last-Modified").and_then(dates::parse));
    let Some((at, age)) = times(expires, w.event.wall, modified) else { return };
    let response = &mut w.requests[id].response;
    headers::remove(&mut response.fields, b"Expires");
    headers::remove(&mut response.fields, b"Cache-Control");
    response.add(b"Expires", &dates::http(at));
    match age {
        Some(FOREVER) => response.add(b"Cache-Control", FAR_AGE),
        Some(age) => response.add(b"Cache-Control", format!("max-age={age}").as_bytes()),
        None => response.add(b"Cache-Control", b"no-cache"),
    }
}

const FOREVER: i64 = i64::MAX;

/// When it expires, and for how long it is fresh; not at all if that is past.
fn times(expires: &Expires, now: Wall, modified: Option<i64>) -> Option<(i64, Option<i64>)> {
    let secs = now.secs;
    let (at, given) = match (expires, modified) {
        (Expires::Off | Expires::Variable(..), _) => return None,
        (Expires::Epoch, _) => return Some((1, None)),
        (Expires::Max, _) => return Some((FAR, Some(FOREVER))),
        (Expires::Daily(second), _) => {
            let local = secs + i64::from(now.offset);
            let next = local - local.rem_euclid(86_400) + second;
            let next = if next > local { next } else { next + 86_400 };
            (next - i64::from(now.offset), *second)
        }
        (Expires::Modified(0), _) => (secs, 0),
        (Expires::Modified(after), Some(modified)) => (modified.saturating_add(*after), *after),
        (Expires::Access(after) | Expires::Modified(after), _) => {
            (secs.saturating_add(*after), *after)
        }
    };
    let age = at - secs;
    Some((at, (given >= 0 && age >= 0).then_some(age)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_and_for_how_long() {
        let now = Wall { secs: 100_000, ms: 0, offset: 3600 };
        let of = |expires| times(&expires, now, Some(90_000));
        assert_eq!(of(Expires::Off), None);
        assert_eq!(of(Expires::Epoch), Some((1, None)));
        assert_eq!(of(Expires::Access(10)), Some((100_010, Some(10))));
        assert_eq!(of(Expires::Access(-10)), Some((99_990, None)));
        assert_eq!(of(Expires::Modified(20_000)), Some((110_000, Some(10_000))));
        assert_eq!(of(Expires::Modified(10)), Some((90_010, None)));
        assert_eq!(times(&Expires::Modified(10), now, None), Some((100_010, Some(10))));
        // It is 04:46:40 there.
        assert_eq!(of(Expires::Daily(18_000)), Some((100_800, Some(800))));
        assert_eq!(of(Expires::Daily(3600)), Some((172_800, Some(72_800))));
    }
}
