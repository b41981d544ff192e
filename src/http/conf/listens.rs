//! The `listen` lines of all servers, joined by address, with the names of the servers behind each.

use super::ServerSsl;
use super::raw::{ListenLine, ServerName, ServerRaw};
use crate::conf::error::{Error, Position};
use crate::http::ids::{ListenIndex, ServerId};
use crate::http::servers::{Beginning, Listen, ListenOptions, NameError, Names};
use crate::os::addr::Addr;

/// Addresses in the making.
#[derive(Debug)]
pub(super) struct Listens {
    all: Vec<ListenRaw>,
    default_port: u16,
}

#[derive(Debug)]
struct ListenRaw {
    addr: Addr,
    options: ListenOptions,
    /// Some line gave options of the socket.
    set: bool,
    default_server: Option<ServerId>,
    servers: Vec<(ServerId, Vec<ServerName>)>,
}

impl Listens {
    pub(super) fn new(default_port: u16) -> Self {
        Self { all: vec![], default_port }
    }

    pub(super) fn add(&mut self, id: ServerId, server: &ServerRaw) -> Result<(), Error> {
        if server.listens.is_empty() {
            let line = ListenLine {
                addrs: vec![Addr::Inet(([0, 0, 0, 0], self.default_port).into())],
                options: ListenOptions::default(),
                set: false,
                default_server: false,
                at: server.location.at.clone(),
            };
            return self.add_line(id, server, &line);
        }
        server.listens.iter().try_for_each(|line| self.add_line(id, server, line))
    }

    fn add_line(
        &mut self,
        id: ServerId,
        server: &ServerRaw,
        line: &ListenLine,
    ) -> Result<(), Error> {
        for addr in &line.addrs {
            let fail = |what: &str| Error::new(format!("{what} {addr}"), &line.at);
            let Some(listen) = self.all.iter_mut().find(|listen| listen.addr == *addr) else {
                self.all.push(ListenRaw {
                    addr: addr.clone(),
                    options: line.options.clone(),
                    set: line.set,
                    default_server: line.default_server.then_some(id),
                    servers: vec![(id, server.names.clone())],
                });
                continue;
            };
            if listen.servers.iter().any(|(known, _)| *known == id) {
                return Err(fail("a duplicate listen"));
            }
            if line.set {
                if listen.set {
                    return Err(fail("duplicate listen options for"));
                }
                let proxy_protocol = listen.options.proxy_protocol || line.options.proxy_protocol;
                let ssl = listen.options.ssl || line.options.ssl;
                let http2 = listen.options.http2 || line.options.http2;
                listen.options =
                    ListenOptions { proxy_protocol, ssl, http2, ..line.options.clone() };
                listen.set = true;
            }
            listen.options.proxy_protocol |= line.options.proxy_protocol;
            listen.options.ssl |= line.options.ssl;
            listen.options.http2 |= line.options.http2;
            if line.default_server {
                if listen.default_server.is_some() {
                    return Err(fail("a duplicate default server for"));
                }
                listen.default_server = Some(id);
            }
            listen.servers.push((id, server.names.clone()));
        }
        Ok(())
    }

    /// Lets `ssl on` of a default server hold for its addresses; then, whether every server that a client with TLS
    /// may get has a certificate. `ssl` is that of each server, and where it stands.
    pub(super) fn check(&mut self, ssl: &[(ServerSsl, Position)]) -> Result<(), Error> {
        for listen in &mut self.all {
            let default = listen.default_server.unwrap_or(listen.servers[0].0);
            listen.options.ssl |= ssl[default.index()].0.on;
        }
        for listen in self.all.iter().filter(|listen| listen.options.ssl) {
            let default = listen.default_server.unwrap_or(listen.servers[0].0);
            let missing = match &ssl[default.index()].0 {
                ServerSsl { server: Some(_), .. } => continue,
                // Those that it does not refuse have nothing of it to fall back on.
                ServerSsl { reject_handshake: true, .. } => {
                    let mut others = listen.servers.iter().map(|(id, _)| &ssl[id.index()]);
                    others.find(|(it, _)| it.server.is_none() && !it.reject_handshake)
                }
                _ => Some(&ssl[default.index()]),
            };
            if let Some((it, at)) = missing {
                let directive = if it.on { "ssl" } else { "listen ... ssl" };
                let what = "no \"ssl_certificate\" is defined for the";
                return Err(Error::new(format!("{what} \"{directive}\" directive"), at));
            }
        }
        Ok(())
    }

    pub(super) fn finish(self, warnings: &mut Vec<String>) -> Result<Vec<Listen>, Error> {
        let mut listens = Vec::with_capacity(self.all.len());
        for raw in self.all {
            listens.push(raw.finish(warnings)?);
        }
        for at in 0..listens.len() {
            let Some(wildcard) = carrier(&listens, at) else {
                continue;
            };
            let index = ListenIndex(at as u32);
            let ip = listens[at].addr.ip().expect("only these have a carrier");
            listens[wildcard].locals.push((ip, index));
            listens[at].via = Some(ListenIndex(wildcard as u32));
        }
        Ok(listens)
    }
}

/// The listen of all addresses on whose socket this one's connections arrive.
fn carrier(listens: &[Listen], at: usize) -> Option<usize> {
    let own = match listens[at].addr {
        Addr::Inet(addr) if !addr.ip().is_unspecified() && !listens[at].options.bind => addr,
        _ => return None,
    };
    listens.iter().position(|other| match other.addr {
        Addr::Inet(addr) => {
            addr.ip().is_unspecified()
                && addr.port() == own.port()
                && addr.is_ipv4() == own.is_ipv4()
        }
        Addr::Unix(_) => false,
    })
}

impl ListenRaw {
    fn finish(self, warnings: &mut Vec<String>) -> Result<Listen, Error> {
        let default_server = self.default_server.unwrap_or(self.servers[0].0);
        let mut names = Names::default();
        // A lone server answers to every name; only captures make its names matter.
        let captures =
            self.servers.iter().flat_map(|(_, names)| names).any(|name| {
                name.pattern.as_ref().is_some_and(|pattern| pattern.regex.groups() > 1)
            });
        if self.servers.len() > 1 || captures {
            for (id, own) in &self.servers {
                // A server without names has the empty one.
                let empty = ServerName { text: Box::default(), pattern: None };
                let unnamed = own.is_empty().then_some(&empty);
                for name in own.iter().chain(unnamed) {
                    add_name(&mut names, name, *id, &self.addr, warnings)?;
                }
            }
        }
        let begins_with = match self.options {
            ListenOptions { proxy_protocol: true, .. } => Beginning::ProxyHeader,
            ListenOptions { http2: true, .. } => Beginning::HeadOrPreface,
            _ => Beginning::Head,
        };
        Ok(Listen {
            addr: self.addr,
            options: self.options,
            default_server,
            begins_with,
            names,
            via: None,
            locals: vec![],
        })
    }
}

fn add_name(
    names: &mut Names<ServerId>,
    name: &ServerName,
    id: ServerId,
    addr: &Addr,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    if let Some(pattern) = &name.pattern {
        names.insert_regex(pattern.clone(), id);
        return Ok(());
    }
    let shown = String::from_utf8_lossy(&name.text);
    match names.insert(&name.text, id) {
        Ok(()) => Ok(()),
        Err(NameError::Duplicate) => {
            warnings.push(format!("conflicting server name \"{shown}\" on {addr}, ignored"));
            Ok(())
        }
        Err(NameError::Invalid) => {
            Err(Error::whole(format!("invalid server name or wildcard \"{shown}\" on {addr}")))
        }
    }
}
