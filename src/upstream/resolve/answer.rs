//! What is looked up, its waiters, and the outcome.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use crate::base::ids::{ConnId, GroupIndex, LookupId, OcspId, QueryId, ResolverIndex, UpstreamId};

/// What is looked up.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Wanted {
    pub resolver: ResolverIndex,
    /// In lower case, without a dot at its end.
    pub(super) name: Box<str>,
    pub(super) what: What,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum What {
    Addresses,
    /// SRV records, and the addresses of their targets.
    Services,
}

impl Wanted {
    pub fn addresses(resolver: ResolverIndex, name: &str) -> Self {
        let name = name.strip_suffix('.').unwrap_or(name);
        Self { resolver, name: name.to_ascii_lowercase().into(), what: What::Addresses }
    }

    /// `service=`: a service with a dot in it is taken as it is; else it is one of TCP.
    pub fn services(resolver: ResolverIndex, service: &str, name: &str) -> Self {
        let name = match service.contains('.') {
            true => format!("{service}.{name}"),
            false => format!("_{service}._tcp.{name}"),
        };
        Self { what: What::Services, ..Self::addresses(resolver, &name) }
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

/// A waiter for a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// A request.
    Upstream(UpstreamId),
    /// A `server` line.
    Line(GroupIndex, u16),
    /// A question to an OCSP responder.
    Ocsp(OcspId),
    /// The lookup of a service whose target it is.
    Lookup(LookupId),
}

/// What a name came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answer {
    /// Never empty.
    pub found: Vec<Found>,
    /// When to ask again.
    pub until: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    pub ip: IpAddr,
    /// A service's.
    pub port: Option<u16>,
    pub weight: Option<u32>,
    /// A service of less than the best priority.
    pub backup: bool,
}

pub type Outcome = Result<Rc<Answer>, Failure>;

/// Why there is no address: a code of the DNS, or the system's number of a time-out, as nginx prints them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failure(pub u16);

impl Failure {
    pub const FORMAT: Self = Self(1);
    pub const NOT_FOUND: Self = Self(3);
    pub const TIMED_OUT: Self = Self(110);
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.0 {
            1 => "Format error",
            2 => "Server failure",
            3 => "Host not found",
            4 => "Unimplemented",
            5 => "Operation refused",
            110 => "Operation timed out",
            _ => "Unknown error",
        };
        write!(f, "{}: {words}", self.0)
    }
}

/// What is to be done outside.
#[derive(Debug)]
pub enum Act {
    /// Opens a socket to a name server, in place of the query's last, and sends what it has to say.
    Send {
        query: QueryId,
        server: SocketAddr,
        tcp: bool,
    },
    Close(ConnId),
    Tell(Who, Outcome),
    /// It is time to look up the name of a `server` line again.
    Refresh(GroupIndex, u16),
}
