//! A worker: what it gives up before it serves, the loop, and its end.
//!
//! The loop is the one of a process that is alone, too: only what a signal means differs.

use std::os::fd::OwnedFd;

use super::children::Role;
use super::cycle::Cycle;
use super::environment;
use super::signals::{self, Action, Part};
use super::start::{Failed, Program, emerg, routes};
use crate::event::{self, Side};
use crate::handler;
use crate::http::conf::{Conf, ListenIndex};
use crate::http::settings::main::Main;
use crate::logs::access::AccessLogs;
use crate::logs::counters::Counters;
use crate::logs::error::ErrorLogs;
use crate::modules;
use crate::os::clock::Clock;
use crate::os::net::{Driver, Io, Socket};
use crate::os::signal::{self, Caught};
use crate::os::title::{self, Title};
use crate::os::{Errno, channel, process};
use crate::proxy::pool::{health, queue, resolve};
use crate::serve::accept::{self, accept};
use crate::serve::h1::connection;
use crate::serve::h2;
use crate::shared::zone::Process;
use crate::worker::{ChannelId, ConnId, Exit, Owner, Worker};

/// What a new process learns of itself.
#[derive(Debug)]
pub(super) struct Birth {
    pub role: Role,
    /// Of the counters, its own.
    pub row: usize,
    /// To the master.
    pub channel: OwnedFd,
    /// By which all workers of the master tell the time to one another.
    pub clock: Clock,
}

/// The worker accepts.
pub(super) const READY: u8 = b'+';
/// From the master: stop; clients that rest have time to ask once more, since others serve the next ones.
pub(super) const RETIRE: u8 = b'r';
/// From the master: stop; no process takes over.
pub(super) const QUIT: u8 = b'q';

/// What `ps` shows of it, as of nginx's but for the name.
const TITLE: &[u8] = b"peerage: worker process";
const LEAVING_TITLE: &[u8] = b"peerage: worker process is shutting down";

/// How long resting clients are waited for, in each of the two cases.
const RETIRE_MS: u64 = 5000;
const QUIT_MS: u64 = 200;

/// The exit status of a worker that cannot be: another would fare no better.
pub(super) const FATAL: i32 = 2;

/// Events taken by one wait, as nginx's `epoll_events`.
const BATCH: usize = 512;

/// The sockets to accept from, which `listen` they are for, and whether other processes do so too.
type Sockets = Vec<(ListenIndex, Vec<Socket>, bool)>;

/// In a process that was just forked: serves until a signal or the master ends it.
pub(super) fn run(
    cycle: Cycle,
    counters: &Counters,
    number: usize,
    birth: Birth,
    program: &Program,
) {
    program.title.set(TITLE);
    let Ok((mut w, wake, caught)) = begin(cycle, counters, number, birth) else {
        std::process::exit(FATAL);
    };
    let logs = program.logs;
    serve(&mut w, wake, program.title, |w| answer(w, &caught, Part::Worker, logs, || {}));
}

/// What each process of the master does first. Returns where its signals arrive.
pub(super) fn begin_child(cycle: &Cycle) -> Result<OwnedFd, Failed> {
    let caught = signal::catch().map_err(|e| emerg(format!("sigaction() failed ({e})")))?;
    let main = &cycle.conf.main;
    limits(main);
    forget_environment(main);
    if let Some(user) = &cycle.user {
        process::become_user(user, cycle.conf.binds_transparent())
            .map_err(|(call, e)| emerg(format!("{call}({}) failed ({e})", user.name)))?;
    }
    go_to_folder(main)?;
    Ok(caught)
}

fn begin(
    cycle: Cycle,
    counters: &Counters,
    number: usize,
    birth: Birth,
) -> Result<(Worker, ConnId, OwnedFd), Failed> {
    let caught = begin_child(&cycle)?;
    let main = &cycle.conf.main;
    let cpus = main.worker_cpu_affinity.as_ref().and_then(|it| it.of_worker(number));
    if let Some(cpus) = cpus {
        if let Err(e) = process::set_affinity(&cpus) {
            crate::alert!("sched_setaffinity() failed ({e})");
        }
    }
    let workers = main.worker_processes.max(1) as usize;
    let take = |it: super::listeners::Listening| {
        let index = it.index;
        let (sockets, shared) = it.of_worker(number, workers);
        (index, sockets, shared)
    };
    let sockets = cycle.listening.into_iter().map(take).collect();
    let (mut w, wake) = make(cycle.conf, cycle.logs, sockets, &caught, birth.clock)?;
    cycle.shared.join(&mut w.groups, birth.row);
    w.zones = cycle.zones.of_process(Process::own(birth.row));
    w.conf.http.attach_sessions(&w.zones);
    resolve::start_from_last(&mut w);
    w.groups.begin_at(number);
    if let Some(waker) = cycle.shared.assign_waker(birth.row, number) {
        hear_others(&mut w, wake, waker)?;
    }
    w.counters = counters.of_worker(birth.row);
    #[cfg(feature = "lua")]
    modules::lua::start_worker(&mut w, cycle.lua, number);
    let told = channel::send(&birth.channel, READY);
    let (socket, hear) = (Socket::Fd(birth.channel), handler!(hear));
    match w.event.add(socket, Owner::Signals, hear, handler!(wake_up)) {
        Ok(id) => w.own_conns = id.serial(),
        Err(e) => return Err(emerg(format!("the master cannot be heard ({e})"))),
    }
    if told.is_err() {
        orphaned(&mut w);
    }
    Ok((w, wake, caught))
}

/// The worker with its listeners, and the connection by which signals wake it.
pub(super) fn make(
    conf: Conf,
    logs: AccessLogs,
    sockets: Sockets,
    caught: &OwnedFd,
    clock: Clock,
) -> Result<(Worker, ConnId), Failed> {
    // One process serves one configuration for all its life.
    let conf: &'static Conf = Box::leak(Box::new(conf));
    let make = || -> Result<_, Errno> {
        let driver = Driver::epoll_by(clock, BATCH)?;
        let mut w = Worker::new(conf, Box::leak(Box::new(modules::pipeline(conf))), driver, logs);
        w.error_logs = routes(conf).1;
        for (index, sockets, shared) in sockets {
            for socket in sockets {
                let (owner, read) = (Owner::Listener(index), handler!(accept));
                let id = match shared {
                    true => w.event.add_shared(socket, owner, read, handler!(wake_up))?,
                    false => w.event.add_level(socket, owner, read, handler!(wake_up))?,
                };
                w.listeners.push(id);
            }
        }
        let copy = Socket::Fd(caught.try_clone()?);
        let wake = w.event.add(copy, Owner::Signals, handler!(wake_up), handler!(wake_up))?;
        w.own_conns = wake.serial();
        resolve::begin(&mut w);
        health::begin(&mut w);
        Ok((w, wake))
    };
    make().map_err(|e| emerg(format!("the event loop cannot be made ({e})")))
}

/// The loop, until the end. `answer` reads the signals that came.
pub(super) fn serve(
    w: &mut Worker,
    wake: ConnId,
    title: Title,
    mut answer: impl FnMut(&mut Worker),
) {
    let mut deadline = None;
    let mut grace_ms = 0;
    loop {
        event::turn(w);
        if signal::pending() {
            answer(w);
        }
        match w.exit {
            Exit::No => continue,
            Exit::Now => break,
            Exit::Graceful => {}
        }
        if deadline.is_none() {
            title.set(LEAVING_TITLE);
            stop_accepting(w);
            // Without `worker_shutdown_timeout` there is no end to the patience.
            let patience = w.conf.main.worker_shutdown_timeout;
            deadline = Some(patience.map_or(u64::MAX, |ms| w.event.now + ms));
            if let Some(ms) = patience {
                w.event.arm(wake, Side::Read, ms);
            }
        }
        if grace_ms != w.grace_ms {
            grace_ms = w.grace_ms;
            retire_clients(w);
        }
        if is_quiet(w) || deadline.is_some_and(|end| w.event.now >= end) {
            break;
        }
    }
    #[cfg(feature = "lua")]
    modules::lua::exit_worker(w);
    crate::notice!("exiting");
    w.logs.flush();
}

/// Other workers can wake this one, as signals do: that takes none of `worker_connections`.
fn hear_others(w: &mut Worker, wake: ConnId, waker: &Socket) -> Result<(), Failed> {
    w.event.conns[wake].read.handler = handler!(woken);
    let heard = w.event.driver.register(waker, wake.into());
    heard.map_err(|e| emerg(format!("other workers cannot be heard ({e})")))
}

/// By a signal or by another worker.
fn woken(w: &mut Worker, _: ConnId) {
    queue::woken(w);
}

/// To have ended the wait is all: what came is read after the turn.
fn wake_up(_: &mut Worker, _: ConnId) {}

/// The read handler of the channel to the master.
fn hear(w: &mut Worker, conn: ConnId) {
    let mut bytes = [0; 16];
    loop {
        match w.event.recv(conn, &mut bytes) {
            Io::Done(n) => bytes[..n].iter().for_each(|&byte| obey(w, byte)),
            Io::Again => return,
            Io::Eof | Io::Fail(_) => {
                w.event.close(conn);
                return orphaned(w);
            }
        }
    }
}

fn obey(w: &mut Worker, byte: u8) {
    match byte {
        RETIRE => quit(w, RETIRE_MS),
        QUIT => quit(w, QUIT_MS),
        _ => {}
    }
}

/// No process is left that would end this one, and the addresses have to be free for the next start.
fn orphaned(w: &mut Worker) {
    if w.exit == Exit::No {
        log::error!("the master process is gone");
        quit(w, RETIRE_MS);
    }
}

fn quit(w: &mut Worker, grace_ms: u64) {
    w.exit = w.exit.max(Exit::Graceful);
    w.grace_ms = if w.grace_ms == 0 { grace_ms } else { w.grace_ms.min(grace_ms) };
}

/// Reads the signals that came, and obeys them.
pub(super) fn answer(
    w: &mut Worker,
    caught: &OwnedFd,
    part: Part,
    logs: ErrorLogs,
    mut reload: impl FnMut(),
) {
    for (it, action) in receive(caught, part) {
        crate::notice!("{}", signals::words(it, action));
        match action {
            Action::Exit => w.exit = Exit::Now,
            // The master starts another in place of a worker.
            Action::Quit if part == Part::Worker => quit(w, RETIRE_MS),
            Action::Quit => quit(w, QUIT_MS),
            Action::Reload => reload(),
            Action::Reopen => {
                crate::notice!("reopening logs");
                logs.reopen();
                for (path, e) in w.logs.reopen() {
                    crate::emerg!("open() \"{}\" failed ({e})", path.display());
                }
            }
            Action::Upgrade | Action::StopWorkers | Action::Reap | Action::Nothing => {}
        }
    }
}

/// The signals that came, and what each means.
pub(super) fn receive(caught: &OwnedFd, part: Part) -> Vec<(Caught, Action)> {
    let mut buffer = [0; signal::BUFFER];
    let mut all = Vec::new();
    loop {
        let len = signal::receive(caught, &mut buffer);
        if len == 0 {
            return all;
        }
        all.extend(signal::records(&buffer[..len]).map(|it| (it, Action::of(it, part))));
    }
}

/// No new client is accepted.
fn stop_accepting(w: &mut Worker) {
    crate::notice!("gracefully shutting down");
    for id in std::mem::take(&mut w.listeners) {
        accept::leave(w, id);
    }
    (w.pipeline.close_idle)(w);
}

/// Idle clients are closed, sooner or later.
fn retire_clients(w: &mut Worker) {
    let resting = w.channels.iter().filter(|(_, channel)| channel.is_resting());
    let resting: Vec<ConnId> = resting.map(|(_, channel)| channel.conn).collect();
    let busy = w.channels.iter().filter(|(_, channel)| channel.h2.is_some());
    let with_h2: Vec<ChannelId> = busy.map(|(id, _)| id).collect();
    for id in resting {
        connection::retire(w, id);
    }
    for id in with_h2 {
        h2::retire(w, id);
    }
}

/// Neither a client nor a request is left.
fn is_quiet(w: &Worker) -> bool {
    w.channels.is_empty() && w.requests.is_empty() && w.upstreams.is_empty()
}

pub(super) fn go_to_folder(main: &Main) -> Result<(), Failed> {
    let Some(folder) = &main.working_directory else { return Ok(()) };
    std::env::set_current_dir(folder)
        .map_err(|e| emerg(format!("chdir(\"{}\") failed ({})", folder.display(), Errno::from(e))))
}

/// Only what `env` names is left, and the time zone.
pub(super) fn forget_environment(main: &Main) {
    let own: Vec<_> = std::env::vars_os().collect();
    title::set_environment(&environment::kept(&main.env, &own));
}

/// What cannot be had is said, and done without.
pub(super) fn limits(main: &Main) {
    if main.worker_priority != 0 {
        if let Err(e) = process::set_priority(main.worker_priority) {
            crate::alert!("setpriority({}) failed ({e})", main.worker_priority);
        }
    }
    if let Some(files) = main.worker_rlimit_nofile {
        if let Err(e) = process::set_limit_of_files(files) {
            crate::alert!("setrlimit(RLIMIT_NOFILE, {files}) failed ({e})");
        }
    }
    if let Some(bytes) = main.worker_rlimit_core {
        if let Err(e) = process::set_limit_of_core(bytes) {
            crate::alert!("setrlimit(RLIMIT_CORE, {bytes}) failed ({e})");
        }
    }
}
