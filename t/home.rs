//! A folder with a configuration and the program that runs there, for tests that look at it from outside.

#![allow(dead_code)]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A folder with a configuration, a port for it, and the program to run there.
pub struct Home {
    pub folder: PathBuf,
    pub port: u16,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Home {
    pub fn new(http: &str) -> Self {
        Self::with("", http)
    }

    pub fn with(main: &str, http: &str) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("peerage-home-{}-{number}", std::process::id()));
        for part in ["conf", "logs"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        let port = free_port();
        let daemon = if main.contains("daemon") { "" } else { "daemon off;" };
        let master = if main.contains("master_process") { "" } else { "master_process off;" };
        let text = format!(
            "{main} {daemon} {master} error_log logs/error.log notice;\n\
             pid logs/nginx.pid;\nevents {{ }}\nhttp {{\n{}\n}}\n",
            http.replace("PORT", &port.to_string())
        );
        fs::write(folder.join("conf/nginx.conf"), text).unwrap();
        Self { folder, port }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn command(&self, more: &[&str]) -> Command {
        self.command_of(&binary(), more)
    }

    pub fn command_of(&self, program: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(["-e", "logs/error.log", "-c", "conf/nginx.conf", "-p"]).arg(&self.folder);
        command.args(more);
        command
    }

    pub fn run(&self, more: &[&str]) -> Output {
        self.command(more).output().unwrap()
    }

    pub fn start(&self) -> Running {
        let child = self.command(&[]).stdout(Stdio::null()).spawn().unwrap();
        let running = Running { child };
        self.wait_for_pid();
        running
    }

    /// The pid file of a former run is there: until it has another number.
    pub fn start_over_stale_pid(&self) -> Running {
        let stale = self.pid();
        let child = self.command(&[]).stdout(Stdio::null()).spawn().unwrap();
        let running = Running { child };
        wait_until("the pid file", || self.pid_soon().is_some_and(|pid| pid != stale));
        running
    }

    pub fn wait_for_pid(&self) {
        wait_until("the pid file", || {
            fs::read_to_string(self.path("logs/nginx.pid")).is_ok_and(|text| text.ends_with('\n'))
        });
    }

    pub fn wait_for_end(&self) {
        wait_until("the pid file to go", || !self.path("logs/nginx.pid").exists());
    }

    pub fn pid(&self) -> i32 {
        fs::read_to_string(self.path("logs/nginx.pid")).unwrap().trim_end().parse().unwrap()
    }

    /// The number in the pid file, if there is one already.
    pub fn pid_soon(&self) -> Option<i32> {
        fs::read_to_string(self.path("logs/nginx.pid")).ok()?.trim_end().parse().ok()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("logs/error.log")).unwrap()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream
    }

    pub fn get(&self) -> String {
        self.exchange("/", "x").unwrap()
    }

    pub fn get_path(&self, path: &str) -> String {
        self.exchange(path, "x").unwrap()
    }

    pub fn get_of(&self, host: &str) -> String {
        self.exchange("/", host).unwrap()
    }

    /// The answer, if there is one already.
    pub fn get_soon(&self) -> Option<String> {
        self.exchange("/", "x").ok().filter(|answer| !answer.is_empty())
    }

    fn exchange(&self, path: &str, host: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    pub fn can_be_bound(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).is_err()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if std::thread::panicking() {
            if let Ok(pid) = fs::read_to_string(self.path("logs/nginx.pid")) {
                let _ = Command::new("kill").arg(pid.trim_end()).status();
            }
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The program in the foreground; it does not outlive its test.
pub struct Running {
    pub child: Child,
}

impl Running {
    pub fn id(&self) -> i32 {
        self.child.id() as i32
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    pub fn end_within(&mut self, seconds: u64) -> std::process::ExitStatus {
        let mut status = None;
        wait_up_to(Duration::from_secs(seconds), "the program to end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Told first: a master that is killed cannot take nginx's workers with it.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..200 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
pub fn wait_until(what: &str, done: impl FnMut() -> bool) {
    wait_up_to(Duration::from_secs(5), what, done);
}

#[track_caller]
pub fn wait_up_to(most: Duration, what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + most;
    while !done() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        sleep(Duration::from_millis(10));
    }
}

/// Another configuration; it counts from the next reload.
#[track_caller]
pub fn change(home: &Home, from: &str, to: &str) {
    let file = home.path("conf/nginx.conf");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{from}: {text}");
    fs::write(&file, text.replace(from, to)).unwrap();
}

pub fn kill(signal: &str, pid: i32) {
    let _ = Command::new("kill").args(["-s", signal, &pid.to_string()]).status();
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub fn run(args: &[&str]) -> Output {
    Command::new(binary()).args(args).output().unwrap()
}

pub fn binary() -> PathBuf {
    match std::env::var_os("PEERAGE_BINARY") {
        Some(path) => path.into(),
        None => Path::new(env!("CARGO_BIN_EXE_peerage")).to_owned(),
    }
}

pub fn other_binary() -> bool {
    std::env::var_os("PEERAGE_BINARY").is_some()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
