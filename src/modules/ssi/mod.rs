//! `ssi`: the commands in a body are obeyed.
//!
//! What stands before an `include` is passed on first; then the subrequest is put in its place, and the body goes on
//! behind it, so that the subrequests of one piece of a body run side by side. Variables and blocks are those of the
//! main request ([`SsiShared`]).

mod commands;
mod expand;

use crate::http::ctx::Ctx;
use crate::http::filters::BodyFilters;
use crate::http::request::Outcome;
use crate::http::ssi::{Ssi, SsiShared};
use crate::proto::gzip::{Flush, Step};
use crate::proto::ssi::{Event, Parser};
use crate::serve::log::{self, Level};
use crate::serve::{downstream, subrequest};
use crate::worker::*;

use super::coder::{Coding, Pace, body_filter};
use super::gzip;

/// Parts of one body that wait for subrequests, from which on it does not go on.
const PARTS: usize = 32;

/// What a command takes of the turn of a request, in bytes.
const COMMAND: usize = 512;

pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    let settings = &w.location_of(id).ssi;
    let response = &w.requests[id].response;
    if response.content_length != Some(0) && settings.types.contain(&response.content_type) {
        let filters = BodyFilters::SSI.and(BodyFilters::POSTPONE);
        gzip::remake(w, id, filters, settings.last_modified);
    }
    Filtered::Next
}

pub(super) const BODY: BodyFilter = body_filter!();

static CODING: Coding =
    Coding { pace, ..Coding::new(BodyFilters::SSI, |ctx| &mut ctx.ssi_held, step) };

fn ctx(w: &mut Worker, id: RequestId) -> &mut Ctx {
    w.requests[id].ctx()
}

fn ssi(w: &mut Worker, id: RequestId) -> &mut Ssi {
    &mut ctx(w, id).ssi
}

fn shared(w: &mut Worker, id: RequestId) -> &mut SsiShared {
    let main = downstream::main(w, id);
    ctx(w, main).ssi_shared.get_or_insert_default()
}

fn pace(w: &Worker, id: RequestId) -> Pace {
    let request = &w.requests[id];
    let Some(ctx) = &request.rare.ctx else { return Pace::Usual };
    let has_room = ctx.postponed.queue.len() < PARTS;
    match request.held.has(BodyFilters::POSTPONE) {
        _ if ctx.ssi.waits.is_some() => Pace::Stop,
        true if has_room => Pace::GoOn,
        true => Pace::Stop,
        false => Pace::Usual,
    }
}

fn step(
    w: &mut Worker,
    id: RequestId,
    input: &[u8],
    due: Flush,
    turn: &mut usize,
    out: &mut [u8],
) -> Option<Step> {
    // What is evaluated on the way does not ask the parser.
    let parser = std::mem::take(&mut ssi(w, id).parser);
    let mut run = Run { parser, input, at: 0, out, written: 0 };
    let more = run.go(w, id, due, turn);
    let step = Step { consumed: run.at, written: run.written, more };
    ssi(w, id).parser = run.parser;
    Some(step)
}

/// One step.
struct Run<'a> {
    parser: Parser,
    input: &'a [u8],
    /// Bytes of `input` that were read.
    at: usize,
    out: &'a mut [u8],
    written: usize,
}

impl Run<'_> {
    /// True: there is more to do.
    fn go(&mut self, w: &mut Worker, id: RequestId, due: Flush, turn: &mut usize) -> bool {
        let longest = w.location_of(id).ssi.value_length;
        loop {
            if !self.drain(ssi(w, id)) || !settle(w, id) || *turn == 0 {
                return true;
            }
            if ssi(w, id).is_due {
                if self.written > 0 {
                    return true;
                }
                ssi(w, id).is_due = false;
                self.obey(w, id, turn);
                continue;
            }
            let mut rest = &self.input[self.at..];
            let event = self.parser.next(&mut rest, longest);
            self.at = self.input.len() - rest.len();
            match event {
                Event::Text(text) => self.text(w, id, text),
                Event::Opening(text) => add(w, id, text),
                Event::Command if self.parser.command == b"include" => ssi(w, id).is_due = true,
                Event::Command => self.obey(w, id, turn),
                Event::Mistake(text) => log::error(w, id, Level::Error, format_args!("{text}")),
                Event::Broken => commands::say_error(w, id),
                Event::Nothing if due == Flush::Finish => match self.parser.finish() {
                    b"" => return false,
                    text => add(w, id, text),
                },
                Event::Nothing => return false,
            }
        }
    }

    fn obey(&self, w: &mut Worker, id: RequestId, turn: &mut usize) {
        *turn = turn.saturating_sub(COMMAND);
        if let Err(commands::Failed) = commands::obey(w, id, &self.parser, turn) {
            commands::say_error(w, id);
        }
    }

    /// What was written by commands comes first. False: there is no room for all of it.
    fn drain(&mut self, ssi: &mut Ssi) -> bool {
        let rest = &ssi.output[ssi.passed..];
        let len = rest.len().min(self.out.len() - self.written);
        self.out[self.written..self.written + len].copy_from_slice(&rest[..len]);
        self.written += len;
        ssi.passed += len;
        let is_done = ssi.passed == ssi.output.len();
        if is_done {
            ssi.output.clear();
            ssi.passed = 0;
        }
        is_done
    }

    /// A part of the input. What there is no room for is read again.
    fn text(&mut self, w: &mut Worker, id: RequestId, text: &[u8]) {
        if ssi(w, id).is_hidden {
            return add(w, id, text);
        }
        let room = &mut self.out[self.written..];
        let len = text.len().min(room.len());
        room[..len].copy_from_slice(&text[..len]);
        self.written += len;
        self.at -= text.len() - len;
        if len < text.len() {
            // The step ends here.
            ssi(w, id).output.push(text[len]);
            self.at += 1;
        }
    }
}

/// Writes some text, or adds it to a block, or leaves it out.
fn add(w: &mut Worker, id: RequestId, text: &[u8]) {
    let ssi = ssi(w, id);
    if !ssi.is_hidden {
        return ssi.output.extend_from_slice(text);
    }
    if ssi.is_block && !shared(w, id).add_to_block(text) {
        let text = format_args!("too long \"block\" SSI command");
        log::error(w, id, Level::Error, text);
        self::ssi(w, id).is_block = false;
    }
}

/// Whether no subrequest is waited for any more. One that was to become a variable has become one.
fn settle(w: &mut Worker, id: RequestId) -> bool {
    let Some(waits) = &ssi(w, id).waits else { return true };
    let child = waits.child;
    if w.requests.get(child).is_some_and(|it| it.outcome.is_none()) {
        return false;
    }
    let Some(waits) = ssi(w, id).waits.take() else { return true };
    let Some(name) = waits.set else { return true };
    if let Some(request) = w.requests.get_mut(child) {
        let is_fine = request.outcome == Some(Outcome::Done) && request.response.status < 300;
        let body = std::mem::take(&mut request.ctx().body);
        subrequest::free(w, child);
        if is_fine && !shared(w, id).set(&name, &body) {
            commands::no_room(w, id, &name);
        }
    }
    true
}
