//! What a head may hold.

/// Bounds and habits, from the server block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// One of `large_client_header_buffers`: the request line with its end.
    pub line: usize,
    /// The same for a field line.
    pub field: usize,
    /// The head as a whole.
    pub total: usize,
    /// `max_headers`.
    pub fields: usize,
    /// `ignore_invalid_headers`
    pub ignore_invalid: bool,
    /// `underscores_in_headers`
    pub underscores: bool,
}

impl Default for Limits {
    /// nginx's defaults.
    fn default() -> Self {
        Self {
            line: 8192,
            field: 8192,
            total: 4 * 8192,
            fields: 1000,
            ignore_invalid: true,
            underscores: false,
        }
    }
}
