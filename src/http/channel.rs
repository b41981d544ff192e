//! A connection with a client that speaks a protocol: what has come and is not yet used, what is to go and
//! could not yet be sent. What is HTTP/2's own is in [`H2`]; a request knows a stream of it.

use std::cell::OnceCell;

use super::h2::H2;
use super::ids::{ListenIndex, ServerId};
use super::outbox::Outbox;
use crate::base::ids::{ConnId, RequestId};
use crate::base::pace::Pace;
use crate::os::addr::Addr;
use crate::proto::h1::body::Body;
use crate::proto::proxy_protocol::Proxied;

#[derive(Debug)]
pub struct Channel {
    pub conn: ConnId,
    pub origin: Origin,
    /// Chosen by the last `Host`; the address's default server before.
    pub server: ServerId,
    pub request: Option<RequestId>,
    /// Bytes received and not yet used: part of a head, of a body, or the next requests.
    pub inbox: Vec<u8>,
    /// How much of `inbox` is known to hold no end of a head.
    pub scanned: u32,
    pub outbox: Outbox,
    /// `limit_rate` of the answer under way.
    pub pace: Option<Box<Pace>>,
    /// What the socket was asked for: `tcp_nodelay` of the last answer, `tcp_nopush` while it goes out.
    pub nodelay: bool,
    pub nopush: bool,
    /// `keepalive_min_timeout` of the last answer while it lasts, and what is then left of `keepalive_timeout`.
    pub keepalive_min: u32,
    pub keepalive_rest: u32,
    /// Some of the next request came before the last one was answered.
    pub pipelined: bool,
    /// Requests read so far.
    pub requests: u32,
    /// When the head under way began to arrive.
    pub head_since: u64,
    /// What the client still sends is read and thrown away.
    pub unwanted: Option<Box<Unwanted>>,
    /// It speaks HTTP/2: then it serves many requests at a time, and what is said here of one is theirs.
    pub h2: Option<Box<H2>>,
}

/// What is read only so that the answer is not lost, or the next request is found.
#[derive(Debug)]
pub enum Unwanted {
    /// The rest of a body.
    Body(Discarding),
    /// Anything, until then at the latest, with pauses no longer than `pause`: ms.
    Anything { until: u64, pause: u64 },
}

/// The client of a connection, and where that was accepted: the same for all its requests.
#[derive(Clone, Debug)]
pub struct Origin {
    pub client: Addr,
    /// What a proxy before us said of its client.
    pub proxied: Option<Box<Proxied>>,
    /// When the connection was accepted.
    pub since: u64,
    /// `$connection`
    pub number: u32,
    /// Where a request begins that names no other server: the address's default, or the one that SNI has named.
    pub server: ServerId,
    pub scheme: Scheme,
    /// Where it was accepted, told apart by the local address where one socket serves several.
    pub listen: ListenIndex,
    /// The address that the client connected to, once the system was asked for it.
    pub local: OnceCell<Box<Addr>>,
}

/// How a client came to the address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    Http,
    Https,
    /// Without TLS, to an address of `listen … ssl`: its requests are refused.
    PlainToHttps,
}

/// A body that is read and dropped, and what comes behind it.
#[derive(Debug)]
pub struct Discarding {
    pub body: Body,
    /// What is left of `client_max_body_size`, in bytes.
    pub room: u64,
    /// Of the wait for the next request, in ms.
    pub keepalive_timeout: u64,
    /// `lingering_time` and `lingering_timeout`, should it turn out to be no body or too large; none with
    /// `lingering_close off`.
    pub lingering: Option<(u64, u64)>,
}

impl Channel {
    pub fn new(conn: ConnId, origin: Origin) -> Self {
        Self {
            conn,
            server: origin.server,
            request: None,
            inbox: Vec::new(),
            scanned: 0,
            outbox: Outbox::default(),
            pace: None,
            nodelay: true,
            nopush: false,
            keepalive_min: 0,
            keepalive_rest: 0,
            pipelined: false,
            requests: 0,
            head_since: origin.since,
            unwanted: None,
            h2: None,
            origin,
        }
    }

    /// `limit_rate` holds the rest back; a timer will say when it may go.
    pub fn is_paused(&self) -> bool {
        self.pace.as_ref().is_some_and(|pace| pace.paused)
    }

    /// Nothing is under way on it: the client may ask for something or not.
    pub fn is_resting(&self) -> bool {
        self.request.is_none()
            && self.inbox.is_empty()
            && self.unwanted.is_none()
            && self.h2.is_none()
    }
}
