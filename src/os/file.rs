//! Files to be served.

use std::fs::{File, Metadata, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::Errno;

/// Opens a file for reading, whatever it is; the error names the call that failed.
///
/// Never waits, as it would for a writer of a pipe of that name.
pub fn open(path: &Path) -> Result<(File, Metadata), (&'static str, Errno)> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
        .map_err(|e| ("open()", e.into()))?;
    let metadata = file.metadata().map_err(|e| ("fstat()", e.into()))?;
    Ok((file, metadata))
}
