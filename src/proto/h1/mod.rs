//! HTTP/1: heads in ([`request`], [`response`]), bodies in ([`body`]), and both out ([`mod@write`]).
//!
//! httparse does the tokens. Where it is stricter or laxer than nginx, or says too little to
//! answer with, `lines` goes over the head a line at a time and decides.

pub mod body;
mod client;
mod connection;
mod host;
pub mod known;
pub(in crate::proto) mod lines;
pub mod request;
pub mod response;
pub(in crate::proto) mod target;
pub mod write;

pub use super::Limits;
pub use body::{Body, Chunked};
pub use client::{Client, EXCESS, Sent};
