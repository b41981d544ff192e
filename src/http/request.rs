//! A request: what the client asked, where it stands in the phases, and its answer.
//!
//! It names no handler and does not know the worker; `worker::Task` gives it its handlers.

use std::cell::Cell;
use std::fs::File;
use std::path::PathBuf;
use std::rc::Rc;

use super::cached::Cached;
use super::ctx::Ctx;
use super::downstream::{Departed, Downstream};
use super::filters::{BodyFilters, FileBody};
use super::ids::{LocationId, ServerId};
use super::limit_conn::Held;
use super::listing::Listing;
use super::response::Response;
use super::slots::Slots;
use super::subrequest::Subrequest;
use super::trace::Trace;
use super::transfer::Transfer;
use super::userid::Ids;
use super::vars::Slot;
use super::video::Video;
use crate::base::ids::{GroupIndex, PeerIndex, RequestId, UpstreamId};
use crate::base::rare::{Rare, Rarely};
use crate::base::recycle::{KEPT, empty};
use crate::base::regex::Captures;
use crate::lua::task::Task;
use crate::os::addr::Addr;
use crate::proto::h1::body::Body;
use crate::proto::{Head, Method, RequestHead, Span};
use crate::recycled;
use crate::upstream::counters::{Disposition, Pool};

recycled! {
    #[derive(Debug)]
    pub struct Request: new(
        downstream: Downstream, server: ServerId, location: LocationId
    ), reset {
        pub downstream: Downstream = downstream,
        pub server: ServerId = server,
        pub location: LocationId = location,
        /// The step of the pipeline that comes next.
        pub step: usize,

        pub head: Head => clear_head,
        pub line: RequestHead,
        /// As sent, or GET after an internal redirect to an error page.
        pub method: Method = Method::Get,
        /// The path, decoded and normalised; changed by internal redirects.
        pub uri: Vec<u8> => empty,
        pub args: Vec<u8> => empty,
        /// `uri` and `args` are still those of the request line, which can be passed on as it is.
        pub uri_untouched: bool,
        /// `rewrite` changed it, and `break` kept the location: `proxy_pass` replaces nothing of it, and `alias` cannot.
        pub uri_is_final: bool,
        /// `rewrite` changed it: a location is to be sought again.
        pub uri_changed: bool,
        /// With an alias of a location by regular expression: the uri stands behind that, not in its place.
        pub uri_behind_alias: bool,

        pub body: RequestBody => clear_body,
        pub response: Response => clear_response,
        pub upstream: Option<UpstreamId>,
        /// The head of the last upstream that was released, or an empty one: what the log may ask for.
        pub upstream_head: Option<Box<Head>> => clear_kept_head,
        /// Every try at every upstream, for the `$upstream_…` variables.
        pub tries: Vec<Try> => Vec::clear,

        /// Filters that the body of the response goes through; some of it lies in those of `held`.
        pub filters: BodyFilters,
        pub held: BodyFilters,

        pub captures: Captures => Captures::clear,
        /// Values of the variables that the configuration made.
        pub slots: Slots => Slots::clear,
        pub rare: Rare<RareOfRequest> => Rare::clear,
        /// How many variables are being evaluated inside one another.
        pub variable_depth: u8,

        /// When its first byte was received, by the worker's clock.
        pub start: u64,
        /// Its number on the connection, from 1.
        pub number: u32,
        /// Bytes received for it: head and body.
        pub length: u64,
        /// Its first byte came before the request before it was answered.
        pub pipelined: bool,
        pub persistence: Persistence,
        /// It came here by an internal redirect.
        pub internal: bool,
        /// Internal redirects left.
        pub redirects_left: u8 = MAX_REDIRECTS,
        /// The status that an error page is being made for.
        pub error_page: bool,
        /// An `error_page` with `=code` or without `=` has decided the status.
        pub status_override: Option<u16>,
        pub outcome: Option<Outcome>,
        /// What the connection was doing, for the error log: `reading client request line`, …
        pub action: &'static str,
    }
}

/// What most requests have none of.
#[derive(Debug, Default)]
pub struct RareOfRequest {
    /// The client that a trusted proxy has named, in place of that of the connection.
    pub client: Option<Box<Addr>>,
    /// What `userid` knows of the client.
    pub ids: Option<Box<Ids>>,
    /// The trace that it is part of, once it was asked for.
    pub trace: Option<Box<Trace>>,
    /// `$request_id`, once it was asked for.
    pub random: Option<[u8; 16]>,
    /// What `$limit_rate` was set to; bytes a second.
    pub limit_rate: Option<u64>,
    /// What a `proxy_pass` with variables came to.
    pub proxy_url: Option<Box<[u8]>>,
    /// The fields behind the upstream's body, if they were passed on.
    pub upstream_trailers: Option<Box<Head>>,
    /// The address of the last try, if that was for another uri: for the error log.
    pub former_upstream: Option<Box<str>>,
    /// What the filters of the response's body keep. Its memory stays for the next request.
    pub ctx: Option<Box<Ctx>>,
    /// Whether the client is sent gzip, once that was asked.
    pub accepts_gzip: Option<bool>,
    /// It came here by a server's `X-Accel-Redirect`, some of whose fields go with any answer.
    pub handed_over: bool,
    /// It is a subrequest.
    pub subrequest: Option<Subrequest>,
    /// The directory that it lists.
    pub listing: Option<Box<Listing>>,
    /// What it does to files: that is done to its end, also without its client.
    pub transfer: Option<Box<Transfer>>,
    /// The video that is being cut for it.
    pub video: Option<Box<Video>>,
    /// What the answer ends with, until what is before it has gone.
    pub behind: Option<FileBody>,
    /// Those that it has started and that are not freed.
    pub children: Vec<RequestId>,
    /// Of the request that a client has sent: how many subrequests are below it at present.
    pub descendants: u32,
    /// Its `post_action` has begun: whether the response was complete by then.
    pub post_action: Option<bool>,
    /// It has ended, and is kept for its children.
    pub is_outlived: bool,
    /// Of a subrequest: its body where that would be empty, or the page of an error.
    pub stub: Option<Rc<Vec<u8>>>,
    /// The subrequest of `auth_request`, until it has been judged.
    pub auth: Option<RequestId>,
    /// With `satisfy any`: the status by which an access handler has refused the request.
    pub denied: Option<u16>,
    /// What a 401 of access handlers says in `WWW-Authenticate`.
    pub challenges: Vec<Box<[u8]>>,
    /// Of the connection that [`Downstream::Detached`] had.
    pub departed: Option<Box<Departed>>,
    /// What `limit_req` and `limit_conn` said of it. They ask once, also if it is redirected.
    pub limit_req: Option<Limited>,
    pub limit_conn: Option<Limited>,
    /// Work that it has begun goes on in a job, which is queued.
    pub goes_on: bool,
    /// When the delay of `limit_req` is over, by the worker's clock.
    pub delayed_until: u64,
    /// Where `limit_conn` counts it.
    pub held: Vec<Held>,
    /// Of a subrequest: where the part begins that it asks for.
    pub slice_at: Option<u64>,
    /// Of a location with a cache that was asked.
    pub cached: Option<Box<Cached>>,
    /// A script has set fields of the answer, which go with any.
    pub keeps_fields: bool,
    /// Of a request that a script has run for.
    pub lua: Option<Box<Task>>,
}

impl RareOfRequest {
    /// `limit_conn` counts the request, or it has asked a cache.
    pub fn is_counted_or_cached(&self) -> bool {
        !self.held.is_empty() || self.cached.is_some()
    }
}

/// What a limit decided about a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limited {
    Passed,
    Delayed,
    Rejected,
    DelayedDryRun,
    RejectedDryRun,
}

impl Limited {
    /// As `$limit_req_status` says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Delayed => "DELAYED",
            Self::Rejected => "REJECTED",
            Self::DelayedDryRun => "DELAYED_DRY_RUN",
            Self::RejectedDryRun => "REJECTED_DRY_RUN",
        }
    }
}

impl Rarely for RareOfRequest {
    const NONE: &'static Self = &Self {
        client: None,
        ids: None,
        trace: None,
        random: None,
        limit_rate: None,
        proxy_url: None,
        upstream_trailers: None,
        former_upstream: None,
        ctx: None,
        accepts_gzip: None,
        handed_over: false,
        subrequest: None,
        listing: None,
        transfer: None,
        video: None,
        behind: None,
        children: Vec::new(),
        descendants: 0,
        post_action: None,
        is_outlived: false,
        stub: None,
        auth: None,
        denied: None,
        challenges: Vec::new(),
        departed: None,
        limit_req: None,
        limit_conn: None,
        goes_on: false,
        delayed_until: 0,
        held: Vec::new(),
        slice_at: None,
        cached: None,
        keeps_fields: false,
        lua: None,
    };

    fn clear(&mut self) {
        let Self { ctx, held, children, .. } = self;
        let (mut ctx, mut held, mut children) =
            (ctx.take(), std::mem::take(held), std::mem::take(children));
        if let Some(ctx) = &mut ctx {
            ctx.clear();
        }
        held.clear();
        children.clear();
        *self = Self { ctx, held, children, ..Self::default() };
    }
}

fn clear_head(head: &mut Head) {
    head.clear();
    empty(&mut head.bytes);
}

fn clear_body(body: &mut RequestBody) {
    body.clear();
    empty(&mut body.memory);
}

fn clear_response(response: &mut Response) {
    response.clear();
    empty(&mut response.fields.bytes);
}

fn clear_kept_head(head: &mut Option<Box<Head>>) {
    if head.as_ref().is_some_and(|it| it.bytes.capacity() > KEPT) {
        *head = None;
    }
    if let Some(head) = head {
        head.clear();
    }
}

/// What is done with the connection when the response has been sent (RFC 9112, 9.3 and 9.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Persistence {
    #[default]
    Close,
    /// Some of the request is left unread: the connection is read for a while before it is closed.
    Linger,
    /// It may serve another request.
    KeepAlive,
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Answered whole: the connection goes on, if it may.
    Done,
    /// The connection ends, whatever it was meant to do.
    Close,
}

recycled! {
    /// The client's body: what is still to come, and where what has come is kept.
    #[derive(Debug)]
    pub struct RequestBody: default, clear {
        pub rest: Body = Body::Empty,
        /// The length that the head announced.
        pub length: Option<u64>,
        pub memory: Vec<u8> => Vec::clear,
        /// Shared with subrequests that send the same body.
        pub file: Option<Rc<BodyFile>>,
        /// Bytes of the body received.
        pub received: u64,
        pub state: BodyState,
        pub size: SizeCheck,
        /// `100 Continue` is owed before the first byte is awaited.
        pub expects_continue: bool,
        /// All of it is kept in a file, which is not worth a line in the log.
        pub in_file: bool,
    }
}

/// Whether `client_max_body_size` has been compared with the body.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SizeCheck {
    #[default]
    Due,
    /// Allowed by the location. One that `rewrite` or `try_files` leads to compares again if the body is still unread.
    Allowed,
    /// `error_page` replaces the answer: no location compares again.
    Settled,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BodyState {
    /// No handler has asked for it.
    #[default]
    Untouched,
    /// Being collected in memory or a file.
    Reading,
    /// All of it is here.
    Complete,
    /// Passed on as it comes. What came first of a chunked one is in memory until the server has it.
    Streaming,
}

/// A body in a temporary file.
#[derive(Debug)]
pub struct BodyFile {
    pub file: File,
    pub path: PathBuf,
    pub len: u64,
    /// It stays: `client_body_in_file_only on`, or it has another name by now.
    pub keep: Cell<bool>,
}

/// One try at an upstream. Times in ms since the try began.
#[derive(Clone, Debug)]
pub struct Try {
    pub group: GroupIndex,
    /// `None`: no peer was to be had.
    pub peer: Option<PeerIndex>,
    /// It belongs to another upstream than the one before it: separated by ` : `.
    pub new_upstream: bool,
    /// 0: none was received.
    pub status: u16,
    pub connect_time: Lapse,
    pub header_time: Lapse,
    pub response_time: Lapse,
    /// How long it waited in the queue.
    pub queue_time: Lapse,
    pub pool: Pool,
    pub disposition: Option<Disposition>,
    pub response_length: u64,
    pub bytes_sent: u64,
    pub bytes_received: u64,
}

/// A span of time in ms; the largest number: none.
#[derive(Clone, Copy, Debug)]
pub struct Lapse(u32);

/// nginx's bound on internal redirects.
pub const MAX_REDIRECTS: u8 = 10;

impl Request {
    /// The value of a variable that the configuration made.
    pub fn slot(&self, slot: Slot) -> Option<&[u8]> {
        self.slots.get(slot)
    }

    pub fn set_slot(&mut self, slot: Slot, value: impl AsRef<[u8]>) {
        self.slots.set(slot, value.as_ref());
    }

    /// After a match: the named groups (slot, group) become variables.
    pub fn take_named(&mut self, named: &[(Slot, usize)]) {
        for &(slot, group) in named {
            self.slots.set(slot, self.captures.get(group));
        }
    }

    /// The method as it is now, as it is on the wire.
    pub fn method_name(&self) -> &[u8] {
        match self.method == self.line.method {
            // A line that could not be read has none; then an error page is fetched with GET.
            true if self.line.method_span.is_empty() && self.internal => b"GET",
            true => self.line.method_span.of(&self.head.bytes),
            // An internal redirect changes it to nothing else.
            false => b"GET",
        }
    }

    /// What the filters of the response's body keep, to be written to.
    pub fn ctx(&mut self) -> &mut Ctx {
        self.rare.get_or_insert().ctx.get_or_insert_default()
    }

    /// A server is asked, and its response may be stored.
    pub fn may_store(&self) -> bool {
        self.rare.cached.as_ref().is_some_and(|cached| cached.may_store)
    }

    pub fn keeps_alive(&self) -> bool {
        self.persistence == Persistence::KeepAlive
    }

    /// The connection serves no other request.
    /// The request is one of another method, of which `name` is the name, as if its line had said so.
    pub fn set_method(&mut self, name: &[u8]) {
        let method = Method::of(name);
        let start = self.head.bytes.len();
        self.head.bytes.extend_from_slice(name);
        self.line.method_span = Span::new(start, self.head.bytes.len());
        (self.method, self.line.method) = (method, method);
    }

    pub fn disable_keepalive(&mut self) {
        if self.keeps_alive() {
            self.persistence = Persistence::Close;
        }
    }

    pub fn has_body(&self) -> bool {
        self.body.length.is_some_and(|n| n > 0) || self.body.is_chunked()
    }
}

impl Lapse {
    /// The first time counts.
    pub fn set(&mut self, ms: u64) {
        if self.get().is_none() {
            self.0 = u32::try_from(ms).unwrap_or(u32::MAX).min(u32::MAX - 1);
        }
    }

    pub fn get(self) -> Option<u32> {
        (self.0 < u32::MAX).then_some(self.0)
    }
}

impl Default for Lapse {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl Try {
    pub fn new(group: GroupIndex, peer: Option<PeerIndex>, new_upstream: bool) -> Self {
        Self {
            group,
            peer,
            new_upstream,
            status: 0,
            connect_time: Lapse::default(),
            header_time: Lapse::default(),
            response_time: Lapse::default(),
            queue_time: Lapse::default(),
            pool: Pool::default(),
            disposition: None,
            response_length: 0,
            bytes_sent: 0,
            bytes_received: 0,
        }
    }
}

impl RequestBody {
    /// The whole of it is in memory.
    pub fn in_memory(&self) -> bool {
        self.file.is_none()
    }

    /// The body is this one, which is complete and in memory.
    pub fn set(&mut self, data: Vec<u8>) {
        self.state = BodyState::Complete;
        self.rest = Body::Empty;
        self.file = None;
        self.length = Some(data.len() as u64);
        self.received = data.len() as u64;
        self.memory = data;
    }

    /// What has been kept of it.
    pub fn kept_len(&self) -> u64 {
        self.memory.len() as u64 + self.file.as_ref().map_or(0, |file| file.len)
    }

    /// All that has come of it.
    pub fn is_kept(&self) -> bool {
        self.received == self.kept_len()
    }

    pub fn is_chunked(&self) -> bool {
        self.length.is_none() && (self.received > 0 || !matches!(self.rest, Body::Empty))
    }
}

impl Drop for BodyFile {
    fn drop(&mut self) {
        if !self.keep.get() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
