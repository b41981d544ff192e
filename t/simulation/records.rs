//! FastCGI records as plainly as they can be read and written.

use peerage::base::rng::Rng;

use crate::wire::Head;

const BEGIN_REQUEST: u8 = 1;
const END_REQUEST: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
pub const STDOUT: u8 = 6;
const STDERR: u8 = 7;

/// The first byte of every record, and of no HTTP/1 request.
pub const VERSION: u8 = 1;
const HEADER: usize = 8;

struct Record<'a> {
    kind: u8,
    content: &'a [u8],
    /// Its length with header and padding.
    len: usize,
}

/// The record at the front of `input`; `None` while it is not whole.
fn record(input: &[u8]) -> Result<Option<Record<'_>>, String> {
    let [version, kind, id_high, id_low, high, low, padding, _, rest @ ..] = input else {
        return Ok(None);
    };
    if (*version, *id_high, *id_low) != (VERSION, 0, 1) {
        return Err(format!("not a record of request 1: {:?}", &input[..HEADER]));
    }
    let content = usize::from(u16::from_be_bytes([*high, *low]));
    let len = HEADER + content + usize::from(*padding);
    let is_whole = input.len() >= len;
    Ok(is_whole.then(|| Record { kind: *kind, content: &rest[..content], len }))
}

/// Takes BEGIN_REQUEST and PARAMS from the front of `input`; `None` while they are not whole.
///
/// The head is what HTTP/1 would have. Its field `connection` is `close` without `FCGI_KEEP_CONN`.
pub fn take_head(input: &mut Vec<u8>) -> Option<Result<Head, String>> {
    let (head, len) = match read_head(input) {
        Ok(found) => found?,
        Err(e) => return Some(Err(e)),
    };
    input.drain(..len);
    Some(Ok(head))
}

fn read_head(input: &[u8]) -> Result<Option<(Head, usize)>, String> {
    let Some(Record { kind, content, len: mut at }) = record(input)? else { return Ok(None) };
    let (BEGIN_REQUEST, &[0, 1, flags, 0, 0, 0, 0, 0]) = (kind, content) else {
        return Err(format!("not BEGIN_REQUEST for a responder: {kind} {content:?}"));
    };
    let mut params = Vec::new();
    loop {
        let Some(Record { kind, content, len }) = record(&input[at..])? else { return Ok(None) };
        if kind != PARAMS {
            return Err(format!("a record of type {kind} among PARAMS"));
        }
        at += len;
        if content.is_empty() {
            let pairs = pairs(&params, pair)?;
            return Ok(Some((head(pairs, flags == 1)?, at)));
        }
        params.extend(content);
    }
}

fn pairs(
    mut params: &[u8],
    next: fn(&mut &[u8]) -> Option<(String, String)>,
) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    while !params.is_empty() {
        pairs.push(next(&mut params).ok_or("a parameter is cut short")?);
    }
    Ok(pairs)
}

/// Takes the packet of uwsgi or SCGI from the front of `input`; `None` while it is not whole.
pub fn take_packet(input: &mut Vec<u8>) -> Option<Result<Head, String>> {
    let (start, len, end, next): (_, _, _, fn(&mut &[u8]) -> _) = match input[..] {
        [0, low, high, 0, ..] => (4, u16::from_le_bytes([low, high]).into(), "", short_pair),
        [b'0'..=b'9', ..] => {
            let colon = input.iter().position(|&byte| byte == b':')?;
            let len = String::from_utf8_lossy(&input[..colon]).parse().ok()?;
            (colon + 1, len, ",", text_pair)
        }
        [0, _, _, _, ..] => return Some(Err("not modifiers 0 and 0".into())),
        _ => return None,
    };
    let (params, rest) = input.get(start..)?.split_at_checked(len)?;
    if rest.len() < end.len() {
        return None;
    }
    let found = pairs(params, next).and_then(|pairs| head(pairs, false));
    let ends = rest.starts_with(end.as_bytes());
    input.drain(..start + len + end.len());
    Some(found.and_then(|head| if ends { Ok(head) } else { Err("no comma".into()) }))
}

fn short_pair(params: &mut &[u8]) -> Option<(String, String)> {
    let mut next = || {
        let (len, rest) = params.split_first_chunk::<2>()?;
        let (text, rest) = rest.split_at_checked(u16::from_le_bytes(*len).into())?;
        *params = rest;
        String::from_utf8(text.to_vec()).ok()
    };
    next().zip(next())
}

fn text_pair(params: &mut &[u8]) -> Option<(String, String)> {
    let mut next = || {
        let end = params.iter().position(|&byte| byte == 0)?;
        let text = String::from_utf8(params[..end].to_vec()).ok();
        *params = &params[end + 1..];
        text
    };
    next().zip(next())
}

fn head(pairs: Vec<(String, String)>, keeps: bool) -> Result<Head, String> {
    let mut head = Head { first: Default::default(), fields: Vec::new() };
    let mut length = String::new();
    for (name, value) in pairs {
        match name.as_str() {
            "REQUEST_METHOD" => head.first[0] = value,
            "REQUEST_URI" => head.first[1] = value,
            "SERVER_PROTOCOL" => head.first[2] = value,
            // SCGI has one of its own as well.
            "CONTENT_LENGTH" if value.is_empty() => {}
            "CONTENT_LENGTH" => length = value,
            "SCGI" => {}
            // That of the client's connection.
            "HTTP_CONNECTION" | "HTTP_TRANSFER_ENCODING" => {}
            _ => {
                let field =
                    name.strip_prefix("HTTP_").ok_or_else(|| format!("a parameter {name:?}"))?;
                head.fields.push((field.to_ascii_lowercase().replace('_', "-"), value));
            }
        }
    }
    if !length.is_empty() && head.get("x-body").unwrap_or("0") != length {
        return Err(format!("CONTENT_LENGTH {length:?} of {head:?}"));
    }
    head.fields
        .push(("content-length".into(), if length.is_empty() { "0".into() } else { length }));
    let keeps = if keeps { "keep-alive" } else { "close" };
    head.fields.push(("connection".into(), keeps.into()));
    Ok(head)
}

fn pair(params: &mut &[u8]) -> Option<(String, String)> {
    let lengths = [length(params)?, length(params)?];
    let [name, value] = lengths.map(|len| {
        let (text, rest) = params.split_at_checked(len)?;
        *params = rest;
        String::from_utf8(text.to_vec()).ok()
    });
    name.zip(value)
}

fn length(params: &mut &[u8]) -> Option<usize> {
    let (len, rest) = match **params {
        [short @ ..0x80, ref rest @ ..] => (short.into(), rest),
        [a, b, c, d, ref rest @ ..] => (u32::from_be_bytes([a & 0x7f, b, c, d]) as usize, rest),
        _ => return None,
    };
    *params = rest;
    Some(len)
}

/// Takes the content of a record of STDIN from the front of `input`; `None` while it is not whole.
pub fn take_stdin(input: &mut Vec<u8>) -> Result<Option<Vec<u8>>, String> {
    let Some(Record { kind, content, len }) = record(input)? else { return Ok(None) };
    if kind != STDIN {
        return Err(format!("a record of type {kind} in the place of STDIN"));
    }
    let content = content.to_vec();
    input.drain(..len);
    Ok(Some(content))
}

/// Appends a record with padding.
pub fn push(kind: u8, content: &[u8], padding: u8, out: &mut Vec<u8>) {
    let [high, low] = (content.len() as u16).to_be_bytes();
    out.extend([VERSION, kind, 0, 1, high, low, padding, 0]);
    out.extend(content);
    out.resize(out.len() + usize::from(padding), b'#');
}

/// Appends `content` as records of STDOUT of random sizes and paddings, with some of STDERR between.
pub fn push_stdout(mut content: &[u8], rng: &mut Rng, out: &mut Vec<u8>) {
    while !content.is_empty() {
        push_stderr(rng, out);
        let n = 1 + rng.below(content.len().min(0xffff) as u64) as usize;
        push(STDOUT, &content[..n], padding(rng), out);
        content = &content[n..];
    }
    push_stderr(rng, out);
}

/// Appends END_REQUEST, before which STDOUT may be closed.
pub fn push_end(rng: &mut Rng, out: &mut Vec<u8>) {
    if rng.one_in(2) {
        push(STDOUT, b"", padding(rng), out);
        push_stderr(rng, out);
    }
    // Four bytes are the exit code of the application.
    let code = rng.word().to_be_bytes();
    push(
        END_REQUEST,
        &[code[0], code[1], code[2], code[3], 0, code[4], code[5], code[6]],
        padding(rng),
        out,
    );
}

fn push_stderr(rng: &mut Rng, out: &mut Vec<u8>) {
    if rng.one_in(8) {
        let text = "a message of the application\n".repeat([0, 1, 100][rng.below(3) as usize]);
        push(STDERR, text.as_bytes(), padding(rng), out);
    }
}

fn padding(rng: &mut Rng) -> u8 {
    [0, 0, 1, 7, 255][rng.below(5) as usize]
}

/// Appends a record that no server may send behind a part of its response.
pub fn push_wrong(rng: &mut Rng, out: &mut Vec<u8>) {
    let at = out.len();
    push(STDOUT, b"wrong", 0, out);
    match rng.below(6) {
        0 => out[at] = 2,
        1 => out[at + 1] = STDIN,
        2 => out[at + 2] = 1,
        3 => out[at + 3] = 2,
        4 => out[at + 1] = END_REQUEST,
        _ => {
            out.truncate(at);
            // The server has too many connections.
            push(END_REQUEST, &[0, 0, 0, 0, 2, 0, 0, 0], 0, out);
        }
    }
}
