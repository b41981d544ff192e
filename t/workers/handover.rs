//! What one process hands to the next: its name for `ps`, the environment, the way to syslog.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::home::{Home, binary, other_binary, wait_until};
use crate::{MAIN, ask, change, children, children_of, is_alive, kill, workers};

/// As `ps` shows a process.
fn title(pid: i32) -> String {
    let text = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&text).trim_end_matches('\0').to_owned()
}

#[test]
fn processes_have_titles() {
    let own = if other_binary() { "nginx" } else { "peerage" };
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = upstream.local_addr().unwrap();
    let server =
        format!("server {{ listen 127.0.0.1:PORT; location / {{ proxy_pass http://{addr}; }} }}");
    let home = Home::with(MAIN, &server);
    let running = home.start();
    let before = workers(&running, 2);
    let master = title(running.id());
    let words = format!("{own}: master process {} -e logs/", binary().display());
    assert!(master.starts_with(&words), "{master}");
    for pid in &before {
        let words = format!("{own}: worker process");
        wait_until("the titles of the workers", || title(*pid) == words);
    }
    let mut client = home.connect();
    client.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    // The worker has its hands full.
    let (mut answers, _) = upstream.accept().unwrap();
    assert!(answers.read(&mut [0; 4096]).unwrap() > 0);
    let words = format!("{own}: worker process is shutting down");
    running.signal("HUP");
    wait_until("the title of one that leaves", || before.iter().any(|&pid| title(pid) == words));
    wait_until("the new workers", || children(&running).iter().any(|pid| !before.contains(pid)));
    answers.write_all(b"HTTP/1.0 200 OK\r\n\r\nwell").unwrap();
    drop(answers);
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("well"), "{answer}");
}

#[test]
fn a_client_has_the_time_that_keepalive_min_timeout_promises() {
    if other_binary() {
        return; // Newer than the nginx of some systems.
    }
    let home = Home::with(
        MAIN,
        "keepalive_min_timeout 20s; server { listen 127.0.0.1:PORT; return 200 well; }",
    );
    let mut running = home.start();
    workers(&running, 2);
    let mut kept = home.connect();
    ask(&mut kept);
    running.signal("QUIT");
    wait_until("both to leave", || home.log().matches("gracefully shutting down").count() == 2);
    // No new worker takes over; a resting client of a reload would have been closed by now.
    std::thread::sleep(Duration::from_millis(400));
    assert!(ask(&mut kept).contains("Connection: close\r\n"));
    assert!(running.end_within(3).success());
}

#[test]
fn a_new_binary_has_the_variables_that_are_named() {
    let home = Home::with(
        "daemon on; master_process on; worker_processes 1; user root;\n\
         env KEPT; env SET=value; env ABSENT;",
        "server { listen 127.0.0.1:PORT; return 200 well; }",
    );
    // What will stand in the program's place tells what it was given, and ends.
    let (told, part) = (home.path("told"), home.path("told.part"));
    let text = format!(
        "#!/bin/sh\ncat /proc/$$/environ > {1}\nmv {1} {0}\n",
        told.display(),
        part.display()
    );
    fs::write(home.path("teller"), text).unwrap();
    fs::set_permissions(home.path("teller"), fs::Permissions::from_mode(0o755)).unwrap();
    let program = home.path("server");
    symlink(binary(), &program).unwrap();
    let variables = [("PATH", "/usr/bin:/bin"), ("KEPT", "kept"), ("LOST", "lost"), ("TZ", "UTC")];
    let started = home.command_of(&program, &[]).env_clear().envs(variables).status();
    assert!(started.unwrap().success());
    home.wait_for_pid();
    let pid = home.pid();
    wait_until("its worker", || children_of(pid).len() == 1);
    fs::remove_file(&program).unwrap();
    symlink(home.path("teller"), &program).unwrap();
    kill("USR2", pid);
    wait_until("the variables", || told.exists());
    let text = fs::read_to_string(&told).unwrap();
    let mut names: Vec<&str> = text.split_terminator('\0').collect();
    names.sort_unstable();
    // That is for the title of the new one.
    names.retain(|variable| !variable.starts_with("SPARE="));
    let [kept, sockets, set, zone] = names[..] else { panic!("{names:?}") };
    assert_eq!((kept, set, zone), ("KEPT=kept", "SET=value", "TZ=UTC"));
    assert!(sockets.starts_with("NGINX=") && sockets.ends_with(';'), "{sockets}");
    wait_until("the old one to go on", || home.pid_soon() == Some(pid));
    kill("TERM", pid);
    home.wait_for_end();
}

#[test]
fn syslog_hears_of_everything_after_a_reload_and_an_upgrade() {
    let over_udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    over_udp.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let home = Home::with(
        "daemon on; master_process on; worker_processes 2; user root;",
        &format!(
            "log_format f $request_uri;\n\
             access_log syslog:server={},nohostname,tag=u f;\n\
             access_log syslog:server=unix:FOLDER/syslog.sock,nohostname,tag=x f;\n\
             server {{ listen 127.0.0.1:PORT; location / {{ return 200 well; }}\n\
             location /absent {{ root html; error_log syslog:server=unix:FOLDER/syslog.sock,tag=e; }} }}",
            over_udp.local_addr().unwrap()
        ),
    );
    change(&home, "FOLDER", home.folder.to_str().unwrap());
    let over_unix = UnixDatagram::bind(home.path("syslog.sock")).unwrap();
    over_unix.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let hears_of = |when: &str| {
        let mut bytes = [0; 1000];
        for number in 0..8 {
            home.get_path(&format!("/{when}/{number}"));
            let end = format!(": /{when}/{number}");
            let len = over_udp.recv(&mut bytes).expect(when);
            assert!(String::from_utf8_lossy(&bytes[..len]).ends_with(&format!(" u{end}")));
            let len = over_unix.recv(&mut bytes).expect(when);
            assert!(String::from_utf8_lossy(&bytes[..len]).ends_with(&format!(" x{end}")));
        }
        home.get_path("/absent");
        over_udp.recv(&mut bytes).expect(when);
        let both = [(); 2].map(|()| {
            let len = over_unix.recv(&mut bytes).expect(when);
            String::from_utf8_lossy(&bytes[..len]).into_owned()
        });
        assert!(both.iter().any(|it| it.contains("/html/absent\" failed (2: No such")), "{both:?}");
    };
    assert!(home.run(&[]).status.success());
    home.wait_for_pid();
    hears_of("start");
    let first = home.pid();
    wait_until("the workers", || children_of(first).len() == 2);
    let before = children_of(first);
    kill("HUP", first);
    wait_until("other workers", || {
        let now = children_of(first);
        now.len() == 2 && now.iter().all(|pid| !before.contains(pid))
    });
    hears_of("reload");
    kill("USR2", first);
    wait_until("the new one", || home.pid_soon().is_some_and(|pid| pid != first));
    let second = home.pid();
    wait_until("its workers", || children_of(second).len() == 2);
    kill("QUIT", first);
    wait_until("the old one to end", || !is_alive(first));
    hears_of("upgrade");
    kill("TERM", second);
    home.wait_for_end();
}

#[test]
fn a_new_binary_is_not_started_without_the_pid_file() {
    let home = Home::with(
        "daemon on; master_process on; worker_processes 1; user root;",
        "server { listen 127.0.0.1:PORT; return 200 well; }",
    );
    assert!(home.run(&[]).status.success());
    home.wait_for_pid();
    let (pid, file) = (home.pid(), home.path("logs/nginx.pid"));
    fs::remove_file(&file).unwrap();
    kill("USR2", pid);
    let words = format!(
        "[alert] {pid}#{pid}: rename() {0} to {0}.oldbin failed before executing new binary process \
         \"{1}\" (2: No such file or directory)",
        file.display(),
        binary().display()
    );
    wait_until("the log to say it", || home.log().contains(&words));
    assert!(home.get().ends_with("well"));
    fs::write(&file, format!("{pid}\n")).unwrap();
    kill("TERM", pid);
    wait_until("it to end", || !is_alive(pid));
}
