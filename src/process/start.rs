//! The start, in an order that others rely on: nothing is bound by a wrong configuration, the pid file
//! appears when connections are accepted, and a parent ends well only after that.

use std::ffi::OsString;

use super::cli::Options;
use super::cycle::{Cycle, Purpose};
use super::names::Name;
use super::pid::PidFile;
use super::{Paths, listeners, master, say, single, version, worker};
use crate::http::conf::Conf;
use crate::http::settings::main::ErrorLog;
use crate::logs::error::ErrorLogs;
use crate::os::process::{self, Side};
use crate::os::signal;
use crate::os::title::Title;
use crate::shared::zones::Zones;

/// What is known of the program before it serves.
pub(super) struct Program {
    /// As it was started, its name first: the system forgets them when the title is set.
    pub(super) args: Vec<OsString>,
    pub(super) title: Title,
    pub(super) paths: Paths,
    pub(super) options: Options,
    pub(super) logs: ErrorLogs,
}

pub(super) const METHOD: &str = "using the \"epoll\" event method";

/// The program cannot go on; the log says why.
#[derive(Debug)]
pub(super) struct Failed;

impl Program {
    /// Serves until a signal ends it. In a parent that made itself a daemon, does not return.
    pub(super) fn run(self, conf: Conf) -> Result<(), Failed> {
        // A binary that takes the place of another is a daemon if that was one.
        let inherited = listeners::inherited();
        let had = inherited.as_deref().unwrap_or_default();
        let cycle = Cycle::open(&self, conf, had, &Zones::default(), Purpose::Start)?;
        let parent = inherited.is_some().then(process::parent);
        let single = !cycle.conf.main.master_process;
        if single {
            worker::limits(&cycle.conf.main);
            worker::forget_environment(&cycle.conf.main);
        }
        self.announce();
        let caught = signal::catch().map_err(|e| emerg(format!("sigaction() failed ({e})")))?;
        let report = match cycle.conf.main.daemon && parent.is_none() {
            false => None,
            true => match process::daemonize() {
                Ok(Side::Parent(status)) => std::process::exit(status),
                Ok(Side::Child(report)) => Some(report),
                Err(e) => return Err(emerg(format!("fork() failed ({e})"))),
            },
        };
        let pid = PidFile::write(&cycle.conf.main.pid)
            .inspect_err(|_| listeners::discard(&cycle.listening, had))
            .map_err(emerg)?;
        drop(inherited);
        if report.is_some() {
            process::clear_umask();
        }
        self.begin(&cycle.conf, report);
        let ended = match single {
            true => {
                let names: Vec<_> =
                    cycle.listening.iter().filter_map(|it| it.name.clone()).collect();
                let ended = worker::go_to_folder(&cycle.conf.main)
                    .and_then(|()| single::cycle(cycle, &caught, &self));
                names.iter().for_each(Name::remove);
                pid.remove();
                ended
            }
            false => {
                master::run(&self, cycle, caught, pid, parent);
                Ok(())
            }
        };
        if ended.is_ok() {
            crate::notice!("exit");
        }
        ended
    }

    /// The configuration as the files have it now, its warnings said. If it is wrong, that is said.
    pub(super) fn load(&self) -> Result<Conf, Failed> {
        let loaded = super::load(&self.paths, &self.options).map_err(|e| emerg(e.to_string()))?;
        for words in &loaded.remarks.warnings {
            log::warn!("{words}");
        }
        Ok(loaded.conf)
    }

    fn announce(&self) {
        crate::notice!("{METHOD}");
        crate::notice!("{}", version::NAME);
        crate::notice!("OS: {}", process::system());
        let (soft, hard) = process::limit_of_files();
        crate::notice!("getrlimit(RLIMIT_NOFILE): {soft}:{hard}");
    }

    /// The last steps: everything that needs the terminal has been done.
    fn begin(&self, conf: &Conf, report: Option<process::Report>) {
        if self.options.file.is_none() && !conf.main.daemon {
            if let Some(address) = listeners::address_to_visit(conf) {
                say(format_args!("peerage: look at {address} (Ctrl-C ends it)\n"));
            }
        }
        self.logs.started();
        if let Some(report) = report {
            self.logs.take_stderr();
            report.ready();
        }
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

pub(super) fn emerg(words: String) -> Failed {
    crate::emerg!("{words}");
    Failed
}
