//! Blocks whose lines are no settings of a server or location: `upstream`, `types`, `map`, `charset_map`, `match`.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::addrs::server_addrs;
use super::super::builder::Builder;
use super::super::raw::LocationRaw;
use super::lines::{block_of, each, each_placed, obeyed};
use crate::conf::directive::{Line, Places, text};
use crate::conf::error::{Error, Wrong};
use crate::conf::tree::{Block, Node};
use crate::http::directives::upstream::UpstreamRaw;
use crate::http::directives::{self, charset};
use crate::http::servers::NameError;
use crate::http::settings::health::Match;
use crate::http::settings::map::Map;
use crate::http::vars::Template;
use crate::upstream::conf::{self as upstream, GroupRaw};
use crate::upstream::resolve::Lookup;

pub(super) fn upstream_block(
    builder: &mut Builder,
    node: &Node,
    block: &Block,
) -> Result<(), Error> {
    let name = text(&node.words[1]);
    let found =
        builder.groups.iter().position(|group| group.name.eq_ignore_ascii_case(name.as_bytes()));
    if let Some(group) = found.map(|at| &builder.groups[at]) {
        if group.block.is_some() {
            return Err(Error::new(format!("duplicate upstream \"{name}\""), &node.at));
        }
        if let Some(port) = group.port {
            let message = format!("upstream \"{name}\" may not have port {port}");
            return Err(Error::new(message, &group.at));
        }
    }
    let mut raw = UpstreamRaw { name: name.clone().into_owned(), ..UpstreamRaw::default() };
    let mut lookup: Lookup = server_addrs;
    each_placed(builder, &block.items, |builder, node| {
        if obeyed(&[upstream::ROWS], Places::UPSTREAM, &mut raw.block, &mut lookup, node)?
            || obeyed(
                &[directives::upstream::ROWS, directives::upstream::ROWS_OF_SCRIPTS],
                Places::UPSTREAM,
                &mut raw,
                builder,
                node,
            )?
        {
            return Ok(());
        }
        block_of(node, Places::UPSTREAM).map(drop)
    })?;
    let end = block.end.as_ref().unwrap_or(&node.at);
    if raw.block.servers.is_empty() && !raw.block.scripted {
        return Err(Error::new("no servers are inside upstream", end));
    }
    let group = GroupRaw {
        name: name.as_bytes().into(),
        port: None,
        default_port: None,
        at: node.at.clone(),
        block: Some(raw.block),
    };
    let at = found.unwrap_or(builder.groups.len());
    match found {
        Some(at) => builder.groups[at] = group,
        None => builder.groups.push(group),
    }
    builder.keys.push((at, raw.keys));
    Ok(())
}

pub(super) fn types_block(
    l: &mut LocationRaw,
    builder: &mut Builder,
    block: &Block,
) -> Result<(), Error> {
    let mut types = l.core.types.take().map(|types| (*types).clone()).unwrap_or_default();
    each(&block.items, |node| {
        bare(node)?;
        let media: Arc<[u8]> = (*node.words[0]).into();
        for extension in &node.words[1..] {
            if let Some(before) = types.insert(extension, media.clone()) {
                let message = format!(
                    "duplicate extension \"{}\", content type: \"{}\", previous content type: \"{}\"",
                    text(extension),
                    text(&media),
                    text(&before),
                );
                builder.warn(&message, &node.at);
            }
        }
        Ok(())
    })?;
    l.core.types = Some(Arc::new(types));
    Ok(())
}

/// In `types`, `map`, `geo` and their kin every name is allowed, but no block.
pub(super) fn bare(node: &Node) -> Result<(), Error> {
    match node.block {
        Some(_) => Err(Error::new("unexpected \"{\"", &node.at)),
        None => Ok(()),
    }
}

/// The word without its `$`.
pub(super) fn variable_name(word: &[u8]) -> Result<Cow<'_, str>, Wrong> {
    match word {
        [b'$', name @ ..] if !name.is_empty() => Ok(text(name)),
        _ => Err(format!("invalid variable name \"{}\"", text(word)).into()),
    }
}

pub(super) fn map_block(builder: &mut Builder, node: &Node, block: &Block) -> Result<(), Error> {
    let fail = |wrong: Wrong| wrong.at("map", &node.at);
    let key = builder.template(&node.words[1]).map_err(fail)?;
    let name = variable_name(&node.words[2]).map_err(fail)?;
    let slot = builder.names.define(&name).map_err(fail)?;
    let mut map = Map {
        name: name.to_ascii_lowercase().into_bytes().into(),
        slot,
        key,
        volatile: false,
        hostnames: false,
        names: Default::default(),
        values: vec![],
        default: Template::default(),
    };
    let mut default = false;
    each_placed(builder, &block.items, |builder, node| {
        bare(node)?;
        map_line(&mut map, builder, node, &mut default).map_err(|wrong| wrong.at("map", &node.at))
    })?;
    builder.maps.push(map);
    Ok(())
}

pub(super) fn charset_map_block(
    builder: &mut Builder,
    node: &Node,
    block: &Block,
) -> Result<(), Error> {
    let line = Line { words: &node.words, at: &node.at };
    let begun = charset::map(builder, &line);
    let (from, to, mut map) = begun.map_err(|wrong| wrong.at("charset_map", &node.at))?;
    each(&block.items, |node| {
        bare(node)?;
        let line = Line { words: &node.words, at: &node.at };
        charset::map_line(&mut map, &line).map_err(|wrong| wrong.at("charset_map", &node.at))
    })?;
    builder.charsets.insert(from, to, map);
    Ok(())
}

pub(super) fn match_block(builder: &mut Builder, node: &Node, block: &Block) -> Result<(), Error> {
    let name = &node.words[1];
    if builder.matches.iter().any(|known| known.name == *name) {
        return Err(Error::new(format!("duplicate match \"{}\"", text(name)), &node.at));
    }
    let mut it = Match::new(name);
    each_placed(builder, &block.items, |builder, node| {
        bare(node)?;
        it.line(builder, &Line { words: &node.words, at: &node.at })
    })?;
    builder.matches.push(Arc::new(it));
    Ok(())
}

fn map_line(
    map: &mut Map,
    builder: &mut Builder,
    node: &Node,
    default: &mut bool,
) -> Result<(), Wrong> {
    let (key, value) = match node.words.as_slice() {
        [word] if **word == *b"hostnames" => {
            map.hostnames = true;
            return Ok(());
        }
        [word] if **word == *b"volatile" => {
            map.volatile = true;
            return Ok(());
        }
        [key, value] => (key, value),
        _ => return Err("invalid number of the map parameters".into()),
    };
    if **key == *b"default" {
        if std::mem::replace(default, true) {
            return Err("duplicate default map parameter".into());
        }
        map.default = builder.template(value)?;
        return Ok(());
    }
    let index = map.values.len() as u32;
    let pattern = match &**key {
        [b'~', b'*', source @ ..] => Some(builder.pattern(source, true)?),
        [b'~', source @ ..] => Some(builder.pattern(source, false)?),
        _ => None,
    };
    // A regular expression's value may use what it captured.
    map.values.push(builder.template(value)?);
    if let Some(pattern) = pattern {
        map.names.insert_regex(pattern, index);
        return Ok(());
    }
    let plain = key.strip_prefix(b"\\").unwrap_or(key);
    let inserted = match map.hostnames {
        true => map.names.insert(plain, index),
        false => map.names.insert_exact(plain, index),
    };
    inserted.map_err(|error| match error {
        NameError::Duplicate => {
            format!("conflicting parameter \"{}\"", text(key).to_lowercase()).into()
        }
        NameError::Invalid => format!("invalid hostname or wildcard \"{}\"", text(key)).into(),
    })
}
