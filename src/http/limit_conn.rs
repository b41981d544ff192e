//! The records of `limit_conn`: how many requests of each key are under way in each worker.
//!
//! A worker counts in records of its own, so that what it held goes with it when it dies. A limit is compared with the
//! sum over all workers.

use crate::shared::table::Record;
use crate::shared::zone::Zone;
use crate::shared::zones::{ZoneIndex, Zones};

/// What a limit says of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is one of those under way now.
    Taken(Held),
    /// As many as there may be are under way.
    Full,
    /// There is no room for its record.
    NoMemory,
    /// The zone cannot be locked: the limit does not hold.
    Unknown,
}

/// A request under way, as a zone counts it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    pub zone: ZoneIndex,
    record: Record,
    /// Of the zone, when it was counted.
    epoch: u64,
}

const COUNT: usize = 0;

/// Counts a request of that key, if fewer than `most` are under way.
pub fn take(zone: &Zone, index: ZoneIndex, key: &[u8], most: u16) -> Verdict {
    let key = zone.own_key(key);
    let Some(locked) = zone.lock() else { return Verdict::Unknown };
    if locked.sum(key, COUNT) >= u64::from(most) {
        return Verdict::Full;
    }
    match locked.find(key).or_else(|| locked.insert(key)) {
        None => Verdict::NoMemory,
        Some(record) => {
            locked.set_value(record, COUNT, locked.value(record, COUNT).saturating_add(1));
            Verdict::Taken(Held { zone: index, record, epoch: locked.epoch() })
        }
    }
}

/// What this worker has counted in the zone, and how many of those that it holds are to be counted there. `None`: the
/// zone is locked.
#[cfg(feature = "sim")]
pub fn audit<'a>(zone: &Zone, held: impl Iterator<Item = &'a Held>) -> Option<(u64, u64)> {
    let locked = zone.lock()?;
    let held = held.filter(|it| it.epoch == locked.epoch()).count() as u64;
    Some((locked.sum_of(zone.process(), COUNT), held))
}

/// The requests are not under way any more.
pub fn release(zones: &Zones, held: &mut Vec<Held>) {
    for it in held.drain(..) {
        let Some(zone) = zones.get(it.zone) else { continue };
        let Some(locked) = zone.lock() else { continue };
        if locked.epoch() != it.epoch {
            continue;
        }
        match locked.value(it.record, COUNT) {
            0 | 1 => locked.remove(it.record),
            count => locked.set_value(it.record, COUNT, count - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::zone::{Declaration, Kind, Process};

    fn process(row: u32) -> Process {
        Process { pid: (1 << 40) + u64::from(row), row }
    }

    fn zones() -> Zones {
        let (name, kind, size) = ("one".into(), Kind::LimitConn, 32 << 10);
        let declared = Declaration { name, kind, size, key: Box::default() };
        Zones::open([&declared], &Zones::default(), [1, 2], process(0)).unwrap()
    }

    /// A worker, and what its requests hold.
    struct Worker {
        zones: Zones,
        held: Vec<Held>,
    }

    impl Worker {
        fn new(zones: &Zones, row: u32) -> Self {
            Self { zones: zones.of_process(process(row)), held: vec![] }
        }

        fn take(&mut self, key: &[u8], most: u16) -> bool {
            let zone = self.zones.get(ZoneIndex(0)).unwrap();
            match take(zone, ZoneIndex(0), key, most) {
                Verdict::Taken(held) => self.held.push(held),
                Verdict::Full => return false,
                other => panic!("{other:?}"),
            }
            true
        }

        fn release(&mut self) {
            release(&self.zones, &mut self.held);
        }

        fn records(&self) -> u64 {
            self.zones.get(ZoneIndex(0)).unwrap().lock().unwrap().len()
        }
    }

    #[test]
    fn workers_count_together() {
        let zones = zones();
        let [mut one, mut two] = [1, 2].map(|row| Worker::new(&zones, row));
        assert!(one.take(b"a", 3) && two.take(b"a", 3) && two.take(b"a", 3));
        assert!(!one.take(b"a", 3) && one.take(b"b", 1));
        two.release();
        assert!(one.take(b"a", 3) && one.take(b"a", 3) && !two.take(b"a", 3));
        one.release();
        assert_eq!((one.held.len(), one.records()), (0, 0));
    }

    #[test]
    fn what_a_dead_worker_counted_is_taken_off() {
        let zones = zones();
        let [mut one, mut two] = [1, 2].map(|row| Worker::new(&zones, row));
        assert!(one.take(b"a", 9) && one.take(b"a", 9) && one.take(b"b", 9) && two.take(b"a", 9));
        zones.settle(process(1));
        // The number of the dead worker is another's now.
        let mut next = Worker::new(&zones, 1);
        assert!(next.take(b"a", 2) && !two.take(b"a", 2) && two.take(b"b", 1));
        next.release();
        two.release();
        assert_eq!(next.records(), 0);
    }

    #[test]
    fn requests_from_before_the_zone_was_emptied_are_not_taken_off() {
        let zones = zones();
        let [mut one, mut two] = [1, 2].map(|row| Worker::new(&zones, row));
        assert!(one.take(b"a", 9));
        let dying = two.zones.get(ZoneIndex(0)).unwrap();
        std::mem::forget(dying.lock());
        zones.settle(process(2));
        two.zones = zones.of_process(process(3));
        assert!(two.take(b"a", 1));
        one.release();
        assert!(!one.take(b"a", 1));
        two.release();
        assert_eq!(two.records(), 0);
    }

    #[test]
    fn a_full_zone_takes_no_other_key() {
        let zones = zones();
        let zone = zones.get(ZoneIndex(0)).unwrap();
        let verdicts = (0..1000u32).map(|n| take(zone, ZoneIndex(0), &n.to_le_bytes(), 1));
        let taken = verdicts.filter(|it| matches!(it, Verdict::Taken(_))).count();
        assert!((400..449).contains(&taken), "{taken}");
        assert_eq!(take(zone, ZoneIndex(0), b"other", 1), Verdict::NoMemory);
        assert_eq!(take(zone, ZoneIndex(0), &0u32.to_le_bytes(), 1), Verdict::Full);
    }
}
