//! `least_time`: the shortest time to a response, by the average so far and what is under way.

use super::balancer::{Ask, End, Tier};
use super::least_conn;
use super::peers::Peer;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeastTime {
    /// The time to the end of the response counts, not that to its head.
    pub last_byte: bool,
    /// The age of requests without an answer counts too.
    pub inflight: bool,
}

/// What a peer's responses took, in milliseconds.
#[derive(Default, Debug)]
pub struct Times {
    header: Average,
    response: Average,
    /// Requests under way whose answer is awaited, and the sum of the times at which they began.
    inflight: u32,
    starts: u64,
}

/// A mean in which what is long ago fades.
#[derive(Default, Clone, Copy, Debug)]
struct Average(Option<f64>);

/// Each new time counts for so much.
const SHARE: f64 = 1.0 / 20.0;
/// Times within as many milliseconds are equal, so that peers with about the same take turns.
const STEP: u64 = 20;
/// Times above this are equally bad.
const MOST: u64 = 5000;

impl Average {
    fn add(&mut self, time: u64) {
        let time = time as f64;
        self.0 = Some(self.0.map_or(time, |mean| mean + (time - mean) * SHARE));
    }
}

impl LeastTime {
    pub fn pick(self, tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
        least_conn::least(tier, ask, |peer| u128::from(self.estimate(peer, ask.now)))
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
