//! What each module can be told: its settings, its directive rows, and the decisions that need nothing else.

pub mod access;
pub mod core;
pub mod headers;
pub mod log;
pub mod main;
pub mod map;
pub mod proxy;
pub mod rewrite;
pub mod server;
