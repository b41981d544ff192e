//! The main level and `events`: the process, not the protocol.

use std::path::PathBuf;

use crate::conf::value::Msec;
use crate::http::settings::syslog::Syslog;
use crate::settings;

settings! {
    /// Everything outside `http`.
    pub struct Main / MainRaw {
        daemon: bool = true,
        master_process: bool = true,
        /// `auto` is counted when the configuration is read.
        worker_processes: u32 = 1,
        worker_connections: u32 = 512,
        multi_accept: bool = false,
        accept_mutex: bool = false,
        /// Absolute.
        pid: PathBuf = PathBuf::new(),
        /// Never empty: the default is `logs/error.log error`.
        error_log: Vec<ErrorLog> = vec![],
        user: Option<User> = None,
        /// Variables to keep or to set in the workers' environment.
        env: Vec<Env> = vec![],
        worker_rlimit_nofile: Option<u64> = None,
        worker_rlimit_core: Option<u64> = None,
        working_directory: Option<PathBuf> = None,
        worker_priority: i32 = 0,
        worker_cpu_affinity: Option<Affinity> = None,
        worker_shutdown_timeout: Option<Msec> = None,
    }
}

/// One `error_log` line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ErrorLog {
    pub target: LogTarget,
    pub level: Level,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum LogTarget {
    /// Absolute.
    File(PathBuf),
    Stderr,
    Syslog(Syslog),
}

/// The levels of the error log, most severe first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    Emerg = 1,
    Alert,
    Crit,
    Error,
    Warn,
    Notice,
    Info,
    Debug,
}

/// `user NAME [GROUP]`; the group is the user's name when not given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    pub name: String,
    pub group: String,
}

/// `env NAME` keeps, `env NAME=VALUE` sets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Env {
    pub name: String,
    pub value: Option<String>,
}

/// `worker_cpu_affinity MASK…` or `auto [MASK]`: the processors by number, 0 first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Affinity {
    /// Each worker has one of these; the last mask is for all the workers that are left.
    Masks(Vec<Vec<usize>>),
    /// Each worker has one processor of these, or of all.
    Auto(Option<Vec<usize>>),
}

impl Affinity {
    /// Where worker `number` may run.
    pub fn of_worker(&self, number: usize) -> Option<Vec<usize>> {
        match self {
            Self::Masks(masks) => masks.get(number).or_else(|| masks.last()).cloned(),
            Self::Auto(Some(cpus)) => Some(vec![*cpus.get(number % cpus.len().max(1))?]),
            Self::Auto(None) => {
                let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
                Some(vec![number % all])
            }
        }
    }
}
