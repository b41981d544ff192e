//! The directives of the log module.

use crate::conf::directive::{Args, Directive, Line, Places, Set, fill, text};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::log::{AccessLog, Escape, FileCache, LogFormat};
use crate::http::settings::syslog;
use crate::http::vars::{Part, Template, Var};

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
        set: Set::Own(open_log_file_cache),
    },
];

fn access_log(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let invalid = |word: &[u8]| Wrong::Message(format!("invalid parameter \"{}\"", text(word)));
    let logs = l.log.access.get_or_insert_default();
    if &*line.words[1] == b"off" {
        logs.clear();
        return line.args().get(1).map_or(Ok(()), |word| Err(invalid(word)));
    }
    let mut log = match line.words[1].strip_prefix(b"syslog:") {
        Some(server) => {
            let mut log = AccessLog::new(Template::text(&line.words[1]));
            log.syslog = Some(syslog::parse(server, &builder.hostname)?);
            log
        }
        None => {
            let path = builder.template(&line.words[1])?;
            AccessLog::new(builder.path_template(path))
        }
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
        } else if &**word == b"gzip" {
            log.gzip = Some(1);
        } else if let Some(level) = word.strip_prefix(b"gzip=") {
            let found = value::number(level).filter(|level| (1..=9).contains(level));
            let wrong = || format!("invalid compression level \"{}\"", text(level));
            log.gzip = Some(found.ok_or_else(wrong)? as u32);
        } else {
            return Err(invalid(word));
        }
    }
    if log.gzip.is_some() {
        log.buffer = log.buffer.or(Some(GZIP_BUFFER));
    }
    check_buffer(&log, builder, &line.text(1))?;
    l.log.access.get_or_insert_default().push(log);
    Ok(())
}

/// What is gathered to be compressed, if not said otherwise.
const GZIP_BUFFER: usize = 64 << 10;

/// A file has one buffer, however many lines name it.
fn check_buffer(log: &AccessLog, builder: &mut Builder, name: &str) -> Result<(), Wrong> {
    let Some(size) = log.buffer else {
        let message = || format!("no buffer is defined for access_log \"{name}\"").into();
        return log.flush.map_or(Ok(()), |_| Err(message()));
    };
    let Some(path) = log.path.as_text() else {
        return Err("buffered logs cannot have variables in name".into());
    };
    if log.syslog.is_some() {
        return Err("logs to syslog cannot be buffered".into());
    }
    let buffer = (size, log.flush, log.gzip);
    let known = *builder.log_buffers.entry(path.into()).or_insert(buffer);
    if known != buffer {
        let wrong = "already defined with conflicting parameters";
        return Err(format!("access_log \"{name}\" {wrong}").into());
    }
    Ok(())
}

fn open_log_file_cache(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut l.log.file_cache, || {
        let mut cache = FileCache { max: 0, inactive: 10_000, min_uses: 1, valid: 60_000 };
        let mut off = false;
        for word in line.args() {
            let known =
                match word.iter().position(|&byte| byte == b'=').map(|at| word.split_at(at + 1)) {
                    Some((b"max=", max)) => value::number(max).map(|max| cache.max = max as usize),
                    Some((b"inactive=", time)) => {
                        value::sec_as_msec(time).map(|time| cache.inactive = time)
                    }
                    Some((b"min_uses=", uses)) => value::number(uses)
                        .map(|uses| cache.min_uses = u32::try_from(uses).unwrap_or(u32::MAX)),
                    Some((b"valid=", time)) => {
                        value::sec_as_msec(time).map(|time| cache.valid = time)
                    }
                    _ if &**word == b"off" => {
                        off = true;
                        Some(())
                    }
                    _ => None,
                };
            let wrong = || format!("invalid \"open_log_file_cache\" parameter \"{}\"", text(word));
            known.ok_or_else(wrong)?;
        }
        if !off && cache.max == 0 {
            return Err("\"open_log_file_cache\" must have \"max\" parameter".into());
        }
        Ok((!off).then_some(cache))
    })
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
    // A line is written when there is no match any more that they could be of.
    let capture = template.parts.iter().find_map(|part| match part {
        Part::Var(Var::Capture(number)) => Some(number),
        _ => None,
    });
    if let Some(number) = capture {
        return Err(format!("unknown \"{number}\" variable").into());
    }
    builder.log_formats.push(LogFormat { name, escape, template });
    Ok(())
}
