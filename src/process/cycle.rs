//! What it takes to serve one configuration, all of it opened: nginx's cycle.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::children::MOST;
use super::folders;
use super::listeners::{self, Listening};
use super::pid::PidFile;
use super::start::{Failed, Program, emerg, routes};
use crate::http::conf::Conf;
use crate::logs::access::AccessLogs;
use crate::logs::error::ErrorLogs;
#[cfg(feature = "lua")]
use crate::lua::state::State;
#[cfg(feature = "lua")]
use crate::modules;
use crate::os::Errno;
use crate::os::process::{self, Missing, User};
use crate::os::random;
use crate::shared::zone::Process;
use crate::shared::zones::Zones;
use crate::upstream::shared::state::SharedState;
#[cfg(feature = "lua")]
use crate::worker::Worker;

pub(super) struct Cycle {
    pub conf: Conf,
    pub logs: AccessLogs,
    pub listening: Vec<Listening>,
    /// What its workers share of their groups.
    pub shared: Rc<SharedState>,
    /// What its workers know together of clients.
    pub zones: Zones,
    /// The scripts of the configuration, which its workers inherit.
    #[cfg(feature = "lua")]
    pub lua: Option<Rc<State<Worker>>>,
    /// The user of the workers, if it is not the master's.
    pub user: Option<User>,
}

/// What a configuration is opened for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose<'a> {
    Start,
    /// In place of another, whose pid file this is, and which stays if anything fails.
    Reload(&'a Path),
    /// `-t`: whether it could be. Nothing listens, and no other program's file is changed.
    Test,
}

impl Cycle {
    /// Opens what `conf` names. Sockets that are in `had` are used again, and so are zones of `former`. If anything fails, the log says
    /// why, and everything is as it was: on a reload also the error logs.
    pub fn open(
        program: &Program,
        conf: Conf,
        had: &[Listening],
        former: &Zones,
        purpose: Purpose<'_>,
    ) -> Result<Self, Failed> {
        let user = whom(&conf)?;
        folders::find_working(&conf).map_err(emerg)?;
        folders::make_for_logs(&program.paths, &conf);
        let needs_pid_file = match purpose {
            Purpose::Start => false,
            Purpose::Reload(pid) => pid != conf.main.pid,
            Purpose::Test => true,
        };
        if needs_pid_file {
            PidFile::examine(&conf.main.pid).map_err(emerg)?;
        }
        let folders = folders::make_temporary(&conf).map_err(emerg)?;
        let mut error_logs = Some(ErrorLogs::open(&routes(&conf).0).map_err(not_opened)?);
        if !matches!(purpose, Purpose::Reload(_)) {
            error_logs.take().into_iter().for_each(|opened| program.logs.install(opened));
        }
        let logs = AccessLogs::open(&conf).map_err(not_opened)?;
        let listening = match purpose {
            Purpose::Test => listeners::examine(&conf).map(|()| Vec::new()),
            Purpose::Start | Purpose::Reload(_) => listeners::open(&conf, had),
        };
        let listening = listening.map_err(|()| Failed)?;
        let shared = shared(&conf).inspect_err(|_| listeners::discard(&listening, had))?;
        let zones = zones(&conf, former).inspect_err(|_| listeners::discard(&listening, had))?;
        #[cfg(feature = "lua")]
        let lua = modules::lua::make(&conf, &zones, purpose != Purpose::Test)
            .map_err(emerg)
            .inspect_err(|_| listeners::discard(&listening, had))?;
        error_logs.into_iter().for_each(|opened| program.logs.install(opened));
        if let Some(user) = &user {
            for folder in folders {
                let _ = process::give_path_to(&folder, user);
            }
        }
        Ok(Self {
            conf,
            logs,
            listening,
            shared,
            zones,
            #[cfg(feature = "lua")]
            lua,
            user,
        })
    }

    /// After `USR1`, in the master: every log again, by its name, and given to whom will write to it.
    pub fn reopen_logs(&mut self, logs: ErrorLogs) {
        logs.reopen();
        for (path, e) in self.logs.reopen() {
            crate::emerg!("open() \"{}\" failed ({e})", path.display());
        }
        let Some(user) = &self.user else { return };
        logs.give_to(user);
        for file in self.logs.files() {
            let _ = process::give_to(file.file(), user);
        }
    }
}

/// One process alone has no other to be woken by.
fn shared(conf: &Conf) -> Result<Rc<SharedState>, Failed> {
    let main = &conf.main;
    let workers = if main.master_process { main.worker_processes.max(1) as usize } else { 0 };
    let (groups, run_time) = (&conf.http.groups, conf.http.has_run_time_groups());
    let made = SharedState::with_wakers(groups, run_time, MOST, workers, secret());
    Ok(Rc::new(made.map_err(|e| emerg(format!("mmap() or eventfd() failed ({e})")))?))
}

/// New ones, and those of the former configuration that this one has, too.
fn zones(conf: &Conf, former: &Zones) -> Result<Zones, Failed> {
    let made = Zones::open(conf.http.declared_zones(), former, secret(), Process::own(MOST));
    made.map_err(|e| emerg(format!("mmap() failed ({e})")))
}

/// Of the hashes of what clients name.
fn secret() -> [u64; 2] {
    [random::word(), random::word()]
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

fn not_opened((path, e): (PathBuf, Errno)) -> Failed {
    emerg(format!("open() \"{}\" failed ({e})", path.display()))
}
