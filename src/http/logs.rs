//! Access logs: open files and what is to be written to them.
//!
//! Lines are gathered and written once a turn, in one write a file, or as `buffer=` and `flush=` say.
//! What cannot be written is lost, and said so in the error log at most once a second: a full disk
//! must not stop the traffic.

use std::path::{Path, PathBuf};

use super::conf::{Conf, LocationId};
use super::settings::log::AccessLog;
use crate::conf::value::Msec;
use crate::os::Errno;
use crate::os::logfile::LogFile;

/// Every access log file of the worker.
#[derive(Debug, Default)]
pub struct AccessLogs {
    /// Those of the configuration, then those whose path a variable decided.
    files: Vec<Out>,
    fixed: usize,
    /// For each location, by its id, and each of its `access_log` lines: the file.
    targets: Vec<Box<[Option<u32>]>>,
    /// Files without `buffer=` that have lines of this turn.
    dirty: Vec<u32>,
    now: Msec,
    /// The disk was full: until then nothing is tried.
    full_until: Msec,
    silent_until: Msec,
    /// When `flush` is to be called.
    flush_at: Option<Msec>,
}

#[derive(Debug)]
struct Out {
    file: LogFile,
    lines: Vec<u8>,
    buffer: Option<usize>,
    flush: Option<Msec>,
    dirty: bool,
    opened: Msec,
    used: Msec,
}

/// Files open at the same time whose path a variable decided.
const NAMED: usize = 16;
/// How long one of them stays open: it may have been moved away in the meantime.
const NAMED_MS: Msec = 10_000;
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
        logs.fixed = logs.files.len();
        Ok(logs)
    }

    fn open_constant(&mut self, log: &AccessLog) -> Result<Option<u32>, (PathBuf, Errno)> {
        let Some(path) = log.path.as_text() else {
            return Ok(None);
        };
        let path = path_of(path);
        if let Some(at) = self.files.iter().position(|out| out.file.path == path) {
            return Ok(Some(at as u32));
        }
        let file = LogFile::open(path).map_err(|e| (path.to_owned(), e))?;
        self.files.push(Out::new(file, log, 0));
        Ok(Some(self.files.len() as u32 - 1))
    }

    /// The file of a location's `access_log` line; `None`: a variable decides, see `named`.
    pub fn target(&self, location: LocationId, line: usize) -> Option<u32> {
        *self.targets.get(location.index())?.get(line)?
    }

    /// The file of that path, opened if it is not open.
    pub fn named(&mut self, path: &[u8], log: &AccessLog, now: Msec) -> Result<u32, Errno> {
        let path = path_of(path);
        let named = &self.files[self.fixed..];
        let known = named.iter().position(|out| out.file.path == path).map(|at| at + self.fixed);
        if let Some(at) = known {
            self.files[at].used = now;
            if now - self.files[at].opened < NAMED_MS {
                return Ok(at as u32);
            }
            self.write_out(at);
            self.files[at].file.reopen()?;
            self.files[at].opened = now;
            return Ok(at as u32);
        }
        let out = Out::new(LogFile::open(path)?, log, now);
        if named.len() < NAMED {
            self.files.push(out);
            return Ok(self.files.len() as u32 - 1);
        }
        let (oldest, _) =
            named.iter().enumerate().min_by_key(|(_, out)| out.used).unwrap_or((0, &out));
        let at = oldest + self.fixed;
        self.write_out(at);
        // Its place among the dirty ones goes to the new one.
        let dirty = self.files[at].dirty;
        self.files[at] = Out { dirty, ..out };
        Ok(at as u32)
    }

    /// Takes a line, its end included. Returns in how many ms `flush` must be called, if it must be.
    #[must_use]
    pub fn write(&mut self, file: u32, line: &[u8], now: Msec) -> Option<Msec> {
        self.now = now;
        let at = file as usize;
        let out = self.files.get_mut(at)?;
        let room = out.buffer.unwrap_or(GATHER);
        if out.lines.len() + line.len() > room {
            self.write_out(at);
        }
        let out = &mut self.files[at];
        out.lines.extend_from_slice(line);
        if out.buffer.is_none() {
            if !std::mem::replace(&mut out.dirty, true) {
                self.dirty.push(file);
            }
            return None;
        }
        let flush = out.flush;
        if out.lines.len() >= room {
            self.write_out(at);
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

    /// Writes what gathered during the turn in files without `buffer=`.
    pub fn turn_ended(&mut self) {
        while let Some(file) = self.dirty.pop() {
            if let Some(out) = self.files.get_mut(file as usize) {
                out.dirty = false;
            }
            self.write_out(file as usize);
        }
    }

    /// Writes everything.
    pub fn flush(&mut self) {
        self.flush_at = None;
        self.turn_ended();
        for at in 0..self.files.len() {
            self.write_out(at);
        }
    }

    /// After a rotation: every file again, by its name. Returns those that could not be opened; their
    /// lines go on to where they went.
    pub fn reopen(&mut self) -> Vec<(PathBuf, Errno)> {
        self.flush();
        self.files.truncate(self.fixed);
        let failed = |out: &mut Out| Some((out.file.path.clone(), out.file.reopen().err()?));
        self.files.iter_mut().filter_map(failed).collect()
    }

    /// The files of the configuration: they go to the user as whom they will be opened again.
    pub fn files(&self) -> impl Iterator<Item = &LogFile> {
        self.files[..self.fixed].iter().map(|out| &out.file)
    }

    fn write_out(&mut self, at: usize) {
        let Some(out) = self.files.get_mut(at).filter(|out| !out.lines.is_empty()) else {
            return;
        };
        if self.now >= self.full_until {
            if let Err(e) = out.file.write(&out.lines) {
                if e == Errno::NOSPC {
                    self.full_until = self.now + 1000;
                }
                if self.now >= self.silent_until {
                    self.silent_until = self.now + 1000;
                    crate::alert!("write() to \"{}\" failed ({e})", out.file.path.display());
                }
            }
        }
        out.lines.clear();
    }
}

impl Drop for AccessLogs {
    fn drop(&mut self) {
        self.flush();
    }
}

impl Out {
    fn new(file: LogFile, log: &AccessLog, now: Msec) -> Self {
        let (buffer, flush) = (log.buffer, log.flush);
        Self { file, lines: Vec::new(), buffer, flush, dirty: false, opened: now, used: now }
    }
}

fn path_of(path: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(path))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::ffi::OsStrExt;

    use super::*;
    use crate::http::vars::Template;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("peerage-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
        fn log(&self, name: &str, buffer: Option<usize>, flush: Option<Msec>) -> AccessLog {
            let path = Template::text(self.0.join(name).as_os_str().as_bytes());
            AccessLog { path, format: 0, condition: None, buffer, flush }
        }
        fn read(&self, name: &str) -> String {
            fs::read_to_string(self.0.join(name)).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn opened(all: &[AccessLog]) -> AccessLogs {
        let mut logs = AccessLogs::default();
        for log in all {
            logs.open_constant(log).unwrap();
        }
        logs.fixed = logs.files.len();
        logs
    }

    #[test]
    fn lines_of_a_turn_are_one_write_at_its_end() {
        let folder = Folder::new("logs-turn");
        let mut logs = opened(&[folder.log("a", None, None), folder.log("a", None, None)]);
        assert_eq!(logs.fixed, 1);
        assert_eq!(logs.write(0, b"one\n", 5), None);
        assert_eq!(logs.write(0, b"two\n", 5), None);
        assert_eq!(folder.read("a"), "");
        logs.turn_ended();
        assert_eq!(folder.read("a"), "one\ntwo\n");
        logs.turn_ended();
        assert_eq!(folder.read("a"), "one\ntwo\n");
    }

    #[test]
    fn a_buffer_is_written_when_full_and_when_its_time_is_over() {
        let folder = Folder::new("logs-buffer");
        let mut logs = opened(&[folder.log("a", Some(10), Some(100))]);
        assert_eq!(logs.write(0, b"12345\n", 5), Some(100));
        assert_eq!(logs.write(0, b"abc\n", 6), None);
        assert_eq!(folder.read("a"), "12345\nabc\n");
        assert_eq!(logs.write(0, b"later\n", 7), None);
        logs.turn_ended();
        assert_eq!(folder.read("a"), "12345\nabc\n");
        logs.flush();
        assert_eq!(folder.read("a"), "12345\nabc\nlater\n");
        assert_eq!(logs.write(0, b"x\n", 200), Some(100));
        assert_eq!(logs.write(0, b"longer than the buffer\n", 200), None);
        assert!(folder.read("a").ends_with("x\nlonger than the buffer\n"));
        assert_eq!(logs.write(0, b"end\n", 200), None);
        drop(logs);
        assert!(folder.read("a").ends_with("end\n"));
    }

    #[test]
    fn paths_of_variables_are_few_at_a_time() {
        let folder = Folder::new("logs-named");
        let mut logs = opened(&[folder.log("fixed", None, None)]);
        let log = folder.log("unused", None, None);
        for n in 0..40 {
            let path = folder.0.join(format!("n{n}"));
            let file = logs.named(path.as_os_str().as_bytes(), &log, n).unwrap();
            assert_eq!(logs.write(file, format!("{n}\n").as_bytes(), n), None);
        }
        assert_eq!(logs.files.len(), 1 + NAMED);
        logs.turn_ended();
        for n in 0..40 {
            assert_eq!(folder.read(&format!("n{n}")), format!("{n}\n"));
        }
        fs::rename(folder.0.join("fixed"), folder.0.join("old")).unwrap();
        assert!(logs.reopen().is_empty());
        assert_eq!(logs.files.len(), 1);
        assert_eq!(logs.write(0, b"new\n", 99), None);
        logs.turn_ended();
        assert_eq!(folder.read("fixed"), "new\n");
    }

    #[test]
    fn a_full_disk_is_tried_again_a_second_later() {
        let Ok(full) = LogFile::open(Path::new("/dev/full")) else {
            return;
        };
        let folder = Folder::new("logs-full");
        let mut logs = opened(&[folder.log("a", None, None)]);
        logs.files[0].file = full;
        assert_eq!(logs.write(0, b"x\n", 1000), None);
        logs.turn_ended();
        assert_eq!((logs.full_until, logs.silent_until), (2000, 2000));
        logs.files[0].file = LogFile::open(&folder.0.join("a")).unwrap();
        for now in [1500, 2000] {
            assert_eq!(logs.write(0, b"x\n", now), None);
            logs.turn_ended();
        }
        assert_eq!(folder.read("a"), "x\n");
    }
}
