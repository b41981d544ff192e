//! What can happen to a try, as one bit each: the conditions of `proxy_next_upstream`.

use std::ops::{BitOr, BitOrAssign};

/// A set of failures; one of them, or those on which the next peer is tried.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Failures(pub u32);

impl Failures {
    pub const NONE: Self = Self(0);
    // The numbers are nginx's: people read them in `http next upstream, 2`.
    /// A connection could not be made, or broke while it was written or read.
    pub const ERROR: Self = Self(0x2);
    pub const TIMEOUT: Self = Self(0x4);
    pub const INVALID_HEADER: Self = Self(0x8);
    pub const HTTP_500: Self = Self(0x10);
    pub const HTTP_502: Self = Self(0x20);
    pub const HTTP_503: Self = Self(0x40);
    pub const HTTP_504: Self = Self(0x80);
    pub const HTTP_403: Self = Self(0x100);
    pub const HTTP_404: Self = Self(0x200);
    pub const HTTP_429: Self = Self(0x400);
    /// Not a failure: another request asks a server for the same.
    pub const UPDATING: Self = Self(0x800);
    /// Not a failure: requests with a method that is not idempotent are repeated too.
    pub const NON_IDEMPOTENT: Self = Self(0x4000);
    pub const DENIED: Self = Self(0x8000);
    /// Not a failure: requests that the kernel can prove to be undelivered are repeated, whatever their method.
    pub const UNDELIVERED: Self = Self(0x1_0000);
    /// Every peer was tried, is down, or is full.
    pub const NO_LIVE: Self = Self(0x4000_0000);
    /// `off`.
    pub const OFF: Self = Self(0x8000_0000);

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The bit of a response's status, if it has one.
    pub fn of_status(status: u16) -> Self {
        match status {
            500 => Self::HTTP_500,
            502 => Self::HTTP_502,
            503 => Self::HTTP_503,
            504 => Self::HTTP_504,
            403 => Self::HTTP_403,
            404 => Self::HTTP_404,
            429 => Self::HTTP_429,
            _ => Self::NONE,
        }
    }
}

impl BitOr for Failures {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
impl BitOrAssign for Failures {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
