//! Health checks in a zone: each is made by one worker, and by another when that one is gone.

use std::collections::BTreeMap;

use peerage::os::addr::Addr;

use crate::crew::{Crew, Member};

/// A worker that has had no turn for so long may pass for one that is gone: it has told nothing for two to three
/// seconds.
const SILENT: u64 = 2000;

/// A check of the configuration, by its number, and whom it asks.
pub type Check = (usize, Addr);

/// Checks that are under way, and what each was about when it began: the address's places in the zone.
pub type Asks = BTreeMap<Check, Vec<u32>>;

/// Of each configuration and check: in which row it was made last.
#[derive(Default, Debug)]
pub struct Seen {
    begun: u64,
    /// By another worker than the time before.
    handed: u64,
    last: BTreeMap<(usize, Check), usize>,
}

/// The checks that a worker makes now.
fn asks(it: &Member) -> Asks {
    let all = it.w.probes.iter().map(|(_, probe)| probe).filter(|probe| probe.is_asking());
    let about = all.map(|probe| {
        let check = (probe.check, probe.addr.clone());
        let group = &it.w.groups[it.w.conf.http.checks[probe.check].group];
        // A name that is answered meanwhile may have brought the address to another line.
        let before = it.asks.get(&check).cloned();
        let places = before.unwrap_or_else(|| group.places_of(&probe.addr));
        (check, places)
    });
    about.collect()
}

pub fn after(crew: &mut Crew, seen: &mut Seen, had_turn: Option<usize>) -> Result<(), String> {
    let Some(at) = had_turn else { return Ok(()) };
    let it = &crew.members[at];
    let (now, asks) = (it.w.event.now, asks(it));
    for (check, places) in asks.iter().filter(|(check, _)| !it.asks.contains_key(check)) {
        seen.begun += 1;
        let last = seen.last.insert((it.generation, check.clone()), it.row);
        seen.handed += u64::from(last.is_some_and(|row| row != it.row));
        let mut others = crew.members.iter().filter(|other| other.generation == it.generation);
        let busy = |other: &&Member| {
            let about = other.asks.get(check);
            let same = about.is_some_and(|all| all.iter().any(|place| places.contains(place)));
            other.row != it.row && same && now < other.heard + SILENT
        };
        if let Some(other) = others.find(busy) {
            let (one, other) = (it.number, other.number);
            return Err(format!("workers {one} and {other} make the check {check:?}"));
        }
    }
    let it = &mut crew.members[at];
    (it.heard, it.asks) = (now, asks);
    Ok(())
}
