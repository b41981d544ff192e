//! The listening sockets: opened before anything else is promised.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::http::conf::{Conf, ListenIndex};
use crate::http::servers::{Listen, SoKeepalive};
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::{self, Keepalive, ListenOptions, Socket};
use crate::os::process;

/// An address in use may be that of a program about to end.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// One socket for each address that has its own. Every failure has been logged when this fails.
pub fn open(conf: &Conf) -> Result<Vec<(ListenIndex, Socket)>, ()> {
    let mut open = Vec::new();
    for attempt in 0..TRIES {
        let mut busy = false;
        for (at, listen) in conf.http.listens.iter().enumerate() {
            let index = ListenIndex(at as u32);
            if listen.via.is_some() || open.iter().any(|(known, _)| *known == index) {
                continue;
            }
            match net::listen(&listen.addr, &options(conf, listen)) {
                Ok(socket) => open.push((index, socket)),
                Err(e) => {
                    crate::emerg!("{}() to {} failed ({e})", failed_call(e), listen.addr);
                    if e != Errno::ADDRINUSE {
                        return Err(());
                    }
                    busy = true;
                }
            }
        }
        if !busy {
            open.sort_by_key(|(index, _)| *index);
            return Ok(open);
        }
        if attempt + 1 < TRIES {
            crate::notice!("try again to bind() after {}ms", PAUSE.as_millis());
            thread::sleep(PAUSE);
        }
    }
    crate::emerg!("still could not bind()");
    Err(())
}

/// The names that unix sockets leave in the file system.
pub fn remove_names(conf: &Conf) {
    for listen in &conf.http.listens {
        if let Addr::Unix(path) = &listen.addr {
            if let Err(e) = process::as_root(|| fs::remove_file(path)) {
                crate::emerg!("unlink() {} failed ({})", path.display(), Errno::from(e));
            }
        }
    }
}

/// Where a browser on this machine finds the first server.
pub fn address_to_visit(conf: &Conf) -> Option<String> {
    let addr = conf.http.listens.iter().find_map(|listen| match &listen.addr {
        Addr::Inet(addr) => Some(*addr),
        Addr::Unix(_) => None,
    })?;
    let host = match addr.ip() {
        ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
        ip => ip.to_string(),
    };
    Some(match addr.port() {
        80 => format!("http://{host}/"),
        port => format!("http://{host}:{port}/"),
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

/// Which call of the three is to blame, to say what nginx says.
fn failed_call(e: Errno) -> &'static str {
    match e {
        Errno::MFILE | Errno::NFILE => "socket",
        Errno(_) => "bind",
    }
}
