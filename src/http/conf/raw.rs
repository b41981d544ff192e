//! What the lines of each block said, before blocks are merged.

use std::collections::HashSet;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::builder::Builder;
use crate::conf::directive::{Line, Scope};
use crate::conf::error::{Position, Wrong};
use crate::http::servers::ListenOptions;
use crate::http::settings::block::{Content, Kind, Methods};
use crate::http::settings::cache::{CacheRaw, Purge, ZoneName};
use crate::http::settings::health::HealthRaw;
use crate::http::settings::http2::Http2Raw;
use crate::http::settings::location::SettingsRaw;
use crate::http::settings::main::MainRaw;
use crate::http::settings::rewrite::RewriteOp;
use crate::http::settings::server::ServerCoreRaw;
use crate::http::settings::ssl::SslRaw;
use crate::http::settings::try_files::TryFiles;
use crate::http::settings::upstream_conf::{Pass, ProtocolIndex, StoreAs, UpstreamRaw};
use crate::http::vars::Pattern;
use crate::os::addr::Addr;

/// The settings of a location, or those that `http` and `server` give to theirs.
#[derive(Debug)]
pub struct LocationRaw {
    pub name: Box<[u8]>,
    pub kind: Kind,
    pub at: Position,
    pub pattern: Option<Arc<Pattern>>,
    pub noregex: bool,
    pub internal: bool,
    /// What makes the answer, by the last directive that names it.
    pub content: Option<Content>,
    /// Where requests go, if the content comes from there.
    pub pass: Option<Pass>,
    /// By [`ProtocolIndex`].
    pub upstreams: [UpstreamRaw; ProtocolIndex::ALL.len()],
    pub caches: [CacheRaw; ProtocolIndex::ALL.len()],
    pub settings: SettingsRaw,
    pub purge: Option<Purge>,
    pub health: Option<HealthRaw>,
    pub rewrite: Vec<RewriteOp>,
    pub try_files: Option<TryFiles>,
    /// The blocks of the `if`s of `rewrite`, in their order.
    pub ifs: Vec<Self>,
    pub limit_except: Option<(Methods, Box<Self>)>,
    pub inside: Vec<Self>,
    /// Directives that stand in this block, of those that may be there once and leave no trace of it.
    checked: HashSet<Box<[u8]>>,
}

impl LocationRaw {
    pub fn new(name: &[u8], kind: Kind, at: &Position) -> Self {
        Self {
            name: name.into(),
            kind,
            at: at.clone(),
            pattern: None,
            noregex: false,
            internal: false,
            content: None,
            pass: None,
            upstreams: Default::default(),
            caches: Default::default(),
            settings: SettingsRaw::default(),
            purge: None,
            health: None,
            rewrite: vec![],
            try_files: None,
            ifs: vec![],
            limit_except: None,
            inside: vec![],
            checked: HashSet::new(),
        }
    }

    /// Answers come from servers that speak this protocol.
    pub fn passes_to(&mut self, protocol: ProtocolIndex, pass: Pass) {
        self.content = Some(Content::Upstream(protocol));
        self.pass = Some(pass);
    }

    /// What a block leaves unset it takes from the one around it; what makes the answer it does not.
    pub fn inherit(&mut self, outer: &Self) {
        self.internal |= outer.internal;
        self.settings.inherit(&outer.settings);
        for (upstream, cache) in self.upstreams.iter_mut().zip(&mut self.caches) {
            // Of the two that store responses the inner one is meant.
            if upstream.store.as_ref().is_some_and(|store| *store != StoreAs::Off) {
                cache.zone = Some(ZoneName::Off);
            } else if cache.zone.as_ref().is_some_and(|zone| *zone != ZoneName::Off) {
                upstream.store = Some(StoreAs::Off);
            }
        }
        for (upstream, outer) in self.upstreams.iter_mut().zip(&outer.upstreams) {
            upstream.inherit(outer);
        }
        for (cache, outer) in self.caches.iter_mut().zip(&outer.caches) {
            cache.inherit(outer);
        }
    }

    /// As `inherit`, for a block that serves some requests of the location around it.
    pub fn inherit_all(&mut self, outer: &Self) {
        self.inherit(outer);
        if self.content.is_none() {
            self.content = outer.content;
            self.pass.clone_from(&outer.pass);
            self.purge.clone_from(&outer.purge);
        }
    }

    /// A directive that only sets what may be set again is here; it may be here once.
    pub fn once(&mut self, line: &Line<'_>) -> Result<(), Wrong> {
        match self.checked.insert(line.words[0].clone()) {
            true => Ok(()),
            false => Err(Wrong::duplicate()),
        }
    }
}

/// A `server` block, or what `http` gives to all of them.
#[derive(Debug)]
pub struct ServerRaw {
    pub core: ServerCoreRaw,
    pub ssl: SslRaw,
    pub http2: Http2Raw,
    pub location: LocationRaw,
    pub names: Vec<ServerName>,
    pub listens: Vec<ListenLine>,
}

impl ServerRaw {
    pub fn new(at: &Position) -> Self {
        Self {
            core: ServerCoreRaw::default(),
            ssl: SslRaw::default(),
            http2: Http2Raw::default(),
            location: LocationRaw::new(b"", Kind::Server, at),
            names: vec![],
            listens: vec![],
        }
    }
}

/// One word of `server_name`.
#[derive(Clone, Debug)]
pub struct ServerName {
    /// In lower case, but a regular expression as written, with its `~`.
    pub text: Box<[u8]>,
    pub pattern: Option<Arc<Pattern>>,
}

/// One `listen` line.
#[derive(Clone, Debug)]
pub struct ListenLine {
    pub addrs: Vec<Addr>,
    pub options: ListenOptions,
    /// Some option of the socket was given: only one line may do so for an address.
    pub set: bool,
    pub default_server: bool,
    pub at: Position,
}

impl Scope for LocationRaw {
    type Context = Builder;
}

impl Deref for LocationRaw {
    type Target = SettingsRaw;
    fn deref(&self) -> &SettingsRaw {
        &self.settings
    }
}
impl DerefMut for LocationRaw {
    fn deref_mut(&mut self) -> &mut SettingsRaw {
        &mut self.settings
    }
}
impl Scope for ServerRaw {
    type Context = Builder;
}
impl Scope for MainRaw {
    type Context = Builder;
}
