//! Verbs of the client's side: a connection is accepted, heads are read, phases run, answers are written.
//!
//! | file | stage of life |
//! |---|---|
//! | `accept` | a new connection |
//! | `proxied` | a header of the PROXY protocol |
//! | `h1` | HTTP/1: what is between requests, and what comes over its connection |
//! | `h2` | HTTP/2: a connection and its streams |
//! | `begin` | the memory of a request |
//! | `phases` | the pipeline; find config; internal redirects |
//! | `tls`, `certificates`, `client_certificate` | the handshake, and what either side shows in it |
//! | `body` | reading the client's body |
//! | `respond`, `head`, `trailers`, `page`, `error_page` | answers, whole or piece by piece |
//! | `filter` | the filters that a head and a body pass |
//! | `postpone` | the bodies of a request and of its subrequests, in order |
//! | `downstream` | the client's end of a request, whatever it is |
//! | `subrequest` | requests that requests start |
//! | `delay` | a request that goes on later |
//! | `abort` | a client that goes away meanwhile |
//! | `finish`, `post_action` | the one end, and what follows it |
//! | `trace`, `userid` | the trace that a request is part of, and the cookie that names its client |
//! | `eval`, `log` | variables; the access log and the error log's context |

pub mod abort;
pub mod accept;
mod begin;
pub mod body;
pub mod certificates;
mod client_certificate;
pub mod delay;
pub mod downstream;
pub mod error_page;
pub mod eval;
pub mod filter;
pub mod finish;
pub mod h1;
pub mod h2;
pub mod head;
pub mod log;
mod page;
pub mod phases;
mod post_action;
pub mod postpone;
pub mod proxied;
pub mod respond;
pub mod subrequest;
pub mod tls;
pub mod trace;
pub mod trailers;
pub mod userid;
