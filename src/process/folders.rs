//! The folders that have to be there before files are opened in them.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::Paths;
use crate::http::conf::Conf;
use crate::http::settings::main::{ErrorLog, LogTarget};
use crate::os::Errno;

/// Makes the temporary folders that are missing, and `logs` below the prefix if a path needs it: a first
/// start in a fresh clone should not ask for a `mkdir`. The folders made are returned.
pub(super) fn prepare(paths: &Paths, conf: &Conf) -> Result<Vec<PathBuf>, String> {
    let standard = paths.prefix.join("logs");
    if logs(conf).chain([conf.main.pid.as_path()]).any(|path| path.starts_with(&standard)) {
        // What is wrong with it is said when the first file in it cannot be opened.
        let _ = fs::create_dir(&standard);
    }
    let mut made = Vec::new();
    for location in &conf.http.locations {
        let path = &location.core.client_body_temp_path.path;
        if path.as_os_str().is_empty() || path.is_dir() {
            continue;
        }
        DirBuilder::new()
            .mode(0o700)
            .create(path)
            .map_err(|e| format!("mkdir() \"{}\" failed ({})", path.display(), Errno::from(e)))?;
        made.push(path.clone());
    }
    Ok(made)
}

/// The files of every `error_log` line.
pub(super) fn logs(conf: &Conf) -> impl Iterator<Item = &Path> {
    let of_locations = conf.http.locations.iter().flat_map(|location| &location.core.error_log);
    conf.main.error_log.iter().chain(of_locations).filter_map(file)
}

fn file(log: &ErrorLog) -> Option<&Path> {
    match &log.target {
        LogTarget::File(path) => Some(path),
        LogTarget::Stderr => None,
    }
}
