//! Verbs of the client's side: a connection is accepted, heads are read, phases run, answers are written.
//!
//! | file | stage of life |
//! |---|---|
//! | `accept` | a new connection |
//! | `proxied` | a header of the PROXY protocol |
//! | `client` | between requests: waiting, reading a head |
//! | `linger` | behind an answer: what the client still sends |
//! | `refused` | heads that could not be read |
//! | `phases` | the pipeline; find config; internal redirects |
//! | `body` | reading the client's body |
//! | `respond`, `head`, `trailers`, `page`, `error_page` | answers, whole or piece by piece |
//! | `downstream` | the client's end of a request, whatever it is |
//! | `channel` | bytes to the socket or the outbox |
//! | `abort` | a client that goes away meanwhile |
//! | `finish` | the one end |
//! | `eval`, `log` | variables; the access log and the error log's context |

pub mod abort;
pub mod accept;
pub mod body;
pub mod channel;
pub mod client;
pub mod downstream;
pub mod error_page;
pub mod eval;
pub mod finish;
pub mod head;
pub mod linger;
pub mod log;
mod page;
pub mod phases;
pub mod proxied;
pub mod refused;
pub mod respond;
pub mod trailers;
