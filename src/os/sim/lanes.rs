//! Processes side by side, which share memory: at each access to it the seed decides who goes on.
//!
//! Each process is a thread, with a world of its own; one of them runs, the others wait for their turn. What
//! they have in common beside the memory is [`Common`]: the time, and how many connections there are with an
//! address. A process can be made to die at any access. The order of accesses is one for all, as it is on a
//! machine where all of them are `SeqCst`.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{self, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::base::rng::Rng;
use crate::os::addr::Addr;

/// A number in memory that processes share: as an `AtomicU64`, but that others may go on before each access.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct AtomicU64(atomic::AtomicU64);

impl AtomicU64 {
    pub fn load(&self, order: Ordering) -> u64 {
        point();
        self.0.load(order)
    }

    pub fn store(&self, value: u64, order: Ordering) {
        point();
        self.0.store(value, order);
    }

    pub fn swap(&self, value: u64, order: Ordering) -> u64 {
        point();
        self.0.swap(value, order)
    }

    pub fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
        point();
        self.0.fetch_add(value, order)
    }

    pub fn fetch_sub(&self, value: u64, order: Ordering) -> u64 {
        point();
        self.0.fetch_sub(value, order)
    }

    pub fn fetch_max(&self, value: u64, order: Ordering) -> u64 {
        point();
        self.0.fetch_max(value, order)
    }

    pub fn compare_exchange(
        &self,
        from: u64,
        to: u64,
        order: Ordering,
        failure: Ordering,
    ) -> Result<u64, u64> {
        point();
        self.0.compare_exchange(from, to, order, failure)
    }

    /// As the original, in two accesses.
    pub fn fetch_update(
        &self,
        order: Ordering,
        load: Ordering,
        mut change: impl FnMut(u64) -> Option<u64>,
    ) -> Result<u64, u64> {
        let mut now = self.load(load);
        while let Some(next) = change(now) {
            match self.compare_exchange(now, next, order, load) {
                Ok(before) => return Ok(before),
                Err(other) => now = other,
            }
        }
        Err(now)
    }
}

thread_local! {
    static OWN: RefCell<Option<(Arc<Lanes>, usize)>> = const { RefCell::new(None) };
    /// Whether there is one, which is asked at each access.
    static IS_ONE: Cell<bool> = const { Cell::new(false) };
}

/// What this thread is from now on, for what it was.
fn become_one(own: Option<(Arc<Lanes>, usize)>) -> Option<(Arc<Lanes>, usize)> {
    IS_ONE.set(own.is_some());
    OWN.replace(own)
}

/// Which lane runs, of how many.
pub struct Lanes {
    state: Mutex<State>,
    moved: Vec<Condvar>,
}

struct State {
    rng: Rng,
    /// One in: another lane goes on.
    switch: u64,
    turn: usize,
    here: Vec<bool>,
    /// Accesses after which it dies; 0: it does not.
    dies_in: Vec<u64>,
    digest: u64,
}

/// What a process that dies leaves its thread with.
struct Died;

impl Lanes {
    pub fn new(seed: u64, count: usize, switch: u64) -> Arc<Self> {
        let state = State {
            rng: Rng::new(seed),
            switch,
            turn: 0,
            here: vec![true; count],
            dies_in: vec![0; count],
            digest: 0,
        };
        let moved = (0..count).map(|_| Condvar::new()).collect();
        Arc::new(Self { state: Mutex::new(state), moved })
    }

    /// This thread is that process from now on, as long as `life` lasts.
    pub fn run(self: &Arc<Self>, me: usize, life: impl FnOnce()) {
        drop(self.wait(me, self.lock()));
        become_one(Some((self.clone(), me)));
        let ended = catch_unwind(AssertUnwindSafe(life));
        become_one(None);
        let mut state = self.lock();
        state.here[me] = false;
        self.choose(&mut state);
        drop(state);
        if let Err(panic) = ended {
            resume_unwind(panic);
        }
    }

    /// Runs what may die after this number of accesses: then `None`.
    pub fn mortal<T>(&self, me: usize, accesses: u64, life: impl FnOnce() -> T) -> Option<T> {
        self.lock().dies_in[me] = accesses;
        let ended = catch_unwind(AssertUnwindSafe(life));
        self.lock().dies_in[me] = 0;
        match ended {
            Ok(it) => Some(it),
            Err(panic) if panic.is::<Died>() => None,
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Two runs of a seed agree in it.
    pub fn digest(&self) -> u64 {
        self.lock().digest
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, me: usize, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        while state.turn != me {
            state = self.moved[me].wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }

    fn choose(&self, state: &mut State) {
        let here: Vec<usize> = (0..state.here.len()).filter(|at| state.here[*at]).collect();
        let which = state.rng.below(here.len() as u64) as usize;
        if let Some(&next) = here.get(which) {
            state.turn = next;
            state.digest = state.digest.rotate_left(5) ^ next as u64 ^ state.rng.word();
            self.moved[next].notify_one();
        }
    }

    fn pass(&self, me: usize, at_once: bool) {
        let mut state = self.lock();
        if state.dies_in[me] > 0 {
            state.dies_in[me] -= 1;
            if state.dies_in[me] == 0 {
                drop(state);
                resume_unwind(Box::new(Died));
            }
        }
        let State { rng, switch, .. } = &mut *state;
        if at_once || rng.one_in(*switch) {
            self.choose(&mut state);
            drop(self.wait(me, state));
        }
    }
}

/// Another process may go on here.
pub(super) fn point() {
    pass(false);
}

/// One of the lanes goes on, each as likely.
pub fn next() {
    pass(true);
}

fn pass(at_once: bool) {
    if !IS_ONE.get() || std::thread::panicking() {
        return;
    }
    let own = OWN.with_borrow(Option::clone);
    if let Some((lanes, me)) = own {
        lanes.pass(me, at_once);
    }
}

/// Looks at the memory, and no lane goes on meanwhile.
pub fn alone<T>(look: impl FnOnce() -> T) -> T {
    let own = become_one(None);
    let seen = look();
    become_one(own);
    seen
}

/// What several worlds have in common.
#[derive(Default)]
pub struct Common(Mutex<Open>);

#[derive(Default)]
struct Open {
    now: u64,
    most: BTreeMap<Addr, i64>,
    open: BTreeMap<Addr, i64>,
    wrong: Option<String>,
}

impl Common {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The most connections that may be open with that address.
    pub fn bound(&self, addr: Addr, most: i64) {
        self.lock().most.insert(addr, most);
    }

    /// What went wrong, if anything did.
    pub fn wrong(&self) -> Option<String> {
        self.lock().wrong.clone()
    }

    pub fn open(&self, addr: &Addr) -> i64 {
        self.lock().open.get(addr).copied().unwrap_or(0)
    }

    pub(super) fn count(&self, addr: &Addr, change: i64) {
        let it = &mut *self.lock();
        let open = it.open.entry(addr.clone()).or_default();
        *open += change;
        let open = *open;
        if it.most.get(addr).is_some_and(|most| open > *most) {
            it.wrong.get_or_insert_with(|| format!("{addr}: {open} connections"));
        }
    }

    /// The latest time that anybody has seen, at the least `now`.
    pub(super) fn latest(&self, now: u64) -> u64 {
        let it = &mut *self.lock();
        it.now = it.now.max(now);
        it.now
    }
}
