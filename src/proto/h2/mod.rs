//! HTTP/2 (RFC 9113) as a server speaks it.
//!
//! [`Connection`] reads frames and returns events; the frames that answer them it appends to a buffer. It keeps the
//! state of the protocol: settings, windows, tables, streams. Its owner decides what a stream is for, and which stream's
//! bytes go next.
//!
//! | file | what it is |
//! |---|---|
//! | `frame`, `settings`, `error`, `priority` | how single things are written |
//! | `hpack` | compression of fields |
//! | `field`, `request` | a block of fields becomes the head of a request, in the form of HTTP/1.1 |
//! | `stream` | the streams that are open, and what is known of the others |
//! | `allowance` | a bound on frames that bring nothing |
//! | `connection` | all of it together |

mod allowance;
mod connection;
mod error;
mod field;
pub mod frame;
pub mod hpack;
mod priority;
mod request;
mod settings;
mod stream;

pub use connection::{Block, Connection, Counters, Event, GoAway, PREFACE, Received};
pub use error::{Error, ErrorCode};
pub use priority::Priority;
pub use settings::Settings;
pub use stream::{Stream, Streams};
