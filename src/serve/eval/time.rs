//! Moments and durations as nginx prints them.

use crate::http::dates;
use crate::http::strftime::{Moment, strftime};
use crate::http::vars::Var;
use crate::os::clock;
use crate::proto::h1::write::number;
use crate::worker::{RequestId, Worker};

use super::super::downstream;

#[inline(never)]
pub(super) fn variable(w: &mut Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let now = w.event.now;
    let r = &w.requests[id];
    match var {
        Var::Msec => seconds(out, w.event.wall_ms()),
        Var::RequestTime => seconds(out, now.saturating_sub(r.start)),
        Var::ConnectionTime => match downstream::origin(w, id) {
            Some(origin) => seconds(out, now.saturating_sub(origin.since)),
            None => return false,
        },
        Var::TimeIso8601Ms => {
            let date = dates::iso8601(w.event.wall.secs, w.event.wall.offset);
            let (time, zone) = date.split_at(date.len() - "+00:00".len());
            out.extend_from_slice(time);
            out.push(b'.');
            push_ms(out, w.event.wall_ms());
            out.extend_from_slice(zone);
        }
        Var::TimeLocal => out.extend_from_slice(w.dates.local(w.event.wall)),
        _ => out.extend(dates::iso8601(w.event.wall.secs, w.event.wall.offset)),
    }
    true
}

/// How `ssi` writes dates unless a command says otherwise.
const TIMEFMT: &[u8] = b"%A, %d-%b-%Y %H:%M:%S %Z";

/// `$date_local`, `$date_gmt`
#[inline(never)]
pub(super) fn date(w: &Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let wall = w.event.wall;
    let ctx = w.requests[id].rare.ctx.as_ref();
    let format = ctx.and_then(|ctx| ctx.ssi.timefmt.as_deref()).unwrap_or(TIMEFMT);
    let local;
    let (offset, zone) = match var {
        Var::DateLocal => {
            local = clock::zone_name(wall.secs);
            (wall.offset, local.as_str())
        }
        _ => (0, "GMT"),
    };
    strftime(format, Moment { secs: wall.secs, offset, zone }, out);
    true
}

/// `1.002`
pub(super) fn seconds(out: &mut Vec<u8>, ms: u64) {
    number(out, ms / 1000);
    out.push(b'.');
    push_ms(out, ms);
}

/// The last three digits.
fn push_ms(out: &mut Vec<u8>, ms: u64) {
    out.extend([100, 10, 1].map(|unit| b'0' + (ms / unit % 10) as u8));
}

#[cfg(test)]
mod tests {
    #[test]
    fn seconds() {
        for (ms, text) in [(0, "0.000"), (7, "0.007"), (1002, "1.002"), (61_230, "61.230")] {
            let mut out = b"x".to_vec();
            super::seconds(&mut out, ms);
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{text}"));
        }
    }
}
