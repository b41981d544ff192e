//! The listening sockets: opened before anything else is promised, and kept for as long as any
//! configuration wants their address.

use std::ffi::OsString;
use std::thread;
use std::time::Duration;

use super::names::{self, Name};
use crate::http::conf::{Conf, ListenIndex};
use crate::http::servers::{Listen, SoKeepalive};
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::{self, Keepalive, ListenOptions, Socket};

/// An address in use may be that of a program about to end.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// By which a program finds the sockets it was started with: `6;7;`, as nginx has it.
pub const VARIABLE: &str = "NGINX";

/// An address and its sockets: one, or with `reuseport` at least one for each worker.
#[derive(Debug)]
pub struct Listening {
    pub addr: Addr,
    /// Which `listen` of the configuration it is for.
    pub index: ListenIndex,
    pub reuseport: bool,
    pub sockets: Vec<Socket>,
    /// Of a unix socket.
    pub name: Option<Name>,
}

/// The sockets of every address that has its own. What `had` has is taken from there, and stays in it:
/// a connection that waits in its queue never knows. Every failure has been logged when this fails.
pub fn open(conf: &Conf, had: &[Listening]) -> Result<Vec<Listening>, ()> {
    let mut all = known(conf, had);
    open_all(conf, &mut all).inspect_err(|()| discard(&all, had))?;
    Ok(all)
}

/// Nothing came of this configuration: the names go that `had` has not.
pub fn discard(all: &[Listening], had: &[Listening]) {
    let is_new = |it: &&Listening| !had.iter().any(|known| known.addr == it.addr);
    remove_names(all.iter().filter(is_new));
}

/// Whether every address could be bound, for `-t`; one in use counts as one that can. None stays bound, and
/// no socket is replaced. Every failure has been logged when this fails.
pub fn examine(conf: &Conf) -> Result<(), ()> {
    for it in known(conf, &[]) {
        match net::listen(&it.addr, &options(conf, conf.listen(it.index))) {
            Ok(_) => Name::of(&it.addr).iter().for_each(Name::remove),
            Err(Errno::ADDRINUSE) => {}
            Err(e) => {
                say_failed(&it.addr, e);
                return Err(());
            }
        }
    }
    Ok(())
}

/// Each address of `conf`, with the sockets that `had` has for it.
fn known(conf: &Conf, had: &[Listening]) -> Vec<Listening> {
    let mut all = Vec::new();
    for (at, listen) in conf.http.listens.iter().enumerate() {
        if listen.via.is_some() {
            continue;
        }
        let known = had.iter().find(|it| it.addr == listen.addr);
        let sockets = known.map_or(&[] as &[_], |it| &it.sockets).iter();
        let sockets = sockets.filter_map(|socket| socket.try_clone().ok()).collect();
        all.push(Listening {
            addr: listen.addr.clone(),
            index: ListenIndex(at as u32),
            reuseport: listen.options.reuseport,
            sockets,
            name: known.and_then(|it| it.name.clone()),
        });
    }
    all
}

fn open_all(conf: &Conf, all: &mut [Listening]) -> Result<(), ()> {
    for attempt in 0..TRIES {
        let mut busy = false;
        for it in &mut *all {
            match it.open_missing(conf) {
                Ok(()) => {}
                Err(e) => {
                    say_failed(&it.addr, e);
                    if e != Errno::ADDRINUSE {
                        return Err(());
                    }
                    busy = true;
                }
            }
        }
        if !busy {
            return Ok(());
        }
        if attempt + 1 < TRIES {
            crate::notice!("try again to bind() after {}ms", PAUSE.as_millis());
            thread::sleep(PAUSE);
        }
    }
    crate::emerg!("still could not bind()");
    Err(())
}

impl Listening {
    fn open_missing(&mut self, conf: &Conf) -> Result<(), Errno> {
        let workers = if conf.main.master_process { conf.main.worker_processes } else { 1 };
        let wanted = if self.reuseport { workers.max(1) as usize } else { 1 };
        let options = options(conf, conf.listen(self.index));
        if self.reuseport && self.sockets.len() < wanted {
            // The first may have been opened when it was to be the only one.
            self.sockets.iter().for_each(Socket::share_port);
        }
        while self.sockets.len() < wanted {
            self.sockets.push(self.bind(&options)?);
            self.name = Name::of(&self.addr);
        }
        Ok(())
    }

    /// A unix socket that a killed program left is replaced.
    fn bind(&self, options: &ListenOptions) -> Result<Socket, Errno> {
        match net::listen(&self.addr, options) {
            Err(Errno::ADDRINUSE) if names::remove_stale(&self.addr) => {
                net::listen(&self.addr, options)
            }
            bound => bound,
        }
    }

    /// The sockets that worker `number` of `workers` accepts from, and whether others do so too.
    ///
    /// Those that are left of a time with more workers are shared out too: clients wait in their backlogs.
    pub fn of_worker(self, number: usize, workers: usize) -> (Vec<Socket>, bool) {
        if !self.reuseport {
            return (self.sockets, workers > 1);
        }
        let sockets = self.sockets.into_iter().enumerate();
        (sockets.filter(|(at, _)| at % workers == number).map(|(_, it)| it).collect(), false)
    }
}

/// What another configuration says of sockets that are open and stay.
pub fn adjust(conf: &Conf, all: &[Listening]) {
    for it in all {
        let options = options(conf, conf.listen(it.index));
        for socket in &it.sockets {
            net::adjust(socket, &it.addr, &options);
        }
    }
}

/// The sockets that the program was started with, if the environment names some.
pub fn inherited() -> Option<Vec<Listening>> {
    let names = std::env::var(VARIABLE).ok().filter(|names| !names.is_empty())?;
    crate::notice!("using inherited sockets from \"{names}\"");
    let mut all: Vec<Listening> = Vec::new();
    for name in names.split_terminator([';', ':']) {
        let socket = name.parse().map_err(|_| Errno::INVAL).and_then(net::inherited);
        let socket = socket.ok().and_then(|socket| Some((socket.local_addr()?, socket)));
        let Some((addr, socket)) = socket else {
            crate::emerg!("invalid socket number \"{name}\" in {VARIABLE} environment variable");
            continue;
        };
        match all.iter_mut().find(|it| it.addr == addr) {
            Some(it) => it.sockets.push(socket),
            None => {
                let (index, reuseport, name) = (ListenIndex(0), false, Name::of(&addr));
                all.push(Listening { addr, index, reuseport, sockets: vec![socket], name });
            }
        }
    }
    Some(all)
}

/// Leaves every socket to the next program that is started, until this is called with `false`. Returns
/// what to tell it in [`VARIABLE`].
pub fn bequeath(all: &[Listening], on: bool) -> OsString {
    let mut names = String::new();
    for socket in all.iter().flat_map(|it| &it.sockets) {
        if socket.set_inheritable(on).is_ok() {
            names.push_str(&format!("{};", socket.number()));
        }
    }
    names.into()
}

/// The names that unix sockets leave in the file system.
pub fn remove_names<'a>(all: impl IntoIterator<Item = &'a Listening>) {
    all.into_iter().filter_map(|it| it.name.as_ref()).for_each(Name::remove);
}

/// Where a browser on this machine finds the first server.
pub fn address_to_visit(conf: &Conf) -> Option<String> {
    let (addr, ssl) = conf.http.listens.iter().find_map(|listen| match &listen.addr {
        Addr::Inet(addr) => Some((*addr, listen.options.ssl)),
        Addr::Unix(_) => None,
    })?;
    let host = match addr.ip() {
        ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
        ip => ip.to_string(),
    };
    let (scheme, default_port) = if ssl { ("https", 443) } else { ("http", 80) };
    Some(match addr.port() {
        port if port == default_port => format!("{scheme}://{host}/"),
        port => format!("{scheme}://{host}:{port}/"),
    })
}

fn options(conf: &Conf, listen: &Listen) -> ListenOptions {
    let own = &listen.options;
    let location = conf.location(conf.server(listen.default_server).root);
    let bytes = |size: usize| i32::try_from(size).unwrap_or(i32::MAX);
    let seconds = |ms: u64| i32::try_from(ms.div_ceil(1000)).unwrap_or(i32::MAX);
    ListenOptions {
        backlog: Some(own.backlog),
        rcvbuf: own.rcvbuf.map(bytes),
        sndbuf: own.sndbuf.map(bytes),
        reuseport: own.reuseport,
        ipv6only: Some(own.ipv6only),
        deferred: own.deferred,
        fastopen: own.fastopen.map(|queue| bytes(queue as usize)),
        nodelay: location.core.tcp_nodelay,
        keepalive: match own.so_keepalive {
            SoKeepalive::System => None,
            SoKeepalive::Off => Some(Keepalive { on: false, ..Keepalive::default() }),
            SoKeepalive::On { idle, interval, count } => Some(Keepalive {
                on: true,
                idle: idle.map(seconds),
                interval: interval.map(seconds),
                count: count.map(|count| bytes(count as usize)),
            }),
        },
    }
}

fn say_failed(addr: &Addr, e: Errno) {
    crate::emerg!("{}() to {addr} failed ({e})", failed_call(e));
}

/// Which call of the three is to blame, to say what nginx says.
fn failed_call(e: Errno) -> &'static str {
    match e {
        Errno::MFILE | Errno::NFILE => "socket",
        Errno(_) => "bind",
    }
}
