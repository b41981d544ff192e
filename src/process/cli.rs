//! The command line, read as nginx reads it: flags may be joined, values attached. And the two long
//! options that every program has.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// What was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// `-?`, `-h`, `--help`
    pub help: bool,
    /// `-v`, `--version`, and with all the details `-V`.
    pub version: bool,
    pub details: bool,
    /// The answer goes to stdout. That to `-v` and `-V` does not: scripts read it from stderr.
    pub to_stdout: bool,
    /// `-t`, and with the files printed `-T`.
    pub test: bool,
    pub dump: bool,
    /// `-q`
    pub quiet: bool,
    /// `-s`
    pub order: Option<Order>,
    /// `-p`
    pub prefix: Option<PathBuf>,
    /// `-e`; empty is stderr.
    pub error_log: Option<PathBuf>,
    /// `-c`
    pub file: Option<PathBuf>,
    /// `-g`
    pub directives: Option<String>,
}

/// What `-s` tells the running program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    Stop,
    Quit,
    Reopen,
    Reload,
}

/// The arguments after the program's name, or what is wrong with them in nginx's words.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Options, String> {
    let mut options = Options::default();
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.as_bytes() {
            b"--help" => options.ask_for_help(),
            b"--version" => (options.version, options.to_stdout) = (true, true),
            long if long.starts_with(b"--") => return Err(invalid(&arg.to_string_lossy())),
            _ => options.flags(&arg, &mut args)?,
        }
    }
    Ok(options)
}

fn invalid(option: &str) -> String {
    format!("invalid option: \"{option}\"")
}

impl Options {
    /// One argument, and the next one if its last flag takes a value.
    fn flags(
        &mut self,
        arg: &OsStr,
        args: &mut impl Iterator<Item = OsString>,
    ) -> Result<(), String> {
        let Some(flags) = arg.as_bytes().strip_prefix(b"-") else {
            return Err(invalid(&arg.to_string_lossy()));
        };
        for (at, flag) in flags.iter().enumerate() {
            match flag {
                b'?' | b'h' => self.ask_for_help(),
                b'v' => self.version = true,
                b'V' => (self.version, self.details) = (true, true),
                b't' => self.test = true,
                b'T' => (self.test, self.dump) = (true, true),
                b'q' => self.quiet = true,
                b'p' | b'e' | b'c' | b'g' | b's' => {
                    let rest = &flags[at + 1..];
                    let value = match rest.is_empty() {
                        true => args.next(),
                        false => Some(OsStr::from_bytes(rest).to_owned()),
                    };
                    self.set(*flag, value)?;
                    break;
                }
                _ => return Err(invalid(&char::from(*flag).to_string())),
            }
        }
        Ok(())
    }

    fn ask_for_help(&mut self) {
        (self.version, self.help, self.to_stdout) = (true, true, true);
    }

    fn set(&mut self, flag: u8, value: Option<OsString>) -> Result<(), String> {
        let what = match flag {
            b'p' => "directory name",
            b'e' | b'c' => "file name",
            _ => "parameter",
        };
        let Some(value) = value else {
            return Err(format!("option \"-{}\" requires {what}", char::from(flag)));
        };
        match flag {
            b'p' => self.prefix = Some(value.into()),
            b'e' if value == "stderr" => self.error_log = Some(PathBuf::new()),
            b'e' => self.error_log = Some(value.into()),
            b'c' => self.file = Some(value.into()),
            b'g' => self.directives = Some(value.to_string_lossy().into_owned()),
            _ => {
                let name = value.to_string_lossy();
                let order = Order::from_name(&name);
                self.order = Some(order.ok_or_else(|| invalid(&format!("-s {name}")))?);
            }
        }
        Ok(())
    }
}

impl Order {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "stop" => Some(Self::Stop),
            "quit" => Some(Self::Quit),
            "reopen" => Some(Self::Reopen),
            "reload" => Some(Self::Reload),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Options, Order, parse};

    fn read(line: &str) -> Result<Options, String> {
        parse(line.split_terminator(' ').map(|arg| arg.replace('_', " ").into()))
    }

    #[test]
    fn flags_may_be_joined_and_values_attached() {
        let options = read("-tqc x.conf -p/srv -g daemon_off;").unwrap();
        assert!(options.test && options.quiet && !options.dump && !options.version);
        assert_eq!(options.file.unwrap().to_str(), Some("x.conf"));
        assert_eq!(options.prefix.unwrap().to_str(), Some("/srv"));
        assert_eq!(options.directives.as_deref(), Some("daemon off;"));
        assert_eq!(read("").unwrap(), Options::default());
        assert_eq!(read("-").unwrap(), Options::default());
        for help in ["-h", "-?", "--help", "-Vh"] {
            let options = read(help).unwrap();
            assert!(options.help && options.version && options.to_stdout, "{help}");
        }
        assert!(read("--version").unwrap().to_stdout && !read("-V").unwrap().to_stdout);
        assert!(read("-T").unwrap().test && read("-T").unwrap().dump);
        assert!(read("-V").unwrap().version && read("-vt").unwrap().test);
        assert_eq!(read("-estderr").unwrap().error_log.unwrap().to_str(), Some(""));
        assert_eq!(read("-e logs/e").unwrap().error_log.unwrap().to_str(), Some("logs/e"));
        for (name, order) in [
            ("stop", Order::Stop),
            ("quit", Order::Quit),
            ("reopen", Order::Reopen),
            ("reload", Order::Reload),
        ] {
            assert_eq!(read(&format!("-s {name}")).unwrap().order, Some(order));
            assert_eq!(read(&format!("-s{name}")).unwrap().order, Some(order));
        }
    }

    #[test]
    fn mistakes_are_named_as_nginx_names_them() {
        for (line, words) in [
            ("x", "invalid option: \"x\""),
            ("-x", "invalid option: \"x\""),
            ("-tx", "invalid option: \"x\""),
            ("--helpx", "invalid option: \"--helpx\""),
            ("--", "invalid option: \"--\""),
            ("-c", "option \"-c\" requires file name"),
            ("-e", "option \"-e\" requires file name"),
            ("-p", "option \"-p\" requires directory name"),
            ("-g", "option \"-g\" requires parameter"),
            ("-s", "option \"-s\" requires parameter"),
            ("-s x", "invalid option: \"-s x\""),
            ("-t extra", "invalid option: \"extra\""),
        ] {
            assert_eq!(read(line).unwrap_err(), words, "{line}");
        }
    }
}
