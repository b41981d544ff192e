//! What a connection has that speaks HTTP/2: its streams, and the frames that wait for the socket.

use super::outbox::Outbox;
use crate::base::ids::RequestId;
use crate::base::pace::Pace;
use crate::os::Errno;
use crate::proto::Head;
use crate::proto::h2::Connection;

#[derive(Debug)]
pub struct H2 {
    pub codec: Connection<Stream>,
    pub out: Frames,
    /// Streams with something in their outboxes, or with an end that waits.
    pub waiting: usize,
    /// The stream that was served last, and how many bytes it may send until others have their turn.
    pub turn: u32,
    pub credit: usize,
    /// Bytes of the heads of its requests.
    pub heads: usize,
    /// When the client has had time enough, by the worker's clock: to begin a stream, to complete a frame, to take
    /// some of `out`; 0: no time runs.
    pub idle_until: u64,
    pub frame_until: u64,
    pub out_until: u64,
    pub leaving: Leaving,
    /// What the worker's counters have of it: resets received and sent, and streams refused.
    pub counted: [u32; 3],
    /// The socket has failed.
    pub failed: Option<Errno>,
    /// Received bytes are not looked at until `out` has room for answers.
    pub is_stalled: bool,
    /// The tables of an idle connection were given back.
    pub is_compact: bool,
}

/// How far the server's farewell (RFC 9113, 6.8) has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leaving {
    No,
    /// A first GOAWAY has asked for no new streams; those that are on their way are served until then.
    Noticed {
        until: u64,
    },
    /// The second has named the last stream. The connection ends with it.
    Last,
}

/// A request on the connection.
#[derive(Debug, Default)]
pub struct Stream {
    /// None once it has ended, or goes on without its client.
    pub request: Option<RequestId>,
    /// Bytes of its head, as counted in [`H2::heads`].
    pub head: usize,
    /// The client may send more of the body than a stream begins with.
    pub is_wide: bool,
    /// What has come of the body and is not read.
    pub inbox: Vec<u8>,
    /// What of the response is not framed yet.
    pub outbox: Outbox,
    /// Behind the outbox comes the end, perhaps with fields.
    pub end: Option<End>,
    pub pace: Option<Box<Pace>>,
    /// When `pace` lets it go on; when the client has had time enough to take something; to send something of the body.
    pub paused_until: u64,
    pub room_until: u64,
    pub body_until: u64,
    /// The time of `body_until` is over.
    pub body_timed_out: bool,
    /// It is counted in [`H2::waiting`].
    pub is_waiting: bool,
    /// Bytes of its frames, and of these, what is no body.
    pub sent: u64,
    pub overhead: u32,
}

/// The end of a response.
#[derive(Debug, Default)]
pub struct End {
    pub trailers: Option<Box<Head>>,
}

/// Frames that the system did not take yet.
#[derive(Debug, Default)]
pub struct Frames {
    pub bytes: Vec<u8>,
    /// Bytes of it that are sent.
    at: usize,
}

impl H2 {
    pub fn new(codec: Connection<Stream>) -> Self {
        Self {
            codec,
            out: Frames::default(),
            waiting: 0,
            turn: 0,
            credit: 0,
            heads: 0,
            idle_until: 0,
            frame_until: 0,
            out_until: 0,
            leaving: Leaving::No,
            counted: [0; 3],
            failed: None,
            is_stalled: false,
            is_compact: false,
        }
    }

    /// What the stream of a request has, unless it is closed.
    pub fn stream(&mut self, id: u32) -> Option<&mut Stream> {
        self.codec.streams.get_mut(id).map(|stream| &mut stream.it)
    }

    /// Counts the stream as one that waits, if it does now, and no longer, if it does not.
    pub fn recount(&mut self, id: u32) {
        let Some(stream) = self.codec.streams.get_mut(id).map(|stream| &mut stream.it) else {
            return;
        };
        let is_waiting = !stream.outbox.is_empty() || stream.end.is_some();
        if std::mem::replace(&mut stream.is_waiting, is_waiting) {
            self.waiting -= 1;
        }
        self.waiting += usize::from(is_waiting);
    }

    /// The stream is closed.
    pub fn close(&mut self, id: u32) -> Option<Stream> {
        let stream = self.codec.close(id, &mut self.out.bytes)?;
        self.waiting -= usize::from(stream.is_waiting);
        self.heads -= stream.head;
        Some(stream)
    }
}

impl Stream {
    /// Counts frames that carry `body` bytes of the body, and `overhead` other bytes.
    pub fn count(&mut self, body: usize, overhead: usize) {
        self.sent += (body + overhead) as u64;
        self.overhead = self.overhead.saturating_add(overhead as u32);
    }

    /// Everything that was handed over is framed.
    pub fn is_drained(&self) -> bool {
        self.outbox.is_empty() && self.end.is_none()
    }
}

impl Frames {
    pub fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub fn len(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// From here on `bytes` wait, in place of those that did.
    pub fn replace(&mut self, bytes: Vec<u8>) {
        (self.bytes, self.at) = (bytes, 0);
    }

    /// No memory is kept for what may come.
    pub fn give_back(&mut self) {
        if self.is_empty() {
            *self = Self::default();
        }
    }

    /// `n` bytes were sent. An idle connection owns no memory.
    pub fn advance(&mut self, n: usize) {
        self.at += n;
        if self.at >= self.bytes.len() {
            self.at = 0;
            self.bytes.clear();
        } else if self.at > 64 << 10 {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
    }
}
