//! A cache outlives the processes that use it, and two more processes look after its files.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::home::{Home, Running, change, kill, other_binary, wait_until};
use crate::{MAIN, children, children_of};

const MANAGER: &str = "cache manager process";
const LOADER: &str = "cache loader process";

/// A server that never answers the same twice, and a cache before it.
fn home(main: &str, path: &str) -> Home {
    let (port, more) = (crate::home::free_port(), "add_header X-Cache $upstream_cache_status;");
    Home::with(
        main,
        &format!(
            "proxy_cache_path cache {path};\n\
             server {{ listen 127.0.0.1:{port}; return 200 $request_id; }}\n\
             server {{ listen 127.0.0.1:PORT; proxy_cache a; proxy_cache_valid 200 1h; {more}\n\
             location / {{ proxy_pass http://127.0.0.1:{port}; }} }}"
        ),
    )
}

const PATH: &str = "levels=1:2 keys_zone=a:1m";

/// `HIT` or what else, and the body.
fn ask(home: &Home, path: &str) -> (String, String) {
    let answer = home.get_path(path);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.lines().find_map(|line| line.strip_prefix("X-Cache: "));
    (status.unwrap_or_default().to_owned(), body.to_owned())
}

fn hit(body: &str) -> (String, String) {
    ("HIT".to_owned(), body.to_owned())
}

/// Stores the answer to a path.
fn store(home: &Home, path: &str) -> String {
    wait_until("a worker", || home.get_soon().is_some());
    let (_, body) = ask(home, path);
    wait_until("the answer to be stored", || ask(home, path) == hit(&body));
    body
}

/// The files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.file_type().is_ok_and(|it| it.is_dir()) {
            true => files(&entry.path()),
            false => vec![entry.path()],
        })
        .collect()
}

/// The children whose title ends so.
fn of_title(pids: Vec<i32>, title: &str) -> Vec<i32> {
    let has_title = |pid: &i32| {
        let shown = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        shown.trim_end_matches('\0').ends_with(title)
    };
    pids.into_iter().filter(has_title).collect()
}

fn child(running: &Running, title: &str) -> Option<i32> {
    of_title(children(running), title).first().copied()
}

#[test]
fn a_cache_outlives_workers_reloads_and_starts() {
    let home = home(MAIN, PATH);
    let running = home.start();
    let body = store(&home, "/a");
    let workers = of_title(children(&running), ": worker process");
    assert_eq!(workers.len(), 2);
    workers.iter().for_each(|pid| kill("KILL", *pid));
    wait_until("new workers", || home.get_soon().is_some());
    assert_eq!(ask(&home, "/a"), hit(&body));
    change(&home, "200 1h", "200 2h");
    let before = children(&running);
    running.signal("HUP");
    wait_until("the reload", || children(&running).iter().all(|pid| !before.contains(pid)));
    assert_eq!(ask(&home, "/a"), hit(&body));
    drop(running);
    let mut running = home.start();
    wait_until("a worker", || home.get_soon().is_some());
    assert_eq!(ask(&home, "/a"), hit(&body));
    // Without any leave; the master first, or it would start others.
    let workers = children(&running);
    running.signal("KILL");
    workers.into_iter().for_each(|pid| kill("KILL", pid));
    running.end_within(3);
    let next = home.start_over_stale_pid();
    wait_until("a worker", || home.get_soon().is_some());
    assert_eq!(ask(&home, "/a"), hit(&body));
    drop(next);
}

#[test]
fn a_new_binary_uses_the_files_of_the_old_one() {
    let home = home("daemon on; master_process on; worker_processes 1; user root;", PATH);
    assert!(home.run(&[]).status.success());
    home.wait_for_pid();
    let (old, body) = (home.pid(), store(&home, "/a"));
    kill("USR2", old);
    wait_until("the new program", || home.pid_soon().is_some_and(|pid| pid != old));
    wait_until("its workers", || !of_title(children_of(home.pid()), ": worker process").is_empty());
    kill("QUIT", old);
    wait_until("the old one to end", || !home.path("logs/nginx.pid.oldbin").exists());
    assert_eq!(ask(&home, "/a"), hit(&body));
    kill("QUIT", home.pid());
    home.wait_for_end();
}

#[test]
fn the_manager_is_there_for_as_long_as_workers_are() {
    let home = home(MAIN, PATH);
    let running = home.start();
    wait_until("the manager", || child(&running, MANAGER).is_some());
    let first = child(&running, MANAGER).unwrap();
    kill("KILL", first);
    wait_until("another", || child(&running, MANAGER).is_some_and(|pid| pid != first));
    let second = child(&running, MANAGER).unwrap();
    running.signal("HUP");
    wait_until("that of the reload", || {
        let all = of_title(children(&running), MANAGER);
        all.len() == 1 && all[0] != second
    });
    change(&home, "proxy_cache a;", "");
    change(&home, &format!("proxy_cache_path cache {PATH};"), "");
    running.signal("HUP");
    wait_until("none", || child(&running, MANAGER).is_none());
    assert!(home.log().contains("start cache manager process "), "{}", home.log());
    assert!(home.get().contains("200 OK"));
}

#[test]
fn the_loader_ends_when_all_files_are_known() {
    if other_binary() {
        return; // nginx's begins after a minute.
    }
    let home = home(MAIN, PATH);
    let loaded = |times: usize| {
        wait_until("the loader", || home.log().matches("http file cache: ").count() == times);
    };
    let mut running = home.start();
    let body = store(&home, "/a");
    loaded(1);
    running.signal("QUIT");
    assert!(running.end_within(3).success());
    // What is not ours, and what no process will finish.
    let file = &files(&home.path("cache"))[0];
    let name = file.file_name().unwrap().to_str().unwrap();
    let nginx = file.with_file_name(&name[..32]);
    let left = file.with_file_name(format!("{name}.0000000001"));
    fs::write(&nginx, "x").unwrap();
    fs::write(&left, "x").unwrap();
    let running = home.start();
    wait_until("the loader", || child(&running, LOADER).is_some());
    // Another one takes its place.
    kill("KILL", child(&running, LOADER).unwrap());
    loaded(2);
    wait_until("it to end", || child(&running, LOADER).is_none());
    assert!(nginx.exists() && !left.exists());
    let root = home.path("cache");
    let words = format!("1 files of nginx's cache in \"{}\" are neither used nor", root.display());
    assert!(home.log().contains(&words), "{}", home.log());
    assert_eq!(ask(&home, "/a"), hit(&body));
    // There is nothing to be loaded after a reload.
    let before = children(&running);
    running.signal("HUP");
    wait_until("the reload", || children(&running).iter().all(|pid| !before.contains(pid)));
    assert_eq!((child(&running, LOADER), ask(&home, "/a")), (None, hit(&body)));
}

#[test]
fn what_is_not_used_is_removed() {
    if other_binary() {
        return; // nginx looks each ten seconds.
    }
    let home = home(MAIN, &format!("{PATH} inactive=1s"));
    let _running = home.start();
    store(&home, "/a");
    assert!(!files(&home.path("cache")).is_empty());
    wait_until("it to go", || files(&home.path("cache")).is_empty());
    assert_ne!(ask(&home, "/a").0, "HIT");
}

#[test]
fn what_is_more_than_max_size_is_removed() {
    if other_binary() {
        return; // nginx looks each ten seconds.
    }
    let home = home(MAIN, &format!("{PATH} max_size=40k"));
    let _running = home.start();
    (0..30).for_each(|at| drop(store(&home, &format!("/{at}"))));
    wait_until("the oldest to go", || files(&home.path("cache")).len() < 10);
    assert_eq!(ask(&home, "/29").0, "HIT");
    assert_ne!(ask(&home, "/0").0, "HIT");
}

#[test]
fn a_file_that_was_cut_is_no_answer() {
    if other_binary() {
        return; // nginx believes what is left of it.
    }
    let home = home(MAIN, PATH);
    let _running = home.start();
    let body = store(&home, "/a");
    let stored = files(&home.path("cache"));
    let file = fs::File::options().write(true).open(&stored[0]).unwrap();
    file.set_len(file.metadata().unwrap().len() - 1).unwrap();
    // What was read of late is whole; it is read again after that.
    let (mut status, mut next) = ask(&home, "/a");
    wait_until("the file to be opened", || {
        let is_new = next != body;
        if !is_new {
            (status, next) = ask(&home, "/a");
        }
        is_new
    });
    assert!(status != "HIT" && next.len() == body.len(), "{status} {next}");
    assert_eq!(ask(&home, "/a"), hit(&next));
}

#[test]
fn a_directory_that_cannot_be_used_makes_it_slower_only() {
    if other_binary() || fs::metadata("/proc/self").map(|it| it.uid()).unwrap() != 0 {
        return; // nginx answers 500; workers of another user are root's to start.
    }
    let home = home("master_process on; worker_processes 1; user games;", PATH);
    let _running = home.start();
    let body = store(&home, "/a");
    let cache = home.path("cache");
    let mode = |mode| fs::set_permissions(&cache, fs::Permissions::from_mode(mode)).unwrap();
    mode(0);
    // What was read of late is not opened again.
    wait_until("the file to be opened", || ask(&home, "/a").0 != "HIT");
    let (status, other) = ask(&home, "/a");
    assert!(status != "HIT" && other != body && other.len() == body.len(), "{status}");
    assert!(ask(&home, "/b").1.len() == body.len());
    mode(0o700);
    let again = store(&home, "/a");
    fs::remove_dir_all(&cache).unwrap();
    let (status, next) = ask(&home, "/a");
    assert!(status != "HIT" && next != again, "{status}");
    // The parent is not the workers' to write to: until the directory is there again, nothing is kept.
    assert_ne!(ask(&home, "/a").0, "HIT");
    fs::create_dir(&cache).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    store(&home, "/a");
}

#[test]
fn temporary_files_may_be_on_another_file_system() {
    let shared = Path::new("/dev/shm");
    let device = |path: &Path| fs::metadata(path).map(|it| it.dev()).ok();
    if device(shared).is_none_or(|it| Some(it) == device(&std::env::temp_dir())) {
        return; // There is none here.
    }
    let home = home(MAIN, PATH);
    let temporary = shared.join(home.folder.file_name().unwrap());
    fs::create_dir_all(&temporary).unwrap();
    let line = format!("proxy_cache a; proxy_temp_path {};", temporary.display());
    change(&home, "proxy_cache a;", &line);
    let running = home.start();
    for path in ["/a", "/b", "/c"] {
        store(&home, path);
    }
    drop(running);
    assert_eq!((files(&temporary), files(&home.path("cache")).len()), (vec![], 4));
    fs::remove_dir_all(&temporary).unwrap();
}
