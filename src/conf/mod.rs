//! nginx.conf as a language: text to blocks, blocks to typed settings by table, settings merged and frozen.
//!
//! Nothing here names a directive.

pub mod settings;
pub mod value;
