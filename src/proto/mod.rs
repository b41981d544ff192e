//! Sans-IO codecs: bytes in, values out. Nothing here reads a socket, asks the time or knows the
//! worker, so every parser can be fed any bytes, split anywhere, as a plain function.
//!
//! Heads are kept as an exact copy with spans into it ([`head`]), those of [`h2`] in the form of HTTP/1; bodies are
//! decoded in place ([`h1::body`]). What a head says is the same for every protocol ([`message`]). What a peer did wrong
//! is a [`Violation`], which knows the status for the client and nginx's words for the log.

mod accept_encoding;
pub mod brotli;
pub mod cgi;
pub mod client;
pub mod fastcgi;
pub mod gzip;
pub mod h1;
pub mod h2;
pub mod head;
mod limits;
pub mod memcached;
pub mod message;
pub mod mp4;
pub mod proxy_protocol;
mod repeated;
pub mod scgi;
pub mod ssi;
pub mod substitute;
pub mod uwsgi;
mod violation;

pub use accept_encoding::{AcceptEncoding, Coding};
pub use client::Client;
pub use head::{Field, Head, Name, Names, Span};
pub use limits::Limits;
pub use message::{Decoded, Form, Framing, Got, Method, RequestHead, ResponseHead, Version};
pub use repeated::Repeated;
pub use violation::Violation;
