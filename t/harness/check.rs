//! What a block expects against what there was. Each function adds a message per difference.

use crate::format::{Block, Pattern, Value};
use crate::response::{Response, joined};
use fancy_regex::Regex;
use flate2::read::MultiGzDecoder;
use std::io::Read;

/// Checks every response against the sections about responses.
pub fn responses(block: &Block, responses: &[Response], failures: &mut Vec<String>) {
    let several = responses.len() > 1;
    for (i, response) in responses.iter().enumerate() {
        let mut found = Vec::new();
        match filtered(block, response) {
            Ok(response) => one_response(block, i, &response, &mut found),
            Err(failure) => found.push(failure),
        }
        for failure in found {
            failures.push(if several { format!("response {}: {failure}", i + 1) } else { failure });
        }
    }
}

/// With the body as `response_body_filters` make it: `gunzip`, `unbrotli`.
fn filtered(block: &Block, response: &Response) -> Result<Response, String> {
    let mut response = response.clone();
    for filter in block.word("response_body_filters").split_whitespace() {
        let mut body = Vec::new();
        let end = match filter {
            "gunzip" => MultiGzDecoder::new(&*response.body).read_to_end(&mut body).map(drop),
            "unbrotli" => brotli::BrotliDecompress(&mut &*response.body, &mut body),
            _ => return Err(format!("response_body_filters: there is no \"{filter}\"")),
        };
        if let Some(e) = end.err().filter(|_| !response.truncated) {
            let (len, came) = (response.body.len(), body.len());
            return Err(format!("{filter}: {e} after {came} bytes of the {len}"));
        }
        response.body = body;
    }
    Ok(response)
}

fn one_response(block: &Block, i: usize, response: &Response, failures: &mut Vec<String>) {
    let expected = |name: &str| indexed(block.get(name)?, i);
    let body = || String::from_utf8_lossy(&response.body).into_owned();
    status(block, i, response, failures);
    let error = expected("stream_error").map(|value| value.lossy().trim().to_owned());
    let error = error.unwrap_or_default();
    let found = response.stream_error.as_deref().unwrap_or_default();
    if error != found {
        failures.push(format!("stream_error: expected \"{error}\", found \"{found}\""));
    }
    if !found.is_empty() {
        // What came before it is checked below.
    } else if block.has("truncated") {
        if !response.truncated {
            failures.push("the response is whole, not truncated".to_owned());
        }
    } else if response.truncated && response.status.is_some() && !block.has("abort") {
        failures.push(format!("the response is truncated, after {} bytes", response.body.len()));
    }
    if let Some(value) = expected("response_body") {
        if let Value::Pattern(pattern) = value {
            like("response_body", &body(), pattern, true, failures);
        } else if value.bytes() != response.body {
            failures.push(difference("response_body", &value.bytes(), &response.body));
        }
    }
    if let Some(size) = expected("response_body_size") {
        let found = response.body.len();
        if size.lossy().trim() != found.to_string() {
            failures.push(format!(
                "response_body_size: expected {}, found {found}",
                size.lossy().trim()
            ));
        }
    }
    let head = String::from_utf8_lossy(&response.raw_head).into_owned();
    for (name, wanted, text) in [
        ("response_body_like", true, body()),
        ("response_body_unlike", false, body()),
        ("raw_response_headers_like", true, head.clone()),
        ("raw_response_headers_unlike", false, head),
    ] {
        if let Some(value) = expected(name) {
            like(name, &text, &pattern_of(value), wanted, failures);
        }
    }
    for (name, fields) in [
        ("response_headers", &response.headers),
        ("response_headers_like", &response.headers),
        ("response_trailers", &response.trailers),
    ] {
        if let Some(value) = expected(name) {
            headers(name, &value.lossy(), fields, failures);
        }
    }
}

fn status(block: &Block, i: usize, response: &Response, failures: &mut Vec<String>) {
    let found = response.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    if let Some(value) = block.get("error_code_like").and_then(|value| indexed(value, i)) {
        like("error_code_like", &found, &pattern_of(value), true, failures);
        return;
    }
    let expected = match block.get("error_code") {
        Some(value) => indexed(value, i).map(|v| v.lossy().trim().to_owned()).unwrap_or_default(),
        None if block.has("abort") && response.truncated => return,
        None => "200".to_owned(),
    };
    let expected = if expected.is_empty() { "none".to_owned() } else { expected };
    if expected != found {
        let body = String::from_utf8_lossy(&response.body);
        let body: String = body.chars().take(200).collect();
        failures.push(format!("error_code: expected {expected}, found {found}; body {body:?}"));
    }
}

/// `Name: value` is to be equal (or to match), `! Name` to be absent.
fn headers(section: &str, expected: &str, fields: &[(String, String)], failures: &mut Vec<String>) {
    for line in expected.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix('!') {
            let name = name.trim();
            if let Some(value) = joined(fields, name) {
                failures.push(format!("{section}: {name} is there: \"{value}\""));
            }
            continue;
        }
        let Some((name, value)) = line.split_once(':') else {
            failures.push(format!("{section}: no colon in \"{line}\""));
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        let found = joined(fields, name);
        if section == "response_headers_like" {
            let pattern = Pattern::new(format!("^{value}$"), "");
            let found = found.unwrap_or_default();
            like(&format!("{section}: {name}"), &found, &pattern, true, failures);
        } else if found.as_deref().unwrap_or("") != value {
            let found = found.map_or_else(|| "nothing".to_owned(), |found| format!("\"{found}\""));
            failures.push(format!("{section}: {name}: expected \"{value}\", found {found}"));
        }
    }
}

/// The patterns of a log section, each with the text to show for it.
pub fn log_patterns(block: &Block, section: &str) -> Result<Vec<(String, Regex)>, String> {
    let Some(value) = block.get(section) else { return Ok(Vec::new()) };
    let mut patterns = Vec::new();
    for item in value.items() {
        if let Value::Pattern(pattern) = item {
            patterns.push((format!("/{}/", pattern.source), pattern.compile()?));
            continue;
        }
        for line in item.lossy().lines().filter(|line| !line.trim().is_empty()) {
            let pattern = Pattern::new(regex::escape(line), "");
            patterns.push((format!("\"{line}\""), pattern.compile()?));
        }
    }
    Ok(patterns)
}

/// The expectations about a log that `log` does not meet: patterns in no line of it.
pub fn absent(section: &str, patterns: &[(String, Regex)], log: &str) -> Vec<String> {
    patterns
        .iter()
        .filter(|(_, regex)| !log.lines().any(|line| matches(regex, line)))
        .map(|(text, _)| format!("{section}: {text} is in no line"))
        .collect()
}

/// The lines of a log that are not to be there.
pub fn present(section: &str, patterns: &[(String, Regex)], log: &str) -> Vec<String> {
    patterns
        .iter()
        .filter_map(|(text, regex)| {
            let line = log.lines().find(|line| matches(regex, line))?;
            Some(format!("{section}: {text} is in: {line}"))
        })
        .collect()
}

/// `grep_error_log`: the difference between what it finds and `grep_error_log_out`.
pub fn grep(block: &Block, round: usize, log: &str) -> Result<Option<String>, String> {
    let patterns = log_patterns(block, "grep_error_log")?;
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut found = String::new();
    for line in log.lines() {
        let first = patterns.iter().find_map(|(_, regex)| regex.find(line).ok().flatten());
        if let Some(found_here) = first {
            found.push_str(found_here.as_str());
            found.push('\n');
        }
    }
    let expected = match block.get("grep_error_log_out") {
        Some(Value::List(items)) => items.get(round).or_else(|| items.last()).cloned(),
        other => other.cloned(),
    };
    let expected = expected.unwrap_or_else(|| Value::text(""));
    if let Value::Pattern(pattern) = &expected {
        let met = matches(&pattern.compile()?, &found);
        return Ok((!met).then(|| format!("grep_error_log_out: {found:?} is not like it")));
    }
    if expected.lossy().trim_end() == found.trim_end() {
        return Ok(None);
    }
    Ok(Some(difference("grep_error_log_out", &expected.bytes(), found.as_bytes())))
}

/// Lines that no block should leave behind, unless it expects them.
pub fn alarms(log: &str, expected: &[(String, Regex)]) -> Vec<String> {
    log.lines()
        .filter(|line| ["[alert]", "[emerg]", "panicked"].iter().any(|word| line.contains(word)))
        .filter(|line| !expected.iter().any(|(_, regex)| matches(regex, line)))
        .map(|line| format!("in the error log: {line}"))
        .collect()
}

/// Two texts, one above the other, line by line with what cannot be seen escaped.
pub fn difference(section: &str, expected: &[u8], found: &[u8]) -> String {
    let show = |bytes: &[u8]| -> String {
        let text = String::from_utf8_lossy(bytes);
        let short: String = text.chars().take(1500).collect();
        let lines = short.split_inclusive('\n').map(|line| format!("    | {line:?}\n"));
        let more = if short.len() < text.len() { "    | …\n" } else { "" };
        lines.collect::<String>() + more
    };
    format!(
        "{section}: expected ({} bytes)\n{}  found ({} bytes)\n{}",
        expected.len(),
        show(expected),
        found.len(),
        show(found).trim_end()
    )
}

fn like(section: &str, text: &str, pattern: &Pattern, wanted: bool, failures: &mut Vec<String>) {
    match pattern.compile() {
        Err(e) => failures.push(format!("{section}: {e}")),
        Ok(regex) if matches(&regex, text) == wanted => {}
        Ok(_) => {
            let verb = if wanted { "does not match" } else { "matches" };
            let text: String = text.chars().take(1500).collect();
            failures.push(format!("{section}: {text:?} {verb} /{}/", pattern.source));
        }
    }
}

fn matches(regex: &Regex, text: &str) -> bool {
    regex.is_match(text).unwrap_or(false)
}

/// A plain text where a pattern is expected is one in which a dot matches anything.
fn pattern_of(value: &Value) -> Pattern {
    match value {
        Value::Pattern(pattern) => pattern.clone(),
        other => Pattern::new(other.lossy().trim_end_matches('\n'), "s"),
    }
}

/// The item of a list for the response `i`; what is no list is for all of them.
fn indexed(value: &Value, i: usize) -> Option<&Value> {
    match value {
        Value::List(items) => items.get(i),
        other => Some(other),
    }
}
