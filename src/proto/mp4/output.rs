//! Boxes that are written.

use super::boxes::{Name, put_u32};
use super::wrong::Wrong;

/// Begins a box, whose length is still to come.
pub fn header(name: &Name, out: &mut Vec<u8>) -> usize {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(name);
    at
}

/// The box that begins at `at` ends here.
pub fn end(at: usize, out: &mut [u8]) -> Result<(), Wrong> {
    let len = u32::try_from(out.len() - at).map_err(|_| Wrong::LargeHead)?;
    put_u32(out, at, len);
    Ok(())
}

/// As `end`, of a box within one for which it fails, too, if it does here.
pub fn end_inner(at: usize, out: &mut [u8]) {
    let _ = end(at, out);
}

/// A whole box.
pub fn of_bytes(name: &Name, bytes: &[u8], out: &mut Vec<u8>) {
    let at = header(name, out);
    out.extend_from_slice(bytes);
    end_inner(at, out);
}

pub fn number(value: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes());
}
