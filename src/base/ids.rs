//! The names of things, so that each may hold another's id without knowing what it is.

use super::arena::Id;

macro_rules! names {
    ($($key:ident $id:ident,)+) => {
        $(#[derive(Debug)] pub enum $key {} pub type $id = Id<$key>;)+
    };
}

names! {
    Conn ConnId,
    ChannelKey ChannelId,
    RequestKey RequestId,
    UpstreamKey UpstreamId,
    IdleKey IdleId,
    LookupKey LookupId,
    QueryKey QueryId,
    WaiterKey WaiterId,
    DialKey DialId,
    ProbeKey ProbeId,
    OcspKey OcspId,
}

/// Names a group of upstream servers: an `upstream` block, or the implicit one of a `proxy_pass` address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, PartialOrd, Ord)]
pub struct GroupIndex(pub u32);

/// Names a peer within its group.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, PartialOrd, Ord)]
pub struct PeerIndex(pub u16);

/// Names a `resolver` line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, PartialOrd, Ord)]
pub struct ResolverIndex(pub u16);
