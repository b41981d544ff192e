//! One access log: where its lines go, and those that are gathered for it.

use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::conf::value::Msec;
use crate::http::settings::log::AccessLog;
use crate::http::settings::syslog::Syslog;
use crate::logs::syslog::Peer;
use crate::os::Errno;
use crate::os::logfile::LogFile;

#[derive(Debug)]
pub(super) struct Out {
    to: To,
    pub lines: Vec<u8>,
    pub buffer: Option<usize>,
    pub flush: Option<Msec>,
    gzip: Option<u32>,
    pub dirty: bool,
    /// The disk was full: until then nothing is tried.
    pub full_until: Msec,
}

#[derive(Debug)]
enum To {
    File(LogFile),
    Syslog(Box<Peer>),
}

/// What all of them share when something fails.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub now: Msec,
    pub silent_until: Msec,
}

impl Faults {
    /// At most once a second.
    pub fn may_say(&mut self) -> bool {
        let may = self.now >= self.silent_until;
        if may {
            self.silent_until = self.now + 1000;
        }
        may
    }
}

impl Out {
    pub fn file(file: LogFile) -> Self {
        Self::new(To::File(file))
    }

    pub fn syslog(to: Syslog) -> Self {
        Self::new(To::Syslog(Box::new(Peer::new(to))))
    }

    fn new(to: To) -> Self {
        let (lines, dirty, full_until) = (Vec::new(), false, 0);
        Self { to, lines, buffer: None, flush: None, gzip: None, dirty, full_until }
    }

    pub fn set_buffer(&mut self, log: &AccessLog) {
        (self.buffer, self.flush, self.gzip) = (log.buffer, log.flush, log.gzip);
    }

    pub fn log_file(&self) -> Option<&LogFile> {
        match &self.to {
            To::File(file) => Some(file),
            To::Syslog(_) => None,
        }
    }

    pub fn log_file_mut(&mut self) -> Option<&mut LogFile> {
        match &mut self.to {
            To::File(file) => Some(file),
            To::Syslog(_) => None,
        }
    }

    pub fn is_file(&self, path: &Path) -> bool {
        self.log_file().is_some_and(|file| file.path == path)
    }

    pub fn is_syslog(&self, server: &Syslog) -> bool {
        matches!(&self.to, To::Syslog(peer) if peer.to == *server)
    }

    /// Sends a line that nothing waits for. Whether it was one of those.
    pub fn send(&mut self, line: &[u8]) -> bool {
        let To::Syslog(peer) = &mut self.to else {
            return false;
        };
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if let Some((severity, words)) = peer.send(None, line) {
            crate::log_to!(0, severity, "{words}");
        }
        true
    }

    pub fn write_out(&mut self, faults: &mut Faults) {
        let To::File(file) = &self.to else { return };
        if self.lines.is_empty() {
            return;
        }
        if faults.now >= self.full_until {
            let wrote = match self.gzip {
                Some(level) => member(&self.lines, level)
                    .map_err(Errno::from)
                    .and_then(|bytes| file.write(&bytes)),
                None => file.write(&self.lines),
            };
            if let Err(e) = wrote {
                if e == Errno::NOSPC {
                    self.full_until = faults.now + 1000;
                }
                if faults.may_say() {
                    crate::alert!("write() to \"{}\" failed ({e})", file.path.display());
                }
            }
        }
        self.lines.clear();
    }
}

/// What was gathered as a gzip file of its own: several, one after another, are one too.
fn member(lines: &[u8], level: u32) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(lines.len() / 4), Compression::new(level));
    encoder.write_all(lines)?;
    encoder.finish()
}

/// The path that a directive or a variable names.
pub(super) fn path_of(path: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(path))
}
