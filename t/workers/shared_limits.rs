//! `limit_req` and `limit_conn`: what all workers count together, over reloads and deaths.

use std::fs::{self, File};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileExt;

use crate::home::{Home, Running, other_binary, wait_until};
use crate::{change, children, kill, workers};

const MAIN: &str = "master_process on; worker_processes 2; user root;";

/// Other workers than those are there, and no more than two.
fn wait_for_others(running: &Running, before: &[i32]) {
    wait_until("other workers", || {
        let now = children(running);
        now.len() == 2 && now.iter().all(|pid| !before.contains(pid))
    });
}

fn reload(running: &Running) {
    let before = children(running);
    running.signal("HUP");
    wait_for_others(running, &before);
}

fn served(home: &Home, count: usize) -> usize {
    (0..count).filter(|_| home.get().starts_with("HTTP/1.1 200 ")).count()
}

#[test]
fn workers_limit_the_rate_together_and_a_reload_forgets_nothing() {
    let home = Home::with(
        MAIN,
        "limit_req_zone $server_name zone=one:64k rate=1r/m;\n\
         server { listen 127.0.0.1:PORT reuseport; server_name t; location / { limit_req zone=one burst=9 nodelay;\n\
         try_files /logs/error.log =404; root .; } }",
    );
    let running = home.start();
    workers(&running, 2);
    assert_eq!(served(&home, 30), 10);
    reload(&running);
    assert_eq!(served(&home, 10), 0);
    let before = children(&running);
    before.iter().for_each(|pid| kill("KILL", *pid));
    wait_for_others(&running, &before);
    assert_eq!(served(&home, 10), 0);
    // Another size is another zone.
    change(&home, "zone=one:64k", "zone=one:128k");
    reload(&running);
    assert_eq!(served(&home, 30), 10);
    // Another key is refused.
    change(&home, "$server_name zone", "$binary_remote_addr zone");
    let before = children(&running);
    running.signal("HUP");
    let words = "[emerg] ";
    let why = "limit_req \"one\" uses the \"$binary_remote_addr\" key while previously it used the \
               \"$server_name\" key";
    wait_until("the reload to be refused", || home.log().contains(why));
    assert!(home.log().contains(words));
    assert_eq!((children(&running), served(&home, 10)), (before, 0));
}

/// Where the memory of a zone begins in a process. Zones use nearly all that they are given, and no other memory that
/// is shared is as large.
fn zone_in(pid: i32, size: u64) -> u64 {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let shared = maps.lines().filter(|line| line.contains(" rw-s "));
    let starts = shared.filter_map(|line| {
        let (start, end) = line.split_once(' ')?.0.split_once('-')?;
        let [start, end] = [start, end].map(|digits| u64::from_str_radix(digits, 16).unwrap());
        (size - size / 16..=size).contains(&(end - start)).then_some(start)
    });
    let starts: Vec<u64> = starts.collect();
    assert_eq!(starts.len(), 1, "{maps}");
    starts[0]
}

/// The lock is held for less than a microsecond. So a worker that is stopped is made its holder, as one is that is
/// stopped between taking it and giving it back, and killed.
#[test]
fn a_zone_whose_lock_a_killed_worker_holds_is_emptied() {
    if other_binary() {
        return; // It has other locks.
    }
    let home = Home::with(
        MAIN,
        "limit_req_zone $server_name zone=one:1000k rate=1r/m;\n\
         server { listen 127.0.0.1:PORT reuseport; server_name t; location / { limit_req zone=one burst=9 nodelay;\n\
         try_files /logs/error.log =404; root .; } }",
    );
    let running = home.start();
    let before = workers(&running, 2);
    assert_eq!(served(&home, 30), 10);
    let dead = before[0];
    // It is the first word.
    let lock = zone_in(dead, 1000 << 10);
    let memory = File::options().read(true).write(true).open(format!("/proc/{dead}/mem")).unwrap();
    kill("STOP", dead);
    let mut holder = [0; 8];
    memory.read_exact_at(&mut holder, lock).unwrap();
    assert_eq!(holder, [0; 8]);
    memory.write_all_at(&u64::from(dead.unsigned_abs()).to_ne_bytes(), lock).unwrap();
    kill("KILL", dead);
    let words = format!(
        "shared memory zone \"one\" was locked by {dead}, which has died: the zone is emptied"
    );
    wait_until("the log to say it", || home.log().contains(&words));
    wait_until("another worker", || {
        let now = children(&running);
        now.len() == 2 && !now.contains(&dead)
    });
    assert_eq!(served(&home, 30), 10);
    assert_eq!(home.log().matches("is emptied").count(), 1, "{}", home.log());
}

/// A server that never answers, and requests that wait for it.
struct Held {
    silent: TcpListener,
    home: Home,
    running: Running,
    waiting: Vec<(TcpStream, TcpStream)>,
}

impl Held {
    fn start(limit: usize) -> Self {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = silent.local_addr().unwrap().port();
        let http = format!(
            "limit_conn_zone $server_name zone=one:64k;\n\
             server {{ listen 127.0.0.1:PORT reuseport; server_name t; limit_conn one {limit};\n\
             location / {{ proxy_pass http://127.0.0.1:{port}; }}\n\
             location /now {{ try_files /logs/error.log =404; root .; }} }}"
        );
        let home = Home::with(MAIN, &http);
        let running = home.start();
        workers(&running, 2);
        Self { silent, home, running, waiting: vec![] }
    }

    /// One request more is under way.
    fn hold(&mut self) {
        let mut client = self.home.connect();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let (server, _) = self.silent.accept().unwrap();
        self.waiting.push((client, server));
    }

    fn is_full(&self) -> bool {
        let answer = self.home.get_path("/now");
        assert!(answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.1 503 "));
        answer.starts_with("HTTP/1.1 503 ")
    }

    /// As many as there is room for, and no more.
    fn fill(&mut self, room: usize) {
        for _ in 0..room {
            assert!(!self.is_full());
            self.hold();
        }
        assert!(self.is_full());
    }
}

#[test]
fn what_killed_workers_had_counted_is_taken_off() {
    if other_binary() {
        return; // There it is counted for ever.
    }
    let mut held = Held::start(4);
    held.fill(4);
    for _ in 0..2 {
        let before = children(&held.running);
        before.iter().for_each(|pid| kill("KILL", *pid));
        wait_for_others(&held.running, &before);
        held.waiting.clear();
        held.fill(4);
    }
    // One after the other.
    for pid in children(&held.running) {
        kill("KILL", pid);
        wait_until("another worker", || {
            let now = children(&held.running);
            now.len() == 2 && !now.contains(&pid)
        });
    }
    held.waiting.clear();
    held.fill(4);
    assert!(!held.home.log().contains("was locked by"), "{}", held.home.log());
}

#[test]
fn requests_of_the_workers_before_a_reload_count_until_they_end() {
    let mut held = Held::start(3);
    held.fill(3);
    let before = children(&held.running);
    held.running.signal("HUP");
    wait_until("new workers", || {
        children(&held.running).iter().filter(|pid| !before.contains(pid)).count() == 2
            && held.home.log().contains("gracefully shutting down")
    });
    assert!(held.is_full());
    held.waiting.pop();
    wait_until("room for one", || !held.is_full());
    held.fill(1);
    held.waiting.clear();
    wait_until("the old workers to end", || children(&held.running).len() == 2);
    held.fill(3);
}
