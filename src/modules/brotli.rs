//! `brotli`: bodies are coded by brotli for clients that take it, as ngx_brotli does.

use crate::http::filters::BodyFilters;
use crate::proto::brotli::{Encoder, Quality, Stream};
use crate::proto::gzip::{Flush, Step};
use crate::proto::{Coding as Named, Method};
use crate::serve::log::{self, Level};
use crate::worker::*;

use super::coder::{Coding, body_filter};
use super::gzip::{self, accepts};

pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    let settings = &w.location_of(id).brotli;
    let r = &w.requests[id];
    if !gzip::is_fit(&r.response, &settings.types, settings.min_length) {
        return Filtered::Next;
    }
    gzip::vary(w, id);
    if !accepts::brotli(w, id) {
        return Filtered::Next;
    }
    let r = &w.requests[id];
    let is_second = accepts::named(r).prefers_gzip();
    if is_second && gzip::is_wanted(w, id) && accepts::gzip(w, id) {
        return Filtered::Next;
    }
    let r = &mut w.requests[id];
    if r.method != Method::Head {
        let length = r.response.content_length;
        let quality = Quality::new(settings.comp_level, settings.window, length);
        r.ctx().brotli.stream = Stream::new(quality);
    }
    gzip::encode(w, id, Named::Brotli, BodyFilters::BROTLI);
    Filtered::Next
}

pub(super) const BODY: BodyFilter = body_filter!();

static CODING: Coding =
    Coding { done, ..Coding::new(BodyFilters::BROTLI, |ctx| &mut ctx.brotli.held, step) };

/// One piece is a turn. Where other bodies have the memory for encoders, each piece has one of its own.
fn step(
    w: &mut Worker,
    id: RequestId,
    input: &[u8],
    due: Flush,
    turn: &mut usize,
    out: &mut [u8],
) -> Option<Step> {
    let Worker { requests, coders, .. } = w;
    let brotli = &mut requests[id].it.ctx().brotli;
    if input.is_empty() && due < Flush::Finish && brotli.stream.is_flushed() {
        return Some(Step::NOTHING);
    }
    if brotli.memory.is_none() {
        brotli.memory = coders.encoder(&brotli.stream);
    }
    let step = match &mut brotli.memory {
        Some(encoder) => brotli.stream.step(encoder, input, due, out),
        None => {
            let mut encoder = Encoder::of_piece(&brotli.stream);
            brotli.stream.step(&mut encoder, input, due.max(Flush::Sync), out)
        }
    };
    match &step {
        Some(step) if step.written > 0 => *turn = 0,
        Some(_) => {}
        None => log::error(w, id, Level::Alert, format_args!("brotli failed")),
    }
    step
}

/// The memory goes back at the end.
fn done(w: &mut Worker, id: RequestId, due: Flush) -> bool {
    let Worker { requests, coders, .. } = w;
    let brotli = &mut requests[id].it.ctx().brotli;
    if let Some(memory) = brotli.memory.take_if(|_| due == Flush::Finish) {
        coders.give_encoder(memory);
    }
    true
}
