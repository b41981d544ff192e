//! What each nginx module does: phase handlers, and filters of heads and bodies.

pub mod access;
mod addition;
mod auth_basic;
mod auth_request;
mod charset;
pub mod coder;
mod expires;
mod fastcgi;
pub mod files;
mod gunzip;
mod gzip;
mod gzip_static;
pub mod headers;
pub mod index;
mod limit_conn;
mod limit_req;
mod mirror;
mod not_modified;
mod otel;
mod pool_status;
pub mod proxy;
mod range;
mod real_ip;
pub mod rewrite;
mod stub_status;
mod symlinks;
pub mod try_files;
mod userid;

use crate::http::conf::Conf;
use crate::http::filters::{BodyFilters, HeadFilters};
use crate::proxy::exchange::{spool, start};
use crate::proxy::pool::{health, idle, queue, release, resolve};
use crate::serve::{phases, postpone};
use crate::worker::*;

/// Every module with phases, and the optional ones behind. Within a phase the order here is the order in which they run.
pub static MODULES: &[&Module] = &[
    &rewrite::MODULE,
    &try_files::MODULE,
    &stub_status::MODULE,
    &pool_status::MODULE,
    &gzip_static::MODULE,
    &index::MODULE,
    &files::MODULE,
];

static HEADS: &[(HeadFilters, HeadFilter)] = &[
    (HeadFilters::NOT_MODIFIED, not_modified::head),
    (HeadFilters::HEADERS, headers::head),
    (HeadFilters::USERID, userid::head),
    (HeadFilters::GUNZIP, gunzip::head),
    (HeadFilters::ADDITION, addition::head),
    (HeadFilters::CHARSET, charset::head),
    (HeadFilters::GZIP, gzip::head),
    (HeadFilters::RANGE, range::head),
];

static BODIES: &[(BodyFilters, BodyFilter)] = &[
    (BodyFilters::RANGE, range::BODY),
    (BodyFilters::GUNZIP, gunzip::BODY),
    (BodyFilters::ADDITION, addition::BODY),
    (BodyFilters::POSTPONE, postpone::FILTER),
    (BodyFilters::GZIP, gzip::BODY),
    (BodyFilters::SPOOL, spool::FILTER),
];

/// A module that is there if the configuration uses it: other requests do not meet it.
struct Optional {
    module: &'static Module,
    is_used: fn(&Conf) -> bool,
}

static OPTIONAL: &[Optional] = &[
    Optional { module: &otel::MODULE, is_used: otel::is_used },
    Optional { module: &real_ip::MODULE, is_used: real_ip::is_used },
    Optional { module: &limit_req::MODULE, is_used: has_limits },
    Optional { module: &limit_conn::MODULE, is_used: has_limits },
    Optional { module: &access::MODULE, is_used: access::is_used },
    Optional { module: &auth_basic::MODULE, is_used: auth_basic::is_used },
    Optional { module: &auth_request::MODULE, is_used: auth_request::is_used },
    Optional { module: &mirror::MODULE, is_used: mirror::is_used },
];

fn has_limits(conf: &Conf) -> bool {
    !conf.http.limit_zones.is_empty()
}

/// By [`ProtocolIndex`].
static PROTOCOLS: &[Protocol] = &[proxy::PROTOCOL, fastcgi::PROTOCOL];

/// Lays the handlers of the modules that the configuration needs out flat, with the engine's own steps between them.
pub fn pipeline(conf: &Conf) -> Pipeline {
    let mut steps: Vec<(Phase, PhaseHandler)> =
        vec![(Phase::FindConfig, phases::find_config), (Phase::Content, phases::content)];
    let optional = OPTIONAL.iter().filter(|it| (it.is_used)(conf)).map(|it| &it.module);
    for module in MODULES.iter().chain(optional) {
        steps.extend_from_slice(module.phases);
    }
    if steps.iter().any(|&(phase, _)| phase == Phase::Access) {
        steps.push((Phase::Access, phases::post_access));
    }
    steps.sort_by_key(|&(phase, _)| phase);
    let sub_steps = steps.iter().filter(|(phase, _)| *phase != Phase::Access).copied().collect();
    Pipeline {
        steps,
        heads: HEADS,
        bodies: BODIES,
        sub_steps,
        upstream: start::handler,
        protocols: PROTOCOLS,
        release: release::release,
        resolve: resolve::expired,
        queue: queue::serve,
        trim: idle::trim,
        probe: health::wake,
        close_idle: |w| {
            health::stop(w);
            idle::close_all(w);
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{BODIES, HEADS};

    #[test]
    fn filters_are_in_the_order_of_their_bits() {
        assert!(HEADS.iter().enumerate().all(|(at, (filter, _))| filter.first() == (*filter, at)));
        assert!(BODIES.iter().enumerate().all(|(at, (filter, _))| filter.first() == (*filter, at)));
    }
}
