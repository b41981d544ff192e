//! FastCGI 1.0: one request in the role of a responder, and its response, on a connection to an
//! application server.
//!
//! A connection carries records: a header of 8 bytes, content of at most 65,535 bytes, padding. The
//! request is a BEGIN_REQUEST, the stream PARAMS ([`request`]) and the stream STDIN, which is the
//! body. A stream ends with an empty record.
//!
//! Requests are not multiplexed: nearly no server does, and one that is slow would hold up others.
//! So every request has the id 1.

pub mod request;

pub use request::Params;

/// Of the protocol (`FCGI_VERSION_1`), and the id of the one request of a connection.
const VERSION: u8 = 1;
const ID: u8 = 1;

/// Bytes of a record's header.
const HEADER: usize = 8;

/// The most content that a record has.
pub const MAX_CONTENT: usize = 65_535;

/// Records are padded to a multiple of so many bytes.
const ALIGNMENT: usize = 8;

/// The types of records.
const BEGIN_REQUEST: u8 = 1;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
