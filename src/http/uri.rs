//! URIs as nginx has them: a raw target in, the decoded and simplified path out, and back again
//! with the escapes that each place needs.

use crate::proto::Span;

/// Not a URI that is served: 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bad;

/// What [`normalize`] found. The path is in the caller's buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uri {
    pub path_len: usize,
    /// Behind the `?`, in the raw target; there may be a `?` and nothing behind it.
    pub args: Option<Span>,
    /// The path is not what was sent: `proxy_pass` without a URI then still passes what was sent,
    /// with one it escapes anew.
    pub complex: bool,
}

/// The path of a request, decoded, with `.`, `..` and `//` resolved, as nginx does it: a decoded
/// slash or dot counts as one, a decoded `?`, `#` or `%` is a letter. `out` is overwritten.
///
/// `raw` is the origin form, or what is behind the authority of an absolute one: then it may be
/// empty or begin with `?`, which means `/`.
pub fn normalize(raw: &[u8], merge_slashes: bool, out: &mut Vec<u8>) -> Result<Uri, Bad> {
    out.clear();
    if memchr::memchr2(b'#', 0, raw).is_some() {
        return Err(Bad);
    }
    let question = memchr::memchr(b'?', raw);
    let path = &raw[..question.unwrap_or(raw.len())];
    match path.first() {
        None => out.push(b'/'),
        Some(b'/') => resolve(path, merge_slashes, out)?,
        Some(_) => return Err(Bad),
    }
    let args = question.map(|at| Span::new(at + 1, raw.len()));
    Ok(Uri { path_len: out.len(), args, complex: out != path })
}

/// `path` begins with a slash.
fn resolve(path: &[u8], merge_slashes: bool, out: &mut Vec<u8>) -> Result<(), Bad> {
    let plain = plain_len(path);
    out.extend_from_slice(&path[..plain]);
    if plain == path.len() {
        return Ok(());
    }
    let mut rest = &path[plain..];
    // Where the segment being written began, behind its slash.
    let mut segment = out.iter().rposition(|&b| b == b'/').map_or(0, |slash| slash + 1);
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        let byte = if first == b'%' {
            let (byte, tail) = decoded(rest).ok_or(Bad)?;
            rest = tail;
            byte
        } else {
            first
        };
        match byte {
            0 => return Err(Bad),
            b'/' => {
                let was_dots = close_segment(out, &mut segment)?;
                let merged = merge_slashes && out.last() == Some(&b'/');
                if !was_dots && !merged {
                    out.push(b'/');
                    segment = out.len();
                }
            }
            _ => out.push(byte),
        }
    }
    close_segment(out, &mut segment)?;
    Ok(())
}

/// At the end of a segment: `.` and `..` take effect. True if it was one of them; then `out` ends
/// in the slash that is before the next segment.
fn close_segment(out: &mut Vec<u8>, segment: &mut usize) -> Result<bool, Bad> {
    match &out[*segment..] {
        b"." => {
            out.truncate(*segment);
            Ok(true)
        }
        b".." => {
            if *segment < 2 {
                return Err(Bad);
            }
            out.truncate(*segment - 1);
            let slash = out.iter().rposition(|&b| b == b'/').ok_or(Bad)?;
            *segment = slash + 1;
            out.truncate(*segment);
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// How much of the path can be copied: up to a `%`, or the slash before what may be resolved.
fn plain_len(path: &[u8]) -> usize {
    let mut before = 0;
    for (i, &byte) in path.iter().enumerate() {
        match byte {
            b'%' => return i,
            b'/' | b'.' if before == b'/' => return i,
            _ => before = byte,
        }
    }
    path.len()
}

/// The byte that two digits at the front stand for, and what is behind them.
fn decoded(text: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], rest) = text.split_first_chunk()?;
    Some((hex(high)? << 4 | hex(low)?, rest))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|n| n as u8)
}

/// `ngx_unescape_uri`: decodes what it can, and drops the `%` of what it cannot.
pub fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'%', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let Some((&high, tail)) = rest.split_first() else { return };
        let Some(value) = hex(high) else {
            out.push(high);
            rest = tail;
            continue;
        };
        let Some((&low, tail)) = tail.split_first() else { return };
        out.extend(hex(low).map(|low| value << 4 | low));
        rest = tail;
    }
    out.extend_from_slice(rest);
}

/// A URI that an upstream or a configuration sends us to (X-Accel-Redirect, `error_page`): the
/// decoded path goes to `out`, the arguments are a part of `uri`. Nothing may lead out of the root.
pub fn parse_unsafe<'a>(uri: &'a [u8], out: &mut Vec<u8>) -> Result<Option<&'a [u8]>, Bad> {
    out.clear();
    if uri.is_empty() || uri[0] == b'?' || memchr::memchr(0, uri).is_some() {
        return Err(Bad);
    }
    let question = memchr::memchr(b'?', uri);
    let path = &uri[..question.unwrap_or(uri.len())];
    if has_parent(path) {
        return Err(Bad);
    }
    unescape(path, out);
    if out.len() != path.len() && (memchr::memchr(0, out).is_some() || has_parent(out)) {
        return Err(Bad);
    }
    Ok(question.map(|at| &uri[at + 1..]))
}

fn has_parent(path: &[u8]) -> bool {
    path.split(|&b| b == b'/').any(|segment| segment == b"..")
}

/// Where an escaped text is to stand: what must not stand there as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// A path (`NGX_ESCAPE_URI`).
    Uri,
    /// A value among arguments (`NGX_ESCAPE_ARGS`).
    Args,
    /// A single component, slashes escaped too (`NGX_ESCAPE_URI_COMPONENT`).
    Component,
    /// As `Component`, but what RFC 2396, 2.3, calls unreserved stays: `ngx.escape_uri`.
    Unreserved,
    /// A text within a page (`NGX_ESCAPE_HTML`).
    Html,
    /// An address within a page (`NGX_ESCAPE_REFRESH`).
    Refresh,
    /// What was sent as a part of an address: only what no address holds.
    Sent,
    /// A key of memcached (`NGX_ESCAPE_MEMCACHED`).
    Memcached,
}

impl Escape {
    pub fn needs(self, byte: u8) -> bool {
        let common = byte <= b' ' || byte >= 0x7f || b"\"#%<>?\\^`{|}".contains(&byte);
        match self {
            Self::Uri => common,
            Self::Args => common || b"&+;".contains(&byte),
            Self::Html => byte <= b' ' || byte >= 0x7f || b"\"#%'<>\\^`{|}".contains(&byte),
            Self::Refresh => byte <= b' ' || byte >= 0x7f || b"\"'<>".contains(&byte),
            Self::Sent => byte <= b' ' || byte >= 0x7f || b"\"<>".contains(&byte),
            Self::Memcached => byte <= b' ' || byte == b'%',
            Self::Unreserved => !byte.is_ascii_alphanumeric() && !b"-_.!~*'()".contains(&byte),
            Self::Component => !byte.is_ascii_alphanumeric() && !b"-._~".contains(&byte),
        }
    }
}

/// Appends `text` with `%XX` for what the place does not bear.
pub fn escape(text: &[u8], place: Escape, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in text {
        if place.needs(byte) {
            out.push(b'%');
            out.push(DIGITS[usize::from(byte >> 4)]);
            out.push(DIGITS[usize::from(byte & 15)]);
        } else {
            out.push(byte);
        }
    }
}

pub fn escape_uri(text: &[u8], out: &mut Vec<u8>) {
    escape(text, Escape::Uri, out);
}

pub fn escape_args(text: &[u8], out: &mut Vec<u8>) {
    escape(text, Escape::Args, out);
}

/// The arguments of a request, behind a path in `Location`: as they were sent, or as `set` or `rewrite` left
/// them.
pub fn push_args(args: &[u8], out: &mut Vec<u8>) {
    if !args.is_empty() {
        out.push(b'?');
        escape(args, Escape::Sent, out);
    }
}

/// Appends `text` as HTML has it: with entities for the letters of markup.
pub fn escape_entities(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            byte => out.push(byte),
        }
    }
}

/// For an address within a page of HTML.
pub fn escape_refresh(text: &[u8], out: &mut Vec<u8>) {
    escape(text, Escape::Refresh, out);
}

/// For an address in `Location`: escapes of what needs none are undone, up to the first `?`
/// (`NGX_UNESCAPE_REDIRECT`).
pub fn unescape_redirect(text: &[u8], out: &mut Vec<u8>) {
    let end = memchr::memchr(b'?', text).unwrap_or(text.len());
    let mut at = 0;
    while at < end {
        let byte = match &text[at..end] {
            [b'%', high, low, ..] => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match byte.filter(|byte| (b'%' + 1..0x7f).contains(byte)) {
            Some(byte) => {
                out.push(byte);
                at += 3;
                if byte == b'?' {
                    break;
                }
            }
            None => {
                out.push(text[at]);
                at += 1;
            }
        }
    }
    out.extend_from_slice(&text[at..]);
}

/// The value of an argument, as sent: `$arg_NAME`. Names are compared in any case, as in nginx.
pub fn arg<'a>(args: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    args.split(|&b| b == b'&').find_map(|pair| {
        let (key, value) = pair.split_at_checked(name.len())?;
        value.strip_prefix(b"=").filter(|_| key.eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The path, the arguments (`-` for none), and whether it is complex.
    fn normal(raw: &str, merge: bool) -> Option<(String, String, bool)> {
        let mut out = b"old".to_vec();
        let uri = normalize(raw.as_bytes(), merge, &mut out).ok()?;
        assert_eq!(uri.path_len, out.len());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let args = uri.args.map_or_else(|| "-".into(), |span| text(span.of(raw.as_bytes())));
        Some((text(&out), args, uri.complex))
    }

    /// Each row was asked of nginx 1.22.
    #[test]
    fn normalizes_as_nginx_does() {
        for (raw, path, args, complex) in [
            ("/", "/", "-", false),
            ("", "/", "-", true),
            ("?q", "/", "q", true),
            ("/a/b.html", "/a/b.html", "-", false),
            ("/a/..", "/", "-", true),
            ("/a/.", "/a/", "-", true),
            ("/a/./b", "/a/b", "-", true),
            ("/a/b/../c", "/a/c", "-", true),
            ("/a/b/../../c", "/c", "-", true),
            ("//a///b?x//y", "/a/b", "x//y", true),
            ("/a%3fb%23c+d?x+y%zz", "/a?b#c+d", "x+y%zz", true),
            ("/a%2fb/%2e%2e/c", "/a/c", "-", true),
            ("/...", "/...", "-", false),
            ("/.a/..b/c..?", "/.a/..b/c..", "", false),
            ("/a%5cb\\c", "/a\\b\\c", "-", true),
            ("/a%252e%2e", "/a%2e.", "-", true),
            ("/a%0ab", "/a\nb", "-", true),
            ("/a%41", "/aA", "-", true),
            ("/a//../b", "/b", "-", true),
        ] {
            let want = Some((path.to_owned(), args.to_owned(), complex));
            assert_eq!(normal(raw, true), want, "{raw}");
        }
        let slashes = |raw| normal(raw, false).map(|uri| uri.0);
        assert_eq!(slashes("//a//b"), Some("//a//b".into()));
        assert_eq!(slashes("/a//../b"), Some("/a/b".into()));
    }

    #[test]
    fn refuses() {
        for raw in
            ["/..", "/../a", "/a/../../b", "/%2e%2e/", "/a%00", "/a%2", "/a%", "/a%zz", "/a#", "a"]
        {
            assert_eq!(normal(raw, true), None, "{raw}");
            assert_eq!(normal(raw, false), None, "{raw}");
        }
    }

    #[test]
    fn no_bytes_make_it_panic_or_leave_the_root() {
        let mut state = 7_u32;
        let mut out = Vec::new();
        for _ in 0..20_000 {
            let raw: Vec<u8> = std::iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b"/..//%2e2fa?"[(state >> 24) as usize % 12]
            })
            .take(12)
            .collect();
            let raw = [b"/", &raw[..]].concat();
            if normalize(&raw, state & 1 == 0, &mut out).is_ok() {
                assert_eq!(out.first(), Some(&b'/'));
                assert!(!has_parent(&out), "{}", String::from_utf8_lossy(&raw));
            }
        }
    }

    #[test]
    fn unescapes_and_escapes() {
        let decode = |text: &str| {
            let mut out = Vec::new();
            unescape(text.as_bytes(), &mut out);
            String::from_utf8_lossy(&out).into_owned()
        };
        assert_eq!(decode("a%20b%zz%4"), "a bzz");
        assert_eq!(decode("%41%4x."), "A.");
        let mut out = Vec::new();
        escape_uri(b"/a b?\"#%+&;~\xff", &mut out);
        assert_eq!(out, b"/a%20b%3F%22%23%25+&;~%FF");
        out.clear();
        escape_args(b"a b&+;/=", &mut out);
        assert_eq!(out, b"a%20b%26%2B%3B/=");
        out.clear();
        push_args(b"a=%20&b={|}+ \r\n\"<\xff", &mut out);
        assert_eq!(out, b"?a=%20&b={|}+%20%0D%0A%22%3C%FF");
        out.clear();
        push_args(b"", &mut out);
        assert_eq!(out, b"");
        escape(b"a/b~_", Escape::Component, &mut out);
        assert_eq!(out, b"a%2Fb~_");
    }

    #[test]
    fn unsafe_uris() {
        let parse = |uri: &str| {
            let mut out = Vec::new();
            let args = parse_unsafe(uri.as_bytes(), &mut out).ok()?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            Some((text(&out), args.map(text)))
        };
        assert_eq!(parse("/p%20q?a=%20"), Some(("/p q".into(), Some("a=%20".into()))));
        assert_eq!(parse("/..a"), Some(("/..a".into(), None)));
        assert_eq!(parse("/a%2e%2e/"), Some(("/a../".into(), None)));
        for uri in ["", "?a", "../x", "/a/../b", "/a/..", "/%2e%2e/x", "/a%00", "/a\0"] {
            assert_eq!(parse(uri), None, "{uri:?}");
        }
    }

    #[test]
    fn arguments() {
        assert_eq!(arg(b"a=1&B=2&b=3", b"b"), Some(&b"2"[..]));
        assert_eq!(arg(b"ab=1&a", b"a"), None);
        assert_eq!(arg(b"x&a=", b"a"), Some(&b""[..]));
    }
}
