//! State in memory that all workers of a configuration share.
//!
//! | file | what it is |
//! |---|---|
//! | `commons` | all of it, as the master makes it before it forks |
//! | `zone` | `zone`: the state of a group's peers |
//! | `sessions` | `sticky learn`: the table of sessions |
//! | `board` | the counters, a row per worker |
//! | `bells` | how workers wake one another |

pub mod bells;
pub mod board;
pub mod commons;
pub mod sessions;
pub mod zone;
