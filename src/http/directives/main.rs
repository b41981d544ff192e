//! The directives of the main level and of `events`.

use super::modules;
use crate::conf::directive::{
    Args, Directive, Line, Places, Set, choice, fill, flag, number, text,
};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::builder::{Builder, Users};
use crate::http::settings::main::{Affinity, Env, ErrorLog, Level, LogTarget, MainRaw, User};
use crate::http::settings::syslog;
use crate::os::process::{self, Missing};

const MAIN: Places = Places::MAIN;
const EVENTS: Places = Places::EVENTS;

macro_rules! row {
    ($name:literal, $places:expr, $args:expr, $set:expr) => {
        Directive { name: $name, places: $places, args: $args, set: $set }
    };
}

/// The directives of the main level and of `events`.
pub static ROWS: &[Directive<MainRaw>] = &[
    row!("daemon", MAIN, Args::ONE, Set::Flag(|m| &mut m.daemon)),
    row!("master_process", MAIN, Args::ONE, Set::Flag(|m| &mut m.master_process)),
    row!("worker_processes", MAIN, Args::ONE, Set::Own(worker_processes)),
    row!("pid", MAIN, Args::ONE, Set::Own(pid)),
    row!("error_log", MAIN, Args::SOME, Set::Own(main_error_log)),
    row!("user", MAIN, Args::ONE_OR_TWO, Set::Own(user)),
    row!("env", MAIN, Args::ONE, Set::Own(env)),
    row!("worker_rlimit_nofile", MAIN, Args::ONE, Set::Own(rlimit_nofile)),
    row!("worker_rlimit_core", MAIN, Args::ONE, Set::Own(rlimit_core)),
    row!("working_directory", MAIN, Args::ONE, Set::Own(working_directory)),
    row!("worker_priority", MAIN, Args::ONE, Set::Own(priority)),
    row!("worker_shutdown_timeout", MAIN, Args::ONE, Set::Own(shutdown_timeout)),
    row!("worker_cpu_affinity", MAIN, Args::SOME, Set::Own(cpu_affinity)),
    row!("lock_file", MAIN, Args::ONE, Set::Ignored),
    row!("debug_points", MAIN, Args::ONE, Set::Own(debug_points)),
    row!("timer_resolution", MAIN, Args::ONE, Set::Own(check_msec)),
    row!("thread_pool", MAIN, Args(2, 3), Set::Own(thread_pool)),
    row!("pcre_jit", MAIN, Args::ONE, Set::Own(check_flag)),
    row!("load_module", MAIN, Args::ONE, Set::Own(load_module)),
    row!("ssl_engine", MAIN, Args::ONE, Set::Ignored),
    row!("ssl_object_cache_inheritable", MAIN, Args::ONE, Set::Own(check_flag)),
    row!("worker_connections", EVENTS, Args::ONE, Set::Own(connections)),
    row!("multi_accept", EVENTS, Args::ONE, Set::Flag(|m| &mut m.multi_accept)),
    row!("accept_mutex", EVENTS, Args::ONE, Set::Flag(|m| &mut m.accept_mutex)),
    row!("accept_mutex_delay", EVENTS, Args::ONE, Set::Own(check_msec)),
    row!("use", EVENTS, Args::ONE, Set::Own(use_event)),
    row!("debug_connection", EVENTS, Args::ONE, Set::Own(debug_connection)),
    row!("worker_aio_requests", EVENTS, Args::ONE, Set::Own(check_number)),
    row!("epoll_events", EVENTS, Args::ONE, Set::Own(check_number)),
];

fn check_number(_: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    number(&line.words[1]).map(drop)
}

fn worker_processes(main: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut main.worker_processes, || {
        if &*line.words[1] == b"auto" {
            let cpus = std::thread::available_parallelism();
            return Ok(cpus.map_or(1, |cpus| cpus.get() as u32));
        }
        let count = number(&line.words[1]).map_err(|_| Wrong::invalid_value())?;
        if count == 0 { Err(Wrong::invalid_value()) } else { Ok(count) }
    })
}

fn connections(main: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut main.worker_connections, || {
        let wrong = |_| Wrong::Message(format!("invalid number \"{}\"", line.text(1)));
        number(&line.words[1]).map_err(wrong)
    })
}

fn pid(main: &mut MainRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut main.pid, || Ok(builder.path(&line.words[1])))
}

fn main_error_log(main: &mut MainRaw, b: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    error_log(&mut main.error_log, b, line)
}

/// `error_log FILE|stderr|syslog:… [LEVEL]`; several lines are several logs.
pub fn error_log(
    logs: &mut Option<Vec<ErrorLog>>,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Result<(), Wrong> {
    let target = match &*line.words[1] {
        b"stderr" => LogTarget::Stderr,
        word if word.starts_with(b"syslog:") => {
            LogTarget::Syslog(syslog::parse(&word[7..], &builder.hostname)?)
        }
        word if word.starts_with(b"memory:") => {
            let word = text(word);
            return Err(format!("logging to \"{word}\" is not supported").into());
        }
        word => LogTarget::File(builder.path(word)),
    };
    let mut level = None;
    for word in &line.args()[1..] {
        let found = level_of(word)
            .ok_or_else(|| Wrong::Message(format!("invalid log level \"{}\"", text(word))))?;
        if level.is_some() && found != Level::Debug {
            return Err(format!("duplicate log level \"{}\"", text(word)).into());
        }
        level = Some(found);
    }
    let log = ErrorLog { target, level: level.unwrap_or(Level::Error) };
    logs.get_or_insert_default().push(log);
    Ok(())
}

fn level_of(word: &[u8]) -> Option<Level> {
    const LEVELS: &[(&str, Level)] = &[
        ("emerg", Level::Emerg),
        ("alert", Level::Alert),
        ("crit", Level::Crit),
        ("error", Level::Error),
        ("warn", Level::Warn),
        ("notice", Level::Notice),
        ("info", Level::Info),
        ("debug", Level::Debug),
        ("debug_core", Level::Debug),
        ("debug_alloc", Level::Debug),
        ("debug_mutex", Level::Debug),
        ("debug_event", Level::Debug),
        ("debug_http", Level::Debug),
        ("debug_mail", Level::Debug),
        ("debug_stream", Level::Debug),
    ];
    LEVELS.iter().find(|(name, _)| name.as_bytes() == word).map(|&(_, level)| level)
}

const USELESS: &str = "the \"user\" directive makes sense only if the master process runs with \
                       super-user privileges, ignored";

fn user(main: &mut MainRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut main.user, || {
        let name = line.text(1).into_owned();
        let group = line.args().get(1).map_or_else(|| name.clone(), |word| text(word).into());
        match builder.users {
            Users::Any => {}
            Users::Ignored => builder.warn(USELESS, line.at),
            Users::OfSystem => {
                process::user(&name, Some(&group)).map_err(|missing| match missing {
                    Missing::User(name) => format!("getpwnam(\"{name}\") failed"),
                    Missing::Group(name) => format!("getgrnam(\"{name}\") failed"),
                })?;
            }
        }
        Ok(Some(User { name, group }))
    })
}

fn env(main: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let word = line.text(1);
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (&*word, None),
    };
    main.env.get_or_insert_default().push(Env { name: name.to_owned(), value });
    Ok(())
}

fn rlimit_nofile(main: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut main.worker_rlimit_nofile, || {
        let limit = value::number(&line.words[1]);
        limit.map(Some).ok_or_else(|| Wrong::directive("invalid number"))
    })
}

fn rlimit_core(main: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut main.worker_rlimit_core, || {
        value::offset(&line.words[1]).map(Some).ok_or_else(Wrong::invalid_value)
    })
}

fn working_directory(main: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut main.working_directory, || Ok(Some(crate::http::conf::builder::path(&line.words[1]))))
}

fn priority(main: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut main.worker_priority, || {
        let word = line.text(1);
        let digits = word.strip_prefix(['-', '+']).unwrap_or(&word);
        let value = number(digits.as_bytes()).ok().and_then(|value| i32::try_from(value).ok());
        let value = value.ok_or_else(|| Wrong::directive("invalid number"))?;
        Ok(if word.starts_with('-') { -value } else { value })
    })
}

fn cpu_affinity(main: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut main.worker_cpu_affinity, || {
        let (auto, words) = match line.args() {
            [first, rest @ ..] if **first == *b"auto" => (true, rest),
            words => (false, words),
        };
        if auto && words.len() > 1 {
            return Err("invalid number of arguments in \"worker_cpu_affinity\" directive".into());
        }
        let masks: Vec<_> = words.iter().map(|word| mask(word)).collect::<Result<_, _>>()?;
        Ok(Some(match auto {
            true => Affinity::Auto(masks.into_iter().next()),
            false => Affinity::Masks(masks),
        }))
    })
}

/// The processors that system and `sched_setaffinity` know at most.
const MOST_CPUS: usize = 1024;

/// `0101`: the last digit is processor 0.
fn mask(word: &[u8]) -> Result<Vec<usize>, Wrong> {
    if word.len() > MOST_CPUS {
        let text = format!("\"worker_cpu_affinity\" supports up to {MOST_CPUS} CPUs only");
        return Err(text.into());
    }
    if let Some(other) = word.iter().rfind(|digit| !matches!(digit, b'0' | b'1')) {
        let other = char::from(*other);
        return Err(format!("invalid character \"{other}\" in \"worker_cpu_affinity\"").into());
    }
    let digits = word.iter().rev().enumerate();
    Ok(digits.filter(|(_, digit)| **digit == b'1').map(|(cpu, _)| cpu).collect())
}

fn shutdown_timeout(main: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut main.worker_shutdown_timeout, || {
        value::msec(&line.words[1]).map(Some).ok_or_else(Wrong::invalid_value)
    })
}

fn debug_points(_: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    choice(&line.words[1], &[("stop", ()), ("abort", ())])
}

fn check_msec(_: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    value::msec(&line.words[1]).map(drop).ok_or_else(Wrong::invalid_value)
}

fn check_flag(_: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    flag(line).map(drop)
}

/// Nothing is loaded: a module is built in, or its directives are unknown.
fn load_module(_: &mut MainRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let module = modules::of_file(&line.words[1]);
    if builder.modules.iter().any(|known| **known == *module) {
        return Err(format!("module \"{}\" is already loaded", text(module)).into());
    }
    if !modules::is_built_in(module) {
        let module = text(module);
        let message = format!("module \"{module}\" is not built in, its directives are refused");
        builder.warn(&message, line.at);
    }
    builder.modules.push(module.into());
    Ok(())
}

fn use_event(_: &mut MainRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    match &*line.words[1] {
        b"epoll" | b"poll" | b"select" => Ok(()),
        other => Err(format!("invalid event type \"{}\"", text(other)).into()),
    }
}

/// Nothing is done in threads; but mistakes are found, and `aio threads=` knows the names.
fn thread_pool(_: &mut MainRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let mut has_threads = false;
    for word in &line.args()[1..] {
        let bad = |what| Wrong::Message(format!("invalid {what} value \"{}\"", text(word)));
        if let Some(threads) = word.strip_prefix(b"threads=") {
            number(threads).ok().filter(|&n| n > 0).ok_or_else(|| bad("threads"))?;
            has_threads = true;
        } else if let Some(most) = word.strip_prefix(b"max_queue=") {
            number(most).map_err(|_| bad("max_queue"))?;
        } else {
            return Err(format!("invalid parameter \"{}\"", text(word)).into());
        }
    }
    if !has_threads {
        return Err("\"thread_pool\" must have \"threads\" parameter".into());
    }
    let name = &line.words[1];
    if builder.thread_pools.contains(name) {
        return Err(format!("duplicate thread pool \"{}\"", text(name)).into());
    }
    builder.thread_pools.push(name.clone());
    Ok(())
}

/// As in an nginx that is not built for it: the few lines there are come from `error_log … debug`, for all.
fn debug_connection(_: &mut MainRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    builder.warn("\"debug_connection\" is ignored", line.at);
    Ok(())
}
