//! What each nginx module does: phase handlers, and filters of heads and bodies.

pub mod access;
mod addition;
mod auth_basic;
mod auth_request;
mod autoindex;
mod brotli;
mod cache_purge;
mod charset;
pub mod coder;
mod dav;
mod early_read;
mod empty_gif;
mod expires;
mod fastcgi;
pub mod files;
mod flv;
mod gateway;
mod gunzip;
mod gzip;
pub mod headers;
mod headers_more;
pub mod index;
mod limit_conn;
mod limit_req;
#[cfg(feature = "lua")]
pub mod lua;
mod memcached;
mod mirror;
mod mp4;
mod not_modified;
mod otel;
mod pool_status;
mod precompressed;
pub mod proxy;
mod random_index;
mod range;
mod real_ip;
pub mod rewrite;
mod scgi;
mod set_misc;
mod slice;
mod ssi;
mod stub_status;
mod sub;
mod symlinks;
pub mod try_files;
mod userid;
mod uwsgi;

#[cfg(feature = "lua")]
use self::lua::{BODY as LUA_BODY, head as lua_head};
use crate::http::conf::Conf;
use crate::http::filters::{BodyFilters, HeadFilters};
use crate::proxy::exchange::{spool, start};
use crate::proxy::ocsp;
use crate::proxy::pool::{health, idle, queue, release, resolve};
use crate::serve::{phases, postpone};
use crate::worker::*;

/// Every module with phases. Within a phase the order here is the order in which they run.
static MODULES: &[Slot] = &[
    #[cfg(feature = "lua")]
    if_used(&lua::REWRITE, lua::rewrites_first),
    #[cfg(feature = "lua")]
    if_used(&lua::ACCESS, lua::judges_first),
    always(&rewrite::MODULE),
    if_used(&headers_more::MODULE, headers_more::is_used),
    #[cfg(feature = "lua")]
    if_used(&lua::SERVER_REWRITE, lua::is_used),
    #[cfg(feature = "lua")]
    if_used(&lua::REWRITE, lua::rewrites_last),
    always(&try_files::MODULE),
    if_used(&early_read::MODULE, early_read::is_used),
    if_used(&otel::MODULE, otel::is_used),
    if_used(&real_ip::MODULE, real_ip::is_used),
    if_used(&limit_req::MODULE, has_limits),
    if_used(&limit_conn::MODULE, has_limits),
    if_used(&access::MODULE, access::is_used),
    if_used(&auth_basic::MODULE, auth_basic::is_used),
    if_used(&auth_request::MODULE, auth_request::is_used),
    #[cfg(feature = "lua")]
    if_used(&lua::ACCESS, lua::judges_last),
    if_used(&mirror::MODULE, mirror::is_used),
    #[cfg(feature = "lua")]
    if_used(&lua::CONTENT, lua::is_used),
    if_used(&empty_gif::MODULE, empty_gif::is_used),
    if_used(&cache_purge::MODULE, cache_purge::is_used),
    always(&stub_status::MODULE),
    always(&pool_status::MODULE),
    if_used(&flv::MODULE, flv::is_used),
    if_used(&mp4::MODULE, mp4::is_used),
    if_used(&dav::MODULE, dav::is_used),
    always(&precompressed::MODULE),
    if_used(&random_index::MODULE, random_index::is_used),
    always(&index::MODULE),
    always(&files::MODULE),
];

/// A module, and which configurations have use for it: the requests of others do not meet it.
struct Slot {
    module: &'static Module,
    is_used: fn(&Conf) -> bool,
}

const fn always(module: &'static Module) -> Slot {
    Slot { module, is_used: |_| true }
}

const fn if_used(module: &'static Module, is_used: fn(&Conf) -> bool) -> Slot {
    Slot { module, is_used }
}

static HEADS: &[(HeadFilters, HeadFilter)] = &[
    (HeadFilters::SLICE, slice::head),
    (HeadFilters::NOT_MODIFIED, not_modified::head),
    (HeadFilters::LUA, lua_head),
    (HeadFilters::HEADERS_MORE, headers_more::head),
    (HeadFilters::HEADERS, headers::head),
    (HeadFilters::USERID, userid::head),
    (HeadFilters::GUNZIP, gunzip::head),
    (HeadFilters::ADDITION, addition::head),
    (HeadFilters::SUB, sub::head),
    (HeadFilters::CHARSET, charset::head),
    (HeadFilters::SSI, ssi::head),
    (HeadFilters::BROTLI, brotli::head),
    (HeadFilters::GZIP, gzip::head),
    (HeadFilters::RANGE, range::head),
];

static BODIES: &[(BodyFilters, BodyFilter)] = &[
    (BodyFilters::SLICE, slice::BODY),
    (BodyFilters::RANGE, range::BODY),
    (BodyFilters::LUA, LUA_BODY),
    (BodyFilters::GUNZIP, gunzip::BODY),
    (BodyFilters::ADDITION, addition::BODY),
    (BodyFilters::SUB, sub::BODY),
    (BodyFilters::CHARSET, charset::BODY),
    (BodyFilters::SSI, ssi::BODY),
    (BodyFilters::POSTPONE, postpone::FILTER),
    (BodyFilters::BROTLI, brotli::BODY),
    (BodyFilters::GZIP, gzip::BODY),
    (BodyFilters::SPOOL, spool::FILTER),
];

/// No configuration asks for it.
#[cfg(not(feature = "lua"))]
fn lua_head(_: &mut Worker, _: RequestId) -> Filtered {
    Filtered::Next
}

#[cfg(not(feature = "lua"))]
const LUA_BODY: BodyFilter = BodyFilter {
    write: |w, id, piece, last, next| crate::serve::filter::next(w, id, next, piece, last),
    resume: |_, _, _| crate::http::filters::Passed::All,
};

fn has_limits(conf: &Conf) -> bool {
    !conf.http.limit_zones.is_empty()
}

/// By [`ProtocolIndex`].
static PROTOCOLS: &[Protocol] =
    &[proxy::PROTOCOL, fastcgi::PROTOCOL, uwsgi::PROTOCOL, scgi::PROTOCOL, memcached::PROTOCOL];

/// Lays the handlers of the modules that the configuration needs out flat, with the engine's own steps between them.
pub fn pipeline(conf: &Conf) -> Pipeline {
    let mut steps: Vec<(Phase, PhaseHandler)> =
        vec![(Phase::FindConfig, phases::find_config), (Phase::Content, phases::content)];
    for slot in MODULES.iter().filter(|slot| (slot.is_used)(conf)) {
        steps.extend_from_slice(slot.module.phases);
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
        #[cfg(feature = "lua")]
        log: if lua::is_used(conf) { lua::log } else { |_, _| {} },
        #[cfg(not(feature = "lua"))]
        log: |_, _| {},
        #[cfg(feature = "lua")]
        script: lua::run_timer,
        #[cfg(not(feature = "lua"))]
        script: |_, _| {},
        protocols: PROTOCOLS,
        #[cfg(feature = "lua")]
        balance: lua::balance,
        #[cfg(not(feature = "lua"))]
        balance: |_, _| Err(500),
        release: release::release,
        resolve: resolve::expired,
        queue: queue::serve,
        trim: idle::trim,
        probe: health::wake,
        ocsp: OcspCalls {
            check_client: ocsp::check_client,
            leave: ocsp::leave,
            fetch_staples: ocsp::fetch_staples,
            resolved: ocsp::resolved,
        },
        close_idle: |w| {
            health::stop(w);
            ocsp::stop(w);
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
