//! The names of things, so that each may hold another's id without knowing what it is.

use super::arena::Id;

macro_rules! names {
    ($($key:ident $id:ident,)+) => {
        $(#[derive(Debug)] pub enum $key {} pub type $id = Id<$key>;)+
    };
}

names! {
    Conn ConnId,
    ListenerKey ListenerId,
    ChannelKey ChannelId,
    RequestKey RequestId,
    UpstreamKey UpstreamId,
    IdleKey IdleId,
}
