//! The program: arguments, then `process::run`.

use std::process::ExitCode;

fn main() -> ExitCode {
    peerage::process::run(std::env::args_os())
}
