//! The directives of the cache that all upstream modules share, but for their prefix.

use std::path::PathBuf;

use super::shared::failures;
use super::words::any_of;
use crate::cache::place::{Batch, Place};
use crate::conf::directive::{Line, fill, number, text};
use crate::conf::error::Wrong;
use crate::conf::lexer::Word;
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::conf::zones::SMALLEST;
use crate::http::networks::Net;
use crate::http::settings::block::{Content, Kind};
use crate::http::settings::cache::*;
use crate::http::settings::upstream_conf::{ProtocolIndex, StoreAs};
use crate::http::vars::Template;

/// The rows of one protocol, whose directives begin with that prefix.
macro_rules! cache_rows {
    ($protocol:ident, $prefix:literal) => {{
use crate::conf::directive::{Args, Directive, Places, Set};
        use crate::http::directives::cache as rows;
        use crate::http::settings::upstream_conf::ProtocolIndex;

        const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
        const AT: usize = ProtocolIndex::$protocol as usize;

        macro_rules! row {
            ($name:literal, $kind:ident $field:ident) => {
                Directive {
                    name: concat!($prefix, $name),
                    places: HERE,
                    args: Args::ONE,
                    set: Set::$kind(|l| &mut l.caches[AT].$field),
                }
            };
            ($name:literal, $args:expr, $set:ident) => {
                Directive {
                    name: concat!($prefix, $name),
                    places: HERE,
                    args: $args,
                    set: Set::Own(|l, builder, line| {
                        rows::$set(&mut l.caches[AT], builder, line)
                    }),
                }
            };
        }
        &[
            Directive {
                name: concat!($prefix, "cache"),
                places: HERE,
                args: Args::ONE,
                set: Set::Own(|l, builder, line| {
                    rows::zone(l, ProtocolIndex::$protocol, builder, line)
                }),
            },
            Directive {
                name: concat!($prefix, "cache_path"),
                places: Places::HTTP,
                args: Args(2, u8::MAX),
                set: Set::Own(|_, builder, line| {
                    rows::path(ProtocolIndex::$protocol, builder, line)
                }),
            },
            row!("cache_key", Args::ONE, key),
            row!("cache_valid", Args::SOME, valid),
            row!("cache_methods", Args::SOME, methods),
            row!("cache_min_uses", Number min_uses),
            row!("cache_bypass", Args::SOME, bypass),
            row!("no_cache", Args::SOME, no_cache),
            row!("cache_lock", Flag lock),
            row!("cache_lock_age", Msec lock_age),
            row!("cache_lock_timeout", Msec lock_timeout),
            row!("cache_revalidate", Flag revalidate),
            row!("cache_use_stale", Args::SOME, use_stale),
            row!("cache_background_update", Flag background_update),
            row!("cache_early_refresh", Args::ONE, early_refresh),
            row!("cache_status_header", Flag status_header),
            row!("cache_max_range_offset", Offset max_range_offset),
            Directive {
                name: concat!($prefix, "cache_purge"),
                places: HERE,
                args: Args::SOME,
                set: Set::Own(|l, builder, line| {
                    rows::purge(l, ProtocolIndex::$protocol, builder, line)
                }),
            },
        ]
    }};
}
pub(super) use cache_rows;

type Done = Result<(), Wrong>;

pub(super) fn zone(
    l: &mut LocationRaw,
    protocol: ProtocolIndex,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    let (at, prefix) = (protocol as usize, protocol.prefix());
    let stores = !matches!(l.upstreams[at].store, None | Some(StoreAs::Off));
    fill(&mut l.caches[at].zone, || {
        let word = &line.words[1];
        if &**word == b"off" {
            return Ok(ZoneName::Off);
        }
        if stores {
            return Err(Wrong::directive(&format!("is incompatible with \"{prefix}_store\"")));
        }
        let template = builder.template(word)?;
        match template.as_text() {
            None => Ok(ZoneName::Variable(template)),
            Some(_) => {
                let index = builder.zones.of_cache(&line.text(1), protocol, line.at)?;
                Ok(ZoneName::Fixed(index))
            }
        }
    })
}

/// `PATH keys_zone=NAME:SIZE …`
pub(super) fn path(protocol: ProtocolIndex, builder: &mut Builder, line: &Line<'_>) -> Done {
    let mut place = Place::new(folder(builder, &line.words[1]));
    let (mut zone, mut purger, mut purges) = (None, Batch::PURGER, false);
    for word in &line.args()[1..] {
        let equals = word.iter().position(|&byte| byte == b'=').unwrap_or(word.len());
        let (name, value) = (&word[..equals], word.get(equals + 1..).unwrap_or_default());
        let invalid = || {
            let (name, word) = (text(name), text(word));
            Wrong::Message(format!("invalid {name} value \"{word}\""))
        };
        match name {
            _ if equals == word.len() => return Err(invalid_parameter(word)),
            b"levels" => place.levels = levels(word, value)?,
            b"use_temp_path" => place.use_temp_path = on_or_off(word, name, value)?,
            b"keys_zone" => zone = Some(keys_zone(word, value)?),
            b"inactive" => {
                place.inactive_ms = value::sec_as_msec(value).ok_or_else(invalid)?;
            }
            b"max_size" => place.max_size = value::offset(value).ok_or_else(invalid)?,
            b"min_free" => place.min_free = value::offset(value).ok_or_else(invalid)?,
            b"purger" => purges = on_or_off(word, name, value)?,
            _ => {
                let known = [
                    (&b"loader_"[..], &mut place.loader),
                    (b"manager_", &mut place.manager),
                    (b"purger_", &mut purger),
                ];
                let found = known
                    .into_iter()
                    .find_map(|(prefix, batch)| Some((name.strip_prefix(prefix)?, batch)));
                let (name, batch) = found.ok_or_else(|| invalid_parameter(word))?;
                match name {
                    b"files" => batch.files = number(value).map_err(|_| invalid())?,
                    b"sleep" => batch.sleep_ms = value::msec(value).ok_or_else(invalid)?,
                    b"threshold" => batch.threshold_ms = value::msec(value).ok_or_else(invalid)?,
                    _ => return Err(invalid_parameter(word)),
                }
            }
        }
    }
    place.purger = purges.then_some(purger);
    let (name, size) = zone.filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
        Wrong::Message(format!("\"{}\" must have \"keys_zone\" parameter", line.name()))
    })?;
    builder.zones.declare_cache((&name, size), protocol, place, line.at)
}

fn folder(builder: &Builder, word: &[u8]) -> PathBuf {
    match word.strip_suffix(b"/") {
        Some(rest) if !rest.is_empty() => builder.path(rest),
        _ => builder.path(word),
    }
}

/// `1:2`: at most three digits, each 1 or 2.
fn levels(word: &[u8], value: &[u8]) -> Result<[u8; 3], Wrong> {
    let mut levels = [0; 3];
    if value.is_empty() {
        return Ok(levels);
    }
    let invalid = || Wrong::Message(format!("invalid \"levels\" \"{}\"", text(word)));
    let mut digits = value.split(|&byte| byte == b':');
    for level in &mut levels {
        match digits.next() {
            None => return Ok(levels),
            Some([digit @ (b'1' | b'2')]) => *level = digit - b'0',
            Some(_) => return Err(invalid()),
        }
    }
    digits.next().map_or(Ok(levels), |_| Err(invalid()))
}

fn on_or_off(word: &[u8], name: &[u8], value: &[u8]) -> Result<bool, Wrong> {
    match value {
        b"on" => Ok(true),
        b"off" => Ok(false),
        _ => {
            let (name, word) = (text(name), text(word));
            Err(format!("invalid {name} value \"{word}\", it must be \"on\" or \"off\"").into())
        }
    }
}

fn keys_zone(word: &[u8], value: &[u8]) -> Result<(String, usize), Wrong> {
    let invalid = || Wrong::Message(format!("invalid keys zone size \"{}\"", text(word)));
    let colon = value.iter().position(|&byte| byte == b':').ok_or_else(invalid)?;
    let size = value::size(&value[colon + 1..]).ok_or_else(invalid)?;
    if size < SMALLEST / 4 {
        return Err(format!("keys zone \"{}\" is too small", text(word)).into());
    }
    Ok((text(&value[..colon]).into_owned(), size))
}

pub(super) fn key(cache: &mut CacheRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut cache.key, || builder.template(&line.words[1]).map(Some))
}

/// `200 302 10m`, `any 1m`; `5m` alone is for 200, 301 and 302.
pub(super) fn valid(cache: &mut CacheRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let Some((time, statuses)) = line.args().split_last() else { return Ok(()) };
    let invalid = || Wrong::Message(format!("invalid time value \"{}\"", text(time)));
    let seconds = value::sec(time).ok_or_else(invalid)?;
    let mut add = |status| {
        cache.valid.get_or_insert_default().push(Valid { status, seconds });
    };
    if statuses.is_empty() {
        [200, 301, 302].into_iter().for_each(|status| add(Some(status)));
    }
    for word in statuses {
        let number = value::number(word).and_then(|it| u16::try_from(it).ok());
        add(match (&**word, number) {
            (b"any", _) => None,
            (_, Some(status @ 100..=599)) => Some(status),
            _ => return Err(format!("invalid status \"{}\"", text(word)).into()),
        });
    }
    Ok(())
}

pub(super) fn methods(cache: &mut CacheRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    type Methods = CacheMethods;
    let choices = [("GET", Methods::GET), ("HEAD", Methods::HEAD), ("POST", Methods::POST)];
    let methods = cache.methods.get_or_insert_default();
    any_of(builder, line, &choices, |method| methods.insert(method))
}

/// The words behind the directive's name.
fn templates(builder: &mut Builder, line: &Line<'_>) -> Result<Vec<Template>, Wrong> {
    line.args().iter().map(|word| builder.template(word)).collect()
}

pub(super) fn bypass(cache: &mut CacheRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    cache.bypass.get_or_insert_default().extend(templates(builder, line)?);
    Ok(())
}

pub(super) fn no_cache(cache: &mut CacheRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    cache.no_cache.get_or_insert_default().extend(templates(builder, line)?);
    Ok(())
}

pub(super) fn early_refresh(cache: &mut CacheRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut cache.early_refresh, || value::sec(&line.words[1]).ok_or_else(Wrong::invalid_value))
}

pub(super) fn use_stale(cache: &mut CacheRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    failures(&mut cache.use_stale, builder, line, &[])
}

/// nginx's form is conditions. Those of the module ngx_cache_purge are `ZONE KEY`, in a location of its own, and
/// `METHOD [from all | NETWORK …]`, where `on` is PURGE.
pub(super) fn purge(
    l: &mut LocationRaw,
    protocol: ProtocolIndex,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    let words = templates(builder, line)?;
    let is_text = words.first().is_some_and(|word| word.as_text().is_some());
    let slot = &mut l.caches[protocol as usize].purge;
    match line.args() {
        [word] if &**word == b"off" => fill(slot, || Ok(PurgeBy::Off)),
        _ if !is_text => add_conditions(slot, words),
        [_, other, _, ..] if &**other != b"from" => Err(invalid_parameter(other)),
        [method, rest @ ..] if rest.first().is_none_or(|from| &**from == b"from") => {
            let networks = networks(rest)?;
            let method = if &**method == b"on" { b"PURGE" } else { &**method };
            fill(slot, || Ok(PurgeBy::Method(method.into(), networks)))
        }
        _ if l.kind == Kind::Server => Err(Wrong::directive("is not allowed here")),
        _ => {
            l.once(line)?;
            let at = builder.zones.of_cache(&line.text(1), protocol, line.at)?;
            let key = words.into_iter().nth(1).unwrap_or_default();
            l.content = Some(Content::Purge);
            l.purge = Some(Purge { at, key });
            Ok(())
        }
    }
}

fn add_conditions(slot: &mut Option<PurgeBy>, words: Vec<Template>) -> Done {
    match slot.get_or_insert_with(|| PurgeBy::Condition(vec![])) {
        PurgeBy::Condition(conditions) => {
            conditions.extend(words);
            Ok(())
        }
        PurgeBy::Off | PurgeBy::Method(..) => Err(Wrong::duplicate()),
    }
}

/// `from all`, or `from` and networks; nothing stands for all.
fn networks(words: &[Word]) -> Result<Vec<Net>, Wrong> {
    let Some((_, words)) = words.split_first() else { return Ok(vec![Net::All]) };
    let parse = |word: &Word| {
        let net = Net::parse(&text(word)).map(|(net, _)| net);
        net.ok_or_else(|| invalid_parameter(word))
    };
    match words {
        [] => Err("\"from\" of a cache purge names no network".into()),
        words => words.iter().map(parse).collect(),
    }
}

fn invalid_parameter(word: &[u8]) -> Wrong {
    Wrong::Message(format!("invalid parameter \"{}\"", text(word)))
}
