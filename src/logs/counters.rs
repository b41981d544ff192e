//! The counters of the server, one row for each worker in memory that all of them share: they are summed
//! when they are read. A worker writes only its own row, once a turn.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::os::Errno;
use crate::os::shm::{AtomicU64, Shared};

/// What `stub_status` tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    pub accepted: u64,
    pub handled: u64,
    pub requests: u64,
    /// The rest is what is the case now.
    pub active: u64,
    pub reading: u64,
    pub writing: u64,
    pub waiting: u64,
}

/// What has become of connections that speak HTTP/2, as `pool_status` tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Http2Totals {
    pub connections: u64,
    pub streams: u64,
    /// RST_STREAM of clients.
    pub resets_received: u64,
    /// RST_STREAM of this side.
    pub resets_sent: u64,
    /// Of these, the ones of streams beyond `http2_max_concurrent_streams`.
    pub refused: u64,
    /// GOAWAY with NO_ERROR, with ENHANCE_YOUR_CALM, and with other codes.
    pub goaway_no_error: u64,
    pub goaway_calm: u64,
    pub goaway_error: u64,
}

/// What has become of handshakes with clients, likewise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TlsTotals {
    /// They came to a good end; of these, sessions that went on.
    pub handshakes: u64,
    pub resumed: u64,
    /// The rest did not. `ssl_reject_handshake`.
    pub rejected: u64,
    /// The client has sent an alert: it does not trust the certificate, say.
    pub refused: u64,
    pub timed_out: u64,
    /// The client has closed.
    pub ended: u64,
    pub protocol: u64,
}

/// The rows, and which of them is this process's.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    /// Row 0 has the totals of workers that are gone. `None`: nothing is counted.
    all: Option<Arc<Shared>>,
    row: usize,
}

/// A row fills three cache lines, so that no worker slows another down: the second is HTTP/2's, the third TLS'.
const WIDTH: usize = 24;

/// Where row 0 says how many rows have been in use.
const USED: usize = 7;

/// Where the numbers of HTTP/2 begin.
const HTTP2: usize = 8;

/// Where those of TLS begin.
const TLS: usize = 16;

impl Counters {
    /// Room for this number of workers, of which the caller is the first.
    pub fn new(workers: usize) -> Result<Self, Errno> {
        let all = Shared::new((workers + 1) * WIDTH)?;
        let counters = Self { all: Some(Arc::new(all)), row: 0 };
        Ok(counters.of_worker(0))
    }

    /// The same rows for the process that is to write row `worker`.
    pub fn of_worker(&self, worker: usize) -> Self {
        let row = worker + 1;
        if let Some(all) = &self.all {
            all[USED].fetch_max(row as u64 + 1, Ordering::Relaxed);
        }
        Self { all: self.all.clone(), row }
    }

    pub fn set(&self, totals: Totals) {
        for (it, value) in self.row(self.row).iter().zip(totals.values()) {
            it.store(value, Ordering::Relaxed);
        }
    }

    pub fn set_http2(&self, totals: Http2Totals) {
        self.set_from(HTTP2, &totals.named());
    }

    pub fn set_tls(&self, totals: TlsTotals) {
        self.set_from(TLS, &totals.named());
    }

    fn set_from(&self, first: usize, named: &[(&str, u64)]) {
        for (it, (_, value)) in self.row(self.row).iter().skip(first).zip(named) {
            it.store(*value, Ordering::Relaxed);
        }
    }

    pub fn sum(&self) -> Totals {
        Totals::of(self.sum_from(0))
    }

    pub fn sum_http2(&self) -> Http2Totals {
        Http2Totals::of(self.sum_from(HTTP2))
    }

    pub fn sum_tls(&self) -> TlsTotals {
        TlsTotals::of(self.sum_from(TLS))
    }

    /// Over all rows, of the numbers from that one on.
    fn sum_from<const N: usize>(&self, first: usize) -> [u64; N] {
        let used = self.all.as_ref().map_or(0, |all| all[USED].load(Ordering::Relaxed) as usize);
        let mut values = [0; N];
        for row in 0..used {
            for (sum, it) in values.iter_mut().zip(self.row(row).iter().skip(first)) {
                *sum += it.load(Ordering::Relaxed);
            }
        }
        values
    }

    /// The worker of that row is gone: what it has done counts on, what it held does not.
    pub fn settle(&self, worker: usize) {
        let gone = self.row(worker + 1);
        let done = self.row(0).iter().zip(gone).enumerate();
        for (_, (sum, it)) in done.filter(|(at, _)| *at < 3 || *at >= HTTP2) {
            sum.fetch_add(it.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        for it in gone {
            it.store(0, Ordering::Relaxed);
        }
    }

    fn row(&self, row: usize) -> &[AtomicU64] {
        let all = self.all.as_deref().map_or(&[] as &[AtomicU64], |all| all);
        all.get(row * WIDTH..(row + 1) * WIDTH).unwrap_or(&[])
    }
}

impl Totals {
    fn values(self) -> [u64; 7] {
        let Self { accepted, handled, requests, active, reading, writing, waiting } = self;
        [accepted, handled, requests, active, reading, writing, waiting]
    }

    fn of(values: [u64; 7]) -> Self {
        let [accepted, handled, requests, active, reading, writing, waiting] = values;
        Self { accepted, handled, requests, active, reading, writing, waiting }
    }
}

impl Http2Totals {
    /// Each with its name.
    pub fn named(self) -> [(&'static str, u64); 8] {
        [
            ("connections", self.connections),
            ("streams", self.streams),
            ("resets_received", self.resets_received),
            ("resets_sent", self.resets_sent),
            ("refused", self.refused),
            ("goaway_no_error", self.goaway_no_error),
            ("goaway_enhance_your_calm", self.goaway_calm),
            ("goaway_error", self.goaway_error),
        ]
    }

    fn of(values: [u64; 8]) -> Self {
        let [connections, streams, resets_received, resets_sent, refused, ..] = values;
        let [.., goaway_no_error, goaway_calm, goaway_error] = values;
        Self {
            connections,
            streams,
            resets_received,
            resets_sent,
            refused,
            goaway_no_error,
            goaway_calm,
            goaway_error,
        }
    }
}

impl TlsTotals {
    /// Each with its name.
    pub fn named(self) -> [(&'static str, u64); 7] {
        [
            ("handshakes", self.handshakes),
            ("resumed", self.resumed),
            ("failed_rejected", self.rejected),
            ("failed_refused", self.refused),
            ("failed_timed_out", self.timed_out),
            ("failed_ended", self.ended),
            ("failed_protocol", self.protocol),
        ]
    }

    fn of(values: [u64; 7]) -> Self {
        let [handshakes, resumed, rejected, refused, timed_out, ended, protocol] = values;
        Self { handshakes, resumed, rejected, refused, timed_out, ended, protocol }
    }
}

#[cfg(test)]
mod tests {
    use super::{Counters, Http2Totals, TlsTotals, Totals};

    #[test]
    fn rows_are_summed_and_the_dead_hold_nothing() {
        let one = Counters::new(3).unwrap();
        let two = one.of_worker(2);
        let some = Totals {
            accepted: 5,
            handled: 4,
            requests: 9,
            active: 3,
            reading: 1,
            writing: 1,
            waiting: 1,
        };
        one.set(some);
        two.set(Totals { accepted: 10, waiting: 2, ..Totals::default() });
        assert_eq!(one.sum(), Totals { accepted: 15, waiting: 3, ..some });
        one.settle(2);
        one.settle(2);
        assert_eq!(two.sum(), Totals { accepted: 15, ..some });
        let http2 = Http2Totals { streams: 7, goaway_error: 2, ..Http2Totals::default() };
        one.set_http2(http2);
        two.set_http2(Http2Totals { connections: 1, ..http2 });
        one.settle(2);
        let all = Http2Totals { connections: 1, streams: 14, goaway_error: 4, ..http2 };
        assert_eq!((two.sum_http2(), two.sum().accepted), (all, 15));
        one.set_tls(TlsTotals { resumed: 3, protocol: 5, ..TlsTotals::default() });
        two.set_tls(TlsTotals { handshakes: 2, ..TlsTotals::default() });
        one.settle(2);
        let tls = TlsTotals { handshakes: 2, resumed: 3, protocol: 5, ..TlsTotals::default() };
        assert_eq!((two.sum_tls(), two.sum_http2()), (tls, all));
        // The next worker in this row counts from 0.
        two.set(Totals { accepted: 1, ..Totals::default() });
        assert_eq!(two.sum().accepted, 16);
    }

    #[test]
    fn without_memory_nothing_is_counted() {
        let none = Counters::default();
        none.set(Totals { accepted: 5, ..Totals::default() });
        none.settle(0);
        assert_eq!(none.sum(), Totals::default());
    }
}
