//! What has begun to come, and is not whole.

use super::super::error::Error;

/// A block of fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) stream: u32,
    pub(super) end: bool,
    pub(super) purpose: Purpose,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Request,
    /// A stream more than there may be.
    Refused,
    Trailers,
    /// Of a stream that is not served any more. It is read for the sake of the table.
    Ignored,
    Broken(Error),
}

/// The payload of a DATA frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Data {
    pub(super) stream: u32,
    /// Bytes of the body.
    pub(super) left: usize,
    /// Bytes behind them.
    pub(super) padding: usize,
    /// Bytes of the windows that padding takes, the byte with its length among them.
    pub(super) overhead: usize,
    pub(super) end: bool,
    /// It is thrown away.
    pub(super) ignored: bool,
}
