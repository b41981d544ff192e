//! The program's life: what the command line asks for, the start in its order, the loop, the end.
//!
//! Uses everything. What goes wrong here is said as `nginx: [emerg] …` on stderr and in the error log, and
//! the exit status is 1.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::conf::error::Error;
use crate::http::conf::load::{self, Loaded};
use crate::logs::error::ErrorLogs;
use crate::os::Errno;
use crate::os::title::Title;

mod caches;
mod children;
mod cli;
mod control;
mod cycle;
mod environment;
mod examine;
mod folders;
mod listeners;
mod master;
mod names;
mod pid;
mod signals;
mod single;
mod start;
mod upgrade;
mod version;
mod worker;

use cli::Options;

/// Runs the program with these arguments, its name the first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let options = match cli::parse(args.iter().skip(1).cloned()) {
        Ok(options) => options,
        Err(words) => {
            say(format_args!("peerage: {words} (-h lists the options)\n"));
            return ExitCode::FAILURE;
        }
    };
    if options.version {
        let text = describe(&options);
        match options.to_stdout {
            true => drop(io::stdout().write_all(text.as_bytes())),
            false => say(format_args!("{text}")),
        }
        if !options.test {
            return ExitCode::SUCCESS;
        }
    }
    let paths = Paths::of(&options);
    let (logs, opened) = ErrorLogs::start(paths.error_log.as_deref());
    if let (Err(e), Some(path), true) = (opened, &paths.error_log, options.error_log.is_some()) {
        // The default may well be missing before the first start; what was asked for may not.
        let path = path.display();
        say(format_args!(
            "nginx: [alert] could not open error log file: open() \"{path}\" failed ({e})\n"
        ));
    }
    std::panic::set_hook(Box::new(|bug| {
        crate::alert!("{bug}");
        std::process::abort();
    }));
    let loaded = match load(&paths, &options) {
        Ok(loaded) => loaded,
        Err(words) => {
            crate::emerg!("{words}");
            return match options.test {
                true => examine::failed(&paths),
                false => ExitCode::FAILURE,
            };
        }
    };
    for words in &loaded.remarks.warnings {
        log::warn!("{words}");
    }
    if let (Some(order), false) = (options.order, options.test) {
        return control::tell(order, &loaded.conf.main.pid);
    }
    let program = start::Program { title: Title::take(), args, paths, options, logs };
    if program.options.test {
        return examine::report(&program, loaded);
    }
    match program.run(loaded.conf) {
        Ok(()) => ExitCode::SUCCESS,
        Err(start::Failed) => ExitCode::FAILURE,
    }
}

/// To stderr. A reader that has left is no fault: `eprint!` panics of it.
fn say(words: std::fmt::Arguments<'_>) {
    let _ = io::stderr().write_all(words.to_string().as_bytes());
}

/// Where things are, from the options alone.
struct Paths {
    /// Ends with a slash.
    prefix: PathBuf,
    /// The configuration file.
    file: PathBuf,
    /// Until the configuration names another; stderr without one.
    error_log: Option<PathBuf>,
}

impl Paths {
    fn of(options: &Options) -> Self {
        let prefix = match &options.prefix {
            Some(prefix) => prefix.clone(),
            None => std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        };
        // An empty last part is a slash at the end.
        let prefix = prefix.join("");
        let file = options.file.as_deref().unwrap_or_else(|| Path::new(DEFAULT_FILE));
        let error_log = options.error_log.as_deref().unwrap_or_else(|| Path::new("logs/error.log"));
        Self {
            file: prefix.join(file),
            error_log: (!error_log.as_os_str().is_empty()).then(|| prefix.join(error_log)),
            prefix,
        }
    }
}

const DEFAULT_FILE: &str = "conf/nginx.conf";

/// For who starts the program where no configuration is.
const EXAMPLES: &str = "conf/examples in the source of peerage";

fn load(paths: &Paths, options: &Options) -> Result<Loaded, Error> {
    if options.file.is_none() && !paths.file.exists() {
        return Err(Error::whole(format!(
            "open() \"{}\" failed ({}): -c names another configuration file, and {EXAMPLES} has \
             some to begin with",
            paths.file.display(),
            Errno::NOENT
        )));
    }
    load::load(&paths.file, &paths.prefix, options.directives.as_deref().unwrap_or_default())
}

fn describe(options: &Options) -> String {
    let mut text = match options.details {
        true => version::details(DEFAULT_FILE),
        false => version::version(),
    };
    if options.help {
        text.push_str(&version::help());
    }
    text
}
