//! `sub_filter`: strings of a body are replaced by others.

use crate::base::strings::Strings;
use crate::http::ctx::OwnStrings;
use crate::http::filters::BodyFilters;
use crate::http::settings::sub::Pairs;
use crate::http::vars::Template;
use crate::proto::gzip::{Flush, Step};
use crate::proto::substitute::Rules;
use crate::serve::eval;
use crate::serve::log::{self, Level};
use crate::worker::*;

use super::coder::{Coding, body_filter};
use super::gzip;

pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    let settings = &w.location_of(id).sub;
    let response = &w.requests[id].response;
    let is_fit =
        response.content_length != Some(0) && settings.types.contain(&response.content_type);
    if !is_fit || settings.pairs.strings().is_none() && !evaluate(w, id, &settings.pairs) {
        return Filtered::Next;
    }
    gzip::remake(w, id, BodyFilters::SUB, settings.last_modified);
    Filtered::Next
}

/// The strings are what their variables come to now. False: none is left.
fn evaluate(w: &mut Worker, id: RequestId, pairs: &Pairs) -> bool {
    let (mut list, mut lines) = (Vec::new(), Vec::new());
    for (line, pair) in pairs.list.iter().enumerate() {
        let string = text(w, id, &pair.string);
        if !string.is_empty() {
            list.push(string);
            lines.push(line);
        }
    }
    if list.is_empty() {
        return false;
    }
    let Some(strings) = Strings::for_one_text(list) else {
        let text = format_args!("the strings of \"sub_filter\" are too long");
        log::error(w, id, Level::Error, text);
        return false;
    };
    w.requests[id].ctx().sub.strings = Some(Box::new(OwnStrings { strings, lines }));
    true
}

fn text(w: &mut Worker, id: RequestId, template: &Template) -> Box<[u8]> {
    let mut out = w.buffers.line();
    eval::template(w, id, template, &mut out);
    let text = out.as_slice().into();
    w.buffers.give_line(out);
    text
}

pub(super) const BODY: BodyFilter = body_filter!();

static CODING: Coding = Coding::new(BodyFilters::SUB, |ctx| &mut ctx.sub.held, step);

fn step(
    w: &mut Worker,
    id: RequestId,
    input: &[u8],
    due: Flush,
    _: &mut usize,
    out: &mut [u8],
) -> Option<Step> {
    let settings = &w.location_of(id).sub;
    // What is evaluated on the way may be about the same request.
    let sub = &mut w.requests[id].ctx().sub;
    let (mut stream, own) = (std::mem::take(&mut sub.stream), sub.strings.take());
    let strings = match &own {
        Some(own) => &own.strings,
        None => settings.pairs.strings()?,
    };
    let rules = Rules { strings, once: settings.once };
    let step = stream.step(rules, input, due, out, |index| {
        let line = own.as_ref().map_or(index, |own| own.lines[index]);
        text(w, id, &settings.pairs.list[line].by)
    });
    let sub = &mut w.requests[id].ctx().sub;
    (sub.stream, sub.strings) = (stream, own);
    Some(step)
}
