//! Names to addresses while the worker runs: a DNS client that does no I/O.
//!
//! | file | what it is |
//! |---|---|
//! | `answer` | what is looked up, for whom, and what it came to |
//! | `settings` | the `resolver` directive |
//! | `message` | questions as messages, and what of an answer may be believed |
//! | `wire`, `name` | the parts of a message, and the names in it |
//! | `lookup` | one name that is looked up |
//! | `resolver` | names that are looked up, their waiters, the cache |
//! | `query` | one question on its way to the name servers and back |
//!
//! Time and random numbers are given. What is to be done is said as [`Act`]s, which `proxy::resolve` carries out.
//!
//! ```text
//! waiters ──> lookup (name) ──> query A    ──> a socket of its own, an id of its own, a deadline
//!                           └─> query AAAA
//!         ──> lookup (service) ──> query SRV, then a lookup for each target
//! ```
//!
//! Forged answers: every question has its own socket, connected to the server that is asked, with a port that the
//! system chose at random; a random id; and is asked once at a time however many wait for it. An answer must have
//! the id and repeat the question. Of its records only those on the way from the name that was asked count.

mod answer;
mod lookup;
pub mod message;
mod name;
mod query;
mod resolver;
mod settings;
#[cfg(test)]
mod tests;
mod wire;

pub use answer::{Act, Answer, Failure, Found, Outcome, Wanted, Who};
pub use message::Kind;
pub use resolver::{Asked, Resolver};
pub use settings::{Lookup, Settings};
