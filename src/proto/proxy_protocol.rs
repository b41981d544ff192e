//! The PROXY protocol: what a proxy before us says of its client, ahead of the first request. Version 1 is
//! a line, version 2 is binary.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What the header says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxied {
    /// Where the client's connection came from and went to; none for a proxy's own connection, and for
    /// families that are not IP.
    pub addrs: Option<(SocketAddr, SocketAddr)>,
    /// The rest of a header of version 2: type, length in two bytes, value; and so on.
    pub tlvs: Box<[u8]>,
}

/// It is not such a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// `Ok(None)`: more is needed. `Ok(Some(n))`: the header was the first `n` bytes.
pub fn parse(input: &[u8]) -> Result<Option<(usize, Proxied)>, Broken> {
    let begins = |with: &[u8]| input.starts_with(&with[..with.len().min(input.len())]);
    if begins(SIGNATURE) {
        return binary(input);
    }
    match begins(LINE) {
        true => line(input),
        false => Err(Broken),
    }
}

/// The value of the first TLV of that type.
pub fn tlv(mut tlvs: &[u8], wanted: u8) -> Option<&[u8]> {
    while let [kind, high, low, rest @ ..] = tlvs {
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        let value = rest.get(..len)?;
        if *kind == wanted {
            return Some(value);
        }
        tlvs = &rest[len..];
    }
    None
}

/// The type of a TLV by its name in a variable: a word, or `0x` with its number.
pub fn tlv_type(name: &str) -> Option<u8> {
    if let Some(digits) = name.strip_prefix("0x") {
        return u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'));
    }
    NAMES.iter().find(|(known, _)| *known == name).map(|&(_, kind)| kind)
}

/// Those of the `ssl` TLV lie in it, behind five bytes: which, and whether the certificate is good.
pub const SSL: u8 = 0x20;
pub const SSL_HEAD: usize = 5;

/// What a cloud says of the endpoint that its client has come by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vendor<'a> {
    Text(&'a [u8]),
    Number(u64),
}

/// The value of a cloud's own TLV by its name in a variable.
pub fn vendor<'a>(it: &'a Proxied, name: &str) -> Option<Vendor<'a>> {
    match name {
        // Behind a byte that says which of its values it is.
        "aws_vpce_id" => tlv(&it.tlvs, 0xea)?.strip_prefix(&[1]).map(Vendor::Text),
        "azure_pel_id" => {
            let id = tlv(&it.tlvs, 0xee)?.strip_prefix(&[1])?.first_chunk()?;
            Some(Vendor::Number(u32::from_le_bytes(*id).into()))
        }
        "gcp_conn_id" => {
            let id = tlv(&it.tlvs, 0xe0)?.first_chunk()?;
            Some(Vendor::Number(u64::from_be_bytes(*id)))
        }
        _ => None,
    }
}

/// The same for what lies in the `ssl` TLV.
pub fn ssl_type(name: &str) -> Option<u8> {
    SSL_NAMES.iter().find(|(known, _)| *known == name).map(|&(_, kind)| kind)
}

const NAMES: &[(&str, u8)] =
    &[("alpn", 0x01), ("authority", 0x02), ("unique_id", 0x05), ("ssl", SSL), ("netns", 0x30)];

const SSL_NAMES: &[(&str, u8)] =
    &[("version", 0x21), ("cn", 0x22), ("cipher", 0x23), ("sig_alg", 0x24), ("key_alg", 0x25)];

const LINE: &[u8] = b"PROXY ";
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// With both addresses as long as can be, and the line's end.
const LONGEST_LINE: usize = 107;
const HEAD: usize = 16;

fn line(input: &[u8]) -> Result<Option<(usize, Proxied)>, Broken> {
    let most = &input[..input.len().min(LONGEST_LINE)];
    let Some(lf) = memchr::memchr(b'\n', most) else {
        return if input.len() < LONGEST_LINE { Ok(None) } else { Err(Broken) };
    };
    let line = input[..lf].strip_suffix(b"\r").ok_or(Broken)?;
    let text = std::str::from_utf8(&line[LINE.len()..]).map_err(|_| Broken)?;
    if text == "UNKNOWN" || text.starts_with("UNKNOWN ") {
        return Ok(Some((lf + 1, Proxied::default())));
    }
    let mut words = text.split(' ');
    let mut word = || words.next().ok_or(Broken);
    let is_v6 = match word()? {
        "TCP4" => false,
        "TCP6" => true,
        _ => return Err(Broken),
    };
    let ip = |word: &str| {
        let ip: IpAddr = word.parse().map_err(|_| Broken)?;
        if ip.is_ipv6() == is_v6 { Ok(ip) } else { Err(Broken) }
    };
    let (from, to) = (ip(word()?)?, ip(word()?)?);
    let port = |word: &str| match word.bytes().all(|b| b.is_ascii_digit()) {
        true => word.parse::<u16>().map_err(|_| Broken),
        false => Err(Broken),
    };
    let (from, to) = ((from, port(word()?)?).into(), (to, port(word()?)?).into());
    match words.next() {
        None => Ok(Some((lf + 1, Proxied { addrs: Some((from, to)), ..Proxied::default() }))),
        Some(_) => Err(Broken),
    }
}

fn binary(input: &[u8]) -> Result<Option<(usize, Proxied)>, Broken> {
    let Some(head) = input.get(..HEAD) else { return Ok(None) };
    let (version, command) = (head[12] >> 4, head[12] & 15);
    if version != 2 || command > 1 {
        return Err(Broken);
    }
    let end = HEAD + usize::from(u16::from_be_bytes([head[14], head[15]]));
    let Some(rest) = input.get(HEAD..end) else { return Ok(None) };
    // The command LOCAL says nothing of a client; nor is there a stream of another kind here.
    let (addrs, tlvs) = match (command, head[13]) {
        (1, 0x11) => {
            let at = rest.get(..12).ok_or(Broken)?;
            let ip = |n: usize| IpAddr::V4(Ipv4Addr::new(at[n], at[n + 1], at[n + 2], at[n + 3]));
            (Some((socket(ip(0), &at[8..]), socket(ip(4), &at[10..]))), &rest[12..])
        }
        (1, 0x21) => {
            let at = rest.get(..36).ok_or(Broken)?;
            let ip = |n: usize| {
                let octets: [u8; 16] = at[n..n + 16].try_into().expect("sixteen of them");
                IpAddr::V6(Ipv6Addr::from(octets))
            };
            (Some((socket(ip(0), &at[32..]), socket(ip(16), &at[34..]))), &rest[36..])
        }
        _ => (None, &rest[..0]),
    };
    Ok(Some((end, Proxied { addrs, tlvs: tlvs.into() })))
}

fn socket(ip: IpAddr, port: &[u8]) -> SocketAddr {
    (ip, u16::from_be_bytes([port[0], port[1]])).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(input: &[u8]) -> Result<Option<(usize, String)>, Broken> {
        let it = parse(input)?;
        Ok(it.map(|(n, it)| (n, it.addrs.map_or_else(|| "-".into(), |(a, b)| format!("{a} {b}")))))
    }

    #[test]
    fn lines() {
        for (input, shown) in [
            ("PROXY TCP4 1.2.3.4 5.6.7.8 1 65535\r\nGET", "1.2.3.4:1 5.6.7.8:65535"),
            ("PROXY TCP6 ::1 2001:db8::1 80 443\r\n", "[::1]:80 [2001:db8::1]:443"),
            ("PROXY UNKNOWN\r\n", "-"),
            ("PROXY UNKNOWN whatever it says\r\n", "-"),
        ] {
            let end = input.find('\n').unwrap() + 1;
            assert_eq!(show(input.as_bytes()), Ok(Some((end, shown.to_owned()))), "{input}");
            for cut in 0..end {
                assert_eq!(show(&input.as_bytes()[..cut]), Ok(None), "{cut} of {input}");
            }
        }
        for input in [
            "GET / HTTP/1.1\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n",
            "PROXY TCP4 ::1 ::1 1 2\r\n",
            "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
            "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n",
            "PROXY \r\n",
            &format!("PROXY UNKNOWN {}\r\n", "x".repeat(200)),
        ] {
            assert_eq!(show(input.as_bytes()), Err(Broken), "{input}");
        }
    }

    fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let len = (rest.len() as u16).to_be_bytes();
        [SIGNATURE, &[0x20 | command, family], &len, rest].concat()
    }

    #[test]
    fn binary_headers() {
        let v4 = [1, 2, 3, 4, 5, 6, 7, 8, 0, 80, 1, 187];
        let input = v2(1, 0x11, &v4);
        assert_eq!(show(&input), Ok(Some((28, "1.2.3.4:80 5.6.7.8:443".into()))));
        for cut in 0..input.len() {
            assert_eq!(show(&input[..cut]), Ok(None));
        }
        assert_eq!(show(&v2(1, 0x11, &v4[..11])), Err(Broken));
        assert_eq!(show(&v2(0, 0, &[])), Ok(Some((16, "-".into()))));
        assert_eq!(show(&v2(1, 0x31, &[0; 216])), Ok(Some((232, "-".into()))));
        assert_eq!(show(&v2(2, 0x11, &v4)), Err(Broken));
        let mut six = [0; 36];
        (six[15], six[31], six[33], six[35]) = (1, 2, 3, 4);
        assert_eq!(show(&v2(1, 0x21, &six)), Ok(Some((52, "[::1]:3 [::2]:4".into()))));
        assert_eq!(show(&v2(1, 0x21, &six[..35])), Err(Broken));
        let mut other = input;
        other[12] = 0x31;
        assert_eq!(show(&other), Err(Broken));
    }

    #[test]
    fn clouds() {
        let tlvs = [
            &[0xea, 0, 5, 1, b'v', b'p', b'c', b'e'][..],
            &[0xee, 0, 5, 1, 4, 3, 2, 1],
            &[0xe0, 0, 8, 0, 0, 0, 0, 0, 0, 1, 2],
        ];
        let it = Proxied { addrs: None, tlvs: tlvs.concat().into() };
        assert_eq!(vendor(&it, "aws_vpce_id"), Some(Vendor::Text(b"vpce")));
        assert_eq!(vendor(&it, "azure_pel_id"), Some(Vendor::Number(0x0102_0304)));
        assert_eq!(vendor(&it, "gcp_conn_id"), Some(Vendor::Number(0x0102)));
        assert_eq!(vendor(&it, "alpn"), None);
        let short = [&[0xea, 0, 1, 2][..], &[0xee, 0, 4, 1, 4, 3, 2], &[0xe0, 0, 2, 1, 2]];
        let it = Proxied { addrs: None, tlvs: short.concat().into() };
        for name in ["aws_vpce_id", "azure_pel_id", "gcp_conn_id"] {
            assert_eq!(vendor(&it, name), None, "{name}");
        }
    }

    #[test]
    fn values() {
        let tlvs = [1, 0, 2, b'h', b'2', 2, 0, 0, 0x30, 0, 9, b'x'];
        assert_eq!(tlv(&tlvs, 1), Some(&b"h2"[..]));
        assert_eq!(tlv(&tlvs, 2), Some(&b""[..]));
        assert_eq!(tlv(&tlvs, 0x30), None, "cut short");
        assert_eq!(tlv(&tlvs, 5), None);
        assert_eq!(
            (tlv_type("alpn"), tlv_type("0xea"), tlv_type("0x+1")),
            (Some(1), Some(0xea), None)
        );
        assert_eq!(
            (tlv_type("0x123"), tlv_type("nothing"), ssl_type("cn")),
            (None, None, Some(0x22))
        );
    }
}
