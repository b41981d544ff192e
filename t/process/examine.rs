//! `-t` finds what the start would refuse, and leaves everything as it is.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::Path;

use crate::home::{Home, change, other_binary, text};

/// `-t`, which must fail with this message.
#[track_caller]
fn fails(home: &Home, words: &str) {
    let out = home.run(&["-t"]);
    let said = text(&out.stderr);
    let file = home.path("conf/nginx.conf");
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("nginx: [emerg] {words}")), "{words}: {said}");
    assert!(said.starts_with("nginx: the configuration file "), "{said}");
    assert!(said.ends_with(&format!("nginx: configuration file {} test failed\n", file.display())));
}

#[test]
fn a_log_or_a_folder_that_cannot_be_made_is_found() {
    for (line, words) in [
        (
            "error_log none/a.log;",
            "open() \"HERE/none/a.log\" failed (2: No such file or directory)",
        ),
        (
            "access_log none/a.log;",
            "open() \"HERE/none/a.log\" failed (2: No such file or directory)",
        ),
        ("access_log logs;", "open() \"HERE/logs\" failed (21: Is a directory)"),
        ("client_body_temp_path none/a;", "mkdir() \"HERE/none/a\" failed (2: No such file"),
        (
            "proxy_temp_path conf/nginx.conf/a;",
            "mkdir() \"HERE/conf/nginx.conf/a\" failed (20: Not a",
        ),
    ] {
        let home = Home::new(&format!("{line} server {{ listen 127.0.0.1:PORT; }}"));
        fails(&home, &words.replace("HERE", home.folder.to_str().unwrap()));
    }
    let home = Home::new("server { listen 127.0.0.1:PORT; }");
    change(&home, "pid logs/nginx.pid", "pid none/nginx.pid");
    fails(&home, &format!("open() \"{}\" failed (2: No", home.path("none/nginx.pid").display()));
}

#[test]
fn what_of_a_list_is_passed_over_is_said_by_it_alone() {
    if other_binary() {
        return; // nginx has them.
    }
    let home = Home::new(
        "ssl_ciphers DHE+AES:HIGH:!aNULL; ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_early_data on;
         ssl_conf_command Options KTLS;
         server { listen 127.0.0.1:PORT; }",
    );
    let said = home.run(&["-t"]).stderr;
    let passed_over = |list: &str| {
        let words = format!("nginx: [notice] \"{list} in ");
        assert!(text(&said).contains(&words), "{words}: {}", text(&said));
    };
    passed_over("ssl_ciphers\": not supported and passed over: DHE+AES");
    passed_over("ssl_protocols\": not supported and passed over: TLSv1, TLSv1.1");
    for words in [
        "[notice] \"ssl_early_data\": the server keeps its sessions, so that \"ssl_session_tickets\" and",
        "[notice] \"ssl_conf_command\": without effect: Options KTLS in ",
    ] {
        assert!(text(&said).contains(words), "{words}: {}", text(&said));
    }
    assert!(!text(&home.run(&["-t", "-q"]).stderr).contains("passed over"));
    let running = home.start();
    assert!(!home.log().contains("passed over"));
    drop(running);
}

#[test]
fn an_address_that_cannot_be_bound_is_found_and_one_in_use_is_not() {
    let home = Home::new("server { listen 127.0.0.1:PORT; }");
    let _taken = TcpListener::bind(("127.0.0.1", home.port)).unwrap();
    assert!(home.run(&["-t"]).status.success());
    for (listen, words) in [
        ("203.0.113.1:1".to_owned(), "bind() to 203.0.113.1:1 failed (99: Cannot assign requested"),
        ("unix:/no/such/a".to_owned(), "bind() to unix:/no/such/a failed (2: No such file"),
    ] {
        change(&home, "server {", &format!("server {{ listen {listen};"));
        fails(&home, words);
        change(&home, &format!("listen {listen};"), "");
    }
}

#[test]
fn a_working_directory_that_is_not_there_is_found() {
    if other_binary() {
        return; // nginx starts, and its workers end at once.
    }
    let home = Home::with("working_directory HERE/none;", "server { listen 127.0.0.1:PORT; }");
    change(&home, "HERE", home.folder.to_str().unwrap());
    fails(&home, &format!("chdir(\"{}/none\") failed (2: No such", home.folder.display()));
    assert_eq!(home.run(&[]).status.code(), Some(1));
    fs::write(home.path("none"), "").unwrap();
    fails(&home, &format!("chdir(\"{}/none\") failed (20: Not a", home.folder.display()));
}

#[test]
fn a_user_without_effect_is_warned_of() {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return; // Only root may run it as another user.
    }
    let home = Home::with("user root;", "access_log off; server { listen 127.0.0.1:PORT; }");
    for name in ["", "logs"] {
        fs::set_permissions(home.path(name), fs::Permissions::from_mode(0o777)).unwrap();
    }
    let Ok(out) = home.command(&["-t"]).uid(65534).output() else {
        return; // The program stands where only root may go.
    };
    let said = text(&out.stderr);
    let file = home.path("conf/nginx.conf");
    let words = format!(
        "nginx: [warn] the \"user\" directive makes sense only if the master process runs with \
         super-user privileges, ignored in {}:1\n",
        file.display()
    );
    assert!(out.status.success() && said.starts_with(&words), "{said}");
}

/// Every file with what tells it from another one, and its content.
fn files(folder: &Path) -> BTreeMap<String, (u64, u32, Vec<u8>)> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let found = fs::symlink_metadata(&path).unwrap();
        let content = if found.is_file() { fs::read(&path).unwrap() } else { vec![] };
        all.insert(path.display().to_string(), (found.ino(), found.mode(), content));
        if found.is_dir() {
            all.extend(files(&path));
        }
    }
    all
}

#[test]
fn nothing_that_was_there_is_changed() {
    let home = Home::with(
        "master_process on; user root;",
        "access_log logs/a.log; client_body_temp_path body; proxy_temp_path kept;\n\
         server { listen 127.0.0.1:PORT; listen unix:HERE/live; listen unix:HERE/stale;\n\
         listen unix:HERE/file; listen unix:HERE/new; }",
    );
    change(&home, "HERE", home.folder.to_str().unwrap());
    let _live = UnixListener::bind(home.path("live")).unwrap();
    drop(UnixListener::bind(home.path("stale")).unwrap());
    fs::write(home.path("file"), "precious").unwrap();
    if other_binary() {
        fs::write(home.path("logs/nginx.pid"), "").unwrap(); // nginx leaves an empty one.
    }
    let missing = |name: &str| !home.path(name).exists();
    assert!(home.run(&["-t"]).status.success());
    assert!(missing("new") && !missing("logs/a.log") && !missing("body") && !missing("kept"));
    assert!(other_binary() || missing("logs/nginx.pid"));
    fs::write(home.path("logs/nginx.pid"), "4711\n").unwrap();
    let before = files(&home.folder);
    assert!(home.run(&["-t"]).status.success());
    assert_eq!(files(&home.folder), before);
}

#[test]
fn a_running_program_does_not_notice() {
    let home = Home::with(
        "master_process on; user root;",
        "server { listen 127.0.0.1:PORT; listen unix:HERE/a; return 200 well; }",
    );
    change(&home, "HERE", home.folder.to_str().unwrap());
    let mut running = home.start();
    let before = files(&home.folder);
    assert!(home.run(&["-t"]).status.success());
    let after = files(&home.folder);
    for name in ["a", "logs/nginx.pid"] {
        let name = home.path(name).display().to_string();
        assert_eq!(after[&name], before[&name]);
    }
    assert!(home.get().ends_with("well"));
    running.signal("QUIT");
    assert!(running.end_within(3).success());
}
