//! Health checks in a zone: each is made by one worker, and by another when that one is gone.

use std::collections::{BTreeMap, BTreeSet};

use crate::crew::{Check, Crew, Member};

/// A worker that has had no turn for so long may pass for one that is gone: it has told nothing for two to three
/// seconds.
const SILENT: u64 = 2000;

/// Of each configuration and check: when it began last, and in which row.
#[derive(Default, Debug)]
pub struct Seen {
    begun: u64,
    /// By another worker than the time before.
    handed: u64,
    last: BTreeMap<(usize, Check), usize>,
}

/// The checks that a worker makes in common with others.
fn asks(it: &Member) -> BTreeSet<Check> {
    let all = it.w.probes.iter().map(|(_, probe)| probe).filter(|probe| probe.is_asking());
    let common = all.filter(|probe| {
        let group = &it.w.groups[it.w.conf.http.checks[probe.check].group];
        group.is_in_zone(&probe.addr)
    });
    common.map(|probe| (probe.check, probe.addr.clone())).collect()
}

pub fn after(crew: &mut Crew, seen: &mut Seen, had_turn: Option<usize>) -> Result<(), String> {
    let Some(at) = had_turn else { return Ok(()) };
    let (now, asks) = (crew.members[at].w.event.now, asks(&crew.members[at]));
    let it = &crew.members[at];
    for check in asks.difference(&it.asks) {
        seen.begun += 1;
        let last = seen.last.insert((it.generation, check.clone()), it.row);
        seen.handed += u64::from(last.is_some_and(|row| row != it.row));
        let others = crew.members.iter().filter(|other| other.generation == it.generation);
        let mut busy = others.filter(|other| other.row != it.row && other.asks.contains(check));
        if let Some(other) = busy.find(|other| now < other.heard + SILENT) {
            let (one, other) = (it.number, other.number);
            return Err(format!("workers {one} and {other} make the check {check:?}"));
        }
    }
    let it = &mut crew.members[at];
    (it.heard, it.asks) = (now, asks);
    Ok(())
}
