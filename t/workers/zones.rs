//! `zone`: all workers share the state of a group's servers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::thread;

use crate::home::{Home, other_binary, wait_until};
use crate::{children, kill, workers};

const MAIN: &str = "master_process on; worker_processes 4; user root;";

/// A server of which every request is a number; what it answers with, the test says. 0: nothing, ever.
fn server(answer: impl Fn(u32, &str) -> u16 + Send + Sync + 'static) -> (u16, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicU32::new(0));
    let (count, answer) = (asked.clone(), Arc::new(answer));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (count, answer) = (count.clone(), answer.clone());
            thread::spawn(move || serve(stream.unwrap(), &count, &*answer));
        }
    });
    (port, asked)
}

fn serve(mut stream: TcpStream, count: &AtomicU32, answer: &dyn Fn(u32, &str) -> u16) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let status = answer(count.fetch_add(1, SeqCst), &String::from_utf8_lossy(&head));
    if status == 0 {
        return drop(stream.read(&mut byte));
    }
    let _ = write!(stream, "HTTP/1.0 {status} x\r\nContent-Length: 4\r\n\r\nwell");
}

#[test]
fn a_check_is_made_by_one_worker_for_all() {
    if other_binary() {
        return;
    }
    let (port, asked) = server(|_, _| 500);
    let home = Home::with(
        MAIN,
        &format!(
            "upstream u {{ zone u 64k; server 127.0.0.1:{port}; }}\n\
             server {{ listen 127.0.0.1:PORT; location / {{ proxy_pass http://u;\n\
             health_check interval=30ms; }} }}"
        ),
    );
    let running = home.start();
    let before = workers(&running, 4);
    wait_until("checks", || asked.load(SeqCst) > 20);
    assert_eq!(home.log().matches("peer is unhealthy").count(), 1, "{}", home.log());
    assert!(home.get().starts_with("HTTP/1.1 502 "));
    // When the worker that makes the checks dies, another one goes on with them.
    before[1..].iter().for_each(|pid| kill("KILL", *pid));
    wait_until("others", || {
        children(&running).iter().filter(|pid| !before.contains(pid)).count() == 3
    });
    before[..1].iter().for_each(|pid| kill("KILL", *pid));
    let seen = asked.load(SeqCst);
    wait_until("more checks", || asked.load(SeqCst) > seen + 5);
    assert_eq!(home.log().matches("peer is unhealthy").count(), 1, "{}", home.log());
}

#[test]
fn who_was_well_before_a_reload_is_used_at_once() {
    if other_binary() {
        return;
    }
    // Of the checks only the first of each server is answered.
    let (checks, others) = (AtomicU32::new(0), AtomicU32::new(0));
    let first = |request: &str, seen: &AtomicU32| {
        request.starts_with("GET /check ") && seen.fetch_add(1, SeqCst) > 0
    };
    let (kept, _) = server(move |_, request| if first(request, &checks) { 0 } else { 200 });
    let (forgotten, asked) =
        server(move |_, request| if first(request, &others) { 0 } else { 200 });
    let home = Home::with(
        MAIN,
        &format!(
            "upstream kept {{ zone kept 64k; server 127.0.0.1:{kept}; }}\n\
             upstream forgotten {{ zone forgotten 64k; server 127.0.0.1:{forgotten}; }}\n\
             server {{ listen 127.0.0.1:PORT;\n\
             location / {{ proxy_pass http://kept; health_check uri=/check mandatory persistent; }}\n\
             location /f {{ proxy_pass http://forgotten; health_check uri=/check mandatory; }} }}"
        ),
    );
    let running = home.start();
    let before = workers(&running, 4);
    let well = |path: &str| home.get_path(path).ends_with("well");
    wait_until("the servers to be found well", || well("/") && well("/f"));
    running.signal("HUP");
    wait_until("the old workers to end", || {
        let now = children(&running);
        now.len() == 4 && now.iter().all(|pid| !before.contains(pid))
    });
    wait_until("the other to be asked", || asked.load(SeqCst) > 1);
    assert!(well("/") && !well("/f"));
}

#[test]
fn a_place_that_one_worker_frees_is_another_s() {
    if other_binary() {
        return;
    }
    let goes = Arc::new(AtomicU32::new(0));
    let may_go = goes.clone();
    let (port, _) = server(move |_, _| {
        while may_go.load(SeqCst) == 0 {
            thread::yield_now();
        }
        200
    });
    let home = Home::with(
        MAIN,
        &format!(
            "upstream u {{ zone u 64k; server 127.0.0.1:{port} max_conns=1; queue 100; }}\n\
             server {{ listen 127.0.0.1:PORT reuseport; location / {{ proxy_pass http://u; }}\n\
             location = /status {{ pool_status; }} }}"
        ),
    );
    let running = home.start();
    workers(&running, 4);
    let mut clients: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut client = home.connect();
            client.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
            client
        })
        .collect();
    wait_until("all but one to wait", || home.get_path("/status").contains("\"waiting\":19,"));
    goes.store(1, SeqCst);
    for client in &mut clients {
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("well"), "{answer}");
    }
}

#[test]
fn no_more_connections_are_kept_than_max_conns_of_all_workers() {
    if other_binary() {
        return;
    }
    let upstream = crate::home::free_port();
    let home = Home::with(
        MAIN,
        &format!(
            "upstream u {{ zone u 64k; server 127.0.0.1:{upstream} max_conns=2; }}\n\
             server {{ listen 127.0.0.1:{upstream}; return 200 well; }}\n\
             server {{ listen 127.0.0.1:PORT reuseport; location / {{ proxy_pass http://u; }}\n\
             location = /status {{ pool_status; }} }}"
        ),
    );
    let running = home.start();
    workers(&running, 4);
    for _ in 0..60 {
        assert!(home.get().ends_with("well"));
    }
    wait_until("the last to be over", || home.get_path("/status").contains("\"busy\":0,"));
    let status = home.get_path("/status");
    let few = (1..=2).any(|idle| status.contains(&format!("\"idle\":{idle},")));
    assert!(few, "{status}");
}

/// A name server: A records of every name are 127.0.0.1, SRV records name `port` of such a name; the TTL is 0.
/// It does not answer while the flag is set.
fn name_server(port: u16) -> (u16, Arc<AtomicBool>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let names = socket.local_addr().unwrap().port();
    let silent = Arc::new(AtomicBool::new(false));
    let is_silent = silent.clone();
    thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((len, from)) = socket.recv_from(&mut buffer) {
            let name = buffer[12..len].iter().position(|&byte| byte == 0).unwrap();
            let mut answer = buffer[..12 + name + 5].to_vec();
            answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
            if buffer[12 + name + 2] == 33 {
                let [high, low] = port.to_be_bytes();
                answer.extend([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 0, 0, 9, 0, 1, 0, 1, high, low]);
                answer.extend(b"\x01t\0");
            } else {
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);
            }
            if !is_silent.load(SeqCst) {
                let _ = socket.send_to(&answer, from);
            }
        }
    });
    (names, silent)
}

#[test]
fn servers_that_a_name_comes_to_are_known_in_common_too() {
    if other_binary() {
        return;
    }
    let (dead, alive) = (crate::home::free_port(), crate::home::free_port());
    let (names, _) = name_server(0);
    let home = Home::with(
        MAIN,
        &format!(
            "upstream u {{ zone u 64k; resolver 127.0.0.1:{names} ipv6=off; \
             server x.example:{dead} resolve max_fails=3 fail_timeout=60s; \
             server 127.0.0.1:{alive}; }}\n\
             server {{ listen 127.0.0.1:{alive}; return 200 well; }}\n\
             server {{ listen 127.0.0.1:PORT reuseport; location / {{ proxy_pass http://u; }}\n\
             location = /status {{ pool_status; }} }}"
        ),
    );
    let running = home.start();
    workers(&running, 4);
    let refused = || home.log().matches("(111: Connection refused)").count();
    wait_until("it to be disabled", || {
        assert!(home.get().ends_with("well"));
        refused() >= 3
    });
    for _ in 0..80 {
        assert!(home.get().ends_with("well"));
    }
    assert_eq!(refused(), 3, "{}", home.log());
    for _ in 0..20 {
        let status = home.get_path("/status");
        assert_eq!(status.matches("\"state\":\"disabled\"").count(), 1, "{status}");
    }
}

#[test]
fn servers_of_names_outlast_a_reload_while_no_name_server_answers() {
    if other_binary() {
        return;
    }
    let port = crate::home::free_port();
    let (names, silent) = name_server(port);
    let home = Home::with(
        MAIN,
        &format!(
            "resolver 127.0.0.1:{names} ipv6=off; resolver_timeout 200ms;\n\
             upstream a {{ zone a 64k; server a.example:{port} resolve; }}\n\
             upstream s {{ zone s 64k; server s.example service=http resolve; }}\n\
             upstream none {{ server n.example:{port} resolve; }}\n\
             server {{ listen 127.0.0.1:{port}; return 200 well; }}\n\
             server {{ listen 127.0.0.1:PORT reuseport; location /a {{ proxy_pass http://a; }}\n\
             location /s {{ proxy_pass http://s; }} location /n {{ proxy_pass http://none; }} }}"
        ),
    );
    let running = home.start();
    let mut before = workers(&running, 4);
    let well = |path: &str| home.get_path(path).ends_with("well");
    wait_until("the names", || ["/a", "/s", "/n"].iter().all(|path| well(path)));
    silent.store(true, SeqCst);
    // Twice: what was not answered since is not forgotten.
    for _ in 0..2 {
        running.signal("HUP");
        wait_until("the old workers to end", || {
            let now = children(&running);
            now.len() == 4 && now.iter().all(|pid| !before.contains(pid))
        });
        before = children(&running);
        for _ in 0..20 {
            assert!(well("/a") && well("/s"), "{}", home.log());
        }
    }
    assert!(!well("/n"), "a group without a zone knows nothing");
    silent.store(false, SeqCst);
    wait_until("the name server", || well("/n"));
}
