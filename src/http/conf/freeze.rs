//! Raw settings to the immutable configuration: blocks inherit, groups and addresses are joined,
//! names become numbers.

use super::builder::{Builder, Outer, Remarks};
use super::listens::Listens;
use super::raw::{LocationRaw, ServerName, ServerRaw};
use super::ssl::Tls;
use super::walk::{HttpRaw, Said};
use super::{Conf, Content, Http, Kind, LimitExcept, Location, LocationId, Server, ServerId};
use crate::base::ids::GroupIndex;
use crate::conf::error::{Error, Position};
use crate::http::filters::HeadFilters;
use crate::http::locations::Locations;
use crate::http::servers::Beginning;
use crate::http::settings::charset::{Charset, CharsetSettings};
use crate::http::settings::core::{Root, TempPath};
use crate::http::settings::health::{HealthCheck, HealthRaw};
use crate::http::settings::log::AccessLog;
use crate::http::settings::main::{ErrorLog, Level, LogTarget, Main};
use crate::http::settings::proxy_cookies::Cookies;
use crate::http::settings::rewrite::{If, RewriteOp};
use crate::http::settings::upstream::Keys;
use crate::http::settings::upstream_conf::{Pass, ProtocolIndex, StoreAs, Target};
use crate::http::vars::Template;
use crate::upstream::conf::Group;

/// What the system decides about defaults.
#[derive(Clone, Copy, Debug)]
pub struct System {
    /// A server without `listen` is on port 80, or 8000 if the program may not use that.
    pub root: bool,
}

pub(super) fn freeze(
    mut builder: Builder,
    said: Said,
    system: System,
) -> Result<(Conf, Remarks), Error> {
    let mut main = said.main;
    main.pid.get_or_insert_with(|| builder.path(b"logs/nginx.pid"));
    main.error_log.get_or_insert_with(|| {
        let target = LogTarget::File(builder.path(b"logs/error.log"));
        vec![ErrorLog { target, level: Level::Error }]
    });
    let (mut http, mut checks) = (Http::default(), vec![]);
    let mut outer = Outer { resolver: None, resolver_timeout: 30_000 };
    if let Some(mut raw) = said.http {
        let location = &mut raw.outer.location;
        outer.resolver = location.core.resolver.flatten();
        outer.resolver_timeout = location.core.resolver_timeout.unwrap_or(outer.resolver_timeout);
        location.core.error_log.get_or_insert_with(|| main.error_log.clone().unwrap_or_default());
        defaults(&builder, location);
        let end = raw.end.clone();
        let tls = Tls::new(builder.zones.tls());
        let freezer =
            Freezer { http, end: &end, builder: &mut builder, checks: vec![], tls, names: vec![] };
        (http, checks) = freezer.http(raw, system)?;
    }
    http.groups = builder.resolve_groups(outer)?;
    for check in checks {
        http.checks.push(check.join(&builder, &mut http.groups)?);
    }
    builder.check_threads()?;
    http.caches = builder.zones.caches()?;
    http.dicts = builder.zones.dicts();
    http.limit_zones = std::mem::take(&mut builder.zones).limits();
    http.resolvers = builder.resolvers;
    http.keepalive_total = builder.keepalive_total;
    http.file_caches = builder.file_caches;
    http.remembers_fields = builder.names.asks_response;
    http.keys.resize_with(http.groups.len(), Keys::default);
    for (group, keys) in std::mem::take(&mut builder.keys) {
        http.keys[group] = keys;
    }
    http.slots = builder.names.finish()?;
    http.set_slots = builder.names.given_by_set();
    http.by_name = builder.names.by_name();
    http.maps = builder.maps;
    http.geos = builder.geos;
    http.splits = builder.splits;
    http.charsets = builder.charsets;
    http.upstream_lists = builder.upstream_lists;
    http.lua = builder.lua;
    http.log_formats = builder.log_formats;
    name_error_pages(&mut http);
    let main = main.freeze();
    enough_connections(&main, &http)?;
    Ok((Conf { main, http }, builder.remarks))
}

/// A listening socket takes a connection's place, and one more must be left.
fn enough_connections(main: &Main, http: &Http) -> Result<(), Error> {
    let sockets = http.listens.iter().filter(|listen| listen.via.is_none()).count();
    let connections = main.worker_connections;
    if (connections as usize) < sockets + 1 {
        return Err(Error::whole(format!(
            "{connections} worker_connections are not enough for {sockets} listening sockets"
        )));
    }
    Ok(())
}

/// The defaults that depend on where the program lives.
fn defaults(builder: &Builder, location: &mut LocationRaw) {
    let below = |name: &str| builder.path_template(Template::text(name.as_bytes()));
    let temp = |name: &str| TempPath { path: builder.path(name.as_bytes()), levels: [0; 3] };
    location.core.root.get_or_insert_with(|| Root {
        path: below("html"),
        alias: false,
        replaces: Some(0),
    });
    location.core.client_body_temp_path.get_or_insert_with(|| temp("client_body_temp"));
    for (upstream, protocol) in location.upstreams.iter_mut().zip(ProtocolIndex::ALL) {
        let name = format!("{}_temp", protocol.prefix());
        upstream.temp_path.get_or_insert_with(|| TempPath { levels: [1, 2, 0], ..temp(&name) });
    }
    let access = || vec![AccessLog::new(below("logs/access.log"))];
    location.log.access.get_or_insert_with(access);
}

fn name_error_pages(http: &mut Http) {
    let Http { servers, locations, .. } = http;
    for location in locations {
        let named = &servers[location.server.index()].named;
        for page in &mut location.settings.core.error_page {
            let name = page.page.as_text().filter(|text| text.first() == Some(&b'@'));
            let found = named.iter().find(|(known, _)| Some(&**known) == name);
            page.named = found.map(|&(_, id)| id);
        }
    }
}

struct Freezer<'a> {
    http: Http,
    /// Where the `http` block ends.
    end: &'a Position,
    builder: &'a mut Builder,
    checks: Vec<Check>,
    tls: Tls,
    /// Of the server at hand.
    names: Vec<ServerName>,
}

/// A `health_check` whose group is not made yet.
struct Check {
    raw: HealthRaw,
    group: GroupIndex,
    location: LocationId,
}

impl Check {
    fn join(self, builder: &Builder, groups: &mut [Group]) -> Result<HealthCheck, Error> {
        let Self { raw, group, location } = self;
        let matching = match &raw.matching {
            None => None,
            Some(name) => {
                let found = builder.matches.iter().find(|known| known.name == *name);
                let unknown = || format!("unknown match \"{}\"", String::from_utf8_lossy(name));
                Some(found.ok_or_else(|| Error::new(unknown(), &raw.at))?.clone())
            }
        };
        let rules = &mut groups[group.0 as usize].checks;
        rules.push(raw.rule);
        Ok(HealthCheck {
            group,
            number: rules.len() - 1,
            location,
            interval: raw.interval,
            jitter: raw.jitter,
            uri: raw.uri,
            port: raw.port,
            matching,
            keepalive_time: raw.keepalive_time,
        })
    }
}

impl Freezer<'_> {
    fn http(mut self, raw: HttpRaw, system: System) -> Result<(Http, Vec<Check>), Error> {
        let HttpRaw { outer, servers, .. } = raw;
        let mut listens = Listens::new(if system.root { 80 } else { 8000 });
        let mut ssl = Vec::with_capacity(servers.len());
        for (at, server) in servers.into_iter().enumerate() {
            let id = ServerId(at as u32);
            listens.add(id, &server)?;
            let at = server.location.at.clone();
            let server = self.server(id, server, &outer)?;
            ssl.push((server.ssl.clone(), at));
            self.http.servers.push(server);
        }
        listens.check(&ssl)?;
        // What stands in `http` alone is checked too.
        for (upstream, protocol) in outer.location.upstreams.into_iter().zip(ProtocolIndex::ALL) {
            let checked = upstream.freeze().compile(protocol);
            checked.map_err(|wrong| wrong.at("http", self.end))?;
        }
        self.http.listens = listens.finish(&mut self.builder.remarks.warnings)?;
        for listen in &mut self.http.listens {
            let speaks_http2 = self.http.servers[listen.default_server.index()].http2.enable;
            if speaks_http2 && listen.begins_with == Beginning::Head {
                listen.begins_with = Beginning::HeadOrPreface;
            }
        }
        self.http.session_zones = self.tls.sessions;
        Ok((self.http, self.checks))
    }

    fn server(&mut self, id: ServerId, raw: ServerRaw, outer: &ServerRaw) -> Result<Server, Error> {
        let ServerRaw { mut core, mut ssl, mut http2, mut location, names, .. } = raw;
        core.inherit(&outer.core);
        ssl.inherit(&outer.ssl);
        http2.inherit(&outer.http2);
        let ssl = ssl.freeze();
        location.inherit(&outer.location);
        let has_resolver = location.core.resolver.flatten().is_some();
        let ssl = self.tls.server(ssl, has_resolver, &location.at)?;
        for (what, at) in self.tls.warnings.drain(..) {
            self.builder.warn(&what, &at);
        }
        let mut rewrite = std::mem::take(&mut location.rewrite);
        for (it, block) in ifs(&mut rewrite).zip(std::mem::take(&mut location.ifs)) {
            it.ops = block.rewrite;
        }
        self.names = names;
        let mut named = vec![];
        let root = self.location(id, location, &mut named)?;
        let core = core.freeze();
        if core.large_client_header_buffers.size < core.connection_pool_size {
            return Err(Error::new(
                "the \"large_client_header_buffers\" size must be equal to or greater than \
                 \"connection_pool_size\"",
                self.end,
            ));
        }
        let name = self.names.first().map(|name| name.text.clone()).unwrap_or_default();
        // Of `.example.com` the plain name stands for both.
        let name = name.strip_prefix(b".").map_or_else(|| name.clone(), Into::into);
        Ok(Server { name, root, named, core, ssl, http2: http2.freeze(), rewrite })
    }

    fn location(
        &mut self,
        server: ServerId,
        mut raw: LocationRaw,
        named: &mut Vec<(Box<[u8]>, LocationId)>,
    ) -> Result<LocationId, Error> {
        let mut locations = Locations::default();
        for mut inner in std::mem::take(&mut raw.inside) {
            inner.inherit(&raw);
            let (name, kind, at) = (inner.name.clone(), inner.kind, inner.at.clone());
            let pattern = inner.pattern.clone();
            let proxied = inner.pass.is_some();
            let id = self.location(server, inner, named)?;
            match (kind, pattern) {
                (Kind::Named, _) => named.push((name, id)),
                (_, Some(pattern)) => locations.insert_regex(pattern, id),
                (kind, None) => {
                    if !locations.insert(&name, kind == Kind::Exact, id) {
                        let name = String::from_utf8_lossy(&name);
                        return Err(Error::new(format!("duplicate location \"{name}\""), &at));
                    }
                    if proxied {
                        locations.insert_redirect(&name, id);
                    }
                }
            }
        }
        locations.link();
        let limit_except = match raw.limit_except.take() {
            None => None,
            Some((methods, mut inner)) => {
                inner.inherit_all(&raw);
                let location = self.location(server, *inner, named)?;
                Some(LimitExcept { methods, location })
            }
        };
        let mut rewrite = std::mem::take(&mut raw.rewrite);
        for (it, mut block) in ifs(&mut rewrite).zip(std::mem::take(&mut raw.ifs)) {
            block.inherit_all(&raw);
            block.kind = raw.kind;
            it.ops = std::mem::take(&mut block.rewrite);
            it.location = Some(self.location(server, block, named)?);
        }
        raw.rewrite = rewrite;
        self.push(server, raw, locations, limit_except)
    }

    fn push(
        &mut self,
        server: ServerId,
        mut raw: LocationRaw,
        locations: Locations,
        limit_except: Option<LimitExcept>,
    ) -> Result<LocationId, Error> {
        let content = raw.content.unwrap_or(Content::Static);
        let protocol = match content {
            Content::Upstream(protocol) => protocol,
            _ => ProtocolIndex::Proxy,
        };
        let pass = raw.pass.filter(|_| matches!(content, Content::Upstream(_)));
        let mut upstream = std::mem::take(&mut raw.upstreams[protocol as usize]).freeze();
        upstream.compile(protocol).map_err(|wrong| wrong.at("http", self.end))?;
        let keys = &self.builder.keys;
        let by_tls = |pass: &Pass| match pass.target {
            _ if pass.ssl => true,
            Target::Variable(_) => true,
            // The script may ask for it.
            Target::Group(group) => {
                keys.iter().any(|(at, keys)| *at == group.0 as usize && keys.script.is_some())
            }
        };
        if protocol.may_use_tls() && pass.as_ref().is_some_and(by_tls) {
            upstream.tls = Some(self.tls.client(&upstream, protocol.prefix(), &raw.at)?);
        }
        let cache = std::mem::take(&mut raw.caches[protocol as usize]).freeze();
        let mut cache = pass.is_some().then_some(cache).and_then(|cache| {
            if cache.lacks_key(protocol) {
                let prefix = protocol.prefix();
                let text = format!("no \"{prefix}_cache_key\" for \"{prefix}_cache\"");
                self.builder.warn(&text, &raw.at);
            }
            cache.compile(protocol)
        });
        upstream.has_tap = upstream.store != StoreAs::Off || cache.is_some();
        let mut settings = raw.settings.freeze();
        if let Some(cache) = &mut cache {
            // The same for all clients, and so nothing that a key has to hold.
            cache.key_has.credentials |= match protocol {
                ProtocolIndex::Proxy => settings.proxy.fixes(b"Authorization"),
                _ => upstream.fixes("authorization"),
            };
        }
        let proxied = pass.as_ref().filter(|_| protocol == ProtocolIndex::Proxy);
        settings.proxy.compile(&raw.name, raw.kind, proxied, cache.as_ref());
        if proxied.is_none() {
            // They change what comes by `proxy_pass` alone.
            settings.cookies = Cookies::default();
        }
        upstream.compile_params(protocol, cache.as_ref());
        let names = self.names.iter().map(|name| (&*name.text, name.pattern.as_ref()));
        settings.secure_link.check().map_err(|message| Error::new(message, self.end))?;
        settings.referers.compile(names).map_err(|message| Error::new(message, self.end))?;
        settings.sub.pairs.compile().map_err(|text| Error::new(text, self.end))?;
        let id = LocationId(self.http.locations.len() as u32);
        if let Some(raw) = raw.health {
            let proxied = pass.as_ref().filter(|_| protocol == ProtocolIndex::Proxy);
            let Some(&Pass { target: Target::Group(group), .. }) = proxied else {
                let text = "\"health_check\" requires \"proxy_pass\" to a group of servers";
                return Err(Error::new(text, &raw.at));
            };
            self.checks.push(Check { raw, group, location: id });
        }
        let mut filters = settings.filters();
        self.check_charsets(&settings.charset)?;
        if self.builder.charsets.is_any_mapped() {
            // The body of a subrequest may come in another charset than that around it.
            filters.insert(HeadFilters::CHARSET);
        }
        self.http.locations.push(Location {
            name: raw.name,
            kind: raw.kind,
            noregex: raw.noregex,
            internal: raw.internal || raw.kind == Kind::Named,
            locations,
            server,
            settings,
            rewrite: raw.rewrite,
            try_files: raw.try_files,
            content,
            pass,
            upstream,
            cache,
            purge: raw.purge,
            limit_except,
            filters,
        });
        Ok(id)
    }
}

impl Freezer<'_> {
    /// Text that is to go from one charset to another needs a map.
    fn check_charsets(&self, settings: &CharsetSettings) -> Result<(), Error> {
        let (&Charset::Named(to), &Charset::Named(from)) = (&settings.to, &settings.from) else {
            return Ok(());
        };
        let charsets = &self.builder.charsets;
        if from == to || charsets.recode(from, to).is_some() {
            return Ok(());
        }
        let [from, to] = [from, to].map(|it| String::from_utf8_lossy(charsets.name(it)));
        let text = format!("no \"charset_map\" between the charsets \"{from}\" and \"{to}\"");
        Err(Error::whole(text))
    }
}

/// The lines of `if`, in the order of their blocks.
fn ifs(ops: &mut [RewriteOp]) -> impl Iterator<Item = &mut If> {
    ops.iter_mut().filter_map(|op| match op {
        RewriteOp::If(it) => Some(&mut **it),
        _ => None,
    })
}
