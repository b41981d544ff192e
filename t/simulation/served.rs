//! The client's side alone: requests are answered on the spot, by a handler that stands in for every other content.

use peerage::http::downstream::Downstream;
use peerage::http::filters::Passed;
use peerage::serve::{body, downstream, finish, phases, respond};
use peerage::worker::{Flow, OcspCalls, Phase, Pipeline, RequestId, UpstreamId, Worker};

use crate::exchange::{request_body, response_body};

pub fn pipeline() -> &'static Pipeline {
    Box::leak(Box::new(Pipeline {
        resolve: |_| {},
        steps: vec![(Phase::FindConfig, phases::find_config), (Phase::Content, answer)],
        heads: &[],
        bodies: &[],
        sub_steps: vec![],
        log: |_, _| {},
        script: |_, _| {},
        upstream: |_, _| Flow::End(500),
        protocols: &[],
        balance: |_, _| Err(500),
        release: |_: &mut Worker, _: UpstreamId| {},
        queue: |_, _| {},
        trim: |_, _| {},
        probe: |_, _| {},
        ocsp: OcspCalls {
            check_client: |_, _| false,
            leave: |_, _| {},
            fetch_staples: |_, _| {},
            resolved: |_, _| {},
        },
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
        return Flow::Answered;
    }
    let Downstream::H1(channel) = w.requests[id].downstream else { return Flow::End(500) };
    let conn = w.channels[channel].conn;
    match kind {
        // In two pieces, the second when the first has gone.
        "Chunked" | "Interim" => {
            if respond::write(w, id, &whole[..m.min(n)], false) == Passed::All {
                respond::write(w, id, &whole[m.min(n)..], true);
            } else if w.requests.get(id).is_some_and(|r| r.outcome.is_none()) {
                w.requests[id].write = second;
            }
        }
        _ => {
            respond::write(w, id, &whole, true);
        }
    }
    // Whatever ended meanwhile, its ids are good until the turn is over, and may be ended again.
    let closed = w.event.conns[conn].socket.is_closed();
    let ended = w.requests[id].outcome.is_some();
    assert!(ended || !closed, "a connection is closed under a request");
    if ended {
        finish::close(w, id);
        if closed {
            w.event.close(conn);
        }
        let again = w.requests[id].write;
        again(w, id);
        assert!(closed || w.channels.get(channel).is_some(), "ended twice");
    }
    Flow::Answered
}

fn second(w: &mut Worker, id: RequestId) {
    let uri = String::from_utf8_lossy(&w.requests[id].uri).into_owned();
    let parts: Vec<&str> = uri.split('/').collect();
    let (n, m): (usize, usize) = (parts[3].parse().unwrap_or(0), parts[4].parse().unwrap_or(0));
    if downstream::is_drained(w, id) {
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
