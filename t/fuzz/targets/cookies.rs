//! Cookies. A cookie is found in the lines of `Cookie` where a reader of pairs finds it. A `Set-Cookie` that is written
//! again says the same and stays so; each flag is in it once or not at all, and setting it a second time, or setting
//! flags in another order, changes no more.

use peerage::http::cookies::{self, Flag, SetCookie};

pub const WORDS: &[&[u8]] = &[
    b"a=1; ",
    b"A = b",
    b";",
    b"=",
    b" ",
    b"\t",
    b"\n",
    b"; Path=/x",
    b"; Domain=.a.example",
    b"; Secure",
    b"; secure=1",
    b"; HttpOnly",
    b"; SameSite=Lax",
    b"\"",
    b",",
];

const FLAGS: &[&[u8]] = &[
    b"secure",
    b"NoSecure",
    b"httponly",
    b"nohttponly",
    b"samesite=strict",
    b"SameSite=Lax",
    b"samesite=none",
    b"nosamesite",
];

/// Bytes of an input that are used: each order of two flags is tried on a copy of each cookie.
const LONGEST: usize = 256;

pub fn check(input: &[u8]) {
    let input = &input[..input.len().min(LONGEST)];
    let lines = || input.split(|byte| *byte == b'\n');
    for name in [&b"a"[..], b"ab", b"Secure"] {
        let found = cookies::find(lines(), name);
        assert_eq!(found, lines().flat_map(pairs).find(|(key, _)| is(key, name)).map(|it| it.1));
    }
    lines().for_each(check_set_cookie);
}

fn is(key: &[u8], name: &[u8]) -> bool {
    key.eq_ignore_ascii_case(name)
}

/// The pairs of a line, with the spaces around a name and before a value left out.
fn pairs(line: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    line.split(|byte| *byte == b';').filter_map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let value = &pair[equals + 1..];
        let spaces = value.iter().take_while(|byte| **byte == b' ').count();
        Some((trim_spaces(&pair[..equals]), &value[spaces..]))
    })
}

fn trim_spaces(text: &[u8]) -> &[u8] {
    match text {
        [b' ', rest @ ..] | [rest @ .., b' '] => trim_spaces(rest),
        _ => text,
    }
}

fn check_set_cookie(line: &[u8]) {
    let pair = line.split(|byte| *byte == b';').next().unwrap_or_default();
    let Some(cookie) = SetCookie::parse(line) else {
        assert!(!pair.contains(&b'='));
        return;
    };
    assert!(pair.contains(&b'='));
    let written = cookie.written();
    assert_eq!(SetCookie::parse(&written), Some(cookie.clone()));
    assert_eq!(SetCookie::parse(&written).unwrap().written(), written);
    let packed = |text: &[u8]| {
        text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<_>>()
    };
    assert_eq!(packed(&written), packed(line));
    for (at, &word) in FLAGS.iter().enumerate() {
        let flag = Flag::named(word).expect("is one");
        let mut changed = cookie.clone();
        changed.set(flag);
        check_flag(&cookie, &mut changed, word);
        let once = changed.clone();
        changed.set(flag);
        assert_eq!(changed, once);
        for &other in &FLAGS[at + 1..] {
            let other = Flag::named(other).expect("is one");
            if other.kind != flag.kind {
                let both = |first, second| {
                    let mut cookie = cookie.clone();
                    cookie.set(first);
                    cookie.set(second);
                    let mut sorted = cookie.attributes_mut().to_vec();
                    sorted.sort_by(|a, b| (&a.key, &a.value).cmp(&(&b.key, &b.value)));
                    sorted
                };
                assert_eq!(both(flag, other), both(other, flag));
            }
        }
    }
}

/// The attribute is there or not, as the word says; the others are as they were.
fn check_flag(before: &SetCookie, after: &mut SetCookie, word: &[u8]) {
    let word = String::from_utf8_lossy(word).to_ascii_lowercase();
    let (on, word) = match word.strip_prefix("no") {
        Some(word) => (false, word),
        None => (true, &*word),
    };
    let (name, value) = word.split_once('=').map_or((word, None), |(name, it)| (name, Some(it)));
    let mut before = before.clone();
    assert_eq!(after.name(), before.name());
    let is_it = |key: &[u8]| is(key, name.as_bytes());
    let of_it = |cookie: &mut SetCookie| {
        let all = cookie.attributes_mut().to_vec();
        all.into_iter().partition::<Vec<_>, _>(|it| is_it(&it.key))
    };
    let (was, others_before) = of_it(&mut before);
    let (now, others) = of_it(after);
    assert_eq!(others, others_before);
    assert_eq!(now.len(), if on { was.len().max(1) } else { 0 });
    if let (Some(value), Some(first)) = (value, now.first()) {
        assert!(first.value.as_ref().is_some_and(|it| is(it, value.as_bytes())));
    }
}
