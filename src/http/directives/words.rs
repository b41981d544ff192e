//! Lines of several words: a set of choices, media types.

use crate::conf::directive::{Line, choice, text};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
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
