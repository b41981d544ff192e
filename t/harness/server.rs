//! The server under test: started in a directory of its own, watched, stopped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const START: Duration = Duration::from_secs(10);
const QUIT: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_millis(2);

pub struct Server {
    child: Child,
    directory: PathBuf,
    log_from: usize,
}

/// How a start went.
pub enum Start {
    Ready(Server),
    Died(ExitStatus),
}

/// The program to test: `$PEERAGE_BINARY`, or the one just built.
pub fn binary() -> PathBuf {
    std::env::var_os("PEERAGE_BINARY")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_peerage")), PathBuf::from)
}

/// The version of a real nginx, or `None` if the program is ours.
pub fn nginx_version() -> Option<[u32; 3]> {
    std::env::var_os("PEERAGE_BINARY")?;
    let output = Command::new(binary()).arg("-v").output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if text.contains("peerage") {
        return None;
    }
    version(text.split_once("nginx/")?.1)
}

/// The file of a module that nginx loads: where its build says that they are.
pub fn module_file(module: &str) -> PathBuf {
    let output = Command::new(binary()).arg("-V").output();
    let text = output.map(|it| String::from_utf8_lossy(&it.stderr).into_owned());
    let text = text.unwrap_or_default();
    let path = text.split_whitespace().find_map(|word| word.strip_prefix("--modules-path="));
    Path::new(path.unwrap_or("modules")).join(format!("{module}.so"))
}

/// Reads the `1.22.1` that `text` starts with.
pub fn version(text: &str) -> Option<[u32; 3]> {
    let mut numbers = text
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .next()?
        .split('.')
        .map(str::parse::<u32>);
    let mut next = || numbers.next()?.ok();
    Some([next()?, next()?, next()?])
}

/// Starts the program on `conf/nginx.conf` of the directory and waits until it serves.
pub fn start(directory: &Path) -> Result<Start, String> {
    let stderr = File::create(directory.join("stderr")).map_err(|e| e.to_string())?;
    let stdout = stderr.try_clone().map_err(|e| e.to_string())?;
    let child = Command::new(binary())
        .arg("-p")
        .arg(format!("{}/", directory.display()))
        // Until the configuration names a log, as it does in its first lines.
        .args(["-e", "logs/error.log"])
        .args(["-c", "conf/nginx.conf"])
        .current_dir(directory)
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .map_err(|e| format!("{}: {e}", binary().display()))?;
    let mut server = Server { child, directory: directory.to_owned(), log_from: 0 };
    let started = Instant::now();
    loop {
        if let Some(status) = server.exited()? {
            return Ok(Start::Died(status));
        }
        // Written once the listening sockets take connections.
        let pid = fs::read_to_string(directory.join("logs/nginx.pid")).unwrap_or_default();
        if pid.trim().parse::<u32>().is_ok() {
            return Ok(Start::Ready(server));
        }
        if started.elapsed() > START {
            return Err(format!("the server wrote no pid file within {START:?}"));
        }
        sleep(POLL);
    }
}

impl Server {
    /// What it logged since the last `mark`.
    pub fn log(&self) -> String {
        let bytes = error_log(&self.directory);
        String::from_utf8_lossy(bytes.get(self.log_from..).unwrap_or_default()).into_owned()
    }

    /// What is logged from here on is what `log` returns.
    pub fn mark(&mut self) {
        self.log_from = error_log(&self.directory).len();
    }

    /// The status of a server that has ended by itself.
    pub fn exited(&mut self) -> Result<Option<ExitStatus>, String> {
        self.child.try_wait().map_err(|e| e.to_string())
    }

    /// QUIT, then TERM, then KILL; says what was wrong with the way it went.
    pub fn stop(&mut self) -> Result<(), String> {
        if let Some(status) = self.exited()? {
            return Err(format!("the server was gone before it was stopped: {status}"));
        }
        // Asked more than once: nginx without a master sleeps through a signal that comes just
        // before it waits.
        let signals = std::iter::repeat_n("QUIT", (QUIT.as_millis() / AGAIN.as_millis()) as usize);
        for signal in signals.chain(["TERM", "KILL"]) {
            self.signal(signal);
            let patience = if signal == "QUIT" { AGAIN } else { QUIT };
            let Some(status) = self.wait(patience)? else { continue };
            return match (signal, status.success()) {
                ("QUIT", true) => Ok(()),
                ("QUIT", false) => Err(format!("the server did not exit cleanly: {status}")),
                _ => Err(format!("the server did not quit within {QUIT:?}, {signal} ended it")),
            };
        }
        Err("the server could not be stopped".to_owned())
    }

    fn wait(&mut self, patience: Duration) -> Result<Option<ExitStatus>, String> {
        let started = Instant::now();
        while started.elapsed() < patience {
            if let Some(status) = self.exited()? {
                return Ok(Some(status));
            }
            sleep(POLL);
        }
        Ok(None)
    }

    fn signal(&self, name: &str) {
        let _ = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .stderr(Stdio::null())
            .status();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.signal("TERM");
            if let Ok(None) = self.wait(Duration::from_secs(1)) {
                let _ = self.child.kill();
            }
            let _ = self.child.wait();
        }
    }
}

/// The error log, and what went to stderr because no log was open yet.
pub fn error_log(directory: &Path) -> Vec<u8> {
    let mut bytes = fs::read(directory.join("stderr")).unwrap_or_default();
    bytes.extend(fs::read(directory.join("logs/error.log")).unwrap_or_default());
    bytes
}
