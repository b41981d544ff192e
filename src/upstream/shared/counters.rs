//! Counters of peers and groups, in memory that all workers share: a row for each worker, a slot in it for each name.
//!
//! Workers find slots without a lock: the hash of a name is put where its number or its hash leads to by a
//! compare-and-swap, and a worker that comes with the same name finds it there. So peers that come with an answer of
//! the resolver have slots, too, and those of a group are side by side. A row has one writer; the sum over the rows is
//! read without order among them (`Relaxed`), so it is exact only once the workers are idle.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::os::Errno;
use crate::os::prefetch::prefetch;
use crate::os::shm::{AtomicU64, Shared};

use crate::upstream::counters::{Count, Counts};

#[derive(Clone, Debug)]
pub struct SharedCounters(Arc<Rows>);

#[derive(Clone, Debug)]
struct Rows {
    memory: Arc<Shared>,
    places: usize,
    /// That of this process.
    row: usize,
}

/// Where one peer's counts are in a worker's row.
#[derive(Clone, Debug)]
struct Slot {
    shared_counters: SharedCounters,
    at: usize,
}

/// Words of a place.
const WIDTH: usize = 56;
const _: () = assert!(Count::ALL.len() <= WIDTH);
/// How many rows have been in use is in the first word; the hashes of names are after these.
const HEAD: usize = 8;

impl SharedCounters {
    /// Room for this number of peers and of workers.
    pub fn new(peers: usize, workers: usize) -> Result<Self, Errno> {
        // A hash's place is soon found while there are free ones.
        let places = (peers + peers / 4 + 1).next_multiple_of(8);
        let memory = Arc::new(Shared::new(HEAD + places + (workers + 1) * places * WIDTH)?);
        Ok(Self(Arc::new(Rows { memory, places, row: 0 })).of_worker(0))
    }

    /// The same for the process that writes row `worker`. Row 0 has what those that are gone have left.
    pub fn of_worker(&self, worker: usize) -> Self {
        let row = worker + 1;
        let rows = &*self.0;
        rows.memory[0].fetch_max(row as u64 + 1, Relaxed);
        Self(Arc::new(Rows { row, ..rows.clone() }))
    }

    /// The worker is gone: what it has done counts on, what it held does not.
    pub fn settle(&self, worker: usize) {
        for place in 0..self.0.places {
            let gone = self.0.counts(worker + 1, place);
            let left = self.0.counts(0, place);
            for (count, (gone, left)) in Count::ALL.into_iter().zip(gone.iter().zip(left)) {
                let n = gone.load(Relaxed);
                if n != 0 {
                    left.fetch_add(if count.is_now() { 0 } else { n }, Relaxed);
                    gone.store(0, Relaxed);
                }
            }
        }
    }

    /// The place of that name: at `hint`, or as near behind it as there is one.
    fn slot(&self, name: impl Hash, hint: Option<usize>) -> Option<Slot> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let hash = hasher.finish().max(1);
        let Rows { memory, places, .. } = &*self.0;
        let first = hint.unwrap_or(hash as usize);
        let names = &memory[HEAD..HEAD + places];
        (0..*places).map(|step| first.wrapping_add(step) % places).find_map(|at| {
            match names[at].compare_exchange(0, hash, Relaxed, Relaxed) {
                Err(other) if other != hash => None,
                _ => Some(Slot { shared_counters: self.clone(), at }),
            }
        })
    }
}

impl Rows {
    fn counts(&self, row: usize, place: usize) -> &[AtomicU64] {
        let at = HEAD + self.places + (row * self.places + place) * WIDTH;
        self.memory.get(at..at + WIDTH).unwrap_or_default()
    }
}

impl Slot {
    fn prefetch(&self) {
        if let Some(first) = self.row().first() {
            prefetch(first);
        }
    }

    fn rows(&self) -> &Rows {
        &self.shared_counters.0
    }

    fn row(&self) -> &[AtomicU64] {
        self.rows().counts(self.rows().row, self.at)
    }

    /// No other worker writes here.
    fn add(&self, count: Count, n: u64) {
        if let Some(it) = self.row().get(count as usize) {
            it.store(it.load(Relaxed).wrapping_add(n), Relaxed);
        }
    }

    fn get(&self, count: Count) -> u64 {
        self.row().get(count as usize).map_or(0, |it| it.load(Relaxed))
    }

    /// Of all workers, one count.
    fn sum(&self, count: Count) -> u64 {
        let rows = 0..self.rows().memory[0].load(Relaxed) as usize;
        let of = |row| self.rows().counts(row, self.at).get(count as usize);
        rows.filter_map(of).fold(0, |sum, it| sum.wrapping_add(it.load(Relaxed)))
    }

    fn sums(&self) -> Counts {
        let mut sums = Counts::default();
        for row in 0..self.rows().memory[0].load(Relaxed) as usize {
            sums += read(self.rows().counts(row, self.at));
        }
        sums
    }
}

fn read(row: &[AtomicU64]) -> Counts {
    let mut counts = Counts::default();
    Count::ALL.into_iter().zip(row).for_each(|(count, it)| counts[count] = it.load(Relaxed));
    counts
}

/// The counters of a peer, or of a group: a worker writes its own, anybody reads the sums.
///
/// They are in memory that the workers share once `join` was given it.
pub struct Counters(At);

/// Where they are.
enum At {
    Alone(Box<Counts>),
    Shared(Slot),
}

impl Default for Counters {
    fn default() -> Self {
        Self(At::Alone(Box::default()))
    }
}

impl Counters {
    pub fn count(&mut self, count: impl Into<Count>) {
        self.add(count, 1);
    }

    pub fn add(&mut self, count: impl Into<Count>, n: u64) {
        let count = count.into();
        match &mut self.0 {
            At::Alone(counts) => counts[count] = counts[count].wrapping_add(n),
            At::Shared(slot) => slot.add(count, n),
        }
    }

    /// Of what goes up and down, or was counted too early.
    pub fn less(&mut self, count: Count) {
        self.add(count, 1u64.wrapping_neg());
    }

    /// For one that says how much there is of something now.
    pub fn set(&mut self, count: Count, n: u64) {
        self.add(count, n.wrapping_sub(self.own(count)));
    }

    /// Of this worker, one count.
    pub fn own(&self, count: Count) -> u64 {
        match &self.0 {
            At::Alone(counts) => counts[count],
            At::Shared(slot) => slot.get(count),
        }
    }

    /// Of all workers, one count.
    pub fn sum(&self, count: Count) -> u64 {
        match &self.0 {
            At::Alone(counts) => counts[count],
            At::Shared(slot) => slot.sum(count),
        }
    }

    /// Of all workers of the configuration, of those that are gone too.
    pub fn sums(&self) -> Counts {
        match &self.0 {
            At::Alone(counts) => **counts,
            At::Shared(slot) => slot.sums(),
        }
    }

    /// From now on they are where other workers see them, if there is room: in the place of that name, which
    /// is looked for at `hint` first.
    pub fn join(&mut self, shared_counters: &SharedCounters, name: impl Hash, hint: Option<usize>) {
        let At::Alone(counts) = &self.0 else { return };
        let Some(slot) = shared_counters.slot(name, hint) else { return };
        Count::ALL.into_iter().for_each(|count| slot.add(count, counts[count]));
        self.0 = At::Shared(slot);
    }

    /// They will be written soon.
    pub fn prefetch(&self) {
        match &self.0 {
            At::Alone(counts) => prefetch(&counts[Count::ALL[0]]),
            At::Shared(slot) => slot.prefetch(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::counters::Disposition;

    #[test]
    fn counts_are_summed_and_the_dead_hold_nothing() {
        let one = SharedCounters::new(10, 3).unwrap();
        let two = one.of_worker(2);
        let mut of_one = Counters::default();
        of_one.count(Count::Tries);
        of_one.join(&one, "a", None);
        let [mut of_two, mut other] = [(); 2].map(|()| Counters::default());
        of_two.join(&two, "a", None);
        other.join(&two, "b", None);
        of_one.count(Disposition::Upgraded);
        of_one.count(Count::Busy);
        of_two.add(Count::Tries, 5);
        of_two.set(Count::Idle, 3);
        of_two.set(Count::Idle, 2);
        let sums = of_one.sums();
        assert_eq!((sums[Count::Tries], sums[Count::Upgraded], sums[Count::Idle]), (6, 1, 2));
        assert_eq!((of_one.own(Count::Tries), other.sums()), (1, Counts::default()));
        one.settle(2);
        one.settle(2);
        let sums = of_one.sums();
        assert_eq!((sums[Count::Tries], sums[Count::Idle], sums[Count::Busy]), (6, 0, 1));
        of_one.less(Count::Busy);
        assert_eq!(of_two.sums()[Count::Busy], 0);
    }

    #[test]
    fn who_finds_no_room_counts_alone() {
        let shared_counters = SharedCounters::new(0, 1).unwrap();
        let mut all: Vec<Counters> = (0..20).map(|_| Counters::default()).collect();
        for (at, it) in all.iter_mut().enumerate() {
            it.join(&shared_counters, at, Some(3));
            it.count(Count::Tries);
        }
        assert!(all.iter().all(|it| it.sums()[Count::Tries] == 1));
    }
}
