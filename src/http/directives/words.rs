//! Lines that several modules have: a set of choices, media types, sizes, a number that is not used.

use std::ops::RangeInclusive;

use crate::conf::directive::{Line, choice, number, text};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::media_types::MediaTypes;

/// Every word of the line is one of the choices. `add` returns false for one that was given before: a warning.
pub(super) fn any_of<T: Copy>(
    builder: &mut Builder,
    line: &Line<'_>,
    choices: &[(&str, T)],
    mut add: impl FnMut(T) -> bool,
) -> Result<(), Wrong> {
    for word in line.args() {
        if !add(choice(word, choices)?) {
            builder.warn(&format!("duplicate value \"{}\"", text(word)), line.at);
        }
    }
    Ok(())
}

/// Adds the words of the line to those of former lines in the block; what follows a `*` does not matter.
pub(super) fn media_types(slot: &mut Option<MediaTypes>, builder: &mut Builder, line: &Line<'_>) {
    let types = slot.get_or_insert_default();
    for word in line.args() {
        let MediaTypes::Of(names) = types else { return };
        if &**word == b"*" {
            *types = MediaTypes::Any;
        } else if names.contains(word) {
            let word = word.to_ascii_lowercase();
            builder.warn(&format!("duplicate MIME type \"{}\"", text(&word)), line.at);
        } else {
            names.insert(word);
        }
    }
}

/// `user:rw group:r all:r`: the mode of files; the user may read and write unless something else is said.
pub(super) fn access(line: &Line<'_>) -> Result<u32, Wrong> {
    let (mut access, mut user) = (0, 0o600);
    for word in line.args() {
        let invalid = || format!("invalid value \"{}\"", text(word));
        let colon = word.iter().position(|&byte| byte == b':').ok_or_else(invalid)?;
        let shift = match &word[..colon] {
            b"user" => 6,
            b"group" => 3,
            b"all" => 0,
            _ => return Err(invalid().into()),
        };
        let right = match &word[colon + 1..] {
            b"rw" => 6,
            b"r" => 4,
            _ => return Err(invalid().into()),
        };
        if shift == 6 {
            user = 0;
        }
        access |= right << shift;
    }
    Ok(access | user)
}

/// A number that has a meaning in nginx and none here: the size of a hash.
pub(super) fn check_number(
    l: &mut LocationRaw,
    _: &mut Builder,
    line: &Line<'_>,
) -> Result<(), Wrong> {
    l.once(line)?;
    number(&line.words[1]).map(drop)
}

/// A size, in bytes, that is a power of two and one of `sizes`; `what` says so.
pub(super) fn power_of_two(
    line: &Line<'_>,
    sizes: RangeInclusive<usize>,
    what: &str,
) -> Result<usize, Wrong> {
    let size = value::size(&line.words[1]).ok_or_else(Wrong::invalid_value)?;
    match size.is_power_of_two() && sizes.contains(&size) {
        true => Ok(size),
        false => Err(Wrong::directive(what)),
    }
}
