//! A master and its workers from outside: reloads, deaths, a new binary, the counters.
//!
//! `PEERAGE_BINARY=/usr/sbin/nginx cargo test --test workers` asks the same of nginx, where it does the same.
//! What needs load to be seen is in `scripts/faults`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[path = "workers/accepting.rs"]
mod accepting;
#[path = "workers/caches.rs"]
mod caches;
#[path = "workers/handover.rs"]
mod handover;
mod home;
#[path = "workers/limits.rs"]
mod limits;
#[path = "workers/places.rs"]
mod places;
#[path = "workers/reasons.rs"]
mod reasons;
#[path = "workers/sessions.rs"]
mod sessions;
#[path = "workers/shared_limits.rs"]
mod shared_limits;
#[path = "workers/zones.rs"]
mod zones;
use home::{Home, Running, change, kill, other_binary, wait_until};

const MAIN: &str = "master_process on; worker_processes 2; user root;";

#[test]
fn a_reload_brings_new_workers_and_the_old_ones_finish() {
    let home = Home::with(MAIN, "server { listen 127.0.0.1:PORT; return 200 old; }");
    let mut running = home.start();
    let before = workers(&running, 2);
    change(&home, "return 200 old", "return 200 new");
    running.signal("HUP");
    wait_until("the new answer", || home.get().ends_with("new"));
    wait_until("the old workers to end", || {
        let now = children(&running);
        now.len() == 2 && now.iter().all(|pid| !before.contains(pid))
    });
    running.signal("QUIT");
    assert!(running.end_within(3).success());
    let log = home.log();
    for words in [
        "signal 1 (SIGHUP) received from ",
        ", reconfiguring\n",
        "reconfiguring\n",
        "start worker process ",
        "gracefully shutting down\n",
        "exited with code 0\n",
        "signal 17 (SIGCHLD) received from ",
        "signal 3 (SIGQUIT) received from ",
    ] {
        assert!(log.contains(words), "{words}: {log}");
    }
    assert!(!log.contains("[alert]"), "{log}");
    assert!(!home.path("logs/nginx.pid").exists() && home.can_be_bound());
}

#[test]
fn a_request_that_crosses_a_reload_is_answered() {
    if other_binary() {
        return; // nginx closes the connection.
    }
    let home = Home::with(MAIN, "server { listen 127.0.0.1:PORT; return 200 well; }");
    let running = home.start();
    let before = workers(&running, 2);
    let mut kept = home.connect();
    assert!(ask(&mut kept).contains("Connection: keep-alive\r\n"));
    running.signal("HUP");
    wait_until("new workers", || children(&running).iter().any(|pid| !before.contains(pid)));
    wait_until("the old ones to be told", || home.log().contains("gracefully shutting down"));
    std::thread::sleep(Duration::from_millis(300));
    let answer = ask(&mut kept);
    assert!(answer.contains("Connection: close\r\n") && answer.ends_with("well"), "{answer}");
    assert_eq!(kept.read(&mut [0]).unwrap(), 0);
    wait_until("the old workers to end", || children(&running).len() == 2);
}

#[test]
fn a_broken_configuration_changes_nothing() {
    let home = Home::with(MAIN, "server { listen 127.0.0.1:PORT; return 200 well; }");
    let running = home.start();
    let before = workers(&running, 2);
    let port = home.port;
    let address = format!("http {{ server {{ listen 127.0.0.1:{port}; listen 203.0.113.1:1; }}");
    for (good, broken, words) in [
        ("http {", "http { nonsense on;", "[emerg] "),
        ("http {", &address, "bind() to 203."),
        ("http {", "http { error_log no/such/folder/error.log;", "open() \""),
        ("pid logs/", "pid no/such/folder/", "/no/such/folder/nginx.pid\" failed (2: No such file"),
    ] {
        let file = home.path("conf/nginx.conf");
        let text = fs::read_to_string(&file).unwrap();
        change(&home, good, broken);
        let seen = home.log().len();
        running.signal("HUP");
        wait_until("the log to say it", || home.log()[seen..].contains(words));
        assert!(home.get().ends_with("well"));
        fs::write(&file, text).unwrap();
    }
    assert_eq!(children(&running), before);
    assert!(home.log().contains("unknown directive \"nonsense\" in "), "{}", home.log());
}

#[test]
fn addresses_come_and_go_with_reloads() {
    let home = Home::with(
        MAIN,
        "server { listen 127.0.0.1:PORT; listen unix:logs/a.sock; return 200 well; }",
    );
    // Relative names of unix sockets are relative to where the program was started.
    change(&home, "logs/a.sock", home.path("logs/a.sock").to_str().unwrap());
    let running = home.start();
    workers(&running, 2);
    let other = home::free_port();
    let removed = format!("listen unix:{};", home.path("logs/a.sock").display());
    change(&home, &removed, &format!("listen 127.0.0.1:{other};"));
    running.signal("HUP");
    wait_until("the new address", || TcpStream::connect(("127.0.0.1", other)).is_ok());
    wait_until("the old address to go", || !home.path("logs/a.sock").exists());
    assert!(home.get().ends_with("well"));
    change(&home, &format!("listen 127.0.0.1:{other};"), "");
    running.signal("HUP");
    wait_until("it to be closed", || TcpStream::connect(("127.0.0.1", other)).is_err());
    assert!(home.get().ends_with("well"));
}

#[test]
fn sockets_with_reuseport_change_their_number() {
    let home = Home::with(MAIN, "server { listen 127.0.0.1:PORT reuseport; return 200 well; }");
    let running = home.start();
    workers(&running, 2);
    for (from, to, count) in [
        ("worker_processes 2", "worker_processes 4", 4),
        ("worker_processes 4", "worker_processes 1", 1),
        (" reuseport", "", 1),
        ("worker_processes 1", "worker_processes 3", 3),
    ] {
        change(&home, from, to);
        let before = children(&running);
        running.signal("HUP");
        wait_until("the workers", || {
            let now = children(&running);
            now.len() == count && now.iter().all(|pid| !before.contains(pid))
        });
        for _ in 0..40 {
            assert!(home.get().ends_with("well"), "{to}");
        }
    }
}

#[test]
fn a_dead_worker_is_replaced() {
    let home = Home::with(MAIN, "server { listen 127.0.0.1:PORT; return 200 well; }");
    let running = home.start();
    let before = workers(&running, 2);
    for pid in &before {
        kill("KILL", *pid);
    }
    wait_until("others", || {
        let now = children(&running);
        now.len() == 2 && now.iter().all(|pid| !before.contains(pid))
    });
    assert!(home.get().ends_with("well"));
    let log = home.log();
    let words =
        format!("[alert] {0}#{0}: worker process {1} exited on signal 9", running.id(), before[0]);
    assert!(log.contains(&words), "{log}");
    // One that was asked to go is replaced, too.
    let now = children(&running);
    kill("QUIT", now[0]);
    wait_until("another", || {
        children(&running).len() == 2 && !children(&running).contains(&now[0])
    });
}

#[test]
fn workers_that_cannot_live_do_not_burn_the_machine() {
    if other_binary() {
        return; // nginx gives up on such workers.
    }
    let home = Home::with(MAIN, "server { listen 127.0.0.1:PORT; return 200 well; }");
    let mut running = home.start();
    workers(&running, 2);
    let began = Instant::now();
    let times = |words: &str| home.log().matches(words).count() as u64;
    wait_until("workers to die", || {
        children(&running).into_iter().for_each(|pid| kill("KILL", pid));
        times("exited on signal 9") >= 14
    });
    // The first two, ten more at once, and then one a second.
    let most = 2 + 10 + began.elapsed().as_secs() + 1;
    assert!(times("start worker process ") <= most, "they are not started again at once");
    wait_until("they are after a while", || home.get_soon().is_some());
    running.signal("TERM");
    assert!(running.end_within(3).success());
}

#[test]
fn workers_finish_when_their_master_is_gone() {
    if other_binary() {
        return; // nginx's stay.
    }
    let home = Home::with(MAIN, "server { listen 127.0.0.1:PORT; return 200 well; }");
    let mut running = home.start();
    let before = workers(&running, 2);
    running.signal("KILL");
    running.end_within(3);
    wait_until("the workers to end", || before.iter().all(|pid| !is_alive(*pid)));
    assert!(home.path("logs/nginx.pid").exists(), "it is stale");
    let next = home.start_over_stale_pid();
    assert!(home.get().ends_with("well"));
    drop(next);
}

#[test]
fn a_new_binary_takes_over_and_gives_back() {
    let home = Home::with(
        "daemon on; master_process on; worker_processes 1; user root;",
        "server { listen 127.0.0.1:PORT; return 200 well; }",
    );
    assert!(home.run(&[]).status.success());
    home.wait_for_pid();
    let (pid, old_pid) = (home.path("logs/nginx.pid"), home.path("logs/nginx.pid.oldbin"));
    let first = home.pid();
    kill("USR2", first);
    wait_until("the new one", || pid.exists() && home.pid_soon().is_some_and(|pid| pid != first));
    let second = home.pid();
    assert!(fs::read_to_string(&old_pid).unwrap().trim() == first.to_string());
    wait_until("its worker", || !children_of(second).is_empty());
    assert!(home.get().ends_with("well"));
    // There is no third.
    kill("USR2", second);
    wait_until("it to be refused", || home.log().contains("the changing binary signal is ignored"));
    // Back: the old one goes on.
    kill("WINCH", first);
    wait_until("the workers to end", || children_of(first) == [second]);
    assert!(home.get().ends_with("well"));
    kill("HUP", first);
    wait_until("workers of the old one", || children_of(first).len() == 2);
    kill("QUIT", second);
    wait_until("the new one to end", || !is_alive(second) && !old_pid.exists());
    assert_eq!(home.pid(), first);
    assert!(home.get().ends_with("well"));
    // And for good.
    kill("USR2", first);
    wait_until("a new one", || home.pid_soon().is_some_and(|pid| pid != first));
    let third = home.pid();
    wait_until("its worker", || !children_of(third).is_empty());
    kill("QUIT", first);
    wait_until("the old one to end", || !is_alive(first) && !old_pid.exists());
    assert!(home.get().ends_with("well"));
    assert!(home.log().contains("using inherited sockets from \""), "{}", home.log());
    assert!(home.run(&["-s", "stop"]).status.success());
    home.wait_for_end();
}

#[test]
fn logs_are_opened_again_by_master_and_workers() {
    let home = Home::with(
        MAIN,
        "access_log logs/access.log; server { listen 127.0.0.1:PORT; return 200 well; }",
    );
    let running = home.start();
    workers(&running, 2);
    home.get();
    for name in ["error", "access"] {
        let (from, to) = (format!("logs/{name}.log"), format!("logs/{name}.old"));
        fs::rename(home.path(&from), home.path(&to)).unwrap();
    }
    running.signal("USR1");
    wait_until("the logs to be there", || home.path("logs/access.log").exists());
    wait_until("a line in the new access log", || {
        home.get();
        !fs::read_to_string(home.path("logs/access.log")).unwrap().is_empty()
    });
}

#[test]
fn counters_are_those_of_all_workers_and_the_dead_hold_nothing() {
    let home = Home::with(
        MAIN,
        "server { listen 127.0.0.1:PORT; location / { return 200 well; }\n\
         location = /status { stub_status; } }",
    );
    let running = home.start();
    workers(&running, 2);
    let mut kept: Vec<TcpStream> = (0..20).map(|_| home.connect()).collect();
    for stream in &mut kept {
        ask(stream);
    }
    // What a worker has counted is known when its turn has ended, just after the answer.
    let mut requests = 0;
    wait_until("all to be counted", || {
        let (active, handled, asked) = status(&home);
        requests = asked;
        active == 21 && handled >= 21 && asked >= 21
    });
    drop(kept);
    wait_until("them to be gone", || status(&home).0 == 1);
    if other_binary() {
        return; // What a worker of nginx held when it was killed is counted for ever.
    }
    let mut kept: Vec<TcpStream> = (0..20).map(|_| home.connect()).collect();
    kept.iter_mut().for_each(|stream| drop(ask(stream)));
    let before = children(&running);
    before.iter().for_each(|pid| kill("KILL", *pid));
    wait_until("others", || {
        let now = children(&running);
        now.len() == 2 && now.iter().all(|pid| !before.contains(pid))
    });
    let (active, _, more) = status(&home);
    assert!(active == 1 && more > requests, "{active} {more}");
}

#[test]
fn the_pool_is_counted_for_all_workers_together() {
    if other_binary() {
        return; // nginx has nothing like it.
    }
    let upstream = home::free_port();
    let home = Home::with(
        MAIN,
        &format!(
            "server {{ listen 127.0.0.1:{upstream}; return 200 well; }}\n\
             server {{ listen 127.0.0.1:PORT reuseport; location = /status {{ pool_status; }}\n\
             location / {{ proxy_pass http://127.0.0.1:{upstream}; }} }}"
        ),
    );
    let running = home.start();
    let before = workers(&running, 2);
    for _ in 0..40 {
        assert!(home.get().ends_with("well"));
    }
    // Each has a connection at least, and keeps it.
    wait_until("all to be counted", || {
        let (tries, idle) = (pool(&home, "tries"), pool(&home, "idle"));
        tries == 40 && pool(&home, "dials") == idle && idle >= 2
    });
    before.iter().for_each(|pid| kill("KILL", *pid));
    wait_until("others", || {
        let now = children(&running);
        now.len() == 2 && now.iter().all(|pid| !before.contains(pid))
    });
    assert_eq!((pool(&home, "tries"), pool(&home, "idle")), (40, 0));
}

/// A number of `pool_status`, whichever worker tells it.
fn pool(home: &Home, name: &str) -> u64 {
    let text = home.get_path("/status");
    let from = format!("\"{name}\":");
    let (_, rest) = text.split_once(&from).unwrap_or_else(|| panic!("no {name} in {text}"));
    rest.split_once(',').unwrap().0.parse().unwrap()
}

#[test]
fn workers_do_not_all_begin_with_the_first_server() {
    if other_binary() {
        return; // There they do.
    }
    let [one, two] = [(); 2].map(|()| home::free_port());
    let home = Home::with(
        MAIN,
        &format!(
            "upstream u {{ server 127.0.0.1:{one}; server 127.0.0.1:{two}; }}\n\
             server {{ listen 127.0.0.1:{one}; return 200 one; }}\n\
             server {{ listen 127.0.0.1:{two}; return 200 two; }}\n\
             server {{ listen 127.0.0.1:PORT reuseport; add_header Worker $pid;\n\
             location / {{ proxy_pass http://u; }} }}"
        ),
    );
    let running = home.start();
    workers(&running, 2);
    let mut first = BTreeMap::new();
    wait_until("both to be asked", || {
        let answer = home.get();
        let (_, worker) = answer.split_once("Worker: ").unwrap();
        let worker = worker.split_once("\r\n").unwrap().0.to_owned();
        first.entry(worker).or_insert_with(|| answer.ends_with("one"));
        first.len() == 2
    });
    assert_eq!(first.values().filter(|&&it| it).count(), 1, "{first:?}");
}

#[test]
fn workers_share_what_they_know_of_servers_in_a_zone() {
    // The dead server has no listener: its failure is logged once, not once in each worker.
    let (dead, alive) = (home::free_port(), home::free_port());
    let home = Home::with(
        "master_process on; worker_processes 4; user root;",
        &format!(
            "upstream u {{ zone u 64k; server 127.0.0.1:{dead} max_fails=3 fail_timeout=60s; \
             server 127.0.0.1:{alive}; }}\n\
             server {{ listen 127.0.0.1:{alive}; return 200 well; }}\n\
             server {{ listen 127.0.0.1:PORT reuseport; location / {{ proxy_pass http://u; }} }}"
        ),
    );
    let running = home.start();
    workers(&running, 4);
    for _ in 0..80 {
        assert!(home.get().ends_with("well"));
    }
    assert_eq!(home.log().matches("(111: Connection refused)").count(), 3, "{}", home.log());
}

#[test]
fn an_upgraded_connection_lives_through_a_reload_for_a_while() {
    let upstream = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let home = Home::with(
        &format!("{MAIN} worker_shutdown_timeout 2s;"),
        &format!(
            "server {{ listen 127.0.0.1:PORT; location / {{ proxy_pass http://{}; \
             proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; \
             proxy_set_header Connection upgrade; }} }}",
            upstream.local_addr().unwrap()
        ),
    );
    let running = home.start();
    let before = workers(&running, 2);
    let mut client = home.connect();
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: y\r\nConnection: upgrade\r\n\r\n")
        .unwrap();
    let (mut server, _) = upstream.accept().unwrap();
    let mut buffer = [0; 4096];
    assert!(server.read(&mut buffer).unwrap() > 0);
    server.write_all(b"HTTP/1.1 101 Y\r\nUpgrade: y\r\nConnection: upgrade\r\n\r\n").unwrap();
    assert!(client.read(&mut buffer).unwrap() > 0);
    running.signal("HUP");
    wait_until("the reload", || {
        home.log().matches("gracefully shutting down").count() == 2
            && children(&running).iter().filter(|pid| !before.contains(pid)).count() == 2
    });
    for word in [b"ping", b"pong"] {
        client.write_all(word).unwrap();
        server.read_exact(&mut buffer[..4]).unwrap();
        server.write_all(word).unwrap();
        client.read_exact(&mut buffer[..4]).unwrap();
        assert_eq!(&buffer[..4], word);
    }
    assert!(!matches!(client.read(&mut buffer), Ok(1..)), "it ends");
    wait_until("the old worker to end", || children(&running).len() == 2);
}

#[test]
fn a_thousand_servers_start_and_reload_fast() {
    let servers: String = (0..1000)
        .map(|n| {
            format!(
                "server {{ listen 127.0.0.1:PORT; server_name s{n}.example; location / {{ return 200 s{n}; }}\n\
                 location /up {{ proxy_pass http://127.0.0.1:9; }} }}\n"
            )
        })
        .collect();
    let home = Home::with(MAIN, &servers);
    let running = home.start();
    workers(&running, 2);
    let answer = home.get_of("s999.example");
    assert!(answer.ends_with("s999"), "{answer}");
    running.signal("HUP");
    wait_until("the reload", || home.log().contains("exited with code 0"));
    assert!(home.get_of("s500.example").ends_with("s500"));
}

/// The number of active connections, those handled, and the requests.
fn status(home: &Home) -> (u64, u64, u64) {
    let answer = home.get_path("/status");
    let numbers: Vec<u64> = answer
        .split_once("Active connections: ")
        .unwrap()
        .1
        .split_ascii_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    (numbers[0], numbers[2], numbers[3])
}

/// Asks for something on a connection that is to be kept.
fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while !answer.ends_with(b"\r\n\r\nwell") {
        let n = stream.read(&mut buffer).unwrap();
        assert!(n > 0, "closed before the answer");
        answer.extend_from_slice(&buffer[..n]);
    }
    String::from_utf8(answer).unwrap()
}

#[track_caller]
fn workers(running: &Running, count: usize) -> Vec<i32> {
    wait_until("the workers", || children(running).len() == count);
    children(running)
}

fn children(running: &Running) -> Vec<i32> {
    children_of(running.id())
}

fn children_of(pid: i32) -> Vec<i32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect()
}

fn is_alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(") ").next().unwrap_or_default().starts_with('Z'))
}
