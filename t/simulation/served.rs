//! The client's side alone: requests are answered on the spot, by a handler that stands in for every other content.

use peerage::base::rng::Rng;
use peerage::http::conf::{Conf, Content, Http, Kind, Location, LocationId, Server, ServerId};
use peerage::http::locations::Locations;
use peerage::http::servers::{Listen, ListenOptions, Names};
use peerage::http::settings::access::Access;
use peerage::http::settings::core::{Core, CoreRaw, TempPath};
use peerage::http::settings::headers::Headers;
use peerage::http::settings::log::Log;
use peerage::http::settings::main::MainRaw;
use peerage::http::settings::proxy::Proxy;
use peerage::http::settings::server::{Buffers, ServerCoreRaw};
use peerage::os::addr::Addr;
use peerage::serve::channel::Sent;
use peerage::serve::{body, phases, respond};
use peerage::worker::{Flow, Phase, Pipeline, RequestId, UpstreamId, Worker};

use crate::exchange::{request_body, response_body};
use crate::setup::{FRONT, temp_path};

/// Settings as `Setup` draws them for a whole proxy, as far as they concern clients.
pub fn conf(rng: &mut Rng, hostile: bool, max_body: usize) -> Result<&'static Conf, String> {
    let mut one_of = |all: &[u64]| all[rng.below(all.len() as u64) as usize];
    let mut time = |all: &[u64]| if hostile { one_of(all) } else { 600_000 };
    let times = [500, 5000, 60_000];
    let (head, read, send) = (time(&times), time(&times), time(&times));
    let keep = time(&[0, 300, 75_000]);
    let server_core = ServerCoreRaw {
        client_header_timeout: Some(head),
        large_client_header_buffers: Some(Buffers { number: 2, size: 1024 }),
        ..ServerCoreRaw::default()
    };
    let core = CoreRaw {
        client_body_timeout: Some(read),
        client_max_body_size: Some(max_body as u64),
        client_body_buffer_size: Some(one_of(&[1, 100, 16_384]) as usize),
        client_body_temp_path: Some(TempPath { path: temp_path().into(), ..TempPath::default() }),
        send_timeout: Some(send),
        keepalive_timeout: Some(keep),
        keepalive_requests: Some(if hostile { one_of(&[1, 3, 1000]) as u32 } else { 1000 }),
        reset_timedout_connection: Some(one_of(&[0, 1]) == 1),
        ..CoreRaw::default()
    };
    let main = MainRaw {
        worker_connections: Some(if hostile { one_of(&[6, 20, 512]) as u32 } else { 512 }),
        multi_accept: Some(one_of(&[0, 1]) == 1),
        ..MainRaw::default()
    };
    let addr = Addr::parse(FRONT).ok_or("an address")?;
    let listen = Listen {
        addr,
        options: ListenOptions::default(),
        default_server: ServerId(0),
        servers: vec![ServerId(0)],
        names: Names::default(),
        via: None,
        locals: vec![],
    };
    let server = Server {
        name: b"sim".as_slice().into(),
        root: LocationId(0),
        named: vec![],
        core: server_core.freeze(),
        rewrite: vec![],
    };
    let http = Http {
        servers: vec![server],
        locations: vec![location(core.freeze())],
        listens: vec![listen],
        ..Http::default()
    };
    Ok(Box::leak(Box::new(Conf { main: main.freeze(), http })))
}

fn location(core: Core) -> Location {
    Location {
        name: Box::default(),
        kind: Kind::Server,
        noregex: false,
        internal: false,
        locations: Locations::default(),
        server: ServerId(0),
        core,
        proxy: Proxy::default(),
        headers: Headers::default(),
        access: Access::default(),
        log: Log::default(),
        rewrite: vec![],
        content: Content::Static,
        limit_except: None,
    }
}

pub fn pipeline() -> &'static Pipeline {
    Box::leak(Box::new(Pipeline {
        steps: vec![(Phase::FindConfig, phases::find_config), (Phase::Content, answer)],
        heads: vec![],
        proxy: |_, _| Flow::End(500),
        release: |_: &mut Worker, _: UpstreamId| {},
        close_idle: |_| {},
    }))
}

/// Reads the body, or does not, and answers as the target says.
fn answer(w: &mut Worker, id: RequestId) -> Flow {
    let uri = String::from_utf8_lossy(&w.requests[id].uri).into_owned();
    let parts: Vec<&str> = uri.split('/').collect();
    let &[_, token, kind, n, m] = &parts[..] else { return Flow::End(404) };
    let (n, m): (usize, usize) = (n.parse().unwrap_or(0), m.parse().unwrap_or(0));
    let early = kind == "Early" || kind == "EarlyClose";
    if !early {
        w.requests[id].write = phases::run;
        match body::read(w, id) {
            Flow::Next => {}
            other => return other,
        }
        check_body(w, id, token);
    }
    w.requests[id].write = peerage::worker::rest;
    let response = &mut w.requests[id].response;
    response.status = match kind {
        "NoContent" => 204,
        "NotModified" => 304,
        "Error500" => 500,
        _ => 200,
    };
    response.add(b"X-Token", token.as_bytes());
    let whole = response_body(token, n);
    if kind != "Chunked" {
        response.content_length = Some(n as u64);
    }
    if !respond::begin(w, id) {
        return Flow::Wait;
    }
    match kind {
        // In two pieces, the second when the first has gone.
        "Chunked" | "Interim" => {
            if respond::write(w, id, &whole[..m.min(n)], false) == Sent::All {
                respond::write(w, id, &whole[m.min(n)..], true);
            } else if w.requests.get(id).is_some_and(|r| r.outcome.is_none()) {
                w.requests[id].write = second;
            }
        }
        _ => {
            respond::write(w, id, &whole, true);
        }
    }
    Flow::Wait
}

fn second(w: &mut Worker, id: RequestId) {
    let uri = String::from_utf8_lossy(&w.requests[id].uri).into_owned();
    let parts: Vec<&str> = uri.split('/').collect();
    let (n, m): (usize, usize) = (parts[3].parse().unwrap_or(0), parts[4].parse().unwrap_or(0));
    if w.channels[w.requests[id].channel].outbox.is_empty() {
        w.requests[id].write = peerage::worker::rest;
        respond::write(w, id, &response_body(parts[1], n)[m.min(n)..], true);
    }
}

fn check_body(w: &Worker, id: RequestId, token: &str) {
    let request = &w.requests[id];
    let said = request.head.find(b"x-body");
    let len = said.and_then(|n| std::str::from_utf8(n).ok()?.parse().ok()).unwrap_or(0);
    let mut got = Vec::new();
    if let Some(kept) = &request.body.file {
        got = std::fs::read(&kept.path).unwrap_or_default();
    }
    got.extend_from_slice(&request.body.memory);
    assert!(got == request_body(token, len), "{token}: {} of {len} bytes, or others'", got.len());
}
