//! What each signal means to a process that is alone, and the line that says that it came.

use crate::os::signal::{Caught, Signal};

/// What is to be done about a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// End now.
    Exit,
    /// Take no more, finish what was begun, end.
    Quit,
    Reload,
    Reopen,
    Nothing,
}

impl Action {
    pub fn of(signal: Signal) -> Self {
        match signal {
            Signal::Term | Signal::Int => Self::Exit,
            Signal::Quit => Self::Quit,
            Signal::Hup => Self::Reload,
            Signal::Usr1 => Self::Reopen,
            // There are no workers to stop or to miss, and no master to start another.
            Signal::Usr2 | Signal::Winch | Signal::Chld => Self::Nothing,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Exit => ", exiting",
            Self::Quit => ", shutting down",
            Self::Reload => ", reconfiguring",
            Self::Reopen => ", reopening logs",
            Self::Nothing => ", ignoring",
        }
    }
}

/// `signal 15 (SIGTERM) received from 4711, exiting`
pub fn words(caught: Caught) -> String {
    let Caught { signal, sender } = caught;
    let from = sender.map(|pid| format!(" from {pid}")).unwrap_or_default();
    let what = Action::of(signal).words();
    format!("signal {} ({}) received{from}{what}", signal.number(), signal.name())
}

#[cfg(test)]
mod tests {
    use super::words;
    use crate::os::signal::{Caught, Signal};

    #[test]
    fn signals_are_announced_in_nginx_words() {
        for (signal, sender, text) in [
            (Signal::Term, Some(7), "signal 15 (SIGTERM) received from 7, exiting"),
            (Signal::Int, None, "signal 2 (SIGINT) received, exiting"),
            (Signal::Quit, Some(7), "signal 3 (SIGQUIT) received from 7, shutting down"),
            (Signal::Hup, Some(7), "signal 1 (SIGHUP) received from 7, reconfiguring"),
            (Signal::Usr1, Some(7), "signal 10 (SIGUSR1) received from 7, reopening logs"),
            (Signal::Winch, None, "signal 28 (SIGWINCH) received, ignoring"),
        ] {
            assert_eq!(words(Caught { signal, sender }), text);
        }
    }
}
