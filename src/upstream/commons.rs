//! What the workers of one configuration have in common: the counters, and of groups with a `zone` what is
//! known of their peers. It is made before they are forked.

use crate::os::Errno;

use super::board::Board;
use super::conf;
use super::group::Groups;
use super::zone::Zone;

#[derive(Debug, Default)]
pub struct Commons {
    /// Of each group that has one.
    zones: Box<[Option<Zone>]>,
    /// `None`: each worker counts alone.
    board: Option<Board>,
}

/// Addresses that a `server` line with `resolve` is expected to come to, in the course of time.
const OF_A_NAME: usize = 64;
/// Peers of groups that are made at run time.
const OF_RUN_TIME: usize = 1024;

impl Commons {
    /// For so many workers at a time. `run_time`: groups may be made while they run.
    pub fn open(groups: &[conf::Group], run_time: bool, workers: usize) -> Result<Self, Errno> {
        let zones = groups.iter().map(|group| Zone::of_group(group, workers));
        let of_line = |line: &conf::ServerLine| match line.resolve {
            Some(_) => OF_A_NAME,
            None => line.addrs.len(),
        };
        let peers: usize = groups.iter().flat_map(|group| &group.servers).map(of_line).sum();
        let peers = peers + groups.len() + if run_time { OF_RUN_TIME } else { 0 };
        Ok(Self { zones: zones.collect::<Result<_, _>>()?, board: Board::new(peers, workers).ok() })
    }

    /// What is to be known longer than a configuration lasts; `groups` are those of this one.
    pub fn remember(&self, former: &Self, groups: &[conf::Group]) {
        for (group, zone) in groups.iter().zip(&self.zones) {
            let Some(zone) = zone else { continue };
            let mut formers = former.zones.iter().flatten();
            let Some(former) = formers.find(|former| former.name == zone.name) else { continue };
            let lines: Vec<u16> = (0..)
                .zip(&group.servers)
                .filter_map(|(number, line)| line.resolve.as_ref().map(|_| number))
                .collect();
            zone.remember(former, &group.checks, &lines);
        }
    }

    /// The groups of the worker that writes that row take part.
    pub fn join(&self, groups: &mut Groups, row: usize) {
        for (group, zone) in groups.all.iter_mut().zip(&self.zones) {
            if let Some(zone) = zone {
                group.share_state(zone.of_worker(row));
            }
        }
        let Some(board) = &self.board else { return };
        let board = board.of_worker(row);
        let mut first = 0;
        for (group, number) in groups.all.iter_mut().zip(0u32..) {
            let len = group.peers.len();
            group.share_counters(&board, number, Some(first));
            first += len + 1;
        }
        groups.board = Some(board);
    }

    /// The worker is gone: what it held is given back in its place.
    pub fn settle(&self, row: usize) {
        self.zones.iter().flatten().for_each(|zone| zone.settle(row));
        self.board.iter().for_each(|board| board.settle(row));
    }
}
