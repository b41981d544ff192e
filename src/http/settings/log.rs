//! `access_log` and `log_format`.

use crate::conf::directive::{Args, Directive, Line, Places, Set, text};
use crate::conf::error::Wrong;
use crate::conf::value::{self, Msec};
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::vars::Template;
use crate::settings;

settings! {
    /// The log module.
    pub struct Log / LogRaw {
        /// Empty: `off`.
        access: Vec<AccessLog> = vec![],
    }
}

/// One `access_log` line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessLog {
    /// Absolute if its beginning is constant.
    pub path: Template,
    /// Index into `Http::log_formats`.
    pub format: u32,
    /// `if=`: written unless it comes to nothing or `0`.
    pub condition: Option<Template>,
    pub buffer: Option<usize>,
    pub flush: Option<Msec>,
}

/// One `log_format`. The first is `combined`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogFormat {
    pub name: Box<[u8]>,
    pub escape: Escape,
    pub template: Template,
}

/// How variables are written into the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Escape {
    /// `\xXX` for what is not printable, `"` and `\`; `-` for a variable without a value.
    Default,
    Json,
    None,
}

const ANYWHERE: Places = Places::HTTP
    .and(Places::SERVER)
    .and(Places::LOCATION)
    .and(Places::LIMIT_EXCEPT)
    .and(Places::IF_LOCATION);

pub static ROWS: &[Directive<LocationRaw>] = &[
    Directive { name: "access_log", places: ANYWHERE, args: Args::SOME, set: Set::Own(access_log) },
    Directive {
        name: "log_format",
        places: Places::HTTP,
        args: Args(2, u8::MAX),
        set: Set::Own(log_format),
    },
    Directive {
        name: "open_log_file_cache",
        places: Places::HTTP.and(Places::SERVER).and(Places::LOCATION),
        args: Args(1, 4),
        set: Set::Ignored,
    },
];

fn access_log(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let invalid = |word: &[u8]| Wrong::Message(format!("invalid parameter \"{}\"", text(word)));
    let logs = l.log.access.get_or_insert_default();
    if &*line.words[1] == b"off" {
        logs.clear();
        return line.args().get(1).map_or(Ok(()), |word| Err(invalid(word)));
    }
    if line.words[1].starts_with(b"syslog:") {
        return Err(format!("logging to \"{}\" is not supported", line.text(1)).into());
    }
    let path = builder.template(&line.words[1])?;
    let mut log = AccessLog {
        path: builder.path_template(path),
        format: 0,
        condition: None,
        buffer: None,
        flush: None,
    };
    if let Some(name) = line.args().get(1) {
        let found = builder.log_formats.iter().position(|format| format.name == *name);
        let index = found.ok_or_else(|| format!("unknown log format \"{}\"", text(name)))?;
        log.format = index as u32;
    }
    for word in line.args().iter().skip(2) {
        if let Some(size) = word.strip_prefix(b"buffer=") {
            let size = value::size(size).filter(|&size| size > 0);
            let wrong = || format!("invalid buffer size \"{}\"", text(&word[7..]));
            log.buffer = Some(size.ok_or_else(wrong)?);
        } else if let Some(time) = word.strip_prefix(b"flush=") {
            let time = value::msec(time).filter(|&time| time > 0);
            let wrong = || format!("invalid flush time \"{}\"", text(&word[6..]));
            log.flush = Some(time.ok_or_else(wrong)?);
        } else if let Some(condition) = word.strip_prefix(b"if=") {
            log.condition = Some(builder.template(condition)?);
        } else if word.starts_with(b"gzip") {
            return Err("compressed access logs are not supported".into());
        } else {
            return Err(invalid(word));
        }
    }
    if log.flush.is_some() && log.buffer.is_none() {
        return Err(format!("no buffer is defined for access_log \"{}\"", line.text(1)).into());
    }
    if log.buffer.is_some() && log.path.as_text().is_none() {
        return Err("buffered logs cannot have variables in name".into());
    }
    logs.push(log);
    Ok(())
}

fn log_format(_: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let name = line.words[1].clone();
    if builder.log_formats.iter().any(|format| format.name == name) {
        return Err(format!("duplicate \"log_format\" name \"{}\"", text(&name)).into());
    }
    let mut words = &line.args()[1..];
    let mut escape = Escape::Default;
    if let Some(kind) = words.first().and_then(|word| word.strip_prefix(b"escape=")) {
        escape = match kind {
            b"default" => Escape::Default,
            b"json" => Escape::Json,
            b"none" => Escape::None,
            _ => return Err(format!("unknown log format escaping \"{}\"", text(kind)).into()),
        };
        words = &words[1..];
    }
    let template = builder.template(&words.concat())?;
    builder.log_formats.push(LogFormat { name, escape, template });
    Ok(())
}
