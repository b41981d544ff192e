//! `syslog:server=…`, as `error_log` and `access_log` take it.

use crate::conf::directive::text;
use crate::conf::error::Wrong;
use crate::http::conf::addrs;
use crate::os::addr::Addr;

/// Where messages go, and what stands before each.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Syslog {
    pub addr: Addr,
    /// 0 to 23.
    pub facility: u8,
    /// Of a message that has none of its own: 0 to 7.
    pub severity: u8,
    /// `HOST TAG: `, or `TAG: `.
    pub sender: Box<str>,
}

/// By their numbers.
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "intern", "lpr", "news", "uucp", "clock", "authpriv",
    "ftp", "ntp", "audit", "alert", "cron", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7",
];
const SEVERITIES: [&str; 8] =
    ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"];
const LOCAL7: u8 = 23;
const INFO: u8 = 6;
/// What RFC 3164 allows.
const LONGEST_TAG: usize = 32;

/// What follows `syslog:`.
pub fn parse(word: &[u8], hostname: &[u8]) -> Result<Syslog, Wrong> {
    let (mut addr, mut facility, mut severity) = (None, None, None);
    let (mut tag, mut with_host) = (None, true);
    for part in word.split(|&byte| byte == b',') {
        let part = &*text(part);
        match part.split_once('=') {
            Some(("server", name)) => once(&mut addr, "server", || server(name))?,
            Some(("facility", name)) => {
                once(&mut facility, "facility", || number("facility", name, &FACILITIES))?;
            }
            Some(("severity", name)) => {
                once(&mut severity, "severity", || number("severity", name, &SEVERITIES))?;
            }
            Some(("tag", name)) => once(&mut tag, "tag", || checked_tag(name))?,
            None if part == "nohostname" => with_host = false,
            _ => return Err(format!("unknown syslog parameter \"{part}\"").into()),
        }
    }
    let addr = addr.ok_or("no syslog server specified")?;
    let tag = tag.unwrap_or_else(|| "nginx".into());
    let host = String::from_utf8_lossy(hostname).to_ascii_lowercase();
    let sender = if with_host { format!("{host} {tag}: ") } else { format!("{tag}: ") };
    Ok(Syslog {
        addr,
        facility: facility.unwrap_or(LOCAL7),
        severity: severity.unwrap_or(INFO),
        sender: sender.into(),
    })
}

fn once<T>(
    slot: &mut Option<T>,
    name: &str,
    value: impl FnOnce() -> Result<T, Wrong>,
) -> Result<(), Wrong> {
    if slot.is_some() {
        return Err(format!("duplicate syslog \"{name}\"").into());
    }
    *slot = Some(value()?);
    Ok(())
}

fn server(name: &str) -> Result<Addr, Wrong> {
    let mut found = addrs::syslog_addrs(name)
        .map_err(|reason| format!("{reason} in syslog server \"{name}\""))?;
    Ok(found.swap_remove(0))
}

fn number(what: &str, name: &str, names: &[&str]) -> Result<u8, Wrong> {
    let at = names.iter().position(|known| *known == name);
    Ok(at.ok_or_else(|| format!("unknown syslog {what} \"{name}\""))? as u8)
}

fn checked_tag(tag: &str) -> Result<String, Wrong> {
    if tag.len() > LONGEST_TAG {
        return Err(format!("syslog tag length exceeds {LONGEST_TAG}").into());
    }
    if !tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err("syslog \"tag\" only allows alphanumeric characters and underscore".into());
    }
    Ok(tag.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(word: &str) -> Result<Syslog, Wrong> {
        parse(word.as_bytes(), b"Host")
    }

    #[test]
    fn what_is_said_and_what_is_not() {
        let short = parsed("server=127.0.0.1").unwrap();
        assert_eq!(short.addr.to_string(), "127.0.0.1:514");
        assert_eq!((short.facility, short.severity, &*short.sender), (23, 6, "host nginx: "));
        let long = "facility=authpriv,severity=debug,nohostname,tag=a_1,server=unix:/dev/log";
        let long = parsed(long).unwrap();
        assert_eq!(long.addr.to_string(), "unix:/dev/log");
        assert_eq!((long.facility, long.severity, &*long.sender), (10, 7, "a_1: "));
        for (word, addr) in [("[::1]", "[::1]:514"), ("[::1]:55", "[::1]:55")] {
            assert_eq!(parsed(&format!("server={word}")).unwrap().addr.to_string(), addr);
        }
    }

    #[test]
    fn mistakes() {
        for (word, message) in [
            ("", "unknown syslog parameter \"\""),
            ("server=1.1.1.1,", "unknown syslog parameter \"\""),
            ("nohostname=1", "unknown syslog parameter \"nohostname=1\""),
            ("facility=user", "no syslog server specified"),
            ("server=1.1.1.1,server=1.1.1.1", "duplicate syslog \"server\""),
            ("facility=USER", "unknown syslog facility \"USER\""),
            ("severity=x", "unknown syslog severity \"x\""),
            ("tag=a-b", "syslog \"tag\" only allows alphanumeric characters and underscore"),
            ("server=", "no host in syslog server \"\""),
            ("server=1.1.1.1:0", "invalid port in syslog server \"1.1.1.1:0\""),
            ("server=1.1.1.1/x", "invalid host in syslog server \"1.1.1.1/x\""),
            ("server=unix:", "no path in the unix domain socket in syslog server \"unix:\""),
        ] {
            assert_eq!(parsed(word), Err(Wrong::Message(message.into())), "{word}");
        }
        let tag = format!("tag={}", "a".repeat(33));
        assert_eq!(parsed(&tag), Err(Wrong::Message("syslog tag length exceeds 32".into())));
    }
}
