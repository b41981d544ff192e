//! `sticky learn`: a session that one worker has learned, all know, and those of the next configuration too.

use std::collections::BTreeSet;
use std::io::{Read, Write};

use crate::home::{Home, free_port, other_binary, wait_until};
use crate::{change, children, kill, workers};

/// Three servers, of which each begins a session if it is asked to, and who served a request.
fn home() -> Home {
    let ports = [(); 3].map(|()| free_port());
    let servers: String = ports
        .iter()
        .map(|port| {
            format!(
                "server {{ listen 127.0.0.1:{port}; location / {{ return 200 {port}; }}\n\
                 location /begin {{ add_header Session $arg_name; return 200 {port}; }} }}\n"
            )
        })
        .collect();
    let [one, two, three] = ports;
    let sticky = "sticky learn create=$upstream_http_session lookup=$arg_sid zone=sessions:64k;";
    Home::with(
        "master_process on; worker_processes 4; user root;",
        &format!(
            "upstream pool {{ {sticky} server 127.0.0.1:{one}; server 127.0.0.1:{two}; \
             server 127.0.0.1:{three}; }}\n{servers}\
             server {{ listen 127.0.0.1:PORT reuseport; add_header Worker $pid; keepalive_requests 5000;\n\
             location / {{ proxy_pass http://pool; }} }}"
        ),
    )
}

fn server_of(answer: &str) -> &str {
    answer.rsplit("\r\n\r\n").next().unwrap()
}

/// Asks until each worker has answered; returns the servers that did.
fn servers_that_all_workers_ask(home: &Home, pids: &[i32], path: &str) -> BTreeSet<String> {
    let (mut asked, mut servers) = (BTreeSet::new(), BTreeSet::new());
    wait_until("all workers to be asked", || {
        let answer = home.get_path(path);
        let worker = answer.split_once("Worker: ").unwrap().1.split_once("\r\n").unwrap().0;
        asked.insert(worker.parse::<i32>().unwrap());
        servers.insert(server_of(&answer).to_owned());
        pids.iter().all(|pid| asked.contains(pid))
    });
    servers
}

fn is_not_bound(home: &Home, path: &str) {
    let mut servers = BTreeSet::new();
    wait_until("another server to be asked", || {
        servers.insert(server_of(&home.get_path(path)).to_owned());
        servers.len() > 1
    });
}

#[test]
fn a_session_is_known_to_all_workers_and_after_a_reload() {
    if other_binary() {
        return;
    }
    let home = home();
    let running = home.start();
    let before = workers(&running, 4);
    let own: Vec<BTreeSet<String>> = ["a", "b"]
        .map(|name| {
            let answer = home.get_path(&format!("/begin?name={name}"));
            BTreeSet::from([server_of(&answer).to_owned()])
        })
        .to_vec();
    let check = |pids: &[i32]| {
        for (name, own) in ["a", "b"].iter().zip(&own) {
            let path = format!("/?sid={name}");
            assert_eq!(servers_that_all_workers_ask(&home, pids, &path), *own, "{name}");
        }
        is_not_bound(&home, "/?sid=c");
    };
    check(&before);
    kill("KILL", before[0]);
    wait_until("another worker", || {
        let now = children(&running);
        now.len() == 4 && !now.contains(&before[0])
    });
    check(&children(&running));
    let reload = || {
        let before = children(&running);
        running.signal("HUP");
        wait_until("the old workers to end", || {
            let now = children(&running);
            now.len() == 4 && now.iter().all(|pid| !before.contains(pid))
        });
    };
    // The servers have other numbers then.
    let another = format!("zone=sessions:64k; server 127.0.0.1:{};", free_port());
    change(&home, "zone=sessions:64k;", &another);
    reload();
    check(&children(&running));
    // Another size is another zone.
    change(&home, "sessions:64k", "sessions:32k");
    reload();
    is_not_bound(&home, "/?sid=a");
}

#[test]
fn sessions_never_become_those_of_another_upstream() {
    if other_binary() {
        return;
    }
    let home = home();
    let running = home.start();
    let before = workers(&running, 4);
    change(&home, "upstream pool", "upstream other");
    change(&home, "http://pool", "http://other");
    running.signal("HUP");
    let words = "[emerg] ";
    let why = "sticky zone \"sessions\" is used in upstream \"other\" while previously it was used \
               in upstream \"pool\"";
    wait_until("the reload to be refused", || home.log().contains(why));
    assert!(home.log().contains(words));
    assert!(home.get().starts_with("HTTP/1.1 200 "));
    assert_eq!(children(&running), before);
}

#[test]
fn a_zone_that_is_too_small_is_told_of_once() {
    if other_binary() {
        return;
    }
    let home = home();
    let _running = home.start();
    // More than there are places for.
    const MANY: usize = 2100;
    let mut client = home.connect();
    let mut writer = client.try_clone().unwrap();
    let asking = std::thread::spawn(move || {
        for number in 0..=MANY {
            let close = if number == MANY { "Connection: close\r\n" } else { "" };
            let head = format!("GET /begin?name={number} HTTP/1.1\r\nHost: x\r\n{close}\r\n");
            writer.write_all(head.as_bytes()).unwrap();
        }
    });
    let mut answers = String::new();
    client.read_to_string(&mut answers).unwrap();
    asking.join().unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK\r\n").count(), MANY + 1);
    let words = "could not allocate node in sticky session zone \"sessions\", expiring least recently \
                 used session";
    assert_eq!(home.log().matches(words).count(), 1, "{}", home.log());
}
