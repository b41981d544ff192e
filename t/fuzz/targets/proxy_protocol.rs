//! The PROXY protocol. A header ends itself: what begins it asks for more, what follows it is not looked at, and
//! what is no header does not become one. What it says, written anew in either version, is read as the same.

use std::net::{IpAddr, SocketAddr};

use peerage::proto::proxy_protocol::{Broken, Proxied, parse, tlv};

use crate::pieces;

pub const WORDS: &[&[u8]] = &[
    b"PROXY ",
    b"TCP4 ",
    b"TCP6 ",
    b"UNKNOWN",
    b"127.0.0.1 ",
    b"2001:db8::1 ",
    b"65535\r\n",
    SIGNATURE,
    b"\x21\x11\0\x0c",
    b"\x21\x21\0\x24",
    b"\x20\0\0\0",
];

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest header of version 2.
const LONGEST: usize = 16 + 65_535;

pub fn check(input: &[u8]) {
    let whole = parse(input);
    for pieces in pieces::cuts(input) {
        assert_eq!(read(&pieces), whole, "{pieces:?}");
    }
    match whole {
        Ok(Some((n, proxied))) => {
            assert_eq!(parse(&input[..n]), Ok(Some((n, proxied.clone()))));
            assert_eq!(parse(&input[..n - 1]), Ok(None));
            written_anew(&proxied);
            tlvs(&proxied.tlvs);
        }
        Ok(None) => assert!(input.len() < LONGEST),
        Err(Broken) => assert_eq!(parse(&[input, b"\r\n"].concat()), Err(Broken)),
    }
}

fn read(pieces: &[&[u8]]) -> Result<Option<(usize, Proxied)>, Broken> {
    let mut input = vec![];
    for piece in pieces {
        input.extend_from_slice(piece);
        let found = parse(&input)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn written_anew(proxied: &Proxied) {
    let written = binary(proxied);
    assert_eq!(parse(&written), Ok(Some((written.len(), proxied.clone()))));
    let plain = Proxied { tlvs: Box::default(), ..proxied.clone() };
    let written = match plain.addrs {
        Some((from, to)) => {
            let family = if from.is_ipv4() { "TCP4" } else { "TCP6" };
            format!("PROXY {family} {} {} {} {}\r\n", from.ip(), to.ip(), from.port(), to.port())
        }
        None => "PROXY UNKNOWN\r\n".into(),
    };
    assert_eq!(parse(written.as_bytes()), Ok(Some((written.len(), plain))));
}

fn binary(proxied: &Proxied) -> Vec<u8> {
    let (mut head, mut rest) = ([0x20, 0], vec![]);
    if let Some((from, to)) = proxied.addrs {
        head = [0x21, if from.is_ipv4() { 0x11 } else { 0x21 }];
        let octets = |addr: SocketAddr| match addr.ip() {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        let ports = [from.port().to_be_bytes(), to.port().to_be_bytes()].concat();
        rest = [octets(from), octets(to), ports].concat();
    }
    rest.extend_from_slice(&proxied.tlvs);
    [SIGNATURE, &head, &(rest.len() as u16).to_be_bytes(), &rest].concat()
}

/// What is found by its type is the first of that type.
fn tlvs(tlvs: &[u8]) {
    let mut rest = tlvs;
    let mut seen = [false; 256];
    while let [kind, high, low, behind @ ..] = rest {
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        let Some(value) = behind.get(..len) else { break };
        if !std::mem::replace(&mut seen[usize::from(*kind)], true) {
            assert_eq!(tlv(tlvs, *kind), Some(value));
        }
        rest = &behind[len..];
    }
    for kind in 0..=255 {
        assert_eq!(tlv(tlvs, kind).is_some(), seen[usize::from(kind)]);
    }
}
