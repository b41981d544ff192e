//! Nouns of the other side: groups, peers, balancers, the keepalive cache. Knows no HTTP and opens no socket.
//!
//! A try is [`peer::get`], a connection, then [`peer::free`] with what came of it.

pub mod balancer;
pub mod board;
pub mod busy;
pub mod change;
pub mod commons;
pub mod conf;
pub mod counters;
pub mod exchange;
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
pub mod round_robin;
pub mod run_time;
pub mod shares;
pub mod sticky;
pub mod undelivered;
pub mod zone;
