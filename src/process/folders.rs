//! The folders that have to be there before files are opened in them.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Paths;
use crate::http::conf::Conf;
use crate::http::settings::main::{ErrorLog, LogTarget};
use crate::os::Errno;

/// Makes `logs` below the prefix if a path needs it: a first start in a fresh clone should not ask for a
/// `mkdir`. What is wrong with it is said when the first file in it cannot be opened.
pub(super) fn make_for_logs(paths: &Paths, conf: &Conf) {
    let standard = paths.prefix.join("logs");
    if logs(conf).chain([conf.main.pid.as_path()]).any(|path| path.starts_with(&standard)) {
        let _ = DirBuilder::new().mode(0o755).create(&standard);
    }
}

/// The `working_directory` of the workers is there; without it none of them could live.
pub(super) fn find_working(conf: &Conf) -> Result<(), String> {
    let Some(folder) = &conf.main.working_directory else { return Ok(()) };
    let failed = |e: Errno| format!("chdir(\"{}\") failed ({e})", folder.display());
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(failed(Errno::NOTDIR)),
        Err(e) => Err(failed(e.into())),
    }
}

/// Makes the temporary folders and those of caches that are missing. Those that not everybody may write to are returned: who
/// serves must own them, also if a run by another user made them.
pub(super) fn make_temporary(conf: &Conf) -> Result<Vec<PathBuf>, String> {
    let mut own = Vec::new();
    for path in temporary(conf) {
        if path.as_os_str().is_empty() || own.iter().any(|known| known == path) {
            continue;
        }
        match fs::metadata(path) {
            Ok(it) if it.is_dir() && it.permissions().mode() & 0o002 != 0 => continue,
            Ok(it) if it.is_dir() => {}
            _ => DirBuilder::new().mode(0o700).create(path).map_err(|e| {
                format!("mkdir() \"{}\" failed ({})", path.display(), Errno::from(e))
            })?,
        }
        own.push(path.to_owned());
    }
    Ok(own)
}

/// The folders of request bodies, of responses that are waiting for their clients, and of caches.
fn temporary(conf: &Conf) -> impl Iterator<Item = &Path> {
    let of_locations = conf.http.locations.iter().flat_map(|location| {
        [&location.core.client_body_temp_path, &location.upstream.temp_path].map(|it| &*it.path)
    });
    of_locations.chain(conf.http.caches.iter().map(|cache| &*cache.place.root))
}

/// The files of every `error_log` line.
fn logs(conf: &Conf) -> impl Iterator<Item = &Path> {
    let of_locations = conf.http.locations.iter().flat_map(|location| &location.core.error_log);
    conf.main.error_log.iter().chain(of_locations).filter_map(file)
}

fn file(log: &ErrorLog) -> Option<&Path> {
    match &log.target {
        LogTarget::File(path) => Some(path),
        LogTarget::Stderr | LogTarget::Syslog(_) => None,
    }
}
