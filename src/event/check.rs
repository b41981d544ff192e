//! Sees that the reactor keeps its own rules: for the simulation, which asks after every turn.

use crate::base::ids::ConnId;
use crate::os::net::Socket;

use super::{Connection, Host, Reactor, Side, Wake};

const SIDES: [Side; 2] = [Side::Read, Side::Write];

impl<W: Host> Reactor<W> {
    /// What is wrong between two turns, if anything is.
    pub fn check(&mut self) -> Result<(), String> {
        if !self.closed.is_empty() {
            return Err("closed connections outlive the turn".into());
        }
        let reusable = self.reusable.check(&mut self.conns)?;
        for id in reusable {
            if self.conns[id].socket.is_closed() {
                return Err(format!("{id:?} is closed and waits to be reused"));
            }
        }
        // Few at a time: lists that are searched cost less than maps.
        let posted: Vec<(ConnId, Side)> = self
            .posted
            .iter()
            .filter_map(|wake| match *wake {
                Wake::Side(id, side) => Some((id, side)),
                Wake::Job(_) => None,
            })
            .collect();
        let mut timed = Vec::new();
        for (timer, wake) in self.wheel.check()? {
            if let Wake::Side(id, side) = wake {
                if self.conns.get(id).is_none() {
                    return Err(format!("a timer belongs to {id:?}, which is gone"));
                }
                timed.push(((id, side), timer));
            }
        }
        for (id, c) in self.conns.iter() {
            let state = |e: String| format!("{id:?} ({}): {e}", c.read.handler.name());
            check_socket(id, c).map_err(state)?;
            for side in SIDES {
                let (event, key) = (c.side(side), (id, side));
                let times = posted.iter().filter(|&&other| other == key).count();
                if times != usize::from(event.posted) {
                    return Err(state(format!("posted {times} times, says {}", event.posted)));
                }
                let mut timers = timed.iter().filter(|(other, _)| *other == key).map(|it| it.1);
                if timers.next() != event.timer || timers.next().is_some() {
                    return Err(state("its timer is not in the wheel, or another is".into()));
                }
                let due = event.timer.and_then(|timer| self.wheel.deadline(timer));
                let asked = event.timer.map(|_| event.rings);
                if due != asked || (event.is_armed() && due.is_none()) {
                    return Err(state(format!("rings at {due:?}, expected at {asked:?}")));
                }
            }
        }
        Ok(())
    }

    /// The jobs that run in the next turn, or in one to come.
    pub fn posted_jobs(&self) -> impl Iterator<Item = W::Job> {
        let posted = self.posted.iter().filter_map(|wake| match *wake {
            Wake::Side(..) => None,
            Wake::Job(job) => Some(job),
        });
        posted.chain(self.deferred.iter().copied())
    }
}

/// `ready` is the truth: an edge whose bytes were not taken is known.
fn check_socket<W: Host>(id: ConnId, c: &Connection<W>) -> Result<(), String> {
    let socket = match &c.socket {
        Socket::Sim(socket) => socket,
        Socket::Closed => return Err("closed and not freed".into()),
        Socket::Fd(_) => return Ok(()),
    };
    if socket.token().is_some_and(|token| token != id.into()) {
        return Err("its events go to another".into());
    }
    let truth = socket.truth();
    // A listener is level-triggered, and needs no memory.
    if socket.is_listener() {
        return Ok(());
    }
    if truth.readable && !c.read.ready {
        return Err("readable and not ready: no edge will come".into());
    }
    if truth.writable && !c.write.ready {
        return Err("writable and not ready: no edge will come".into());
    }
    if truth.ended && !c.ended {
        return Err("its end has been told and is forgotten".into());
    }
    Ok(())
}
