//! The workers as their master knows them: which run, which are to stop, which are missing.

use std::os::fd::OwnedFd;
use std::rc::Rc;

use crate::os::channel;
use crate::os::net::Io;
use crate::shared::zones::Zones;
use crate::upstream::shared::state::SharedState;

use super::worker::READY;

/// Processes that one master may have, as nginx's.
pub(super) const MOST: usize = 1024;

#[derive(Debug)]
pub(super) struct Child {
    pub pid: i32,
    /// Among the workers of its configuration, from 0.
    pub number: usize,
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
        let starting = self.all.iter().filter(|child| child.state == State::Starting);
        starting.map(|child| &child.channel)
    }

    /// Notes which children are ready. One that is gone will be missed in another way.
    pub fn hear(&mut self) {
        for child in self.all.iter_mut().filter(|child| child.state == State::Starting) {
            match channel::receive(&child.channel) {
                Io::Done(READY) => child.state = State::Ready,
                Io::Done(_) | Io::Again => {}
                Io::Eof | Io::Fail(_) => child.state = State::Gone,
            }
        }
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
        let newest = |child: &&Child| child.generation == self.generation;
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
            let of = |child: &&Child| child.generation == generation;
            self.all.iter().filter(of).any(|child| child.state == State::Starting)
        };
        let ready = self.all.iter().filter(|child| child.state == State::Ready);
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
        (Child { pid, number: 0, row, generation, channel, shared, zones, state }, other)
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
