//! One process that is everything: it serves, and answers the signals itself.

use std::os::fd::OwnedFd;

use super::cycle::Cycle;
use super::signals::Part;
use super::start::{Failed, Program};
use super::worker;
use crate::logs::counters::Counters;
#[cfg(feature = "lua")]
use crate::modules;
use crate::os::clock::Clock;
use crate::os::title::Title;
use crate::shared::zone::Process;

/// Serves until a signal ends it.
pub(super) fn cycle(cycle: Cycle, caught: &OwnedFd, program: &Program) -> Result<(), Failed> {
    let sockets = cycle.listening.into_iter().map(|it| (it.index, it.sockets, false)).collect();
    let (mut w, wake) = worker::make(cycle.conf, cycle.logs, sockets, caught, Clock::new())?;
    w.counters = Counters::new(1).unwrap_or_default();
    cycle.shared.join(&mut w.groups, 0);
    w.zones = cycle.zones.of_process(Process::own(0));
    w.conf.http.attach_sessions(&w.zones);
    #[cfg(feature = "lua")]
    modules::lua::start_worker(&mut w, cycle.lua, 0);
    // As nginx's, it goes on to show the arguments that it was started with.
    worker::serve(&mut w, wake, Title::default(), |w| {
        worker::answer(w, caught, Part::Single, program.logs, || reload(program));
    });
    Ok(())
}

/// After `HUP`: says what it can about the new configuration, and goes on with the old.
fn reload(program: &Program) {
    crate::notice!("reconfiguring");
    if program.load().is_ok() {
        log::error!(
            "the configuration file {} is valid, but to reload it takes a master process, \
             which is not there: the old configuration stays until the next start",
            program.paths.file.display()
        );
    }
}
