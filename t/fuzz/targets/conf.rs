//! Configurations: the text, and all that is made of it but the system's part. A text is taken or refused alike each
//! time; a refusal names a line that there is, or none; and the same directives in the plainest form (each word in
//! quotes, each directive in a line of its own) are read as the same directives and fare the same.

#![allow(unsafe_code)]

#[path = "../../conf/cases.rs"]
#[allow(dead_code)]
mod cases;

use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void};
use std::path::Path;

use peerage::conf::tree::{self, Item, Memory};
use peerage::http::conf::load::parse_text;

pub const WORDS: &[&[u8]] = &[
    b"events {}",
    b"http {",
    b"server {",
    b"location / {",
    b"upstream u {",
    b"map $a $b {",
    b"if ($a = b) {",
    b"}",
    b";",
    b"listen 127.0.0.1:80;",
    b"proxy_pass http://127.0.0.1:80;",
    b"return 200 \"$uri\";",
    b"rewrite ^/(.*)$ /$1 last;",
    b"set $a b;",
    b"server 127.0.0.1:80;",
    b"include a;",
    b"~* ",
    b"${",
];

/// No name of a mutated text is looked up: this takes the place of the system's function, and finds none.
#[unsafe(no_mangle)]
extern "C" fn getaddrinfo(
    _: *const c_char,
    _: *const c_char,
    _: *const c_void,
    _: *mut *mut c_void,
) -> c_int {
    const NO_NAME: c_int = -2;
    NO_NAME
}

/// The configurations that the repository has, and the cases of `t/conf`.
pub fn seeds() -> Vec<Vec<u8>> {
    let whole = [
        include_str!("../../../conf/nginx.conf"),
        include_str!("../../../conf/examples/one-app.conf"),
        include_str!("../../../conf/examples/several-apps.conf"),
        include_str!("../../../conf/examples/static-and-app.conf"),
        include_str!("../../../conf/examples/websocket.conf"),
        include_str!("../../conf/locations.conf"),
    ];
    // There are no files to include.
    let without_types = |text: &str| {
        let lines = text.split_inclusive('\n');
        lines.filter(|line| !line.contains("include ")).collect::<String>()
    };
    let cases = cases::cases().into_iter().map(|case| case.text);
    whole.into_iter().map(without_types).chain(cases).map(String::into_bytes).collect()
}

pub fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let said = load(&text);
    assert_eq!(load(&text), said);
    if let Err(message) = &said {
        let line = message.rsplit_once(" in nginx.conf:").map(|(_, line)| line.parse::<usize>());
        let lines = text.matches('\n').count() + 1;
        assert!(line.is_none_or(|line| (1..=lines).contains(&line.unwrap())), "{message}");
    }
    let Some(items) = read(text.as_bytes()) else { return };
    let Some(plain) = plain(&items) else { return };
    let again = read(&plain).expect("was whole");
    assert_eq!(self::plain(&again).as_ref(), Some(&plain));
    let message = |said: Result<Vec<String>, String>| {
        said.map(drop).map_err(|message| match message.rsplit_once(" in nginx.conf:") {
            Some((message, _)) => message.to_owned(),
            None => message,
        })
    };
    assert_eq!(message(load(&String::from_utf8_lossy(&plain))), message(said));
}

/// Its warnings, or why it is refused.
fn load(text: &str) -> Result<Vec<String>, String> {
    parse_text(text).map(|loaded| loaded.remarks.warnings).map_err(|error| error.to_string())
}

/// The directives, if the text is one whole tree without included files.
fn read(text: &[u8]) -> Option<Vec<Item>> {
    let mut files = Memory(HashMap::from([("a".into(), text.to_vec())]));
    let items = tree::read(&mut files, Path::new("a"), Path::new("")).ok()?;
    is_whole(&items).then_some(items)
}

fn is_whole(items: &[Item]) -> bool {
    items.iter().all(|item| match item {
        Item::Node(node) => node.block.as_ref().is_none_or(|block| is_whole(&block.items)),
        Item::Broken(_) => false,
    })
}

/// In the plainest form. `None`: a word would be too long in it.
fn plain(items: &[Item]) -> Option<Vec<u8>> {
    let mut out = vec![];
    for item in items {
        let Item::Node(node) = item else { return None };
        for word in &node.words {
            out.push(b'"');
            for &byte in word {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(byte);
            }
            out.extend_from_slice(b"\" ");
            if word.len() > 1000 {
                return None;
            }
        }
        match &node.block {
            Some(block) => {
                out.extend_from_slice(b"{\n");
                out.extend_from_slice(&plain(&block.items)?);
                out.extend_from_slice(b"}\n");
            }
            None => out.extend_from_slice(b";\n"),
        }
    }
    Some(out)
}
