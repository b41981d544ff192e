//! The error logs: everything said through `log`, in nginx's format, to the files that are named.
//!
//! A message to syslog is such a line too. What the server does not take is lost, and a file gets a line that says so.
//!
//! A line is `YYYY/MM/DD hh:mm:ss [level] PID#TID: message`, written at once. While the program starts,
//! what is at least a warning is also said on stderr, as `nginx: [level] message`. What `RUST_LOG` asks
//! for goes to stderr besides, through env_logger.

use std::fmt::Write as _;
use std::io::Write as _;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use log::{LevelFilter, Log, Metadata, Record};

use crate::base::logging::Severity;
use crate::http::dates;
use crate::http::settings::main::{ErrorLog, Level, LogTarget};
use crate::logs::syslog::Peer;
use crate::os::Errno;
use crate::os::clock::Clock;
use crate::os::logfile::LogFile;
use crate::os::process::{self, User};

/// The logger, for the code that sets it up; all else uses the macros of `log`.
#[derive(Clone, Copy)]
pub struct ErrorLogs(&'static Logger);

impl ErrorLogs {
    /// Until the configuration is read: to `path` if it can be opened, and to stderr.
    ///
    /// Nothing is logged twice by two of these in one process: the first one stays.
    pub fn start(path: Option<&Path>) -> (Self, Result<(), Errno>) {
        let logger: &'static Logger = Box::leak(Box::new(Logger::new()));
        let logs = Self(logger);
        let opened = path.map(LogFile::open).transpose();
        let opened = opened.map(|file| {
            let mut state = logger.state();
            let to = file.as_ref().map_or(To::Stderr, |_| To::File(0));
            state.routes.push(vec![Sink { to, level: Severity::Notice }]);
            state.files.extend(file.map(Output::new));
        });
        let _ = log::set_logger(logger);
        logs.set_max_level(Severity::Notice);
        (logs, opened)
    }

    #[cfg(test)]
    fn configure(self, lists: &[Vec<ErrorLog>]) -> Result<(), (PathBuf, Errno)> {
        self.install(Self::open(lists)?);
        Ok(())
    }

    /// Opens what the configuration names: a route for each list of `error_log` lines, the main one
    /// first. A path that several of them name is opened once. Nothing changes before `install`.
    pub fn open(lists: &[Vec<ErrorLog>]) -> Result<Opened, (PathBuf, Errno)> {
        let mut files: Vec<Output> = Vec::new();
        let mut peers: Vec<Peer> = Vec::new();
        let mut routes = Vec::new();
        let mut most = Severity::Emerg;
        for list in lists {
            let mut route = Vec::new();
            for log in list {
                let level = severity(log.level);
                most = most.max(level);
                let to = match &log.target {
                    LogTarget::Stderr => To::Stderr,
                    LogTarget::File(path) => {
                        let known = files.iter().position(|output| output.file.path == *path);
                        if known.is_none() {
                            let file = LogFile::open(path).map_err(|e| (path.clone(), e))?;
                            files.push(Output::new(file));
                        }
                        To::File(known.unwrap_or(files.len() - 1))
                    }
                    LogTarget::Syslog(server) => {
                        let known = peers.iter().position(|peer| peer.to == *server);
                        if known.is_none() {
                            peers.push(Peer::new(server.clone()));
                        }
                        To::Syslog(known.unwrap_or(peers.len() - 1))
                    }
                };
                route.push(Sink { to, level });
            }
            routes.push(route);
        }
        Ok(Opened { files, peers, routes, most })
    }

    /// From here on, these are the logs.
    pub fn install(self, opened: Opened) {
        let mut state = self.0.state();
        state.files = opened.files;
        state.peers = opened.peers;
        state.routes = opened.routes;
        drop(state);
        self.set_max_level(opened.most);
    }

    /// The program has started: stderr is for those logs that are sent there.
    pub fn started(self) {
        self.0.state().starting = false;
    }

    /// After `USR1`: every file again, by its name.
    pub fn reopen(self) {
        let mut failed = Vec::new();
        for Output { file, .. } in &mut self.0.state().files {
            if let Err(e) = file.reopen() {
                failed.push((file.path.clone(), e));
            }
        }
        for (path, e) in failed {
            crate::emerg!("open() \"{}\" failed ({e})", path.display());
        }
    }

    /// The files go to the user as whom they will be opened again.
    pub fn give_to(self, user: &User) {
        for Output { file, .. } in &self.0.state().files {
            let _ = process::give_to(file.file(), user);
        }
    }

    /// What dies loudly shall do it in the main error log.
    pub fn take_stderr(self) {
        let state = self.0.state();
        let main = state.routes.first().into_iter().flatten().find_map(Sink::file);
        if let Some(at) = main {
            let _ = process::replace_stderr(state.files[at].file.file());
        }
    }

    fn set_max_level(self, most: Severity) {
        let asked = self.0.development.as_ref().map_or(LevelFilter::Off, |d| d.filter());
        log::set_max_level(most.filter().max(asked));
    }
}

struct Logger {
    development: Option<env_logger::Logger>,
    state: Mutex<State>,
}

struct State {
    files: Vec<Output>,
    peers: Vec<Peer>,
    routes: Vec<Vec<Sink>>,
    starting: bool,
    clock: Clock,
    /// The second that was printed last, and how.
    date: (i64, String),
    line: String,
}

struct Output {
    file: LogFile,
    /// The second in which its disk was full: nothing more is tried in it.
    full: Option<i64>,
}

/// Logs that are open and not yet used.
pub struct Opened {
    files: Vec<Output>,
    peers: Vec<Peer>,
    routes: Vec<Vec<Sink>>,
    most: Severity,
}

struct Sink {
    to: To,
    level: Severity,
}

#[derive(Clone, Copy)]
enum To {
    Stderr,
    File(usize),
    Syslog(usize),
}

impl Sink {
    fn file(&self) -> Option<usize> {
        match self.to {
            To::File(at) => Some(at),
            To::Stderr | To::Syslog(_) => None,
        }
    }
}

impl Output {
    fn new(file: LogFile) -> Self {
        Self { file, full: None }
    }

    fn write(&mut self, line: &str, second: i64) {
        if self.full == Some(second) {
            return;
        }
        let wrote = self.file.write(line.as_bytes());
        self.full = (wrote == Err(Errno::NOSPC)).then_some(second);
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let (severity, number) = Severity::of(metadata);
        let state = self.state();
        (state.starting && severity <= Severity::Warn)
            || state.route(number).iter().any(|sink| severity <= sink.level)
            || self.development.as_ref().is_some_and(|d| d.enabled(metadata))
    }

    fn log(&self, record: &Record<'_>) {
        if let Some(development) = &self.development {
            development.log(record);
        }
        let (severity, number) = Severity::of(record.metadata());
        // Taken already: what prints itself logged, or panicked. The outer line goes on, this one is lost.
        match self.state.try_lock() {
            Ok(mut state) => state.say(severity, number, record),
            Err(TryLockError::Poisoned(mut state)) => state.get_mut().say(severity, number, record),
            Err(TryLockError::WouldBlock) => {}
        }
    }

    fn flush(&self) {}
}

impl Logger {
    fn new() -> Self {
        let development = std::env::var_os("RUST_LOG").map(|_| {
            env_logger::Builder::from_default_env().target(env_logger::Target::Stderr).build()
        });
        Self {
            development,
            state: Mutex::new(State {
                files: Vec::new(),
                peers: Vec::new(),
                routes: Vec::new(),
                starting: true,
                clock: Clock::new(),
                date: (i64::MIN, String::new()),
                line: String::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn route(&self, number: u16) -> &[Sink] {
        let route = self.routes.get(usize::from(number)).or_else(|| self.routes.first());
        route.map_or(&[], Vec::as_slice)
    }

    fn say(&mut self, severity: Severity, number: u16, record: &Record<'_>) {
        let to_stderr = self.starting && severity <= Severity::Warn;
        if to_stderr {
            let line = format!("nginx: [{}] {}\n", severity.name(), record.args());
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
        if !self.route(number).iter().any(|sink| severity <= sink.level) {
            return;
        }
        let mut line = mem::take(&mut self.line);
        self.spell(&mut line, severity, record.args());
        let (files, peers, stderr) = (&mut self.files, &mut self.peers, &mut std::io::stderr());
        let route = self.routes.get(usize::from(number)).or_else(|| self.routes.first());
        let mut lost = Vec::new();
        for sink in route.into_iter().flatten().filter(|sink| severity <= sink.level) {
            match sink.to {
                To::File(at) => files[at].write(&line, self.date.0),
                To::Stderr if to_stderr => {}
                To::Stderr => drop(stderr.write_all(line.as_bytes())),
                To::Syslog(at) => {
                    let text = line.trim_end_matches('\n').as_bytes();
                    lost.extend(peers[at].send(Some(severity as u8), text));
                }
            }
        }
        if !lost.is_empty() {
            // To the route's own files, or where there is one.
            let own = route.into_iter().flatten().filter_map(Sink::file);
            let mut files: Vec<usize> = own.collect();
            if files.is_empty() {
                files.extend(self.routes.iter().flatten().find_map(Sink::file));
            }
            for (severity, words) in lost {
                self.spell(&mut line, severity, &words);
                for &at in &files {
                    self.files[at].write(&line, self.date.0);
                }
            }
        }
        self.line = line;
    }

    /// `2026/11/20 09:43:28 [level] PID#TID: words`, with its end.
    fn spell(&mut self, line: &mut String, severity: Severity, words: &dyn std::fmt::Display) {
        let wall = self.clock.wall();
        if self.date.0 != wall.secs {
            let date = dates::error_log(wall.secs, wall.offset);
            self.date = (wall.secs, String::from_utf8_lossy(&date).into_owned());
        }
        line.clear();
        let (pid, tid) = (process::pid(), process::tid());
        let _ = write!(line, "{} [{}] {pid}#{tid}: {words}", self.date.1, severity.name());
        truncate(line);
        line.push('\n');
    }
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Emerg => Severity::Emerg,
        Level::Alert => Severity::Alert,
        Level::Crit => Severity::Crit,
        Level::Error => Severity::Error,
        Level::Warn => Severity::Warn,
        Level::Notice => Severity::Notice,
        Level::Info => Severity::Info,
        Level::Debug => Severity::Debug,
    }
}

/// A line is at most this long, so that a peer cannot fill the disk with one request.
const LINE: usize = 4096;

fn truncate(line: &mut String) {
    if line.len() >= LINE {
        let mut end = LINE - 1;
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        line.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::{ErrorLogs, LINE, Logger, truncate};
    use crate::base::logging::Severity;
    use crate::http::settings::main::{ErrorLog, Level, LogTarget};
    use crate::http::settings::syslog::Syslog;
    use crate::os::addr::Addr;
    use log::{Log, Record};
    use std::fs;

    #[test]
    fn lines_go_to_the_files_of_their_route_by_level() {
        let folder = std::env::temp_dir().join(format!("peerage-logs-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let to = |name: &str, level| ErrorLog { target: LogTarget::File(folder.join(name)), level };
        let logger: &'static Logger = Box::leak(Box::new(Logger::new()));
        let logs = ErrorLogs(logger);
        logs.started();
        let lists = [
            vec![to("main", Level::Notice), to("grave", Level::Crit)],
            vec![to("other", Level::Error)],
        ];
        logs.configure(&lists).unwrap();
        let say = |severity: Severity, number, words: &str| {
            let target = severity.target(number);
            let mut record = Record::builder();
            record.target(&target).level(severity.level());
            let enabled = logger.enabled(record.build().metadata());
            logger.log(&record.args(format_args!("{words}")).build());
            enabled
        };
        assert!(say(Severity::Notice, 0, "one"));
        assert!(!say(Severity::Info, 0, "two"));
        assert!(say(Severity::Emerg, 0, "three"));
        assert!(!say(Severity::Warn, 1, "four"));
        assert!(say(Severity::Error, 1, "five"));

        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let ends = |name: &str| -> Vec<String> {
            read(name).lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect()
        };
        assert_eq!(ends("main"), ["one", "three"]);
        assert_eq!(ends("grave"), ["three"]);
        assert_eq!(ends("other"), ["five"]);
        // 2026/11/20 09:43:28 [notice] 5248#5248: one
        let line = read("main").lines().next().unwrap().to_owned();
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!((words[0].len(), words[1].len(), words[2]), (10, 8, "[notice]"));
        assert!(words[3].starts_with(&format!("{}#", std::process::id())), "{line}");
        assert!(logs.configure(&[vec![to("no/such", Level::Error)]]).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_message_to_syslog_has_its_own_severity_and_its_loss_is_told_to_a_file() {
        let folder = std::env::temp_dir().join(format!("peerage-syslogs-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let server = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let addr = server.local_addr().unwrap().into();
        let server_log = Syslog { addr, facility: 1, severity: 6, sender: "h t: ".into() };
        let addr = Addr::Unix(folder.join("none"));
        let nobody = Syslog { addr, ..server_log.clone() };
        let log = |target| ErrorLog { target, level: Level::Error };
        let file = LogTarget::File(folder.join("file"));
        let list = [LogTarget::Syslog(server_log), LogTarget::Syslog(nobody), file].map(log);
        let logger: &'static Logger = Box::leak(Box::new(Logger::new()));
        let logs = ErrorLogs(logger);
        logs.started();
        logs.configure(&[list.into()]).unwrap();
        for words in ["one", "two"] {
            let mut record = Record::builder();
            record.target("crit").level(Severity::Crit.level());
            logger.log(&record.args(format_args!("{words}")).build());
        }
        let mut bytes = [0; 200];
        let len = server.recv(&mut bytes).unwrap();
        let message = String::from_utf8_lossy(&bytes[..len]);
        assert!(message.starts_with("<10>") && message.contains(" h t: 2"), "{message}");
        assert!(message.contains(" [crit] ") && message.ends_with(": one"), "{message}");
        let text = fs::read_to_string(folder.join("file")).unwrap();
        let levels: Vec<&str> = text.lines().filter_map(|line| line.split(' ').nth(2)).collect();
        assert_eq!(levels, ["[crit]", "[alert]", "[crit]"], "{text}");
        assert!(text.contains("connect() failed (2: No such file or directory) while logging"));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn long_lines_are_cut_between_letters() {
        let mut line = "ü".repeat(LINE);
        truncate(&mut line);
        assert_eq!(line.len(), LINE - 2);
        let mut line = "x".repeat(10);
        truncate(&mut line);
        assert_eq!(line.len(), 10);
    }
}
