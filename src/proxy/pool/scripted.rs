//! The tries of a request for which a script chooses the peers.
//!
//! Before each try the script is asked ([`Pipeline::balance`]). What it has decided is in [`Scripted`]; from there on
//! the try is like any other: the connection is taken from the cache by peer and identity, or made.

use std::rc::Rc;

use super::{connect, handshake, resolve};
use crate::os::addr::Addr;
use crate::serve::log::{self, Level};
use crate::upstream::balance::scripted::{OfLocation, Scripted, Timeouts};
use crate::upstream::peer::{self, Get};
use crate::upstream::pool::identity;
use crate::upstream::pool::tls::TlsPeer;
use crate::worker::*;

/// The group has a script: it is asked before each try.
pub fn prepare(w: &mut Worker, id: UpstreamId) {
    let pc = &mut w.upstreams[id].peer;
    let location = OfLocation { local: pc.local.clone(), tls: pc.tls.clone() };
    pc.scripted = Some(Box::new(Scripted { location, ..Scripted::default() }));
    // A group without servers has a try all the same.
    pc.tries = pc.tries.max(1);
}

/// `…_connect_timeout` of a try, or what the script has said in place of it.
pub fn connect_timeout(w: &Worker, id: UpstreamId) -> u64 {
    let settings = &w.location_of(w.upstreams[id].request).upstream;
    timeouts(w, id).connect.unwrap_or(settings.connect_timeout)
}

/// `…_send_timeout`, likewise.
pub fn send_timeout(w: &Worker, id: UpstreamId) -> u64 {
    let settings = &w.location_of(w.upstreams[id].request).upstream;
    timeouts(w, id).send.unwrap_or(settings.send_timeout)
}

/// `…_read_timeout`, likewise.
pub fn read_timeout(w: &Worker, id: UpstreamId) -> u64 {
    let settings = &w.location_of(w.upstreams[id].request).upstream;
    timeouts(w, id).read.unwrap_or(settings.read_timeout)
}

fn timeouts(w: &Worker, id: UpstreamId) -> Timeouts {
    w.upstreams[id].peer.scripted.as_ref().map_or_else(Timeouts::default, |it| it.timeouts)
}

/// In place of [`peer::get`].
pub fn get(w: &mut Worker, id: UpstreamId) -> Get {
    if let Some(scripted) = &mut w.upstreams[id].peer.scripted {
        scripted.begin_try();
    }
    if let Err(status) = (w.pipeline.balance)(w, id) {
        return Get::End(status);
    }
    let pc = &mut w.upstreams[id].peer;
    let Some(scripted) = &pc.scripted else { return Get::End(500) };
    pc.tries += scripted.more;
    match scripted.peer.clone() {
        Some(addr) => get_peer(w, id, &addr),
        None => get_server(w, id),
    }
}

/// The script has named no peer: the group's own servers take turns.
fn get_server(w: &mut Worker, id: UpstreamId) -> Get {
    let pc = &w.upstreams[id].peer;
    if w.groups[pc.group].live == 0 {
        let request = w.upstreams[id].request;
        log::error(w, request, Level::Error, format_args!("lua balancer: no peer set"));
        return Get::End(500);
    }
    if let Err(status) = apply(w, id) {
        return Get::End(status);
    }
    let now = w.event.now;
    let Worker { groups, upstreams, rng, .. } = w;
    peer::get(groups, &mut upstreams[id].it.peer, rng, now, true)
}

fn get_peer(w: &mut Worker, id: UpstreamId, addr: &Addr) -> Get {
    let group = w.upstreams[id].peer.group;
    let at = match w.groups[group].on_demand(addr) {
        Some(at) => at,
        None => {
            resolve::forget_on_demand(w, group);
            match w.groups[group].on_demand(addr) {
                Some(at) => at,
                None => return Get::Busy,
            }
        }
    };
    let now = w.event.now;
    let Worker { groups, upstreams, .. } = w;
    peer::pick_on_demand(groups, &mut upstreams[id].it.peer, at, now);
    connect::note(w, id, &Get::Ok, false);
    if let Err(status) = apply(w, id) {
        return Get::End(status);
    }
    let Worker { groups, upstreams, .. } = w;
    peer::find(groups, &mut upstreams[id].it.peer, now)
}

/// The address of ours, TLS, and so the identity of the try. Error: the script asks for TLS, which the location's
/// protocol does not have; nothing is sent without it.
fn apply(w: &mut Worker, id: UpstreamId) -> Result<(), u16> {
    let Some(scripted) = w.upstreams[id].peer.scripted.take() else { return Err(500) };
    let local = match &scripted.local {
        Some(local) => Some(Box::new(local.clone())),
        None => scripted.location.local.clone(),
    };
    w.upstreams[id].peer.local = local;
    if scripted.local.is_none() && w.upstreams[id].peer.binds_anew {
        connect::bind_anew(w, id);
    }
    let tls = tls(w, id, &scripted);
    let Worker { groups, upstreams, .. } = w;
    let it = &mut upstreams[id].it;
    let pc = &mut it.peer;
    pc.identity = groups.identities.of(&identity::Settings {
        local: pc.local.as_deref().cloned(),
        protocol: it.protocol as u8,
        host: scripted.host.clone(),
        tls: tls.as_ref().map(|tls| tls.number),
    });
    let is_missing = tls.is_none() && scripted.tls == Some(true);
    pc.tls = tls;
    pc.scripted = Some(scripted);
    if is_missing {
        let request = w.upstreams[id].request;
        let text = format_args!("lua balancer: no TLS with servers of this location");
        log::error(w, request, Level::Error, text);
        return Err(500);
    }
    Ok(())
}

fn tls(w: &mut Worker, id: UpstreamId, scripted: &Scripted) -> Option<Rc<TlsPeer>> {
    let own = &scripted.location.tls;
    if !scripted.tls.unwrap_or_else(|| own.is_some()) {
        return None;
    }
    match (&scripted.host, own) {
        (None, Some(own)) => Some(own.clone()),
        (host, _) => handshake::peer_named(w, w.upstreams[id].request, host.as_deref()),
    }
}
