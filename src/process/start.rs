//! The start, in an order that others rely on: nothing is bound by a wrong configuration, the pid file
//! appears when connections are accepted, and a parent ends well only after that.

use std::path::PathBuf;

use super::cli::Options;
use super::logs::Logs;
use super::pid::PidFile;
use super::{Paths, folders, listeners, single, version};
use crate::http::conf::Conf;
use crate::http::logs::AccessLogs;
use crate::http::settings::main::{ErrorLog, Main};
use crate::os::Errno;
use crate::os::process::{self, Missing, Side, User};
use crate::os::signal;

/// What is known of the program before it serves.
pub(super) struct Program {
    pub(super) paths: Paths,
    pub(super) options: Options,
    pub(super) logs: Logs,
}

/// The program cannot go on; the log says why.
#[derive(Debug)]
pub(super) struct Failed;

impl Program {
    /// Serves until a signal ends it. In a parent that made itself a daemon, does not return.
    pub(super) fn run(self, conf: Conf) -> Result<(), Failed> {
        // One process serves one configuration for all its life.
        let conf: &'static Conf = Box::leak(Box::new(conf));
        let user = whom(conf)?;
        let made = folders::prepare(&self.paths, conf).map_err(emerg)?;
        self.open_logs(conf)?;
        let logs = AccessLogs::open(conf).map_err(not_opened)?;
        let sockets = listeners::open(conf).map_err(|()| Failed)?;
        limits(&conf.main);
        self.announce();
        let caught = signal::catch().map_err(|e| emerg(format!("sigaction() failed ({e})")))?;
        let report = match conf.main.daemon {
            false => None,
            true => match process::daemonize() {
                Ok(Side::Parent(status)) => std::process::exit(status),
                Ok(Side::Child(report)) => Some(report),
                Err(e) => return Err(emerg(format!("fork() failed ({e})"))),
            },
        };
        let pid = conf.main.pid.as_path();
        let pid = PidFile::write(pid)
            .map_err(|e| emerg(format!("open() \"{}\" failed ({e})", pid.display())))?;
        let ended = self
            .begin(conf, user, &made, &logs, report)
            .and_then(|()| single::cycle(conf, logs, sockets, &caught, &self));
        listeners::remove_names(conf);
        pid.remove();
        if ended.is_ok() {
            crate::notice!("exit");
        }
        ended
    }

    /// After `HUP`: says what it can about the new configuration, and goes on with the old.
    pub(super) fn reload(&self) {
        crate::notice!("reconfiguring");
        match super::load(&self.paths, &self.options) {
            Err(words) => crate::emerg!("{words}"),
            Ok(loaded) => {
                for words in &loaded.warnings {
                    log::warn!("{words}");
                }
                log::error!(
                    "the configuration file {} is valid, but to reload it takes a master process, \
                     which is not there: the old configuration stays until the next start",
                    self.paths.file.display()
                );
            }
        }
    }

    /// The main `error_log` lines, and those of each location that has others.
    fn open_logs(&self, conf: &Conf) -> Result<(), Failed> {
        self.logs.configure(&routes(conf).0).map_err(not_opened)
    }

    fn announce(&self) {
        crate::notice!("using the \"epoll\" event method");
        crate::notice!("{}", version::NAME);
        crate::notice!("OS: {}", process::system());
        let (soft, hard) = process::limit_of_files();
        crate::notice!("getrlimit(RLIMIT_NOFILE): {soft}:{hard}");
    }

    /// The last steps: everything that needs root or the terminal has been done.
    fn begin(
        &self,
        conf: &Conf,
        user: Option<User>,
        made: &[PathBuf],
        logs: &AccessLogs,
        report: Option<process::Report>,
    ) -> Result<(), Failed> {
        if let Some(user) = user {
            for folder in made {
                let _ = process::give_path_to(folder, &user);
            }
            self.logs.give_to(&user);
            for file in logs.files() {
                let _ = process::give_to(file.file(), &user);
            }
            process::become_user(&user)
                .map_err(|(call, e)| emerg(format!("{call}({}) failed ({e})", user.name)))?;
        }
        if self.options.file.is_none() && !conf.main.daemon {
            if let Some(address) = listeners::address_to_visit(conf) {
                eprintln!("peerage: look at {address} (Ctrl-C ends it)");
            }
        }
        if let Some(folder) = &conf.main.working_directory {
            std::env::set_current_dir(folder).map_err(|e| {
                emerg(format!("chdir(\"{}\") failed ({})", folder.display(), Errno::from(e)))
            })?;
        }
        self.logs.started();
        if let Some(report) = report {
            self.logs.take_stderr();
            report.ready();
        }
        Ok(())
    }
}

/// The lists of `error_log` lines, the main one first, and which of them each location writes to.
pub(super) fn routes(conf: &Conf) -> (Vec<Vec<ErrorLog>>, Vec<u16>) {
    let mut lists = vec![conf.main.error_log.clone()];
    let numbers = conf
        .http
        .locations
        .iter()
        .map(|location| {
            let own = &location.core.error_log;
            let at = match lists.iter().position(|list| list == own || own.is_empty()) {
                Some(at) => at,
                None => {
                    lists.push(own.clone());
                    lists.len() - 1
                }
            };
            u16::try_from(at).unwrap_or(0)
        })
        .collect();
    (lists, numbers)
}

/// As whom the program serves, if it is root now. Without a master, as nginx, as who it is.
fn whom(conf: &Conf) -> Result<Option<User>, Failed> {
    if !conf.main.master_process || !process::is_root() {
        return Ok(None);
    }
    let found = match &conf.main.user {
        Some(user) => process::user(&user.name, Some(&user.group)),
        None => process::user("nobody", None),
    };
    match found {
        Ok(user) => Ok(Some(user)),
        Err(Missing::User(name)) => Err(emerg(format!("getpwnam(\"{name}\") failed"))),
        Err(Missing::Group(name)) => Err(emerg(format!("getgrnam(\"{name}\") failed"))),
    }
}

/// What cannot be had is said, and done without.
fn limits(main: &Main) {
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
    if main.worker_priority != 0 {
        if let Err(e) = process::set_priority(main.worker_priority) {
            crate::alert!("setpriority({}) failed ({e})", main.worker_priority);
        }
    }
}

fn not_opened((path, e): (PathBuf, Errno)) -> Failed {
    emerg(format!("open() \"{}\" failed ({e})", path.display()))
}

pub(super) fn emerg(words: String) -> Failed {
    crate::emerg!("{words}");
    Failed
}
