//! `addition`: what stands before and behind a body.

use super::media_types::MediaTypes;
use crate::settings;

settings! {
    /// The addition module.
    pub struct Addition / AdditionRaw {
        /// The uris of subrequests; empty: none.
        before: Box<[u8]> = Box::default(),
        after: Box<[u8]> = Box::default(),
        types: MediaTypes = MediaTypes::default(),
    }
}

impl Addition {
    pub fn is_any(&self) -> bool {
        !self.before.is_empty() || !self.after.is_empty()
    }
}
