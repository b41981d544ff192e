//! The program from outside: its command line, its start and end, its signals and files.
//!
//! `PEERAGE_BINARY=/usr/sbin/nginx cargo test --test process` asks the same of nginx.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;

#[path = "process/certificates.rs"]
mod certificates;
#[path = "process/examine.rs"]
mod examine;
mod home;
#[path = "process/modes.rs"]
mod modes;
#[path = "process/sockets.rs"]
mod sockets;
#[path = "process/tunnels.rs"]
mod tunnels;
use home::{Home, other_binary, run, text, wait_until};

#[test]
fn says_its_version_and_what_is_built_in() {
    for (flag, words) in [("-v", "nginx version: nginx/1."), ("-V", "configure arguments: ")] {
        let out = run(&[flag]);
        assert!(out.status.success() && text(&out.stderr).contains(words), "{out:?}");
    }
    let out = run(&["-h"]);
    let said = if other_binary() { &out.stderr } else { &out.stdout };
    assert!(out.status.success() && text(said).contains("-g directives"), "{out:?}");
}

#[test]
fn says_what_it_was_asked_for_to_stdout() {
    if other_binary() {
        return; // nginx has no long options, and stderr for all.
    }
    for (flag, words) in [
        ("-h", "-g directives"),
        ("-?", "-g directives"),
        ("--help", "-g directives"),
        ("--version", "nginx version: nginx/1."),
    ] {
        let out = run(&[flag]);
        assert!(out.status.success() && out.stderr.is_empty(), "{flag}: {out:?}");
        assert!(text(&out.stdout).contains(words), "{flag}: {out:?}");
    }
    for flag in ["-v", "-V"] {
        assert!(run(&[flag]).stdout.is_empty(), "{flag}");
    }
    let out = run(&["-V"]);
    assert!(text(&out.stderr).contains("\nnot built in: v3, "), "{out:?}");
}

#[test]
fn a_reader_that_has_left_is_no_fault() {
    let home = Home::new("server { listen 127.0.0.1:PORT; }");
    for args in [&["-h"] as &[&str], &["-V"], &["--version"], &["-t"], &["-x"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = home.command(args);
        let status = command.stdout(writer.try_clone().unwrap()).stderr(writer).status().unwrap();
        let code = i32::from(args[0] == "-x");
        // nginx, which is killed by the pipe, says nothing either.
        assert!(status.code() == Some(code) || other_binary(), "{args:?} {status}");
    }
}

#[test]
fn says_where_a_configuration_was_looked_for() {
    if other_binary() {
        return; // nginx has a place for its own.
    }
    let home = Home::new("");
    fs::remove_file(home.path("conf/nginx.conf")).unwrap();
    let prefix = home.folder.to_str().unwrap();
    let file = home.path("conf/nginx.conf").display().to_string();
    let missing = format!("nginx: [emerg] open() \"{file}\" failed (2: No such file or directory)");
    let out = run(&["-p", prefix]);
    let said = text(&out.stderr);
    assert!(out.status.code() == Some(1) && said.starts_with(&missing), "{said}");
    assert!(said.contains(": -c names another") && said.contains("conf/examples"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let said = text(&run(&["-p", prefix, "-c", "conf/nginx.conf"]).stderr);
    assert_eq!(said, format!("{missing}\n"), "it was named");
}

#[test]
fn refuses_a_wrong_command_line() {
    for (args, words) in [
        (&["x"] as &[&str], "invalid option: \"x\""),
        (&["-x"], "invalid option: \"x\""),
        (&["-c"], "option \"-c\" requires file name"),
        (&["-s", "x"], "invalid option: \"-s x\""),
    ] {
        let out = run(args);
        let line = match other_binary() {
            true => format!("nginx: {words}\n"),
            false => format!("peerage: {words} (-h lists the options)\n"),
        };
        assert_eq!((out.status.code(), text(&out.stderr)), (Some(1), line), "{args:?}");
    }
}

#[test]
fn tests_and_prints_a_configuration() {
    let home = Home::new("server { listen 127.0.0.1:PORT; include more.conf; include more.conf; }");
    fs::write(home.path("conf/more.conf"), "add_header X 1;\n").unwrap();
    let file = home.path("conf/nginx.conf");
    let good = format!(
        "nginx: the configuration file {0} syntax is ok\n\
         nginx: configuration file {0} test is successful\n",
        file.display()
    );
    let out = home.run(&["-t"]);
    assert_eq!((out.status.code(), text(&out.stderr)), (Some(0), good), "{out:?}");
    let out = home.run(&["-qt"]);
    assert_eq!((out.status.code(), text(&out.stderr).as_str()), (Some(0), ""), "{out:?}");
    let out = home.run(&["-T"]);
    let printed = text(&out.stdout);
    let more = format!(
        "# configuration file {}:\nadd_header X 1;\n",
        home.path("conf/more.conf").display()
    );
    assert_eq!(printed.matches(&more).count(), 1, "{printed}");
    assert!(
        printed.starts_with(&format!("# configuration file {}:\n", file.display())),
        "{printed}"
    );
    assert!(home.can_be_bound());
}

#[test]
fn refuses_a_wrong_configuration_and_binds_nothing() {
    let home = Home::new("server { listen 127.0.0.1:PORT; }\nnonsense on;");
    let file = home.path("conf/nginx.conf");
    let words = format!("nginx: [emerg] unknown directive \"nonsense\" in {}:", file.display());
    for flag in ["-t", "-q"] {
        let out = home.run(&[flag]);
        let said = text(&out.stderr);
        assert!(out.status.code() == Some(1) && said.starts_with(&words), "{flag} {said}");
        let test = format!("nginx: configuration file {} test failed\n", file.display());
        assert_eq!(said.ends_with(&test), flag == "-t", "{said}");
    }
    assert!(home.can_be_bound() && !home.path("logs/nginx.pid").exists());
    assert!(home.log().contains("[emerg] "), "the error log says it too");

    fs::remove_file(&file).unwrap();
    let said = text(&home.run(&[]).stderr);
    assert!(said.contains("\" failed (2: No such file or directory)"), "{said}");
    fs::create_dir(&file).unwrap();
    let out = home.run(&[]);
    assert!(out.status.code() == Some(1), "{out:?}");
    assert!(text(&out.stderr).contains("(21: Is a directory)"), "{out:?}");
}

#[test]
fn refuses_a_file_that_includes_itself() {
    if other_binary() {
        return; // nginx runs out of stack.
    }
    let home = Home::new("include nginx.conf;");
    let out = home.run(&[]);
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    assert!(text(&out.stderr).starts_with("nginx: [emerg] "), "{out:?}");
}

#[test]
fn gives_up_on_a_port_in_use() {
    let home = Home::new("server { listen 127.0.0.1:PORT; }");
    let _taken = TcpListener::bind(("127.0.0.1", home.port)).unwrap();
    let out = home.run(&[]);
    let said = text(&out.stderr);
    let words = format!(
        "nginx: [emerg] bind() to 127.0.0.1:{} failed (98: Address already in use)\n",
        home.port
    );
    assert_eq!((out.status.code(), said.matches(&words).count()), (Some(1), 5), "{said}");
    assert!(said.ends_with("nginx: [emerg] still could not bind()\n"), "{said}");
    assert!(!home.path("logs/nginx.pid").exists());
}

#[test]
fn a_daemon_is_ready_when_its_parent_ends() {
    let home = Home::with("daemon on;", "server { listen 127.0.0.1:PORT; return 200 well; }");
    let out = home.run(&[]);
    assert!(out.status.success(), "{out:?}");
    if other_binary() {
        home.wait_for_pid();
    }
    assert!(home.get().ends_with("well"));
    assert!(home.pid() > 0);
    assert!(home.run(&["-s", "quit"]).status.success());
    home.wait_for_end();
    assert!(home.can_be_bound());
    let out = home.run(&["-s", "quit"]);
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    assert!(text(&out.stderr).contains("logs/nginx.pid\" failed (2: No such file"), "{out:?}");
}

#[test]
fn ends_at_once_when_told_to() {
    for (signal, words) in [("TERM", "signal 15 (SIGTERM)"), ("INT", "signal 2 (SIGINT)")] {
        let home = Home::new("server { listen 127.0.0.1:PORT; return 200 well; }");
        let mut running = home.start();
        let mut idle = home.connect();
        idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").unwrap();
        running.signal(signal);
        assert!(running.end_within(3).success());
        let log = home.log();
        // kill(1) was the sender, and has a number of its own.
        assert!(log.contains(&format!("{words} received from ")), "{log}");
        assert!(log.contains(", exiting\n"), "{log}");
        assert!(!home.path("logs/nginx.pid").exists() && home.can_be_bound());
    }
}

#[test]
fn finishes_what_was_begun_when_told_to_quit() {
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = Home::with(
        // nginx finishes nothing without a master.
        if other_binary() { "master_process on;" } else { "" },
        &format!(
            "server {{ listen 127.0.0.1:PORT; location / {{ proxy_pass http://{}; }}\n\
             location = /well {{ return 200 well; }} }}",
            upstream.local_addr().unwrap()
        ),
    );
    let mut running = home.start();
    // One connection rests, one has a request under way.
    let mut idle = home.connect();
    idle.write_all(b"GET /well HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut buffer = [0; 4096];
    assert!(idle.read(&mut buffer).unwrap() > 0);
    let mut busy = home.connect();
    busy.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut server = None;
    upstream.set_nonblocking(true).unwrap();
    wait_until("the request to be passed on", || {
        server = upstream.accept().ok().map(|(stream, _)| stream);
        server.is_some()
    });
    let mut server = server.unwrap();
    server.set_nonblocking(false).unwrap();
    assert!(server.read(&mut buffer).unwrap() > 0);

    running.signal("QUIT");
    assert_eq!(idle.read(&mut buffer).unwrap(), 0, "an idle connection is closed");
    assert!(running.child.try_wait().unwrap().is_none(), "the other is waited for");
    wait_until("connections to be refused", || home.can_be_bound());
    server.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nafter").unwrap();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\nafter"), "{answer}");
    assert!(running.end_within(3).success());
    assert!(home.log().contains("gracefully shutting down"));
}

#[test]
fn opens_rotated_logs_again() {
    let home = Home::with(
        "",
        "access_log logs/access.log; server { listen 127.0.0.1:PORT; return 200 well; }",
    );
    let mut running = home.start();
    home.get();
    for name in ["error", "access"] {
        let (from, to) = (format!("logs/{name}.log"), format!("logs/{name}.old"));
        fs::rename(home.path(&from), home.path(&to)).unwrap();
    }
    running.signal("USR1");
    let there = || home.path("logs/error.log").exists() && home.path("logs/access.log").exists();
    wait_until("the logs to be there", there);
    home.get();
    wait_until("a line in the access log", || {
        fs::read_to_string(home.path("logs/access.log")).unwrap().lines().count() == 1
    });
    let old = fs::read_to_string(home.path("logs/access.old")).unwrap();
    assert_eq!(old.lines().count(), 1);
    running.signal("TERM");
    assert!(running.end_within(3).success());
    assert!(home.log().contains("SIGTERM"));
}

#[test]
fn a_reload_with_a_wrong_configuration_changes_nothing() {
    let home = Home::new("server { listen 127.0.0.1:PORT; return 200 well; }");
    let mut running = home.start();
    fs::write(home.path("conf/nginx.conf"), "nonsense on;").unwrap();
    running.signal("HUP");
    wait_until("the log to say it", || home.log().contains("unknown directive \"nonsense\""));
    assert!(home.get().ends_with("well"));
    running.signal("TERM");
    assert!(running.end_within(3).success());
}

#[test]
fn the_error_log_is_there_even_if_empty_and_so_are_temporary_folders() {
    let home = Home::with(
        "",
        "error_log logs/own.log; client_body_temp_path body_temp; proxy_temp_path proxy_temp;\n\
         server { listen 127.0.0.1:PORT; return 200 well; }",
    );
    // Left by a run under another user.
    fs::create_dir(home.path("proxy_temp")).unwrap();
    let mut running = home.start();
    assert!(home.path("logs/own.log").exists() && home.path("body_temp").is_dir());
    let owner = |name: &str| fs::metadata(home.path(name)).unwrap().uid();
    assert_eq!(owner("proxy_temp"), owner("body_temp"));
    running.signal("TERM");
    running.end_within(3);
}
