//! Load balancing: which peer of a group gets the next try.
//!
//! | file | what it is |
//! |---|---|
//! | `method` | the method of a group and its parameters, as configured |
//! | `balancer` | the method of a group as one enum, and the call that picks a peer |
//! | `round_robin`, `least_conn`, `least_time`, `ip_hash`, `hash`, `random` | nginx's methods, a file each |
//! | `sticky` | the layer above a method: session affinity |
//! | `shares`, `rota` | what methods are made of: peers by cumulated weight, smooth round robin by classes of weight |

pub mod balancer;
pub mod hash;
pub mod ip_hash;
pub mod least_conn;
pub mod least_time;
pub mod method;
pub mod random;
pub mod rota;
pub mod round_robin;
pub mod shares;
pub mod sticky;
