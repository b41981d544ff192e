//! `upstream` blocks as they were written, and the implicit groups that `proxy_pass http://host` makes.

use super::resolve::{Lookup, Settings};
use crate::base::ids::ResolverIndex;
use crate::conf::directive::{Args, Directive, Line, Places, Scope, Set, fill, number, text};
use crate::conf::error::{Position, Wrong};
use crate::conf::value::{self, Msec};
use crate::os::addr::Addr;
use crate::settings;

use super::health::Rule;
use crate::upstream::balance::method::Method;

/// A group of servers. Its index in `Http::groups` is its name for the rest of the program.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The name of the block, or the host of an implicit group.
    pub name: Box<[u8]>,
    /// Given in `proxy_pass` (`http://group:8080`) or an implicit group's; `None` for a block.
    pub port: Option<u16>,
    pub servers: Vec<ServerLine>,
    pub options: GroupOptions,
    pub method: Method,
    pub sticky: Option<Sticky>,
    /// A script chooses among addresses; the servers are for requests that it leaves alone.
    pub scripted: bool,
    /// Of each `health_check` that is about it.
    pub checks: Vec<Rule>,
    /// For the lines with `resolve`; if there are any, it is there.
    pub resolver: Option<ResolverIndex>,
    pub resolver_timeout: Msec,
    /// An `upstream` block, not the address of a `proxy_pass`.
    pub explicit: bool,
}

impl Group {
    /// The group of a `proxy_pass` address.
    pub fn implicit(name: Box<[u8]>, port: Option<u16>, server: ServerLine) -> Self {
        Self { name, port, servers: vec![server], ..Self::default() }
    }
}

/// `sticky`, as far as it is not HTTP's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sticky {
    pub learn: Option<Learn>,
}

/// `sticky learn`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Learn {
    pub zone: String,
    /// Of the zone, in bytes.
    pub size: usize,
    pub timeout: Msec,
    /// A session begins with the head of a response, not with its end.
    pub header: bool,
}

settings! {
    /// What an `upstream` block says besides its servers.
    pub struct GroupOptions / GroupOptionsRaw {
        /// Idle connections kept by a worker; 0: none. Not given: `DEFAULT_KEEPALIVE`.
        keepalive: Option<u32> = None,
        /// As `keepalive`, of connections that a script wants to be kept.
        balancer_keepalive: Option<u32> = None,
        /// Of one server; not given: as many as of the group.
        keepalive_per_server: Option<u32> = None,
        queue: Option<QueueOptions> = None,
        keepalive_timeout: Msec = 60_000,
        keepalive_requests: u32 = 1000,
        keepalive_time: Msec = 3_600_000,
        resolver: Option<Settings> = None,
        /// Not given: as in `http`.
        resolver_timeout: Option<Msec> = None,
        /// Its workers share what they know of its servers.
        zone: Option<ZoneOptions> = None,
    }
}

/// `zone NAME [SIZE]`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZoneOptions {
    pub name: String,
    /// The size as configured: bytes are not accounted, but more of them have room for more servers.
    pub size: usize,
}

/// `queue N [timeout=T]`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueOptions {
    pub most: u32,
    pub timeout: Msec,
}

/// As nginx 1.29.7 and later, where a group keeps connections without being told.
pub const DEFAULT_KEEPALIVE: u32 = 32;

/// One `server` line; a name may have several addresses, each of which is a peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerLine {
    /// As it was written.
    pub name: Box<[u8]>,
    pub addrs: Vec<Addr>,
    /// The addresses are looked up while the worker runs.
    pub resolve: Option<Resolve>,
    pub weight: u32,
    /// 0: failures are not counted.
    pub max_fails: u32,
    pub fail_timeout: Msec,
    pub max_conns: u32,
    pub slow_start: Msec,
    pub backup: bool,
    pub down: bool,
    pub drain: bool,
    /// What `sticky` knows the server by; empty: not given.
    pub route: Box<[u8]>,
}

impl ServerLine {
    pub fn new(name: &[u8], addrs: Vec<Addr>) -> Self {
        Self {
            name: name.into(),
            addrs,
            resolve: None,
            weight: 1,
            max_fails: 1,
            fail_timeout: 10_000,
            max_conns: 0,
            slow_start: 0,
            backup: false,
            down: false,
            drain: false,
            route: Box::default(),
        }
    }
}

/// A name that is looked up again and again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolve {
    pub host: Box<str>,
    pub port: u16,
    /// The ports and weights are those of SRV records.
    pub service: Option<Box<str>>,
}

/// A group in the making: named by a `proxy_pass`, given by a block, or both, in either order.
#[derive(Clone, Debug)]
pub struct GroupRaw {
    pub name: Box<[u8]>,
    pub port: Option<u16>,
    /// Of the protocol by which it was named.
    pub default_port: Option<u16>,
    /// Where it was named first, or where the block is.
    pub at: Position,
    pub block: Option<BlockRaw>,
}

/// What an `upstream` block says.
#[derive(Clone, Debug, Default)]
pub struct BlockRaw {
    pub servers: Vec<ServerLine>,
    pub options: GroupOptionsRaw,
    pub method: Option<Method>,
    pub sticky: Option<Sticky>,
    pub scripted: bool,
}

impl BlockRaw {
    pub fn freeze(self, name: Box<[u8]>) -> Result<Group, String> {
        let method = self.method.unwrap_or_default();
        let shown = String::from_utf8_lossy(&name);
        let is_primary = |server: &ServerLine| !server.backup;
        if !self.scripted && !self.servers.iter().any(is_primary) {
            return Err(format!("no servers in upstream \"{shown}\""));
        }
        let peers: usize = self.servers.iter().map(|server| server.addrs.len().max(1)).sum();
        if peers > MOST_PEERS {
            return Err(format!("too many servers in upstream \"{shown}\""));
        }
        Ok(Group {
            port: None,
            servers: self.servers,
            options: self.options.freeze(),
            method,
            sticky: self.sticky,
            scripted: self.scripted,
            checks: vec![],
            resolver: None,
            resolver_timeout: 0,
            explicit: true,
            name,
        })
    }
}

/// A peer's number has 16 bits, and one value names no peer.
const MOST_PEERS: usize = u16::MAX as usize;

impl Scope for BlockRaw {
    type Context = Lookup;
}

const HERE: Places = Places::UPSTREAM;

/// The directives of an `upstream` block.
pub static ROWS: &[Directive<BlockRaw>] = &[
    Directive { name: "server", places: HERE, args: Args::SOME, set: Set::Own(server) },
    Directive { name: "keepalive", places: HERE, args: Args::ONE_OR_TWO, set: Set::Own(keepalive) },
    Directive {
        name: "keepalive_timeout",
        places: HERE,
        args: Args::ONE,
        set: Set::Msec(|block| &mut block.options.keepalive_timeout),
    },
    Directive {
        name: "keepalive_requests",
        places: HERE,
        args: Args::ONE,
        set: Set::Number(|block| &mut block.options.keepalive_requests),
    },
    Directive {
        name: "keepalive_time",
        places: HERE,
        args: Args::ONE,
        set: Set::Msec(|block| &mut block.options.keepalive_time),
    },
    Directive { name: "resolver", places: HERE, args: Args::SOME, set: Set::Own(resolver) },
    Directive {
        name: "resolver_timeout",
        places: HERE,
        args: Args::ONE,
        set: Set::Own(resolver_timeout),
    },
    Directive {
        name: "keepalive_per_server",
        places: HERE,
        args: Args::ONE,
        set: Set::Own(keepalive_per_server),
    },
    Directive { name: "queue", places: HERE, args: Args::ONE_OR_TWO, set: Set::Own(queue) },
];

fn server(block: &mut BlockRaw, lookup: &mut Lookup, line: &Line<'_>) -> Result<(), Wrong> {
    let mut server = ServerLine::new(&line.words[1], vec![]);
    let method = block.method.unwrap_or_default();
    let (mut resolve, mut service) = (false, None);
    for word in &line.args()[1..] {
        match &**word {
            b"resolve" => resolve = true,
            [b's', b'e', b'r', b'v', b'i', b'c', b'e', b'=', name @ ..] => {
                if name.is_empty() {
                    return Err("service is empty".into());
                }
                service = Some(text(name).into());
            }
            word => parameter(&mut server, word, method)?,
        }
    }
    let name = line.text(1);
    if service.is_some() && !resolve {
        let message = format!("service upstream \"{name}\" requires \"resolve\" parameter");
        return Err(message.into());
    }
    let is_service = service.is_some();
    if resolve {
        server.resolve = at_run_time(&name, service)?;
    }
    if is_service && server.resolve.is_none() {
        return Err(format!("service upstream \"{name}\" requires domain name").into());
    }
    if server.resolve.is_some() {
        block.servers.push(server);
        return Ok(());
    }
    server.addrs = lookup(&name).map_err(|reason| format!("{reason} in upstream \"{name}\""))?;
    block.servers.push(server);
    Ok(())
}

/// What of a server's name is looked up while the worker runs; nothing if it is an address.
fn at_run_time(name: &str, service: Option<Box<str>>) -> Result<Option<Resolve>, Wrong> {
    if name.starts_with('[') || name.starts_with("unix:") {
        return Ok(None);
    }
    let (host, port) = match name.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (name, None),
    };
    if host.parse::<std::net::IpAddr>().is_ok() {
        return Ok(None);
    }
    if host.is_empty() {
        return Err(format!("no host in upstream \"{name}\"").into());
    }
    if service.is_some() && port.is_some() {
        return Err(format!("service upstream \"{name}\" may not have port").into());
    }
    let number = |port: &str| value::number(port.as_bytes()).and_then(|n| u16::try_from(n).ok());
    let port = match port {
        None => 80,
        Some(port) => number(port)
            .filter(|&port| port > 0)
            .ok_or_else(|| format!("invalid port in upstream \"{name}\""))?,
    };
    Ok(Some(Resolve { host: host.into(), port, service }))
}

fn resolver(block: &mut BlockRaw, lookup: &mut Lookup, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut block.options.resolver, || Settings::parse(line.args(), *lookup).map(Some))
}

fn resolver_timeout(block: &mut BlockRaw, _: &mut Lookup, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut block.options.resolver_timeout, || {
        value::msec(&line.words[1]).map(Some).ok_or_else(Wrong::invalid_value)
    })
}

fn parameter(server: &mut ServerLine, word: &[u8], method: Method) -> Result<(), Wrong> {
    let shown = String::from_utf8_lossy(word);
    let invalid = || Wrong::Message(format!("invalid parameter \"{shown}\""));
    let count = |word: &[u8]| {
        let value = value::number(word).ok_or_else(invalid)?;
        // nginx takes more, and means as many as there can be.
        Ok::<_, Wrong>(value.min(i32::MAX as u64) as u32)
    };
    let time = value::sec_as_msec;
    match word {
        b"backup" if method.supports(word) => server.backup = true,
        b"down" => server.down = true,
        b"drain" => server.drain = true,
        _ => {
            let end = word.iter().position(|&byte| byte == b'=');
            let (name, value) = word.split_at(end.unwrap_or(word.len()));
            if !method.supports(name) && (end.is_some() == (name == b"slow_start")) {
                let what = "balancing method does not support parameter";
                return Err(format!("{what} \"{shown}\"").into());
            }
            let value = value.strip_prefix(b"=").ok_or_else(invalid)?;
            match name {
                b"weight" => {
                    server.weight = Some(count(value)?).filter(|&n| n > 0).ok_or_else(invalid)?
                }
                b"max_fails" => server.max_fails = count(value)?,
                b"max_conns" => server.max_conns = count(value)?,
                b"fail_timeout" => server.fail_timeout = time(value).ok_or_else(invalid)?,
                b"slow_start" => server.slow_start = time(value).ok_or_else(invalid)?,
                // As long as nginx has room for.
                b"route" if (1..=32).contains(&value.len()) => server.route = value.into(),
                _ => return Err(invalid()),
            }
        }
    }
    Ok(())
}

fn keepalive_per_server(
    block: &mut BlockRaw,
    _: &mut Lookup,
    line: &Line<'_>,
) -> Result<(), Wrong> {
    fill(&mut block.options.keepalive_per_server, || {
        let value = number(&line.words[1]).ok();
        let shown = line.text(1);
        let wrong = || format!("invalid value \"{shown}\" in \"keepalive_per_server\" directive");
        Ok(Some(value.ok_or_else(wrong)?))
    })
}

fn queue(block: &mut BlockRaw, _: &mut Lookup, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut block.options.queue, || {
        let count = number(&line.words[1]).ok();
        let shown = line.text(1);
        let wrong = || format!("invalid value \"{shown}\" in \"queue\" directive");
        let most = count.filter(|&n| n > 0).ok_or_else(wrong)?;
        let timeout = match line.args() {
            [_, word] => {
                let shown = String::from_utf8_lossy(word);
                let wrong = || format!("invalid parameter \"{shown}\"");
                let time = word.strip_prefix(b"timeout=").and_then(value::msec);
                time.ok_or_else(wrong)?
            }
            _ => 60_000,
        };
        Ok(Some(QueueOptions { most, timeout }))
    })
}

fn keepalive(block: &mut BlockRaw, _: &mut Lookup, line: &Line<'_>) -> Result<(), Wrong> {
    if let [_, scope] = line.args() {
        if &**scope != b"local" {
            let scope = String::from_utf8_lossy(scope);
            return Err(format!("invalid parameter \"{scope}\"").into());
        }
    }
    fill(&mut block.options.keepalive, || {
        let number = number(&line.words[1]).ok();
        let shown = line.text(1);
        let wrong =
            || Wrong::Message(format!("invalid value \"{shown}\" in \"keepalive\" directive"));
        number.map(Some).ok_or_else(wrong)
    })
}
