//! What the main context says of workers, as the system shows it of them.

use std::fs;

use crate::home::{Home, Running, other_binary, wait_until};
use crate::{change, children, children_of};

const SERVER: &str = "server { listen 127.0.0.1:PORT; return 200 well; }";

/// The rest of the line of that name in a file below `/proc/PID`.
fn line(pid: i32, file: &str, name: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_default().split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// The only worker, when it serves.
fn worker(home: &Home, running: &Running) -> i32 {
    wait_until("the answer", || home.get_soon().is_some_and(|answer| answer.ends_with("well")));
    wait_until("the worker", || children(running).len() == 1);
    children(running)[0]
}

#[test]
fn workers_have_the_limits_that_are_said() {
    let home = Home::with(
        "master_process on; worker_rlimit_nofile 123; worker_rlimit_core 5k; user root;\n\
         worker_priority 3; worker_cpu_affinity 01; working_directory /usr;",
        SERVER,
    );
    let running = home.start();
    let pid = worker(&home, &running);
    assert_eq!(line(pid, "limits", "Max open files "), "123 123 files");
    assert_eq!(line(pid, "limits", "Max core file size "), "5120 5120 bytes");
    assert_eq!(line(pid, "status", "Cpus_allowed_list:"), "0");
    assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).unwrap().to_str(), Some("/usr"));
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The priority stands in the 19th field; the second ends with the last parenthesis.
    let nice = stat.rsplit(')').next().and_then(|rest| rest.split_ascii_whitespace().nth(16));
    assert_eq!(nice, Some("3"));
    // The master has none of it.
    assert_ne!(line(running.id(), "limits", "Max open files "), "123 123 files");
}

#[test]
fn workers_of_root_are_the_user() {
    if fs::metadata("/proc/self").map(|it| std::os::unix::fs::MetadataExt::uid(&it)).unwrap() != 0 {
        return; // Only root can be another.
    }
    let known = fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let line = known.lines().find(|line| line.split(':').next() == Some(name)).unwrap();
        let fields: Vec<&str> = line.split(':').collect();
        (fields[2].to_owned(), fields[3].to_owned())
    };
    let fours = |(uid, gid): (String, String)| ([&*uid; 4].join(" "), [&*gid; 4].join(" "));
    let home = Home::with("master_process on; user games;", SERVER);
    let running = home.start();
    let of = |pid: i32| (line(pid, "status", "Uid:"), line(pid, "status", "Gid:"));
    let own = of(running.id());
    assert_eq!(of(worker(&home, &running)), fours(ids("games")));
    // With a group of its own, and root itself.
    for (from, to, (uid, _), (_, gid)) in [
        ("user games;", "user games mail;", ids("games"), ids("mail")),
        ("user games mail;", "user root;", ids("root"), ids("root")),
    ] {
        let before = children(&running);
        change(&home, from, to);
        running.signal("HUP");
        wait_until("another worker", || {
            let now = children(&running);
            now.len() == 1 && !before.contains(&now[0])
        });
        assert_eq!(of(worker(&home, &running)), fours((uid, gid)), "{to}");
    }
    assert_eq!(of(running.id()), own, "the master stays who it is");
}

#[test]
fn workers_may_speak_from_foreign_addresses_where_proxy_bind_is_transparent() {
    if fs::metadata("/proc/self").map(|it| std::os::unix::fs::MetadataExt::uid(&it)).unwrap() != 0 {
        return; // Only root can leave a right to another.
    }
    let server = "server { listen 127.0.0.1:PORT; location / { return 200 well; }
        location /who { return 200 $remote_addr; }
        location /t { proxy_pass http://127.0.0.1:PORT/who; proxy_bind 127.0.0.9 transparent; } }";
    let home = Home::with("master_process on; user games;", server);
    let running = home.start();
    // CAP_NET_RAW, and nothing else.
    assert_eq!(line(worker(&home, &running), "status", "CapEff:"), "0000000000002000");
    assert!(home.get_path("/t").ends_with("127.0.0.9"));
}

#[test]
fn there_are_as_many_workers_as_are_said_or_as_there_are_processors() {
    let processors = std::thread::available_parallelism().unwrap().get();
    // nginx counts those of the machine, also those that it may not use.
    let auto = (!other_binary()).then_some(("auto", processors));
    for (said, count) in [("1", 1), ("3", 3)].into_iter().chain(auto) {
        let main = format!("master_process on; user root; worker_processes {said};");
        let home = Home::with(&main, SERVER);
        let running = home.start();
        wait_until("the workers", || children(&running).len() == count);
        assert!(home.get().ends_with("well"));
    }
}

#[test]
fn the_pid_file_is_where_it_is_said() {
    let home = Home::with("daemon on; master_process on; user root;", SERVER);
    change(&home, "pid logs/nginx.pid;", "pid a.pid;");
    assert!(home.run(&[]).status.success());
    let read = |name: &str| fs::read_to_string(home.path(name)).ok()?.trim().parse::<i32>().ok();
    wait_until("the pid file", || read("a.pid").is_some());
    let pid = read("a.pid").unwrap();
    assert!(!home.path("logs/nginx.pid").exists());
    wait_until("the worker", || children_of(pid).len() == 1);
    // It follows the configuration.
    change(&home, "pid a.pid;", "pid logs/b.pid;");
    let old = children_of(pid);
    crate::kill("HUP", pid);
    wait_until("the other file", || {
        read("logs/b.pid") == Some(pid) && !home.path("a.pid").exists()
    });
    wait_until("the new worker", || children_of(pid).len() == 1 && children_of(pid) != old);
    assert!(home.run(&["-s", "stop"]).status.success());
    wait_until("it to go", || !home.path("logs/b.pid").exists());
}
