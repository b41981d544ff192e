//! `ssi`: commands in bodies.

use super::media_types::MediaTypes;
use crate::settings;

settings! {
    /// The ssi module.
    pub struct Ssi / SsiRaw {
        is_on: bool = false,
        silent_errors: bool = false,
        types: MediaTypes = MediaTypes::default(),
        /// Bytes.
        value_length: usize = 255,
        last_modified: bool = false,
        /// Accepted: parts of files are read as others are.
        min_file_chunk: usize = 0,
    }
}
