//! What each signal means to a process, by its part, and the line that says that it came.

use crate::os::signal::{Caught, Signal};

/// What a process is in the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// It is alone, and everything.
    Single,
    Master,
    Worker,
}

/// What is to be done about a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// End now.
    Exit,
    /// Take no more, finish what was begun, end.
    Quit,
    Reload,
    Reopen,
    /// Start the program anew, and leave it the listening sockets.
    Upgrade,
    /// End the workers, and wait for what the operator decides.
    StopWorkers,
    /// A child has ended.
    Reap,
    Nothing,
}

impl Action {
    pub fn of(caught: Caught, part: Part) -> Self {
        match (caught.signal, part) {
            (Signal::Term | Signal::Int, _) => Self::Exit,
            (Signal::Quit, _) => Self::Quit,
            (Signal::Usr1, _) => Self::Reopen,
            (Signal::Hup, Part::Single | Part::Master) => Self::Reload,
            (Signal::Usr2, Part::Master) => Self::Upgrade,
            // A terminal that changes its size sends this too, without a sender.
            (Signal::Winch, Part::Master) if caught.sender.is_some() => Self::StopWorkers,
            (Signal::Winch, Part::Worker) if caught.sender.is_some() => Self::Quit,
            (Signal::Chld, Part::Master) => Self::Reap,
            (Signal::Hup | Signal::Usr2 | Signal::Winch | Signal::Chld, _) => Self::Nothing,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Exit => ", exiting",
            Self::Quit => ", shutting down",
            Self::Reload => ", reconfiguring",
            Self::Reopen => ", reopening logs",
            Self::Upgrade => ", changing binary",
            Self::StopWorkers => ", stop accepting connections",
            Self::Reap => "",
            Self::Nothing => ", ignoring",
        }
    }
}

/// `signal 15 (SIGTERM) received from 4711, exiting`
pub fn words(caught: Caught, action: Action) -> String {
    let Caught { signal, sender } = caught;
    let from = sender.map(|pid| format!(" from {pid}")).unwrap_or_default();
    format!("signal {} ({}) received{from}{}", signal.number(), signal.name(), action.words())
}

#[cfg(test)]
mod tests {
    use super::{Action, Part, words};
    use crate::os::signal::{Caught, Signal};

    #[test]
    fn signals_are_announced_in_nginx_words() {
        for (part, signal, sender, text) in [
            (Part::Single, Signal::Term, Some(7), "signal 15 (SIGTERM) received from 7, exiting"),
            (Part::Worker, Signal::Int, None, "signal 2 (SIGINT) received, exiting"),
            (
                Part::Master,
                Signal::Quit,
                Some(7),
                "signal 3 (SIGQUIT) received from 7, shutting down",
            ),
            (
                Part::Master,
                Signal::Hup,
                Some(7),
                "signal 1 (SIGHUP) received from 7, reconfiguring",
            ),
            (Part::Worker, Signal::Hup, Some(7), "signal 1 (SIGHUP) received from 7, ignoring"),
            (Part::Worker, Signal::Usr1, None, "signal 10 (SIGUSR1) received, reopening logs"),
            (Part::Master, Signal::Usr2, None, "signal 12 (SIGUSR2) received, changing binary"),
            (Part::Single, Signal::Usr2, None, "signal 12 (SIGUSR2) received, ignoring"),
            (Part::Master, Signal::Chld, Some(7), "signal 17 (SIGCHLD) received from 7"),
            (Part::Master, Signal::Winch, None, "signal 28 (SIGWINCH) received, ignoring"),
            (
                Part::Master,
                Signal::Winch,
                Some(7),
                "signal 28 (SIGWINCH) received from 7, stop accepting connections",
            ),
        ] {
            let caught = Caught { signal, sender };
            assert_eq!(words(caught, Action::of(caught, part)), text);
        }
    }
}
