//! What a head tells that was refused or never came whole. Its answer comes from the server that it
//! names, and the log shows what was understood of it.

use memchr::memchr;

use crate::proto::{Head, Name, RequestHead, Span, Version};

use super::body::is_text;
use super::lines::{check_field, keeps, trimmed, without_end};
use super::request::{is_unique, replace_host};
use super::{host, target};
use crate::proto::Limits;

/// As much of a line as the log is to show.
const LONGEST: usize = 8192;

/// As much of a wrong line.
const SHOWN: usize = 1748;

/// Fills `head` with the lines up to the one that is wrong or has no end. Also says how many bytes of
/// `input` those lines are. A request line that could not be read is kept as it is, and nothing else.
pub fn read(input: &[u8], limits: &Limits, head: &mut Head) -> (RequestHead, usize) {
    head.clear();
    let start = input.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let lf = memchr(b'\n', &input[start..]).map(|lf| start + lf + 1);
    let line = without_end(&input[start..lf.unwrap_or(input.len())]);
    head.bytes.extend_from_slice(&line[..line.len().min(LONGEST)]);
    let whole = Span::new(0, head.bytes.len());
    let unread = RequestHead { line: whole, ..RequestHead::default() };
    let Some(end) = lf else { return (unread, 0) };
    let mut request = match target::parse_line(line) {
        Ok(request) if line.len() <= LONGEST && end - start <= limits.line => request,
        _ => unread,
    };
    let mut at = end;
    if !request.method_span.is_empty() && request.version != Version::V09 {
        at = fields(input, end, limits, head, &mut request);
        replace_host(head, &request);
    }
    (request, at - start)
}

/// The field lines from `at` on; where the first of them begins that is not taken.
fn fields(
    input: &[u8],
    mut at: usize,
    limits: &Limits,
    head: &mut Head,
    request: &mut RequestHead,
) -> usize {
    while let Some(end) = memchr(b'\n', &input[at..]).map(|lf| at + lf + 1) {
        let line = without_end(&input[at..end]);
        if line.is_empty() || end - at > limits.field || end > limits.total {
            break;
        }
        let Ok(colon) = check_field(line) else { break };
        let Ok(kept) = keeps(&line[..colon], limits) else { break };
        at = end;
        if !kept {
            continue;
        }
        let id = Name::of(&line[..colon]);
        if is_unique(id) && head.get(id).is_some() || head.fields.len() >= limits.fields {
            break;
        }
        let base = head.bytes.len();
        head.bytes.extend_from_slice(line);
        let value = trimmed(line, colon + 1).shifted(base);
        head.push(Span::new(base, base + colon), value);
        if id == Name::Host && host(value, head, request).is_none() {
            break;
        }
    }
    at
}

/// A line that is not a proper field, up to what is wrong with it, as nginx's log has it.
pub fn wrong_line(input: &[u8], at: usize) -> String {
    let start = input.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count() + at;
    let line = input.get(start..).unwrap_or_default();
    let line = without_end(&line[..memchr(b'\n', line).map_or(line.len(), |lf| lf + 1)]);
    let colon = memchr(b':', line).unwrap_or(line.len());
    let name = line[..colon].iter().position(|&b| b <= b' ' || b == 0x7f);
    let wrong = match name {
        _ if colon == 0 => Some(0),
        Some(at) => Some(at),
        None => line[colon..].iter().position(|&b| !is_text(b)).map(|at| colon + at),
    };
    let shown = wrong.unwrap_or(line.len()).min(SHOWN);
    let text = String::from_utf8_lossy(&line[..shown]);
    match wrong.filter(|&at| at == shown).and_then(|at| line.get(at)) {
        Some(byte) => format!("\"{text}\\x{byte:02x}...\""),
        None => format!("\"{text}...\""),
    }
}

fn host(at: Span, head: &Head, request: &mut RequestHead) -> Option<()> {
    let (name, port) = host::split(at.of(&head.bytes))?;
    if request.host.is_empty() {
        request.host = Span::new(at.start() + name.start, at.start() + name.end);
        request.port = Span::new(at.start() + port.start, at.start() + port.end);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(input: &str) -> (String, String, Vec<String>, usize) {
        let mut head = Head::default();
        let (request, n) = read(input.as_bytes(), &Limits::default(), &mut head);
        let text = |span: Span| String::from_utf8_lossy(span.of(&head.bytes)).into_owned();
        let fields = head.fields.iter().map(|it| text(it.name) + "=" + &text(it.value)).collect();
        (text(request.line), text(request.host), fields, n)
    }

    #[test]
    fn a_line_without_an_end_is_all_there_is() {
        assert_eq!(known("\r\nGET / HT"), ("GET / HT".into(), "".into(), vec![], 0));
        assert_eq!(known(""), ("".into(), "".into(), vec![], 0));
        assert_eq!(known("get /\r\nHost: a\r\n"), ("get /".into(), "".into(), vec![], 7));
    }

    #[test]
    fn fields_are_known_up_to_the_wrong_one() {
        let (line, host, fields, n) =
            known("GET / HTTP/1.1\r\nHost: a:1\r\nX: y\r\nb ad: z\r\nLost: 1\r\n\r\n");
        assert_eq!((line.as_str(), host.as_str(), n), ("GET / HTTP/1.1", "a", 33));
        assert_eq!(fields, ["Host=a:1", "X=y"]);
    }

    #[test]
    fn the_first_host_is_the_one() {
        let (_, host, fields, _) = known("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
        assert_eq!((host.as_str(), fields), ("a", vec!["Host=a".to_string()]));
        let (_, host, fields, _) = known("GET / HTTP/1.1\r\nHost: a b\r\nX: 1\r\n\r\n");
        assert_eq!((host.as_str(), fields), ("", vec!["Host=a b".to_string()]));
        let (_, host, fields, _) = known("GET http://t:1/ HTTP/1.1\r\nHost: b\r\n");
        assert_eq!((host.as_str(), fields), ("t", vec!["Host=t:1".to_string()]));
    }

    #[test]
    fn a_wrong_line_is_shown_up_to_the_mistake() {
        let show = |line: &str| wrong_line(format!("\r\nGET /\r\n{line}\r\n\r\n").as_bytes(), 7);
        assert_eq!(show(" a: b"), r#""\x20...""#);
        assert_eq!(show("a b: c"), r#""a\x20...""#);
        assert_eq!(show(": b"), r#""\x3a...""#);
        assert_eq!(show("a: b\0c"), r#""a: b\x00...""#);
        assert_eq!(show("a"), r#""a...""#);
        assert_eq!(show(&"a".repeat(3000)).len(), SHOWN + 5);
        assert_eq!(wrong_line(b"", 9), r#""...""#);
    }

    #[test]
    fn every_beginning_is_read() {
        let whole = "\r\nGET http://t/ HTTP/1.1\r\nHost: a\r\nX_Y: 1\r\nContent-Length: z\r\n\r\n";
        for end in 0..=whole.len() {
            known(&whole[..end]);
        }
    }
}
