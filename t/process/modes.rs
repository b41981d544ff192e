//! The modes of what the program makes: those of nginx, whatever the umask of the terminal was.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Child, Command};

use crate::home::{Home, change, kill, other_binary, wait_until};

/// Starts `home`'s program under a umask of its own.
fn start(umask: &str, home: &Home) -> Child {
    let command = home.command(&[]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask $0; exec \"$@\"", umask]).arg(command.get_program());
    shell.args(command.get_args()).spawn().unwrap()
}

fn taken_by(umask: &str) -> u32 {
    u32::from_str_radix(umask, 8).unwrap()
}

fn mode(home: &Home, name: &str) -> u32 {
    fs::symlink_metadata(home.path(name)).unwrap().permissions().mode() & 0o7777
}

#[test]
fn files_have_the_modes_of_nginx_under_every_umask() {
    for (umask, daemon) in [("022", "on"), ("027", "on"), ("000", "on"), ("027", "off")] {
        let home = Home::with(
            &format!("daemon {daemon}; master_process on; worker_processes 1; user root;"),
            "access_log logs/a.log; client_body_temp_path body; proxy_temp_path kept 1;\n\
             server { listen 127.0.0.1:PORT; listen unix:HERE/a.sock; return 200 well; }\n\
             server { listen 127.0.0.1:PORT; server_name store; proxy_store HERE/store/d/a;\n\
             proxy_store_access user:rw group:rw all:r;\n\
             location / { proxy_pass http://127.0.0.1:PORT; } }",
        );
        change(&home, "HERE", home.folder.to_str().unwrap());
        let mut foreground = start(umask, &home);
        home.wait_for_pid();
        let pid = home.pid();
        let taken = taken_by(umask);
        for name in ["logs/nginx.pid", "logs/error.log", "logs/a.log"] {
            assert_eq!(mode(&home, name), 0o644 & !taken, "{name} under {umask}");
        }
        assert_eq!(["a.sock", "body", "kept"].map(|it| mode(&home, it)), [0o666, 0o700, 0o700]);

        // A daemon leaves the umask of its terminal behind.
        let taken = if daemon == "on" { 0 } else { taken };
        let log = 0o644 & !taken;
        assert!(home.get_of("store").ends_with("well"));
        wait_until("the copy", || home.path("store/d/a").exists());
        assert_eq!(["store/d", "store/d/a"].map(|it| mode(&home, it)), [0o775 & !taken, 0o664]);
        change(&home, "a.sock", "b.sock");
        change(&home, "logs/a.log", "logs/b.log");
        kill("HUP", pid);
        wait_until("the reload", || !home.path("a.sock").exists());
        assert_eq!(["b.sock", "logs/b.log"].map(|it| mode(&home, it)), [0o666, log]);
        fs::remove_file(home.path("logs/b.log")).unwrap();
        kill("USR1", pid);
        wait_until("the log", || home.path("logs/b.log").exists());
        assert_eq!(mode(&home, "logs/b.log"), log);
        if daemon == "on" {
            kill("USR2", pid);
            wait_until("the new program", || home.pid_soon().is_some_and(|it| it != pid));
            let names = ["logs/nginx.pid", "logs/nginx.pid.oldbin"];
            assert_eq!(names.map(|it| mode(&home, it)), [0o644, 0o644 & !taken_by(umask)]);
            kill("TERM", home.pid());
            wait_until("the new program to end", || home.pid_soon() == Some(pid));
        }
        kill("TERM", pid);
        home.wait_for_end();
        let _ = foreground.wait();
    }
}

#[test]
fn the_folder_of_the_logs_is_its_owners() {
    if other_binary() {
        return; // nginx does not make it.
    }
    let home = Home::with(
        "daemon on; master_process on; worker_processes 1; user root;",
        "server { listen 127.0.0.1:PORT; return 200 well; }",
    );
    for name in ["error.log", "nginx.pid"] {
        change(&home, &format!("logs/{name}"), name);
    }
    change(&home, "http {", "http { access_log off;");
    fs::remove_dir(home.path("logs")).unwrap();
    assert!(home.run(&[]).status.success());
    let pid = fs::read_to_string(home.path("nginx.pid")).unwrap().trim_end().parse().unwrap();
    change(&home, "access_log off", "error_log logs/other.log");
    kill("HUP", pid);
    wait_until("the folder", || home.path("logs/other.log").exists());
    assert_eq!(mode(&home, "logs"), 0o755);
    kill("TERM", pid);
    wait_until("it to end", || !home.path("nginx.pid").exists());
}

#[test]
fn logs_and_temporary_folders_are_of_use_to_the_workers() {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return; // Only root serves as another user.
    }
    let home = Home::with(
        "master_process on; worker_processes 1; user nobody nogroup;",
        "access_log logs/a.log; client_body_temp_path body;\n\
         server { listen 127.0.0.1:PORT; return 200 well; }",
    );
    fs::create_dir(home.path("body")).unwrap();
    fs::set_permissions(home.path("body"), fs::Permissions::from_mode(0o055)).unwrap();
    let running = home.start();
    let owner = |name: &str| fs::metadata(home.path(name)).unwrap().uid();
    let names = ["logs/error.log", "logs/a.log"];
    assert_eq!(names.map(owner), [0, 0], "they are open already");
    assert!(owner("body") != 0 && mode(&home, "body") == 0o755, "{:o}", mode(&home, "body"));
    // As logrotate makes them; a worker opens them as who it is.
    for name in names {
        fs::remove_file(home.path(name)).unwrap();
        fs::write(home.path(name), "").unwrap();
        fs::set_permissions(home.path(name), fs::Permissions::from_mode(0o440)).unwrap();
    }
    running.signal("USR1");
    wait_until("a line in the new access log", || {
        home.get();
        fs::metadata(home.path("logs/a.log")).unwrap().len() > 0
    });
    assert_eq!(names.map(owner), [owner("body"); 2]);
    assert_eq!(names.map(|name| mode(&home, name)), [0o640, 0o640]);
}
