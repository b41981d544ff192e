//! The client's address in a list that proxies have written: `X-Forwarded-For` and its kin.

use std::net::{IpAddr, SocketAddr};

use super::networks::Networks;
use crate::os::addr::Addr;

/// The address that the lines name for a client that is `trusted`: the last one, or, if `recursive`, the last one
/// that is not trusted itself. An element that is no address ends the search. None: the client stays what it is.
///
/// `lines` come last first. Every byte is looked at once.
pub fn client<'a>(
    client: &Addr,
    lines: impl Iterator<Item = &'a [u8]>,
    trusted: &Networks,
    recursive: bool,
) -> Option<Addr> {
    if !trusted.holds(client) {
        return None;
    }
    let mut found: Option<Addr> = None;
    let elements = lines.flat_map(|line| line.rsplit(|&byte| matches!(byte, b' ' | b',')));
    for element in elements.filter(|element| !element.is_empty()) {
        let Some(addr) = address(element) else { break };
        let goes_on = recursive && trusted.holds(&addr);
        found = Some(addr);
        if !goes_on {
            break;
        }
    }
    found
}

/// `1.2.3.4`, `::1`, with a port `1.2.3.4:80`, `[::1]:80`; without one the port is 0.
fn address(text: &[u8]) -> Option<Addr> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(Addr::Inet(SocketAddr::new(ip, 0)));
    }
    let addr: SocketAddr = text.parse().ok()?;
    (addr.port() > 0).then_some(Addr::Inet(addr))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::networks::Net;

    fn find(lines: &[&str], recursive: bool) -> Option<String> {
        let mut trusted = Networks::default();
        ["10.0.0.0/8", "::1"].iter().for_each(|net| trusted.insert(Net::parse(net).unwrap().0));
        let own = Addr::parse("10.0.0.1:7").unwrap();
        let lines = lines.iter().rev().map(|line| line.as_bytes());
        client(&own, lines, &trusted, recursive).map(|addr| addr.to_string())
    }

    #[test]
    fn the_last_address_or_the_last_that_is_not_trusted() {
        for (lines, once, recursive) in [
            (&["1.1.1.1"][..], Some("1.1.1.1:0"), Some("1.1.1.1:0")),
            (&["1.1.1.1, 2.2.2.2"], Some("2.2.2.2:0"), Some("2.2.2.2:0")),
            (&["1.1.1.1,2.2.2.2 , 10.0.0.2 ,"], Some("10.0.0.2:0"), Some("2.2.2.2:0")),
            (&["1.1.1.1", "10.0.0.3, 10.0.0.2"], Some("10.0.0.2:0"), Some("1.1.1.1:0")),
            (&["10.0.0.3", "10.0.0.2"], Some("10.0.0.2:0"), Some("10.0.0.3:0")),
            (&["1.1.1.1, x, 10.0.0.2"], Some("10.0.0.2:0"), Some("10.0.0.2:0")),
            (&["1.1.1.1, x"], None, None),
            (&["2001:db8::1, [::1]:80"], Some("[::1]:80"), Some("[2001:db8::1]:0")),
            (&["1.1.1.1:70000"], None, None),
            (&["1.1.1.1:0"], None, None),
            (&["1.1.1.1, 010.0.0.2"], None, None),
            (&["[::1]"], None, None),
            (&["unknown"], None, None),
            (&["unix:/x"], None, None),
            (&["", " , "], None, None),
            (&[], None, None),
        ] {
            assert_eq!(find(lines, false).as_deref(), once, "{lines:?}");
            assert_eq!(find(lines, true).as_deref(), recursive, "{lines:?}, recursive");
        }
    }

    #[test]
    fn a_client_that_is_not_trusted_says_nothing() {
        let own = Addr::parse("1.2.3.4:5").unwrap();
        let lines = [b"5.6.7.8".as_slice()];
        assert_eq!(client(&own, lines.into_iter(), &Networks::default(), true), None);
    }

    #[test]
    fn a_long_list_is_read_from_its_end() {
        let long = format!("1.1.1.1, {}", "10.1.2.3, ".repeat(10_000));
        assert_eq!(find(&[&long], true).as_deref(), Some("1.1.1.1:0"));
        assert_eq!(find(&[&long], false).as_deref(), Some("10.1.2.3:0"));
    }
}
