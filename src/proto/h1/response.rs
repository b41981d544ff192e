//! Response heads from upstreams. What is wrong with one is answered with 502: nothing of it is
//! passed on, since the client could read it otherwise than we do.

use crate::proto::{Head, Span, Version, Violation};

use super::{Body, Chunked};

/// What the head says, with spans into [`Head::bytes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status line as it was sent, without its end.
    pub line: Span,
    pub version: Version,
    /// 100 to 999.
    pub status: u16,
    /// May be empty, and may hold bytes beyond ASCII.
    pub reason: Span,
    /// May the connection be used again, as far as the head says?
    pub keep_alive: bool,
    /// Connection says `upgrade`, and there is an Upgrade field.
    pub upgrade: bool,
    /// Connection names fields, which end here.
    pub connection_fields: bool,
    pub length: Option<u64>,
    pub chunked: bool,
}

/// As [`super::request::parse`]; a head longer than `limit` is refused.
pub fn parse(
    _input: &[u8],
    _scanned: &mut usize,
    _limit: usize,
    _head: &mut Head,
) -> Result<Option<(usize, ResponseHead)>, Violation> {
    Ok(None)
}

/// How the body of this response ends. `limit` bounds chunk extensions and trailers.
pub fn framing(head: &ResponseHead, request_was_head: bool, limit: usize) -> Body {
    let bodiless = head.status < 200 || head.status == 204 || head.status == 304;
    if request_was_head || bodiless {
        Body::Empty
    } else if head.chunked {
        Body::Chunked(Chunked::response(limit))
    } else {
        head.length.map_or(Body::UntilClose, |left| {
            if left == 0 { Body::Empty } else { Body::Sized(left) }
        })
    }
}
