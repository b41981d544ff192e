//! Strings in commands: variables in them, and backslashes.

use crate::serve::eval;
use crate::serve::log::{self, Level};
use crate::worker::*;

use super::commands::Failed;
use super::shared;

/// Bytes that a string comes to, at most.
const LONGEST: usize = 64 << 10;

/// What `text` comes to, variables evaluated.
pub(super) fn expand(w: &mut Worker, id: RequestId, text: &[u8]) -> Result<Vec<u8>, Failed> {
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'$' => {
                let name;
                (name, rest) = split_name(w, id, text, behind)?;
                variable(w, id, &name.to_ascii_lowercase(), &mut out);
            }
            b'\\' => {
                // Nothing follows the last one, which is left out.
                if let Some((&byte, behind)) = rest.split_first() {
                    if !matches!(byte, b'\\' | b'\'' | b'"' | b'$') {
                        out.push(b'\\');
                    }
                    out.push(byte);
                    rest = behind;
                }
            }
            byte => out.push(byte),
        }
        if out.len() > LONGEST {
            let text = String::from_utf8_lossy(text);
            log::error(w, id, Level::Error, format_args!("too long value of \"{text}\""));
            return Err(Failed);
        }
    }
    Ok(out)
}

/// The name of a variable, and what stands behind it.
fn split_name<'a>(
    w: &Worker,
    id: RequestId,
    text: &[u8],
    behind: &'a [u8],
) -> Result<(&'a [u8], &'a [u8]), Failed> {
    let (behind, is_bracketed) = match behind {
        [b'{', behind @ ..] => (behind, true),
        _ => (behind, false),
    };
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let (name, mut rest) = behind.split_at(behind.iter().take_while(is_part).count());
    if is_bracketed && !behind.is_empty() {
        rest = rest.strip_prefix(b"}").ok_or_else(|| {
            let name = String::from_utf8_lossy(name);
            let text = format_args!("the closing bracket in \"{name}\" variable is missing");
            log::error(w, id, Level::Error, text);
            Failed
        })?;
    }
    if name.is_empty() {
        let text = String::from_utf8_lossy(text);
        log::error(w, id, Level::Error, format_args!("invalid variable name in \"{text}\""));
        return Err(Failed);
    }
    Ok((name, rest))
}

/// Appends the value of a variable of the commands, or of the configuration. False: there is none. `name` is in lower
/// case.
pub(super) fn variable(w: &mut Worker, id: RequestId, name: &[u8], out: &mut Vec<u8>) -> bool {
    if let Some(value) = shared(w, id).get(name) {
        out.extend_from_slice(value);
        return true;
    }
    eval::named(w, id, name, out)
}
