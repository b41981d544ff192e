//! Several workers at one socket: who is woken for a client, and who gets it.

use std::collections::HashMap;
use std::fs;

use crate::home::{Home, wait_until};
use crate::{MAIN, ask, children, workers};

/// How often the processes have gone to sleep.
fn sleeps(pids: &[i32]) -> u64 {
    let of = |pid: &i32| {
        let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = text.lines().find_map(|it| it.strip_prefix("voluntary_ctxt_switches:"));
        line.unwrap().trim().parse::<u64>().unwrap()
    };
    pids.iter().map(of).sum()
}

#[test]
fn a_client_does_not_wake_everybody() {
    let home = Home::with(
        "master_process on; worker_processes 16; user root;",
        "server { listen 127.0.0.1:PORT; return 200 well; }",
    );
    let running = home.start();
    let pids = workers(&running, 16);
    // Everybody has begun to wait.
    let mut last = 0;
    wait_until("them to rest", || {
        let before = std::mem::replace(&mut last, sleeps(&pids));
        before == last && pids.iter().all(|&pid| is_asleep(pid))
    });
    for _ in 0..50 {
        assert!(home.get().ends_with("well"));
    }
    let more = sleeps(&pids) - last;
    assert!(more < 50 * 8, "{more} times woken for 50 clients");
}

fn is_asleep(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'))
}

#[test]
fn clients_are_shared_between_workers() {
    let home = Home::with(
        MAIN,
        "server { listen 127.0.0.1:PORT; add_header X-Worker $pid; return 200 well; }",
    );
    let running = home.start();
    let pids = workers(&running, 2);
    let mut counts: HashMap<i32, usize> = HashMap::new();
    let mut kept = Vec::new();
    // One at a time: who has waited longest is woken, and that shall not always be the same.
    for _ in 0..96 {
        wait_until("all to wait", || pids.iter().all(|&pid| is_asleep(pid)));
        let mut client = home.connect();
        let answer = ask(&mut client);
        let pid = answer.split("X-Worker: ").nth(1).and_then(|rest| rest.lines().next());
        *counts.entry(pid.unwrap().parse().unwrap()).or_default() += 1;
        kept.push(client);
    }
    assert!(pids.iter().all(|pid| counts.get(pid).is_some_and(|&n| n >= 16)), "{counts:?}");
    assert_eq!(children(&running), pids);
}
