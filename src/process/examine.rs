//! `-t` and `-T`: whether the program would start, without starting it.

use std::io::{self, Write};
use std::process::ExitCode;

use super::cycle::{Cycle, Purpose};
use super::start::Program;
use super::{Paths, say};
use crate::http::conf::load::Loaded;
use crate::shared::zones::Zones;

/// As nginx, opens the logs and binds the addresses, and keeps none of them.
pub(super) fn report(program: &Program, loaded: Loaded) -> ExitCode {
    let Program { paths, options, .. } = program;
    let file = paths.file.display();
    if !options.quiet {
        for words in &loaded.remarks.notes {
            say(format_args!("nginx: [notice] {words}\n"));
        }
        say(format_args!("nginx: the configuration file {file} syntax is ok\n"));
    }
    if Cycle::open(program, loaded.conf, &[], &Zones::default(), Purpose::Test).is_err() {
        return failed(paths);
    }
    if !options.quiet {
        say(format_args!("nginx: configuration file {file} test is successful\n"));
    }
    if options.dump && dump(&loaded.files).is_err() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

pub(super) fn failed(paths: &Paths) -> ExitCode {
    say(format_args!("nginx: configuration file {} test failed\n", paths.file.display()));
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
