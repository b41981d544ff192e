//! The exchange: a request goes to a server, and its response to the client.
//!
//! | file | stage of life |
//! |---|---|
//! | `start` | the request's body is collected or not; its group is found |
//! | `send` | the request goes to the server: head, then body from memory, a file or the client |
//! | `response_head` | interim responses, errors, and the head for the client |
//! | `fields`, `cookies` | which fields of the response the client sees, and how |
//! | `accel` | the server hands the answer over to another location |
//! | `pump` | the response's body, with back pressure |
//! | `messages` | what the server says for the log |
//! | `splice` | a large part of the body goes from socket to socket through a pipe |
//! | `discard` | the rest of a response that is not passed on |
//! | `tap`, `store` | a copy of the body becomes a file |
//! | `cache` | before a server is asked: what the cache has; and what becomes of the response there |
//! | `spool` | what a slow client has not taken goes to a file |
//! | `upgrade` | after a 101: a relay in each direction |

pub mod accel;
pub mod cache;
pub mod cookies;
pub mod discard;
pub mod fields;
pub mod messages;
pub mod pump;
pub mod response_head;
pub mod send;
pub mod splice;
pub mod spool;
pub mod start;
pub mod store;
pub mod tap;
pub mod upgrade;
