//! The one place that asks what time it is.
//!
//! A worker reads it once a turn; everything else in the turn sees that instant.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Wall time: seconds and milliseconds since 1970, and the local zone's offset then.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Wall {
    pub secs: i64,
    pub ms: u32,
    /// Seconds east of Greenwich.
    pub offset: i32,
}

#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    zone: (i64, i32),
}

impl Clock {
    pub fn new() -> Self {
        Self { start: Instant::now(), zone: (i64::MIN, 0) }
    }

    /// Milliseconds since this clock was made; never goes back.
    pub fn monotonic_ms(&self) -> u64 {
        // One second ahead, so that 0 can mean "no deadline" everywhere.
        1000 + self.start.elapsed().as_millis() as u64
    }

    pub fn wall(&mut self) -> Wall {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let secs = since.as_secs() as i64;
        // The zone is asked again each quarter of an hour: no zone changes its offset more finely.
        if self.zone.0 != secs / 900 {
            self.zone = (secs / 900, local_offset(secs));
        }
        Wall { secs, ms: since.subsec_millis(), offset: self.zone.1 }
    }
}

/// Dates a file; seconds since 1970.
pub fn set_modified(file: &std::fs::File, secs: i64) -> std::io::Result<()> {
    let since = Duration::from_secs(u64::try_from(secs).unwrap_or(0));
    file.set_modified(UNIX_EPOCH + since)
}

/// How the system's zone is called at `secs`.
pub fn zone_name(secs: i64) -> String {
    let time: libc::time_t = secs;
    // SAFETY: as in `local_offset`; the name is a string of the C library's, which stays until the zone is set anew.
    unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        if libc::localtime_r(&time, &mut tm).is_null() || tm.tm_zone.is_null() {
            return "UTC".to_owned();
        }
        std::ffi::CStr::from_ptr(tm.tm_zone).to_string_lossy().into_owned()
    }
}

/// Seconds east of Greenwich at `secs`, by the system's zone.
fn local_offset(secs: i64) -> i32 {
    let time: libc::time_t = secs;
    // SAFETY: `tm` is a plain struct of integers and a pointer, for which zero is valid; both pointers are live.
    unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        if libc::localtime_r(&time, &mut tm).is_null() {
            return 0;
        }
        tm.tm_gmtoff as i32
    }
}
