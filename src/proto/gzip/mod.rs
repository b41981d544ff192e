//! The gzip coding of bodies (RFC 1952 around RFC 1951), in pieces of any size.
//!
//! | file | what it does |
//! |---|---|
//! | `deflate` | pieces of a body to a gzip file |
//! | `inflate` | gzip files, one after another, to the body |
//! | `member` | the frame of a file: what stands before and behind the deflated data |

mod deflate;
mod inflate;
mod member;

pub use deflate::{Compressor, Deflate, Flush};
pub use inflate::{Decompressor, Inflate, Invalid};

/// What one call made of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the input that were taken.
    pub consumed: usize,
    /// Bytes that were put to the front of the output.
    pub written: usize,
    /// The call is to be repeated, with what is left of the input and with more room.
    pub more: bool,
}

impl Step {
    pub const NOTHING: Self = Self { consumed: 0, written: 0, more: false };
}
