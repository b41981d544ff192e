//! `upstream` blocks as they were written, and the implicit groups that `proxy_pass http://host` makes.

use crate::conf::directive::{Args, Directive, Line, Places, Scope, Set, fill, number};
use crate::conf::error::{Position, Wrong};
use crate::conf::value::{self, Msec};
use crate::os::addr::Addr;
use crate::settings;

/// A group of servers. Its index in `Http::groups` is its name for the rest of the program.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The name of the block, or the host of an implicit group.
    pub name: Box<[u8]>,
    /// Given in `proxy_pass` (`http://group:8080`) or an implicit group's; `None` for a block.
    pub port: Option<u16>,
    pub servers: Vec<ServerLine>,
    pub options: GroupOptions,
    /// An `upstream` block, not the address of a `proxy_pass`.
    pub explicit: bool,
}

settings! {
    /// What an `upstream` block says besides its servers.
    pub struct GroupOptions / GroupOptionsRaw {
        /// Idle connections kept by a worker; 0: none. Not given: `DEFAULT_KEEPALIVE`.
        keepalive: Option<u32> = None,
        keepalive_timeout: Msec = 60_000,
        keepalive_requests: u32 = 1000,
        keepalive_time: Msec = 3_600_000,
        /// Accepted: there is one worker.
        zone: Option<String> = None,
    }
}

/// As nginx 1.29.7 and later, where a group keeps connections without being told.
pub const DEFAULT_KEEPALIVE: u32 = 32;

/// One `server` line; a name may have several addresses, each of which is a peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerLine {
    /// As it was written.
    pub name: Box<[u8]>,
    pub addrs: Vec<Addr>,
    pub weight: u32,
    /// 0: failures are not counted.
    pub max_fails: u32,
    pub fail_timeout: Msec,
    pub max_conns: u32,
    pub backup: bool,
    pub down: bool,
}

impl ServerLine {
    pub fn new(name: &[u8], addrs: Vec<Addr>) -> Self {
        Self {
            name: name.into(),
            addrs,
            weight: 1,
            max_fails: 1,
            fail_timeout: 10_000,
            max_conns: 0,
            backup: false,
            down: false,
        }
    }
}

/// A group in the making: named by a `proxy_pass`, given by a block, or both, in either order.
#[derive(Clone, Debug)]
pub struct GroupRaw {
    pub name: Box<[u8]>,
    pub port: Option<u16>,
    /// Where it was named first, or where the block is.
    pub at: Position,
    pub block: Option<BlockRaw>,
}

/// What an `upstream` block says.
#[derive(Clone, Debug, Default)]
pub struct BlockRaw {
    pub servers: Vec<ServerLine>,
    pub options: GroupOptionsRaw,
}

/// How names of servers become addresses.
pub type Lookup = fn(&str) -> Result<Vec<Addr>, &'static str>;

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
    Directive { name: "zone", places: HERE, args: Args::ONE_OR_TWO, set: Set::Own(zone) },
];

fn server(block: &mut BlockRaw, lookup: &mut Lookup, line: &Line<'_>) -> Result<(), Wrong> {
    let mut server = ServerLine::new(&line.words[1], vec![]);
    for word in &line.args()[1..] {
        parameter(&mut server, word)?;
    }
    let name = line.text(1);
    server.addrs = lookup(&name).map_err(|reason| format!("{reason} in upstream \"{name}\""))?;
    block.servers.push(server);
    Ok(())
}

fn parameter(server: &mut ServerLine, word: &[u8]) -> Result<(), Wrong> {
    let invalid =
        || Wrong::Message(format!("invalid parameter \"{}\"", String::from_utf8_lossy(word)));
    let count = |word: &[u8]| {
        let value = value::number(word).and_then(|value| u32::try_from(value).ok());
        value.filter(|&value| value <= i32::MAX as u32).ok_or_else(invalid)
    };
    match word {
        b"backup" => server.backup = true,
        b"down" => server.down = true,
        _ => {
            let equals = word.iter().position(|&byte| byte == b'=').ok_or_else(invalid)?;
            let value = &word[equals + 1..];
            match &word[..equals] {
                b"weight" => {
                    server.weight = Some(count(value)?).filter(|&n| n > 0).ok_or_else(invalid)?
                }
                b"max_fails" => server.max_fails = count(value)?,
                b"max_conns" => server.max_conns = count(value)?,
                b"fail_timeout" => {
                    let seconds = value::sec(value).ok_or_else(invalid)?;
                    server.fail_timeout = seconds.saturating_mul(1000);
                }
                _ => return Err(invalid()),
            }
        }
    }
    Ok(())
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

fn zone(block: &mut BlockRaw, _: &mut Lookup, line: &Line<'_>) -> Result<(), Wrong> {
    if let Some(size) = line.args().get(1) {
        if value::size(size).is_none_or(|size| size < 8 * 4096) {
            let size = String::from_utf8_lossy(size);
            return Err(format!("invalid zone size \"{size}\"").into());
        }
    }
    fill(&mut block.options.zone, || Ok(Some(line.text(1).into_owned())))
}
