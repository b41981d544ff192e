//! The directives of the limit_req and limit_conn modules.

use crate::base::logging::Severity;
use crate::conf::directive::{Args, Directive, Line, Places, Set, choice, fill, text};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::conf::zones::{LimitKey, SMALLEST};
use crate::http::settings::limits::{ConnLimit, ReqLimit};
use crate::shared::zone::Kind;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

macro_rules! row {
    ($name:literal, $places:expr, $args:expr, $set:expr) => {
        Directive { name: $name, places: $places, args: $args, set: $set }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("limit_req_zone", Places::HTTP, Args(3, 3), Set::Own(limit_req_zone)),
    row!("limit_req", HERE, Args(1, 3), Set::Own(limit_req)),
    row!("limit_req_dry_run", HERE, Args::ONE, Set::Flag(|l| &mut l.limit_req.dry_run)),
    row!("limit_req_log_level", HERE, Args::ONE, Set::Own(limit_req_log_level)),
    row!("limit_req_status", HERE, Args::ONE, Set::Own(limit_req_status)),
    row!("limit_conn_zone", Places::HTTP, Args::TWO, Set::Own(limit_conn_zone)),
    row!("limit_conn", HERE, Args::TWO, Set::Own(limit_conn)),
    row!("limit_conn_dry_run", HERE, Args::ONE, Set::Flag(|l| &mut l.limit_conn.dry_run)),
    row!("limit_conn_log_level", HERE, Args::ONE, Set::Own(limit_conn_log_level)),
    row!("limit_conn_status", HERE, Args::ONE, Set::Own(limit_conn_status)),
];

type Done = Result<(), Wrong>;

fn limit_req_zone(_: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    zone(builder, line, Kind::LimitReq)
}

fn limit_conn_zone(_: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    zone(builder, line, Kind::LimitConn)
}

/// `KEY zone=NAME:SIZE`, and `rate=N` in a zone of requests.
fn zone(builder: &mut Builder, line: &Line<'_>, kind: Kind) -> Done {
    let template = builder.template(&line.words[1])?;
    let (mut named, mut rate) = (None, 1000);
    for word in &line.args()[1..] {
        if let Some(value) = word.strip_prefix(b"zone=") {
            named = Some(name_and_size(word, value)?);
        } else if let Some(value) = word.strip_prefix(b"rate=").filter(|_| kind == Kind::LimitReq) {
            let invalid = || Wrong::Message(format!("invalid rate \"{}\"", text(word)));
            rate = rate_of(value).ok_or_else(invalid)?;
        } else {
            return Err(invalid_parameter(word));
        }
    }
    let (name, size) = named.filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
        Wrong::Message(format!("\"{}\" must have \"zone\" parameter", line.name()))
    })?;
    let key = LimitKey { template, written: line.words[1].clone(), rate };
    builder.zones.declare_limit(&line.name(), kind, (&name, size), key)
}

fn name_and_size(word: &[u8], value: &[u8]) -> Result<(String, usize), Wrong> {
    let invalid = || Wrong::Message(format!("invalid zone size \"{}\"", text(word)));
    let colon = value.iter().position(|&byte| byte == b':').ok_or_else(invalid)?;
    let size = value::size(&value[colon + 1..]).ok_or_else(invalid)?;
    if size < SMALLEST {
        return Err(format!("zone \"{}\" is too small", text(word)).into());
    }
    Ok((text(&value[..colon]).into_owned(), size))
}

/// `10r/s`, `30r/m`, `10`: thousandths of a request per second.
fn rate_of(value: &[u8]) -> Option<u64> {
    let (number, seconds) = match value {
        [number @ .., b'r', b'/', b's'] => (number, 1),
        [number @ .., b'r', b'/', b'm'] => (number, 60),
        number => (number, 1),
    };
    let number = value::number(number).filter(|&number| number > 0)?;
    Some(number.saturating_mul(1000) / seconds)
}

fn limit_req(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let (mut zone, mut burst, mut delay) = (None, 0, 0);
    for word in line.args() {
        let thousandths = |what: &str, value: &[u8]| match value::number(value) {
            Some(number) if number > 0 => Ok(number.saturating_mul(1000)),
            _ => Err(Wrong::Message(format!("invalid {what} value \"{}\"", text(word)))),
        };
        if let Some(name) = word.strip_prefix(b"zone=") {
            zone = Some(builder.zones.of_limit(&text(name), Kind::LimitReq)?);
        } else if let Some(value) = word.strip_prefix(b"burst=") {
            burst = thousandths("burst", value)?;
        } else if let Some(value) = word.strip_prefix(b"delay=") {
            delay = thousandths("delay", value)?;
        } else if **word == *b"nodelay" {
            delay = u64::MAX;
        } else {
            return Err(invalid_parameter(word));
        }
    }
    let zone = zone.ok_or("\"limit_req\" must have \"zone\" parameter")?;
    let limits = l.limit_req.limits.get_or_insert_default();
    if limits.iter().any(|limit| limit.zone == zone) {
        return Err(Wrong::duplicate());
    }
    limits.push(ReqLimit { zone, burst, delay });
    Ok(())
}

fn limit_conn(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let zone = builder.zones.of_limit(&line.text(1), Kind::LimitConn)?;
    let limits = l.limit_conn.limits.get_or_insert_default();
    if limits.iter().any(|limit| limit.zone == zone) {
        return Err(Wrong::duplicate());
    }
    let number = value::number(&line.words[2]).filter(|&number| number > 0);
    let invalid = || Wrong::Message(format!("invalid number of connections \"{}\"", line.text(2)));
    let connections = u16::try_from(number.ok_or_else(invalid)?)
        .map_err(|_| Wrong::from("connection limit must be less 65536"))?;
    limits.push(ConnLimit { zone, connections });
    Ok(())
}

fn limit_req_log_level(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.limit_req.log_level, || level(line))
}

fn limit_conn_log_level(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.limit_conn.log_level, || level(line))
}

fn level(line: &Line<'_>) -> Result<Severity, Wrong> {
    let levels = [
        ("info", Severity::Info),
        ("notice", Severity::Notice),
        ("warn", Severity::Warn),
        ("error", Severity::Error),
    ];
    choice(&line.words[1], &levels)
}

fn limit_req_status(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.limit_req.status, || status(line))
}

fn limit_conn_status(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.limit_conn.status, || status(line))
}

fn status(line: &Line<'_>) -> Result<u16, Wrong> {
    let number = value::number(&line.words[1]).ok_or_else(|| Wrong::directive("invalid number"))?;
    match u16::try_from(number) {
        Ok(status @ 400..=599) => Ok(status),
        _ => Err("value must be between 400 and 599".into()),
    }
}

fn invalid_parameter(word: &[u8]) -> Wrong {
    Wrong::Message(format!("invalid parameter \"{}\"", text(word)))
}
