//! `charset`: what a response says of its charset, and its body in that charset.

use crate::http::charsets::CharsetId;
use crate::http::filters::{BodyFilters, HeadFilters};
use crate::http::settings::charset::Charset;
use crate::proto::gzip::{Flush, Step};
use crate::proto::{Method, Name};
use crate::serve::log::{self, Level};
use crate::serve::{downstream, eval};
use crate::worker::*;

use super::coder::{Coding, body_filter};
use super::headers;

/// A charset by its name, and its place in the configuration if that names it.
struct Named {
    name: Vec<u8>,
    id: Option<CharsetId>,
}

pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    decide(w, id);
    let request = &mut w.requests[id].it;
    if request.filters.has(BodyFilters::POSTPONE) && !downstream::is_subrequest(request) {
        let said = charset_of(&request.response.content_type).unwrap_or_default().to_vec();
        request.ctx().charset.name = said;
    }
    Filtered::Next
}

fn decide(w: &mut Worker, id: RequestId) {
    let is_subrequest = downstream::is_subrequest(&w.requests[id]);
    let to = match is_subrequest {
        true => of_main(w, id),
        false => destination(w, id),
    };
    let Some(to) = to else { return };
    let Some(from) = source(w, id) else {
        return set(w, id, &to.name, false);
    };
    let (Some(from_id), Some(to_id)) = (from.id, to.id) else {
        match from.name.eq_ignore_ascii_case(&to.name) && from.id == to.id {
            true => set(w, id, &to.name, false),
            false => no_map(w, id, &from, &to),
        }
        return;
    };
    if from_id == to_id {
        return set(w, id, &to.name, true);
    }
    let response = &w.requests[id].response;
    if response.fields.get(Name::ContentEncoding).is_some_and(|coding| !coding.is_empty()) {
        return;
    }
    let Some(recode) = w.conf.http.charsets.recode(from_id, to_id) else {
        return no_map(w, id, &from, &to);
    };
    set(w, id, &to.name, true);
    let r = &mut w.requests[id].it;
    r.ctx().charset.recode = Some((from_id, to_id));
    if !recode.keeps_length() && !is_subrequest {
        r.response.content_length = None;
        r.response.filters.remove(HeadFilters::RANGE);
        headers::remove(&mut r.response.fields, b"Accept-Ranges");
    }
    if r.method != Method::Head && r.response.status != 101 {
        r.filters.insert(BodyFilters::CHARSET);
    }
}

/// The charset that the response is to be in; none: that is not decided here.
fn destination(w: &mut Worker, id: RequestId) -> Option<Named> {
    let settings = &w.location_of(id).charset;
    let response = &mut w.requests[id].response;
    let forced = response.rare.if_any().and_then(|rare| rare.charset.take());
    if response.content_type.is_empty() {
        return None;
    }
    if let Some(name) = forced {
        let named = of_name(w, &name);
        if named.id.is_none() {
            let name = String::from_utf8_lossy(&name);
            let text = format_args!("unknown charset \"{name}\" to override");
            log::error(w, id, Level::Error, text);
        }
        return Some(named).filter(|it| it.id.is_some());
    }
    let is_due = match charset_of(&response.content_type) {
        Some(said) if !said.is_empty() => settings.override_charset,
        _ => settings.types.contain(&response.content_type),
    };
    if is_due { of_setting(w, id, &settings.to) } else { None }
}

/// The charset of the body that a subrequest's goes into.
fn of_main(w: &Worker, id: RequestId) -> Option<Named> {
    let main = w.requests.get(downstream::main(w, id))?;
    let name = &main.rare.ctx.as_ref()?.charset.name;
    (!name.is_empty()).then(|| of_name(w, name))
}

/// The charset that the response comes in, if that is known.
fn source(w: &mut Worker, id: RequestId) -> Option<Named> {
    match charset_of(&w.requests[id].response.content_type) {
        Some(said) if !said.is_empty() => Some(of_name(w, said)),
        _ => of_setting(w, id, &w.location_of(id).charset.from),
    }
}

fn of_setting(w: &mut Worker, id: RequestId, setting: &'static Charset) -> Option<Named> {
    match setting {
        Charset::Off => None,
        Charset::Named(charset) => Some(of_conf(w, *charset)),
        Charset::Variable(template) => {
            let mut name = Vec::new();
            eval::template(w, id, template, &mut name);
            (!name.is_empty()).then(|| of_name(w, &name))
        }
    }
}

fn of_conf(w: &Worker, charset: CharsetId) -> Named {
    Named { name: w.conf.http.charsets.name(charset).to_vec(), id: Some(charset) }
}

fn of_name(w: &Worker, name: &[u8]) -> Named {
    Named { name: name.to_vec(), id: w.conf.http.charsets.find(name) }
}

fn no_map(w: &Worker, id: RequestId, from: &Named, to: &Named) {
    let [from, to] = [from, to].map(|it| String::from_utf8_lossy(&it.name));
    let text = format_args!("no \"charset_map\" between the charsets \"{from}\" and \"{to}\"");
    log::error(w, id, Level::Error, text);
}

/// The type says this charset; in place of another if it `replaces` that. The page of a redirect says none, so that
/// old browsers do not take it for that of the next.
fn set(w: &mut Worker, id: RequestId, charset: &[u8], replaces: bool) {
    let request = &mut w.requests[id].it;
    if downstream::is_subrequest(request) {
        return;
    }
    let response = &mut request.response;
    if let Some(at) = parameter(&response.content_type) {
        if !replaces {
            return;
        }
        response.content_type.truncate(at);
    }
    if !matches!(response.status, 301 | 302) {
        response.content_type.extend_from_slice(b"; charset=");
        response.content_type.extend(charset.iter().filter(|byte| !byte.is_ascii_control()));
    }
}

const NAME: &[u8] = b"charset=";

/// Where in a type the parameter with the charset begins, with the semicolon before it.
fn parameter(content_type: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b';', content_type).find(|at| {
        let rest = content_type[at + 1..].trim_ascii_start();
        rest.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME))
    })
}

/// What a type says of its charset.
pub(super) fn charset_of(content_type: &[u8]) -> Option<&[u8]> {
    let rest = content_type[parameter(content_type)? + 1..].trim_ascii_start();
    let value = rest[NAME.len()..].split(|byte| *byte == b';').next()?.trim_ascii_end();
    let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    Some(quoted.unwrap_or(value))
}

pub(super) const BODY: BodyFilter = body_filter!();

static CODING: Coding = Coding::new(BodyFilters::CHARSET, |ctx| &mut ctx.charset.held, step);

fn step(
    w: &mut Worker,
    id: RequestId,
    input: &[u8],
    due: Flush,
    _: &mut usize,
    out: &mut [u8],
) -> Option<Step> {
    let charset = &mut w.requests[id].it.ctx().charset;
    let (from, to) = charset.recode?;
    let recode = w.conf.http.charsets.recode(from, to)?;
    let it = recode.step(&mut charset.begun, input, due == Flush::Finish, out);
    Some(Step { consumed: it.consumed, written: it.written, more: it.more })
}

#[cfg(test)]
mod tests {
    #[test]
    fn charsets_are_found() {
        for (content_type, charset) in [
            ("text/html", None),
            ("text/html; charset=utf-8", Some("utf-8")),
            ("text/html;CharSet=\"utf-8\" ; x=y", Some("utf-8")),
            ("text/html; x=y; charset=", Some("")),
            ("charset=utf-8", None),
            ("text/html; xcharset=utf-8;;char", None),
        ] {
            let found = super::charset_of(content_type.as_bytes());
            assert_eq!(found, charset.map(str::as_bytes), "{content_type}");
        }
    }
}
