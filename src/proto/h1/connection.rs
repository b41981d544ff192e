//! What Connection says, over all its lines.

use crate::proto::head::list;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Connection {
    pub(super) close: bool,
    pub(super) keep_alive: bool,
    pub(super) upgrade: bool,
    /// Names other fields, which are for this hop only.
    pub(super) fields: bool,
}

impl Connection {
    pub(super) fn add(&mut self, value: &[u8]) {
        // What nearly everybody sends.
        if value == b"keep-alive" {
            self.keep_alive = true;
            return;
        }
        for option in list(value) {
            match option.len() {
                5 if option.eq_ignore_ascii_case(b"close") => self.close = true,
                10 if option.eq_ignore_ascii_case(b"keep-alive") => self.keep_alive = true,
                7 if option.eq_ignore_ascii_case(b"upgrade") => self.upgrade = true,
                _ => self.fields = true,
            }
        }
    }

    /// `close` wins over `keep-alive`, in whatever order they come (RFC 9112, 9.3).
    pub(super) fn persists(self, by_default: bool) -> bool {
        !self.close && (by_default || self.keep_alive)
    }
}
