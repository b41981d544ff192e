//! The program started anew by itself, from whatever file is now where it was started from: the new one
//! is left the listening sockets, and serves beside the old one until the operator ends either.

use std::process::Command;

use super::listeners::{self, Listening};
use crate::os::Errno;

/// Starts it with the arguments of this one. Returns its number.
pub(super) fn start(listening: &[Listening]) -> Result<i32, String> {
    let mut args = std::env::args_os();
    let name = args.next().unwrap_or_default();
    let sockets = listeners::bequeath(listening, true);
    let started = Command::new(&name).args(args).env(listeners::VARIABLE, sockets).spawn();
    listeners::bequeath(listening, false);
    match started {
        // It is waited for like every other child, by its number.
        Ok(child) => Ok(child.id() as i32),
        Err(e) => {
            let (name, e) = (name.to_string_lossy(), Errno::from(e));
            Err(format!("execve() failed while executing new binary process \"{name}\" ({e})"))
        }
    }
}
