//! The identifier of a request's client: the one that it has sent in a cookie, and the one that it is to get.

use crate::http::cookies;
use crate::http::settings::userid::Mode;
use crate::http::userid::{DIGITS, Ids, Uid};
use crate::http::vars::Var;
use crate::os::addr::Addr;
use crate::proto::Name;
use crate::worker::*;

use super::log::{self, Level};
use super::{downstream, eval};

/// `$uid_got`: what the cookie says. It is read once.
pub fn got(w: &mut Worker, id: RequestId) -> Option<Uid> {
    let request = &w.requests[id];
    if let Some(ids) = &request.rare.ids {
        return ids.got;
    }
    let name = &w.location_of(id).userid.name;
    let cookie = cookies::find(request.head.all(Name::Cookie), name)?.to_vec();
    let parsed = match cookie.get(..DIGITS) {
        None => Err("too short"),
        Some(digits) => Uid::parse(digits).map_err(|_| "invalid"),
    };
    if let Err(what) = parsed {
        let line = request.head.get(Name::Cookie).map(String::from_utf8_lossy).unwrap_or_default();
        let text = format_args!("client sent {what} userid cookie \"{line}\"");
        log::error(w, id, Level::Error, text);
    }
    let got = parsed.ok().flatten();
    let ids = Ids { cookie, got, ..Ids::default() };
    w.requests[id].rare.get_or_insert().ids = Some(Box::new(ids));
    got
}

/// `$uid_set`: what the client is to get, if it has none, or one that is void or has not the mark.
pub fn set(w: &mut Worker, id: RequestId) -> Option<Uid> {
    let known = w.requests[id].rare.ids.as_ref().and_then(|ids| ids.set);
    if known.is_some() {
        return known;
    }
    let got = got(w, id);
    let is_void = got.is_some_and(|got| is_reset(w, id, got));
    let uid = match got.filter(|_| !is_void) {
        Some(_) if has_mark(w, id) => return None,
        Some(got) => got,
        None => make(w, id),
    };
    let ids = w.requests[id].rare.get_or_insert().ids.get_or_insert_default();
    (ids.set, ids.reset) = (Some(uid), is_void);
    ids.set
}

fn has_mark(w: &Worker, id: RequestId) -> bool {
    let Some(mark) = w.location_of(id).userid.mark else { return true };
    let ids = w.requests[id].rare.ids.as_ref();
    ids.is_some_and(|ids| ids.cookie.get(DIGITS..DIGITS + 2) == Some(&[mark, b'=']))
}

/// `$uid_reset` is neither empty nor 0; `log` is logged, too.
fn is_reset(w: &mut Worker, id: RequestId, got: Uid) -> bool {
    let mut value = w.buffers.line();
    match &w.location_of(id).userid.reset {
        // Without a value it is empty.
        Some(Var::Set(slot)) => {
            let main = downstream::main(w, id);
            value.extend_from_slice(w.requests[main].slot(*slot).unwrap_or_default());
        }
        Some(var) => {
            eval::variable(w, id, var, &mut value);
        }
        None => {}
    }
    let is_reset = !matches!(&*value, b"" | b"0");
    if *value == *b"log" {
        let mut shown = vec![];
        got.show(&w.location_of(id).userid.name, &mut shown);
        let shown = String::from_utf8_lossy(&shown);
        let text = format_args!("userid cookie \"{shown}\" was reset");
        log::error(w, id, Level::Notice, text);
    }
    w.buffers.give_line(value);
    is_reset
}

fn make(w: &mut Worker, id: RequestId) -> Uid {
    let settings = &w.location_of(id).userid;
    let (now, pid) = (w.event.wall_ms(), std::process::id());
    if settings.mode == Mode::V1 {
        return w.uids.v1(settings.service.unwrap_or(0), now, pid);
    }
    let service = match settings.service {
        Some(service) => service.to_be_bytes(),
        None => last_bytes(downstream::local_addr(w, id)),
    };
    w.uids.v2(service, now, pid)
}

/// The address that the client connected to, or the end of one of IPv6.
fn last_bytes(addr: Option<&Addr>) -> [u8; 4] {
    match addr.and_then(Addr::ip) {
        None => [0; 4],
        Some(std::net::IpAddr::V4(ip)) => ip.octets(),
        Some(std::net::IpAddr::V6(ip)) => {
            let [.., a, b, c, d] = ip.octets();
            [a, b, c, d]
        }
    }
}
