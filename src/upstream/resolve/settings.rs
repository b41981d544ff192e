//! The `resolver` directive.

use std::net::SocketAddr;

use crate::conf::directive::text;
use crate::conf::error::Wrong;
use crate::conf::lexer::Word;
use crate::conf::value::{self, Msec};
use crate::os::addr::Addr;

/// How names of servers become addresses.
pub type Lookup = fn(&str) -> Result<Vec<Addr>, &'static str>;

/// One `resolver` line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Never empty.
    pub servers: Vec<SocketAddr>,
    /// How long answers hold, whatever they say of it.
    pub valid: Option<Msec>,
    pub ipv4: bool,
    pub ipv6: bool,
}

impl Settings {
    /// The words after `resolver`.
    pub fn parse(words: &[Word], lookup: Lookup) -> Result<Self, Wrong> {
        let mut settings = Self { servers: vec![], valid: None, ipv4: true, ipv6: true };
        for word in words {
            let invalid = || Wrong::Message(format!("invalid parameter: {}", text(word)));
            let flag = |value: &[u8]| match value {
                b"on" => Ok(true),
                b"off" => Ok(false),
                _ => Err(invalid()),
            };
            if let Some(time) = word.strip_prefix(b"valid=") {
                settings.valid = Some(value::sec_as_msec(time).ok_or_else(invalid)?);
            } else if let Some(value) = word.strip_prefix(b"ipv4=") {
                settings.ipv4 = flag(value)?;
            } else if let Some(value) = word.strip_prefix(b"ipv6=") {
                settings.ipv6 = flag(value)?;
            } else if !word.starts_with(b"status_zone=") {
                settings.servers.extend(servers(&text(word), lookup)?);
            }
        }
        if settings.servers.is_empty() {
            return Err("no name servers defined".into());
        }
        if !settings.ipv4 && !settings.ipv6 {
            return Err("\"ipv4\" and \"ipv6\" cannot both be \"off\"".into());
        }
        Ok(settings)
    }
}

fn servers(word: &str, lookup: Lookup) -> Result<Vec<SocketAddr>, Wrong> {
    let has_port = match word.rsplit_once(']') {
        Some((_, rest)) => rest.starts_with(':'),
        None => word.contains(':'),
    };
    let with_port = if has_port { word.to_owned() } else { format!("{word}:53") };
    let found = lookup(&with_port)
        .map_err(|reason| Wrong::Message(format!("{reason} in resolver \"{word}\"")))?;
    let inet = |addr| match addr {
        Addr::Inet(addr) => Some(addr),
        Addr::Unix(_) => None,
    };
    Ok(found.into_iter().filter_map(inet).collect())
}
