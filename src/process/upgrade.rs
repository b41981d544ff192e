//! The program started anew by itself, from whatever file is now where it was started from: the new one
//! is left the listening sockets, and serves beside the old one until the operator ends either.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::environment;
use super::listeners::{self, Listening};
use crate::http::settings::main::Env;
use crate::os::Errno;

/// The title of a process stands where its arguments and environment were at the start.
const ROOM: &str = match str::from_utf8(&[b'X'; 300]) {
    Ok(room) => room,
    Err(_) => "",
};

/// Starts it with the arguments of this one, its name first. Returns its number.
pub(super) fn start(
    args: &[OsString],
    listening: &[Listening],
    named: &[Env],
) -> Result<i32, String> {
    let own: Vec<_> = std::env::vars_os().collect();
    let (name, args) = args.split_first().ok_or("the program has no name")?;
    let sockets = listeners::bequeath(listening, true);
    let started = Command::new(environment::program(name, &own))
        .arg0(name)
        .args(args)
        .env_clear()
        .envs(environment::kept(named, &own))
        .env(listeners::VARIABLE, sockets)
        .env("SPARE", ROOM)
        .spawn();
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
