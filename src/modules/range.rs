//! `Range`: parts of what has a known length; one as it is, several, of a file, as `multipart/byteranges`.

use std::io::Write;
use std::ops::Range;

use crate::http::ctx::Cut;
use crate::http::dates;
use crate::http::filters::{BodyFilters, FileBody, Passed, Piece};
use crate::http::ranges::{self, Ranges};
use crate::http::response::Response;
use crate::proto::h1::write::number;
use crate::proto::{Method, Name, Version};
use crate::serve::filter;
use crate::serve::log::{self, Level};
use crate::worker::*;

use super::slice;

/// Of a response that may be sent in parts: what of it the client has asked for.
pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    let core = &w.location_of(id).core;
    let r = &w.requests[id];
    let Some(length) = r.response.content_length else { return Filtered::Next };
    if core.max_ranges == Some(0) || r.response.status != 200 || r.line.version == Version::V09 {
        return Filtered::Next;
    }
    let max = match (r.response.rare.single_range, core.max_ranges) {
        (true, _) => 1,
        (false, Some(max)) => max as usize,
        (false, None) => usize::MAX,
    };
    let mut found = Vec::new();
    match (asked(w, id, length, max, &mut found), &*found) {
        (Ranges::NotSatisfiable, _) => {
            let value = format!("bytes */{length}");
            w.requests[id].response.add(b"Content-Range", value.as_bytes());
            return Filtered::Instead(416);
        }
        (Ranges::Some, [range]) => one(w, id, range, length),
        (Ranges::Some, several) if self::several(w, id, several, length) => {}
        _ if !slice::cut(w, id, None) => {
            let text = format_args!("range of the client not in its part in slice response");
            log::error(w, id, Level::Error, text);
            return Filtered::Instead(500);
        }
        _ => w.requests[id].response.add(b"Accept-Ranges", b"bytes"),
    }
    Filtered::Next
}

fn asked(w: &Worker, id: RequestId, length: u64, max: usize, out: &mut Vec<Range<u64>>) -> Ranges {
    let r = &w.requests[id];
    let Some(value) = r.head.get(Name::Range) else {
        return Ranges::Whole;
    };
    if let Some(condition) = r.head.get(Name::IfRange) {
        // As in nginx, it is compared with the fields that the client will see.
        let field = |name| r.response.fields.get(name);
        let modified = || field(Name::LastModified).and_then(dates::parse);
        let modified = r.response.rare.last_modified.or_else(modified);
        if !ranges::if_range(condition, field(Name::Etag), modified) {
            return Ranges::Whole;
        }
    }
    ranges::parse(value, length, max, out)
}

fn one(w: &mut Worker, id: RequestId, range: &Range<u64>, length: u64) {
    let mut value = w.buffers.line();
    content_range(range, length, &mut value);
    let left = range.end - range.start;
    let response = partial(w, id, left);
    response.add(b"Content-Range", &value);
    w.buffers.give_line(value);
    if let Some(cut) = cut(w, id) {
        (cut.skip, cut.left) = (range.start, left);
    }
    slice::cut(w, id, Some(range));
}

/// An answer that is longer than the file is not worth more than this to the client, in bytes.
const DEAR: u64 = 8 << 10;

/// Ranges may be many, and each has a head. False: all of that would be longer than the whole.
fn several(w: &mut Worker, id: RequestId, ranges: &[Range<u64>], length: u64) -> bool {
    // Twenty digits that the file is unlikely to hold in this place.
    let boundary = format!("{:020}", w.rng.word());
    let end = format!("\r\n--{boundary}--\r\n").into_bytes();
    let content_type = &w.requests[id].response.content_type;
    let mut parts = Vec::new();
    let mut sent = end.len() as u64;
    for range in ranges {
        let head = part_head(&boundary, content_type, range, length);
        sent += head.len() as u64 + (range.end - range.start);
        if sent > length.max(DEAR) {
            return false;
        }
        parts.push((head, range.clone()));
    }
    let response = partial(w, id, sent);
    response.content_type.clear();
    let _ = write!(response.content_type, "multipart/byteranges; boundary={boundary}");
    if let Some(cut) = cut(w, id) {
        (cut.parts, cut.end) = (parts, end);
    }
    true
}

/// The answer is a part of what was asked for.
fn partial(w: &mut Worker, id: RequestId, length: u64) -> &mut Response {
    let r = &mut w.requests[id].it;
    r.status_override = None;
    r.response.status = 206;
    r.response.forget_reason();
    r.response.content_length = Some(length);
    &mut r.response
}

/// From here on the body goes through this filter, if there is one.
fn cut(w: &mut Worker, id: RequestId) -> Option<&mut Cut> {
    let r = &mut w.requests[id].it;
    if r.method == Method::Head {
        return None;
    }
    r.filters.insert(BodyFilters::RANGE);
    Some(&mut r.ctx().range)
}

pub(super) const BODY: BodyFilter = BodyFilter { write, resume: |_, _, _| Passed::All };

fn write(w: &mut Worker, id: RequestId, piece: Piece<'_>, last: bool, next: Next) -> Passed {
    let range = &mut w.requests[id].ctx().range;
    let piece = match piece {
        Piece::Bytes(data) => Piece::Bytes(range.cut(data)),
        Piece::File(body) if !range.parts.is_empty() => return parts(w, id, &body, next),
        Piece::File(body) => Piece::File(part(&range.cut_file(body.left), &body)),
        Piece::Flush => Piece::Flush,
    };
    filter::next(w, id, next, piece, last)
}

/// Of a file, which is one piece.
fn parts(w: &mut Worker, id: RequestId, body: &FileBody, next: Next) -> Passed {
    let range = &mut w.requests[id].ctx().range;
    let (parts, end) = (std::mem::take(&mut range.parts), std::mem::take(&mut range.end));
    for (head, range) in parts {
        for piece in [Piece::Bytes(&head), Piece::File(part(&range, body))] {
            let sent = filter::next(w, id, next, piece, false);
            if sent.is_over() {
                return sent;
            }
        }
    }
    filter::next(w, id, next, Piece::Bytes(&end), true)
}

fn part_head(boundary: &str, content_type: &[u8], range: &Range<u64>, length: u64) -> Vec<u8> {
    let mut head = format!("\r\n--{boundary}\r\n").into_bytes();
    if !content_type.is_empty() {
        head.extend_from_slice(b"Content-Type: ");
        head.extend_from_slice(content_type);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"Content-Range: ");
    content_range(range, length, &mut head);
    head.extend_from_slice(b"\r\n\r\n");
    head
}

/// `bytes 0-3/40`
fn content_range(range: &Range<u64>, length: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"bytes ");
    number(out, range.start);
    out.push(b'-');
    number(out, range.end - 1);
    out.push(b'/');
    number(out, length);
}

fn part(range: &Range<u64>, body: &FileBody) -> FileBody {
    FileBody {
        file: body.file.clone(),
        offset: body.offset + range.start,
        left: range.end - range.start,
    }
}

#[cfg(test)]
mod tests {
    use super::part_head;

    #[test]
    fn heads_of_parts() {
        let head = part_head("0001", b"text/plain", &(6..8), 40);
        let text = "\r\n--0001\r\nContent-Type: text/plain\r\nContent-Range: bytes 6-7/40\r\n\r\n";
        assert_eq!(head, text.as_bytes());
        let head = part_head("0001", b"", &(0..1), 40);
        assert_eq!(head, b"\r\n--0001\r\nContent-Range: bytes 0-0/40\r\n\r\n");
    }
}
