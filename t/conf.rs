//! Configurations and what is said of them: `t/conf/messages.conf` has a text and its message in each case.
//!
//! `PEERAGE_BINARY=/usr/sbin/nginx cargo test --test conf` asks another program the same, with `-t`;
//! cases marked `(… ours)` are not asked, since there this program means to differ.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use peerage::http::conf;

const CASES: &str = include_str!("conf/messages.conf");

struct Case<'a> {
    name: &'a str,
    kind: &'a str,
    ours: bool,
    text: String,
    expected: String,
}

/// `=== name (kind)`, the text, then `--- message` lines. The kind is the block that the text is in.
fn cases() -> Vec<Case<'static>> {
    let mut cases = vec![];
    for case in CASES.split("=== ").skip(1) {
        let (head, body) = case.split_once('\n').unwrap();
        let (name, kind) = head.trim_end_matches(')').rsplit_once(" (").unwrap();
        let (kind, ours) = match kind.strip_suffix(" ours") {
            Some(kind) => (kind, true),
            None => (kind, false),
        };
        let messages = body.lines().filter_map(|line| line.strip_prefix("--- "));
        let expected = messages.collect::<Vec<_>>().join("\n");
        let lines = body.lines().filter(|line| !line.starts_with("--- "));
        let text = around(kind, &lines.collect::<Vec<_>>().join("\n"));
        cases.push(Case { name, kind, ours, text, expected });
    }
    cases
}

fn around(kind: &str, text: &str) -> String {
    match kind {
        "raw" => format!("{text}\n"),
        "main" => format!("{text}\nevents {{}}\n"),
        "events" => format!("events {{\n{text}\n}}\n"),
        "http" => format!("events {{}} http {{\n{text}\n}}\n"),
        "server" => format!("events {{}} http {{ server {{\n{text}\n}}}}\n"),
        "location" => format!("events {{}} http {{ server {{ location / {{\n{text}\n}}}}}}\n"),
        "upstream" => format!("events {{}} http {{ upstream u {{\n{text}\n}}}}\n"),
        _ => panic!("no such kind: {kind}"),
    }
}

fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("peerage-{name}-{}", std::process::id()));
    std::fs::create_dir_all(directory.join("logs")).unwrap();
    directory
}

#[test]
fn messages() {
    let directory = directory("messages");
    let binary = std::env::var_os("PEERAGE_BINARY");
    let mut wrong = String::new();
    let cases = cases();
    assert!(cases.len() > 250);
    for case in cases.iter().filter(|case| binary.is_none() || !case.ours) {
        let said = match &binary {
            Some(binary) => ask(Path::new(binary), &directory, &case.text),
            None => load(&directory, &case.text),
        };
        if said != case.expected {
            let (name, kind, expected) = (case.name, case.kind, &case.expected);
            let _ =
                write!(wrong, "\n{name} ({kind})\n  expected: {expected}\n  said:     {said}\n");
        }
    }
    std::fs::remove_dir_all(&directory).unwrap();
    assert!(wrong.is_empty(), "{wrong}");
}

fn place(directory: &Path, text: &str) -> PathBuf {
    let file = directory.join("nginx.conf");
    std::fs::write(&file, text.replace("DIR", directory.to_str().unwrap())).unwrap();
    file
}

fn load(directory: &Path, text: &str) -> String {
    let file = place(directory, text);
    let mut said = String::new();
    match conf::load(&file, directory, "") {
        Ok(loaded) => {
            loaded.warnings.iter().for_each(|warning| said += &format!("[warn] {warning}\n"));
            if said.is_empty() {
                said.push_str("[ok]");
            }
        }
        Err(error) => said += &format!("[emerg] {error}"),
    }
    tidy(&said, directory)
}

fn ask(binary: &Path, directory: &Path, text: &str) -> String {
    let file = place(directory, text);
    let mut command = Command::new(binary);
    command.args(["-t", "-q", "-p"]).arg(directory).arg("-c").arg(&file);
    if !text.contains("pid ") {
        command.arg("-g").arg(format!("pid {}/n.pid;", directory.display()));
    }
    let output = command.output().unwrap();
    let mut said: Vec<String> = vec![];
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        // A line has the program's name or a date before it; some come with both, one by one.
        let line = line.find('[').map_or(line, |at| &line[at..]);
        let line = match line.split_once("] ") {
            Some((level, rest)) if rest.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("{level}] {}", rest.split_once(": ").map_or(rest, |(_, rest)| rest))
            }
            _ => line.to_owned(),
        };
        let noise = ["nginx: configuration file ", "[alert] could not open", "[warn] the \"user\""];
        if !noise.iter().any(|noise| line.starts_with(noise)) && !said.contains(&line) {
            said.push(line);
        }
    }
    let said = if said.is_empty() { "[ok]".to_owned() } else { said.join("\n") };
    tidy(&said, directory)
}

fn tidy(said: &str, directory: &Path) -> String {
    let directory = directory.to_str().unwrap();
    let said = said.replace(&format!("{directory}/nginx.conf"), "FILE").replace(directory, "DIR");
    said.trim_end().to_owned()
}
