//! TLS with servers: whose name is asked for, and the sessions that were left behind.

use std::collections::HashMap;
use std::rc::Rc;

use super::identity::Identity;
use crate::os::addr::Addr;
use crate::tls::{Certificate, Client, Source};

/// What the connections of one request are made with.
#[derive(Clone, Debug)]
pub struct TlsPeer {
    pub client: &'static Client,
    /// No other has it, as long as the worker lives.
    pub number: u32,
    /// `proxy_ssl_name`, without brackets or port.
    pub name: Box<str>,
    /// `proxy_ssl_session_reuse`
    pub reuse: bool,
    /// Our own certificate and its key, if they are in variables.
    pub own: Option<Box<[Source; 2]>>,
}

/// What requests asked for of late: to find it again costs no memory.
///
/// What is forgotten gets another number when it is asked for again, which costs a new connection and mixes nothing.
#[derive(Default, Debug)]
pub struct TlsPeers {
    /// By the number of the settings, and by what their variables came to.
    known: HashMap<u32, HashMap<Box<[u8]>, Rc<TlsPeer>>>,
    count: usize,
    last: u32,
}

impl TlsPeers {
    /// `settings`: equal ones have equal numbers. `values`: what their variables came to. `make` gets the number.
    pub fn of(
        &mut self,
        settings: u32,
        values: &[u8],
        make: impl FnOnce(u32) -> TlsPeer,
    ) -> Rc<TlsPeer> {
        if let Some(known) = self.known.get(&settings).and_then(|of| of.get(values)) {
            return known.clone();
        }
        if self.count >= MOST {
            self.known.clear();
            self.count = 0;
        }
        // After four thousand million of them the first has long been closed.
        self.last = self.last.wrapping_add(1);
        let it = Rc::new(make(self.last));
        if values.len() <= LONGEST {
            self.count += 1;
            self.known.entry(settings).or_default().insert(values.into(), it.clone());
        }
        it
    }
}

/// The sessions of each server, apart by identity: what one was trusted under holds for no other. rustls does not
/// verify anew when a session goes on.
#[derive(Default, Debug)]
pub struct Sessions(HashMap<(Addr, Identity), OfServer>);

#[derive(Debug)]
struct OfServer {
    client: Client,
    /// That of variables.
    own: Option<Certificate>,
}

/// The length of values, in bytes, up to which they are remembered: a name of DNS and the digests of a certificate and
/// its key are shorter. Longer ones a client may have sent.
const LONGEST: usize = 512;

/// What is remembered at the same time; then all is forgotten, at the cost of handshakes.
const MOST: usize = 4096;

impl Sessions {
    /// What a connection to the server is made with. `own`: the certificate that variables say, as it is now.
    pub fn of(
        &mut self,
        addr: &Addr,
        identity: Identity,
        tls: &TlsPeer,
        own: Option<Certificate>,
    ) -> &Client {
        let key = (addr.clone(), identity);
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            self.0.clear();
        }
        let make = |own: Option<Certificate>| OfServer {
            client: tls.client.for_another(tls.reuse, own.as_ref()),
            own,
        };
        let is_other = |known: &Option<Certificate>| {
            known.as_ref().map(Certificate::der) != own.as_ref().map(Certificate::der)
        };
        let known = self.0.entry(key).or_insert_with(|| make(own.clone()));
        if is_other(&known.own) {
            *known = make(own);
        }
        &known.client
    }

    /// A handshake has failed.
    pub fn forget(&mut self, addr: &Addr, identity: Identity) {
        self.0.remove(&(addr.clone(), identity));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::ciphers::{Ciphersuite, Suite};
    use crate::tls::groups::Group;
    use crate::tls::{ClientSettings, Clock, Protocols};

    #[test]
    fn what_is_asked_for_again_has_the_same_number_until_it_is_forgotten() {
        let client = Client::new(ClientSettings {
            authorities: None,
            protocols: Protocols::ALL,
            ciphers: &Suite::ALL,
            ciphersuites: &Ciphersuite::ALL,
            groups: &Group::DEFAULT,
            server_name: false,
            session_reuse: true,
            key_log: None,
            certificate: None,
            clock: Clock::default(),
        });
        let client: &'static Client = Box::leak(Box::new(client.unwrap()));
        let mut all = TlsPeers::default();
        let make = |number| TlsPeer { client, number, name: "a".into(), reuse: true, own: None };
        let mut of = |settings, values: &[u8]| all.of(settings, values, make).number;
        let numbers = [of(1, b"a"), of(1, b"b"), of(2, b"a")];
        assert_eq!(numbers, [1, 2, 3]);
        assert_eq!(numbers, [of(1, b"a"), of(1, b"b"), of(2, b"a")]);
        let long = [b'a'; LONGEST + 1];
        assert_ne!(of(1, &long), of(1, &long));
        assert_eq!(of(1, &long[1..]), of(1, &long[1..]));
        for n in 0..MOST {
            assert!(of(3, &n.to_be_bytes()) > 3);
        }
        assert!(of(1, b"a") > 3);
        assert!(all.known.values().map(HashMap::len).sum::<usize>() <= MOST);
    }
}
