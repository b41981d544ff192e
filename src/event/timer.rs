//! Timers, the laziest way: arming stores a deadline and cancelling clears it; the wheel is asked again only
//! when the old deadline passes, or when the new one is earlier.

use crate::base::ids::ConnId;
use crate::base::wheel::TimerId;

use super::{Host, Reactor, Side, Wake};

/// A timer of a job: whoever arms it keeps this to cancel it.
pub type JobTimer<W> = TimerId<Wake<W>>;

impl<W: Host> Reactor<W> {
    /// Calls the side's handler with `timedout` set in `after` ms, unless armed again or cancelled.
    pub fn arm(&mut self, id: ConnId, side: Side, after: u64) {
        let deadline = self.now + after;
        let event = self.conns[id].side_mut(side);
        event.timedout = false;
        event.deadline = deadline;
        log::debug!("event timer add: {}: {after}:{deadline}", self.conns[id].socket.number());
        let event = self.conns[id].side_mut(side);
        match event.timer {
            None => event.timer = Some(self.wheel.set(deadline, Wake::Side(id, side))),
            Some(timer) => {
                if self.wheel.deadline(timer).is_none_or(|old| old > deadline) {
                    self.wheel.reset(timer, deadline);
                }
            }
        }
    }

    /// As `arm`, unless it would run out before.
    pub fn arm_sooner(&mut self, id: ConnId, side: Side, after: u64) {
        let event = self.conns[id].side(side);
        if event.deadline == 0 || event.deadline > self.now + after {
            self.arm(id, side, after);
        }
    }

    pub fn cancel(&mut self, id: ConnId, side: Side) {
        if let Some(c) = self.conns.get_mut(id) {
            let event = c.side_mut(side);
            event.deadline = 0;
            event.timedout = false;
        }
    }

    /// As `cancel`, for a timer that is not likely to be armed again soon: its memory is freed at once.
    pub fn disarm(&mut self, id: ConnId, side: Side) {
        self.cancel(id, side);
        let timer = self.conns.get_mut(id).and_then(|c| c.side_mut(side).timer.take());
        if let Some(timer) = timer {
            self.wheel.cancel(timer);
        }
    }

    pub fn arm_job(&mut self, job: W::Job, after: u64) -> JobTimer<W> {
        self.wheel.set(self.now + after, Wake::Job(job))
    }

    pub fn cancel_job(&mut self, timer: JobTimer<W>) {
        self.wheel.cancel(timer);
    }

    /// Timers that will call somebody; those only cancelled lazily are not counted.
    pub fn timers(&self) -> usize {
        self.wheel
            .iter()
            .filter(|wake| match wake {
                Wake::Job(_) => true,
                Wake::Side(id, side) => {
                    self.conns.get(*id).is_some_and(|c| c.side(*side).deadline != 0)
                }
            })
            .count()
    }
}

/// Runs what is due.
pub(super) fn expire<W: Host>(w: &mut W) {
    let now = w.event().now;
    while let Some(wake) = w.event().wheel.expire(now) {
        let (id, side) = match wake {
            Wake::Job(job) => {
                w.run(job);
                continue;
            }
            Wake::Side(id, side) => (id, side),
        };
        let event = w.event();
        let Some(c) = event.conns.get_mut(id) else {
            continue;
        };
        let it = c.side_mut(side);
        it.timer = None;
        if it.deadline == 0 {
            continue;
        }
        if it.deadline > now {
            it.timer = Some(event.wheel.set(it.deadline, wake));
            continue;
        }
        it.deadline = 0;
        it.timedout = true;
        let handler = it.handler;
        handler.run(w, id);
    }
}
