//! `empty_gif`: an image of one transparent pixel, from memory.

use crate::http::conf::{Conf, Content};
use crate::http::filters::HeadFilters;
use crate::proto::Method;
use crate::serve::respond;
use crate::worker::*;

pub static MODULE: Module = Module { name: "empty_gif", phases: &[(Phase::Content, answer)] };

pub(super) fn is_used(conf: &Conf) -> bool {
    conf.http.locations.iter().any(|it| it.content == Content::EmptyGif)
}

/// nginx's date of the image: 28 September 1970, 06:00:00.
const MODIFIED: i64 = 23_349_600;

/// GIF89a of 1 by 1 pixel with two colours, the second of them transparent.
#[rustfmt::skip]
const IMAGE: [u8; 43] = [
    b'G', b'I', b'F', b'8', b'9', b'a',
    // Width, height, a palette of two colours, background, aspect ratio.
    1, 0, 1, 0, 0x80, 1, 0,
    0, 0, 0, 0xff, 0xff, 0xff,
    // The second colour is transparent.
    0x21, 0xf9, 4, 1, 0, 0, 1, 0,
    // The whole image, without a palette of its own.
    0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0,
    // Two bits a code: clear, colour 0, end.
    2, 2, 0x4c, 1, 0,
    b';',
];

fn answer(w: &mut Worker, id: RequestId) -> Flow {
    if w.location_of(id).content != Content::EmptyGif {
        return Flow::Next;
    }
    if !matches!(w.requests[id].method, Method::Get | Method::Head) {
        return respond::not_allowed(w, id, b"GET, HEAD");
    }
    let response = &mut w.requests[id].response;
    response.rare.get_or_insert().last_modified = Some(MODIFIED);
    response.filters.insert(HeadFilters::NOT_MODIFIED);
    respond::text(w, id, 200, b"image/gif", &IMAGE);
    Flow::Answered
}
