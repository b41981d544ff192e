//! One process that is everything: it serves, and answers the signals itself.

use std::os::fd::OwnedFd;

use super::signals::{self, Action};
use super::start::{Failed, Program, emerg, routes};
use crate::event::{self, Side};
use crate::handler;
use crate::http::conf::{Conf, ListenIndex};
use crate::http::logs::AccessLogs;
use crate::modules;
use crate::os::net::{Driver, Socket};
use crate::os::{Errno, process, signal};
use crate::proxy::resolve;
use crate::serve::accept::accept;
use crate::worker::{ConnId, Exit, Owner, Worker};

/// Events taken by one wait, as nginx's `epoll_events`.
const BATCH: usize = 512;

/// Serves until it is told to end.
pub(super) fn cycle(
    conf: &'static Conf,
    logs: AccessLogs,
    sockets: Vec<(ListenIndex, Socket)>,
    caught: &OwnedFd,
    program: &Program,
) -> Result<(), Failed> {
    let (mut w, wake) = worker(conf, logs, sockets, caught)
        .map_err(|e| emerg(format!("the event loop cannot be made ({e})")))?;
    let mut deadline = None;
    loop {
        event::turn(&mut w);
        if signal::pending() {
            answer(&mut w, caught, program);
        }
        match w.exit {
            Exit::No => continue,
            Exit::Now => break,
            Exit::Graceful => {}
        }
        if deadline.is_none() {
            stop_accepting(&mut w);
            // Without `worker_shutdown_timeout` there is no end to the patience.
            let patience = conf.main.worker_shutdown_timeout;
            deadline = Some(patience.map_or(u64::MAX, |ms| w.event.now + ms));
            if let Some(ms) = patience {
                w.event.arm(wake, Side::Read, ms);
            }
        }
        if is_quiet(&w) || deadline.is_some_and(|end| w.event.now >= end) {
            break;
        }
    }
    crate::notice!("exiting");
    w.logs.flush();
    Ok(())
}

/// The worker with its listeners, and the connection by which signals wake it.
fn worker(
    conf: &'static Conf,
    logs: AccessLogs,
    sockets: Vec<(ListenIndex, Socket)>,
    caught: &OwnedFd,
) -> Result<(Worker, ConnId), Errno> {
    let driver = Driver::epoll(BATCH)?;
    let mut w = Worker::new(conf, Box::leak(Box::new(modules::pipeline())), driver, logs);
    w.error_logs = routes(conf).1;
    for (index, socket) in sockets {
        let owner = Owner::Listener(index);
        let id = w.event.add_level(socket, owner, handler!(accept), handler!(wake_up))?;
        w.listeners.push(id);
    }
    let copy = Socket::Fd(caught.try_clone()?);
    let wake = w.event.add(copy, Owner::Signals, handler!(wake_up), handler!(wake_up))?;
    w.own_conns = wake.serial();
    resolve::begin(&mut w);
    Ok((w, wake))
}

/// To have ended the wait is all: what came is read after the turn.
fn wake_up(_: &mut Worker, _: ConnId) {}

fn answer(w: &mut Worker, caught: &OwnedFd, program: &Program) {
    let mut buffer = [0; signal::BUFFER];
    let mut len = signal::receive(caught, &mut buffer);
    while len > 0 {
        for it in signal::records(&buffer[..len]) {
            crate::notice!("{}", signals::words(it));
            match Action::of(it.signal) {
                Action::Exit => w.exit = Exit::Now,
                Action::Quit => w.exit = w.exit.max(Exit::Graceful),
                Action::Reload => program.reload(),
                Action::Reopen => {
                    crate::notice!("reopening logs");
                    program.logs.reopen();
                    for (path, e) in process::as_root(|| w.logs.reopen()) {
                        crate::emerg!("open() \"{}\" failed ({e})", path.display());
                    }
                }
                Action::Nothing => {}
            }
        }
        len = signal::receive(caught, &mut buffer);
    }
}

/// Nobody new is let in, and who waits for nothing is let go.
fn stop_accepting(w: &mut Worker) {
    crate::notice!("gracefully shutting down");
    for id in std::mem::take(&mut w.listeners) {
        w.event.close(id);
    }
    while let Some(id) = w.event.oldest_reusable() {
        w.event.set_reusable(id, false);
        w.event.conns[id].give_up = true;
        w.event.post(id, Side::Read);
    }
    (w.pipeline.close_idle)(w);
}

/// Neither a client nor a request is left.
fn is_quiet(w: &Worker) -> bool {
    w.channels.is_empty() && w.requests.is_empty() && w.upstreams.is_empty()
}
