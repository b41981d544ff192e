//! The autoindex and random_index modules: what is sent for a directory.

use crate::settings;

settings! {
    /// What is sent for a directory without an index.
    pub struct Autoindex / AutoindexRaw {
        /// `autoindex`
        is_on: bool = false,
        format: ListFormat = ListFormat::Html,
        exact_size: bool = true,
        localtime: bool = false,
        /// `random_index`
        random: bool = false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListFormat {
    Html,
    Json,
    Jsonp,
    Xml,
}
