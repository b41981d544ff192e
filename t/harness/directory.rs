//! The directory that a block runs in: `conf`, `html`, `logs`, `temp`.

use crate::format::{Block, Value};
use crate::sample::Film;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

/// Makes a directory that nothing else uses. Its path is short, for the sake of unix sockets.
pub fn create(name: &str) -> Result<PathBuf, String> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let process = std::process::id();
    let path =
        std::env::temp_dir().join(format!("peerage-t-{process}")).join(format!("{name}-{n}"));
    for folder in ["conf", "html", "logs", "temp"] {
        fs::create_dir_all(path.join(folder)).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(path)
}

/// Removes it, and the directory of the run with the last of them.
pub fn remove(path: &Path) {
    let _ = fs::remove_dir_all(path);
    if let Some(parent) = path.parent() {
        let _ = fs::remove_dir(parent);
    }
}

/// Writes the files of `user_files`, and an index page.
pub fn populate(block: &Block, root: &Path) -> Result<(), String> {
    let index = root.join("html/index.html");
    fs::write(&index, "<html><head><title>It works!</title></head><body>It works!</body></html>\n")
        .map_err(|e| e.to_string())?;
    for (name, content, date) in user_files(block)? {
        let path = root.join("html").join(&name);
        if Path::new(&name).is_absolute() || escapes(&path, root) {
            return Err(format!("user_files: {name} is outside of the directory"));
        }
        let fail = |e: std::io::Error| format!("user_files: {name}: {e}");
        if name.ends_with('/') {
            fs::create_dir_all(&path).map_err(fail)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(fail)?;
        }
        fs::write(&path, content).map_err(fail)?;
        if let Some(date) = date {
            let file = File::options().write(true).open(&path).map_err(fail)?;
            file.set_modified(date).map_err(fail)?;
        }
    }
    for line in block.word("user_videos").lines() {
        video(&root.join("html"), line).map_err(|e| format!("user_videos: {line}: {e}"))?;
    }
    for line in block.word("user_links").lines() {
        let names = line.split_once(' ').ok_or_else(|| format!("user_links: bad \"{line}\""))?;
        let path = root.join("html").join(names.0);
        if escapes(&path, root) {
            return Err(format!("user_links: {} is outside of the directory", names.0));
        }
        symlink(names.1, &path).map_err(|e| format!("user_links: {line}: {e}"))?;
    }
    Ok(())
}

/// `name`, and words that say what the file is like.
fn video(folder: &Path, line: &str) -> Result<(), String> {
    let mut words = line.split_whitespace();
    let name = words.next().ok_or("no name")?;
    let mut film = Film::usual();
    let mut missing = Vec::new();
    for word in words {
        match word {
            "back" => film.is_back = true,
            "long" => film.is_long = true,
            "uniform" => film.tracks[1].is_uniform = true,
            word => missing.push(word.strip_prefix("no-").ok_or("an unknown word")?),
        }
    }
    let mut bytes = film.bytes();
    for name in missing {
        let at = bytes.windows(4).position(|it| it == name.as_bytes()).ok_or("no such box")?;
        bytes[at..at + 4].copy_from_slice(b"free");
    }
    let path = folder.join(name);
    fs::write(&path, bytes).map_err(|e| e.to_string())?;
    let file = File::options().write(true).open(&path).map_err(|e| e.to_string())?;
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(946_684_800);
    file.set_modified(date).map_err(|e| e.to_string())
}

/// The permissions of a file or a folder, in octal digits.
pub fn mode(path: &Path) -> String {
    let mode = fs::metadata(path).map(|it| it.permissions().mode() & 0o7777);
    mode.map_or_else(|e| e.to_string(), |mode| format!("{mode:o}"))
}

/// How many files there are in a folder and those in it.
pub fn count(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let count_one = |path: PathBuf| if path.is_dir() { count(&path) } else { 1 };
    entries.filter_map(|entry| Some(count_one(entry.ok()?.path()))).sum()
}

type UserFile = (String, Vec<u8>, Option<SystemTime>);

/// `>>> name [date]` and content, or a list of `[name, content, date]`.
fn user_files(block: &Block) -> Result<Vec<UserFile>, String> {
    let Some(value) = block.get("user_files") else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    if let Value::List(items) = value {
        for item in items {
            let parts = item.items();
            let name = parts.first().map(|name| name.lossy()).unwrap_or_default();
            let content = parts.get(1).map(|content| content.bytes()).unwrap_or_default();
            let date = parts.get(2).map(|date| parse_date(&date.lossy())).transpose()?;
            files.push((name, content, date));
        }
        return Ok(files);
    }
    let text = value.lossy();
    for line in text.split_inclusive('\n') {
        if let Some(head) = line.strip_prefix(">>>") {
            let mut words = head.split_whitespace();
            let Some(name) = words.next() else {
                return Err("user_files: a file without a name".to_owned());
            };
            let date = words.next().map(parse_date).transpose()?;
            files.push((name.to_owned(), Vec::new(), date));
        } else if let Some((_, content, _)) = files.last_mut() {
            content.extend(line.bytes());
        } else {
            return Err("user_files: text before the first >>>".to_owned());
        }
    }
    Ok(files)
}

/// `CCYYMMDDhhmm.ss`, as touch(1) takes it, in UTC.
fn parse_date(text: &str) -> Result<SystemTime, String> {
    let bad = || format!("user_files: bad date \"{text}\"");
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let part = |from: usize, length: usize| -> Result<u64, String> {
        digits.get(from..from + length).ok_or_else(bad)?.parse().map_err(|_| bad())
    };
    let (year, month, day) = (part(0, 4)?, part(4, 2)?, part(6, 2)?);
    let (hour, minute) = (part(8, 2)?, part(10, 2)?);
    let second = if digits.len() > 12 { part(12, 2)? } else { 0 };
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return Err(bad());
    }
    // Days since the epoch, with March as the first month so that a leap day is the last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    Ok(SystemTime::UNIX_EPOCH
        + Duration::from_secs(((days * 24 + hour) * 60 + minute) * 60 + second))
}

fn escapes(path: &Path, root: &Path) -> bool {
    let mut depth = 0_i32;
    let Ok(inner) = path.strip_prefix(root) else { return true };
    inner.components().any(|part| {
        depth += if part == Component::ParentDir { -1 } else { 1 };
        depth < 0
    })
}
