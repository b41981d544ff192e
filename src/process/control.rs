//! `-s`: a word to the program that is already running.

use std::path::Path;
use std::process::ExitCode;

use super::cli::Order;
use super::pid;
use crate::os::signal::{self, Signal};

pub(super) fn tell(order: Order, pid_file: &Path) -> ExitCode {
    crate::notice!("signal process started");
    let pid = match pid::read(pid_file) {
        Ok(pid) => pid,
        Err(words) => {
            log::error!("{words}");
            return ExitCode::FAILURE;
        }
    };
    let signal = match order {
        Order::Stop => Signal::Term,
        Order::Quit => Signal::Quit,
        Order::Reopen => Signal::Usr1,
        Order::Reload => Signal::Hup,
    };
    match signal::send(pid, signal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            crate::alert!("kill({pid}, {}) failed ({e})", signal.number());
            ExitCode::FAILURE
        }
    }
}
