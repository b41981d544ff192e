//! HTTP/1 with a client: a connection that serves one request after another.
//!
//! | file | stage of life |
//! |---|---|
//! | `head` | between requests: waiting, reading a head |
//! | `connection` | while a request is served, and what becomes of the connection behind it |
//! | `body` | the request's body, decoded |
//! | `write` | the response, framed |
//! | `channel` | bytes to the socket or the outbox |
//! | `linger` | behind a response: what the client still sends |
//! | `refused` | heads that could not be read |
//!
//! state            read            write      leaves when
//! waiting          wait_request    writable   a byte arrives; keepalive_timeout closes
//! reading head     read_head       writable   head complete, 400/414/431, client_header_timeout
//! being served     readable        writable   finish()
//!
//! Requests reach it through [`super::downstream`] alone.

pub(super) mod body;
pub(super) mod channel;
pub mod connection;
pub(super) mod head;
pub(super) mod linger;
mod refused;
pub(super) mod write;
