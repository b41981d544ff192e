//! Nouns of the other side: groups, peers, balancers, the connection pool. Knows no HTTP and opens no socket.
//!
//! A try is [`peer::get`], a connection, then [`peer::free`] with what came of it.
//!
//! | file or folder | what it is |
//! |---|---|
//! | `conf` | what an `upstream` block says |
//! | `group`, `peers`, `change` | the group and its peers; those that come and go while it runs |
//! | [`balance`] | which peer is next: the methods, `sticky` |
//! | [`pool`] | idle connections and their limits; requests that wait for a connection |
//! | [`shared`] | state that all workers share: `zone`, sessions, counters |
//! | [`resolve`], `run_time` | names; groups that are made while the worker runs |
//! | `peer`, `failure` | one try, and the conditions of `proxy_next_upstream` |
//! | `health` | results of active health checks |
//! | `counters`, `report` | what is counted of a peer, and the report of it |

pub mod balance;
pub mod change;
pub mod conf;
pub mod counters;
pub mod failure;
pub mod group;
pub mod health;
pub mod peer;
pub mod peers;
pub mod pool;
pub mod report;
pub mod resolve;
pub mod run_time;
pub mod shared;
