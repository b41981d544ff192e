//! Listening addresses and the servers behind them, chosen by name.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use super::ids::{ListenIndex, ServerId};
use super::vars::{Pattern, Slot};
use crate::base::regex::{Captures, MatchError};
use crate::conf::value::Msec;
use crate::os::addr::Addr;

/// One address of `listen` directives, whichever servers they stand in.
#[derive(Debug)]
pub struct Listen {
    pub addr: Addr,
    pub options: ListenOptions,
    pub default_server: ServerId,
    /// What a connection begins with.
    pub begins_with: Beginning,
    pub names: Names<ServerId>,
    /// `listen 127.0.0.1:80` beside `listen 80` has no socket of its own: its connections come in
    /// on that one, and their local address tells which they are.
    pub via: Option<ListenIndex>,
    /// The addresses that come in on this socket, and what listens there.
    pub locals: Vec<(IpAddr, ListenIndex)>,
}

/// What is read first of a connection; with TLS it comes behind the handshake, but for the header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beginning {
    /// The head of a request.
    Head,
    /// That, or the preface of HTTP/2.
    HeadOrPreface,
    /// A header of the PROXY protocol.
    ProxyHeader,
}

/// The parameters of `listen` that concern the socket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListenOptions {
    pub backlog: i32,
    pub rcvbuf: Option<usize>,
    pub sndbuf: Option<usize>,
    pub fastopen: Option<u32>,
    pub so_keepalive: SoKeepalive,
    pub ipv6only: bool,
    pub deferred: bool,
    pub reuseport: bool,
    pub proxy_protocol: bool,
    pub ssl: bool,
    /// HTTP/2 is spoken, too.
    pub http2: bool,
    /// A socket of its own was asked for (`bind`, or an option that needs one).
    pub bind: bool,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self {
            backlog: 511,
            rcvbuf: None,
            sndbuf: None,
            fastopen: None,
            so_keepalive: SoKeepalive::System,
            ipv6only: true,
            deferred: false,
            reuseport: false,
            proxy_protocol: false,
            ssl: false,
            http2: false,
            bind: false,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SoKeepalive {
    /// Not said: the system's default.
    System,
    Off,
    On {
        idle: Option<Msec>,
        interval: Option<Msec>,
        count: Option<u32>,
    },
}

impl Listen {
    /// The server for a host name in lower case, without port or final dot; `default` if none has it. When a
    /// regular expression decided, its captures are in `captures` and the named ones in the answer.
    pub fn find(
        &self,
        default: ServerId,
        host: &[u8],
        captures: &mut Captures,
    ) -> Result<Named<'_>, MatchError> {
        let default = Named { server: default, named: &[] };
        if self.names.is_empty() {
            return Ok(default);
        }
        // Without a host there is the empty name, and no expression is asked.
        if host.is_empty() {
            let server = self.names.exact.get(host).copied();
            return Ok(Named { server: server.unwrap_or(default.server), ..default });
        }
        let found = self.names.find(host, captures)?;
        Ok(found.map_or(default, |found| Named { server: found.value, named: found.named }))
    }
}

/// The server that was chosen, and the named groups (slot, group) to take over from the captures.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    pub server: ServerId,
    pub named: &'a [(Slot, usize)],
}

/// Host names to something: exact, then the longest `*.x`, then the longest `x.*`, then regular
/// expressions in order. nginx's order, and `map` uses the same.
#[derive(Clone, Debug)]
pub struct Names<T> {
    exact: Table<T>,
    /// Without the star: `.example.com`.
    head: Table<T>,
    /// Without the star: `example.`.
    tail: Table<T>,
    regex: Vec<(Arc<Pattern>, T)>,
}

type Table<T> = HashMap<Box<[u8]>, T, BuildHasherDefault<Fnv>>;

/// What a name led to.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'a, T> {
    pub value: T,
    pub named: &'a [(Slot, usize)],
}

/// A name that is there already, or that is no name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NameError {
    Duplicate,
    Invalid,
}

impl<T: Copy> Names<T> {
    pub fn find(
        &self,
        name: &[u8],
        captures: &mut Captures,
    ) -> Result<Option<Hit<'_, T>>, MatchError> {
        let mut lower = [0; 256];
        let lowered;
        let key = match lower.get_mut(..name.len()) {
            Some(key) => {
                key.copy_from_slice(name);
                key.make_ascii_lowercase();
                &*key
            }
            None => {
                lowered = name.to_ascii_lowercase();
                &lowered
            }
        };
        if let Some(&value) = self.plain(key) {
            return Ok(Some(Hit { value, named: &[] }));
        }
        for (pattern, value) in &self.regex {
            if pattern.regex.captures(name, captures)? {
                return Ok(Some(Hit { value: *value, named: &pattern.named }));
            }
        }
        Ok(None)
    }

    fn plain(&self, name: &[u8]) -> Option<&T> {
        if let Some(value) = self.exact.get(name) {
            return Some(value);
        }
        let dots = || name.iter().enumerate().filter(|&(_, &byte)| byte == b'.').map(|(at, _)| at);
        if !self.head.is_empty() {
            let found = dots().filter(|&at| at > 0).find_map(|at| self.head.get(&name[at..]));
            if found.is_some() {
                return found;
            }
        }
        if !self.tail.is_empty() {
            let dots = name.iter().enumerate().rev().filter(|&(_, &byte)| byte == b'.');
            return dots
                .filter(|&(at, _)| at + 1 < name.len())
                .find_map(|(at, _)| self.tail.get(&name[..=at]));
        }
        None
    }

    pub fn is_empty(&self) -> bool {
        self.exact.is_empty()
            && self.head.is_empty()
            && self.tail.is_empty()
            && self.regex.is_empty()
    }

    /// Takes any of the four written forms but a regular expression.
    pub fn insert(&mut self, name: &[u8], value: T) -> Result<(), NameError> {
        let name: Box<[u8]> = name.to_ascii_lowercase().into();
        let stars = name.iter().filter(|&&byte| byte == b'*').count();
        let doubled = name.windows(2).any(|pair| pair == b"..");
        match &*name {
            _ if stars > 1 || doubled => Err(NameError::Invalid),
            [b'*', rest @ ..] => match rest {
                [b'.', _, ..] => add(&mut self.head, rest, value),
                _ => Err(NameError::Invalid),
            },
            [rest @ .., b'*'] => match rest {
                [_, .., b'.'] => add(&mut self.tail, rest, value),
                _ => Err(NameError::Invalid),
            },
            _ if stars > 0 => Err(NameError::Invalid),
            [b'.', rest @ ..] if !rest.is_empty() => {
                add(&mut self.exact, rest, value)?;
                add(&mut self.head, &name, value)
            }
            _ => add(&mut self.exact, &name, value),
        }
    }

    /// A name that is exactly this, stars and dots included.
    pub fn insert_exact(&mut self, name: &[u8], value: T) -> Result<(), NameError> {
        add(&mut self.exact, &name.to_ascii_lowercase(), value)
    }

    pub fn insert_regex(&mut self, pattern: Arc<Pattern>, value: T) {
        self.regex.push((pattern, value));
    }
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self {
            exact: HashMap::default(),
            head: HashMap::default(),
            tail: HashMap::default(),
            regex: vec![],
        }
    }
}

fn add<T>(table: &mut Table<T>, name: &[u8], value: T) -> Result<(), NameError> {
    if table.contains_key(name) {
        return Err(NameError::Duplicate);
    }
    table.insert(name.into(), value);
    Ok(())
}

/// FNV-1a: names are short, and the tables are made once, from the administrator's own words.
#[derive(Clone, Copy, Debug)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::regex::Regex;

    #[test]
    fn names_in_nginx_order() {
        let mut names = Names::default();
        for (n, name) in
            ["example.com", "*.example.com", "*.a.example.com", "mail.*", ".both.org", ""]
                .iter()
                .enumerate()
        {
            names.insert(name.as_bytes(), n).unwrap();
        }
        let regex = Regex::new(b"^www(?<n>\\d)\\.", false).unwrap();
        names.insert_regex(Arc::new(Pattern { regex, named: vec![(3, 1)] }), 9);
        let mut captures = Captures::default();
        let mut find =
            |name: &str| names.find(name.as_bytes(), &mut captures).unwrap().map(|f| f.value);
        assert_eq!(find("example.com"), Some(0));
        assert_eq!(find("EXAMPLE.com"), Some(0));
        assert_eq!(find("x.example.com"), Some(1));
        assert_eq!(find("y.x.example.com"), Some(1));
        assert_eq!(find("b.a.example.com"), Some(2));
        assert_eq!(find("a.example.com"), Some(1));
        assert_eq!(find("mail.example.org"), Some(3));
        assert_eq!(find("mail."), None);
        assert_eq!(find("both.org"), Some(4));
        assert_eq!(find("x.both.org"), Some(4));
        assert_eq!(find(""), Some(5));
        assert_eq!(find(".example.com"), None);
        assert_eq!(find("www7.x"), Some(9));
        assert_eq!(captures.get(1), b"7");
    }

    #[test]
    fn wrong_names() {
        let mut names = Names::default();
        for name in ["*", "*x", "a.*.b", "x*", "a..b", "*.", "*.a.*", "*."] {
            assert_eq!(names.insert(name.as_bytes(), 0), Err(NameError::Invalid), "{name}");
        }
        names.insert(b"a", 0).unwrap();
        assert_eq!(names.insert(b"A", 1), Err(NameError::Duplicate));
    }
}
