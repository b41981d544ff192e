//! A request that another has started.

use crate::base::ids::RequestId;

/// What makes a request a subrequest. Its parent is its downstream.
#[derive(Clone, Copy, Debug)]
pub struct Subrequest {
    /// The request that a client has sent. Its variables are those of all that are started below it.
    pub main: RequestId,
    /// How many requests are above it.
    pub depth: u8,
    pub role: Role,
}

/// What becomes of the response of a subrequest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The parent waits for its end: status and fields are kept until the parent frees it. Its body goes nowhere.
    Awaited,
    /// It may outlive its parent. Its response goes nowhere.
    Background,
    /// Its body is part of its parent's, where that has started it; its status and fields go nowhere.
    Inserted,
    /// As `Awaited`, but its body, which passes the filters, is kept in its `Ctx::body`.
    InMemory,
    /// As `InMemory`, of any length, for a script; it may start others. Without `shares` its variables are its own.
    Captured { shares: bool },
}
