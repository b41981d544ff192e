//! The format of the `.t` files: from text to blocks of sections. Nothing here runs anything.

pub mod eval;
pub mod sections;
pub mod trials;
pub mod value;

pub use value::{Pattern, Value};

use eval::Variables;
use sections::{INHERITED, is_section};
use std::collections::BTreeMap;
use std::fmt;

/// One file: its settings and its blocks.
#[derive(Debug)]
pub struct TestFile {
    pub settings: Settings,
    pub blocks: Vec<Block>,
}

/// What the preamble may set for all blocks of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub repeat_each: u32,
    pub master: bool,
    pub workers: u32,
    pub worker_connections: u32,
    pub log_level: String,
    pub root_location: bool,
}

/// One test: a server, what is asked of it, and what it must answer.
#[derive(Clone, Debug)]
pub struct Block {
    pub title: String,
    pub line: usize,
    sections: BTreeMap<String, Section>,
}

#[derive(Clone, Debug)]
struct Section {
    line: usize,
    value: Value,
}

/// A mistake in a file, at a line of it.
#[derive(Debug, PartialEq)]
pub struct Malformed {
    pub line: usize,
    pub message: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl Block {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.sections.get(name).map(|section| &section.value)
    }

    pub fn has(&self, name: &str) -> bool {
        self.sections.contains_key(name)
    }

    /// The line of a section, for messages.
    pub fn line_of(&self, name: &str) -> usize {
        self.sections.get(name).map_or(self.line, |section| section.line)
    }

    /// The section as trimmed text; empty if it is absent.
    pub fn word(&self, name: &str) -> String {
        self.get(name).map(|value| value.lossy().trim().to_owned()).unwrap_or_default()
    }

    /// The section as a number, if it is there.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, String> {
        if !self.has(name) {
            return Ok(None);
        }
        let word = self.word(name);
        match word.parse() {
            Ok(n) => Ok(Some(n)),
            Err(_) => Err(format!("line {}: {name}: bad number \"{word}\"", self.line_of(name))),
        }
    }

    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.sections.values().map(|section| &section.value)
    }

    /// Changes every text of every section.
    pub fn map(
        &mut self,
        change: &mut dyn FnMut(&str, bool) -> Result<String, String>,
    ) -> Result<(), String> {
        for section in self.sections.values_mut() {
            section.value =
                section.value.map(change).map_err(|e| format!("line {}: {e}", section.line))?;
        }
        Ok(())
    }
}

/// Parses a file. All mistakes are found here, but for those that depend on the run.
pub fn parse(text: &str) -> Result<TestFile, Malformed> {
    let lines: Vec<&str> = text.split('\n').map(|l| l.strip_suffix('\r').unwrap_or(l)).collect();
    let Some(data) = lines.iter().position(|&line| line == "__DATA__") else {
        return Err(Malformed { line: lines.len(), message: "no __DATA__".to_owned() });
    };
    let (settings, variables) = preamble(&lines[..data])?;
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<Header> = None;
    let mut content: Vec<&str> = Vec::new();
    for (n, &line) in lines.iter().enumerate().skip(data + 1) {
        let number = n + 1;
        let (title, section) = (line.strip_prefix("==="), line.strip_prefix("---"));
        if title.is_none() && section.is_none() {
            if blocks.is_empty() && !line.trim().is_empty() && !line.starts_with('#') {
                return Err(Malformed { line: number, message: "text before a block".to_owned() });
            }
            content.push(line);
            continue;
        }
        close(&mut blocks, open.take(), &content, &variables)?;
        content.clear();
        if let Some(title) = title {
            blocks.push(Block {
                title: title.trim().to_owned(),
                line: number,
                sections: BTreeMap::new(),
            });
        } else if let Some(rest) = section {
            if blocks.is_empty() {
                let message = "section outside of a block".to_owned();
                return Err(Malformed { line: number, message });
            }
            open = Some(header(rest, number)?);
        }
    }
    close(&mut blocks, open.take(), &content, &variables)?;
    inherit(&mut blocks);
    Ok(TestFile { settings, blocks })
}

struct Header {
    line: usize,
    name: String,
    filters: Vec<String>,
    inline: Option<String>,
}

/// `name [filters][: value]`, what follows the dashes.
fn header(rest: &str, line: usize) -> Result<Header, Malformed> {
    let fail = |message: String| Err(Malformed { line, message });
    let (words, inline) = match rest.split_once(':') {
        Some((words, inline)) => (words, Some(inline.trim().to_owned())),
        None => (rest, None),
    };
    let mut words = words.split_whitespace().map(str::to_owned);
    let Some(name) = words.next() else { return fail("section without a name".to_owned()) };
    if !is_section(&name) {
        return fail(format!("unknown section \"{name}\""));
    }
    let filters: Vec<String> = words.collect();
    if let Some(filter) = filters.iter().find(|f| !matches!(f.as_str(), "eval" | "chomp")) {
        return fail(format!("unknown filter \"{filter}\""));
    }
    Ok(Header { line, name, filters, inline })
}

/// Ends the section that was open: applies its filters and puts it into the last block.
fn close(
    blocks: &mut [Block],
    open: Option<Header>,
    content: &[&str],
    variables: &Variables,
) -> Result<(), Malformed> {
    let (Some(header), Some(block)) = (open, blocks.last_mut()) else { return Ok(()) };
    let Header { line, name, filters, inline } = header;
    let fail = |message: String| Err(Malformed { line, message });
    let mut value = match inline {
        Some(inline) if content.iter().all(|l| l.trim().is_empty()) => Value::text(inline),
        Some(_) => return fail(format!("\"{name}\" has a value on its line and below it")),
        None => Value::text(trim(content)),
    };
    for filter in &filters {
        value = match filter.as_str() {
            "eval" => match eval::eval(&value.lossy(), variables) {
                Ok(value) => value,
                Err(message) => return fail(format!("{name}: {message}")),
            },
            _ => {
                let mut bytes = value.bytes();
                if bytes.last() == Some(&b'\n') {
                    bytes.pop();
                }
                Value::Text(bytes)
            }
        };
    }
    // The line that separates the body of a request from what follows is not part of the body.
    if name == "request" && !filters.iter().any(|f| f == "eval") {
        let bytes = value.bytes();
        value = Value::text(bytes.strip_suffix(b"\n").unwrap_or(&bytes));
    }
    if block.sections.insert(name.clone(), Section { line, value }).is_some() {
        return fail(format!("section \"{name}\" is duplicate"));
    }
    Ok(())
}

/// Base's `trim`: no blank lines at either end, one newline at the end.
fn trim(content: &[&str]) -> String {
    let filled = |line: &&str| !line.trim().is_empty();
    let Some(first) = content.iter().position(filled) else { return String::new() };
    let last = content.iter().rposition(filled).unwrap_or(first);
    let mut text = String::new();
    for line in &content[first..=last] {
        // A line that would be taken for a marker is written with a backslash.
        let escaped = line.starts_with("\\---") || line.starts_with("\\===");
        text.push_str(if escaped { &line[1..] } else { line });
        text.push('\n');
    }
    text
}

/// A block without `config` keeps the server of the block before.
fn inherit(blocks: &mut [Block]) {
    for i in 1..blocks.len() {
        let (before, rest) = blocks.split_at_mut(i);
        let (before, block) = (&before[i - 1], &mut rest[0]);
        if block.has("config") {
            continue;
        }
        for &name in INHERITED {
            if let (false, Some(section)) = (block.has(name), before.sections.get(name)) {
                block.sections.insert(name.to_owned(), section.clone());
            }
        }
    }
}

/// Reads the few calls that matter, and the variables; all other Perl is passed over.
fn preamble(lines: &[&str]) -> Result<(Settings, Variables), Malformed> {
    let mut settings = Settings {
        repeat_each: 1,
        master: false,
        workers: 1,
        worker_connections: 256,
        log_level: "debug".to_owned(),
        root_location: true,
    };
    let mut variables = Variables::new();
    let mut n = 0;
    while n < lines.len() {
        let line = lines[n].trim();
        let number = n + 1;
        n += 1;
        if let Some(rest) = line.strip_prefix("our $").or_else(|| line.strip_prefix("my $")) {
            let mut text = rest.to_owned();
            let heredoc = rest.split_once("<<").map(|(_, tag)| {
                tag.trim_end_matches(';').trim().trim_matches(['\'', '"']).to_owned()
            });
            let (name, value) = if let Some(tag) = heredoc {
                let end = lines[n..].iter().position(|l| *l == tag).map(|i| n + i);
                let Some(end) = end else {
                    return Err(Malformed { line: number, message: format!("no end {tag}") });
                };
                let body: String = lines[n..end].iter().flat_map(|l| [*l, "\n"]).collect();
                n = end + 1;
                (text.split('=').next().unwrap_or("").to_owned(), Value::text(body))
            } else {
                while !text.trim_end().ends_with(';') && n < lines.len() {
                    text.push('\n');
                    text.push_str(lines[n]);
                    n += 1;
                }
                let Some((name, value)) = text.split_once('=') else { continue };
                match eval::eval(value, &variables) {
                    Ok(value) => (name.to_owned(), value),
                    Err(message) => return Err(Malformed { line: number, message }),
                }
            };
            variables.insert(name.trim().to_owned(), value);
            continue;
        }
        let Some((call, argument)) = line.split_once('(') else { continue };
        let argument = argument.split(')').next().unwrap_or("").trim().trim_matches(['\'', '"']);
        let fail = || Malformed { line: number, message: format!("bad argument of {call}") };
        let parsed = || argument.parse::<u32>().map_err(|_| fail());
        match call.trim() {
            "repeat_each" => settings.repeat_each = parsed()?.max(1),
            "workers" => settings.workers = parsed()?,
            "worker_connections" => settings.worker_connections = parsed()?,
            "master_on" | "master_process_enabled" => settings.master = true,
            "no_root_location" => settings.root_location = false,
            "log_level" => settings.log_level = argument.to_owned(),
            _ => {}
        }
    }
    Ok((settings, variables))
}
