//! Unix sockets that an earlier run left, or that another program has.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use crate::home::{Home, change, kill, other_binary, text, wait_until};

const MAIN: &str = "master_process on; worker_processes 1; user root;";

/// With a server at `a.sock` of its folder.
fn home(main: &str) -> Home {
    let http = "server { listen 127.0.0.1:PORT; listen unix:HERE/a.sock; return 200 well; }";
    let home = Home::with(main, http);
    change(&home, "HERE", home.folder.to_str().unwrap());
    home
}

/// The response, if the socket has a listener.
fn ask(path: &Path) -> Option<String> {
    let mut stream = UnixStream::connect(path).ok()?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[track_caller]
fn serves(path: &Path) {
    wait_until("an answer", || ask(path).is_some_and(|it| it.ends_with("well")));
}

#[test]
fn a_start_after_a_kill_replaces_the_socket() {
    if other_binary() {
        return; // nginx does not start.
    }
    for main in [MAIN, ""] {
        let home = home(main);
        let mut running = home.start();
        running.signal("KILL");
        running.end_within(3);
        assert!(home.path("a.sock").exists(), "it is stale");
        wait_until("the workers to end", || ask(&home.path("a.sock")).is_none());
        let mut next = home.start_over_stale_pid();
        serves(&home.path("a.sock"));
        next.signal("QUIT");
        assert!(next.end_within(3).success());
        assert!(!home.path("a.sock").exists());
    }
}

#[test]
fn a_reload_replaces_a_stale_socket_too() {
    if other_binary() {
        return;
    }
    let home = home(MAIN);
    let mut running = home.start();
    drop(UnixListener::bind(home.path("b.sock")).unwrap());
    change(&home, "a.sock", "b.sock");
    running.signal("HUP");
    serves(&home.path("b.sock"));
    wait_until("the old one to go", || !home.path("a.sock").exists());
    running.signal("QUIT");
    assert!(running.end_within(3).success());
    assert!(!home.path("b.sock").exists());
}

#[test]
fn what_is_no_stale_socket_stops_the_start_and_stays() {
    for kind in ["listener", "file", "link"] {
        let home = home(MAIN);
        let path = home.path("a.sock");
        let listener = (kind == "listener").then(|| UnixListener::bind(&path).unwrap());
        match kind {
            "file" => fs::write(&path, "precious").unwrap(),
            "link" => std::os::unix::fs::symlink(home.path("none"), &path).unwrap(),
            _ => {}
        }
        let inode = || fs::symlink_metadata(&path).unwrap().ino();
        let before = inode();
        let out = home.run(&[]);
        let words = format!("bind() to unix:{} failed (98: Address already in", path.display());
        assert_eq!(out.status.code(), Some(1), "{kind}");
        assert!(text(&out.stderr).contains(&words), "{kind}: {out:?}");
        assert_eq!(inode(), before, "{kind}");
        drop(listener);
    }
}

#[test]
fn a_start_that_fails_leaves_no_socket() {
    if other_binary() {
        return; // nginx leaves it.
    }
    let home = home(MAIN);
    change(&home, "return 200", "listen 203.0.113.1:1; return 200");
    assert_eq!(home.run(&[]).status.code(), Some(1));
    assert!(!home.path("a.sock").exists());
    change(&home, "listen 203.0.113.1:1;", "");
    change(&home, "pid logs/nginx.pid", "pid none/nginx.pid");
    assert_eq!(home.run(&[]).status.code(), Some(1));
    assert!(!home.path("a.sock").exists());
    // Nor does a reload, and it takes none away.
    change(&home, "pid none/nginx.pid", "pid logs/nginx.pid");
    let running = home.start();
    change(&home, "return 200", "listen unix:HERE/b.sock; listen 203.0.113.1:1; return 200");
    change(&home, "HERE", home.folder.to_str().unwrap());
    running.signal("HUP");
    wait_until("the log to say it", || home.log().contains("203.0.113.1:1 failed"));
    wait_until("the name to go", || !home.path("b.sock").exists());
    serves(&home.path("a.sock"));
}

#[test]
fn a_program_that_ends_leaves_the_socket_of_another() {
    if other_binary() {
        return; // nginx takes it away.
    }
    for main in [MAIN, ""] {
        let home = home(main);
        let mut running = home.start();
        fs::remove_file(home.path("a.sock")).unwrap();
        let _other = UnixListener::bind(home.path("a.sock")).unwrap();
        running.signal("TERM");
        assert!(running.end_within(3).success());
        assert!(UnixStream::connect(home.path("a.sock")).is_ok());
    }
}

#[test]
fn a_new_binary_keeps_the_socket_and_removes_it_in_the_end() {
    let home = home(&format!("daemon on; {MAIN}"));
    let path = home.path("a.sock");
    assert!(home.run(&[]).status.success());
    home.wait_for_pid();
    let first = home.pid();
    let inode = fs::metadata(&path).unwrap().ino();
    kill("USR2", first);
    wait_until("the new one", || home.pid_soon().is_some_and(|pid| pid != first));
    kill("QUIT", first);
    wait_until("the old one to end", || !home.path("logs/nginx.pid.oldbin").exists());
    serves(&path);
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    kill("QUIT", home.pid());
    home.wait_for_end();
    wait_until("the name to go", || !path.exists());
}
