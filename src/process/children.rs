//! The workers as their master knows them: which run, which are to stop, which are missing.

use std::os::fd::OwnedFd;
use std::rc::Rc;

use crate::os::channel;
use crate::os::net::Io;
use crate::shared::zones::Zones;
use crate::upstream::shared::state::SharedState;

use super::caches::LOAD;
use super::worker::READY;

/// Processes that one master may have, as nginx's.
pub(super) const MOST: usize = 1024;

#[derive(Debug)]
pub(super) struct Child {
    pub pid: i32,
    pub role: Role,
    /// Of the counters.
    pub row: usize,
    /// Which configuration it serves: the first is 1.
    pub generation: u64,
    pub channel: OwnedFd,
    /// Of its configuration: what it holds there is given back in its place.
    pub shared: Rc<SharedState>,
    pub zones: Zones,
    pub state: State,
}

/// What a child is there for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// Its number among the workers of its configuration, from 0.
    Worker(usize),
    CacheManager,
    CacheLoader,
}

impl Role {
    /// What the log and `ps` call it, as nginx's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Worker(_) => "worker process",
            Self::CacheManager => "cache manager process",
            Self::CacheLoader => "cache loader process",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum State {
    Starting,
    /// It accepts.
    Ready,
    /// Its end of the channel is closed: it is about to be missed.
    Gone,
    /// It was signalled to end.
    Leaving,
}

#[derive(Debug, Default)]
pub(super) struct Children {
    pub all: Vec<Child>,
    /// That of the newest ones.
    pub generation: u64,
}

impl Child {
    fn is_worker(&self) -> bool {
        matches!(self.role, Role::Worker(_))
    }

    /// It may have something to say.
    fn is_heard(&self) -> bool {
        self.state == State::Starting
            || (self.role == Role::CacheManager && self.state == State::Ready)
    }
}

impl Children {
    /// The lowest row that no child has.
    pub fn free_row(&self) -> Option<usize> {
        (0..MOST).find(|row| self.all.iter().all(|child| child.row != *row))
    }

    /// The child of that number is gone.
    pub fn remove(&mut self, pid: i32) -> Option<Child> {
        let at = self.all.iter().position(|child| child.pid == pid)?;
        Some(self.all.swap_remove(at))
    }

    /// The channels of those that may have something to say.
    pub fn channels(&self) -> impl Iterator<Item = &OwnedFd> {
        self.all.iter().filter(|child| child.is_heard()).map(|child| &child.channel)
    }

    /// Notes which children are ready. One that is gone will be missed in another way. Whether the cache manager of the
    /// newest configuration asks for a loader.
    pub fn hear(&mut self) -> bool {
        let (mut asks, newest) = (false, self.generation);
        for child in self.all.iter_mut().filter(|child| child.is_heard()) {
            match channel::receive(&child.channel) {
                Io::Done(READY) => child.state = State::Ready,
                Io::Done(LOAD) => asks |= child.generation == newest,
                Io::Done(_) | Io::Again => {}
                Io::Eof | Io::Fail(_) => child.state = State::Gone,
            }
        }
        asks
    }

    /// Whether the newest configuration has a child of that role.
    pub fn has(&self, role: Role) -> bool {
        self.all.iter().any(|child| child.role == role && child.generation == self.generation)
    }

    /// Tells those of which `who` holds to go, in whatever way.
    pub fn send_away(&mut self, byte: u8, who: impl Fn(&Child) -> bool) {
        for child in self.all.iter_mut().filter(|child| who(child)) {
            child.state = State::Leaving;
            let _ = channel::send(&child.channel, byte);
        }
    }

    /// Whether some of the newest configuration do not accept yet.
    pub fn are_starting(&self) -> bool {
        let newest = |child: &&Child| child.generation == self.generation && child.is_worker();
        self.all.iter().filter(newest).any(|child| child.state == State::Starting)
    }

    /// Whether there are children of former configurations that were not signalled to end.
    pub fn has_old(&self) -> bool {
        self.all.iter().any(|child| self.is_old(child))
    }

    pub fn is_old(&self, child: &Child) -> bool {
        child.generation < self.generation && child.state != State::Leaving
    }

    /// The newest configuration whose workers accept: all that were started, or in the end `some`.
    ///
    /// It need not be the newest of all: who reloads faster than workers start shall not gather them.
    pub fn serving(&self, some: bool) -> Option<u64> {
        let starting = |generation| {
            let of = |child: &&Child| child.generation == generation && child.is_worker();
            self.all.iter().filter(of).any(|child| child.state == State::Starting)
        };
        let is_ready = |child: &&Child| child.state == State::Ready && child.is_worker();
        let ready = self.all.iter().filter(is_ready);
        ready.map(|child| child.generation).filter(|&it| some || !starting(it)).max()
    }
}

/// How often in a row a worker that died may be replaced at once; after that once a second.
///
/// One that is killed now and then is missed for no time; a configuration with which every worker dies
/// does not burn the machine.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
    most: u64,
    since: u64,
}

const EACH_MS: u64 = 1000;

impl Budget {
    pub fn new(workers: usize, now: u64) -> Self {
        let most = 2 * workers as u64 + 6;
        Self { left: most, most, since: now }
    }

    /// Takes one if there is one.
    pub fn take(&mut self, now: u64) -> bool {
        let there = self.wait(now) == 0;
        self.left -= u64::from(there);
        there
    }

    /// In how many ms there will be one.
    pub fn wait(&mut self, now: u64) -> u64 {
        let earned = (now - self.since) / EACH_MS;
        self.since += earned * EACH_MS;
        self.left = self.most.min(self.left + earned);
        if self.left > 0 { 0 } else { self.since + EACH_MS - now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn child(pid: i32, row: usize, generation: u64) -> (Child, OwnedFd) {
        let (channel, other) = channel::pair().unwrap();
        let (shared, zones, state) = (Rc::default(), Zones::default(), State::Starting);
        (
            Child { pid, role: Role::Worker(0), row, generation, channel, shared, zones, state },
            other,
        )
    }

    #[test]
    fn old_ones_go_when_new_ones_are_ready() {
        let mut children = Children { generation: 2, ..Children::default() };
        let ((old, hears), (new, says)) = (child(10, 0, 1), child(11, 1, 2));
        children.all.extend([old, new]);
        let serving = |children: &Children| (children.serving(false), children.serving(true));
        assert_eq!((children.free_row(), children.has_old()), (Some(2), true));
        assert_eq!(serving(&children), (None, None));
        assert!(children.are_starting());
        channel::send(&says, READY).unwrap();
        children.hear();
        assert_eq!((serving(&children), children.channels().count()), ((Some(2), Some(2)), 1));
        // One of a former configuration may be late.
        assert!(!children.are_starting());
        let (late, _late) = child(12, 2, 2);
        children.all.push(late);
        assert_eq!(serving(&children), (None, Some(2)));
        children.send_away(b'r', |child| child.generation < 2);
        assert!(!children.has_old());
        assert_eq!(channel::receive(&hears), Io::Done(b'r'));
        assert_eq!(children.remove(10).map(|child| child.row), Some(0));
        assert_eq!((children.free_row(), children.remove(10).is_none()), (Some(0), true));
        drop(says);
    }

    #[test]
    fn only_workers_serve() {
        let mut children = Children { generation: 2, ..Children::default() };
        let (mut manager, says) = child(10, 0, 2);
        (manager.role, manager.state) = (Role::CacheManager, State::Ready);
        children.all.push(manager);
        assert_eq!((children.serving(true), children.are_starting()), (None, false));
        assert!(children.has(Role::CacheManager) && !children.has(Role::CacheLoader));
        assert!(!children.hear());
        channel::send(&says, LOAD).unwrap();
        assert!(children.hear());
        children.generation = 3;
        channel::send(&says, LOAD).unwrap();
        assert!(!children.hear() && !children.has(Role::CacheManager));
        drop(says);
        children.hear();
        assert_eq!((children.all[0].state, children.channels().count()), (State::Gone, 0));
    }

    #[test]
    fn a_crash_loop_is_slowed_down() {
        let mut budget = Budget::new(1, 1000);
        for _ in 0..8 {
            assert!(budget.take(1000));
        }
        assert_eq!((budget.take(1400), budget.wait(1400)), (false, 600));
        assert!(budget.take(2000));
        assert_eq!((budget.take(2001), budget.wait(2001)), (false, 999));
        for _ in 0..8 {
            assert!(budget.take(60_000));
        }
        assert_eq!((budget.take(60_000), budget.wait(60_000)), (false, 1000));
    }
}
