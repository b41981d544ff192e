//! Timers, the laziest way: arming stores a deadline and cancelling clears it; the wheel is asked again only
//! when the old deadline passes, or when the new one is earlier. A side keeps when its timer in the wheel rings,
//! and how much later the deadline is.

use crate::base::ids::ConnId;
use crate::base::wheel::TimerId;

use super::{Host, Reactor, Side, Wake};

/// A timer of a job, by which it is cancelled.
pub type JobTimer<W> = TimerId<Wake<W>>;

impl<W: Host> Reactor<W> {
    /// Calls the side's handler with `timedout` set in `after` ms, unless armed again or cancelled.
    pub fn arm(&mut self, id: ConnId, side: Side, after: u64) {
        let deadline = self.now + after;
        let c = &mut self.conns[id];
        log::debug!("event timer add: {}: {after}:{deadline}", c.socket.number());
        let event = c.side_mut(side);
        event.timedout = false;
        let later = deadline.checked_sub(event.rings).and_then(|it| u32::try_from(it + 1).ok());
        if let (Some(_), Some(later)) = (event.timer, later) {
            event.later = later;
            return;
        }
        (event.rings, event.later) = (deadline, 1);
        match event.timer {
            Some(timer) => self.wheel.reset(timer, deadline),
            None => event.timer = Some(self.wheel.set(deadline, Wake::Side(id, side))),
        }
    }

    /// As `arm`, unless it would run out before.
    pub fn arm_sooner(&mut self, id: ConnId, side: Side, after: u64) {
        if self.conns[id].side(side).deadline().is_none_or(|it| it > self.now + after) {
            self.arm(id, side, after);
        }
    }

    pub fn cancel(&mut self, id: ConnId, side: Side) {
        if let Some(c) = self.conns.get_mut(id) {
            let event = c.side_mut(side);
            event.later = 0;
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

    /// Timers that will call a handler; those only cancelled lazily are not counted.
    pub fn timers(&self) -> usize {
        self.wheel
            .iter()
            .filter(|wake| match wake {
                Wake::Job(_) => true,
                Wake::Side(id, side) => {
                    self.conns.get(*id).is_some_and(|c| c.side(*side).is_armed())
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
        let Some(deadline) = it.deadline() else { continue };
        if deadline > now {
            it.timer = Some(event.wheel.set(deadline, wake));
            (it.rings, it.later) = (deadline, 1);
            continue;
        }
        it.later = 0;
        it.timedout = true;
        let handler = it.handler;
        handler.run(w, id);
    }
}
