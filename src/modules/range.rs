//! `Range`: parts of a file, one as it is, several as `multipart/byteranges`.

use std::io::Write;
use std::ops::Range;

use crate::http::ranges::{self, Ranges};
use crate::http::response::{FileBody, Response};
use crate::proto::h1::write::number;
use crate::proto::{Name, Version};
use crate::serve::respond;
use crate::worker::*;

use super::files;

/// Sends what the client asked for of the file, which `body` holds whole.
pub(super) fn send(w: &mut Worker, id: RequestId, body: FileBody) -> Flow {
    let max = match w.location_of(id).core.max_ranges {
        Some(max) => max as usize,
        None => usize::MAX,
    };
    let r = &w.requests[id];
    let is_page = r.status_override.is_some_and(|status| status != 200);
    if max == 0 || is_page || r.line.version == Version::V09 {
        files::whole(w, id, body);
        return Flow::Wait;
    }
    // As in nginx, If-Range is compared with the fields that the client will see.
    if r.head.get(Name::Range).is_some() && !respond::filter(w, id) {
        return Flow::Wait;
    }
    let mut ranges = Vec::new();
    match asked(w, id, body.left, max, &mut ranges) {
        Ranges::Whole => whole(w, id, body),
        Ranges::NotSatisfiable => {
            let value = format!("bytes */{}", body.left);
            w.requests[id].response.add(b"Content-Range", value.as_bytes());
            return Flow::End(416);
        }
        Ranges::Some => match &*ranges {
            [range] => one(w, id, range, body),
            _ => several(w, id, &ranges, body),
        },
    }
    Flow::Wait
}

fn asked(w: &Worker, id: RequestId, length: u64, max: usize, out: &mut Vec<Range<u64>>) -> Ranges {
    let r = &w.requests[id];
    let Some(value) = r.head.get(Name::Range) else {
        return Ranges::Whole;
    };
    if let Some(condition) = r.head.get(Name::IfRange) {
        let etag = r.response.fields.get(Name::Etag);
        if !ranges::if_range(condition, etag, r.response.rare.last_modified) {
            return Ranges::Whole;
        }
    }
    ranges::parse(value, length, max, out)
}

fn one(w: &mut Worker, id: RequestId, range: &Range<u64>, body: FileBody) {
    let mut value = w.buffers.line();
    content_range(range, body.left, &mut value);
    partial(w, id).add(b"Content-Range", &value);
    w.buffers.give_line(value);
    files::whole(w, id, part(range, &body));
}

/// An answer that is longer than the file is not worth more than this to the client, in bytes.
const DEAR: u64 = 8 << 10;

/// Ranges may be many, and each has a head: if all of that is longer than the file, the file is sent.
fn several(w: &mut Worker, id: RequestId, ranges: &[Range<u64>], body: FileBody) {
    // Twenty digits that the file is unlikely to hold in this place.
    let boundary = format!("{:020}", w.rng.word());
    let end = format!("\r\n--{boundary}--\r\n");
    let content_type = &w.requests[id].response.content_type;
    let mut parts = Vec::new();
    let mut length = end.len() as u64;
    for range in ranges {
        let head = part_head(&boundary, content_type, range, body.left);
        length += head.len() as u64 + (range.end - range.start);
        if length > body.left.max(DEAR) {
            return whole(w, id, body);
        }
        parts.push((head, part(range, &body)));
    }
    let response = partial(w, id);
    response.content_type.clear();
    let _ = write!(response.content_type, "multipart/byteranges; boundary={boundary}");
    response.content_length = Some(length);
    if respond::begin(w, id) {
        respond::parts(w, id, parts, end.as_bytes(), length);
    }
}

/// The answer is a part of what was asked for.
fn partial(w: &mut Worker, id: RequestId) -> &mut Response {
    let r = &mut w.requests[id].it;
    r.status_override = None;
    r.response.status = 206;
    &mut r.response
}

fn whole(w: &mut Worker, id: RequestId, body: FileBody) {
    let response = &mut w.requests[id].response;
    response.add(b"Accept-Ranges", b"bytes");
    files::whole(w, id, body);
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
