//! What every upstream module can be told of its dealings with a server, whichever protocol it speaks: nginx's
//! `ngx_http_upstream_conf_t`.

use std::sync::Arc;

use super::core::TempPath;
use super::name_set::NameSet;
use super::server::Buffers;
use super::ssl::{ConfCommand, OfVariables, Pem, PemFile};
use crate::base::ids::GroupIndex;
use crate::conf::value::Msec;
use crate::http::vars::Template;
use crate::os::addr::Addr;
use crate::proto::cgi::ParamName;
use crate::settings;
use crate::tls::ciphers::Suite;
use crate::tls::{CacheSettings, Client, KeyLog, Passwords, Protocols};
use crate::upstream::failure::Failures;

/// A protocol that is spoken with servers, and the module that speaks it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProtocolIndex {
    Proxy,
    FastCgi,
    Uwsgi,
    Scgi,
    Memcached,
}

impl ProtocolIndex {
    pub const ALL: [Self; 5] =
        [Self::Proxy, Self::FastCgi, Self::Uwsgi, Self::Scgi, Self::Memcached];

    /// What the names of its directives begin with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::FastCgi => "fastcgi",
            Self::Uwsgi => "uwsgi",
            Self::Scgi => "scgi",
            Self::Memcached => "memcached",
        }
    }

    /// Of the address in the error log.
    pub const fn scheme(self, by_tls: bool) -> &'static str {
        match (self, by_tls) {
            (Self::Proxy, false) => "http",
            (Self::Proxy, true) => "https",
            (Self::Uwsgi, true) => "suwsgi",
            (_, _) => self.prefix(),
        }
    }

    /// Its servers may be spoken to by TLS.
    pub const fn may_use_tls(self) -> bool {
        matches!(self, Self::Proxy | Self::Uwsgi)
    }
}

settings! {
    /// The directives that are the same for all protocols but for their prefix.
    pub struct UpstreamSettings / UpstreamRaw {
        connect_timeout: Msec = 60_000,
        send_timeout: Msec = 60_000,
        /// Between two reads from the server, not for the whole response.
        read_timeout: Msec = 60_000,

        buffering: bool = true,
        buffer_size: usize = 4096,
        /// Not given: as much as the worker's scratch buffer holds.
        buffers: Option<Buffers> = None,
        busy_buffers_size: Option<usize> = None,
        max_temp_file_size: u64 = 1 << 30,
        temp_file_write_size: Option<usize> = None,
        temp_path: TempPath = TempPath::default(),
        request_buffering: bool = true,
        /// What is sent may say which server it is sent to.
        request_dynamic: bool = false,
        /// The fields behind a chunked body go to the client.
        pass_trailers: bool = false,
        /// Ranges are answered whatever the server says of them.
        force_ranges: bool = false,
        /// Bytes a second; 0: no limit.
        limit_rate: Option<Template> = None,

        ignore_client_abort: bool = false,
        intercept_errors: bool = false,
        /// A 404 of the server is no page: ours takes its place.
        intercept_404: bool = false,
        pass_request_headers: bool = true,
        pass_request_body: bool = true,
        /// `…_param`, in the order of the file; a block with any of its own does not see the ones around it.
        params: Vec<Param> = vec![],
        /// `off` is `None`.
        bind: Option<Bind> = None,
        /// The address of `bind` is found out in each try, when its server is known.
        bind_dynamic: bool = false,
        socket_keepalive: bool = false,
        /// 0: the system's own choice.
        socket_rcvbuf: usize = 0,
        socket_sndbuf: usize = 0,
        /// Accepted: no system of ours has it.
        send_lowat: usize = 0,

        /// All of them must come to something other than nothing and `0`, or a server is not asked.
        allow_upstream: Vec<Template> = vec![],
        next_upstream: Failures = Failures(Failures::ERROR.0 | Failures::TIMEOUT.0),
        /// 0: as many as there are servers.
        next_upstream_tries: u32 = 0,
        /// 0: no limit.
        next_upstream_timeout: Msec = 0,

        /// `…_hide_header` as written; what is hidden is in `hidden`.
        hide_header: Vec<Box<[u8]>> = vec![],
        pass_header: Vec<Box<[u8]>> = vec![],
        ignore_headers: IgnoreHeaders = IgnoreHeaders::NONE,
        /// Whether responses become files.
        store: StoreAs = StoreAs::Off,
        /// The permissions of the files.
        store_access: u32 = 0o600,
        /// Compiled: responses become files, or are cached.
        has_tap: bool = false,

        /// The name that is asked for and checked.
        ///
        /// None: the host of `…_pass`.
        ssl_name: Option<Template> = None,
        /// It is sent (SNI).
        ssl_server_name: bool = false,
        ssl_verify: bool = false,
        ssl_verify_depth: u32 = 1,
        ssl_trusted_certificate: Option<PemFile> = None,
        ssl_crl: Option<PemFile> = None,
        ssl_certificate: Option<Pem> = None,
        ssl_certificate_key: Option<Pem> = None,
        ssl_certificate_cache: Option<CacheSettings> = None,
        ssl_passwords: Passwords = Passwords::default(),
        ssl_protocols: Protocols = Protocols::ALL,
        ssl_ciphers: Vec<Suite> = Suite::ALL.to_vec(),
        ssl_session_reuse: bool = true,
        ssl_key_log: Option<KeyLog> = None,
        ssl_conf_commands: Vec<ConfCommand> = vec![],
        /// What follows from these; none where no server is spoken to by TLS.
        tls: Option<UpstreamTls> = None,

        /// Response fields that do not reach the client.
        hidden: Arc<NameSet> = Arc::default(),
        /// Compiled from `params`: what is sent.
        sent: SentParams = SentParams::default(),
        /// The same for a request whose response may be stored; none: the location has no cache.
        sent_to_cache: Option<SentParams> = None,
    }
}

/// `…_param` of a protocol that has the parameters of CGI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Param {
    pub name: ParamName,
    pub value: Template,
    /// It is not sent when it comes to an empty string.
    pub if_not_empty: bool,
}

/// What a server gets with a request.
#[derive(Clone, Debug, Default)]
pub struct SentParams {
    pub params: Vec<Param>,
    /// The fields of the request whose place a parameter takes, in lower case with `_` for `-`.
    pub replaced: Vec<Box<str>>,
}

/// What handshakes with servers are made with; equal settings have equal numbers, from 1 on.
#[derive(Clone, Debug)]
pub struct UpstreamTls {
    pub client: Client,
    pub number: u32,
    /// Our own certificate, if it is in variables.
    pub own: Option<Arc<OfVariables>>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoreAs {
    Off,
    /// Where `root` or `alias` would look for it.
    Uri,
    Path(Template),
}

/// `…_bind`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bind {
    pub addr: BindAddr,
    /// It may be an address that is not this machine's.
    pub transparent: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BindAddr {
    Fixed(Addr),
    Variable(Template),
}

/// Where requests go: `…_pass`.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Pass {
    pub target: Target,
    /// By TLS; of a variable the address says it.
    pub ssl: bool,
    /// As written.
    pub url: Box<[u8]>,
    /// Of `proxy_pass`: `$proxy_host`, the default of the `Host` field. The port is there unless it is the default.
    /// Of `uwsgi_pass` as written; else empty.
    pub host: Box<[u8]>,
    /// `$proxy_port`.
    pub port: Box<[u8]>,
    /// The uri that replaces the part of the request's that the location's name matched. `None`: the
    /// request's uri is passed as the client sent it (or, after a change, as it is now).
    pub uri: Option<Box<[u8]>>,
    /// How many bytes of the request's (decoded) uri `uri` replaces.
    pub prefix_len: usize,
}

impl Default for Target {
    fn default() -> Self {
        Self::Variable(Template::default())
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    Group(GroupIndex),
    /// The whole address, scheme included, is known at run time: see `Http::find_group`.
    Variable(Template),
}

/// Response fields that are not obeyed (they may still be passed on).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IgnoreHeaders(pub u16);

impl IgnoreHeaders {
    pub const NONE: Self = Self(0);
    pub const X_ACCEL_REDIRECT: Self = Self(1);
    pub const X_ACCEL_EXPIRES: Self = Self(1 << 1);
    pub const X_ACCEL_LIMIT_RATE: Self = Self(1 << 2);
    pub const X_ACCEL_BUFFERING: Self = Self(1 << 3);
    pub const X_ACCEL_CHARSET: Self = Self(1 << 4);
    pub const EXPIRES: Self = Self(1 << 5);
    pub const CACHE_CONTROL: Self = Self(1 << 6);
    pub const SET_COOKIE: Self = Self(1 << 7);
    pub const VARY: Self = Self(1 << 8);

    pub fn contains(self, bit: Self) -> bool {
        self.0 & bit.0 != 0
    }
}
