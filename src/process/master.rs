//! The master: opens what workers need, starts them, watches over them, answers the signals. It reads
//! no traffic, and so there is nothing that a client could do to it.
//!
//! A new configuration is opened whole before anything of the old one is given up; its workers accept
//! before those of the old one are signalled to end, and all of them share the same sockets.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use super::caches;
use super::children::{Budget, Child, Children, MOST, Role, State};
use super::cycle::{Cycle, Purpose};
use super::listeners;
use super::pid::PidFile;
use super::signals::{self, Action, Part};
use super::start::{self, Program};
use super::upgrade;
use super::worker::{self, Birth};
use crate::logs::counters::Counters;
use crate::os::clock::Clock;
use crate::os::process::{self, Ended, Fork};
use crate::os::signal::{self, Signal};
use crate::os::{Errno, channel};
use crate::shared::zone::Process;

/// What is said when the binary is to be changed while two of them are there.
const NOT_TWICE: &str = "the changing binary signal is ignored: you should shutdown or terminate \
                         before either old or new binary's process";

/// How long workers have to end after `TERM` before they are killed.
const TERM_MS: u64 = 1000;

/// How long all the workers of a new configuration are waited for; then some of them are enough.
const READY_MS: u64 = 5000;

/// Serves until a signal ends it; in a worker, until that ends.
pub(super) fn run(
    program: &Program,
    mut cycle: Cycle,
    caught: OwnedFd,
    pid: PidFile,
    parent: Option<i32>,
) {
    // It may have become another process since they were opened.
    cycle.zones = cycle.zones.of_process(Process::own(MOST));
    let clock = Clock::new();
    program.title.set(&title(&program.args));
    let workers = cycle.conf.main.worker_processes as usize;
    let counters = Counters::new(MOST).unwrap_or_else(|e| {
        crate::alert!("mmap() failed ({e})");
        Counters::default()
    });
    let mut master = Master {
        program,
        cycle,
        caught,
        pid,
        counters,
        children: Children::default(),
        missed: VecDeque::new(),
        budget: Budget::new(workers, clock.monotonic_ms()),
        clock,
        end: End::No,
        old_until: 0,
        reload_asked: false,
        stopped: false,
        new_binary: None,
        parent,
    };
    match master.live() {
        Ok(()) => master.leave(),
        Err(birth) => {
            let (cycle, counters) = master.leave_to_child();
            match birth.role {
                Role::Worker(number) => worker::run(cycle, &counters, number, birth, program),
                Role::CacheManager | Role::CacheLoader => caches::run(cycle, birth, program),
            }
        }
    }
}

struct Master<'a> {
    program: &'a Program,
    cycle: Cycle,
    /// Where the signals arrive.
    caught: OwnedFd,
    pid: PidFile,
    counters: Counters,
    children: Children,
    /// Children that died and are to be replaced.
    missed: VecDeque<Role>,
    budget: Budget,
    clock: Clock,
    end: End,
    /// While old workers wait for the new ones: when it has lasted too long.
    old_until: u64,
    /// `HUP`: it is obeyed when the workers of the last one accept, once for all that came meanwhile.
    reload_asked: bool,
    /// `WINCH`: there are to be no workers for now.
    stopped: bool,
    /// After `USR2`: the number of the program that was started.
    new_binary: Option<i32>,
    /// The number of the program whose place this one is to take.
    parent: Option<i32>,
}

/// Whether it is to end, and how.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum End {
    No,
    /// When the workers have finished.
    Graceful,
    /// At once; workers that are still there by then are killed.
    Now(u64),
}

/// `Err`: this process is not the master any more, but the child that was just born.
type Step = Result<(), Birth>;

impl Master<'_> {
    fn live(&mut self) -> Step {
        self.start_workers()?;
        loop {
            let timeout = self.timeout();
            let ends = [&self.caught].into_iter().chain(self.children.channels());
            channel::wait(ends, timeout);
            let asks_for_loader = self.children.hear();
            // It says what the socket says.
            signal::pending();
            self.answer()?;
            self.reap()?;
            self.replace_the_missed()?;
            if asks_for_loader && self.end == End::No {
                self.start_loader()?;
            }
            self.reload_if_asked()?;
            self.relieve_the_old();
            if self.end != End::No && self.children.all.is_empty() {
                return Ok(());
            }
            self.kill_the_deaf();
        }
    }

    /// In a new child: what it needs. The rest is closed, above all the channels to the other children:
    /// they shall notice when the master is gone.
    fn leave_to_child(self) -> (Cycle, Counters) {
        (self.cycle, self.counters)
    }

    /// What is left to do when no worker is left.
    fn leave(self) {
        // They are still of use to the program that this one started, or that started it.
        let shared = self.new_binary.is_some() || self.is_child_of_old_binary();
        if !shared {
            listeners::remove_names(&self.cycle.listening);
        }
        self.pid.remove();
    }

    fn answer(&mut self) -> Step {
        for (it, action) in worker::receive(&self.caught, Part::Master) {
            let upgrading = self.new_binary.is_some() || self.is_child_of_old_binary();
            let ignored = action == Action::Upgrade && upgrading;
            let action = if ignored { Action::Nothing } else { action };
            crate::notice!("{}", signals::words(it, action));
            if ignored {
                log::error!(target: "crit", "{NOT_TWICE}");
            }
            if self.end != End::No && !matches!(action, Action::Exit | Action::Reopen) {
                continue;
            }
            match action {
                Action::Exit => self.exit(),
                Action::Quit => self.quit(),
                Action::Reload => self.reload_asked = true,
                Action::Reopen => {
                    crate::notice!("reopening logs");
                    self.cycle.reopen_logs(self.program.logs);
                    self.signal_all(Signal::Usr1);
                }
                Action::Upgrade => self.upgrade(),
                Action::StopWorkers => {
                    self.stopped = true;
                    self.missed.clear();
                    self.children.send_away(worker::RETIRE, |_| true);
                }
                Action::Reap | Action::Nothing => {}
            }
        }
        Ok(())
    }

    fn exit(&mut self) {
        if !matches!(self.end, End::Now(_)) {
            self.end = End::Now(self.now() + TERM_MS);
            self.signal_all(Signal::Term);
        }
    }

    fn quit(&mut self) {
        self.end = End::Graceful;
        // Where another program serves on, there is no hurry.
        let how = if self.new_binary.is_some() { worker::RETIRE } else { worker::QUIT };
        self.children.send_away(how, |_| true);
        // New clients are to be refused, not to wait in a backlog that is not served.
        self.cycle.listening.iter_mut().for_each(|it| it.sockets.clear());
    }

    /// Reloads that are faster than workers start do not accumulate workers.
    fn reload_if_asked(&mut self) -> Step {
        let waits = self.children.are_starting() && self.now() < self.old_until;
        if self.end != End::No {
            self.reload_asked = false;
        }
        if waits || !std::mem::take(&mut self.reload_asked) {
            return Ok(());
        }
        self.reload()
    }

    fn reload(&mut self) -> Step {
        if self.new_binary.is_some() {
            // Back to this program: its workers as they were, until the other is signalled to quit.
            if std::mem::take(&mut self.stopped) {
                self.start_workers()?;
            }
            return Ok(());
        }
        crate::notice!("reconfiguring");
        let Ok(conf) = self.program.load() else { return Ok(()) };
        let refusal = self.cycle.shared.refusal(&conf.http.groups);
        if let Some(words) =
            refusal.or_else(|| self.cycle.zones.refusal(conf.http.declared_zones()))
        {
            crate::emerg!("{words}");
            return Ok(());
        }
        let Cycle { listening: had, zones, .. } = &self.cycle;
        let purpose = Purpose::Reload(self.pid.path());
        let Ok(mut cycle) = Cycle::open(self.program, conf, had, zones, purpose) else {
            return Ok(());
        };
        if let Some(shared) = Rc::get_mut(&mut cycle.shared) {
            shared.remember(&self.cycle.shared, &cycle.conf.http.groups);
        }
        listeners::adjust(&cycle.conf, &cycle.listening);
        self.pid.follow(&cycle.conf.main.pid);
        let old = std::mem::replace(&mut self.cycle, cycle);
        let kept = |it: &listeners::Listening| {
            self.cycle.listening.iter().any(|kept| kept.addr == it.addr)
        };
        listeners::remove_names(old.listening.iter().filter(|it| !kept(it)));
        drop(old);
        crate::notice!("{}", start::METHOD);
        self.stopped = false;
        self.start_workers()
    }

    fn upgrade(&mut self) {
        crate::notice!("changing binary");
        if let Err(words) = self.pid.step_aside(self.program.args.first()) {
            crate::alert!("{words}");
            return;
        }
        let named = &self.cycle.conf.main.env;
        match upgrade::start(&self.program.args, &self.cycle.listening, named) {
            Ok(pid) => {
                crate::notice!("start new binary process {pid}");
                self.new_binary = Some(pid);
            }
            Err(words) => {
                crate::alert!("{words}");
                self.take_pid_file_back();
            }
        }
    }

    fn take_pid_file_back(&mut self) {
        if let Err(words) = self.pid.come_back() {
            crate::alert!("{words}");
        }
    }

    /// Those of the configuration; those that there are become old ones.
    fn start_workers(&mut self) -> Step {
        crate::notice!("start worker processes");
        let workers = self.cycle.conf.main.worker_processes.max(1) as usize;
        self.children.generation += 1;
        self.missed.clear();
        self.old_until = self.now() + READY_MS;
        self.budget = Budget::new(workers, self.now());
        (0..workers).try_for_each(|number| self.start_child(Role::Worker(number)))?;
        if !self.cycle.conf.http.caches.is_empty() {
            self.start_child(Role::CacheManager)?;
        }
        self.start_loader()
    }

    /// Only if there are files to be looked for, and no loader looks already.
    fn start_loader(&mut self) -> Step {
        let is_needed = caches::are_cold(&self.cycle) && !self.children.has(Role::CacheLoader);
        if is_needed { self.start_child(Role::CacheLoader) } else { Ok(()) }
    }

    fn start_child(&mut self, role: Role) -> Step {
        let Some(row) = self.children.free_row() else {
            crate::alert!("no more than {MOST} processes can be spawned");
            return Ok(());
        };
        let failed = |call: &str, e: Errno| {
            let name = role.name();
            crate::alert!("{call}() failed while spawning \"{name}\" ({e})");
        };
        let (channel, other) = match channel::pair() {
            Ok(pair) => pair,
            Err(e) => {
                failed("socketpair", e);
                self.missed.push_back(role);
                return Ok(());
            }
        };
        match process::fork() {
            Ok(Fork::Child) => Err(Birth { role, row, channel: other, clock: self.clock }),
            Ok(Fork::Parent(pid)) => {
                crate::notice!("start {} {pid}", role.name());
                let generation = self.children.generation;
                let state = match role {
                    Role::Worker(_) => State::Starting,
                    Role::CacheManager | Role::CacheLoader => State::Ready,
                };
                let (shared, zones) = (self.cycle.shared.clone(), self.cycle.zones.clone());
                let child = Child { pid, role, row, generation, channel, shared, zones, state };
                self.children.all.push(child);
                Ok(())
            }
            Err(e) => {
                failed("fork", e);
                self.missed.push_back(role);
                Ok(())
            }
        }
    }

    fn reap(&mut self) -> Step {
        while let Some((pid, ended)) = process::reap() {
            if self.new_binary == Some(pid) {
                say_ended("new binary process", pid, ended, true);
                self.new_binary = None;
                self.take_pid_file_back();
                if self.end == End::No && std::mem::take(&mut self.stopped) {
                    self.start_workers()?;
                }
                continue;
            }
            let Some(child) = self.children.remove(pid) else { continue };
            self.counters.settle(child.row);
            child.shared.settle(child.row);
            child.zones.settle(Process::of(pid, child.row));
            let leaving = child.state == State::Leaving || self.end != End::No;
            say_ended(child.role.name(), pid, ended, leaving);
            let current = child.generation == self.children.generation;
            let is_done = child.role == Role::CacheLoader && ended == Ended::Exited(0);
            if leaving || !current || self.stopped || is_done {
                continue;
            }
            if ended == Ended::Exited(worker::FATAL) {
                crate::alert!(
                    "{} {pid} exited with fatal code {} and cannot be respawned",
                    child.role.name(),
                    worker::FATAL
                );
                continue;
            }
            self.missed.push_back(child.role);
        }
        Ok(())
    }

    fn replace_the_missed(&mut self) -> Step {
        if self.end != End::No {
            self.missed.clear();
        }
        // What cannot be started now is missed again, and waits for the next turn.
        for _ in 0..self.missed.len() {
            let now = self.now();
            if !self.budget.take(now) {
                break;
            }
            if let Some(role) = self.missed.pop_front() {
                self.start_child(role)?;
            }
        }
        Ok(())
    }

    /// The workers of the former configuration may go when those of this one accept. If none of these
    /// comes to life, the old ones serve on.
    fn relieve_the_old(&mut self) {
        if !self.children.has_old() {
            return;
        }
        if let Some(serving) = self.children.serving(self.now() >= self.old_until) {
            self.children.send_away(worker::RETIRE, |child| {
                child.generation < serving && child.state != State::Leaving
            });
        }
    }

    fn kill_the_deaf(&mut self) {
        let now = self.now();
        if let End::Now(at) = self.end {
            if now >= at {
                self.children.all.iter().for_each(|child| process::kill_hard(child.pid));
                self.end = End::Now(now + TERM_MS);
            }
        }
    }

    /// How long nothing needs to be done if nothing happens.
    fn timeout(&mut self) -> Option<u64> {
        let now = self.now();
        let mut first: Option<u64> = None;
        let mut by = |at: u64| first = Some(first.map_or(at, |first| first.min(at)));
        if let End::Now(at) = self.end {
            by(at);
        }
        if (self.children.has_old() || self.reload_asked) && self.old_until > now {
            by(self.old_until);
        }
        if !self.missed.is_empty() {
            by(now + self.budget.wait(now).max(10));
        }
        first.map(|at| at.saturating_sub(now))
    }

    fn signal_all(&self, signal: Signal) {
        for child in &self.children.all {
            match signal::send(child.pid, signal) {
                Ok(()) | Err(Errno::SRCH) => {}
                Err(e) => crate::alert!("kill({}, {}) failed ({e})", child.pid, signal.number()),
            }
        }
    }

    /// The program that started this one is still there: the operator has not decided yet.
    fn is_child_of_old_binary(&self) -> bool {
        self.parent.is_some_and(|parent| parent == process::parent())
    }

    fn now(&self) -> u64 {
        self.clock.monotonic_ms()
    }
}

/// `peerage: master process NAME ARGUMENT…`
fn title(args: &[OsString]) -> Vec<u8> {
    let mut title = b"peerage: master process".to_vec();
    for arg in args {
        title.push(b' ');
        title.extend_from_slice(arg.as_encoded_bytes());
    }
    title
}

/// `worker process 4711 exited with code 0`
fn say_ended(what: &str, pid: i32, ended: Ended, expected: bool) {
    match ended {
        Ended::Killed(signal, core) => {
            let core = if core { " (core dumped)" } else { "" };
            crate::alert!("{what} {pid} exited on signal {signal}{core}");
        }
        Ended::Exited(code) if code == 0 || expected => {
            crate::notice!("{what} {pid} exited with code {code}");
        }
        Ended::Exited(code) => crate::alert!("{what} {pid} exited with code {code}"),
    }
}
