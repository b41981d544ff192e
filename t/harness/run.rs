//! One block from start to end: directory, upstreams, server, client, checks, stop.

use crate::format::{Block, Settings};
use crate::server::{self, Server, Start};
use crate::upstream::Upstreams;
use crate::{check, client, config, directory, names};
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a log line that is expected may take to appear.
const PATIENCE: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(5);

/// Runs a block of the file `name`; the error is the whole report of what went wrong.
pub fn run(name: &str, block: &Block, settings: &Settings) -> Result<(), String> {
    let stem = name.split('-').next().unwrap_or(name);
    let mut retried = false;
    loop {
        let root = directory::create(stem)?;
        let mut failures = Vec::new();
        let outcome = attempt(block, settings, &root, &mut failures);
        if let Err(message) = outcome {
            failures.push(message);
        }
        if failures.is_empty() {
            directory::remove(&root);
            return Ok(());
        }
        let log = String::from_utf8_lossy(&server::error_log(&root)).into_owned();
        if !retried && !block.has("must_die") && log.contains("Address already in use") {
            retried = true;
            directory::remove(&root);
            continue;
        }
        let mut report = format!("t/{name}:{}: {}\n", block.line, block.title);
        for failure in &failures {
            report.push_str(&format!("  {failure}\n"));
        }
        report.push_str(&format!("  directory: {}\n{}", root.display(), tail(&log)));
        return Err(report);
    }
}

fn attempt(
    block: &Block,
    settings: &Settings,
    root: &Path,
    failures: &mut Vec<String>,
) -> Result<(), String> {
    let mut block = block.clone();
    let names = names::names(&block, root)?;
    block.map(&mut |text, in_pattern| names::substitute(text, &names, in_pattern))?;
    let port = &names["TEST_NGINX_SERVER_PORT"];
    directory::populate(&block, root)?;
    let text = config::generate(&block, settings, port, root);
    fs::write(root.join("conf/nginx.conf"), text).map_err(|e| e.to_string())?;
    let upstreams = Upstreams::start(&block)?;
    let mut server = match server::start(root)? {
        Start::Ready(_) if block.has("must_die") => {
            return Err("the server started, though it should not".to_owned());
        }
        Start::Ready(server) => server,
        Start::Died(status) if !block.has("must_die") => {
            return Err(format!("the server did not start: {status}"));
        }
        Start::Died(status) => {
            if status.code().is_none_or(|code| code == 0) {
                failures.push(format!("the server ended with {status}, not with an error"));
            }
            let log = String::from_utf8_lossy(&server::error_log(root)).into_owned();
            logs(&block, &mut || log.clone(), "error_log", Duration::ZERO, failures)?;
            return Ok(());
        }
    };
    for round in 0..settings.repeat_each as usize {
        if round > 0 {
            server.mark();
        }
        one_round(&block, round, port, root, &server, &upstreams, failures)?;
        if !failures.is_empty() {
            break;
        }
    }
    queries(&upstreams, failures);
    let expected = server.log();
    if let Err(problem) = server.stop() {
        failures.push(problem);
    }
    drop(upstreams);
    after(&block, root, expected.len(), &server, failures)
}

/// The requests once, and what is expected of them.
fn one_round(
    block: &Block,
    round: usize,
    port: &str,
    root: &Path,
    server: &Server,
    upstreams: &Upstreams,
    failures: &mut Vec<String>,
) -> Result<(), String> {
    let outcomes = client::run(block, port, upstreams)?;
    if !block.has("ignore_response") {
        let mut all = Vec::new();
        for outcome in outcomes {
            failures.extend(outcome.problems);
            all.extend(outcome.responses);
        }
        check::responses(block, &all, failures);
    }
    let wait = block.number("wait")?.map_or(Duration::ZERO, Duration::from_secs_f64);
    if block.has("no_error_log") || block.has("no_access_log") {
        // What is not to happen gets the whole time to happen.
        sleep(wait);
    }
    logs(block, &mut || server.log(), "error_log", wait, failures)?;
    let access = || fs::read(root.join("logs/access.log")).unwrap_or_default();
    let mut read = || String::from_utf8_lossy(&access()).into_owned();
    logs(block, &mut read, "access_log", wait, failures)?;
    let started = Instant::now();
    while let Some(difference) = file_count(block, root)? {
        if started.elapsed() > PATIENCE {
            failures.push(difference);
            break;
        }
        sleep(POLL);
    }
    failures.extend(file_modes(block, root)?);
    let started = Instant::now();
    while let Some(difference) = check::grep(block, round, &server.log())? {
        if started.elapsed() > PATIENCE.max(wait) {
            failures.push(difference);
            break;
        }
        sleep(POLL);
    }
    Ok(())
}

/// `file_count`: the first folder that does not hold as many files as it should.
fn file_count(block: &Block, root: &Path) -> Result<Option<String>, String> {
    for line in block.word("file_count").lines() {
        let fields = line.rsplit_once(' ').and_then(|(f, n)| Some((f, n.parse::<usize>().ok()?)));
        let (folder, expected) = fields.ok_or_else(|| format!("file_count: bad \"{line}\""))?;
        let found = directory::count(&root.join(folder.trim()));
        if found != expected {
            return Ok(Some(format!("file_count: {folder}: expected {expected}, found {found}")));
        }
    }
    Ok(None)
}

/// `file_modes`: the first file or folder that has others.
fn file_modes(block: &Block, root: &Path) -> Result<Option<String>, String> {
    for line in block.word("file_modes").lines() {
        let fields = line.rsplit_once(' ').ok_or_else(|| format!("file_modes: bad \"{line}\""))?;
        let found = directory::mode(&root.join(fields.0));
        if found != fields.1 {
            return Ok(Some(format!(
                "file_modes: {}: expected {}, found {found}",
                fields.0, fields.1
            )));
        }
    }
    Ok(None)
}

/// Waits until all lines that `section` names are there, then looks for those that may not be.
fn logs(
    block: &Block,
    read: &mut dyn FnMut() -> String,
    section: &str,
    wait: Duration,
    failures: &mut Vec<String>,
) -> Result<(), String> {
    let wanted = check::log_patterns(block, section)?;
    let unwanted = check::log_patterns(block, &format!("no_{section}"))?;
    let started = Instant::now();
    let mut absent = check::absent(section, &wanted, &read());
    while !absent.is_empty() && started.elapsed() < PATIENCE.max(wait) {
        sleep(POLL);
        absent = check::absent(section, &wanted, &read());
    }
    failures.extend(absent);
    failures.extend(check::present(&format!("no_{section}"), &unwanted, &read()));
    Ok(())
}

fn queries(upstreams: &Upstreams, failures: &mut Vec<String>) {
    let started = Instant::now();
    let mut missing = upstreams.missing();
    while !missing.is_empty() && started.elapsed() < PATIENCE {
        sleep(POLL);
        missing = upstreams.missing();
    }
    for (section, expected, heard) in missing {
        failures.push(check::difference(&section, &expected.bytes(), &heard));
    }
}

/// What the log says about the end, and whether it holds what no log should.
fn after(
    block: &Block,
    root: &Path,
    stopped_at: usize,
    server: &Server,
    failures: &mut Vec<String>,
) -> Result<(), String> {
    let log = server.log();
    let end = log.get(stopped_at..).unwrap_or_default().to_owned();
    logs(block, &mut || end.clone(), "shutdown_error_log", Duration::ZERO, failures)?;
    let mut expected = check::log_patterns(block, "error_log")?;
    expected.extend(check::log_patterns(block, "shutdown_error_log")?);
    let whole = String::from_utf8_lossy(&server::error_log(root)).into_owned();
    failures.extend(check::alarms(&whole, &expected));
    Ok(())
}

/// The end of the log: what matters first, then the last lines of all.
fn tail(log: &str) -> String {
    let last = |lines: Vec<&str>, n: usize| -> String {
        lines[lines.len().saturating_sub(n)..].iter().map(|l| format!("    {l}\n")).collect()
    };
    // Dumps of heads go over several lines; only the first of each has a level.
    let level = |line: &&str| line.contains(": [") || line.contains(" [") || line.contains("panic");
    let words = log.lines().filter(level).filter(|line| !line.contains("[debug]")).collect();
    let noise = |line: &&str| line.contains(" free: ") || line.contains(" run cleanup: ");
    let all = log.lines().filter(|line| !noise(line)).collect();
    format!("  error log:\n{}  its last lines:\n{}", last(words, 15), last(all, 12))
}
