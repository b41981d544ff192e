//! Facts about access logs.

use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::*;
use crate::http::settings::syslog::Syslog;
use crate::http::vars::Template;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("peerage-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    fn log(&self, name: &str, buffer: Option<usize>, flush: Option<Msec>) -> AccessLog {
        let path = Template::text(self.0.join(name).as_os_str().as_bytes());
        AccessLog { buffer, flush, ..AccessLog::new(path) }
    }
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn opened(all: &[AccessLog]) -> AccessLogs {
    let mut logs = AccessLogs::default();
    for log in all {
        logs.open_constant(log).unwrap();
    }
    logs
}

#[test]
fn lines_of_a_turn_are_one_write_at_its_end() {
    let folder = Folder::new("logs-turn");
    let mut logs = opened(&[folder.log("a", None, None), folder.log("a", None, None)]);
    assert_eq!(logs.fixed.len(), 1);
    assert_eq!(logs.write(0, b"one\n", 5), None);
    assert_eq!(logs.write(0, b"two\n", 5), None);
    assert_eq!(folder.read("a"), "");
    logs.turn_ended();
    assert_eq!(folder.read("a"), "one\ntwo\n");
    logs.turn_ended();
    assert_eq!(folder.read("a"), "one\ntwo\n");
}

#[test]
fn a_buffer_is_written_when_full_and_when_its_time_is_over() {
    let folder = Folder::new("logs-buffer");
    let mut logs = opened(&[folder.log("a", Some(10), Some(100))]);
    assert_eq!(logs.write(0, b"12345\n", 5), Some(100));
    assert_eq!(logs.write(0, b"abc\n", 6), None);
    assert_eq!(folder.read("a"), "12345\nabc\n");
    assert_eq!(logs.write(0, b"later\n", 7), None);
    logs.turn_ended();
    assert_eq!(folder.read("a"), "12345\nabc\n");
    logs.flush();
    assert_eq!(folder.read("a"), "12345\nabc\nlater\n");
    assert_eq!(logs.write(0, b"x\n", 200), Some(100));
    assert_eq!(logs.write(0, b"longer than the buffer\n", 200), None);
    assert!(folder.read("a").ends_with("x\nlonger than the buffer\n"));
    assert_eq!(logs.write(0, b"end\n", 200), None);
    drop(logs);
    assert!(folder.read("a").ends_with("end\n"));
}

#[test]
fn a_buffer_is_the_files_for_each_line_that_names_it() {
    let folder = Folder::new("logs-shared");
    let mut logs = opened(&[folder.log("a", None, None), folder.log("a", Some(100), None)]);
    assert_eq!(logs.write(0, b"x\n", 5), None);
    logs.turn_ended();
    assert_eq!(folder.read("a"), "");
    logs.flush();
    assert_eq!(folder.read("a"), "x\n");
}

#[test]
fn each_flush_is_a_gzip_member() {
    let folder = Folder::new("logs-gzip");
    let log = AccessLog { gzip: Some(9), ..folder.log("a", Some(100), None) };
    let mut logs = opened(&[log]);
    for line in [b"one\n", b"two\n"] {
        assert_eq!(logs.write(0, line, 5), None);
        logs.flush();
    }
    let bytes = fs::read(folder.0.join("a")).unwrap();
    let mut one = String::new();
    flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut one).unwrap();
    assert_eq!(one, "one\n");
    let mut all = String::new();
    flate2::read::MultiGzDecoder::new(&*bytes).read_to_string(&mut all).unwrap();
    assert_eq!(all, "one\ntwo\n");
}

#[test]
fn syslog_is_not_buffered() {
    let server = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = server.local_addr().unwrap().into();
    let to = Syslog { addr, facility: 23, severity: 6, sender: "h t: ".into() };
    let log = AccessLog { syslog: Some(to), ..AccessLog::new(Template::text(b"syslog:")) };
    let mut logs = opened(&[log.clone(), log]);
    assert_eq!((logs.fixed.len(), logs.files().count()), (1, 0));
    assert_eq!(logs.write(0, b"line\n", 5), None);
    let mut bytes = [0; 100];
    let len = server.recv(&mut bytes).unwrap();
    assert!(bytes.starts_with(b"<190>") && bytes[..len].ends_with(b" h t: line"));
    assert!(logs.reopen().is_empty());
}

/// Files of paths that variables decided.
fn say(logs: &mut AccessLogs, folder: &Folder, name: &str, cache: Option<FileCache>, now: Msec) {
    let path = folder.0.join(name);
    let file = logs.named(path.as_os_str().as_bytes(), cache, now).unwrap();
    assert_eq!(logs.write(file, format!("{now}\n").as_bytes(), now), None);
}

#[test]
fn paths_of_variables_are_few_at_a_time() {
    let folder = Folder::new("logs-named");
    let mut logs = opened(&[folder.log("fixed", None, None)]);
    for n in 0..40 {
        say(&mut logs, &folder, &format!("n{n}"), None, n);
    }
    assert_eq!(logs.named.len(), (16, 16));
    logs.turn_ended();
    assert_eq!(logs.named.len(), (0, 0));
    for n in 0..40 {
        assert_eq!(folder.read(&format!("n{n}")), format!("{n}\n"));
    }
    fs::rename(folder.0.join("fixed"), folder.0.join("old")).unwrap();
    assert!(logs.reopen().is_empty());
    assert_eq!(logs.write(0, b"new\n", 99), None);
    logs.turn_ended();
    assert_eq!(folder.read("fixed"), "new\n");
}

#[test]
fn a_cache_keeps_what_is_used() {
    let folder = Folder::new("logs-cache");
    let mut logs = opened(&[]);
    let cache = Some(FileCache { max: 2, inactive: 5000, min_uses: 2, valid: 8000 });
    say(&mut logs, &folder, "a", cache, 1000);
    logs.turn_ended();
    // Known, and closed: used once.
    assert_eq!(logs.named.len(), (1, 0));
    say(&mut logs, &folder, "a", cache, 2000);
    logs.turn_ended();
    assert_eq!(logs.named.len(), (1, 1));
    // Still the same file, until that is asked.
    fs::rename(folder.0.join("a"), folder.0.join("a.old")).unwrap();
    say(&mut logs, &folder, "a", cache, 6000);
    logs.turn_ended();
    assert_eq!(folder.read("a.old"), "1000\n2000\n6000\n");
    say(&mut logs, &folder, "a", cache, 10_000);
    logs.turn_ended();
    assert_eq!(folder.read("a"), "10000\n");
    // The oldest makes room for a third.
    say(&mut logs, &folder, "b", cache, 11_000);
    say(&mut logs, &folder, "c", cache, 12_000);
    logs.turn_ended();
    assert_eq!(logs.named.len(), (2, 0));
    say(&mut logs, &folder, "d", cache, 17_001);
    // What was not used for so long is forgotten.
    assert_eq!(logs.named.len(), (1, 1));
    logs.turn_ended();
    for (name, text) in [("b", "11000\n"), ("c", "12000\n"), ("d", "17001\n")] {
        assert_eq!(folder.read(name), text);
    }
}

#[test]
fn a_full_disk_is_tried_again_a_second_later() {
    let Ok(full) = LogFile::open(Path::new("/dev/full")) else {
        return;
    };
    let folder = Folder::new("logs-full");
    let mut logs = opened(&[folder.log("a", None, None)]);
    *logs.fixed[0].log_file_mut().unwrap() = full;
    assert_eq!(logs.write(0, b"x\n", 1000), None);
    logs.turn_ended();
    assert_eq!((logs.fixed[0].full_until, logs.faults.silent_until), (2000, 2000));
    *logs.fixed[0].log_file_mut().unwrap() = LogFile::open(&folder.0.join("a")).unwrap();
    for now in [1500, 2000] {
        assert_eq!(logs.write(0, b"x\n", now), None);
        logs.turn_ended();
    }
    assert_eq!(folder.read("a"), "x\n");
}
