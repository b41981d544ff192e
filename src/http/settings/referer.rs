//! `valid_referers`: the sites whose pages may lead here.

use std::sync::Arc;

use crate::base::regex::{Captures, MatchError};
use crate::http::servers::{NameError, Names};
use crate::http::vars::Pattern;
use crate::settings;

settings! {
    /// The referer module.
    pub struct Referers / ReferersRaw {
        /// A block with any of its own does not see the ones around it.
        lines: Arc<Lines> = Arc::default(),
        /// What `compile` makes of them; none: every referrer is valid.
        valid: Option<Arc<Valid>> = None,
    }
}

/// The words of `valid_referers` in a block.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// `none`
    pub absent: bool,
    pub blocked: bool,
    pub server_names: bool,
    pub hosts: Hosts,
    pub patterns: Vec<Arc<Pattern>>,
}

/// Hosts, and what the path must begin with.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    /// To the index of the start of the path.
    names: Names<u32>,
    paths: Vec<Box<[u8]>>,
}

impl Hosts {
    /// An error is nginx's message.
    pub fn insert(&mut self, host: &[u8], path: &[u8]) -> Result<(), String> {
        let shown = || String::from_utf8_lossy(host).to_lowercase();
        self.names.insert(host, self.paths.len() as u32).map_err(|error| match error {
            NameError::Invalid => format!("invalid hostname or wildcard \"{}\"", shown()),
            NameError::Duplicate => format!("conflicting parameter \"{}\"", shown()),
        })?;
        self.paths.push(path.into());
        Ok(())
    }
}

/// What a request's `Referer` is compared with.
#[derive(Debug)]
pub struct Valid {
    absent: bool,
    blocked: bool,
    hosts: Hosts,
    /// Of the server's names: they match the host alone.
    names: Vec<Arc<Pattern>>,
    /// They match host and path.
    patterns: Vec<Arc<Pattern>>,
}

/// The host in a referrer is at most this long.
const LONGEST_HOST: usize = 256;

impl Referers {
    /// `server_names`: those of the server, expressions with their pattern. An error is nginx's message.
    pub fn compile<'a>(
        &mut self,
        server_names: impl Iterator<Item = (&'a [u8], Option<&'a Arc<Pattern>>)>,
    ) -> Result<(), String> {
        let lines = &self.lines;
        let mut valid = Valid {
            absent: lines.absent,
            blocked: lines.blocked,
            hosts: lines.hosts.clone(),
            names: vec![],
            patterns: lines.patterns.clone(),
        };
        for (name, pattern) in server_names.filter(|_| lines.server_names) {
            match pattern {
                Some(pattern) => valid.names.push(pattern.clone()),
                None => valid.hosts.insert(name, b"")?,
            }
        }
        let has_hosts = !valid.hosts.names.is_empty();
        if !has_hosts && (valid.absent || valid.blocked) {
            return Err("the \"none\" or \"blocked\" referers are specified in the \
                        \"valid_referers\" directive without any valid referer"
                .to_owned());
        }
        let is_any = has_hosts || valid.names.len() + valid.patterns.len() > 0;
        self.valid = is_any.then(|| Arc::new(valid));
        Ok(())
    }

    /// `$invalid_referer` of a request with that field.
    pub fn is_invalid(
        &self,
        referer: Option<&[u8]>,
        captures: &mut Captures,
    ) -> Result<bool, MatchError> {
        let Some(valid) = &self.valid else { return Ok(false) };
        let Some(referer) = referer else { return Ok(!valid.absent) };
        let Some(site) = without_scheme(referer) else { return Ok(!valid.blocked) };
        Ok(!valid.holds(site, captures)?)
    }
}

impl Valid {
    /// `site` is a referrer behind its scheme.
    fn holds(&self, site: &[u8], captures: &mut Captures) -> Result<bool, MatchError> {
        let end = site.iter().position(|&byte| matches!(byte, b'/' | b':')).unwrap_or(site.len());
        let host = &site[..end];
        if host.len() > LONGEST_HOST {
            return Ok(false);
        }
        if let Some(found) = self.hosts.names.find(host, captures)? {
            let path = &self.hosts.paths[found.value as usize];
            let start = memchr::memchr(b'/', site).unwrap_or(site.len());
            return Ok(site[start..].starts_with(path));
        }
        let host = host.to_ascii_lowercase();
        for name in &self.names {
            if name.regex.captures(&host, captures)? {
                return Ok(true);
            }
        }
        for pattern in &self.patterns {
            if pattern.regex.captures(site, captures)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What stands behind `http://` or `https://`; none where it is no address of a site.
fn without_scheme(referer: &[u8]) -> Option<&[u8]> {
    if referer.len() < "http://i.ru".len() {
        return None;
    }
    [b"http://".as_slice(), b"https://"].into_iter().find_map(|scheme| {
        let (start, site) = referer.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(site)
    })
}
