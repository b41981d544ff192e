//! `listen` and `server_name`.

use crate::conf::directive::{Line, text};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::addrs::listen_addrs;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::{ListenLine, ServerName, ServerRaw};
use crate::http::servers::{ListenOptions, SoKeepalive};

pub fn listen(server: &mut ServerRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let word = line.text(1);
    let addrs = listen_addrs(&word)
        .map_err(|reason| format!("{reason} in \"{word}\" of the \"listen\" directive"))?;
    let mut listen = ListenLine {
        addrs,
        options: ListenOptions::default(),
        set: false,
        default_server: false,
        at: line.at.clone(),
    };
    for word in &line.args()[1..] {
        parameter(&mut listen, builder, &text(word))?;
    }
    server.listens.push(listen);
    Ok(())
}

fn parameter(listen: &mut ListenLine, builder: &mut Builder, word: &str) -> Result<(), Wrong> {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    let options = &mut listen.options;
    let bad = |what: &str| Wrong::Message(format!("invalid {what} \"{word}\""));
    let count = |what: &str, least: u64| {
        let number = value.and_then(|value| value::number(value.as_bytes()));
        let number = number.filter(|n| (least..=i32::MAX as u64).contains(n));
        number.map(|n| n as i32).ok_or_else(|| bad(what))
    };
    let size = |what: &str| {
        let size = value.and_then(|value| value::size(value.as_bytes()));
        size.ok_or_else(|| bad(what))
    };
    match (name, value) {
        ("default_server" | "default", None) => {
            listen.default_server = true;
            return Ok(());
        }
        ("proxy_protocol", None) => {
            options.proxy_protocol = true;
            return Ok(());
        }
        ("ssl", None) => {
            options.ssl = true;
            return Ok(());
        }
        ("http2", None) => {
            let text = "the \"listen ... http2\" directive is deprecated, use the \"http2\" directive \
                        instead";
            builder.warn(text, &listen.at);
            options.http2 = true;
            return Ok(());
        }
        ("quic", None) => {
            return Err("the \"quic\" parameter requires ngx_http_v3_module".into());
        }
        ("bind", None) => {}
        ("deferred", None) => options.deferred = true,
        ("reuseport", None) => options.reuseport = true,
        ("backlog", Some(_)) => options.backlog = count("backlog", 1)?,
        ("fastopen", Some(_)) => options.fastopen = Some(count("fastopen", 0)? as u32),
        ("rcvbuf", Some(_)) => options.rcvbuf = Some(size("rcvbuf")?),
        ("sndbuf", Some(_)) => options.sndbuf = Some(size("sndbuf")?),
        ("ipv6only", Some(value)) => {
            let flag = match value {
                "on" => true,
                "off" => false,
                _ => return Err(bad("parameter")),
            };
            options.ipv6only = flag;
        }
        ("so_keepalive", Some(value)) => options.so_keepalive = so_keepalive(value)?,
        _ => return Err(format!("invalid parameter \"{word}\"").into()),
    }
    options.bind = true;
    listen.set = true;
    Ok(())
}

/// `on`, `off`, or `[idle]:[interval]:[count]` with at least one of them.
fn so_keepalive(value: &str) -> Result<SoKeepalive, Wrong> {
    match value {
        "on" => return Ok(SoKeepalive::On { idle: None, interval: None, count: None }),
        "off" => return Ok(SoKeepalive::Off),
        _ => {}
    }
    let bad = || Wrong::Message(format!("invalid so_keepalive value: \"{value}\""));
    let mut parts = value.split(':');
    let mut time = || match parts.next() {
        None | Some("") => Ok::<_, Wrong>(None),
        Some(part) => {
            let seconds = value::sec(part.as_bytes()).filter(|s| (1..1 << 31).contains(s));
            Ok(Some(seconds.ok_or_else(bad)? * 1000))
        }
    };
    let (idle, interval) = (time()?, time()?);
    let count = match parts.next() {
        None | Some("") => None,
        Some(part) => {
            let number = value::number(part.as_bytes()).and_then(|n| u32::try_from(n).ok());
            Some(number.filter(|&n| n > 0).ok_or_else(bad)?)
        }
    };
    if parts.next().is_some() || (idle.is_none() && interval.is_none() && count.is_none()) {
        return Err(bad());
    }
    Ok(SoKeepalive::On { idle, interval, count })
}

pub fn server_name(
    server: &mut ServerRaw,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Result<(), Wrong> {
    for word in line.args() {
        let invalid = match &**word {
            [b'*', b'.', _, ..] => false,
            [b'*', ..] | [b'.'] => true,
            _ => false,
        };
        if invalid {
            return Err(format!("server name \"{}\" is invalid", text(word)).into());
        }
        let pattern = match &**word {
            [b'~'] => {
                let message = format!("empty regex in server name \"{}\"", text(word));
                return Err(message.into());
            }
            // Host names are compared in lower case.
            [b'~', source @ ..] => {
                let caseless = source.iter().any(u8::is_ascii_uppercase);
                Some(builder.pattern(source, caseless)?)
            }
            _ => None,
        };
        if pattern.is_none() && word.contains(&b'/') {
            let message = format!("server name \"{}\" has suspicious symbols", text(word));
            builder.warn(&message, line.at);
        }
        let text = match &pattern {
            Some(_) => word.clone(),
            None if word.eq_ignore_ascii_case(b"$hostname") => {
                builder.hostname.to_ascii_lowercase().into()
            }
            None => word.to_ascii_lowercase().into(),
        };
        server.names.push(ServerName { text, pattern });
    }
    Ok(())
}
