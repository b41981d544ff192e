//! The cases of `messages.conf`.

const CASES: &str = include_str!("messages.conf");

/// A text and what is said of it.
pub struct Case<'a> {
    pub name: &'a str,
    pub kind: &'a str,
    /// Other programs are not asked.
    pub ours: bool,
    /// A whole configuration; `DIR` in it is a folder of the test's.
    pub text: String,
    pub expected: String,
}

/// `=== name (kind)`, the text, then `--- message` lines. The kind is the block that the text is in.
pub fn cases() -> Vec<Case<'static>> {
    let mut cases = vec![];
    for case in CASES.split("=== ").skip(1) {
        let (head, body) = case.split_once('\n').unwrap();
        let (name, kind) = head.trim_end_matches(')').rsplit_once(" (").unwrap();
        let (kind, ours) = match kind.strip_suffix(" ours") {
            Some(kind) => (kind, true),
            None => (kind, false),
        };
        let messages = body.lines().filter_map(|line| line.strip_prefix("--- "));
        let expected = messages.collect::<Vec<_>>().join("\n");
        let lines = body.lines().filter(|line| !line.starts_with("--- "));
        let text = around(kind, &lines.collect::<Vec<_>>().join("\n"));
        cases.push(Case { name, kind, ours, text, expected });
    }
    cases
}

fn around(kind: &str, text: &str) -> String {
    match kind {
        "raw" => format!("{text}\n"),
        "main" => format!("{text}\nevents {{}}\n"),
        "events" => format!("events {{\n{text}\n}}\n"),
        "http" => format!("events {{}} http {{\n{text}\n}}\n"),
        "server" => format!("events {{}} http {{ server {{\n{text}\n}}}}\n"),
        "location" => format!("events {{}} http {{ server {{ location / {{\n{text}\n}}}}}}\n"),
        "upstream" => format!("events {{}} http {{ upstream u {{\n{text}\n}}}}\n"),
        _ => panic!("no such kind: {kind}"),
    }
}
