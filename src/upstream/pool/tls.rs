//! TLS with servers: whose name is asked for, and the sessions that were left behind.

use std::collections::HashMap;

use super::identity::Identity;
use crate::os::addr::Addr;
use crate::tls::Client;

/// What the connections of one request are made with.
#[derive(Clone, Debug)]
pub struct TlsPeer {
    pub client: &'static Client,
    /// Equal clients have equal ones.
    pub number: u32,
    /// `proxy_ssl_name`, without brackets or port.
    pub name: Box<str>,
    /// `proxy_ssl_session_reuse`
    pub reuse: bool,
}

/// The sessions of each server, apart by identity: what one was trusted under holds for no other. rustls does not
/// verify anew when a session goes on.
#[derive(Default, Debug)]
pub struct Sessions(HashMap<(Addr, Identity), Client>);

/// Servers and identities that are remembered at the same time; then all are forgotten, at the cost of handshakes.
const MOST: usize = 4096;

impl Sessions {
    /// What a connection to the server is made with.
    pub fn of(&mut self, addr: &Addr, identity: Identity, tls: &TlsPeer) -> &Client {
        if self.0.len() >= MOST && !self.0.contains_key(&(addr.clone(), identity)) {
            self.0.clear();
        }
        let own = self.0.entry((addr.clone(), identity));
        own.or_insert_with(|| tls.client.for_another(tls.reuse))
    }

    /// A handshake has failed.
    pub fn forget(&mut self, addr: &Addr, identity: Identity) {
        self.0.remove(&(addr.clone(), identity));
    }
}
