//! The worker: every arena, side by side, so that a handler can borrow several at once.
//!
//! This is the one place where all state meets. It decides nothing: what it does is to lend memory and take it
//! back, and to call whom a job is for.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
#[cfg(feature = "lua")]
use std::rc::Rc;

use crate::base::arena::{Arena, Id};
pub use crate::base::ids::*;
use crate::base::list::{Link, Linked};
use crate::base::regex::Captures;
use crate::base::rng::Rng;
use crate::event::{Host, JobTimer, Reactor};
use crate::http::address::{Url, UrlError};
use crate::http::cached::{Recent, Waiters};
use crate::http::channel::Channel;
use crate::http::coders::Coders;
use crate::http::conf::{Conf, Content, ListenIndex, Location, Server, ServerId};
use crate::http::dates;
use crate::http::exchange::Upstream;
use crate::http::fetch::Fetch;
use crate::http::file_cache::FileCache;
use crate::http::filters::{BodyFilters, HeadFilters, Passed, Piece};
use crate::http::ocsp::Ocsp;
use crate::http::passwords::Remembered;
use crate::http::probe::Probe;
use crate::http::request::Request;
use crate::http::settings::health::HealthCheck;
use crate::http::settings::upstream_conf::ProtocolIndex;
use crate::http::userid::Sequence;
use crate::logs::access::AccessLogs;
use crate::logs::counters::{Counters, Http2Totals, TlsTotals, Totals};
#[cfg(feature = "lua")]
use crate::lua::state::State;
use crate::os::clock::Wall;
use crate::os::disk::Disk;
use crate::os::net::Driver;
use crate::os::splice::Pipe;
use crate::proto::{Head, Repeated};
use crate::shared::zones::Zones;
use crate::tls::CertificateCaches;
use crate::upstream::group::{Group, Groups};
use crate::upstream::pool::idle::Idles;
use crate::upstream::pool::queue::{Dialing, Waiting};
use crate::upstream::resolve::Resolver;
use crate::upstream::run_time::RunTime;

/// The size of the buffer that bodies pass through: one read, one write.
pub const SCRATCH: usize = 256 << 10;

/// The length of a body from which a pipe costs less than a copy.
const SPLICE_FROM: u64 = 512 << 10;

pub struct Worker {
    /// Immutable for the life of the process.
    pub conf: &'static Conf,
    pub pipeline: &'static Pipeline,
    pub event: Reactor<Self>,
    pub channels: Arena<Channel, ChannelKey>,
    pub requests: Arena<Task<RequestKey, Request>, RequestKey>,
    pub upstreams: Arena<Task<UpstreamKey, Upstream>, UpstreamKey>,
    pub groups: Groups,
    /// Groups of `proxy_pass` with variables.
    pub run_time: RunTime,
    pub resolver: Resolver,
    /// When it is next to be called, and the timer of that.
    pub resolver_timer: Option<(u64, JobTimer<Self>)>,
    /// When the queues of groups will be looked at by themselves.
    pub queue_timers: HashMap<GroupIndex, JobTimer<Self>>,
    /// Health checks, each of one address, and the timer of each.
    pub probes: Arena<Probe, ProbeKey>,
    pub probe_timers: HashMap<ProbeId, JobTimer<Self>>,
    /// Questions to OCSP responders.
    pub ocsp: Arena<Ocsp, OcspKey>,
    pub listeners: Vec<ConnId>,
    /// The serial of the last connection that is the program's own: clients count from the next.
    pub own_conns: u32,
    pub buffers: Buffers,
    pub certificates: CertificateCaches,
    pub coders: Coders,
    /// Absent: the configuration has no script.
    #[cfg(feature = "lua")]
    pub lua: Option<Rc<State<Self>>>,
    /// Requests that ended in this turn: freed when it is over.
    pub finished: Vec<RequestId>,
    /// Requests that are no client's: subrequests, and those that are kept for theirs.
    pub side_requests: usize,
    /// Upstream tasks that ended in this turn.
    pub released: Vec<UpstreamId>,
    pub logs: AccessLogs,
    /// Which of the error logs each location writes to, by its id; none: the main one.
    pub error_logs: Vec<u16>,
    /// `$hostname`
    pub hostname: Box<[u8]>,
    pub rng: Rng,
    /// By `FileCacheIndex`.
    pub file_caches: Vec<FileCache>,
    pub dates: Dates,
    /// `set_rotate`: the last number of each location.
    pub rotations: Vec<Option<u64>>,
    pub stats: Stats,
    pub http2: Http2Totals,
    /// Likewise of handshakes with clients.
    pub tls: TlsTotals,
    /// What all workers know together.
    pub zones: Zones,
    /// Where the files of caches are.
    pub disk: Disk,
    /// Where the whole server's counters are summed.
    pub counters: Counters,
    /// Of `userid`.
    pub uids: Sequence,
    /// Of `auth_basic`.
    pub passwords: Remembered,
    pub cache_waiters: Waiters,
    pub recently_cached: Recent,
    /// Until then nothing is said of a disk without room for temporary files.
    pub disk_silent_until: u64,
    pub exit: Exit,
    /// While it stops: how long a client that rests may still ask for something.
    pub grace_ms: u64,
}

/// Memory that is used again and again, so that steady traffic allocates nothing.
pub struct Buffers {
    /// Bodies of at least this length go through a pipe, where no filter has to see them.
    pub splice_from: u64,
    scratch: Vec<Vec<u8>>,
    lines: Vec<Vec<u8>>,
    heads: Vec<Head>,
    pipes: Vec<Pipe>,
    captures: Vec<Captures>,
    /// Of the request that is being written to a server.
    pub repeated: Repeated,
}

impl Default for Buffers {
    fn default() -> Self {
        Self {
            splice_from: SPLICE_FROM,
            scratch: Vec::new(),
            lines: Vec::new(),
            heads: Vec::new(),
            pipes: Vec::new(),
            captures: Vec::new(),
            repeated: Repeated::default(),
        }
    }
}

/// Requests and upstream tasks that have ended are used again; this number of each keeps its memory meanwhile.
const SPARE: usize = 1024;

/// Counters of the worker.
#[derive(Default, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    pub accepted: u64,
    /// Of these, those that were not let go at once.
    pub handled: u64,
    pub requests: u64,
    /// Access-log lines, one a request.
    pub logged: u64,
    /// Upstream connections taken from a cache, and made.
    pub hits: u64,
    pub dials: u64,
}

/// Whether the worker is to stop, and how.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Exit {
    #[default]
    No,
    /// No new connections; requests under way are finished.
    Graceful,
    Now,
}

/// Strings of the current second.
pub struct Dates {
    second: i64,
    http: [u8; 29],
    /// Of the access log, and the second it was made for: most programs write it for each request.
    local: (Wall, [u8; 26]),
}

impl Dates {
    /// The `Date` field's value.
    pub fn http(&self, now: Wall) -> [u8; 29] {
        match now.secs == self.second {
            true => self.http,
            false => dates::http(now.secs),
        }
    }

    /// `$time_local`
    pub fn local(&mut self, now: Wall) -> &[u8] {
        let now = Wall { ms: 0, ..now };
        if self.local.0 != now {
            self.local = (now, dates::access_log(now.secs, now.offset));
        }
        &self.local.1
    }

    /// Made once a second, used by every answer in it.
    pub fn refresh(&mut self, now: Wall) {
        if now.secs != self.second {
            self.second = now.secs;
            self.http = dates::http(now.secs);
        }
    }
}

impl Default for Dates {
    fn default() -> Self {
        let local = (Wall::default(), dates::access_log(0, 0));
        Self { second: 0, http: dates::http(0), local }
    }
}

/// State with a read and a write handler of its own, above any one connection.
///
/// The state itself (`Request`, `Upstream`) names no handler, and so need not know the worker.
pub struct Task<K, T> {
    pub read: fn(&mut Worker, Id<K>),
    pub write: fn(&mut Worker, Id<K>),
    pub it: T,
}

/// The handler of whatever waits for nothing.
pub fn rest<K>(_: &mut Worker, _: Id<K>) {}

impl<K, T> Task<K, T> {
    pub fn new(it: T) -> Self {
        Self { read: rest, write: rest, it }
    }

    /// Nothing more is to come of it; what is still posted or timed finds nothing to do.
    pub fn quiet(&mut self) {
        self.read = rest;
        self.write = rest;
    }
}

impl Linked<Waiting, UpstreamKey> for Task<UpstreamKey, Upstream> {
    fn link(&mut self) -> &mut Link<UpstreamKey> {
        &mut self.it.wait
    }
}
impl Linked<Dialing, UpstreamKey> for Task<UpstreamKey, Upstream> {
    fn link(&mut self) -> &mut Link<UpstreamKey> {
        &mut self.it.wait
    }
}

impl<K, T> Deref for Task<K, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.it
    }
}
impl<K, T> DerefMut for Task<K, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.it
    }
}

/// Who a connection works for: nginx's `c->data`, typed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Owner {
    #[default]
    None,
    Listener(ListenIndex),
    Channel(ChannelId),
    Upstream(UpstreamId),
    Idle(IdleId),
    Resolver(QueryId),
    Dial(DialId),
    Probe(ProbeId),
    Ocsp(OcspId),
    Signals,
}

/// What can be posted or timed besides a side of a connection.
#[derive(Clone, Copy, Debug)]
pub enum Job {
    RequestRead(RequestId),
    RequestWrite(RequestId),
    UpstreamRead(UpstreamId),
    /// Something is due in the resolver.
    Resolve,
    /// Writes out access logs with `flush=`.
    FlushLogs,
    /// A place may be free for a request in the group's queue, or one has waited too long.
    Queue(GroupIndex),
    /// The group keeps more connections than a quiet one may.
    Trim(GroupIndex),
    /// A server is to be asked whether it is well.
    Probe(ProbeId),
    /// The name of an OCSP responder is known.
    Ocsp(OcspId),
    /// A timer of a script is due.
    Script(u32),
}

/// What a phase handler decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// Not its business: the next handler (nginx's `NGX_DECLINED`).
    Next,
    /// Access is granted (`NGX_OK` of an access handler); `satisfy` says what follows.
    Allow,
    /// The handler has arranged that the phases are run again (`NGX_AGAIN`).
    Wait,
    /// A response has been begun, or the request goes on by other handlers (`NGX_DONE`): the phases are over.
    Answered,
    /// The response is one to this status.
    End(u16),
}

/// The phases of a request, in order. Config is found, and found again, between them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Phase {
    PostRead,
    ServerRewrite,
    FindConfig,
    Rewrite,
    PostRewrite,
    PreAccess,
    Access,
    PreContent,
    Content,
}

pub type PhaseHandler = fn(&mut Worker, RequestId) -> Flow;
/// Changes the head of a response before it is written. One that is to see the body sets its bit in `Request::filters`.
pub type HeadFilter = fn(&mut Worker, RequestId) -> Filtered;

/// What a head filter decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Filtered {
    Next,
    /// The answer of this status takes its place.
    Instead(u16),
}

/// Sees the body of a response.
#[derive(Clone, Copy)]
pub struct BodyFilter {
    /// A piece, and whether it is the last; what comes of it goes to [`Next`].
    pub write: fn(&mut Worker, RequestId, Piece<'_>, bool, Next) -> Passed,
    /// Goes on with what it holds.
    pub resume: fn(&mut Worker, RequestId, Next) -> Passed,
}

/// The filters behind one, which what it gives goes through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Next(pub BodyFilters);

impl Next {
    /// Those that are behind `filter`, too.
    pub fn behind(self, filter: BodyFilters) -> Self {
        Self(self.0.except(filter.up_to()))
    }
}

/// What a module does.
pub struct Module {
    pub name: &'static str,
    pub phases: &'static [(Phase, PhaseHandler)],
}

/// What is particular to a protocol that is spoken with servers, and to its module.
pub struct Protocol {
    /// The body of the request is not the client's, or there is none.
    pub has_own_body: fn(&Location) -> bool,
    /// A body whose length is not known can be passed on as it comes.
    pub streams_any_length: fn(&Location) -> bool,
    /// What the module does before the request goes to a server: an answer, or `Flow::Next`.
    pub prepare: Option<PhaseHandler>,
    /// Takes apart what variables in `…_pass` came to.
    pub parse_address: fn(&[u8]) -> Result<Url<'_>, UrlError>,
    /// Appends the request but for the client's body, and makes `Upstream::client`: nginx's method of that name.
    /// Error: the status of the answer; the protocol cannot say the request.
    pub create_request: fn(&mut Worker, UpstreamId, &mut Vec<u8>) -> Result<(), u16>,
    /// Appends the request of a health check, and makes `Fetch::client`.
    pub create_probe: fn(&mut Fetch, &HealthCheck, &Location),
}

/// The modules' handlers, laid out flat in the order they run.
pub struct Pipeline {
    pub steps: Vec<(Phase, PhaseHandler)>,
    /// The same without those of [`Phase::Access`], which a subrequest does not have.
    pub sub_steps: Vec<(Phase, PhaseHandler)>,
    /// By their bits.
    pub heads: &'static [(HeadFilters, HeadFilter)],
    pub bodies: &'static [(BodyFilters, BodyFilter)],
    /// Makes the answer of a location whose content is a server's.
    pub upstream: PhaseHandler,
    /// Runs the scripts of a location when a request of it is logged.
    pub log: fn(&mut Worker, RequestId),
    /// What [`Job::Script`] is.
    pub script: fn(&mut Worker, u32),
    /// By `ProtocolIndex`.
    pub protocols: &'static [Protocol],
    /// Asks the script of a request's group where its next try goes. Error: the status that it answers in place of it.
    pub balance: fn(&mut Worker, UpstreamId) -> Result<(), u16>,
    /// Gives back what a request holds of an upstream, when it ends early.
    pub release: fn(&mut Worker, UpstreamId),
    /// Does what is due in the resolver.
    pub resolve: fn(&mut Worker),
    /// What [`Job::Queue`] and [`Job::Trim`] are.
    pub queue: fn(&mut Worker, GroupIndex),
    pub trim: fn(&mut Worker, GroupIndex),
    /// What [`Job::Probe`] is.
    pub probe: fn(&mut Worker, ProbeId),
    pub ocsp: OcspCalls,
    /// Closes upstream connections without a request, and ends health checks: called when the worker stops.
    pub close_idle: fn(&mut Worker),
}

/// What handshakes with clients call of `proxy::ocsp`.
pub struct OcspCalls {
    /// Asks for the status of the client's certificate; false: nothing is to be awaited.
    pub check_client: fn(&mut Worker, ChannelId) -> bool,
    /// The client waits no longer.
    pub leave: fn(&mut Worker, ChannelId),
    /// Fetches those staples of a server block that are due.
    pub fetch_staples: fn(&mut Worker, ServerId),
    /// What [`Job::Ocsp`] is.
    pub resolved: fn(&mut Worker, OcspId),
}

impl Pipeline {
    /// The protocol that a location speaks with its servers; any for one that has none.
    pub fn protocol(&self, location: &Location) -> &'static Protocol {
        let index = match location.content {
            Content::Upstream(index) => index,
            _ => ProtocolIndex::Proxy,
        };
        &self.protocols[index as usize]
    }
}

/// Ten thousand clients that rest, or wait for a stalled server, cost their number times these bytes: what few
/// of them have is behind one word (`base::rare`). A socket of the simulation is larger.
#[cfg(not(feature = "sim"))]
const _: () = {
    assert!(size_of::<crate::event::Connection<Worker>>() <= 120);
    assert!(size_of::<Channel>() <= 176);
    assert!(size_of::<Request>() <= 544);
    assert!(size_of::<Upstream>() <= 400);
};

impl Worker {
    pub fn new(
        conf: &'static Conf,
        pipeline: &'static Pipeline,
        driver: Driver,
        logs: AccessLogs,
    ) -> Self {
        let mut rng = Rng::new(driver.seed());
        let all = conf.http.groups.iter().map(Group::new).collect();
        Self {
            conf,
            pipeline,
            event: Reactor::new(driver, conf.main.worker_connections as usize),
            channels: Arena::default(),
            requests: Arena::default(),
            upstreams: Arena::default(),
            run_time: RunTime::default(),
            resolver: Resolver::new(&conf.http.resolvers, &mut rng),
            resolver_timer: None,
            groups: Groups {
                all,
                idle: Idles::new(conf.http.keepalive_total),
                ..Groups::default()
            },
            queue_timers: HashMap::new(),
            probes: Arena::default(),
            probe_timers: HashMap::new(),
            ocsp: Arena::default(),
            listeners: Vec::new(),
            own_conns: 0,
            buffers: Buffers::default(),
            certificates: CertificateCaches::default(),
            coders: Coders::default(),
            #[cfg(feature = "lua")]
            lua: None,
            finished: Vec::new(),
            side_requests: 0,
            released: Vec::new(),
            logs,
            error_logs: Vec::new(),
            hostname: hostname(),
            rng,
            file_caches: conf.http.file_caches.iter().copied().map(FileCache::new).collect(),
            dates: Dates::default(),
            rotations: Vec::new(),
            stats: Stats::default(),
            http2: Http2Totals::default(),
            tls: TlsTotals::default(),
            zones: Zones::default(),
            disk: Disk::default(),
            cache_waiters: Waiters::default(),
            recently_cached: Recent::default(),
            counters: Counters::default(),
            uids: Sequence::default(),
            passwords: Remembered::default(),
            disk_silent_until: 0,
            exit: Exit::No,
            grace_ms: 0,
        }
    }

    /// The settings that hold for a request now.
    pub fn location_of(&self, id: RequestId) -> &'static Location {
        self.conf.location(self.requests[id].location)
    }

    /// The protocol that the task speaks.
    pub fn protocol_of(&self, id: UpstreamId) -> &'static Protocol {
        &self.pipeline.protocols[self.upstreams[id].protocol as usize]
    }

    /// A connection's number: `$connection`, and the `*12` of the error log.
    pub fn number_of(&self, id: ConnId) -> u32 {
        id.serial().saturating_sub(self.own_conns)
    }

    /// What this worker has counted, as of now.
    pub fn totals(&self) -> Totals {
        let active = self.channels.len() as u64;
        let writing = (self.requests.len() - self.finished.len() - self.side_requests) as u64;
        let waiting = self.event.reusable_len() as u64;
        Totals {
            accepted: self.stats.accepted,
            handled: self.stats.handled,
            requests: self.stats.requests,
            active,
            reading: active.saturating_sub(writing + waiting),
            writing,
            waiting,
        }
    }

    pub fn server_of(&self, id: RequestId) -> &'static Server {
        self.conf.server(self.requests[id].server)
    }
}

/// In lower case, as nginx has it; empty if the system does not tell.
fn hostname() -> Box<[u8]> {
    let name = std::fs::read("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim_ascii().to_ascii_lowercase().into()
}

impl Buffers {
    /// A buffer of [`SCRATCH`] bytes; give it back.
    pub fn take(&mut self) -> Vec<u8> {
        self.scratch.pop().unwrap_or_else(|| vec![0; SCRATCH])
    }

    pub fn give(&mut self, scratch: Vec<u8>) {
        if self.scratch.len() < 2 {
            self.scratch.push(scratch);
        }
    }

    /// An empty head, with memory that another had.
    pub fn head(&mut self) -> Head {
        self.heads.pop().unwrap_or_default()
    }

    pub fn give_head(&mut self, mut head: Head) {
        if self.heads.len() < 64 && (1..=4096).contains(&head.bytes.capacity()) {
            head.clear();
            self.heads.push(head);
        }
    }

    /// An empty pipe; none if the system has none to give.
    pub fn pipe(&mut self, driver: &Driver) -> Option<Pipe> {
        self.pipes.pop().or_else(|| Pipe::new(driver).ok())
    }

    /// Takes back a pipe that is empty again.
    pub fn give_pipe(&mut self, pipe: Pipe) {
        if self.pipes.len() < 8 && pipe.held() == 0 {
            self.pipes.push(pipe);
        }
    }

    /// Empty captures, with memory that others had.
    pub fn captures(&mut self) -> Captures {
        self.captures.pop().unwrap_or_default()
    }

    pub fn give_captures(&mut self, mut captures: Captures) {
        if self.captures.len() < 2 {
            captures.clear();
            self.captures.push(captures);
        }
    }

    /// An empty buffer for a head or another short text; give it back.
    pub fn line(&mut self) -> Vec<u8> {
        self.lines.pop().unwrap_or_default()
    }

    pub fn give_line(&mut self, mut line: Vec<u8>) {
        if self.lines.len() < 8 && (1..=64 << 10).contains(&line.capacity()) {
            line.clear();
            self.lines.push(line);
        }
    }
}

impl Host for Worker {
    type Owner = Owner;
    type Job = Job;

    fn event(&mut self) -> &mut Reactor<Self> {
        &mut self.event
    }

    fn run(&mut self, job: Job) {
        match job {
            Job::RequestRead(id) => {
                if let Some(task) = self.requests.get(id) {
                    (task.read)(self, id);
                }
            }
            Job::RequestWrite(id) => {
                if let Some(task) = self.requests.get_mut(id) {
                    if let Some(rare) = task.it.rare.if_any() {
                        rare.goes_on = false;
                    }
                    (task.write)(self, id);
                }
            }
            Job::UpstreamRead(id) => {
                if let Some(task) = self.upstreams.get(id) {
                    (task.read)(self, id);
                }
            }
            Job::Resolve => (self.pipeline.resolve)(self),
            Job::FlushLogs => self.logs.flush(),
            Job::Script(number) => (self.pipeline.script)(self, number),
            Job::Queue(group) => (self.pipeline.queue)(self, group),
            Job::Trim(group) => (self.pipeline.trim)(self, group),
            Job::Probe(id) => (self.pipeline.probe)(self, id),
            Job::Ocsp(id) => (self.pipeline.ocsp.resolved)(self, id),
        }
    }

    fn reap(&mut self) {
        for id in self.released.drain(..) {
            if let Some(task) = self.upstreams.get_mut(id) {
                // Files are not memory that is worth keeping: the disk's space is free once no request holds them.
                task.rare.clear();
            }
            end(&mut self.upstreams, id);
        }
        for id in self.finished.drain(..) {
            if let Some(task) = self.requests.get_mut(id) {
                task.body.file = None;
                if let Some(ctx) = task.rare.if_any().and_then(|rare| rare.ctx.as_mut()) {
                    self.coders.give_back(ctx);
                    ctx.clear();
                }
            }
            end(&mut self.requests, id);
        }
        self.logs.turn_ended();
        self.counters.set(self.totals());
        self.dates.refresh(self.event.wall);
    }
}

/// Its life is over; another may have its memory.
fn end<T, K>(tasks: &mut Arena<T, K>, id: Id<K>) {
    let spare = tasks.retired().len();
    match spare < SPARE {
        true => tasks.retire(id),
        false => drop(tasks.remove(id)),
    }
}
