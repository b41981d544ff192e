//! What a location can be told of the cache of its servers' responses, whichever protocol they speak: `proxy_cache` and
//! its kin.

use super::upstream_conf::ProtocolIndex;
use crate::conf::value::Msec;
use crate::http::networks::Net;
use crate::http::vars::{Part, Template, Var};
use crate::proto::Method;
use crate::settings;
use crate::upstream::failure::Failures;

/// Names a `…_cache_path` of the configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CacheIndex(pub u16);

settings! {
    /// The directives `…_cache…`, but for `…_cache_path`.
    pub struct CacheSettings / CacheRaw {
        zone: ZoneName = ZoneName::Off,
        key: Option<Template> = None,
        /// In the order of the file; a block with any of its own does not see the ones around it.
        valid: Vec<Valid> = vec![],
        methods: CacheMethods = CacheMethods::default(),
        /// Requests for a key, the first among them, from which on its response is stored.
        min_uses: u32 = 1,
        /// One that is true: the cache is not asked.
        bypass: Vec<Template> = vec![],
        /// One that is true: the response is not stored.
        no_cache: Vec<Template> = vec![],
        lock: bool = false,
        /// How long one request may be the one that fills the cache.
        lock_age: Msec = 5000,
        /// How long another waits for that.
        lock_timeout: Msec = 5000,
        revalidate: bool = false,
        /// When a response that is not fresh is used.
        use_stale: Failures = Failures::NONE,
        background_update: bool = false,
        /// A server is asked GET for HEAD.
        convert_head: bool = true,
        purge: PurgeBy = PurgeBy::Off,
        /// Seconds before its end from which on a response may be updated while it is fresh; 0: none.
        early_refresh: u64 = 0,
        /// Clients are sent `Cache-Status`.
        status_header: bool = false,
        /// A range that begins behind it is passed to the server, and its response is not stored.
        max_range_offset: u64 = u64::MAX,
    }
}

/// `…_cache`
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ZoneName {
    Off,
    Fixed(CacheIndex),
    /// Its name is known at run time.
    Variable(Template),
}

/// Which requests remove what is in the cache for them: `…_cache_purge`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PurgeBy {
    Off,
    /// Those for which one of these is true.
    Condition(Vec<Template>),
    /// Those with this method, of clients in these networks; others are refused.
    Method(Box<[u8]>, Vec<Net>),
}

/// A location whose requests remove an entry of a cache: `…_cache_purge ZONE KEY`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Purge {
    pub at: CacheIndex,
    pub key: Template,
}

/// A `…_cache_valid` line, for one of its statuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Valid {
    /// None: any.
    pub status: Option<u16>,
    pub seconds: u64,
}

/// Methods of requests that are answered from the cache, a bit each: GET and HEAD are, whether they are named or not.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct CacheMethods(u8);

impl CacheMethods {
    pub const GET: Self = Self(1);
    pub const HEAD: Self = Self(1 << 1);
    pub const POST: Self = Self(1 << 2);

    /// False: it was there before.
    pub fn insert(&mut self, method: Self) -> bool {
        let is_new = self.0 & method.0 == 0;
        self.0 |= method.0;
        is_new
    }

    pub fn has(self, method: Method) -> bool {
        match method {
            Method::Get | Method::Head => true,
            Method::Post => self.0 & Self::POST.0 != 0,
            _ => false,
        }
    }
}

/// The cache of a location, if that has one.
#[derive(Clone, Debug)]
pub struct Cache {
    pub settings: CacheSettings,
    pub key: Template,
    pub key_has: KeyHas,
}

/// Which parts of a request are in the key: a response that may depend on one which is not there is not stored.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct KeyHas {
    pub method: bool,
    pub body: bool,
    pub range: bool,
    pub credentials: bool,
}

impl KeyHas {
    fn of(key: &Template) -> Self {
        let has = |names: &[&str]| {
            key.parts.iter().any(|part| match part {
                Part::Text(_) => false,
                Part::Var(Var::Http(name)) => names.contains(&&**name),
                Part::Var(Var::RequestMethod) => names.contains(&"method"),
                Part::Var(Var::SliceRange) => names.contains(&"range"),
                Part::Var(Var::RequestBody) => names.contains(&"body"),
                Part::Var(Var::RemoteUser) => names.contains(&"authorization"),
                // What it comes to may be anything of these.
                Part::Var(Var::Set(_) | Var::Map(_)) => true,
                Part::Var(Var::Request) => names.contains(&"method"),
                Part::Var(_) => false,
            })
        };
        Self {
            method: has(&["method"]),
            body: has(&["body"]),
            range: has(&["range"]),
            credentials: has(&["authorization"]),
        }
    }
}

impl CacheSettings {
    /// What follows from the merged settings of a location whose servers speak that protocol; none: it has no cache.
    pub fn compile(self, protocol: ProtocolIndex) -> Option<Cache> {
        if self.zone == ZoneName::Off {
            return None;
        }
        let mut settings = self;
        settings.convert_head &= protocol == ProtocolIndex::Proxy;
        // `off` outweighs what stands beside it; a server that is not there is an error, too.
        if settings.use_stale.has(Failures::OFF) {
            settings.use_stale = Failures::NONE;
        } else if settings.use_stale.has(Failures::ERROR) {
            settings.use_stale |= Failures::NO_LIVE;
        }
        let key = settings.key.take().unwrap_or_else(|| default_key(protocol));
        let key_has = KeyHas::of(&key);
        Some(Cache { settings, key, key_has })
    }

    /// `…_cache` is there without the `…_cache_key` that it needs.
    pub fn lacks_key(&self, protocol: ProtocolIndex) -> bool {
        self.zone != ZoneName::Off && self.key.is_none() && protocol != ProtocolIndex::Proxy
    }
}

fn default_key(protocol: ProtocolIndex) -> Template {
    let vars = match protocol {
        ProtocolIndex::Proxy => vec![Var::Scheme, Var::ProxyHost, Var::RequestUri],
        // nginx has an empty one, by which all responses would be the same.
        _ => vec![Var::Scheme, Var::RequestMethod, Var::Host, Var::RequestUri],
    };
    Template { parts: vars.into_iter().map(Part::Var).collect() }
}

impl Cache {
    /// Fields of the client's that are not passed on when the response is to be stored, since it would be one for this
    /// client alone, and what a server gets in their place: nothing, or the conditions of `…_cache_revalidate`.
    pub fn conditions(&self) -> [(&'static str, Template); 6] {
        let condition = |var| match self.settings.revalidate {
            true => Template::var(var),
            false => Template::default(),
        };
        [
            ("If-Modified-Since", condition(Var::UpstreamCacheLastModified)),
            ("If-None-Match", condition(Var::UpstreamCacheEtag)),
            ("If-Unmodified-Since", Template::default()),
            ("If-Match", Template::default()),
            ("Range", Template::default()),
            ("If-Range", Template::default()),
        ]
    }

    /// Until when a response of that status is fresh, where its head does not say; none: it is not stored.
    pub fn valid_until(&self, status: u16, now: i64) -> Option<i64> {
        let is_meant = |it: &&Valid| it.status.is_none_or(|known| known == status);
        let seconds = self.settings.valid.iter().find(is_meant).map_or(0, |it| it.seconds);
        (seconds > 0).then(|| now.saturating_add_unsigned(seconds))
    }
}
