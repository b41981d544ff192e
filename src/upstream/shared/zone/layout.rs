//! Where the state of a group is in the memory of its zone: offsets and widths, in words.

/// Where things are, in words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Peers that are in the file.
    pub(super) fixed: usize,
    pub(super) places: usize,
    pub(super) checks: usize,
    pub(super) workers: usize,
    /// Connections are compared at each pick: then they are side by side, not each with its peer.
    pub(super) dense: bool,
    /// Each change of them is recorded.
    pub(super) told: bool,
}

/// The turns of both tiers come first, then what is of the whole group, each in a cache line of its own.
pub(super) const HEAD: usize = 24;

/// A peer fills a cache line. Times are by the master's clock, 0: never.
pub(super) const WIDTH: usize = 8;
pub(super) const CONNS: usize = 0;
pub(super) const FAILS: usize = 1;
pub(super) const ACCESSED: usize = 2;
pub(super) const CHECKED: usize = 3;
pub(super) const RECOVERED: usize = 4;
/// How much less than its weight a peer is worth after failures.
pub(super) const LOST: usize = 5;
pub(super) const CURRENT: usize = 6;
/// What it is known by; 0: the place is free.
pub(super) const KEY: usize = 7;

/// What a worker publishes of itself, and what others leave for it, in a cache line.
pub(super) const SEAT_WIDTH: usize = 8;
/// Of each place: connections that exist, and tries that want one to be closed elsewhere.
pub(super) const ROOM_WIDTH: usize = 2;

/// What a worker holds of a place: tries under way, whether it has a peer there, and of peers with `max_conns`
/// connections that exist, and tries that wait for one to be closed elsewhere.
pub(super) const LEDGER: usize = 4;
pub(super) const HELD: usize = 0;
pub(super) const USED: usize = 1;
pub(super) const OPEN: usize = 2;
pub(super) const WANTED: usize = 3;

impl Layout {
    pub(super) fn users(self) -> usize {
        HEAD + self.places * WIDTH
    }

    /// This and the next two begin with a cache line: what is near them is not written to at each pick.
    pub(super) fn dense(self) -> usize {
        (self.users() + 2 * self.places).next_multiple_of(WIDTH)
    }

    pub(super) fn turns(self) -> usize {
        (self.dense() + self.places).next_multiple_of(WIDTH)
    }

    pub(super) fn changes(self) -> usize {
        (self.turns() + self.places).next_multiple_of(WIDTH)
    }

    pub(super) fn marks(self) -> usize {
        self.changes() + self.of_changes()
    }

    pub(super) fn room(self) -> usize {
        self.marks() + self.places * self.of_checks()
    }

    pub(super) fn of_checks(self) -> usize {
        if self.checks > 0 { 4 * self.checks + 1 } else { 0 }
    }

    pub(super) fn seats(self) -> usize {
        self.room() + self.places * ROOM_WIDTH
    }

    pub(super) fn ledger(self, worker: usize, place: usize) -> usize {
        self.seats() + self.workers * SEAT_WIDTH + (worker * self.places + place) * LEDGER
    }
}
