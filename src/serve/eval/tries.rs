//! `$upstream_…`: one value for each try, in their order.

use crate::http::request::Try;
use crate::http::vars::Var;
use crate::proto::h1::write::number;
use crate::upstream::counters::Disposition;
use crate::upstream::group::Groups;
use crate::worker::{RequestId, Worker};

use super::time::seconds;

#[inline(never)]
pub(super) fn variable(w: &Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let request = &w.requests[id];
    let building =
        request.upstream.and_then(|id| w.upstreams.get(id)).is_some_and(|it| it.building);
    // A request that is the same for all servers says nothing of them.
    let tries = match building {
        true => &request.tries[..before_upstream(&request.tries)],
        false => &request.tries[..],
    };
    if tries.is_empty() {
        return false;
    }
    if matches!(var, Var::UpstreamLastAddr | Var::UpstreamLastServerName) {
        return last(w, tries, var, out);
    }
    let each: fn(&Groups, &Try, &mut Vec<u8>) = match var {
        Var::UpstreamAddr => |groups, it, out| out.extend_from_slice(name(groups, it)),
        Var::UpstreamStatus => |_, it, out| match it.status {
            0 => out.push(b'-'),
            status => number(out, u64::from(status)),
        },
        Var::UpstreamConnectTime => |_, it, out| duration(it.connect_time.get(), out),
        Var::UpstreamHeaderTime => |_, it, out| duration(it.header_time.get(), out),
        Var::UpstreamResponseTime => |_, it, out| duration(it.response_time.get(), out),
        Var::UpstreamQueueTime => |_, it, out| duration(it.queue_time.get(), out),
        Var::UpstreamPool => |_, it, out| out.extend_from_slice(it.pool.as_str().as_bytes()),
        Var::UpstreamPoolKept => |_, it, out| {
            let disposition = it.disposition.map_or("-", Disposition::as_str);
            out.extend_from_slice(disposition.as_bytes());
        },
        Var::UpstreamResponseLength => |_, it, out| number(out, it.response_length),
        Var::UpstreamBytesSent => |_, it, out| number(out, it.bytes_sent),
        _ => |_, it, out| number(out, it.bytes_received),
    };
    for (at, it) in tries.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(if it.new_upstream { b" : " } else { b", " });
        }
        each(&w.groups, it, out);
    }
    true
}

/// How many tries there were before those of the present upstream.
fn before_upstream(tries: &[Try]) -> usize {
    tries.iter().rposition(|it| it.new_upstream).unwrap_or(0)
}

/// Of the peer that was tried last the address, or its `server` line as written.
fn last(w: &Worker, tries: &[Try], var: &Var, out: &mut Vec<u8>) -> bool {
    let peer = |it: &Try| w.groups[it.group].peers.get(usize::from(it.peer?.0));
    let Some(peer) = tries.iter().rev().find_map(peer) else { return false };
    out.extend_from_slice(match var {
        Var::UpstreamLastAddr => peer.name.as_bytes(),
        _ => peer.settings.server.as_bytes(),
    });
    true
}

/// The address of the peer that was tried, or the name of the group that had none.
pub fn name<'a>(groups: &'a Groups, it: &Try) -> &'a [u8] {
    let group = &groups[it.group];
    let peer = it.peer.and_then(|peer| group.peers.get(usize::from(peer.0)));
    peer.map_or(&*group.name, |peer| peer.name.as_bytes())
}

fn duration(ms: Option<u32>, out: &mut Vec<u8>) {
    match ms {
        Some(ms) => seconds(out, u64::from(ms)),
        None => out.push(b'-'),
    }
}
