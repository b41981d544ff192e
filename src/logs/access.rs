//! Access logs: where they go and what is to be written there.
//!
//! Lines are gathered and written once a turn, in one write a file, or as `buffer=` and `flush=` say;
//! to syslog each goes at once. What cannot be written is lost, and said so in the error log at most
//! once a second: a full disk must not stop the traffic.

mod named;
mod out;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use self::named::Named;
use self::out::{Faults, Out, path_of};
use crate::conf::value::Msec;
use crate::http::conf::{Conf, LocationId};
use crate::http::settings::log::{AccessLog, FileCache};
use crate::os::Errno;
use crate::os::logfile::LogFile;

/// Every access log of the worker.
#[derive(Debug, Default)]
pub struct AccessLogs {
    /// Those of the configuration.
    fixed: Vec<Out>,
    /// Files whose path a variable decided; their numbers follow on those of the others.
    named: Named,
    /// For each location, by its id, and each of its `access_log` lines: the file.
    targets: Vec<Box<[Option<u32>]>>,
    /// Files without `buffer=` that have lines of this turn.
    dirty: Vec<u32>,
    faults: Faults,
    /// When `flush` is to be called.
    flush_at: Option<Msec>,
}

/// What gathers at most in a turn before it is written.
const GATHER: usize = 64 << 10;

impl AccessLogs {
    /// Opens every file that the configuration names, once.
    pub fn open(conf: &Conf) -> Result<Self, (PathBuf, Errno)> {
        let mut logs = Self::default();
        for location in &conf.http.locations {
            let mut targets = Vec::new();
            for log in &location.log.access {
                targets.push(logs.open_constant(log)?);
            }
            logs.targets.push(targets.into());
        }
        Ok(logs)
    }

    fn open_constant(&mut self, log: &AccessLog) -> Result<Option<u32>, (PathBuf, Errno)> {
        let Some(path) = log.path.as_text() else {
            return Ok(None);
        };
        let path = path_of(path);
        let known = self.fixed.iter().position(|out| match &log.syslog {
            Some(server) => out.is_syslog(server),
            None => out.is_file(path),
        });
        let at = match (known, &log.syslog) {
            (Some(at), _) => at,
            (None, server) => {
                self.fixed.push(match server {
                    Some(server) => Out::syslog(server.clone()),
                    None => Out::file(LogFile::open(path).map_err(|e| (path.to_owned(), e))?),
                });
                self.fixed.len() - 1
            }
        };
        // All lines that name the file share the buffer that one of them asked for.
        if log.buffer.is_some() {
            self.fixed[at].set_buffer(log);
        }
        Ok(Some(at as u32))
    }

    /// The file of a location's `access_log` line; `None`: a variable decides, see `named`.
    pub fn target(&self, location: LocationId, line: usize) -> Option<u32> {
        *self.targets.get(location.index())?.get(line)?
    }

    /// The file of that path, opened if it is not open.
    pub fn named(
        &mut self,
        path: &[u8],
        cache: Option<FileCache>,
        now: Msec,
    ) -> Result<u32, Errno> {
        self.faults.now = now;
        let slot = self.named.find(path, cache, now, &mut self.faults)?;
        Ok((self.fixed.len() + slot) as u32)
    }

    /// Whether it shall be said that something failed: not again and again while a disk is full.
    pub fn may_say(&mut self, e: Errno) -> bool {
        e != Errno::NOSPC || self.faults.may_say()
    }

    /// Takes a line, its end included. Returns in how many ms `flush` must be called, if it must be.
    #[must_use]
    pub fn write(&mut self, file: u32, line: &[u8], now: Msec) -> Option<Msec> {
        self.faults.now = now;
        let (out, faults) = self.get(file)?;
        if out.send(line) {
            return None;
        }
        let room = out.buffer.unwrap_or(GATHER);
        if out.lines.len() + line.len() > room {
            out.write_out(faults);
        }
        out.lines.extend_from_slice(line);
        if out.buffer.is_none() {
            if !std::mem::replace(&mut out.dirty, true) {
                self.dirty.push(file);
            }
            return None;
        }
        let flush = out.flush;
        if out.lines.len() >= room {
            out.write_out(faults);
            return None;
        }
        let after = flush?;
        let due = now + after;
        if self.flush_at.is_some_and(|at| at <= due) {
            return None;
        }
        self.flush_at = Some(due);
        Some(after)
    }

    fn get(&mut self, file: u32) -> Option<(&mut Out, &mut Faults)> {
        let at = file as usize;
        let fixed = self.fixed.len();
        let out = match at.checked_sub(fixed) {
            None => self.fixed.get_mut(at),
            Some(slot) => self.named.get(slot),
        };
        Some((out?, &mut self.faults))
    }

    /// Writes what gathered during the turn in files without `buffer=`.
    pub fn turn_ended(&mut self) {
        while let Some(file) = self.dirty.pop() {
            let fixed = self.fixed.len();
            if let Some((out, faults)) = self.get(file) {
                out.dirty = false;
                out.write_out(faults);
            }
            if let Some(slot) = (file as usize).checked_sub(fixed) {
                self.named.turn_ended(slot);
            }
        }
    }

    /// Writes everything.
    pub fn flush(&mut self) {
        self.flush_at = None;
        self.turn_ended();
        self.fixed.iter_mut().for_each(|out| out.write_out(&mut self.faults));
    }

    /// After a rotation: every file again, by its name. Returns those that could not be opened; their
    /// lines go on to where they went.
    pub fn reopen(&mut self) -> Vec<(PathBuf, Errno)> {
        self.flush();
        self.named = Named::default();
        let files = self.fixed.iter_mut().filter_map(Out::log_file_mut);
        files.filter_map(|file| Some((file.path.clone(), file.reopen().err()?))).collect()
    }

    /// The files of the configuration: they go to the user as whom they will be opened again.
    pub fn files(&self) -> impl Iterator<Item = &LogFile> {
        self.fixed.iter().filter_map(Out::log_file)
    }
}

impl Drop for AccessLogs {
    fn drop(&mut self) {
        self.flush();
    }
}
