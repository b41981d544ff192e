//! In which order the frames of several responses go.

use super::{TURN, frame, next};
use crate::http::h2::{H2, Stream};
use crate::proto::h2::frame::{self as frames, put};
use crate::proto::h2::{Connection, Event, PREFACE, Settings};
use crate::proto::{Head, Limits, RequestHead};

/// Bytes of the payload of each frame.
const CHUNK: usize = 8 << 10;

/// A connection whose windows hold everything, with a stream for each `priority` field, and a response of 1 MiB on each.
fn streams(priorities: &[&str]) -> H2 {
    let mut h2 = H2::new(Connection::new(Settings::default(), 65_535));
    let mut bytes = PREFACE.to_vec();
    put(frames::SETTINGS, 0, 0, b"\0\x04\x10\0\0\0", &mut bytes);
    put(frames::SETTINGS, frames::ACK, 0, b"", &mut bytes);
    put(frames::WINDOW_UPDATE, 0, 0, b"\x10\0\0\0", &mut bytes);
    for (priority, stream) in priorities.iter().zip((1..).step_by(2)) {
        let mut block = b"\x82\x86\x84\x41\x01a\0\x08priority".to_vec();
        block.push(priority.len() as u8);
        block.extend_from_slice(priority.as_bytes());
        put(frames::HEADERS, frames::END_HEADERS | frames::END_STREAM, stream, &block, &mut bytes);
    }
    let (mut head, mut line, mut at) = (Head::default(), RequestHead::default(), 0);
    loop {
        let limits = Limits::default();
        let out = &mut h2.out.bytes;
        let received = h2.codec.receive(&bytes[at..], &limits, &mut head, &mut line, out).unwrap();
        at += received.consumed;
        match received.event {
            Event::More => break,
            Event::Request { stream, .. } => answer(&mut h2, stream),
            _ => {}
        }
    }
    assert_eq!((at, h2.waiting), (bytes.len(), priorities.len()));
    h2
}

fn answer(h2: &mut H2, stream: u32) {
    let it: &mut Stream = h2.stream(stream).unwrap();
    it.outbox.push(&vec![0; 1 << 20]);
    h2.recount(stream);
}

/// Which streams send the next `count` frames.
fn order(h2: &mut H2, count: usize) -> Vec<u32> {
    let send = |_| {
        let stream = next(h2).unwrap();
        let moved = frame(h2, stream, CHUNK);
        h2.credit = h2.credit.saturating_sub(moved);
        stream
    };
    (0..count).map(send).collect()
}

#[test]
fn equal_streams_have_their_turn() {
    const FRAMES: usize = TURN / CHUNK;
    let mut h2 = streams(&["u=3", "u=3", "u=3"]);
    let turns: Vec<u32> = order(&mut h2, 6 * FRAMES).chunks(FRAMES).map(|turn| turn[0]).collect();
    assert_eq!(turns, [1, 3, 5, 1, 3, 5]);
}

#[test]
fn incremental_streams_take_turns_by_frames() {
    let mut h2 = streams(&["i", "i", "i"]);
    assert_eq!(order(&mut h2, 6), [1, 3, 5, 1, 3, 5]);
}

#[test]
fn urgent_streams_go_first() {
    let mut h2 = streams(&["u=5", "u=1", "u=1, i", "u=0, i"]);
    assert_eq!(order(&mut h2, 128), [7; 128]);
    // The two that are equal share what there is: one by turns of several frames, the other by single ones.
    let both = order(&mut h2, 20);
    assert!(both.iter().all(|it| [3, 5].contains(it)), "{both:?}");
    assert!(both.contains(&3) && both.contains(&5), "{both:?}");
}

#[test]
fn what_comes_later_and_is_more_urgent_overtakes() {
    let mut h2 = streams(&["u=3"]);
    assert_eq!(order(&mut h2, 2), [1, 1]);
    let mut bytes = Vec::new();
    let block = b"\x82\x86\x84\x41\x01a\0\x08priority\x03u=0";
    put(frames::HEADERS, frames::END_HEADERS | frames::END_STREAM, 3, block, &mut bytes);
    let (mut head, mut line) = (Head::default(), RequestHead::default());
    let out = &mut h2.out.bytes;
    h2.codec.receive(&bytes, &Limits::default(), &mut head, &mut line, out).unwrap();
    answer(&mut h2, 3);
    assert_eq!(order(&mut h2, 3), [3, 3, 3]);
}

#[test]
fn a_stream_without_a_window_holds_up_none() {
    let mut h2 = streams(&["u=0", "u=3"]);
    while h2.codec.room(1) > 0 {
        h2.codec.data(1, h2.codec.room(1), false, &mut Vec::new());
    }
    assert_eq!(order(&mut h2, 2), [3, 3]);
}
