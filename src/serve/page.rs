//! Answers that are errors: the page that `error_page` names, or the one that is built in. And that to `OPTIONS *`.

use crate::http::request::Persistence;
use crate::http::{status, uri, user_agent};
use crate::proto::{Name, Version, Violation};
use crate::worker::*;

use super::respond::text;
use super::{client_certificate, downstream, error_page, finish, head, log, phases};

/// The methods that the server knows, as `Allow` has them; what one location takes may be less.
pub const METHODS: &[u8] = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// `OPTIONS *` is about the server, not about what is in it (RFC 9110, 9.3.7).
pub fn options(w: &mut Worker, id: RequestId) {
    phases::update_connection(w, id);
    w.requests[id].response.add(b"Allow", METHODS);
    text(w, id, 200, b"", b"");
}

/// The answer to a request that has begun and whose head turns out to be wrong.
pub fn refuse_started(w: &mut Worker, id: RequestId, violation: Violation) {
    let detail = match violation {
        Violation::ClientCertificate => client_certificate::why(w, id),
        _ => String::new(),
    };
    refuse(w, id, violation, &detail);
}

/// The answer to a request whose head is wrong; `detail`: the log's, behind the words of the violation.
pub fn refuse(w: &mut Worker, id: RequestId, violation: Violation, detail: &str) {
    let request = &mut w.requests[id];
    request.persistence = Persistence::Linger;
    // The answer has a status line, which HTTP/0.9 does not know.
    request.line.version = request.line.version.max(Version::V10);
    request.action = match violation.is_of_request_line() {
        true => "reading client request line",
        false => "reading client request headers",
    };
    let level = match violation {
        // The configuration's fault as much as the client's.
        Violation::ServerNameLimit => log::Level::Alert,
        _ => log::Level::Info,
    };
    log::error(w, id, level, format_args!("{violation}{detail}"));
    if violation.status() == 405 {
        w.requests[id].response.add(b"Allow", METHODS);
    }
    error(w, id, violation.status());
}

/// 405, with the methods that would have been right (RFC 9110, 15.5.6).
pub fn not_allowed(w: &mut Worker, id: RequestId, methods: &[u8]) -> Flow {
    w.requests[id].response.add(b"Allow", methods);
    Flow::End(405)
}

/// The page that `error_page` names for a status, or else the built-in one.
pub fn error(w: &mut Worker, id: RequestId, status: u16) {
    let Some(request) = w.requests.get_mut(id).filter(|r| r.outcome.is_none()) else {
        return;
    };
    if let Some(upstream) = request.upstream {
        request.action = "sending to client";
        (w.pipeline.release)(w, upstream);
    }
    let request = &mut w.requests[id];
    if request.response.is_begun() {
        // Part of another answer is out: the client sees that it was cut short.
        return finish::break_off(w, id);
    }
    if request.rare.stub.is_some() {
        return stub(w, id);
    }
    if matches!(status, 444 | 499 | 408) {
        request.response.status = status;
        return finish::close(w, id);
    }
    if matches!(status, 400 | 413 | 414 | 431 | 494..=497 | 500 | 501) {
        request.disable_keepalive();
    }
    request.status_override = Some(status);
    request.write = rest;
    super::abort::await_end(w, id);
    let request = &mut w.requests[id];
    let core = &w.conf.location(request.location).core;
    if !request.error_page {
        let page = core.error_page_for(status).or_else(|| match status {
            // nginx's own number for a head that is too large.
            431 => core.error_page_for(status::HEAD_TOO_LARGE),
            _ => None,
        });
        if let Some(page) = page {
            request.error_page = !core.recursive_error_pages;
            return error_page::send(w, id, status, page);
        }
    }
    builtin(w, id, status);
}

/// The block of `ssi` that stands in for the page of an error, of the type of the body around it.
fn stub(w: &mut Worker, id: RequestId) {
    let stub = w.requests[id].rare.get_or_insert().stub.take().unwrap_or_default();
    clear(w, id, 200);
    let outer = downstream::parent(w, id).and_then(|parent| w.requests.get(parent));
    let content_type = outer.map(|outer| outer.response.content_type.clone()).unwrap_or_default();
    let request = &mut w.requests[id];
    (request.status_override, request.write) = (None, rest);
    text(w, id, 200, &content_type, &stub);
}

/// The built-in page of a status.
pub fn builtin(w: &mut Worker, id: RequestId, status: u16) {
    if matches!(status, 301 | 302) && wants_refresh(w, id) {
        return refresh(w, id);
    }
    let mut page = w.buffers.line();
    let tokens = w.location_of(id).core.server_tokens;
    let known = status::page(status, head::signature(tokens), &mut page);
    if known && status >= 400 && hides_short_pages(w, id) {
        for _ in 0..6 {
            page.extend_from_slice(PADDING);
        }
    }
    let status = status::on_wire(status);
    let request = &mut w.requests[id];
    let location = match status {
        301..=308 | 201 if request.response.rare.location.is_some() => {
            request.response.rare.get_or_insert().location.take()
        }
        _ => None,
    };
    clear(w, id, status);
    let request = &mut w.requests[id];
    if location.is_some() {
        request.response.rare.get_or_insert().location = location;
    }
    request.status_override = Some(status::on_wire(request.status_override.unwrap_or(status)));
    let content_type: &[u8] = if known { b"text/html" } else { b"" };
    text(w, id, status, content_type, &page);
    w.buffers.give_line(page);
}

/// Forgets the answer that another takes the place of, but for the field that the status cannot be without,
/// those of a server that handed the answer over and those of a script.
pub fn clear(w: &mut Worker, id: RequestId, status: u16) {
    let request = &mut w.requests[id];
    let kept = kept_field(status);
    let handed_over = request.rare.handed_over;
    let keeps_all = request.rare.keeps_fields;
    let is_kept = |id: Name| {
        keeps_all
            || id != Name::Other && id == kept
            || handed_over
                && matches!(
                    id,
                    Name::SetCookie | Name::CacheControl | Name::Expires | Name::ContentDisposition
                )
    };
    let fields = request.response.fields.iter().filter(|(id, ..)| is_kept(*id));
    let fields: Vec<_> = fields.map(|(_, name, value)| (name.to_vec(), value.to_vec())).collect();
    request.response.replace();
    for (name, value) in fields {
        request.response.add(&name, &value);
    }
}

/// `msie_refresh`: a page that leads on, in place of a redirect.
fn refresh(w: &mut Worker, id: RequestId) {
    let location = w.requests[id].response.rare.get_or_insert().location.take().unwrap_or_default();
    let mut page = w.buffers.line();
    page.extend_from_slice(b"<html><head><meta http-equiv=\"Refresh\" content=\"0; URL=");
    uri::escape_refresh(&location, &mut page);
    page.extend_from_slice(b"\"></head><body></body></html>\r\n");
    clear(w, id, 200);
    w.requests[id].status_override = Some(200);
    text(w, id, 200, b"text/html", &page);
    w.buffers.give_line(page);
}

fn wants_refresh(w: &Worker, id: RequestId) -> bool {
    if !w.location_of(id).core.msie_refresh {
        return false;
    }
    let agent = w.requests[id].head.get(Name::UserAgent).unwrap_or_default();
    user_agent::is_msie(agent)
}

/// Behind the page, for browsers that show one of their own in place of a short one.
const PADDING: &[u8] = b"<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n";

fn hides_short_pages(w: &Worker, id: RequestId) -> bool {
    let r = &w.requests[id];
    let agent = r.head.get(Name::UserAgent).unwrap_or_default();
    let is = |what: &[u8]| memchr::memmem::find(agent, what).is_some();
    w.location_of(id).core.msie_padding
        && r.line.version != Version::V09
        && (is(b"MSIE ") || is(b"Chrome/"))
        && !is(b"Opera")
}

/// The field that a status cannot be without, `Other` if there is none. A 401 without its challenge could not be
/// answered (RFC 9110, 11.6.1), a 405 tells the methods and a 416 the length.
pub fn kept_field(status: u16) -> Name {
    match status {
        401 => Name::WwwAuthenticate,
        405 => Name::Allow,
        416 => Name::ContentRange,
        _ => Name::Other,
    }
}
