//! Responses as a client sees them: heads, bodies de-chunked, and how each ended.

/// One response, or what there was of it.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// `None` if there was no status line.
    pub status: Option<u16>,
    /// All heads as they came, those of 1xx responses first.
    pub raw_head: Vec<u8>,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The connection ended before the response did.
    pub truncated: bool,
    /// The server said, by version or by field, that it would close.
    pub close: bool,
    /// Fields behind the body; of HTTP/2 alone.
    pub trailers: Vec<(String, String)>,
    /// The code that its stream was reset with.
    pub stream_error: Option<String>,
}

impl Response {
    /// The values of a field, joined as one; `None` if it is absent.
    pub fn header(&self, name: &str) -> Option<String> {
        joined(&self.headers, name)
    }
}

/// The values of a field, joined as one; `None` if it is absent.
pub fn joined(fields: &[(String, String)], name: &str) -> Option<String> {
    let values: Vec<&str> = fields
        .iter()
        .filter(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
        .collect();
    if values.is_empty() { None } else { Some(values.join(", ")) }
}

/// The result of looking at the bytes that have come so far.
pub enum Parsed {
    /// The response and how many bytes it took.
    Whole(Response, usize),
    /// What there is of it.
    Partial(Response),
}

/// Reads one response from the start of `bytes`. `eof`: no more will come.
pub fn parse(bytes: &[u8], to_head: bool, eof: bool) -> Result<Parsed, String> {
    let mut response = Response::default();
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        let may_become_http = !eof && b"HTTP/".starts_with(rest);
        if !rest.starts_with(b"HTTP/") && !may_become_http {
            // HTTP/0.9: a body and no head.
            response.body = rest.to_vec();
            response.close = true;
            return Ok(if eof && !rest.is_empty() {
                Parsed::Whole(response, bytes.len())
            } else {
                response.truncated = true;
                Parsed::Partial(response)
            });
        }
        let Some(length) = head_length(rest) else {
            response.raw_head = bytes.to_vec();
            response.truncated = true;
            return Ok(Parsed::Partial(response));
        };
        read_head(&rest[..length], &mut response)?;
        at += length;
        let informational = matches!(response.status, Some(100 | 102..=199));
        if !informational {
            break;
        }
    }
    response.raw_head = bytes[..at].to_vec();
    body(response, bytes, at, to_head, eof)
}

fn head_length(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn read_head(head: &[u8], response: &mut Response) -> Result<(), String> {
    response.headers.clear();
    let text = String::from_utf8_lossy(head);
    let mut lines = text.trim_end_matches("\r\n").split("\r\n");
    let line = lines.next().unwrap_or("");
    let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
    response.status =
        Some(status.ok_or_else(|| format!("a status line without a status: \"{line}\""))?);
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            return Err(format!("a response header without a colon: \"{line}\""));
        };
        response.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let connection = response.header("Connection").unwrap_or_default().to_ascii_lowercase();
    let old = line.starts_with("HTTP/1.0");
    response.close = connection.contains("close") || (old && !connection.contains("keep-alive"));
    Ok(())
}

fn body(
    mut response: Response,
    bytes: &[u8],
    at: usize,
    to_head: bool,
    eof: bool,
) -> Result<Parsed, String> {
    let rest = &bytes[at..];
    let coding = response.header("Transfer-Encoding");
    if to_head || matches!(response.status, Some(204 | 304)) {
        return Ok(Parsed::Whole(response, at));
    }
    if response.status == Some(101) {
        response.close = true;
    } else if coding.is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        let (body, end) = dechunk(rest)?;
        response.body = body;
        return Ok(match end {
            Some(length) => Parsed::Whole(response, at + length),
            None => Parsed::Partial(Response { truncated: true, ..response }),
        });
    } else if let Some(length) = response.header("Content-Length") {
        let length: usize =
            length.parse().map_err(|_| format!("a bad Content-Length: \"{length}\""))?;
        response.body = rest[..length.min(rest.len())].to_vec();
        if rest.len() < length {
            response.truncated = true;
            return Ok(Parsed::Partial(response));
        }
        return Ok(Parsed::Whole(response, at + length));
    }
    response.body = rest.to_vec();
    response.close = true;
    Ok(if eof { Parsed::Whole(response, bytes.len()) } else { Parsed::Partial(response) })
}

/// The body, and the length of its coded form if it is all there.
fn dechunk(bytes: &[u8]) -> Result<(Vec<u8>, Option<usize>), String> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let Some(end) = bytes[at..].windows(2).position(|two| two == b"\r\n") else {
            return Ok((body, None));
        };
        let line = String::from_utf8_lossy(&bytes[at..at + end]).into_owned();
        let digits = line.split(';').next().unwrap_or("").trim();
        let size = usize::from_str_radix(digits, 16)
            .map_err(|_| format!("a bad chunk size: \"{line}\""))?;
        at += end + 2;
        if size == 0 {
            // Trailers, then an empty line.
            let tail = &bytes[at..];
            let end = if tail.starts_with(b"\r\n") { Some(2) } else { head_length(tail) };
            return Ok((body, end.map(|end| at + end)));
        }
        let chunk = &bytes[at..bytes.len().min(at.saturating_add(size))];
        body.extend(chunk);
        at = at.saturating_add(size);
        match bytes.get(at..at.saturating_add(2)) {
            Some(b"\r\n") => at += 2,
            Some(other) => return Err(format!("{other:?} where a chunk should end")),
            None => return Ok((body, None)),
        }
    }
}
