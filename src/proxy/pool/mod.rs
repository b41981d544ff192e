//! The pool: which server is asked, over which connection, and what becomes of both.

pub mod balance;
pub mod connect;
pub mod health;
pub mod idle;
pub mod max_conns;
pub mod queue;
pub mod release;
pub mod resolve;
pub mod retry;
pub mod undelivered;
