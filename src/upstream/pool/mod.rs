//! The connection pool of a group: idle connections, and requests that wait for one.
//!
//! | file | what it is |
//! |---|---|
//! | `idle` | idle connections and their lists, by peer and identity |
//! | `keepalive` | the cache of a group: which of them are kept, least recently used first out |
//! | `identity` | which requests a connection may carry: its address and what else made it |
//! | `peak`, `busy` | how many connections with a peer, and of a group, were busy of late: this number is kept |
//! | `queue` | requests that wait for a slot at a peer, and connects that no request owns |
//! | `tls` | the name that a server is asked for, and the sessions that it has left |
//! | `undelivered` | whether the kernel proves that a request did not reach its server |

pub mod busy;
pub mod identity;
pub mod idle;
pub mod keepalive;
pub mod peak;
pub mod queue;
pub mod tls;
pub mod undelivered;
