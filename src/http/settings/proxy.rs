//! The proxy module's settings: where requests go, and what is changed on the way there and back.

use std::fmt;
use std::sync::Arc;

use super::core::TempPath;
use super::server::Buffers;
use crate::base::ids::GroupIndex;
use crate::conf::value::Msec;
use crate::http::vars::{Pattern, Template};
use crate::os::addr::Addr;
use crate::proto::Name;
use crate::settings;
use crate::upstream::failure::Failures;

settings! {
    /// Every `proxy_…` directive, `proxy_pass` included.
    pub struct Proxy / ProxyRaw {
        /// Only `limit_except` inherits it.
        pass: Option<Pass> = None,
        method: Option<Template> = None,
        http_version: Version = Version::V11,
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
        pass_request_headers: bool = true,
        pass_request_body: bool = true,
        set_body: Option<Template> = None,
        /// `off` is `None`.
        bind: Option<Bind> = None,
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

        /// `proxy_set_header` as written; what is sent is in `headers`.
        set_header: Vec<SetHeader> = vec![],
        /// `proxy_hide_header` as written; what is hidden is in `hidden`.
        hide_header: Vec<Box<[u8]>> = vec![],
        pass_header: Vec<Box<[u8]>> = vec![],
        ignore_headers: IgnoreHeaders = IgnoreHeaders::NONE,
        /// `proxy_redirect` as written; what is done is in `redirects`.
        redirect: RedirectLines = RedirectLines::Default,

        /// Compiled from `set_header` and nginx's defaults.
        headers: Arc<RequestHeaders> = Arc::default(),
        /// Response fields that do not reach the client.
        hidden: Arc<NameSet> = Arc::default(),
        /// Compiled from `redirect`: the first that matches changes `Location` and `Refresh`.
        redirects: Arc<Vec<Redirect>> = Arc::default(),
    }
}

/// `proxy_bind`
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

/// `proxy_pass`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pass {
    pub target: Target,
    /// As written.
    pub url: Box<[u8]>,
    /// `$proxy_host`, the default of the `Host` field: the port is there unless it is the default.
    pub host: Box<[u8]>,
    /// `$proxy_port`.
    pub port: Box<[u8]>,
    /// The uri that replaces the part of the request's that the location's name matched. `None`: the
    /// request's uri is passed as the client sent it (or, after a change, as it is now).
    pub uri: Option<Box<[u8]>>,
    /// How many bytes of the request's (decoded) uri `uri` replaces.
    pub prefix_len: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    Group(GroupIndex),
    /// The whole address, scheme included, is known at run time: see [`parse_url`] and `Http::find_group`.
    Variable(Template),
}

/// The address that a `proxy_pass` with variables came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Url<'a> {
    /// Without brackets or port; for a unix socket the path.
    pub host: &'a [u8],
    pub port: Option<u16>,
    pub unix: bool,
    /// `$proxy_host`: host and port as written (`localhost` for a unix socket).
    pub authority: &'a [u8],
    /// With its `?`; empty if there was none.
    pub uri: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UrlError {
    Prefix,
    Https,
    NoHost,
    Host,
    Ipv6,
    NoPath,
    Port,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prefix => "invalid URL prefix",
            Self::Https => "https protocol requires SSL support",
            Self::NoHost => "no host",
            Self::Host => "invalid host",
            Self::Ipv6 => "invalid IPv6 address",
            Self::NoPath => "no path in the unix domain socket",
            Self::Port => "invalid port",
        })
    }
}

/// Takes `http://host:port/uri`, `http://[::1]:80`, `http://unix:/path:/uri` apart.
pub fn parse_url(url: &[u8]) -> Result<Url<'_>, UrlError> {
    let rest = match url {
        _ if url.len() >= 7 && url[..7].eq_ignore_ascii_case(b"http://") => &url[7..],
        _ if url.len() >= 8 && url[..8].eq_ignore_ascii_case(b"https://") => {
            return Err(UrlError::Https);
        }
        _ => return Err(UrlError::Prefix),
    };
    if rest.len() >= 5 && rest[..5].eq_ignore_ascii_case(b"unix:") {
        let path = &rest[5..];
        let end = path.iter().position(|&byte| byte == b':').unwrap_or(path.len());
        if end == 0 {
            return Err(UrlError::NoPath);
        }
        let uri = path.get(end + 1..).unwrap_or_default();
        return Ok(Url {
            host: &path[..end],
            port: None,
            unix: true,
            authority: b"localhost",
            uri,
        });
    }
    let end = rest.iter().position(|byte| b"/?".contains(byte)).unwrap_or(rest.len());
    let (authority, uri) = rest.split_at(end);
    let (host, port) = split_port(authority)?;
    if host.is_empty() {
        return Err(UrlError::NoHost);
    }
    Ok(Url { host, port, unix: false, authority, uri })
}

fn split_port(authority: &[u8]) -> Result<(&[u8], Option<u16>), UrlError> {
    let (host, rest) = if authority.first() == Some(&b'[') {
        let end = authority.iter().position(|&b| b == b']').ok_or(UrlError::Host)?;
        let inside = &authority[1..end];
        if inside.is_empty() {
            return Err(UrlError::NoHost);
        }
        let text = std::str::from_utf8(inside).map_err(|_| UrlError::Ipv6)?;
        text.parse::<std::net::Ipv6Addr>().map_err(|_| UrlError::Ipv6)?;
        (inside, &authority[end + 1..])
    } else {
        let end = authority.iter().position(|&b| b == b':').unwrap_or(authority.len());
        authority.split_at(end)
    };
    let port = match rest {
        [] => None,
        [b':', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
            let port = std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok());
            Some(port.filter(|&port: &u16| port != 0).ok_or(UrlError::Port)?)
        }
        _ => return Err(UrlError::Port),
    };
    Ok((host, port))
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    V10,
    V11,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetHeader {
    pub name: Box<[u8]>,
    /// The field is not sent when it comes to an empty string.
    pub value: Template,
}

/// What is written into the head of an upstream request, ready for the hot path.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RequestHeaders {
    /// Written in this order: the configuration's own, then Host and Connection. Never certainly empty,
    /// and never `Content-Length` or `Transfer-Encoding`: what they say is what is sent.
    pub set: Vec<SetHeader>,
    /// Fields of the client's that are not passed on: those above (also with an empty value), and
    /// the hop-by-hop ones.
    pub drop: NameSet,
    /// `Content-Length`: if it is empty, none is sent with an empty body.
    pub length: Option<Template>,
    /// `Transfer-Encoding` was set to nothing: a body is not streamed in chunks.
    pub no_coding: bool,
}

/// Names of fields, compared without case. Small and made once, so a mask of lengths rejects most.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NameSet {
    /// In lower case.
    names: Vec<Box<[u8]>>,
    lengths: u64,
    /// Those of them that have a [`Name`], by a bit each.
    known: u128,
}

impl NameSet {
    pub fn insert(&mut self, name: &[u8]) {
        if !self.contains(name) {
            self.names.push(name.to_ascii_lowercase().into());
            self.lengths |= 1 << (name.len() & 63);
            self.known |= bit(Name::of(name));
        }
    }
    pub fn remove(&mut self, name: &[u8]) {
        self.names.retain(|known| !known.eq_ignore_ascii_case(name));
        self.known &= !bit(Name::of(name));
    }
    pub fn contains(&self, name: &[u8]) -> bool {
        self.lengths & (1 << (name.len() & 63)) != 0
            && self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
    /// As `contains`, for a name that has been looked up.
    pub fn has(&self, id: Name, name: &[u8]) -> bool {
        match id {
            Name::Other => self.contains(name),
            id => self.known & bit(id) != 0,
        }
    }
    /// In lower case, in the order they were put in.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().map(|name| &**name)
    }
}

fn bit(id: Name) -> u128 {
    // `Other` names nothing.
    1 << (id as u32) & !1
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

#[derive(Clone, Debug)]
pub enum RedirectLines {
    Off,
    /// As when nothing is said: the address of `proxy_pass` becomes the location's name.
    Default,
    Lines(Vec<RedirectLine>),
}

#[derive(Clone, Debug)]
pub enum RedirectLine {
    Default,
    Rule(Redirect),
}

/// One replacement in `Location` and `Refresh`.
#[derive(Clone, Debug)]
pub struct Redirect {
    pub from: RedirectFrom,
    pub to: Template,
}

#[derive(Clone, Debug)]
pub enum RedirectFrom {
    /// What the value begins with is replaced.
    Prefix(Template),
    /// The whole value is replaced; `to` may use the captures.
    Regex(Arc<Pattern>),
}
