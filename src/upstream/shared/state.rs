//! The state that the workers of one configuration share: the counters, the zones of groups, the sessions of
//! `sticky learn`. The master makes it before it forks them.

use crate::os::Errno;
use crate::os::net::Socket;

use super::counters::SharedCounters;
use super::sessions::Sessions;
use super::wakers::Wakers;
use super::zone::Zone;
use crate::upstream::conf;
use crate::upstream::group::Groups;

#[derive(Debug, Default)]
pub struct SharedState {
    /// Of each group that has one.
    zones: Box<[Option<Zone>]>,
    sessions: Box<[Option<Sessions>]>,
    /// `None`: each worker counts alone.
    shared_counters: Option<SharedCounters>,
    /// By which they wake one another, where there is a zone.
    wakers: Option<Wakers>,
}

/// Addresses that a `server` line with `resolve` is expected to come to, in the course of time.
const OF_A_NAME: usize = 64;
/// Peers of groups that are made at run time.
const OF_RUN_TIME: usize = 1024;

impl SharedState {
    /// For this number of workers at a time, which have no descriptors to wake one another by. `run_time`: groups
    /// may be made while they run. `secret`: of the hash of sticky sessions' names.
    pub fn open(
        groups: &[conf::Group],
        run_time: bool,
        workers: usize,
        secret: [u64; 2],
    ) -> Result<Self, Errno> {
        Self::with_wakers(groups, run_time, workers, 0, secret)
    }

    /// The same, with as many wakers as workers of a configuration. They are made only where a worker may have
    /// to wait for another.
    pub fn with_wakers(
        groups: &[conf::Group],
        run_time: bool,
        workers: usize,
        wakers: usize,
        secret: [u64; 2],
    ) -> Result<Self, Errno> {
        let may_wait = |group: &conf::Group| {
            let options = &group.options;
            let is_bound = group.servers.iter().any(|line| line.max_conns > 0);
            options.zone.is_some() && (is_bound || options.queue.is_some())
        };
        let wakers = if groups.iter().any(may_wait) { wakers } else { 0 };
        let wakers = Wakers::new(workers, wakers)?;
        let zones = groups.iter().map(|group| Zone::of_group(group, workers, &wakers));
        let sessions = groups.iter().map(|group| {
            let learn = group.sticky.as_ref().and_then(|sticky| sticky.learn.as_ref());
            learn.map(|learn| Sessions::open(learn, &group.name, secret)).transpose()
        });
        let of_line = |line: &conf::ServerLine| match line.resolve {
            Some(_) => OF_A_NAME,
            None => line.addrs.len(),
        };
        let peers: usize = groups.iter().flat_map(|group| &group.servers).map(of_line).sum();
        let peers = peers + groups.len() + if run_time { OF_RUN_TIME } else { 0 };
        let zones: Box<[_]> = zones.collect::<Result<_, _>>()?;
        let wakers = zones.iter().any(Option::is_some).then_some(wakers);
        let sessions = sessions.collect::<Result<_, Errno>>()?;
        Ok(Self {
            zones,
            sessions,
            shared_counters: SharedCounters::new(peers, workers).ok(),
            wakers,
        })
    }

    /// What these groups are refused for, after those of this configuration.
    pub fn refusal(&self, groups: &[conf::Group]) -> Option<String> {
        let learns = |group: &conf::Group| group.sticky.clone()?.learn;
        groups.iter().find_map(|group| {
            let learn = learns(group)?;
            let former = self.sessions_of(&learn.zone, learn.size)?;
            let [new, old] =
                [&*group.name, &*former.upstream].map(|it| String::from_utf8_lossy(it));
            (new != old).then(|| {
                format!(
                    "sticky zone \"{}\" is used in upstream \"{new}\" while previously it was used \
                     in upstream \"{old}\"",
                    learn.zone
                )
            })
        })
    }

    fn sessions_of(&self, zone: &str, size: usize) -> Option<&Sessions> {
        let mut all = self.sessions.iter().flatten();
        all.find(|sessions| *sessions.zone == *zone && sessions.size == size)
    }

    /// What is to be known longer than a configuration lasts; `groups` are those of this one.
    pub fn remember(&mut self, former: &Self, groups: &[conf::Group]) {
        for sessions in self.sessions.iter_mut().flatten() {
            if let Some(former) = former.sessions_of(&sessions.zone, sessions.size) {
                *sessions = former.clone();
            }
        }
        for (group, zone) in groups.iter().zip(&self.zones) {
            let Some(zone) = zone else { continue };
            let mut formers = former.zones.iter().flatten();
            let Some(former) = formers.find(|former| former.name == zone.name) else { continue };
            let lines: Vec<u16> = (0..)
                .zip(&group.servers)
                .filter_map(|(number, line)| line.resolve.as_ref().map(|_| number))
                .collect();
            zone.remember(former, &group.checks, &lines);
            zone.remember_answers(former);
        }
    }

    /// The groups of the worker that writes that row take part.
    pub fn join(&self, groups: &mut Groups, row: usize) {
        for (group, zone) in groups.all.iter_mut().zip(&self.zones) {
            if let Some(zone) = zone {
                group.share_state(zone.of_worker(row));
            }
        }
        groups.wakers = self.wakers.clone().map(|wakers| (wakers, row));
        for (group, sessions) in groups.all.iter_mut().zip(&self.sessions) {
            if let (Some(sticky), Some(sessions)) = (&mut group.sticky, sessions) {
                sticky.sessions = Some(sessions.clone());
            }
        }
        let Some(shared_counters) = &self.shared_counters else { return };
        let shared_counters = shared_counters.of_worker(row);
        let mut first = 0;
        for (group, number) in groups.all.iter_mut().zip(0u32..) {
            let len = group.peers.len();
            group.share_counters(&shared_counters, number, Some(first));
            first += len + 1;
        }
        groups.shared_counters = Some(shared_counters);
    }

    /// Of each group that has one, for a look from outside.
    #[cfg(feature = "sim")]
    pub fn zones(&self) -> &[Option<Zone>] {
        &self.zones
    }

    /// What the worker of that row and number waits for, if it may be woken by others.
    pub fn assign_waker(&self, row: usize, number: usize) -> Option<&Socket> {
        self.wakers.as_ref()?.assign(row, number)
    }

    /// The worker is gone: what it held is given back in its place, and those who wait for it look.
    pub fn settle(&self, row: usize) {
        self.zones.iter().flatten().for_each(|zone| zone.settle(row));
        self.shared_counters.iter().for_each(|shared_counters| shared_counters.settle(row));
        self.wakers.iter().for_each(|wakers| wakers.settle(row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, zone: &str, size: usize) -> [conf::Group; 1] {
        let learn = conf::Learn { zone: zone.into(), size, timeout: 100, header: false };
        let sticky = Some(conf::Sticky { learn: Some(learn) });
        [conf::Group { name: name.as_bytes().into(), sticky, ..conf::Group::default() }]
    }

    fn open(groups: &[conf::Group]) -> SharedState {
        SharedState::open(groups, false, 1, [1, 2]).unwrap()
    }

    #[test]
    fn sessions_outlast_a_configuration_if_their_zone_does() {
        let first = open(&group("u", "z", 65_536));
        first.sessions[0].as_ref().unwrap().learn(b"a", true, 7, 100, 1000);
        for (zone, size, found) in
            [("z", 65_536, Some(7)), ("y", 65_536, None), ("z", 65_535, None)]
        {
            let groups = group("u", zone, size);
            assert_eq!(first.refusal(&groups), None);
            let mut next = open(&groups);
            next.remember(&first, &groups);
            assert_eq!(next.sessions[0].as_ref().unwrap().find(b"a", 100, 1001), found, "{zone}");
        }
    }

    #[test]
    fn the_sessions_of_one_upstream_never_become_another_s() {
        let first = open(&group("u", "z", 65_536));
        let words = "sticky zone \"z\" is used in upstream \"v\" while previously it was used in \
                     upstream \"u\"";
        assert_eq!(first.refusal(&group("v", "z", 65_536)).as_deref(), Some(words));
        assert_eq!(first.refusal(&group("v", "z", 131_072)), None);
    }
}
