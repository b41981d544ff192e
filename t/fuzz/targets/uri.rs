//! URIs. The path of a target is what a reader makes of it that decodes it whole and then counts its segments; it stays
//! as it is when it is escaped and read again. What is escaped holds nothing that its place does not bear, and is
//! decoded to what it was. A URI that a server sends leads out of no folder. An argument is found where a reader of
//! pairs finds it.

use peerage::http::uri::{self, Bad, Escape};

pub const WORDS: &[&[u8]] = &[
    b"/", b"//", b"/.", b"/..", b"/./", b"/../", b"%2e", b"%2F", b"%25", b"%3f", b"%00", b"%",
    b"?", b"#", b"&a=", b"&A=b",
];

pub fn check(input: &[u8]) {
    for merge in [false, true] {
        check_path(input, merge);
    }
    for place in [Escape::Uri, Escape::Args, Escape::Component, Escape::Refresh, Escape::Sent] {
        check_escape(input, place);
    }
    check_redirect(input);
    check_unsafe(input);
    for name in [&b"a"[..], b"ab", b"%2e"] {
        let pairs = input.split(|byte| *byte == b'&');
        let mut halves = pairs.map(|pair| pair.splitn(2, |byte| *byte == b'='));
        let found = halves.find_map(|mut pair| {
            let is_it = pair.next()?.eq_ignore_ascii_case(name);
            pair.next().filter(|_| is_it)
        });
        assert_eq!(uri::arg(input, name), found);
    }
}

fn check_path(raw: &[u8], merge: bool) {
    let mut path = b"old".to_vec();
    let found = uri::normalize(raw, merge, &mut path);
    let (sent, args) = match raw.iter().position(|byte| *byte == b'?') {
        Some(at) => (&raw[..at], Some(&raw[at + 1..])),
        None => (raw, None),
    };
    let wanted = if raw.contains(&b'#') || raw.contains(&0) { None } else { naive(sent, merge) };
    assert_eq!(found.is_ok(), wanted.is_some());
    let Ok(uri) = found else { return };
    assert_eq!(Some(&path), wanted.as_ref());
    assert_eq!((uri.path_len, uri.complex), (path.len(), path != sent));
    assert_eq!(uri.args.map(|span| span.of(raw)), args);
    let (mut escaped, mut again) = (vec![], vec![]);
    uri::escape_uri(&path, &mut escaped);
    let same = uri::normalize(&escaped, merge, &mut again).expect("was a path");
    assert_eq!((&again, same.args), (&path, None));
}

/// The path, decoded and then resolved segment by segment.
fn naive(sent: &[u8], merge: bool) -> Option<Vec<u8>> {
    if sent.is_empty() {
        return Some(b"/".to_vec());
    }
    let decoded = decoded(sent)?;
    if sent[0] != b'/' || decoded.contains(&0) {
        return None;
    }
    let mut kept: Vec<&[u8]> = vec![];
    let mut segments = decoded[1..].split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            b"." => {}
            b".." => drop(kept.pop()?),
            b"" if merge => {}
            _ => {
                kept.push(segment);
                continue;
            }
        }
        // A slash stands before the end.
        if is_last {
            kept.push(b"");
        }
    }
    Some(kept.iter().flat_map(|segment| [&b"/"[..], segment].concat()).collect())
}

/// None: a `%` has no two digits.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut parts = text.split(|byte| *byte == b'%');
    let mut out = parts.next()?.to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
        out.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        out.extend_from_slice(&part[2..]);
    }
    Some(out)
}

fn check_escape(text: &[u8], place: Escape) {
    let mut escaped = vec![];
    uri::escape(text, place, &mut escaped);
    assert!(escaped.iter().all(|byte| *byte == b'%' || !place.needs(*byte)));
    assert!((text.len()..=3 * text.len()).contains(&escaped.len()));
    // In the other places a `%` that was sent stays.
    if place.needs(b'%') {
        assert_eq!(unescaped(&escaped), text);
        assert_eq!(decoded(&escaped).as_deref(), Some(text));
    }
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    uri::unescape(text, &mut out);
    out
}

/// A well-formed address says the same, and is not undone any further.
fn check_redirect(text: &[u8]) {
    let (mut out, mut again) = (vec![], vec![]);
    uri::unescape_redirect(text, &mut out);
    assert!(out.len() <= text.len());
    if let Some(decoded) = decoded(text) {
        assert_eq!(unescaped(text), decoded);
        assert_eq!(self::decoded(&out).as_ref(), Some(&decoded));
        uri::unescape_redirect(&out, &mut again);
        assert_eq!(again, out);
    }
}

fn check_unsafe(text: &[u8]) {
    let mut path = b"old".to_vec();
    let args = match uri::parse_unsafe(text, &mut path) {
        Ok(args) => args,
        Err(Bad) => return,
    };
    assert!(!path.contains(&0) && path.split(|byte| *byte == b'/').all(|it| it != b".."));
    let question = text.iter().position(|byte| *byte == b'?');
    assert_eq!(args, question.map(|at| &text[at + 1..]));
    assert_eq!(path, unescaped(&text[..question.unwrap_or(text.len())]));
}
