//! `$TEST_NGINX_…` in configurations and expectations: which names there are and what they become.

use crate::format::{Block, Value};
use crate::ports;
use std::collections::BTreeMap;
use std::path::Path;

pub type Names = BTreeMap<String, String>;

const PREFIX: &str = "TEST_NGINX_";

/// The names of one run of a block, with ports for those that it mentions.
pub fn names(block: &Block, directory: &Path) -> Result<Names, String> {
    let mut names = Names::new();
    let root = directory.display().to_string();
    let port = ports::free()?.to_string();
    names.insert("TEST_NGINX_SERVER_PORT".to_owned(), port.clone());
    names.insert("TEST_NGINX_CLIENT_PORT".to_owned(), port);
    names.insert("TEST_NGINX_HTML_DIR".to_owned(), format!("{root}/html"));
    names.insert("TEST_NGINX_TLS".to_owned(), crate::tls::FOLDER.to_owned());
    names.insert(
        "TEST_NGINX_CONF".to_owned(),
        concat!(env!("CARGO_MANIFEST_DIR"), "/conf").to_owned(),
    );
    names.insert("TEST_NGINX_SERVER_ROOT".to_owned(), root);
    let mut wanted = Vec::new();
    for value in block.values() {
        mentioned(value, &mut wanted);
    }
    for name in wanted {
        if name.starts_with("TEST_NGINX_RAND_PORT_") && !names.contains_key(&name) {
            names.insert(name, ports::free()?.to_string());
        }
    }
    Ok(names)
}

/// Puts the values in place of the names; in a pattern they stand for themselves.
pub fn substitute(text: &str, names: &Names, in_pattern: bool) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let Some((name, length)) = name_at(from) else {
            out.push('$');
            rest = &from[1..];
            continue;
        };
        let value = names.get(name).ok_or_else(|| format!("unknown name \"${name}\""))?;
        if in_pattern {
            out.push_str(&regex::escape(value));
        } else {
            out.push_str(value);
        }
        rest = &from[length..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The name at a `$`, as `$NAME` or `${NAME}`, and the length of both together.
fn name_at(text: &str) -> Option<(&str, usize)> {
    let braced = text.starts_with("${");
    let rest = &text[1 + usize::from(braced)..];
    if !rest.starts_with(PREFIX) {
        return None;
    }
    let length = rest
        .bytes()
        .take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == b'_')
        .count();
    if braced && !rest[length..].starts_with('}') {
        return None;
    }
    Some((&rest[..length], 1 + length + 2 * usize::from(braced)))
}

fn mentioned(value: &Value, names: &mut Vec<String>) {
    if let Value::List(items) = value {
        for item in items {
            mentioned(item, names);
        }
        return;
    }
    let text = value.lossy();
    let mut rest = text.as_str();
    while let Some(at) = rest.find('$') {
        rest = &rest[at..];
        if let Some((name, _)) = name_at(rest) {
            names.push(name.to_owned());
        }
        rest = &rest[1..];
    }
}
