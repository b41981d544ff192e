//! Configurations and what is said of them: `t/conf/messages.conf` has a text and its message in each case.
//!
//! `PEERAGE_BINARY=/usr/sbin/nginx cargo test --test conf` asks another program the same, with `-t`;
//! cases marked `(… ours)` are not asked, since there this program means to differ.

#[path = "conf/cases.rs"]
mod cases;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use peerage::base::regex::Captures;
use peerage::http::conf::{self, Content, ServerId};
use peerage::http::settings::rewrite::RewriteOp;
use peerage::http::vars::{Part, Template, Var};

use cases::cases;

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
    match conf::load::load(&file, directory, "") {
        Ok(loaded) => {
            loaded
                .remarks
                .warnings
                .iter()
                .for_each(|warning| said += &format!("[warn] {warning}\n"));
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

/// Every `# uri -> text` line of `t/conf/locations.conf` is true of its server.
#[test]
fn locations() {
    let text = include_str!("conf/locations.conf");
    let conf = conf::load::parse_text(text).unwrap().conf;
    let mut captures = Captures::default();
    let mut checked = 0;
    for line in text.lines() {
        let Some((uri, expected)) = line.strip_prefix("# /").and_then(|l| l.split_once(" -> "))
        else {
            continue;
        };
        let uri = format!("/{uri}");
        let found = conf.http.find_location(ServerId(0), uri.as_bytes(), &mut captures).unwrap();
        let location = conf.location(found.location);
        let said = match location.rewrite.first() {
            _ if found.redirect => "redirect".to_owned(),
            None if matches!(location.content, Content::Upstream(_)) => "proxy".to_owned(),
            Some(RewriteOp::Return(answer)) => {
                write_out(answer.text.as_ref().unwrap(), &captures, found.named)
            }
            other => panic!("{uri}: {other:?}"),
        };
        assert_eq!(said, expected, "{uri}");
        checked += 1;
    }
    assert!(checked > 70);
}

fn write_out(template: &Template, captures: &Captures, named: &[(u32, usize)]) -> String {
    let mut out = vec![];
    for part in &template.parts {
        match part {
            Part::Text(text) => out.extend_from_slice(text),
            Part::Var(Var::Capture(n)) => out.extend_from_slice(captures.get((*n).into())),
            Part::Var(Var::Set(slot)) => {
                let group = named.iter().find(|(known, _)| known == slot).unwrap().1;
                out.extend_from_slice(captures.get(group));
            }
            Part::Var(other) => panic!("{other:?}"),
        }
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn included_files() {
    let directory = directory("include");
    let write = |name: &str, text: &str| {
        let file = directory.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        file
    };
    let main = write("nginx.conf", "include ev.conf; http { include sites/*.conf; }");
    write("ev.conf", "events {}");
    write("sites/b.conf", "server { listen 81; server_name b; }");
    write("sites/a.conf", "server { listen 81; server_name a; }");
    write("sites/.hidden.conf", "nonsense;");
    let loaded = conf::load::load(&main, &directory, "worker_processes 3;").unwrap();
    let names: Vec<_> = loaded.conf.http.servers.iter().map(|s| s.name.to_vec()).collect();
    assert_eq!(names, [b"a", b"b"]);
    assert_eq!(loaded.conf.main.worker_processes, 3);
    let files: Vec<_> = loaded.files.iter().map(|(path, _)| path.file_name().unwrap()).collect();
    assert_eq!(files, ["nginx.conf", "ev.conf", "a.conf", "b.conf"]);

    let here = directory.to_str().unwrap().to_owned();
    let fails = |extra: &str| {
        let error = conf::load::load(&main, &directory, extra).unwrap_err().to_string();
        error.replace(&here, "DIR")
    };
    assert_eq!(fails("foo bar;"), "unknown directive \"foo\" in command line");
    assert_eq!(fails("pid x"), "unexpected end of parameter, expecting \";\" in command line");
    assert_eq!(
        fails("worker_processes 2; worker_processes 3;"),
        "\"worker_processes\" directive is duplicate in command line"
    );

    write("sites/b.conf", "\ninclude sites/c;");
    write("sites/c", "\n\ninclude ./sites/../nginx.conf;");
    assert_eq!(
        fails(""),
        "\"include\" directive: \"DIR/./sites/../nginx.conf\" includes itself in DIR/sites/c:3"
    );
    write("sites/b.conf", "server {\n foo; }");
    assert_eq!(fails(""), "unknown directive \"foo\" in DIR/sites/b.conf:2");
    std::fs::remove_file(&main).unwrap();
    assert_eq!(fails(""), "open() \"DIR/nginx.conf\" failed (2: No such file or directory)");
    std::fs::create_dir(&main).unwrap();
    assert_eq!(fails(""), "pread() \"DIR/nginx.conf\" failed (21: Is a directory)");
    std::fs::remove_dir_all(&directory).unwrap();
}

/// The files that a user starts from.
#[test]
fn examples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("conf");
    let examples = std::fs::read_dir(root.join("examples")).unwrap();
    let mut files: Vec<_> = examples.map(|entry| entry.unwrap().path()).collect();
    files.push(root.join("nginx.conf"));
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "conf")) {
        let loaded =
            conf::load::load(file, Path::new("/prefix"), "").map_err(|error| error.to_string());
        assert_eq!(loaded.unwrap().remarks.warnings, [""; 0], "{}", file.display());
    }
}
