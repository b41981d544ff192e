//! The syntax of `host[:port]`, in Host and in the absolute form.

use std::ops::Range;

/// Where the name is, without a trailing dot, and the port's digits. None if it is malformed.
///
/// As nginx takes it, which is lax about the letters of a name (`_`, `,`, bytes beyond ASCII); but
/// what RFC 3986 knows as a delimiter, and what is not a number behind the colon, is refused.
pub(super) fn split(host: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let name = if host.first() == Some(&b'[') { literal(host)? } else { name(host)? };
    let port = match &host[name..] {
        [] => host.len()..host.len(),
        [b':', digits @ ..] if is_port(digits) => name + 1..host.len(),
        _ => return None,
    };
    let trimmed = if host[name - 1] == b'.' { name - 1 } else { name };
    (trimmed > 0).then_some((0..trimmed, port))
}

/// The length of `[v6]`.
fn literal(host: &[u8]) -> Option<usize> {
    let close = host.iter().position(|&b| b == b']')?;
    let inner = &host[1..close];
    let ok = |b: &u8| b.is_ascii_alphanumeric() || b":.%-_~".contains(b);
    (!inner.is_empty() && inner.iter().all(ok)).then_some(close + 1)
}

/// The length of a name or an IPv4 address.
fn name(host: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let is_end = |&byte: &u8| !OF_LABEL[usize::from(byte)];
        at += host[at..].iter().position(is_end).unwrap_or(host.len() - at);
        match &host[at..] {
            [] | [b':', ..] => return (at > 0).then_some(at),
            [b'.', b'.', ..] => return None,
            [b'.', ..] => at += 1,
            _ => return None,
        }
    }
}

/// What may stand between the dots of a name.
static OF_LABEL: [bool; 256] = {
    let mut of_label = [true; 256];
    let (mut byte, mut i) = (0, 0);
    while byte <= b' ' as usize {
        of_label[byte] = false;
        byte += 1;
    }
    let others = b".:/\\?#@[]<>\"{}|^`\x7f";
    while i < others.len() {
        of_label[others[i] as usize] = false;
        i += 1;
    }
    of_label
};

/// Empty is allowed (RFC 3986, 3.2.3).
fn is_port(digits: &[u8]) -> bool {
    digits.len() <= 5
        && digits.iter().all(u8::is_ascii_digit)
        && digits.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0')) <= 65535
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(host: &str) -> Option<(&str, &str)> {
        split(host.as_bytes()).map(|(name, port)| (&host[name], &host[port]))
    }

    #[test]
    fn splits() {
        for (host, name, port) in [
            ("a", "a", ""),
            ("a.", "a", ""),
            ("a.:1", "a", "1"),
            (".a", ".a", ""),
            ("a_b,c", "a_b,c", ""),
            ("a:", "a", ""),
            ("a:65535", "a", "65535"),
            ("[::1]", "[::1]", ""),
            ("[::1]:80", "[::1]", "80"),
            ("AbC", "AbC", ""),
        ] {
            assert_eq!(parts(host), Some((name, port)), "{host}");
        }
    }

    #[test]
    fn refuses() {
        for host in [
            "", ".", ":80", "a..b", "a..", "a/b", "a b", "a\tb", "a@b", "a#b", "a?b", "a\\b",
            "a:b", "a:80:90", "a:65536", "a:+1", "a:-1", "[", "[]", "[::1", "[::1]x", "[::1]:x",
            "[::1]]", "[a/b]", "a]", "a[::1]", "a\u{7f}",
        ] {
            assert_eq!(parts(host), None, "{host}");
        }
    }
}
