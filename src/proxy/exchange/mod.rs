//! The exchange: a request goes to a server, and its response to the client.

pub mod accel;
pub mod cookies;
pub mod discard;
pub mod fields;
pub mod messages;
pub mod pump;
pub mod ranges;
pub mod request_head;
pub mod response_head;
pub mod send;
pub mod splice;
pub mod spool;
pub mod start;
pub mod store;
pub mod upgrade;
