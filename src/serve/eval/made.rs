//! Variables that blocks of the configuration make of other strings: `map`, `geo`, `split_clients`.

use std::net::IpAddr;

use crate::http::forwarded;
use crate::http::settings::geo::Geo;
use crate::http::vars::{Slot, Var};
use crate::os::addr::Addr;
use crate::proto::Name;
use crate::worker::{RequestId, Worker};

use super::super::{downstream, log};
use super::{nested, put, template, variable, with_captures};

/// A `map`.
pub(super) fn map(w: &mut Worker, id: RequestId, index: u32, out: &mut Vec<u8>) -> bool {
    let map = &w.conf.http.maps[index as usize];
    nested(w, id, &map.name, |w| {
        kept(w, id, map.slot, map.volatile, out, |w, out| {
            let mut key = w.buffers.line();
            template(w, id, &map.key, &mut key);
            let mut own = w.buffers.captures();
            let found = map.find(&key, &mut own);
            let found = found.unwrap_or_else(|_| {
                log::regex_failed(w, id, None, &key);
                map.default()
            });
            w.buffers.give_line(key);
            match own.is_empty() {
                // No expression decided: `$1` is what it is around the map.
                true => template(w, id, found.value, out),
                false => {
                    own = with_captures(w, id, own, found.named, |w| {
                        template(w, id, found.value, out);
                    });
                }
            }
            w.buffers.give_captures(own);
        })
    })
}

/// A `geo`.
pub(super) fn geo(w: &mut Worker, id: RequestId, index: u32, out: &mut Vec<u8>) -> bool {
    let geo = &w.conf.http.geos[index as usize];
    nested(w, id, &geo.name, |w| {
        kept(w, id, geo.slot, geo.volatile, out, |w, out| {
            let ip = address(w, id, geo);
            put(out, geo.find(ip));
        })
    })
}

/// The address that a `geo` looks up; none for a unix socket and for what is no address.
fn address(w: &mut Worker, id: RequestId, geo: &Geo) -> Option<IpAddr> {
    let named;
    let own = match &geo.address {
        None => downstream::client(w, id)?,
        Some(var) => {
            named = Addr::Inet((address_in(w, id, var)?, 0).into());
            &named
        }
    };
    if geo.proxies.is_empty() {
        return own.ip();
    }
    let head = &w.requests[id].head;
    let lines = head.fields.iter().rev().filter(|field| field.id == Name::XForwardedFor);
    let lines = lines.map(|field| head.value(field));
    let found = forwarded::client(own, lines, &geo.proxies, geo.proxy_recursive);
    found.as_ref().unwrap_or(own).ip()
}

fn address_in(w: &mut Worker, id: RequestId, var: &Var) -> Option<IpAddr> {
    let mut value = w.buffers.line();
    variable(w, id, var, &mut value);
    let ip = std::str::from_utf8(&value).ok().and_then(|ip| ip.parse().ok());
    w.buffers.give_line(value);
    ip
}

/// A `split_clients`.
pub(super) fn split(w: &mut Worker, id: RequestId, index: u32, out: &mut Vec<u8>) -> bool {
    let split = &w.conf.http.splits[index as usize];
    nested(w, id, &split.name, |w| {
        kept(w, id, split.slot, false, out, |w, out| {
            let mut key = w.buffers.line();
            template(w, id, &split.key, &mut key);
            put(out, split.find(&key));
            w.buffers.give_line(key);
        })
    })
}

/// The value that the request keeps in the slot, made when it is first asked for; anew each time if it is `volatile`.
fn kept(
    w: &mut Worker,
    id: RequestId,
    slot: Slot,
    volatile: bool,
    out: &mut Vec<u8>,
    make: impl FnOnce(&mut Worker, &mut Vec<u8>),
) -> bool {
    if volatile {
        make(w, out);
        return true;
    }
    if let Some(value) = w.requests[downstream::of_variables(w, id)].slot(slot) {
        return put(out, value);
    }
    let start = out.len();
    make(w, out);
    let main = downstream::of_variables(w, id);
    w.requests[main].set_slot(slot, &out[start..]);
    true
}
