//! The directives of `ngx_http_ssl_module`.

use std::fs;
use std::path::Path;

use zeroize::Zeroizing;

use crate::conf::directive::{
    Args, Directive, Line, Places, Set, choice, fill, flag, number, text,
};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::ServerRaw;
use crate::http::conf::zones;
use crate::http::settings::ssl::{
    ConfCommand, Ocsp, Pem, PemFile, SessionCache, SslRaw, Url, VerifyClient,
};
use crate::os::Errno;
use crate::shared::zone::Kind;
use crate::tls::ciphers::Suite;
use crate::tls::conf_command::{Obeyed, Tuned};
use crate::tls::groups::Group;
use crate::tls::{CacheSettings, KeyLog, Passwords, Protocols, ciphers, groups};

const HERE: Places = Places::HTTP.and(Places::SERVER);

macro_rules! row {
    ($name:literal, $args:expr, $set:expr) => {
        Directive { name: $name, places: HERE, args: $args, set: $set }
    };
}

/// The directives of `ngx_http_ssl_module`.
pub static ROWS: &[Directive<ServerRaw>] = &[
    row!("ssl_certificate", Args::ONE, Set::Own(certificate)),
    row!("ssl_certificate_key", Args::ONE, Set::Own(certificate_key)),
    row!(
        "ssl_certificate_cache",
        Args(1, 3),
        Set::Own(|s, b, line| certificate_cache(&mut s.ssl.certificate_cache, b, line))
    ),
    row!(
        "ssl_password_file",
        Args::ONE,
        Set::Own(|s, b, line| passwords(&mut s.ssl.passwords, b, line))
    ),
    row!(
        "ssl_protocols",
        Args::SOME,
        Set::Own(|s, b, line| protocols(&mut s.ssl.protocols, b, line))
    ),
    row!("ssl_ciphers", Args::ONE, Set::Own(|s, b, line| ciphers(&mut s.ssl.ciphers, b, line))),
    row!("ssl_ecdh_curve", Args::ONE, Set::Own(ecdh_curve)),
    row!("ssl_session_cache", Args::ONE_OR_TWO, Set::Own(session_cache)),
    row!("ssl_session_tickets", Args::ONE, Set::Flag(|s| &mut s.ssl.session_tickets)),
    row!("ssl_early_data", Args::ONE, Set::Own(early_data)),
    row!("ssl_session_ticket_key", Args::ONE, Set::Own(session_ticket_key)),
    row!("ssl_session_timeout", Args::ONE, Set::Own(session_timeout)),
    row!("ssl_reject_handshake", Args::ONE, Set::Flag(|s| &mut s.ssl.reject_handshake)),
    row!("ssl_prefer_server_ciphers", Args::ONE, Set::Flag(|s| &mut s.ssl.prefer_server_ciphers)),
    row!("ssl_buffer_size", Args::ONE, Set::Own(buffer_size)),
    row!("ssl_verify_client", Args::ONE, Set::Own(verify_client)),
    row!(
        "ssl_verify_depth",
        Args::ONE,
        Set::Own(|s, _, line| fill(&mut s.ssl.verify_depth, || number(&line.words[1])))
    ),
    row!(
        "ssl_client_certificate",
        Args::ONE,
        Set::Own(|s, b, line| optional_file(s, b, line, |ssl| &mut ssl.client_certificate))
    ),
    row!(
        "ssl_trusted_certificate",
        Args::ONE,
        Set::Own(|s, b, line| optional_file(s, b, line, |ssl| &mut ssl.trusted_certificate))
    ),
    row!(
        "ssl_crl",
        Args::ONE,
        Set::Own(|s, b, line| optional_file(s, b, line, |ssl| &mut ssl.crl))
    ),
    row!("ssl_stapling", Args::ONE, Set::Flag(|s| &mut s.ssl.stapling)),
    row!(
        "ssl_stapling_file",
        Args::ONE,
        Set::Own(|s, b, line| optional_file(s, b, line, |ssl| &mut ssl.stapling_file))
    ),
    row!(
        "ssl_stapling_responder",
        Args::ONE,
        Set::Own(|s, _, line| url(&mut s.ssl.stapling_responder, line))
    ),
    // What is fetched is verified either way.
    row!("ssl_stapling_verify", Args::ONE, Set::Own(|_, _, line| flag(line).map(drop))),
    row!("ssl_ocsp", Args::ONE, Set::Own(ocsp)),
    row!(
        "ssl_ocsp_responder",
        Args::ONE,
        Set::Own(|s, _, line| url(&mut s.ssl.ocsp_responder, line))
    ),
    row!("ssl_ocsp_cache", Args::ONE, Set::Own(ocsp_cache)),
    row!(
        "ssl_conf_command",
        Args::TWO,
        Set::Own(|s, b, line| conf_command(&mut s.ssl.conf_commands, b, line))
    ),
    row!("ssl_key_log", Args::ONE, Set::Own(|s, b, line| key_log(&mut s.ssl.key_log, b, line))),
    row!(
        "ssl_certificate_compression",
        Args::ONE,
        Set::Flag(|s| &mut s.ssl.certificate_compression)
    ),
    row!("ssl", Args::ONE, Set::Own(on)),
    row!("ssl_ech_file", Args::ONE, Set::Own(ech_file)),
    // There are no cipher suites here that would use its parameters.
    row!("ssl_dhparam", Args::ONE, Set::Ignored),
];

type Done = Result<(), Wrong>;

fn certificate(s: &mut ServerRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    s.ssl.certificates.get_or_insert_default().push(pem(builder, line)?);
    Ok(())
}

fn certificate_key(s: &mut ServerRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    s.ssl.certificate_keys.get_or_insert_default().push(pem(builder, line)?);
    Ok(())
}

fn verify_client(s: &mut ServerRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let choices = [
        ("off", VerifyClient::Off),
        ("on", VerifyClient::On),
        ("optional", VerifyClient::Optional),
        ("optional_no_ca", VerifyClient::OptionalNoCa),
    ];
    fill(&mut s.ssl.verify_client, || choice(&line.words[1], &choices))
}

fn optional_file(
    s: &mut ServerRaw,
    builder: &Builder,
    line: &Line<'_>,
    slot: fn(&mut SslRaw) -> &mut Option<Option<PemFile>>,
) -> Done {
    fill(slot(&mut s.ssl), || file_or_none(builder, line))
}

fn ocsp(s: &mut ServerRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let choices = [("off", Ocsp::Off), ("on", Ocsp::On), ("leaf", Ocsp::Leaf)];
    fill(&mut s.ssl.ocsp, || choice(&line.words[1], &choices))
}

/// `off` or `shared:NAME:SIZE`
fn ocsp_cache(s: &mut ServerRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut s.ssl.ocsp_cache, || {
        let word = line.text(1);
        if word == "off" {
            return Ok(None);
        }
        let invalid = || format!("invalid OCSP cache \"{word}\"");
        let (name, size) = word
            .strip_prefix("shared:")
            .and_then(|zone| zone.split_once(':'))
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(invalid)?;
        let size = value::size(size.as_bytes()).ok_or_else(invalid)?;
        if size < zones::SMALLEST {
            return Err(format!("OCSP cache \"{word}\" is too small").into());
        }
        builder.zones.of_tls(Kind::Statuses, name, size).map(Some)
    })
}

/// Whether it names a responder is seen where one is needed.
fn url(slot: &mut Option<Option<Url>>, line: &Line<'_>) -> Done {
    fill(slot, || {
        let text = line.text(1).into();
        Ok(Some(Url { text, at: line.at.clone() }))
    })
}

/// None: the word is empty, which takes back what an outer block has said.
pub(super) fn file_or_none(builder: &Builder, line: &Line<'_>) -> Result<Option<PemFile>, Wrong> {
    let path = builder.conf_path(&line.words[1]);
    Ok((!line.words[1].is_empty()).then(|| PemFile { path, at: line.at.clone() }))
}

/// A certificate or a key: a file or `data:`, in variables or not.
pub(super) fn pem(builder: &mut Builder, line: &Line<'_>) -> Result<Pem, Wrong> {
    let word = &line.words[1];
    for scheme in ["engine:", "store:"] {
        if word.starts_with(scheme.as_bytes()) {
            return Err(format!("\"{scheme}\" in \"{}\" is not supported", line.name()).into());
        }
    }
    let folder = builder.conf_path(b"").into();
    Ok(Pem { text: builder.template(word)?, folder, at: line.at.clone() })
}

/// `ssl_certificate_cache` and its kin.
pub(super) fn certificate_cache(
    slot: &mut Option<Option<CacheSettings>>,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    fill(slot, || {
        let (mut max, mut inactive, mut valid, mut off) = (0, 10_000, 60_000, false);
        for word in line.args() {
            let invalid = || Wrong::from(format!("invalid parameter \"{}\"", text(word)));
            if let Some(count) = word.strip_prefix(b"max=") {
                max = number(count).ok().filter(|&max| max > 0).ok_or_else(invalid)?;
            } else if let Some(time) = word.strip_prefix(b"inactive=") {
                inactive = value::sec_as_msec(time).ok_or_else(invalid)?;
            } else if let Some(time) = word.strip_prefix(b"valid=") {
                valid = value::sec_as_msec(time).ok_or_else(invalid)?;
            } else if &**word == b"off" {
                off = true;
            } else {
                return Err(invalid());
            }
        }
        match (off, max) {
            (true, _) => Ok(None),
            (false, 0) => {
                Err(format!("\"{}\" must have the \"max\" parameter", line.name()).into())
            }
            (false, max) => {
                builder.certificate_caches += 1;
                let (number, max) = (builder.certificate_caches, max as usize);
                Ok(Some(CacheSettings { number, max, inactive, valid }))
            }
        }
    })
}

/// `ssl_password_file` and its kin.
pub(super) fn passwords(slot: &mut Option<Passwords>, builder: &Builder, line: &Line<'_>) -> Done {
    fill(slot, || {
        let path = builder.conf_path(&line.words[1]);
        let file = secret(&path)?;
        let too_long = || format!("too long line in \"{}\"", path.display());
        Passwords::parse(&file).ok_or_else(|| too_long().into())
    })
}

/// What a file holds; it is overwritten when it is given back.
fn secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, Wrong> {
    let failed = |e| format!("open() \"{}\" failed ({})", path.display(), Errno::from(e));
    fs::read(path).map(Zeroizing::new).map_err(|e| failed(e).into())
}

fn session_ticket_key(s: &mut ServerRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let path = builder.conf_path(&line.words[1]);
    let keys = s.ssl.session_ticket_keys.get_or_insert_default().get_or_insert_default();
    let length = || format!("\"{}\" must be 48 or 80 bytes", path.display()).into();
    keys.add(&secret(&path)?).ok_or_else(length)
}

/// `ssl_protocols` and its kin.
pub(super) fn protocols(
    slot: &mut Option<Protocols>,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    let old = Protocols::NONE;
    let choices = [
        ("SSLv2", old),
        ("SSLv3", old),
        ("TLSv1", old),
        ("TLSv1.1", old),
        ("TLSv1.2", Protocols { v12: true, ..old }),
        ("TLSv1.3", Protocols { v13: true, ..old }),
    ];
    fill(slot, || {
        let (mut all, mut seen, mut dropped) = (Protocols::NONE, vec![], vec![]);
        for word in line.args() {
            let it = choice(word, &choices)?;
            if seen.contains(&word) {
                builder.warn(&format!("duplicate value \"{}\"", text(word)), line.at);
            } else if it == old {
                dropped.push(text(word).into_owned());
            }
            seen.push(word);
            all.v12 |= it.v12;
            all.v13 |= it.v13;
        }
        note_dropped(builder, line, &dropped);
        match all {
            Protocols::NONE => {
                let what = "names no version that is supported: TLSv1.2, TLSv1.3";
                Err(format!("\"{}\" {what}", line.name()).into())
            }
            all => Ok(all),
        }
    })
}

/// `ssl_ciphers` and its kin.
pub(super) fn ciphers(
    slot: &mut Option<Vec<Suite>>,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    fill(slot, || {
        let list = line.text(1);
        let failed =
            |why| Wrong::from(format!("SSL_CTX_set_cipher_list(\"{list}\") failed (SSL: {why})"));
        let found = ciphers::parse(&list).map_err(|_| failed("invalid command"))?;
        note_dropped(builder, line, &found.dropped);
        match found.suites.is_empty() {
            true => Err(failed("no cipher match")),
            false => Ok(found.suites),
        }
    })
}

fn ecdh_curve(s: &mut ServerRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut s.ssl.groups, || {
        let list = line.text(1);
        if list == "auto" {
            return Ok(Group::DEFAULT.to_vec());
        }
        let failed =
            |why| Wrong::from(format!("SSL_CTX_set1_curves_list(\"{list}\") failed (SSL: {why})"));
        let found =
            groups::parse(&list).map_err(|name| failed(format!("group '{name}' cannot be set")))?;
        note_dropped(builder, line, &found.dropped);
        match found.groups.is_empty() {
            true => Err(failed("none of these groups is supported".to_owned())),
            false => Ok(found.groups),
        }
    })
}

/// `ssl_key_log` and its kin.
pub(super) fn key_log(
    slot: &mut Option<Option<KeyLog>>,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    fill(slot, || {
        let path = builder.path(&line.words[1]);
        let (name, shown) = (line.name(), path.display());
        builder.warn(&format!("\"{name}\": secrets of connections go to \"{shown}\""), line.at);
        let failed = |e| format!("open() \"{}\" failed ({})", path.display(), Errno::from(e));
        KeyLog::open(&path).map(Some).map_err(|e| failed(e).into())
    })
}

/// nginx has it no more since 1.25.1.
fn on(s: &mut ServerRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let what = "the \"ssl\" directive is deprecated, use the \"listen ... ssl\" directive instead";
    builder.warn(what, line.at);
    fill(&mut s.ssl.on, || flag(line))
}

/// `ssl_conf_command` and its kin. What it comes to depends on the settings of a whole block; whether it may be said does
/// not.
pub(super) fn conf_command(
    slot: &mut Option<Vec<ConfCommand>>,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    let (name, value) = (line.text(1).into_owned(), line.text(2).into_owned());
    match Tuned::default().obey(&name, &value) {
        Ok(Obeyed::Done) => {}
        Ok(Obeyed::WithoutEffect) => {
            let what = format!("\"{}\": without effect: {name} {value}", line.name());
            builder.note(&what, line.at);
        }
        Err(why) => {
            return Err(format!("SSL_CONF_cmd(\"{name}\", \"{value}\") failed (SSL: {why})").into());
        }
    }
    slot.get_or_insert_default().push(ConfCommand(name, value));
    Ok(())
}

/// What OpenSSL has and this program has not.
fn note_dropped(builder: &mut Builder, line: &Line<'_>, dropped: &[String]) {
    if !dropped.is_empty() {
        let (name, dropped) = (line.name(), dropped.join(", "));
        builder.note(&format!("\"{name}\": not supported and passed over: {dropped}"), line.at);
    }
}

/// Of a cache in each worker and a zone the zone counts: every worker finds there what it needs.
fn session_cache(s: &mut ServerRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut s.ssl.session_cache, || {
        let mut cache = SessionCache::None;
        for word in line.args() {
            let word = text(word);
            let invalid = || format!("invalid session cache \"{word}\"");
            let (kind, rest) = word.split_once(':').map_or((&*word, None), |(k, r)| (k, Some(r)));
            match (kind, rest, cache) {
                ("off" | "none", None, _) => {}
                ("builtin", _, SessionCache::Shared(_)) => {}
                ("builtin", None, _) => cache = SessionCache::Builtin(BUILTIN),
                ("builtin", Some(size), _) => {
                    let size = value::number(size.as_bytes()).ok_or_else(invalid)?;
                    cache = SessionCache::Builtin(usize::try_from(size).unwrap_or(usize::MAX));
                }
                ("shared", Some(zone), _) => {
                    let (name, size) = zone.split_once(':').ok_or_else(invalid)?;
                    let size = value::size(size.as_bytes()).filter(|_| !name.is_empty());
                    let size = size.ok_or_else(invalid)?;
                    if size < zones::SMALLEST {
                        return Err(format!("session cache \"{word}\" is too small").into());
                    }
                    cache =
                        SessionCache::Shared(builder.zones.of_tls(Kind::Sessions, name, size)?);
                }
                _ => return Err(invalid().into()),
            }
        }
        Ok(cache)
    })
}

/// OpenSSL's default (SSL_CTX_sess_set_cache_size(3)).
const BUILTIN: usize = 20_480;

/// A ticket that the client keeps could be used twice, so sessions are kept by the server, where all workers take each
/// once.
fn early_data(s: &mut ServerRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut s.ssl.early_data, || {
        if !flag(line)? {
            return Ok(None);
        }
        builder.note(
            "\"ssl_early_data\": the server keeps its sessions, so that \"ssl_session_tickets\" and \
             \"ssl_session_ticket_key\" are without effect",
            line.at,
        );
        builder.zones.of_tls(Kind::Sessions, EARLY_DATA, 1 << 20).map(Some)
    })
}

/// The zone of servers without an `ssl_session_cache shared:…`.
const EARLY_DATA: &str = "ssl_early_data";

fn session_timeout(s: &mut ServerRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut s.ssl.session_timeout, || {
        let secs = value::sec(&line.words[1]).ok_or_else(Wrong::invalid_value)?;
        // RFC 8446, 4.6.1: no ticket lives longer than a week.
        Ok(secs.min(7 * 24 * 3600) as u32)
    })
}

fn buffer_size(s: &mut ServerRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut s.ssl.buffer_size, || {
        value::size(&line.words[1]).filter(|&size| size > 0).ok_or_else(Wrong::invalid_value)
    })
}

fn ech_file(_: &mut ServerRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    Err(format!("\"{}\" is not supported: rustls has no ECH for servers", line.name()).into())
}
