//! What is asked of a file.

/// What is wanted of a file; times are in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ask {
    pub start: u64,
    /// 0: to the end.
    pub length: u64,
    /// Begins with the key frame before `start`.
    pub key_frame: bool,
    /// Bytes that `moov` may have.
    pub max_moov: u64,
    /// Bytes that one step asks for, at most.
    pub piece: u64,
}

/// A time of the request in other units.
pub fn scale(milliseconds: u64, timescale: u32) -> u64 {
    let scaled = u128::from(milliseconds) * u128::from(timescale) / 1000;
    u64::try_from(scaled).unwrap_or(u64::MAX)
}
