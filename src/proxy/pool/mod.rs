//! The pool: which server is asked, over which connection, and what becomes of both.
//!
//! | file | stage of life |
//! |---|---|
//! | `balance` | the values of a request that its balancer needs, and the cookie of `sticky` |
//! | `scripted` | the same where a script chooses the peers |
//! | `connect` | a peer is picked; a connection is taken or made |
//! | `handshake` | TLS, before the request is written |
//! | `queue` | requests that wait for a place |
//! | `max_conns` | requests that wait until another worker closes a connection |
//! | `retry` | a try failed: the next one, or an answer |
//! | `undelivered` | whether a request without an answer arrived at its server |
//! | `release` | the try ends: its connection is kept or closed, and why |
//! | `idle` | connections without a request: kept, or being made |
//! | `resolve` | names are looked up, and the groups that have them changed |
//! | `health` | servers are checked |

pub mod balance;
pub mod connect;
pub mod handshake;
pub mod health;
pub mod idle;
pub mod max_conns;
pub mod queue;
pub mod release;
pub mod resolve;
pub mod retry;
pub mod scripted;
pub mod undelivered;
