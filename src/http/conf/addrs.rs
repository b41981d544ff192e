//! Addresses as directives write them; names are looked up when the configuration is read.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use crate::os::addr::Addr;

/// Why an address is none.
pub type AddrError = &'static str;

/// The addresses of `listen`: `80`, `*:80`, `1.2.3.4`, `[::1]:80`, `name:80`, `unix:/path`. Behind a port
/// may stand `-90`: it and all up to 90.
pub fn listen_addrs(word: &str) -> Result<Vec<Addr>, AddrError> {
    if let Some(path) = strip_unix(word) {
        return unix(path).map(|addr| vec![addr]);
    }
    let start = word.rfind([':', ']']).map_or(0, |at| at + 1);
    let range = word[start..].split_once('-').filter(|(first, _)| start > 0 || is_number(first));
    let Some((first, last)) = range else { return listen_addr(word) };
    let (first, last) = (parse_port(first)?, parse_port(last)?);
    if first > last {
        return Err("invalid port range");
    }
    let mut all = vec![];
    for port in first..=last {
        all.extend(listen_addr(&format!("{}{port}", &word[..start]))?);
    }
    Ok(all)
}

fn listen_addr(word: &str) -> Result<Vec<Addr>, AddrError> {
    let (host, port) = host_port(word)?;
    let (host, port) = match (host, port) {
        // A number alone is a port.
        (host, None) if !word.starts_with('[') && is_number(host) => ("*", parse_port(host)?),
        (host, port) => (host, port.unwrap_or(80)),
    };
    if host.is_empty() {
        return Err("no host");
    }
    if host == "*" {
        return Ok(vec![Addr::Inet(([0, 0, 0, 0], port).into())]);
    }
    lookup(host, port).ok_or("host not found")
}

/// The addresses of a server of a group.
pub fn server_addrs(word: &str) -> Result<Vec<Addr>, AddrError> {
    addrs_or_port(word, 80)
}

/// The addresses of a server of syslog.
pub fn syslog_addrs(word: &str) -> Result<Vec<Addr>, AddrError> {
    addrs_or_port(word, 514)
}

fn addrs_or_port(word: &str, default: u16) -> Result<Vec<Addr>, AddrError> {
    if let Some(path) = strip_unix(word) {
        return unix(path).map(|addr| vec![addr]);
    }
    if word.contains(['/', '?']) {
        return Err("invalid host");
    }
    let (host, port) = host_port(word)?;
    if host.is_empty() {
        return Err("no host");
    }
    lookup(host, port.unwrap_or(default)).ok_or("host not found")
}

pub(super) fn unix(path: &str) -> Result<Addr, AddrError> {
    match path.len() {
        0 => Err("no path in the unix domain socket"),
        // What fits into the system's structure, with its final zero.
        1..108 => Ok(Addr::Unix(path.into())),
        _ => Err("too long path in the unix domain socket"),
    }
}

fn strip_unix(word: &str) -> Option<&str> {
    let head = word.get(..5)?;
    head.eq_ignore_ascii_case("unix:").then(|| &word[5..])
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_port(text: &str) -> Result<u16, AddrError> {
    let port = is_number(text).then(|| text.parse().ok()).flatten();
    port.filter(|&port: &u16| port > 0).ok_or("invalid port")
}

fn host_port(word: &str) -> Result<(&str, Option<u16>), AddrError> {
    if let Some(inside) = word.strip_prefix('[') {
        let (host, rest) = inside.split_once(']').ok_or("invalid host")?;
        let port = match rest {
            "" => None,
            _ => Some(parse_port(rest.strip_prefix(':').ok_or("invalid host")?)?),
        };
        if host.is_empty() {
            return Err("no host");
        }
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err("invalid IPv6 address");
        }
        return Ok((host, port));
    }
    match word.split_once(':') {
        Some((host, port)) => Ok((host, Some(parse_port(port)?))),
        None => Ok((word, None)),
    }
}

/// The addresses that the system knows for a name, or the literal address. None: it knows none.
pub fn lookup(host: &str, port: u16) -> Option<Vec<Addr>> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Some(vec![Addr::Inet(SocketAddr::new(ip, port))]);
    }
    let mut found: Vec<Addr> = vec![];
    for addr in (host, port).to_socket_addrs().ok()? {
        if !found.contains(&Addr::Inet(addr)) {
            found.push(Addr::Inet(addr));
        }
    }
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_addresses() {
        let show = |word: &str| listen_addrs(word).map(|addrs| addrs[0].to_string());
        for (word, addr) in [
            ("80", "0.0.0.0:80"),
            ("*:81", "0.0.0.0:81"),
            ("*", "0.0.0.0:80"),
            ("127.0.0.1", "127.0.0.1:80"),
            ("127.0.0.1:81", "127.0.0.1:81"),
            ("[::1]", "[::1]:80"),
            ("[::]:81", "[::]:81"),
            ("unix:/a/b", "unix:/a/b"),
            ("UNIX:/a", "unix:/a"),
        ] {
            assert_eq!(show(word).as_deref(), Ok(addr), "{word}");
        }
        for (word, reason) in [
            ("0", "invalid port"),
            ("65536", "invalid port"),
            ("127.0.0.1:", "invalid port"),
            ("[::1", "invalid host"),
            ("[1]:80", "invalid IPv6 address"),
            ("[]:80", "no host"),
            ("", "no host"),
            ("unix:", "no path in the unix domain socket"),
        ] {
            assert_eq!(show(word), Err(reason), "{word}");
        }
    }

    #[test]
    fn ranges_of_ports() {
        let show = |word: &str| {
            let all = listen_addrs(word)?;
            Ok::<_, AddrError>(all.iter().map(Addr::to_string).collect::<Vec<_>>().join(" "))
        };
        for (word, addrs) in [
            ("80-82", Ok("0.0.0.0:80 0.0.0.0:81 0.0.0.0:82")),
            ("127.0.0.1:80-81", Ok("127.0.0.1:80 127.0.0.1:81")),
            ("[::1]:80-80", Ok("[::1]:80")),
            ("*:65535-65535", Ok("0.0.0.0:65535")),
            ("82-80", Err("invalid port range")),
            ("80-", Err("invalid port")),
            ("127.0.0.1:80-x", Err("invalid port")),
            ("[::1]-80", Err("invalid port")),
            ("80-65536", Err("invalid port")),
        ] {
            assert_eq!(show(word), addrs.map(str::to_owned), "{word}");
        }
    }

    #[test]
    fn addresses_of_servers() {
        let show = |word: &str| server_addrs(word).map(|addrs| addrs[0].to_string());
        assert_eq!(show("127.0.0.1").as_deref(), Ok("127.0.0.1:80"));
        assert_eq!(show("[::1]:81").as_deref(), Ok("[::1]:81"));
        assert_eq!(show("unix:/a").as_deref(), Ok("unix:/a"));
        assert_eq!(show("127.0.0.1:x"), Err("invalid port"));
        assert_eq!(show("http://127.0.0.1"), Err("invalid host"));
        assert_eq!(show("127.0.0.1?a"), Err("invalid host"));
    }
}
