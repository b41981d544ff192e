//! `gunzip`: bodies that come compressed are decompressed for clients that do not take gzip.

use crate::http::filters::BodyFilters;
use crate::proto::Name;
use crate::proto::gzip::{Flush, Step};
use crate::serve::log::{self, Level};
use crate::worker::*;

use super::coder::{Coding, body_filter};
use super::gzip::{self, accepts};
use super::headers;

pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    let coding = w.requests[id].response.fields.get(Name::ContentEncoding);
    if !coding.is_some_and(|coding| coding.eq_ignore_ascii_case(b"gzip")) {
        return Filtered::Next;
    }
    gzip::vary(w, id);
    if !accepts::gzip(w, id) {
        headers::remove(&mut w.requests[id].response.fields, b"Content-Encoding");
        gzip::recode(w, id, BodyFilters::GUNZIP);
    }
    Filtered::Next
}

pub(super) const BODY: BodyFilter = body_filter!();

static CODING: Coding =
    Coding { done, ..Coding::new(BodyFilters::GUNZIP, |ctx| &mut ctx.gunzip.held, step) };

fn step(
    w: &mut Worker,
    id: RequestId,
    input: &[u8],
    _: Flush,
    _: &mut usize,
    out: &mut [u8],
) -> Option<Step> {
    let Worker { requests, coders, .. } = w;
    let gunzip = &mut requests[id].it.ctx().gunzip;
    let memory = gunzip.memory.get_or_insert_with(|| coders.decompressor());
    match gunzip.stream.step(memory, input, out) {
        Ok(step) => Some(step),
        Err(invalid) => {
            log::error(w, id, Level::Error, format_args!("inflate() failed: {invalid}"));
            None
        }
    }
}

fn done(w: &mut Worker, id: RequestId, due: Flush) -> bool {
    if due < Flush::Finish {
        return true;
    }
    let Worker { requests, coders, .. } = w;
    let gunzip = &mut requests[id].it.ctx().gunzip;
    if let Some(memory) = gunzip.memory.take() {
        coders.give_decompressor(memory);
    }
    let is_whole = gunzip.stream.is_whole();
    if !is_whole {
        // nginx's words: zlib misses the rest of the input.
        log::error(w, id, Level::Error, format_args!("inflate() returned -5 on response end"));
    }
    is_whole
}
