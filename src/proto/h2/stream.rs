//! The streams of a connection that are open, and what is remembered of the others (RFC 9113, 5.1).

use std::collections::VecDeque;

use super::priority::Priority;

/// `T` is what the owner of the connection keeps of the stream.
#[derive(Debug)]
pub struct Stream<T> {
    pub id: u32,
    pub it: T,
    pub priority: Priority,
    /// Bytes that the client may be sent; less than 0 after it has made its windows smaller.
    pub(super) send_window: i64,
    /// Bytes that the client may send.
    pub(super) recv_window: i64,
    /// Bytes that were passed on and are not in the window again.
    pub(super) owed: u32,
    /// What is to come according to its content-length.
    pub(super) rest: Option<u64>,
    /// The client has sent END_STREAM.
    pub(super) remote_closed: bool,
    /// We have sent END_STREAM.
    pub(super) local_closed: bool,
    /// RST_STREAM was sent or has come.
    pub(super) reset: bool,
}

impl<T> Stream<T> {
    /// The client has sent everything.
    pub fn is_remote_closed(&self) -> bool {
        self.remote_closed
    }

    /// Everything was sent to the client.
    pub fn is_local_closed(&self) -> bool {
        self.local_closed
    }

    pub fn is_reset(&self) -> bool {
        self.reset
    }

    /// Bytes that the client may be sent on this stream, less than 0 after it has made its windows smaller.
    pub fn send_window(&self) -> i64 {
        self.send_window
    }
}

#[derive(Debug)]
pub struct Streams<T> {
    /// By id.
    open: Vec<Stream<T>>,
    last: u32,
    closed_early: ClosedEarly,
}

/// What an id stands for that is not the id of an open stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// It was not used yet.
    Idle,
    /// It was closed by us while the client was sending: what it sent before it knew is ignored.
    ClosedEarly,
    Closed,
}

impl<T> Streams<T> {
    pub(super) fn new() -> Self {
        Self { open: Vec::new(), last: 0, closed_early: ClosedEarly::default() }
    }

    pub fn get(&self, id: u32) -> Option<&Stream<T>> {
        self.at(id).map(|at| &self.open[at])
    }

    pub fn get_mut(&mut self, id: u32) -> Option<&mut Stream<T>> {
        self.at(id).map(|at| &mut self.open[at])
    }

    /// In the order in which they were opened.
    pub fn iter(&self) -> impl Iterator<Item = &Stream<T>> {
        self.open.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Stream<T>> {
        self.open.iter_mut()
    }

    pub fn len(&self) -> usize {
        self.open.len()
    }

    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The highest id that the client has used; 0: none.
    pub fn last_id(&self) -> u32 {
        self.last
    }

    pub(super) fn absent(&self, id: u32) -> Absent {
        match id {
            _ if id > self.last || id.is_multiple_of(2) => Absent::Idle,
            _ if self.closed_early.has(id) => Absent::ClosedEarly,
            _ => Absent::Closed,
        }
    }

    /// The id, which is higher than all before, is used.
    pub(super) fn begin(&mut self, id: u32) {
        self.last = id;
    }

    /// The stream of the last id is open.
    pub(super) fn open(&mut self, stream: Stream<T>) {
        if self.open.capacity() == 0 {
            // Many clients have one stream at a time.
            self.open.reserve_exact(1);
        }
        self.open.push(stream);
    }

    /// Frames of the client may still come on this stream.
    pub(super) fn close_early(&mut self, id: u32) {
        self.closed_early.add(id);
    }

    pub(super) fn remove(&mut self, id: u32) -> Option<Stream<T>> {
        self.at(id).map(|at| self.open.remove(at))
    }

    /// Holds no more memory than the streams need.
    pub(super) fn shrink(&mut self) {
        self.open.shrink_to_fit();
        self.closed_early.ids.shrink_to_fit();
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        self.open.capacity() * size_of::<Stream<T>>() + self.closed_early.ids.capacity() * 4
    }

    fn at(&self, id: u32) -> Option<usize> {
        // Mostly one of the newest is meant.
        match self.open.last() {
            Some(last) if last.id == id => Some(self.open.len() - 1),
            _ => self.open.binary_search_by_key(&id, |stream| stream.id).ok(),
        }
    }
}

/// The streams that were closed by us while the client was sending: the last [`REMEMBERED`] of them, and any that is
/// older than these.
#[derive(Debug, Default)]
struct ClosedEarly {
    ids: VecDeque<u32>,
    /// Up to this one, ids were forgotten.
    forgotten: u32,
}

const REMEMBERED: usize = 64;

impl ClosedEarly {
    fn add(&mut self, id: u32) {
        if self.ids.len() == REMEMBERED {
            let oldest = self.ids.pop_front().unwrap_or_default();
            self.forgotten = self.forgotten.max(oldest);
        }
        self.ids.push_back(id);
    }

    fn has(&self, id: u32) -> bool {
        id <= self.forgotten || self.ids.contains(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(id: u32) -> Stream<u32> {
        Stream {
            id,
            it: id * 10,
            priority: Priority::default(),
            send_window: 0,
            recv_window: 0,
            owed: 0,
            rest: None,
            remote_closed: false,
            local_closed: false,
            reset: false,
        }
    }

    #[test]
    fn streams_by_their_ids() {
        let mut streams = Streams::new();
        for id in [1, 3, 7, 11] {
            streams.begin(id);
            streams.open(stream(id));
        }
        assert_eq!(streams.get(7).map(|it| it.it), Some(70));
        assert_eq!(streams.remove(3).map(|it| it.it), Some(30));
        assert_eq!(streams.iter().map(|it| it.id).collect::<Vec<_>>(), [1, 7, 11]);
        assert!(streams.get(3).is_none() && streams.remove(5).is_none());
        assert_eq!(streams.absent(13), Absent::Idle);
        assert_eq!(streams.absent(2), Absent::Idle);
        assert_eq!(streams.absent(5), Absent::Closed);
        assert_eq!((streams.last_id(), streams.len()), (11, 3));
    }

    #[test]
    fn early_ends_are_remembered() {
        let mut streams = Streams::<u32>::new();
        streams.begin(999);
        for id in (1..200).step_by(2) {
            streams.close_early(id);
        }
        // Too old to be known, and so not an error either.
        assert_eq!(streams.absent(1), Absent::ClosedEarly);
        assert_eq!(streams.absent(199), Absent::ClosedEarly);
        assert_eq!(streams.absent(201), Absent::Closed);
        assert_eq!(streams.closed_early.ids.len(), REMEMBERED);
    }
}
