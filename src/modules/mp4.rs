//! `mp4`: a part of a video, from one time to another, that plays by itself.
//!
//! [`Cutter`] reads the file, some bytes at a time, and makes the new head; the samples are sent from the file.

use std::os::unix::fs::{FileExt, MetadataExt};

use crate::http::conf::{Conf, Content};
use crate::http::filters::{FileBody, HeadFilters};
use crate::http::place::STEP;
use crate::http::uri;
use crate::http::video::Video;
use crate::os::Errno;
use crate::proto::mp4::{Ask, Cutter, Part, Step};
use crate::serve::eval::path;
use crate::serve::log::{self, Level};
use crate::serve::{abort, delay, respond};
use crate::worker::*;

use super::files;

pub static MODULE: Module = Module { name: "mp4", phases: &[(Phase::Content, serve)] };

pub(super) fn is_used(conf: &Conf) -> bool {
    conf.http.locations.iter().any(|it| it.content == Content::Mp4)
}

/// What one turn may cost; the event loop gives a request up to sixteen turns before it looks for new events.
const TURN: usize = 16;

/// What a piece of the file costs, or a step that reads nothing; the header of a box, and the end, cost 1.
const DEAR: usize = 8;

fn serve(w: &mut Worker, id: RequestId) -> Flow {
    if w.location_of(id).content != Content::Mp4 {
        return Flow::Next;
    }
    let mut video = match files::video(w, id) {
        Ok(video) => video,
        Err(flow) => return flow,
    };
    let settings = &w.location_of(id).mp4;
    let Some((start, length)) = times(&w.requests[id].args) else {
        send_whole(w, id, &video);
        return Flow::Answered;
    };
    let ask = Ask {
        start,
        length,
        key_frame: settings.start_key_frame,
        max_moov: settings.max_buffer_size as u64,
        piece: settings.buffer_size.clamp(4 << 10, STEP) as u64,
    };
    video.cutter = Some(Cutter::new(ask, video.metadata.len()));
    let request = &mut w.requests[id];
    request.it.rare.get_or_insert().video = Some(Box::new(video));
    request.write = cut;
    abort::await_end(w, id);
    cut(w, id);
    Flow::Answered
}

/// `start`, and how long it is from there to `end` (0: to the end of the video), in ms. None: neither is there.
fn times(args: &[u8]) -> Option<(u64, u64)> {
    let time = |name| uri::arg(args, name).and_then(milliseconds);
    match (time(b"start"), time(b"end").filter(|&end| end > 0)) {
        (None, None) => None,
        (Some(start), None) => Some((start, 0)),
        (start, Some(end)) => {
            let start = start.unwrap_or(0);
            Some((start, end.saturating_sub(start)))
        }
    }
}

/// Seconds with a fraction, of which the digits behind the third do not count.
fn milliseconds(text: &[u8]) -> Option<u64> {
    let (whole, fraction) = match text.iter().position(|&byte| byte == b'.') {
        Some(dot) => (&text[..dot], &text[dot + 1..]),
        None => (text, &b""[..]),
    };
    if text.is_empty() || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return None;
    }
    let thousandths = fraction.iter().copied().chain(*b"000").take(3);
    let value = whole.iter().copied().chain(thousandths).try_fold(0_i64, |value, digit| {
        value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))
    });
    u64::try_from(value?).ok()
}

/// The write handler until the part is there.
fn cut(w: &mut Worker, id: RequestId) {
    let mut buffer = w.buffers.take();
    let mut cost = 0;
    let mut end = None;
    while cost < TURN && end.is_none() {
        let Some(request) = w.requests.get_mut(id).filter(|it| it.outcome.is_none()) else { break };
        let Some(video) = &mut request.it.rare.get_or_insert().video else { break };
        cost += step(video, &mut buffer, &mut end);
    }
    w.buffers.give(buffer);
    let Some(end) = end else { return delay::next_step(w, id) };
    let request = &mut w.requests[id];
    request.write = rest;
    let Some(video) = request.it.rare.get_or_insert().video.take() else { return };
    match end {
        Ok(Some(part)) => send(w, id, &video, &part),
        Ok(None) => send_whole(w, id, &video),
        Err(text) => {
            log::error(w, id, Level::Error, format_args!("{text}"));
            respond::error(w, id, 500);
        }
    }
}

/// What comes of it: a part, or the whole file; or words for the log.
type End = Result<Option<Part>, String>;

/// Goes one step on. Returns what it has cost.
fn step(video: &mut Video, buffer: &mut [u8], end: &mut Option<End>) -> usize {
    let Some(cutter) = &mut video.cutter else { return 1 };
    let path = path::of(&video.path);
    match cutter.step() {
        Ok(Step::Read(range)) => {
            let len = (range.end - range.start) as usize;
            match video.file.read_exact_at(&mut buffer[..len], range.start) {
                Ok(()) => cutter.read(&buffer[..len]),
                Err(e) => {
                    let (path, e) = (path.display(), Errno::from(e));
                    *end = Some(Err(format!("read() \"{path}\" failed ({e})")));
                }
            }
            return if len > 16 { DEAR } else { 1 };
        }
        Ok(Step::More) => return DEAR,
        Ok(Step::Whole) => *end = Some(Ok(None)),
        Ok(Step::Cut(part)) => *end = Some(Ok(Some(part))),
        Err(wrong) => *end = Some(Err(wrong.of(path).to_string())),
    }
    1
}

fn send_whole(w: &mut Worker, id: RequestId, video: &Video) {
    let request = &mut w.requests[id];
    request.action = "sending mp4 to client";
    request.response.filters.insert(HeadFilters::RANGE);
    let left = video.metadata.len();
    if files::begin(w, id, left, video.metadata.mtime()) {
        respond::file(w, id, FileBody { file: video.file.clone(), offset: 0, left });
    }
}

fn send(w: &mut Worker, id: RequestId, video: &Video, part: &Part) {
    let request = &mut w.requests[id].it;
    request.action = "sending mp4 to client";
    request.response.filters.insert(HeadFilters::RANGE);
    request.response.rare.get_or_insert().single_range = true;
    let left = part.samples.end - part.samples.start;
    let len = part.head.len() as u64 + left;
    if files::begin(w, id, len, video.metadata.mtime()) {
        let body = FileBody { file: video.file.clone(), offset: part.samples.start, left };
        files::send_behind(w, id, &part.head, body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_arguments() {
        assert_eq!(milliseconds(b"12.3456"), Some(12_345));
        assert_eq!(milliseconds(b".5"), Some(500));
        assert_eq!(milliseconds(b"7."), Some(7000));
        assert_eq!(milliseconds(b"9223372036854775.807"), Some(i64::MAX as u64));
        for wrong in ["", "1.2.3", "-1", "1e3", "9223372036854775.808", "99999999999999999999"] {
            assert_eq!(milliseconds(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(times(b"start=1&end=3.5"), Some((1000, 2500)));
        assert_eq!(times(b"start=4&end=3"), Some((4000, 0)));
        assert_eq!(times(b"end=3"), Some((0, 3000)));
        assert_eq!(times(b"end=0"), None);
        assert_eq!(times(b"start=x&end=2"), Some((0, 2000)));
        assert_eq!(times(b"x=1"), None);
    }
}
