//! set-misc: variables that are computed among the lines of the rewrite module.

mod text;

pub(super) use text::quote_sql;

use crate::base::{base64, digest};
use crate::conf::value;
use crate::http::settings::set_misc::{Base32, Function, SetMisc};
use crate::http::strftime::{Moment, strftime};
use crate::os::{clock, random};
use crate::serve::log::{self, Level};
use crate::worker::*;

/// The longest random string.
const LONGEST: u64 = 64;

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const ALPHANUM: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Appends the value. False: there is none, and the log says why.
pub(super) fn evaluate(
    w: &mut Worker,
    id: RequestId,
    line: &SetMisc,
    args: &[Vec<u8>],
    out: &mut Vec<u8>,
) -> bool {
    let found = compute(w, id, line, args, out);
    if let Err(why) = &found {
        log::error(w, id, Level::Error, format_args!("{}: {why}", line.directive));
    }
    found.is_ok()
}

type Done = Result<(), String>;

fn compute(
    w: &mut Worker,
    id: RequestId,
    line: &SetMisc,
    args: &[Vec<u8>],
    out: &mut Vec<u8>,
) -> Done {
    let arg = |n: usize| args.get(n).map_or(&b""[..], |arg| arg);
    let first = arg(0);
    let base32: &Base32 = &w.location_of(id).base32;
    let valid = |is_valid: bool| if is_valid { Ok(()) } else { Err("invalid value".to_owned()) };
    match line.function {
        Function::UnescapeUri => text::unescape_uri(first, out),
        Function::EscapeUri => text::escape_uri(first, out),
        Function::Md5 => text::hex(&md5::compute(first).0, out),
        Function::Sha1 => text::hex(&digest::sha1(&[first]), out),
        Function::HmacSha1 => out.extend(digest::hmac_sha1(first, arg(1))),
        Function::HmacSha256 => out.extend(digest::hmac_sha256(first, arg(1))),
        Function::EncodeBase64 => base64::encode(first, false, out),
        Function::EncodeBase64Url => base64::encode(first, true, out),
        Function::DecodeBase64 => return valid(base64::decode(first, false, out)),
        Function::DecodeBase64Url => return valid(base64::decode(first, true, out)),
        Function::EncodeBase32 => text::base32(first, base32, out),
        Function::DecodeBase32 => return valid(text::unbase32(first, base32, out)),
        Function::EncodeHex => text::hex(first, out),
        Function::DecodeHex => return valid(text::unhex(first, out)),
        Function::IfEmpty if first.is_empty() => out.extend_from_slice(arg(1)),
        Function::IfEmpty => out.extend_from_slice(first),
        Function::QuoteSql => quote_sql(first, out),
        Function::QuotePgsql => text::quote_pgsql(first, out),
        Function::QuoteJson => text::quote_json(first, out),
        Function::HashedUpstream => hashed_upstream(w, first, arg(1), out)?,
        Function::Rotate => rotate(w, id, args, out)?,
        Function::Random => {
            let bad = |which, word| bad(which, "argument: ", word);
            let from = value::number(first).ok_or_else(|| bad("from", first))?;
            let to = value::number(arg(1)).ok_or_else(|| bad("to", arg(1)))?;
            let (from, to) = (from.min(to), from.max(to));
            number(out, from + w.rng.below((to - from).saturating_add(1)));
        }
        Function::RandomAlphanum => letters(first, ALPHANUM, out)?,
        Function::RandomLcalpha => letters(first, LOWER, out)?,
        Function::GmtTime => {
            let secs = w.event.wall.secs;
            strftime(first, Moment { secs, offset: 0, zone: "GMT" }, out);
        }
        Function::LocalTime => local_time(w, first, out),
        Function::LocalToday => local_time(w, b"%Y-%m-%d", out),
    }
    Ok(())
}

fn local_time(w: &Worker, format: &[u8], out: &mut Vec<u8>) {
    let wall = w.event.wall;
    let zone = clock::zone_name(wall.secs);
    strftime(format, Moment { secs: wall.secs, offset: wall.offset, zone: &zone }, out);
}

fn bad(which: &str, what: &str, word: &[u8]) -> String {
    format!("bad \"{which}\" {what}{}", String::from_utf8_lossy(word))
}

fn number(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(n.to_string().as_bytes());
}

fn hashed_upstream(w: &Worker, name: &[u8], key: &[u8], out: &mut Vec<u8>) -> Done {
    let lists = &w.conf.http.upstream_lists;
    let Some(list) = lists.iter().find(|list| *list.name == *name) else {
        return Err(format!("upstream list \"{}\" not found", String::from_utf8_lossy(name)));
    };
    // nginx's hash of a key in lower case.
    let hash = key.iter().fold(0_u64, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(u64::from(byte.to_ascii_lowercase()))
    });
    out.extend_from_slice(&list.elements[(hash % list.elements.len() as u64) as usize]);
    Ok(())
}

/// The number behind that of the variable, or behind the one that the location has had last.
fn rotate(w: &mut Worker, id: RequestId, args: &[Vec<u8>], out: &mut Vec<u8>) -> Done {
    let [variable, from, to] = args else { return Ok(()) };
    let parse = |which, word: &[u8]| {
        let shown = String::from_utf8_lossy(word);
        let wrong = || format!("bad \"{which}\" argument value: \"{shown}\"");
        value::number(word).ok_or_else(wrong)
    };
    let (from, to) = (parse("from", from)?, parse("to", to)?);
    let (from, to) = (from.min(to), from.max(to));
    let at = w.requests[id].location.index();
    if w.rotations.len() <= at {
        w.rotations.resize(at + 1, None);
    }
    let last = &mut w.rotations[at];
    let before = value::number(variable).or(*last);
    let next = before.and_then(|n| n.checked_add(1)).filter(|n| (from..=to).contains(n));
    let next = next.unwrap_or(from);
    *last = Some(next);
    number(out, next);
    Ok(())
}

/// Letters by chance, each as likely as any other.
fn letters(length: &[u8], alphabet: &[u8], out: &mut Vec<u8>) -> Done {
    let len = value::number(length).filter(|len| (1..=LONGEST).contains(len));
    let len = len.ok_or_else(|| bad("length", "argument: ", length))? as usize;
    let end = out.len() + len;
    let limit = 256 - 256 % alphabet.len();
    while out.len() < end {
        let bytes = random::word().to_ne_bytes();
        let fit = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < limit);
        out.extend(fit.take(end - out.len()).map(|byte| alphabet[byte % alphabet.len()]));
    }
    Ok(())
}
