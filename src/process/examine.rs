//! `-t` and `-T`: whether the program would start, without starting it.

use std::io::{self, Write};
use std::process::ExitCode;

use super::Paths;
use super::cli::Options;
use super::folders;
use crate::http::conf::Loaded;
use crate::os::logfile::LogFile;

pub(super) fn report(paths: &Paths, options: &Options, loaded: &Loaded) -> ExitCode {
    let file = paths.file.display();
    if !options.quiet {
        eprintln!("nginx: the configuration file {file} syntax is ok");
    }
    if let Err(words) = folders::prepare(paths, &loaded.conf).and_then(|_| files_open(loaded)) {
        crate::emerg!("{words}");
        return failed(paths);
    }
    if !options.quiet {
        eprintln!("nginx: configuration file {file} test is successful");
    }
    if options.dump && dump(&loaded.files).is_err() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

pub(super) fn failed(paths: &Paths) -> ExitCode {
    eprintln!("nginx: configuration file {} test failed", paths.file.display());
    ExitCode::FAILURE
}

/// Each file once, in the order in which they were met.
fn dump(files: &[(std::path::PathBuf, Vec<u8>)]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (path, text) in files {
        writeln!(out, "# configuration file {}:", path.display())?;
        out.write_all(text)?;
        writeln!(out)?;
    }
    out.flush()
}

/// The logs and the pid file can be opened; the pid file of a running program is left as it is.
fn files_open(loaded: &Loaded) -> Result<(), String> {
    let conf = &loaded.conf;
    let there = conf.main.pid.exists();
    for path in folders::logs(conf).chain([conf.main.pid.as_path()]) {
        LogFile::open(path).map_err(|e| format!("open() \"{}\" failed ({e})", path.display()))?;
    }
    if !there {
        let _ = std::fs::remove_file(&conf.main.pid);
    }
    Ok(())
}
