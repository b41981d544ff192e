//! What the name and the value of a field are worth in HTTP/2 (RFC 9113, 8.2 and 8.3).
//!
//! A table of HPACK keeps it beside each entry, so that a field that comes again is not looked at again.

use crate::proto::Name;
use crate::proto::h1::body::is_all_text;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    pub id: Name,
    pub kind: Kind,
    /// Of text that neither begins nor ends with white space.
    pub good_value: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Method,
    Scheme,
    Authority,
    Path,
    /// `:protocol` (RFC 8441).
    Protocol,
    /// Letters in lower case, digits and `-`.
    Plain,
    /// Of other bytes that a name may have: `ignore_invalid_headers` decides.
    Odd,
    Host,
    /// Of which there may be several, which are one for all that follows (RFC 9113, 8.2.3).
    Cookie,
    /// Only its value `trailers` is allowed.
    Te,
    /// `priority` (RFC 9218).
    Priority,
    /// Makes the message malformed: an unknown pseudo-field, bytes that no name has, or a field of HTTP/1's
    /// connections.
    Bad,
}

impl Facts {
    pub fn of(name: &[u8], value: &[u8]) -> Self {
        let id = Name::of(name);
        Self { id, kind: Kind::of(id, name), good_value: is_good(value) }
    }

    /// Of another field with the same name.
    pub fn with(self, value: &[u8]) -> Self {
        Self { good_value: is_good(value), ..self }
    }
}

impl Kind {
    fn of(id: Name, name: &[u8]) -> Self {
        if let [b':', ..] = name {
            return Self::of_pseudo(name);
        }
        let worst = name.iter().fold(PLAIN, |worst, &byte| worst.max(CLASS[usize::from(byte)]));
        match (worst, id) {
            (BAD, _) => Self::Bad,
            _ if name.is_empty() => Self::Bad,
            (ODD, _) => Self::Odd,
            (_, Name::Host) => Self::Host,
            (_, Name::Cookie) => Self::Cookie,
            (_, Name::Te) => Self::Te,
            (_, id) if is_of_connection(id) => Self::Bad,
            _ if name == b"priority" => Self::Priority,
            _ => Self::Plain,
        }
    }

    fn of_pseudo(name: &[u8]) -> Self {
        match name {
            b":method" => Self::Method,
            b":scheme" => Self::Scheme,
            b":authority" => Self::Authority,
            b":path" => Self::Path,
            b":protocol" => Self::Protocol,
            _ => Self::Bad,
        }
    }
}

/// Is it for an HTTP/1 connection alone (RFC 9113, 8.2.2)?
pub fn is_of_connection(id: Name) -> bool {
    matches!(
        id,
        Name::Connection
            | Name::KeepAlive
            | Name::ProxyConnection
            | Name::TransferEncoding
            | Name::Upgrade
    )
}

fn is_good(value: &[u8]) -> bool {
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    !is_blank(value.first()) && !is_blank(value.last()) && is_all_text(value)
}

const PLAIN: u8 = 0;
const ODD: u8 = 1;
const BAD: u8 = 2;

/// Of each byte of a name. Upper case, controls, the colon and what is beyond ASCII are malformed.
static CLASS: [u8; 256] = {
    let mut class = [BAD; 256];
    let mut byte = b'!' as usize;
    while byte < 0x7f {
        class[byte] = match byte as u8 {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => PLAIN,
            b'A'..=b'Z' | b':' => BAD,
            _ => ODD,
        };
        byte += 1;
    }
    class
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        for (name, kind) in [
            (":method", Kind::Method),
            (":path", Kind::Path),
            (":protocol", Kind::Protocol),
            (":status", Kind::Bad),
            (":Method", Kind::Bad),
            (":", Kind::Bad),
            ("", Kind::Bad),
            ("a", Kind::Plain),
            ("x-1", Kind::Plain),
            ("priority", Kind::Priority),
            ("a_b", Kind::Odd),
            ("a(", Kind::Odd),
            ("A", Kind::Bad),
            ("a b", Kind::Bad),
            ("a:b", Kind::Bad),
            ("a\u{7f}", Kind::Bad),
            ("ä", Kind::Bad),
            ("a\n", Kind::Bad),
            ("host", Kind::Host),
            ("cookie", Kind::Cookie),
            ("te", Kind::Te),
            ("connection", Kind::Bad),
            ("keep-alive", Kind::Bad),
            ("proxy-connection", Kind::Bad),
            ("transfer-encoding", Kind::Bad),
            ("upgrade", Kind::Bad),
        ] {
            assert_eq!(Facts::of(name.as_bytes(), b"").kind, kind, "{name:?}");
        }
    }

    #[test]
    fn values() {
        for (value, is_good) in [
            (&b""[..], true),
            (b"a b\tc", true),
            (b"\xff", true),
            (b" a", false),
            (b"a ", false),
            (b"\ta", false),
            (b" ", false),
            (b"a\r\nb", false),
            (b"a\nb", false),
            (b"a\0", false),
            (b"a\x7f", false),
            (b"a\x01", false),
        ] {
            assert_eq!(Facts::of(b"a", value).good_value, is_good, "{value:?}");
        }
    }
}
