//! `set_real_ip_from`: the client of a trusted proxy is the one that the proxy names, until the request ends.

use crate::http::conf::Conf;
use crate::http::forwarded;
use crate::http::settings::real_ip::Source;
use crate::os::addr::Addr;
use crate::proto::Name;
use crate::serve::downstream;
use crate::worker::*;

/// Before the location is known the settings of the server hold, and what they find stays.
pub static MODULE: Module =
    Module { name: "realip", phases: &[(Phase::PostRead, find), (Phase::PreAccess, find)] };

pub fn is_used(conf: &Conf) -> bool {
    conf.http.locations.iter().any(|location| !location.real_ip.from.is_empty())
}

fn find(w: &mut Worker, id: RequestId) -> Flow {
    if w.location_of(id).real_ip.from.is_empty() {
        return Flow::Next;
    }
    let main = downstream::main(w, id);
    if w.requests[main].rare.client.is_some() {
        return Flow::Next;
    }
    if let Some(client) = named(w, id) {
        w.requests[main].rare.get_or_insert().client = Some(Box::new(client));
    }
    Flow::Next
}

/// The client that the proxy names, if that is trusted and names one.
fn named(w: &Worker, id: RequestId) -> Option<Addr> {
    let settings = &w.location_of(id).real_ip;
    let origin = downstream::origin(w, id)?;
    let head = &w.requests[id].head;
    match &settings.source {
        Source::ProxyProtocol => {
            let (from, _) = origin.proxied.as_ref()?.addrs?;
            settings.from.holds(&origin.client).then_some(Addr::Inet(from))
        }
        Source::Field(name) => {
            let line = head.find(name).into_iter();
            forwarded::client(&origin.client, line, &settings.from, settings.recursive)
        }
        Source::XForwardedFor => {
            let lines = head.fields.iter().rev().filter(|field| field.id == Name::XForwardedFor);
            let lines = lines.map(|field| head.value(field));
            forwarded::client(&origin.client, lines, &settings.from, settings.recursive)
        }
    }
}
