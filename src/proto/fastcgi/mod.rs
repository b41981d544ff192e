//! FastCGI 1.0: one request in the role of a responder, and its response, on a connection to an
//! application server.
//!
//! A connection carries records: a header of 8 bytes, content of at most 65,535 bytes, padding. The
//! request is a BEGIN_REQUEST, the stream PARAMS ([`request`]) and the stream STDIN, which is the
//! body. The response is the stream STDOUT, a response as [`cgi`](super::cgi) has it, and an
//! END_REQUEST ([`Client`]); STDERR comes at any time between. A stream ends with an empty record.
//!
//! Requests are not multiplexed: nearly no server does, and one that is slow would hold up others.
//! So every request has the id 1.

mod client;
mod record;
pub mod request;
mod stderr;
#[cfg(test)]
mod tests;

pub use client::{Client, NotReusable};
pub use request::Params;

/// Of the protocol (`FCGI_VERSION_1`), and the id of the one request of a connection.
const VERSION: u8 = 1;
const ID: u8 = 1;

/// Bytes of a record's header.
const HEADER: usize = 8;

/// The most content that a record has.
pub const MAX_CONTENT: usize = 65_535;

/// Records are padded to a multiple of this number of bytes.
const ALIGNMENT: usize = 8;

/// The types of records that one of both sides sends.
const BEGIN_REQUEST: u8 = 1;
const END_REQUEST: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;
const STDERR: u8 = 7;

/// Content of an END_REQUEST: the application's status (4 bytes), the protocol's, 3 reserved.
const END_LENGTH: u16 = 8;
