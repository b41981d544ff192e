//! headers-more: fields of responses are set or removed before other filters see them, and those of requests at the end
//! of the rewrite phase.

use crate::http::conf::Conf;
use crate::http::filters::HeadFilters;
use crate::http::settings::headers_more::{Edit, EditField};
use crate::proto::h1::request::take_host;
use crate::proto::{Head, Name, Span};
use crate::serve::eval;
use crate::serve::log::{self, Level};
use crate::worker::*;

use super::headers;

pub static MODULE: Module =
    Module { name: "headers_more", phases: &[(Phase::Rewrite, edit_request)] };

pub(super) fn is_used(conf: &Conf) -> bool {
    conf.http.locations.iter().any(|it| !it.settings.headers_more.input.is_empty())
}

/// The filter of heads.
pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    for edit in &w.location_of(id).headers_more.output {
        let response = &w.requests[id].response;
        if edit.is_for_response(response.status, &response.content_type) {
            for field in &edit.fields {
                let mut value = w.buffers.line();
                eval::template(w, id, &field.value, &mut value);
                edit_response(w, id, field, &value);
                w.buffers.give_line(value);
            }
        }
    }
    Filtered::Next
}

fn edit_response(w: &mut Worker, id: RequestId, field: &EditField, value: &[u8]) {
    let response = &mut w.requests[id].response;
    headers::remove_if(&mut response.fields, |id, name| field.is_meant(id, name));
    match field.id {
        _ if field.is_prefix => {
            if field.is_meant(Name::Location, b"Location") {
                response.rare.get_or_insert().location = None;
            }
            return;
        }
        Name::Server => response.has_server = true,
        Name::Date => response.has_date = true,
        Name::AcceptRanges if value.is_empty() => response.filters.remove(HeadFilters::RANGE),
        Name::LastModified => response.rare.get_or_insert().last_modified = None,
        Name::ContentLength => {
            response.content_length = None;
            return;
        }
        Name::ContentType => {
            response.content_type.clear();
            response.content_type.extend(value.iter().map(|byte| clean(*byte)));
            return;
        }
        Name::Location => {
            let location = (!value.is_empty()).then(|| value.to_vec());
            response.rare.get_or_insert().location = location;
            return;
        }
        _ => {}
    }
    if !value.is_empty() {
        response.add(&field.name, value);
    }
}

/// A value cannot end its line.
fn clean(byte: u8) -> u8 {
    if matches!(byte, b'\r' | b'\n' | 0) { b' ' } else { byte }
}

fn edit_request(w: &mut Worker, id: RequestId) -> Flow {
    apply(w, id);
    Flow::Next
}

/// What the lines of the request's location say of its fields.
pub(super) fn apply(w: &mut Worker, id: RequestId) {
    for edit in &w.location_of(id).headers_more.input {
        let content_type = w.requests[id].head.get(Name::ContentType).unwrap_or_default();
        if edit.is_for_request(content_type) {
            for field in &edit.fields {
                let mut value = w.buffers.line();
                eval::template(w, id, &field.value, &mut value);
                value.iter_mut().for_each(|byte| *byte = clean(*byte));
                edit_field(w, id, edit, field, value.trim_ascii());
                w.buffers.give_line(value);
            }
        }
    }
}

fn edit_field(w: &mut Worker, id: RequestId, edit: &Edit, field: &EditField, value: &[u8]) {
    let request = &mut w.requests[id].it;
    let is_there = request.head.iter().any(|(id, name, _)| field.is_meant(id, name));
    if !is_there && (value.is_empty() || edit.only_replaces) {
        return;
    }
    if field.id == Name::Host
        && !field.is_prefix
        && !take_host(&mut request.line, &mut request.head, value)
    {
        let value = String::from_utf8_lossy(value);
        log::error(w, id, Level::Error, format_args!("invalid host \"{value}\" is not set"));
        return;
    }
    set(&mut w.requests[id].it.head, field, value);
}

/// The field has this value alone, at the end of the head; none if that is empty. The bytes of what is removed stay:
/// the request line refers to its own by their places.
fn set(head: &mut Head, field: &EditField, value: &[u8]) {
    let Head { bytes, fields } = head;
    fields.retain(|it| !field.is_meant(it.id, it.name.of(bytes)));
    if value.is_empty() || field.is_prefix {
        return;
    }
    let start = bytes.len();
    bytes.extend_from_slice(&field.name);
    bytes.extend_from_slice(b": ");
    let name = Span::new(start, start + field.name.len());
    let value_at = bytes.len();
    bytes.extend_from_slice(value);
    let value = Span::new(value_at, bytes.len());
    bytes.extend_from_slice(b"\r\n");
    head.push(name, value);
}
