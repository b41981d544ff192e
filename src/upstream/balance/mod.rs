//! Load balancing: which peer of a group gets the next try.
//!
//! | file | what it is |
//! |---|---|
//! | `method` | the method of a group and its parameters, as configured |
//! | `hint`, `tier` | what a method gets: of the request, of the peers |
//! | `balancer` | the method of a group as one enum, and the call that picks a peer |
//! | `round_robin`, `least_conn`, `least_time`, `ip_hash`, `hash`, `random` | nginx's methods, a file each |
//! | `sticky` | the layer above a method: session affinity |
//! | `turn`, `schedule`, `loads` | `round_robin` and `least_conn` without a look at each peer |
//! | `scripted` | what a script has decided in place of a method |
//! | `shares`, `times` | peers by cumulated weight; the response times of a peer |

pub mod balancer;
pub mod hash;
pub mod hint;
pub mod ip_hash;
pub mod least_conn;
pub mod least_time;
pub mod loads;
pub mod method;
pub mod random;
pub mod round_robin;
pub mod schedule;
pub mod scripted;
pub mod shares;
pub mod sticky;
pub mod tier;
pub mod times;
pub mod turn;
