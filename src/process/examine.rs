//! `-t` and `-T`: whether the program would start, without starting it.

use std::io::{self, Write};
use std::process::ExitCode;

use super::Paths;
use super::cycle::{Cycle, Purpose};
use super::start::Program;
use crate::http::conf::Loaded;

/// As nginx, opens the logs and binds the addresses, and keeps none of them.
pub(super) fn report(program: &Program, loaded: Loaded) -> ExitCode {
    let Program { paths, options, .. } = program;
    let file = paths.file.display();
    if !options.quiet {
        eprintln!("nginx: the configuration file {file} syntax is ok");
    }
    if Cycle::open(program, loaded.conf, &[], Purpose::Test).is_err() {
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
