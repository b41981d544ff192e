//! Socket addresses: IPv4, IPv6 and unix paths, printed as nginx prints them.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Where a socket is bound or connected.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Addr {
    Inet(SocketAddr),
    /// The path of a unix socket; empty for an unnamed peer.
    Unix(PathBuf),
}

impl Addr {
    /// A literal address: `1.2.3.4:80`, `[::1]:80`, `unix:/path`. No names, no lookup.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("unix:") {
            Some(path) => Some(Self::Unix(path.into())),
            None => text.parse().ok().map(Self::Inet),
        }
    }

    /// As `parse`, but the port may be absent, and any will do; it is not 0. Nor is it a path.
    pub fn parse_local(text: &str) -> Option<Self> {
        match Self::parse(text) {
            Some(addr) => Some(addr).filter(|addr| addr.port().is_some_and(|port| port > 0)),
            None => {
                let ip = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
                let ip: IpAddr = ip.unwrap_or(text).parse().ok()?;
                Some(Self::Inet((ip, 0).into()))
            }
        }
    }

    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Inet(addr) => Some(addr.ip()),
            Self::Unix(_) => None,
        }
    }

    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Inet(addr) => Some(addr.port()),
            Self::Unix(_) => None,
        }
    }

    pub fn unix_path(&self) -> Option<&Path> {
        match self {
            Self::Inet(_) => None,
            Self::Unix(path) => Some(path),
        }
    }
}

impl From<SocketAddr> for Addr {
    fn from(addr: SocketAddr) -> Self {
        Self::Inet(addr)
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(addr) => addr.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Addr;

    #[test]
    fn parses_and_prints() {
        for text in ["127.0.0.1:80", "[::1]:8080", "unix:/tmp/s"] {
            assert_eq!(Addr::parse(text).unwrap().to_string(), text);
        }
        for text in ["127.0.0.1", "::1:80", "localhost:80", ""] {
            assert_eq!(Addr::parse(text), None, "{text}");
        }
    }
}
