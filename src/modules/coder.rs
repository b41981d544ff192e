//! A body that becomes another on its way: what brotli, gzip, gunzip, charset, `sub_filter` and `ssi` have in common.
//!
//! Input is dealt with as it comes. What is left when the client does not take what came of it, or when this request
//! has had its turn, is [`Held`]: a copy of bytes, or the rest of a file. Of the output [`waiting`] bytes wait at most.

use std::os::unix::fs::FileExt;

use crate::http::ctx::{Ctx, Held};
use crate::http::filters::{BodyFilters, FileBody, Passed, Piece};
use crate::http::settings::gzip::Gzip;
use crate::proto::gzip::{Flush, Step};
use crate::serve::log::{self, Level};
use crate::serve::{delay, filter, respond};
use crate::worker::*;

/// How one of them works: the module's `CODING`.
pub(super) struct Coding {
    pub filter: BodyFilters,
    pub held: fn(&mut Ctx) -> &mut Held,
    /// Makes one step with the worker's memory. None: the input is broken, and the log says how.
    pub step: MakeStep,
    /// All of it has been dealt with, as the argument says: what the worker has lent may go back.
    pub done: fn(&mut Worker, RequestId, Flush) -> bool,
    /// Asked behind each step.
    pub pace: fn(&Worker, RequestId) -> Pace,
}

/// Whether a body goes on with the next step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pace {
    /// If the next filter does not hold what it was given.
    Usual,
    /// Whatever the next filter holds.
    GoOn,
    /// Later.
    Stop,
}

/// The filter that works as the module's `CODING` says.
macro_rules! body_filter {
    () => {
        BodyFilter {
            write: |w, id, piece, last, next| CODING.write(w, id, piece, last, next),
            resume: |w, id, next| CODING.resume(w, id, next),
        }
    };
}
pub(super) use body_filter;

/// It may take more of the turn, which is in bytes, than the bytes that it deals with.
type MakeStep = fn(&mut Worker, RequestId, &[u8], Flush, &mut usize, &mut [u8]) -> Option<Step>;

/// Bytes of output, and twice the bytes of input, after which a request has had its turn: then the event loop looks for
/// new events.
const TURN: usize = 64 << 10;
/// Less room than this would make small writes.
const LEAST: usize = 4096;
/// Bytes that `brotli`, `sub_filter` and `ssi` give to the next filter at once.
const PLAIN: usize = 64 << 10;
/// Bytes of a file that are read at once: those of one turn.
const CHUNK: usize = TURN / 2;

/// Bytes of a coded body that wait for the client, at most, beside what frames them; none: the body is not coded.
///
/// One call of the next filter is given no more than `gzip_buffers`, `gunzip_buffers` or `PLAIN`, and none follows it
/// until the client has taken that, but for the flush behind it: twice as much.
pub fn waiting(w: &Worker, id: RequestId) -> Option<usize> {
    Some(2 * room(&w.location_of(id).gzip, w.requests[id].filters)?)
}

/// Bytes that the one of `filters` that codes gives to the next filter at once, at most.
fn room(settings: &Gzip, filters: BodyFilters) -> Option<usize> {
    let buffers = match filters {
        filters if filters.has(BodyFilters::BROTLI) => return Some(PLAIN),
        filters if filters.has(BodyFilters::GZIP) => settings.buffers,
        filters if filters.has(BodyFilters::SSI.and(BodyFilters::SUB)) => return Some(PLAIN),
        filters if filters.has(BodyFilters::GUNZIP) => settings.gunzip_buffers,
        _ => return None,
    };
    Some(buffers.total().clamp(LEAST, SCRATCH))
}

impl Coding {
    /// One that borrows nothing and goes at the usual pace.
    pub const fn new(filter: BodyFilters, held: fn(&mut Ctx) -> &mut Held, step: MakeStep) -> Self {
        Self { filter, held, step, done: |_, _, _| true, pace: |_, _| Pace::Usual }
    }

    /// A filter's `write`.
    pub fn write(
        &self,
        w: &mut Worker,
        id: RequestId,
        piece: Piece<'_>,
        last: bool,
        next: Next,
    ) -> Passed {
        let due = match piece {
            _ if last => Flush::Finish,
            Piece::Flush => Flush::Sync,
            Piece::Bytes(_) | Piece::File(_) => Flush::None,
        };
        if w.requests[id].held.has(self.filter) {
            // The maker of the response gives no more of it, and may say that it has no more now.
            let is_flush = matches!(piece, Piece::Flush) && !last;
            debug_assert!(is_flush, "a piece behind what is held");
            if !is_flush {
                // Better no end than one with a piece missing.
                cut_short(w, id);
                return Passed::Over;
            }
            self.hold(w, id, &[], due);
            return Passed::Blocked;
        }
        match piece {
            Piece::Bytes(data) => {
                let mut turn = TURN;
                let it = self.run(w, id, data, due, &mut turn, next);
                if let Some(rest) = it.rest {
                    self.hold(w, id, &data[rest..], due);
                }
                it.sent
            }
            Piece::Flush => {
                let mut turn = TURN;
                let it = self.run(w, id, &[], due, &mut turn, next);
                match it.rest {
                    Some(_) => self.hold(w, id, &[], due),
                    None if it.sent.is_over() => {}
                    None => return filter::next(w, id, next, Piece::Flush, last),
                }
                it.sent
            }
            Piece::File(body) => {
                self.hold(w, id, &[], due);
                (self.held)(w.requests[id].ctx()).file = Some(body);
                self.resume(w, id, next)
            }
        }
    }

    fn hold(&self, w: &mut Worker, id: RequestId, data: &[u8], due: Flush) {
        let request = &mut w.requests[id];
        request.held.insert(self.filter);
        let held = (self.held)(request.ctx());
        held.bytes.extend_from_slice(data);
        held.flush = held.flush.max(due);
    }

    /// A filter's `resume`.
    pub fn resume(&self, w: &mut Worker, id: RequestId, next: Next) -> Passed {
        let mut turn = TURN;
        loop {
            let held = (self.held)(w.requests[id].ctx());
            let is_file = held.done == held.bytes.len() && held.file.is_some();
            let it = match is_file {
                true => self.resume_file(w, id, &mut turn, next),
                false => self.resume_bytes(w, id, &mut turn, next),
            };
            if it.sent.is_over() || it.rest.is_some() {
                return it.sent;
            }
            let request = &mut w.requests[id];
            let held = (self.held)(request.ctx());
            if held.file.is_none() {
                let is_flush = held.flush == Flush::Sync;
                held.clear();
                request.held.remove(self.filter);
                return match is_flush {
                    true => filter::next(w, id, next, Piece::Flush, false),
                    false => it.sent,
                };
            }
            if it.sent == Passed::Blocked {
                return it.sent;
            }
            if turn == 0 {
                delay::next_long_step(w, id);
                return Passed::Blocked;
            }
        }
    }

    fn resume_bytes(&self, w: &mut Worker, id: RequestId, turn: &mut usize, next: Next) -> Run {
        let held = (self.held)(w.requests[id].ctx());
        let (bytes, done) = (std::mem::take(&mut held.bytes), held.done);
        // What is due is due behind the file.
        let due = if held.file.is_some() { Flush::None } else { held.flush };
        let it = self.run(w, id, &bytes[done..], due, turn, next);
        if !it.sent.is_over() {
            let held = (self.held)(w.requests[id].ctx());
            held.done = it.rest.map_or(bytes.len(), |rest| done + rest);
            held.bytes = bytes;
        }
        it
    }

    fn resume_file(&self, w: &mut Worker, id: RequestId, turn: &mut usize, next: Next) -> Run {
        let mut buffer = w.buffers.take();
        let it = match self.read_file(w, id, &mut buffer) {
            None => Run { sent: Passed::Over, rest: None },
            Some(len) => {
                let held = (self.held)(w.requests[id].ctx());
                let due = if held.file.is_some() { Flush::None } else { held.flush };
                let it = self.run(w, id, &buffer[..len], due, turn, next);
                if let Some(rest) = it.rest {
                    let held = (self.held)(w.requests[id].ctx());
                    held.bytes.clear();
                    held.bytes.extend_from_slice(&buffer[rest..len]);
                    held.done = 0;
                }
                it
            }
        };
        w.buffers.give(buffer);
        it
    }
}

/// What a server has sent is broken, or a file is.
fn cut_short(w: &mut Worker, id: RequestId) {
    let status = if w.requests[id].tries.is_empty() { 500 } else { 502 };
    respond::cut_short(w, id, status);
}

/// What became of some input.
struct Run {
    sent: Passed,
    /// Not all of it could be dealt with: the rest begins here, and may be empty.
    rest: Option<usize>,
}

impl Coding {
    fn run(
        &self,
        w: &mut Worker,
        id: RequestId,
        input: &[u8],
        due: Flush,
        turn: &mut usize,
        next: Next,
    ) -> Run {
        let mut out = w.buffers.take();
        let room = room(&w.location_of(id).gzip, self.filter).unwrap_or(SCRATCH);
        let it = self.run_with(w, id, input, due, turn, next, &mut out[..room]);
        w.buffers.give(out);
        it
    }

    fn run_with(
        &self,
        w: &mut Worker,
        id: RequestId,
        input: &[u8],
        due: Flush,
        turn: &mut usize,
        next: Next,
        out: &mut [u8],
    ) -> Run {
        let (mut at, mut sent) = (0, Passed::All);
        loop {
            let Some(step) = (self.step)(w, id, &input[at..], due, turn, out) else {
                cut_short(w, id);
                return Run { sent: Passed::Over, rest: None };
            };
            at += step.consumed;
            *turn = turn.saturating_sub(2 * step.consumed + step.written);
            let is_done = !step.more && at == input.len();
            if is_done && !(self.done)(w, id, due) {
                cut_short(w, id);
                return Run { sent: Passed::Over, rest: None };
            }
            let last = is_done && due == Flush::Finish;
            if step.written > 0 || last {
                sent = filter::next(w, id, next, Piece::Bytes(&out[..step.written]), last);
            }
            if is_done || sent.is_over() {
                return Run { sent, rest: None };
            }
            let pace = (self.pace)(w, id);
            if pace == Pace::Stop || pace == Pace::Usual && sent == Passed::Blocked {
                return Run { sent: Passed::Blocked, rest: Some(at) };
            }
            if *turn == 0 {
                delay::next_long_step(w, id);
                return Run { sent: Passed::Blocked, rest: Some(at) };
            }
        }
    }

    /// The next bytes of the file that is held. None: it became shorter than its length was found to be.
    fn read_file(&self, w: &mut Worker, id: RequestId, out: &mut [u8]) -> Option<usize> {
        let held = (self.held)(w.requests[id].ctx());
        let FileBody { file, offset, left } = held.file.as_mut()?;
        let len = usize::try_from(*left).unwrap_or(usize::MAX).min(CHUNK);
        match file.read_exact_at(&mut out[..len], *offset) {
            Ok(()) => {
                *offset += len as u64;
                *left -= len as u64;
                if *left == 0 {
                    held.file = None;
                }
                Some(len)
            }
            Err(e) => {
                log::error(w, id, Level::Alert, format_args!("pread() failed ({e})"));
                respond::cut_short(w, id, 500);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::settings::server::Buffers;

    #[test]
    fn the_room_is_that_of_the_buffers() {
        let mut settings = Gzip::default();
        assert_eq!(room(&settings, BodyFilters::GZIP), Some(128 << 10));
        settings.buffers = Buffers { number: 4, size: 8192 };
        settings.gunzip_buffers = Buffers { number: 1, size: 1 };
        assert_eq!(room(&settings, BodyFilters::GZIP.and(BodyFilters::SPOOL)), Some(32 << 10));
        assert_eq!(room(&settings, BodyFilters::GUNZIP), Some(LEAST));
        settings.buffers.number = u32::MAX;
        assert_eq!(room(&settings, BodyFilters::GZIP), Some(SCRATCH));
        assert_eq!(room(&settings, BodyFilters::SUB.and(BodyFilters::GUNZIP)), Some(PLAIN));
        assert_eq!(room(&settings, BodyFilters::SPOOL), None);
    }
}
