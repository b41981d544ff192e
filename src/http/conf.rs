//! The configuration as requests see it: immutable, indexed by typed numbers, no names left to look up.

pub mod addrs;
mod authorities;
pub mod builder;
mod freeze;
mod listens;
pub mod load;
mod ocsp;
pub mod raw;
mod ssl;
mod walk;
pub mod zones;

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use super::charsets::Charsets;
use super::filters::HeadFilters;
pub use super::ids::{ListenIndex, LocationId, ServerId};
use super::locations::{self, Level, Locations};
use super::servers::Listen;
pub use super::settings::block::{Content, Kind, Methods};
use super::settings::cache::{Cache as LocationCache, Purge};
use super::settings::core::FileCacheSize;
use super::settings::geo::Geo;
use super::settings::health::HealthCheck;
use super::settings::http2::Http2;
use super::settings::limits::LimitZone;
use super::settings::location::Settings;
use super::settings::log::LogFormat;
use super::settings::lua::Lua;
use super::settings::main::Main;
use super::settings::map::Map;
use super::settings::responder::Responder;
use super::settings::rewrite::RewriteOp;
use super::settings::server::ServerCore;
use super::settings::set_misc::UpstreamList;
use super::settings::split_clients::SplitClients;
use super::settings::ssl::{OfVariables, VerifyClient};
use super::settings::try_files::TryFiles;
use super::settings::upstream::Keys;
use super::settings::upstream_conf::{Pass, ProtocolIndex, Target, UpstreamSettings};
use super::vars::Var;
pub use crate::base::ids::GroupIndex;
use crate::base::regex::{Captures, MatchError};
use crate::cache::place::Cache;
use crate::shared::zone::Declaration;
use crate::shared::zones::{ZoneIndex, Zones};
use crate::tls;
use crate::upstream::conf::Group;
use crate::upstream::resolve;

/// One nginx.conf.
#[derive(Debug)]
pub struct Conf {
    pub main: Main,
    pub http: Http,
}

/// The `http` block; empty if there is none.
#[derive(Debug, Default)]
pub struct Http {
    pub servers: Vec<Server>,
    pub locations: Vec<Location>,
    pub listens: Vec<Listen>,
    pub groups: Vec<Group>,
    /// Every `resolver` line, each once.
    pub resolvers: Vec<resolve::Settings>,
    /// Of each group: the templates whose values its balancer gets with a request.
    pub keys: Vec<Keys>,
    pub checks: Vec<HealthCheck>,
    pub maps: Vec<Map>,
    pub geos: Vec<Geo>,
    pub splits: Vec<SplitClients>,
    pub charsets: Charsets,
    pub upstream_lists: Vec<UpstreamList>,
    /// The zones of limits, by their [`ZoneIndex`].
    pub limit_zones: Vec<LimitZone>,
    /// The zones of TLS sessions; their indices follow.
    pub session_zones: Vec<SessionZone>,
    /// The `*_cache_path` lines; the indices of their zones follow.
    pub caches: Vec<Cache>,
    /// `lua_shared_dict`
    pub dicts: Vec<Declaration>,
    /// `keepalive_total`: idle upstream connections of the worker.
    pub keepalive_total: Option<u32>,
    pub file_caches: Vec<FileCacheSize>,
    /// Some string asks for fields of responses (`$sent_http_…`, `$upstream_http_…`): they are kept until the
    /// request ends. Otherwise their memory is given back once they have been passed on.
    pub remembers_fields: bool,
    /// The names of the slots a request needs for `set`, `map` and named captures.
    pub slots: Vec<Box<[u8]>>,
    /// Which of them some `set` gives values to: those are empty before.
    pub set_slots: Vec<bool>,
    /// What their names stand for, for those that are asked for by a name while a request runs.
    pub by_name: HashMap<Box<[u8]>, Var>,
    /// The first is `combined`.
    pub lua: Lua,
    pub log_formats: Vec<LogFormat>,
}

#[derive(Debug)]
pub struct Server {
    /// `$server_name`: the first of the names.
    pub name: Box<[u8]>,
    /// The server's own settings, which hold until a location is found, and its locations.
    pub root: LocationId,
    /// `@name` → location.
    pub named: Vec<(Box<[u8]>, LocationId)>,
    pub core: ServerCore,
    pub ssl: ServerSsl,
    pub http2: Http2,
    /// What the server block itself says of the rewrite module.
    pub rewrite: Vec<RewriteOp>,
}

/// A `shared:` of some `ssl_session_cache`.
#[derive(Debug)]
pub struct SessionZone {
    pub declared: Declaration,
    pub sessions: tls::Sessions,
}

/// What clients with TLS get.
#[derive(Clone, Debug, Default)]
pub struct ServerSsl {
    /// None: the certificate of the address's default server.
    pub server: Option<tls::Server>,
    /// If there is a server: its certificates, where they are not known yet.
    pub certificates: Option<Arc<OfVariables>>,
    /// `ssl on`: clients of the addresses whose first server this is speak TLS.
    pub on: bool,
    /// `ssl_reject_handshake`
    pub reject_handshake: bool,
    /// `ssl_verify_client`; none: it is off.
    pub verify_client: Option<ClientCheck>,
    /// `ssl_stapling` without a file: what is fetched, and where.
    pub staplings: Arc<[(tls::Stapling, Responder)]>,
}

/// What a client's certificate has to be for requests of a server block.
#[derive(Clone, Debug)]
pub struct ClientCheck {
    pub mode: VerifyClient,
    pub rules: Arc<tls::ClientRules>,
    /// `ssl_ocsp`; none: it is off.
    pub ocsp: Option<Arc<OcspCheck>>,
}

impl ClientCheck {
    /// What responders were asked for by these settings is all that the other's would ask for, by the same rules.
    pub fn covers(&self, other: &Self) -> bool {
        let Some(wanted) = &other.ocsp else { return true };
        let is_enough = |own: &Arc<OcspCheck>| {
            own.responder == wanted.responder && (wanted.is_leaf || !own.is_leaf)
        };
        Arc::ptr_eq(&self.rules, &other.rules) && self.ocsp.as_ref().is_some_and(is_enough)
    }
}

/// How OCSP responders are asked for the status of clients' certificates.
#[derive(Debug)]
pub struct OcspCheck {
    /// Of the client's own alone.
    pub is_leaf: bool,
    /// None: the one that the certificate names.
    pub responder: Option<Responder>,
    /// `ssl_ocsp_cache`
    pub cache: Option<tls::Sessions>,
}

#[derive(Debug)]
pub struct Location {
    /// As written, without the modifier; empty for a server's own.
    pub name: Box<[u8]>,
    pub kind: Kind,
    /// `^~`, or a prefix inside which no expression of its own level is tried.
    pub noregex: bool,
    pub internal: bool,
    /// The locations inside.
    pub locations: Locations,
    pub server: ServerId,

    /// Of each module; the fields of this one are those of the location.
    pub settings: Settings,
    pub rewrite: Vec<RewriteOp>,
    pub try_files: Option<TryFiles>,
    pub content: Content,
    /// Where requests go, if [`Content::Upstream`] makes the answer.
    pub pass: Option<Pass>,
    /// Those of the protocol that is spoken there.
    pub upstream: UpstreamSettings,
    /// Responses from there are cached.
    pub cache: Option<LocationCache>,
    /// Of [`Content::Purge`].
    pub purge: Option<Purge>,
    pub limit_except: Option<LimitExcept>,
    /// The filters that its settings ask for.
    pub filters: HeadFilters,
}

impl Location {
    /// Where requests go, if `proxy_pass` says so.
    pub fn proxy_pass(&self) -> Option<&Pass> {
        let is_proxy = self.content == Content::Upstream(ProtocolIndex::Proxy);
        self.pass.as_ref().filter(|_| is_proxy)
    }
}

impl Deref for Location {
    type Target = Settings;
    fn deref(&self) -> &Settings {
        &self.settings
    }
}

impl Level for Location {
    fn locations(&self) -> &Locations {
        &self.locations
    }
    fn noregex(&self) -> bool {
        self.noregex
    }
}

/// Requests of other methods are served by the settings of `location` instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LimitExcept {
    pub methods: Methods,
    pub location: LocationId,
}

impl Conf {
    pub fn server(&self, id: ServerId) -> &Server {
        &self.http.servers[id.index()]
    }

    /// Whether a `proxy_bind` is `transparent`: that needs a right which workers do not have otherwise.
    pub fn binds_transparent(&self) -> bool {
        let mut binds = self.http.locations.iter().filter_map(|it| it.upstream.bind.as_ref());
        binds.any(|bind| bind.transparent)
    }

    pub fn location(&self, id: LocationId) -> &Location {
        &self.http.locations[id.index()]
    }
    /// The templates whose values the group's balancer gets; groups made at run time have none.
    pub fn keys(&self, id: GroupIndex) -> Option<&Keys> {
        self.http.keys.get(id.0 as usize).filter(|keys| !keys.is_empty())
    }
    pub fn listen(&self, id: ListenIndex) -> &Listen {
        &self.http.listens[id.index()]
    }
}

impl Http {
    /// Whether some `proxy_pass` may name what is not in the configuration.
    pub fn has_run_time_groups(&self) -> bool {
        let mut passes = self.locations.iter().filter_map(|location| location.pass.as_ref());
        passes.any(|pass| matches!(pass.target, Target::Variable(_)))
    }

    /// The zones that are to be opened, by their index.
    pub fn declared_zones(&self) -> impl Iterator<Item = &Declaration> {
        let limits = self.limit_zones.iter().map(|zone| &zone.declared);
        let sessions = self.session_zones.iter().map(|zone| &zone.declared);
        let caches = self.caches.iter().map(|cache| &cache.declared);
        limits.chain(sessions).chain(caches).chain(&self.dicts)
    }

    /// The zone of the dictionary of that number.
    pub fn zone_of_dict(&self, number: usize) -> Option<ZoneIndex> {
        self.zone_of_cache(self.caches.len() + number)
    }

    /// The zone of the cache of that number.
    pub fn zone_of_cache(&self, number: usize) -> Option<ZoneIndex> {
        let index = self.limit_zones.len() + self.session_zones.len() + number;
        u16::try_from(index).ok().map(ZoneIndex)
    }

    /// A worker has its zones: those of sessions are used from here on.
    pub fn attach_sessions(&self, zones: &Zones) {
        let first = self.limit_zones.len();
        for (at, zone) in self.session_zones.iter().enumerate() {
            let index = u16::try_from(first + at).ok().map(ZoneIndex);
            if let Some(opened) = index.and_then(|index| zones.get(index)) {
                zone.sessions.attach(opened);
            }
        }
    }

    /// The location of a server for a uri that was decoded and normalised.
    pub fn find_location(
        &self,
        server: ServerId,
        uri: &[u8],
        captures: &mut Captures,
    ) -> Result<locations::Found<'_>, MatchError> {
        locations::find(&self.locations, self.servers[server.index()].root, uri, captures)
    }

    /// The location `@name` of a server; `name` with its `@`.
    pub fn find_named(&self, server: ServerId, name: &[u8]) -> Option<LocationId> {
        let named = &self.servers[server.index()].named;
        named.iter().find(|(known, _)| **known == *name).map(|&(_, id)| id)
    }

    /// The group that the host and port of a `…_pass` with variables name: an `upstream` block,
    /// or the address of another `proxy_pass`. Names are compared without case.
    pub fn find_group(
        &self,
        host: &[u8],
        port: Option<u16>,
        default_port: Option<u16>,
    ) -> Option<GroupIndex> {
        let at = self.groups.iter().position(|group| {
            group.name.eq_ignore_ascii_case(host)
                && match (group.explicit, group.port) {
                    (true, _) => port.is_none(),
                    (false, own) => own == port.or(default_port),
                }
        })?;
        Some(GroupIndex(at as u32))
    }
}

#[cfg(test)]
mod tests;
