//! What a response goes through on its way to the client: sets of filters, and the pieces of a body.
//!
//! A head passes those filters of [`HeadFilters`] that its location or its maker asks for; one that is to see the body
//! sets its bit in `Request::filters`. The order of the bits is the order in which they run, which is nginx's. The
//! filters themselves are in tables by these bits (`worker::Pipeline`).

use std::fs::File;
use std::rc::Rc;

macro_rules! sets {
    ($(
        $(#[$doc:meta])* $name:ident {
            $($(#[$bit_doc:meta])* $bit:ident = $at:literal,)+
        }
    )+) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
        pub struct $name(u16);

        impl $name {
            pub const NONE: Self = Self(0);
            $($(#[$bit_doc])* pub const $bit: Self = Self(1 << $at);)+

            pub fn is_empty(self) -> bool {
                self.0 == 0
            }
            pub fn has(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }
            pub fn insert(&mut self, other: Self) {
                self.0 |= other.0;
            }
            pub fn remove(&mut self, other: Self) {
                self.0 &= !other.0;
            }
            pub const fn and(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
            pub fn except(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }
            /// The first of the set, and where it stands in the order of all. The set is not empty.
            pub fn first(self) -> (Self, usize) {
                let at = self.0.trailing_zeros();
                (Self(1 << at), at as usize)
            }
            /// As `first`, the last of the set.
            pub fn last(self) -> (Self, usize) {
                let at = self.0.ilog2();
                (Self(1 << at), at as usize)
            }
            /// This one filter and those before it.
            pub fn up_to(self) -> Self {
                Self(self.0 | (self.0 - 1))
            }
        }
    )+ };
}

sets! {
    /// Filters of heads.
    HeadFilters {
        /// `slice`: a part becomes the whole.
        SLICE = 0,
        /// 304 and 412: for what has a time or a tag of its own, as a file has.
        NOT_MODIFIED = 1,
        /// `header_filter_by_lua`; lets `body_filter_by_lua` see the body.
        LUA = 2,
        /// `more_set_headers`, `more_clear_headers`
        HEADERS_MORE = 3,
        /// `expires`, `add_header`, `add_trailer`
        HEADERS = 4,
        USERID = 5,
        GUNZIP = 6,
        /// `add_before_body`, `add_after_body`
        ADDITION = 7,
        /// `sub_filter`
        SUB = 8,
        /// `charset`, and the charset that a server has named.
        CHARSET = 9,
        SSI = 10,
        BROTLI = 11,
        GZIP = 12,
        /// 206 and 416: for what may be sent in parts.
        RANGE = 13,
    }

    /// Filters of bodies.
    BodyFilters {
        /// Parts of a response, and subrequests for the next ones.
        SLICE = 0,
        RANGE = 1,
        /// `body_filter_by_lua`
        LUA = 2,
        GUNZIP = 3,
        ADDITION = 4,
        /// `sub_filter`
        SUB = 5,
        CHARSET = 6,
        SSI = 7,
        /// What is written behind the start of a subrequest waits for the body of that. A filter that starts
        /// subrequests asks for this one, too; the body of such a subrequest goes to what its main request has behind it.
        POSTPONE = 8,
        BROTLI = 9,
        GZIP = 10,
        /// What the client does not take in time waits in a file.
        SPOOL = 11,
    }
}

impl HeadFilters {
    /// Those that the fields of the client's request decide: a response of a subrequest does not pass them.
    pub const OF_CLIENTS: Self =
        Self::NOT_MODIFIED.and(Self::USERID).and(Self::BROTLI).and(Self::GZIP).and(Self::RANGE);
}

/// A piece of a body.
#[derive(Debug)]
pub enum Piece<'a> {
    Bytes(&'a [u8]),
    File(FileBody),
    /// Nothing more is at hand now: what is held only to wait for more goes on.
    Flush,
}

/// A part of a file.
#[derive(Clone, Debug)]
pub struct FileBody {
    pub file: Rc<File>,
    pub offset: u64,
    pub left: u64,
}

/// What became of a piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passed {
    /// The system has all of it that the filters have let through.
    All,
    /// Some of it waits for the client, or for the next turn of the request.
    Blocked,
    /// Nothing more is to be sent of this response: the client is gone, or it was cut short, or another has its place.
    Over,
}

impl Passed {
    pub fn is_over(self) -> bool {
        self == Self::Over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_have_an_order() {
        let set = BodyFilters::GUNZIP.and(BodyFilters::SPOOL);
        assert_eq!(set.first(), (BodyFilters::GUNZIP, 3));
        assert_eq!(set.last(), (BodyFilters::SPOOL, 11));
        assert_eq!(set.except(BodyFilters::GUNZIP.up_to()), BodyFilters::SPOOL);
        assert_eq!(BodyFilters::SLICE.up_to(), BodyFilters::SLICE);
        assert!(set.has(BodyFilters::SPOOL) && !set.has(BodyFilters::GZIP));
    }
}
