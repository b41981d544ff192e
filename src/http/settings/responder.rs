//! OCSP responders, as directives and certificates name them.

use std::fmt;
use std::net::IpAddr;

use super::super::address::{UrlError, parse_url};
use crate::os::addr::Addr;

/// Where OCSP is spoken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Responder {
    pub host: Box<str>,
    pub port: u16,
    /// Begins with `/`.
    pub uri: Box<str>,
    /// Known without a `resolver`: the address that stands in the URL, or what the system said at start.
    pub addrs: Vec<Addr>,
}

/// Why a URL names none, in nginx's words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResponderError(&'static str);

impl Responder {
    /// Takes `http://host:port/uri` apart. Names are not looked up.
    pub fn parse(url: &str) -> Result<Self, ResponderError> {
        let it = match parse_url(url.as_bytes()) {
            Ok(it) if !it.ssl && !it.unix => it,
            Ok(_) => return Err(ResponderError("invalid URL prefix")),
            Err(UrlError::Prefix) => {
                return Err(ResponderError("invalid URL prefix"));
            }
            Err(UrlError::NoHost) => {
                return Err(ResponderError("empty host"));
            }
            Err(_) => return Err(ResponderError("invalid host")),
        };
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| ResponderError("invalid host"));
        // They go into the request.
        if url.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(ResponderError("invalid host"));
        }
        let (host, uri) = (text(it.host)?, text(it.uri)?);
        let uri = if uri.starts_with('/') { uri.into() } else { format!("/{uri}").into() };
        let port = it.port.unwrap_or(80);
        let literal = host.parse().ok().map(|ip: IpAddr| Addr::Inet((ip, port).into()));
        Ok(Self { host: host.into(), port, uri, addrs: literal.into_iter().collect() })
    }
}

impl fmt::Display for ResponderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_responders() {
        let parse = |url| Responder::parse(url).map(|it| (it.host.into(), it.port, it.uri.into()));
        for (url, host, port, uri) in [
            ("http://ocsp.example", "ocsp.example", 80, "/"),
            ("http://ocsp.example:81/a/b", "ocsp.example", 81, "/a/b"),
            ("http://[::1]:8080/", "::1", 8080, "/"),
            ("HTTP://127.0.0.1?a", "127.0.0.1", 80, "/?a"),
        ] {
            let found: Result<(String, u16, String), _> = parse(url);
            assert_eq!(found, Ok((host.to_owned(), port, uri.to_owned())), "{url}");
        }
        for (url, why) in [
            ("https://ocsp.example/", "invalid URL prefix"),
            ("http://unix:/a:/", "invalid URL prefix"),
            ("ocsp.example", "invalid URL prefix"),
            ("http:///a", "empty host"),
            ("http://a:0/", "invalid host"),
            ("http://a/\r\nX: y", "invalid host"),
        ] {
            assert_eq!(Responder::parse(url), Err(ResponderError(why)), "{url}");
        }
        assert_eq!(Responder::parse("http://127.0.0.1:81/").unwrap().addrs.len(), 1);
        assert_eq!(Responder::parse("http://ocsp.example/").unwrap().addrs, []);
    }
}
