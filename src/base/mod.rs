//! Data structures: no I/O, no protocol. Everything here is pure and deterministic.

pub mod arena;
pub mod base64;
pub mod digest;
pub mod ids;
pub mod list;
pub mod logging;
pub mod pace;
pub mod rare;
pub mod recycle;
pub mod regex;
pub mod rng;
pub mod strings;
pub mod wheel;
