//! HTTP/2 with a client: a connection that serves many requests at a time, a stream each.
//!
//! | file | what it does |
//! |---|---|
//! | `preface` | tells HTTP/2 from HTTP/1 where both are spoken without TLS |
//! | `connection` | the connection's life: its beginning, its timers, its end |
//! | `receive` | frames come in |
//! | `streams` | a request begins, is refused, is given up by its client, ends |
//! | `body` | the request's body, and the bytes of a tunnel |
//! | `write`, `head` | the response, framed |
//! | `flush` | frames go out; which stream is next |
//!
//! state            read             write      leaves when
//! before preface   wait_preface     writable   HTTP/1: wait_request; the preface: begin
//! open             readable         writable   GOAWAY and no stream; an error; the client's end
//!
//! Rules: (1) what is in `H2::out` is framed and goes out in its order, so it counts as sent; it is bounded, since
//! nothing is added to it beyond `flush::BATCH` but what the client's own frames ask for, and those are not looked at
//! then. (2) A handler never writes to the socket for another stream: it adds frames and posts the write side. (3) A
//! stream's timers are deadlines; the connection's two timers ring for the next of them.

mod body;
mod connection;
mod flush;
mod head;
mod preface;
mod receive;
mod streams;
mod write;

pub use connection::{begin, retire};
pub use preface::{is_spoken, wait_preface};

pub(super) use body::{
    at_hand, body_timed_out, cancel_body, end_raw, forget, may_read, pass_over, read, read_raw,
    take_at_hand, want_body,
};
pub(super) use flush::{cancel_room, count_anew, is_drained, sent, set_pace, want_room};
pub(super) use streams::{detach, ended};
pub(super) use write::{file, interim, piece, raw};
