//! What only the proxy module can be told: the request that it writes, and the addresses in the response.

use std::fmt;
use std::sync::Arc;

use super::name_set::NameSet;
use crate::http::vars::{Pattern, Template};
use crate::settings;

settings! {
    /// The directives that only the proxy module has.
    pub struct Proxy / ProxyRaw {
        method: Option<Template> = None,
        http_version: Version = Version::V11,
        set_body: Option<Template> = None,
        /// `proxy_set_header` as written; what is sent is in `headers`.
        set_header: Vec<SetHeader> = vec![],
        /// `proxy_redirect` as written; what is done is in `redirects`.
        redirect: RedirectLines = RedirectLines::Default,

        /// Compiled from `set_header` and nginx's defaults.
        headers: Arc<RequestHeaders> = Arc::default(),
        /// Compiled from `redirect`: the first that matches changes `Location` and `Refresh`.
        redirects: Arc<Vec<Redirect>> = Arc::default(),
    }
}

/// The address that a `…_pass` with variables came to.
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
    if let Some(path) = unix_path(rest) {
        let end = path.iter().position(|&byte| byte == b':').unwrap_or(path.len());
        let uri = path.get(end + 1..).unwrap_or_default();
        return unix(&path[..end], uri);
    }
    let end = rest.iter().position(|byte| b"/?".contains(byte)).unwrap_or(rest.len());
    let (authority, uri) = rest.split_at(end);
    let (host, port) = split_port(authority)?;
    if host.is_empty() {
        return Err(UrlError::NoHost);
    }
    Ok(Url { host, port, unix: false, authority, uri })
}

/// Takes `host:port`, `[::1]:9000` or `unix:/path` apart, which has no uri.
pub fn split_address(address: &[u8]) -> Result<Url<'_>, UrlError> {
    if let Some(path) = unix_path(address) {
        return unix(path, b"");
    }
    if address.contains(&b'/') {
        return Err(UrlError::Host);
    }
    let (host, port) = split_port(address)?;
    match host {
        b"" => Err(UrlError::NoHost),
        _ => Ok(Url { host, port, unix: false, authority: address, uri: b"" }),
    }
}

fn unix_path(address: &[u8]) -> Option<&[u8]> {
    let (scheme, path) = address.split_at_checked(5)?;
    scheme.eq_ignore_ascii_case(b"unix:").then_some(path)
}

fn unix<'a>(path: &'a [u8], uri: &'a [u8]) -> Result<Url<'a>, UrlError> {
    match path {
        b"" => Err(UrlError::NoPath),
        _ => Ok(Url { host: path, port: None, unix: true, authority: b"localhost", uri }),
    }
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
