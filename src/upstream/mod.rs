//! Nouns of the other side: groups, peers, balancers, the keepalive cache. Knows no HTTP and opens no socket.
//!
//! A try is [`peer::get`], a connection, then [`peer::free`] with what came of it.
//!
//! | file | what it is |
//! |---|---|
//! | `conf` | what an `upstream` block says |
//! | `group`, `peers`, `change` | the group and its peers; those that come and go while it runs |
//! | `balancer`, `shares`, `rota` | who is next: `round_robin`, `least_conn`, `ip_hash`, `hash`, `random`, `least_time`, `sticky` |
//! | `peer`, `failure` | one try, what may go wrong |
//! | `keepalive`, `identity`, `busy` | idle connections: whom they may serve, how many are kept |
//! | `queue` | requests that wait, and connections that are being made for nobody |
//! | `undelivered` | whether a request can be proven not to have arrived |
//! | `health` | what active checks have found |
//! | `zone`, `sessions`, `commons`, `bells` | what all workers know, and how they wake one another |
//! | `counters`, `board`, `report` | what is counted, where, and how it is told |
//! | `resolve`, `run_time` | names; groups that are made while the worker runs |

pub mod balancer;
pub mod bells;
pub mod board;
pub mod busy;
pub mod change;
pub mod commons;
pub mod conf;
pub mod counters;
pub mod failure;
pub mod group;
pub mod hash;
pub mod health;
pub mod identity;
pub mod ip_hash;
pub mod keepalive;
pub mod least_conn;
pub mod least_time;
pub mod peer;
pub mod peers;
pub mod queue;
pub mod random;
pub mod report;
pub mod resolve;
pub mod rota;
pub mod round_robin;
pub mod run_time;
pub mod sessions;
pub mod shares;
pub mod sticky;
pub mod undelivered;
pub mod zone;
