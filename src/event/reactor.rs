//! What the reactor is made of: itself, its host, and the connections whose handlers it calls. They name one another, so
//! they are one file; what is done with them is in the others.

use std::collections::VecDeque;

use crate::base::arena::Arena;
use crate::base::ids::{Conn, ConnId};
use crate::base::list::{Link, Linked, List};
use crate::base::wheel::{TimerId, Wheel};
use crate::os::clock::Wall;
use crate::os::net::{Driver, Readiness, Socket};
use crate::tls::{Scratch, Tls};

/// What the reactor asks of the worker around it.
pub trait Host: Sized + 'static {
    /// Who a connection works for: nginx's `c->data`, typed.
    type Owner: Copy + Default;
    /// Anything else that can be put off or timed.
    type Job: Copy;
    fn event(&mut self) -> &mut Reactor<Self>;
    fn run(&mut self, job: Self::Job);
    /// Frees what was finished during the turn.
    fn reap(&mut self);
}

/// A reason to run something later.
pub enum Wake<W: Host> {
    Side(ConnId, Side),
    Job(W::Job),
}

pub struct Reactor<W: Host> {
    pub conns: Arena<Connection<W>, Conn>,
    pub driver: Driver,
    /// Milliseconds since the worker began, as of this turn. Never 0.
    pub now: u64,
    /// Wall time as of this turn.
    pub wall: Wall,
    /// Connections that may exist at the same time (`worker_connections`).
    pub limit: usize,
    /// Idle clients, the oldest at the back: given up when slots run out.
    pub(super) reusable: List<Conn, Reusable>,
    /// Clients taken from listeners that others wait for too; and those taken since this process has been
    /// nearly full.
    pub(super) accepts: u32,
    pub(super) over: u32,
    pub(super) wheel: Wheel<Wake<W>>,
    pub(super) posted: VecDeque<Wake<W>>,
    /// One of them is for the next turn.
    pub(super) deferred: VecDeque<W::Job>,
    pub(super) ready: Vec<Readiness>,
    pub(super) closed: Vec<ConnId>,
    /// For the bytes of connections with TLS on their way.
    pub(super) scratch: Scratch,
}

/// The current state of a state machine, as code, with its name for debug lines and tests.
pub struct Handler<W: Host>(pub &'static State<W>);

pub struct State<W: Host> {
    pub name: &'static str,
    pub run: fn(&mut W, ConnId),
}

/// Makes a [`Handler`] of a function.
#[macro_export]
macro_rules! handler {
    ($run:path) => {
        $crate::event::Handler(&$crate::event::State { name: stringify!($run), run: $run })
    };
}

pub struct Connection<W: Host> {
    pub socket: Socket,
    /// It makes records of what is sent, and reads them; only the calls of [`Reactor`] use it.
    pub(super) tls: Option<Box<Tls>>,
    pub owner: W::Owner,
    pub read: Event<W>,
    pub write: Event<W>,
    /// Bytes that the connection's owner has sent on it in all.
    pub sent: u64,
    /// The end, or an error, is queued: no further edge will tell of it.
    pub ended: bool,
    /// Its place is wanted for another: the read handler is called and must close.
    pub give_up: bool,
    /// A listener that other processes wait for too.
    pub shared: bool,
    pub(super) reusable: Link<Conn>,
}

pub struct Event<W: Host> {
    pub handler: Handler<W>,
    /// There may be something to do: neither a short read or write nor `Again` has said otherwise.
    pub ready: bool,
    /// The timer ran out; arming it again clears this.
    pub timedout: bool,
    pub(super) posted: bool,
    /// How long after `rings` the time is up, and 1 more; 0: it is not armed.
    pub(super) later: u32,
    /// The wheel's timer, and when it rings: known here, so that nearly every arming stays away from the wheel.
    pub(super) timer: Option<TimerId<Wake<W>>>,
    pub(super) rings: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Read,
    Write,
}

/// Threads the list of connections that may be given up.
pub struct Reusable;

impl<W: Host> Linked<Reusable, Conn> for Connection<W> {
    fn link(&mut self) -> &mut Link<Conn> {
        &mut self.reusable
    }
}

impl<W: Host> Reactor<W> {
    pub fn new(mut driver: Driver, limit: usize) -> Self {
        let now = driver.now();
        let wall = driver.wall();
        Self {
            conns: Arena::default(),
            wheel: Wheel::new(now),
            driver,
            now,
            wall,
            limit,
            reusable: List::default(),
            accepts: 0,
            over: 0,
            posted: VecDeque::new(),
            deferred: VecDeque::new(),
            ready: Vec::new(),
            closed: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// Runs the side's handler later in this turn, or in the next; once, however often it is posted.
    pub fn post(&mut self, id: ConnId, side: Side) {
        let Some(c) = self.conns.get_mut(id) else {
            return;
        };
        if !std::mem::replace(&mut c.side_mut(side).posted, true) {
            self.posted.push_back(Wake::Side(id, side));
        }
    }

    pub fn post_job(&mut self, job: W::Job) {
        self.posted.push_back(Wake::Job(job));
    }

    /// Runs a job that takes milliseconds: in a turn to come, of which each runs one such job, in their order.
    pub fn defer_job(&mut self, job: W::Job) {
        self.deferred.push_back(job);
    }

    /// Looks at the clock in the middle of a turn.
    pub fn update_time(&mut self) {
        self.now = self.driver.now();
        self.wall = self.driver.wall();
    }

    /// Wall time in milliseconds.
    pub fn wall_ms(&self) -> u64 {
        self.wall.secs as u64 * 1000 + u64::from(self.wall.ms)
    }
}

impl<W: Host> Copy for Wake<W> {}
impl<W: Host> Clone for Wake<W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W: Host> Connection<W> {
    pub fn side(&self, side: Side) -> &Event<W> {
        match side {
            Side::Read => &self.read,
            Side::Write => &self.write,
        }
    }

    /// Bytes handed to the kernel since [`Self::count_anew`]: what its account of the connection is compared with.
    pub fn sent_wire(&self) -> u64 {
        self.tls.as_ref().map_or(self.sent, |tls| tls.sent_wire())
    }

    /// The bytes sent are counted from here on.
    pub fn count_anew(&mut self) {
        self.sent = 0;
        if let Some(tls) = &mut self.tls {
            tls.count_anew();
        }
    }

    /// Of a connection with TLS: what was negotiated.
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_deref()
    }

    pub fn tls_mut(&mut self) -> Option<&mut Tls> {
        self.tls.as_deref_mut()
    }

    /// Its TLS is not established yet.
    pub fn is_shaking_hands(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| !tls.is_established())
    }

    /// Its bytes are records: they cannot be spliced, nor sent from a file by the kernel.
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    pub fn side_mut(&mut self, side: Side) -> &mut Event<W> {
        match side {
            Side::Read => &mut self.read,
            Side::Write => &mut self.write,
        }
    }
}

impl<W: Host> Event<W> {
    pub(super) fn new(handler: Handler<W>) -> Self {
        Self {
            handler,
            ready: false,
            timedout: false,
            posted: false,
            later: 0,
            timer: None,
            rings: 0,
        }
    }

    pub fn is_posted(&self) -> bool {
        self.posted
    }

    pub fn is_armed(&self) -> bool {
        self.later != 0
    }

    /// When the time is up, if it is armed.
    pub(super) fn deadline(&self) -> Option<u64> {
        Some(self.rings + u64::from(self.later.checked_sub(1)?))
    }
}

impl<W: Host> Handler<W> {
    pub fn name(self) -> &'static str {
        self.0.name
    }

    pub fn run(self, w: &mut W, id: ConnId) {
        (self.0.run)(w, id);
    }
}

impl<W: Host> Copy for Handler<W> {}
impl<W: Host> Clone for Handler<W> {
    fn clone(&self) -> Self {
        *self
    }
}
