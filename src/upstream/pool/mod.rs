//! The connection pool of a group: idle connections, and requests that wait for one.
//!
//! | file | what it is |
//! |---|---|
//! | `keepalive` | the cache of idle connections, by peer and identity, least recently used first out |
//! | `identity` | which requests a connection may carry: its address and what else made it |
//! | `busy` | how many connections a group keeps open |
//! | `queue` | requests that wait for a slot at a peer, and connects that no request owns |
//! | `undelivered` | whether the kernel proves that a request did not reach its server |

pub mod busy;
pub mod identity;
pub mod keepalive;
pub mod queue;
pub mod undelivered;
