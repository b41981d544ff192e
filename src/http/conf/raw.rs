//! What the lines of each block said, before blocks are merged.

use std::collections::HashSet;
use std::sync::Arc;

use super::builder::Builder;
use super::{Kind, Methods};
use crate::conf::directive::{Line, Scope};
use crate::conf::error::{Position, Wrong};
use crate::http::servers::ListenOptions;
use crate::http::settings::access::AccessRaw;
use crate::http::settings::core::CoreRaw;
use crate::http::settings::headers::HeadersRaw;
use crate::http::settings::health::HealthRaw;
use crate::http::settings::log::LogRaw;
use crate::http::settings::main::MainRaw;
use crate::http::settings::pool_status::Format;
use crate::http::settings::proxy::ProxyRaw;
use crate::http::settings::proxy_cookies::CookiesRaw;
use crate::http::settings::proxy_store::StoringRaw;
use crate::http::settings::rewrite::{RewriteOp, RewritingRaw};
use crate::http::settings::server::ServerCoreRaw;
use crate::http::settings::try_files::TryFiles;
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
    pub stub_status: bool,
    pub pool_status: Option<Format>,
    pub core: CoreRaw,
    pub proxy: ProxyRaw,
    pub cookies: CookiesRaw,
    pub storing: StoringRaw,
    pub health: Option<HealthRaw>,
    pub headers: HeadersRaw,
    pub access: AccessRaw,
    pub log: LogRaw,
    pub rewrite: Vec<RewriteOp>,
    pub rewriting: RewritingRaw,
    pub try_files: Option<TryFiles>,
    /// The blocks of the `if`s of `rewrite`, in their order.
    pub ifs: Vec<Self>,
    pub limit_except: Option<(Methods, Box<Self>)>,
    pub inside: Vec<Self>,
    /// Directives that stand in this block, of those that are only checked.
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
            stub_status: false,
            pool_status: None,
            core: CoreRaw::default(),
            proxy: ProxyRaw::default(),
            cookies: CookiesRaw::default(),
            storing: StoringRaw::default(),
            health: None,
            headers: HeadersRaw::default(),
            access: AccessRaw::default(),
            log: LogRaw::default(),
            rewrite: vec![],
            rewriting: RewritingRaw::default(),
            try_files: None,
            ifs: vec![],
            limit_except: None,
            inside: vec![],
            checked: HashSet::new(),
        }
    }

    /// A directive that is only checked is here; it may be here once.
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
    pub location: LocationRaw,
    pub names: Vec<ServerName>,
    pub listens: Vec<ListenLine>,
}

impl ServerRaw {
    pub fn new(at: &Position) -> Self {
        Self {
            core: ServerCoreRaw::default(),
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
impl Scope for ServerRaw {
    type Context = Builder;
}
impl Scope for MainRaw {
    type Context = Builder;
}
