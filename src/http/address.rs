//! Addresses of servers, as `proxy_pass` and its kin write them.

use std::fmt;

/// The address that a `…_pass` with variables came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Url<'a> {
    /// `https://`, or `suwsgi://`.
    pub ssl: bool,
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
            Self::NoHost => "no host",
            Self::Host => "invalid host",
            Self::Ipv6 => "invalid IPv6 address",
            Self::NoPath => "no path in the unix domain socket",
            Self::Port => "invalid port",
        })
    }
}

impl<'a> Url<'a> {
    /// The port of an address of `proxy_pass` that names none.
    pub fn default_port(&self) -> u16 {
        if self.ssl { 443 } else { 80 }
    }

    /// `$proxy_host`: host and port, without a port that is the default.
    pub fn proxy_host(&self) -> &'a [u8] {
        let is_default = self.port == Some(self.default_port());
        let colon = self.authority.iter().rposition(|&byte| byte == b':').filter(|_| is_default);
        &self.authority[..colon.unwrap_or(self.authority.len())]
    }
}

/// Takes `http://host:port/uri`, `http://[::1]:80`, `http://unix:/path:/uri` apart.
pub fn parse_url(url: &[u8]) -> Result<Url<'_>, UrlError> {
    let (ssl, rest) = match url {
        _ if url.len() >= 7 && url[..7].eq_ignore_ascii_case(b"http://") => (false, &url[7..]),
        _ if url.len() >= 8 && url[..8].eq_ignore_ascii_case(b"https://") => (true, &url[8..]),
        _ => return Err(UrlError::Prefix),
    };
    if let Some(path) = unix_path(rest) {
        let end = path.iter().position(|&byte| byte == b':').unwrap_or(path.len());
        let uri = path.get(end + 1..).unwrap_or_default();
        return unix(&path[..end], uri).map(|url| Url { ssl, ..url });
    }
    let end = rest.iter().position(|byte| b"/?".contains(byte)).unwrap_or(rest.len());
    let (authority, uri) = rest.split_at(end);
    let (host, port) = split_port(authority)?;
    if host.is_empty() {
        return Err(UrlError::NoHost);
    }
    Ok(Url { ssl, host, port, unix: false, authority, uri })
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
        _ => Ok(Url { ssl: false, host, port, unix: false, authority: address, uri: b"" }),
    }
}

/// As [`split_address`], with `uwsgi://` before it, or `suwsgi://`: by TLS.
pub fn parse_uwsgi(address: &[u8]) -> Result<Url<'_>, UrlError> {
    let without = |scheme: &[u8]| {
        let (start, rest) = address.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    };
    match without(b"suwsgi://") {
        Some(rest) => split_address(rest).map(|url| Url { ssl: true, ..url }),
        None => split_address(without(b"uwsgi://").unwrap_or(address)),
    }
}

fn unix_path(address: &[u8]) -> Option<&[u8]> {
    let (scheme, path) = address.split_at_checked(5)?;
    scheme.eq_ignore_ascii_case(b"unix:").then_some(path)
}

fn unix<'a>(path: &'a [u8], uri: &'a [u8]) -> Result<Url<'a>, UrlError> {
    match path {
        b"" => Err(UrlError::NoPath),
        _ => {
            Ok(Url { ssl: false, host: path, port: None, unix: true, authority: b"localhost", uri })
        }
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
