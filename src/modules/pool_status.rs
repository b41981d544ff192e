//! `pool_status`: what the pool holds and has done, per group and server, as JSON or for Prometheus.
//!
//! The names are those of `upstream::report`; programs that draw them depend on each.

use std::io::Write;

use crate::cache::{counters, index};
use crate::http::conf::Content;
use crate::http::settings::block::Format;
use crate::proto::Method;
use crate::serve::respond;
use crate::upstream::report::{
    self, COUNTED, GroupReport, PRESENT, PeerReport, REFUSED, State, WAITING,
};
use crate::worker::*;

pub static MODULE: Module = Module { name: "pool_status", phases: &[(Phase::Content, answer)] };

fn answer(w: &mut Worker, id: RequestId) -> Flow {
    let Content::Pool(format) = w.location_of(id).content else { return Flow::Next };
    if !matches!(w.requests[id].method, Method::Get | Method::Head) {
        return respond::not_allowed(w, id, b"GET, HEAD");
    }
    w.groups.pull();
    let groups = report::of(&w.groups, w.event.now);
    w.counters.set_http2(w.http2);
    let (http2, tls) = (w.counters.sum_http2(), w.counters.sum_tls());
    let clients: Clients<'_> = [("http2", &http2.named()), ("tls", &tls.named())];
    let caches = caches(w);
    let mut out = vec![];
    let content_type: &[u8] = match format {
        Format::Json => {
            json(&mut out, &groups, clients, &caches);
            b"application/json"
        }
        Format::Prometheus => {
            prometheus(&mut out, &groups);
            prometheus_clients(&mut out, clients);
            prometheus_caches(&mut out, &caches);
            b"text/plain; version=0.0.4"
        }
    };
    respond::text(w, id, 200, content_type, &out);
    Flow::Answered
}

/// What clients have spoken, as counted.
type Clients<'a> = [Spoken<'a>; 2];
type Spoken<'a> = (&'static str, &'a [(&'static str, u64)]);

/// A zone of a cache.
struct CacheReport {
    name: String,
    /// Entries and bytes that are there now.
    present: [(&'static str, u64); 2],
    counted: [(&'static str, u64); 12],
}

fn caches(w: &Worker) -> Vec<CacheReport> {
    let http = &w.conf.http;
    let caches = http.caches.iter().enumerate().filter_map(|(n, cache)| {
        let zone = w.zones.get(http.zone_of_cache(n)?)?;
        let (bytes, keys) = index::size(zone);
        Some(CacheReport {
            name: escaped(&cache.declared.name),
            present: [("keys", keys), ("bytes", bytes)],
            counted: counters::named(zone),
        })
    });
    caches.collect()
}

/// A line for each server; behind them those of HTTP/2 and of TLS, if they have been spoken, and one for each cache.
fn json(out: &mut Vec<u8>, groups: &[GroupReport], clients: Clients<'_>, caches: &[CacheReport]) {
    out.extend_from_slice(b"{\"groups\":[");
    for (n, group) in groups.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let name = escaped(&String::from_utf8_lossy(&group.name));
        put(out, format_args!("{comma}\n{{\"name\":\"{name}\""));
        for (name, value) in [WAITING].iter().chain(&REFUSED) {
            put(out, format_args!(",\"{name}\":{}", value(group)));
        }
        out.extend_from_slice(b",\"peers\":[");
        for (n, peer) in group.peers.iter().enumerate() {
            out.extend_from_slice(if n == 0 { b"\n" } else { b",\n" });
            json_peer(out, peer);
        }
        out.extend_from_slice(b"]}");
    }
    out.push(b']');
    for (what, named) in spoken(clients) {
        for (n, (name, value)) in named.iter().enumerate() {
            let start = if n == 0 { format!(",\n\"{what}\":{{") } else { ",".into() };
            put(out, format_args!("{start}\"{name}\":{value}"));
        }
        out.push(b'}');
    }
    for (n, cache) in caches.iter().enumerate() {
        out.extend_from_slice(if n == 0 { b",\n\"caches\":[\n" } else { b",\n" });
        put(out, format_args!("{{\"zone\":\"{}\"", cache.name));
        for (name, value) in cache.present.iter().chain(&cache.counted) {
            put(out, format_args!(",\"{name}\":{value}"));
        }
        out.push(b'}');
    }
    if !caches.is_empty() {
        out.push(b']');
    }
    out.extend_from_slice(b"}\n");
}

/// Those of which something is counted.
fn spoken(clients: Clients<'_>) -> impl Iterator<Item = Spoken<'_>> {
    clients.into_iter().filter(|(_, named)| named.iter().any(|(_, value)| *value > 0))
}

fn prometheus_clients(out: &mut Vec<u8>, clients: Clients<'_>) {
    for (what, named) in spoken(clients) {
        for (name, value) in named {
            let name = format!("peerage_{what}_{name}_total");
            put(out, format_args!("# TYPE {name} counter\n{name} {value}\n"));
        }
    }
}

fn prometheus_caches(out: &mut Vec<u8>, caches: &[CacheReport]) {
    type Values = fn(&CacheReport) -> &[(&'static str, u64)];
    let kinds: [(Values, _, _); 2] =
        [(|it| &it.present, "", "gauge"), (|it| &it.counted, "_total", "counter")];
    for (values, ending, kind) in kinds {
        let names = caches.first().map(values).unwrap_or_default();
        for (n, (name, _)) in names.iter().enumerate() {
            let metric = format!("peerage_cache_{name}{ending}");
            put(out, format_args!("# TYPE {metric} {kind}\n"));
            for cache in caches {
                let value = values(cache).get(n).map_or(0, |it| it.1);
                put(out, format_args!("{metric}{{zone=\"{}\"}} {value}\n", cache.name));
            }
        }
    }
}

fn json_peer(out: &mut Vec<u8>, peer: &PeerReport) {
    let (name, server) = (escaped(&peer.name), escaped(&peer.server));
    let (backup, state) = (peer.backup, peer.state.as_str());
    put(out, format_args!("{{\"peer\":\"{name}\",\"server\":\"{server}\""));
    put(out, format_args!(",\"backup\":{backup},\"state\":\"{state}\""));
    for (name, value) in PRESENT.iter() {
        put(out, format_args!(",\"{name}\":{}", value(peer)));
    }
    for (name, value) in COUNTED.iter() {
        put(out, format_args!(",\"{name}\":{}", value(&peer.counters)));
    }
    json_reasons(out, "undecided_by", peer.counters.undecided());
    json_reasons(out, "not_kept", peer.counters.not_kept());
    json_reasons(out, "handshake_failures_by", peer.counters.handshake_failures());
    out.push(b'}');
}

fn json_reasons(out: &mut Vec<u8>, name: &str, reasons: impl Iterator<Item = (&'static str, u64)>) {
    put(out, format_args!(",\"{name}\":{{"));
    for (n, (reason, count)) in reasons.enumerate() {
        let comma = if n == 0 { "" } else { "," };
        put(out, format_args!("{comma}\"{reason}\":{count}"));
    }
    out.push(b'}');
}

/// A metric after the other, as the format wants it.
fn prometheus(out: &mut Vec<u8>, groups: &[GroupReport]) {
    of_groups(out, groups, "waiting", "gauge", WAITING.1);
    for (name, value) in REFUSED {
        of_groups(out, groups, &format!("{name}_total"), "counter", value);
    }
    metric(out, groups, "up", "gauge", |out, start, peer| {
        let up = u64::from(matches!(peer.state, State::Up | State::Full));
        put(out, format_args!("{start}}} {up}\n"));
    });
    for (name, value) in PRESENT.iter() {
        metric(out, groups, name, "gauge", |out, start, peer| {
            put(out, format_args!("{start}}} {}\n", value(peer)));
        });
    }
    for (name, value) in COUNTED.iter() {
        metric(out, groups, &format!("{name}_total"), "counter", |out, start, peer| {
            put(out, format_args!("{start}}} {}\n", value(&peer.counters)));
        });
    }
    metric(out, groups, "undecided_by_total", "counter", |out, start, peer| {
        reasons(out, start, peer.counters.undecided());
    });
    metric(out, groups, "not_kept_total", "counter", |out, start, peer| {
        reasons(out, start, peer.counters.not_kept());
    });
    metric(out, groups, "handshake_failures_by_total", "counter", |out, start, peer| {
        reasons(out, start, peer.counters.handshake_failures());
    });
}

/// One metric of every group.
fn of_groups(
    out: &mut Vec<u8>,
    groups: &[GroupReport],
    name: &str,
    kind: &str,
    value: fn(&GroupReport) -> u64,
) {
    put(out, format_args!("# TYPE peerage_group_{name} {kind}\n"));
    for group in groups {
        let label = escaped(&String::from_utf8_lossy(&group.name));
        let value = value(group);
        put(out, format_args!("peerage_group_{name}{{group=\"{label}\"}} {value}\n"));
    }
}

fn reasons(out: &mut Vec<u8>, start: &str, reasons: impl Iterator<Item = (&'static str, u64)>) {
    for (reason, count) in reasons {
        put(out, format_args!("{start},reason=\"{reason}\"}} {count}\n"));
    }
}

/// One metric of every server. `write` is given a line as far as the labels that all of them have.
fn metric(
    out: &mut Vec<u8>,
    groups: &[GroupReport],
    name: &str,
    kind: &str,
    write: impl Fn(&mut Vec<u8>, &str, &PeerReport),
) {
    put(out, format_args!("# TYPE peerage_peer_{name} {kind}\n"));
    for group in groups {
        let label = escaped(&String::from_utf8_lossy(&group.name));
        for peer in &group.peers {
            let start =
                format!("peerage_peer_{name}{{group=\"{label}\",peer=\"{}\"", escaped(&peer.name));
            write(out, &start, peer);
        }
    }
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

/// Between quotes, in both formats. Control characters, which only JSON could say, become spaces.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
