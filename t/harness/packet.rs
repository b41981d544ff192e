//! What a scripted server of uwsgi or SCGI is asked, which is a packet of parameters and a body.

use crate::fastcgi::Protocol;

/// The parameters of a request.
#[derive(Default)]
pub struct Packet {
    /// What stands behind `connection N`.
    pub note: String,
    pub params: Vec<(Vec<u8>, Vec<u8>)>,
    /// By `CONTENT_LENGTH`.
    pub body_len: usize,
}

/// Takes a whole packet from the front of `inbox`. Error: it is none.
pub fn take(protocol: Protocol, inbox: &mut Vec<u8>) -> Result<Option<Packet>, String> {
    let taken = match protocol {
        Protocol::Scgi => scgi(inbox)?,
        _ => uwsgi(inbox)?,
    };
    let Some((mut packet, n)) = taken else { return Ok(None) };
    // Of a request whose parameters do not say it, the field does.
    let names: [&[u8]; 2] = [b"CONTENT_LENGTH", b"HTTP_CONTENT_LENGTH"];
    let length = packet.params.iter().find(|(name, _)| names.contains(&&name[..]));
    let length = length.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
    packet.body_len = length.and_then(|it| it.parse().ok()).unwrap_or(0);
    inbox.drain(..n);
    Ok(Some(packet))
}

fn uwsgi(inbox: &[u8]) -> Result<Option<(Packet, usize)>, String> {
    let [modifier1, low, high, modifier2, rest @ ..] = inbox else { return Ok(None) };
    let size = usize::from(u16::from_le_bytes([*low, *high]));
    let Some(mut rest) = rest.get(..size) else { return Ok(None) };
    let mut packet = Packet::default();
    if (*modifier1, *modifier2) != (0, 0) {
        packet.note = format!(" modifiers {modifier1} {modifier2}");
    }
    while !rest.is_empty() {
        let (name, behind) = string(rest).ok_or("bad parameters\n")?;
        let (value, behind) = string(behind).ok_or("bad parameters\n")?;
        packet.params.push((name.to_vec(), value.to_vec()));
        rest = behind;
    }
    Ok(Some((packet, 4 + size)))
}

/// Bytes behind their length, and the rest.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u16::from_le_bytes(*length).into())
}

fn scgi(inbox: &[u8]) -> Result<Option<(Packet, usize)>, String> {
    let Some(colon) = inbox.iter().position(|&byte| byte == b':') else { return Ok(None) };
    let digits = String::from_utf8_lossy(&inbox[..colon]);
    let size: usize = digits.parse().map_err(|_| "bad length\n")?;
    let Some(content) = inbox.get(colon + 1..colon + 2 + size) else { return Ok(None) };
    let content = content.strip_suffix(b"\0,").ok_or("bad netstring\n")?;
    let texts: Vec<&[u8]> = content.split(|&byte| byte == 0).collect();
    let mut packet = Packet::default();
    for pair in texts.chunks(2) {
        let [name, value] = pair else { return Err("bad parameters\n".to_owned()) };
        packet.params.push((name.to_vec(), value.to_vec()));
    }
    Ok(Some((packet, colon + 2 + size)))
}
