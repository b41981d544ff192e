//! `least_time`: the shortest time to a response, by the average so far and what is under way.

use super::hint::End;
use super::least_conn;
use super::method::LeastTime;
use super::tier::{Ask, Tier};
use super::times::Times;
use crate::upstream::peers::Peer;

/// Times within as many milliseconds are equal, so that peers with about the same take turns.
const STEP: u64 = 20;
/// Times above this are equally bad.
const MOST: u64 = 5000;

impl LeastTime {
    pub fn pick(self, tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
        least_conn::least(tier, ask, |peer| self.estimate(peer, ask.now))
    }

    /// How long the peer would take to answer one request more.
    pub fn estimate(self, peer: &Peer, now: u64) -> u64 {
        let Times { header, response, inflight, starts } = &peer.times;
        let mean = if self.last_byte { response } else { header };
        let mut time = mean.0.unwrap_or(0.0) as u64;
        // A slow peer that was not asked for a while gets another chance: half of it each `fail_timeout`.
        let idle = now.saturating_sub(peer.checked) / (peer.settings.fail_timeout + 1);
        time = time.checked_shr(u32::try_from(idle).unwrap_or(u32::MAX)).unwrap_or(0);
        if self.inflight && *inflight > 0 {
            time = time.max(now.saturating_sub(starts / u64::from(*inflight)));
        }
        time = if time > MOST { MOST } else { time - time % STEP + STEP };
        time * (1 + u64::from(peer.conns))
    }

    pub fn begun(self, peer: &mut Peer, now: u64) {
        if self.inflight {
            peer.times.inflight += 1;
            peer.times.starts += now;
        }
    }

    pub fn heard(self, peer: &mut Peer, start: u64, now: u64) {
        peer.times.header.add(now - start);
        if !self.last_byte {
            self.landed(peer, start);
        }
    }

    pub fn done(self, peer: &mut Peer, end: End, now: u64) {
        if self.last_byte || !end.heard {
            self.landed(peer, end.start);
        }
        // Failures are not counted as quick answers.
        if end.well && end.heard {
            peer.times.response.add(now - end.start);
        }
    }

    /// A request is answered, or will not be.
    fn landed(self, peer: &mut Peer, start: u64) {
        if self.inflight {
            peer.times.inflight -= 1;
            peer.times.starts -= start;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::balance::balancer::tests::{Client, Pool, letter};
    use crate::upstream::balance::method::Method;

    /// One request, whose answer takes as long as `takes` says of the peer: to its head, to its end.
    fn one(pool: &mut Pool, takes: &[(u64, u64)]) -> usize {
        let mut client = Client::default();
        let at = pool.pick(&mut client).unwrap();
        pool.now += takes[at].0;
        pool.heard(&mut client);
        pool.now += takes[at].1;
        pool.done(&mut client, false);
        at
    }

    fn counts(how: LeastTime, lines: &[&str], takes: &[(u64, u64)]) -> Vec<usize> {
        let mut pool = Pool::new(Method::LeastTime(how), lines);
        let mut counts = vec![0; lines.len()];
        for _ in 0..60 {
            counts[one(&mut pool, takes)] += 1;
        }
        counts
    }

    #[test]
    fn the_quick_are_preferred() {
        let header = LeastTime { last_byte: false, inflight: false };
        let last_byte = LeastTime { last_byte: true, ..header };
        // Within 20 ms all are equal, and take turns.
        assert_eq!(counts(header, &["a", "b", "c"], &[(3, 9), (8, 0), (1, 1)]), [20, 20, 20]);
        assert_eq!(counts(header, &["a", "b"], &[(3, 500), (100, 0)]), [59, 1]);
        // The slow one is tried again for each time that `fail_timeout` passes.
        assert_eq!(counts(last_byte, &["a", "b"], &[(3, 300), (100, 0)]), [1, 59]);
        assert_eq!(counts(last_byte, &["a fail_timeout=1s", "b"], &[(3, 300), (10, 0)])[0], 1);
        assert!(counts(last_byte, &["a fail_timeout=1s", "b"], &[(3, 300), (100, 0)])[0] > 1);
        // Four times the weight makes up for three times the time.
        assert_eq!(counts(header, &["a weight=4", "b"], &[(45, 0), (5, 0)]), [60, 0]);
    }

    #[test]
    fn requests_under_way_count() {
        for (inflight, expected) in [(false, "abba"), (true, "abbb")] {
            let how = LeastTime { last_byte: false, inflight };
            let mut pool = Pool::new(Method::LeastTime(how), &["a", "b"]);
            let mut stuck = Client::default();
            let mut picked = String::new();
            picked.push(letter(pool.pick(&mut stuck)));
            pool.now += 3000;
            let mut held = vec![];
            for _ in 0..3 {
                let mut client = Client::default();
                picked.push(letter(pool.pick(&mut client)));
                held.push(client);
            }
            // b is as busy as a after one, but a does not answer.
            assert_eq!(picked.as_str(), expected);
            held.push(stuck);
            for mut client in held {
                pool.heard(&mut client);
                pool.done(&mut client, false);
            }
            assert!(pool.group.peers.iter().all(|peer| peer.times.inflight == 0));
            assert!(pool.group.peers.iter().all(|peer| peer.times.starts == 0));
        }
    }

    #[test]
    fn a_failure_is_not_a_quick_answer() {
        let how = LeastTime { last_byte: true, inflight: true };
        let mut pool = Pool::new(Method::LeastTime(how), &["a max_fails=0", "b"]);
        let mut client = Client::default();
        pool.pick(&mut client);
        pool.heard(&mut client);
        pool.done(&mut client, true);
        let times = &pool.group.peers[0].times;
        assert_eq!((times.response.0, times.inflight), (None, 0));
    }
}
