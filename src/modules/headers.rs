//! `add_header`, `expires`; of `add_trailer` that there will be some.

use crate::http::dates;
use crate::http::settings::headers::{AddHeader, Expires, is_fine};
use crate::proto::{Head, Name, Span};
use crate::serve::eval;
use crate::worker::*;

use super::expires;

pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    let headers = &w.location_of(id).headers;
    let status = w.requests[id].response.status;
    if headers.expires != Expires::Off && is_fine(status) {
        expires::apply(w, id, &headers.expires);
    }
    if headers.trailers.iter().any(|it| it.applies(status) && !it.value.is_empty()) {
        w.requests[id].response.rare.get_or_insert().trailers.get_or_insert_default();
    }
    for header in &headers.add {
        if header.applies(w.requests[id].response.status) {
            let mut value = w.buffers.line();
            eval::template(w, id, &header.value, &mut value);
            add_one(w, id, header, &value);
            w.buffers.give_line(value);
        }
    }
    Filtered::Next
}

fn add_one(w: &mut Worker, id: RequestId, header: &AddHeader, value: &[u8]) {
    let response = &mut w.requests[id].response;
    // These two are there once at most: what is given replaces them.
    if header.name.eq_ignore_ascii_case(b"Last-Modified") {
        remove(&mut response.fields, b"Last-Modified");
        let modified = dates::parse(value);
        response.rare.get_or_insert().last_modified = modified;
        if modified.is_some() {
            return;
        }
    } else if header.name.eq_ignore_ascii_case(b"ETag") {
        remove(&mut response.fields, b"ETag");
    }
    if !value.is_empty() {
        response.add(&header.name, value);
    }
}

/// Takes every field of the name out of the lines.
pub(super) fn remove(fields: &mut Head, name: &[u8]) {
    remove_if(fields, |_, other| other.eq_ignore_ascii_case(name));
}

/// Takes every field out of the lines whose name is meant.
pub(super) fn remove_if(fields: &mut Head, is_meant: impl Fn(Name, &[u8]) -> bool) {
    let mut at = 0;
    while let Some(field) = fields.fields.get(at) {
        if !is_meant(field.id, field.name.of(&fields.bytes)) {
            at += 1;
            continue;
        }
        let (start, end) = (field.name.start(), field.value.end() + 2);
        fields.bytes.drain(start..end.min(fields.bytes.len()));
        fields.fields.remove(at);
        for later in &mut fields.fields {
            for span in [&mut later.name, &mut later.value] {
                if span.start() >= end {
                    let from = span.start() - (end - start);
                    *span = Span::new(from, from + span.len());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::response::Response;

    #[test]
    fn removes_lines() {
        let mut response = Response::default();
        for (name, value) in [("A", "1"), ("ETag", "x"), ("B", "2"), ("etag", "y"), ("C", "3")] {
            response.add(name.as_bytes(), value.as_bytes());
        }
        remove(&mut response.fields, b"ETag");
        assert_eq!(response.fields.bytes, b"A: 1\r\nB: 2\r\nC: 3\r\n");
        let fields: Vec<_> = response.fields.iter().map(|(_, name, value)| (name, value)).collect();
        let rest: [(&[u8], &[u8]); 3] = [(b"A", b"1"), (b"B", b"2"), (b"C", b"3")];
        assert_eq!(fields, rest);
    }
}
