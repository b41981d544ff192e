//! One process that is everything: it serves, and answers the signals itself.

use std::os::fd::OwnedFd;

use super::signals::{self, Action};
use super::start::Program;
use crate::http::conf::{Conf, ListenIndex};
use crate::os::net::Socket;
use crate::os::signal;

/// Serves until it is told to end.
pub(super) fn cycle(
    _conf: &'static Conf,
    sockets: Vec<(ListenIndex, Socket)>,
    caught: OwnedFd,
    program: &Program,
) {
    let mut buffer = [0; signal::BUFFER];
    loop {
        signal::wait(&caught);
        if !signal::pending() {
            continue;
        }
        let len = signal::receive(&caught, &mut buffer);
        for it in signal::records(&buffer[..len]) {
            crate::notice!("{}", signals::words(it));
            match Action::of(it.signal) {
                Action::Exit => {
                    crate::notice!("exiting");
                    drop(sockets);
                    return;
                }
                Action::Quit => {
                    crate::notice!("gracefully shutting down");
                    return;
                }
                Action::Reload => program.reload(),
                Action::Reopen => {
                    crate::notice!("reopening logs");
                    program.logs.reopen();
                }
                Action::Nothing => {}
            }
        }
    }
}
