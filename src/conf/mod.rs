//! nginx.conf as a language: text to blocks, blocks to typed settings by table, settings merged and frozen.
//!
//! Nothing here names a directive but `include`. The stages are [`tree`] (words, blocks, included
//! files), [`directive`] (rows of a table and the common setters) and [`settings`] (what a block
//! leaves unset comes from the block around it, and at the end from the default).

pub mod directive;
pub mod error;
pub mod lexer;
pub mod settings;
pub mod tree;
pub mod value;
