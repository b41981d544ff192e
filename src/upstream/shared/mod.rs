//! State in memory that all workers of a configuration share.
//!
//! | file | what it is |
//! |---|---|
//! | `state` | all of it, as the master makes it before it forks |
//! | `zone` | `zone`: the state of a group's peers |
//! | `sessions` | `sticky learn`: the table of sessions |
//! | `counters` | the counters of peers and groups, a row per worker |
//! | `gauge` | words that several workers add to |
//! | `wakers` | how workers wake one another |

pub mod counters;
pub mod gauge;
pub mod sessions;
pub mod state;
pub mod wakers;
pub mod zone;
