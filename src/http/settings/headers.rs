//! `add_header`: fields added to responses.

use crate::http::vars::Template;
use crate::settings;

settings! {
    /// The headers module.
    pub struct Headers / HeadersRaw {
        /// A block with any of its own does not see the ones around it.
        add: Vec<AddHeader> = vec![],
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddHeader {
    pub name: Box<[u8]>,
    /// Nothing is added when it comes to an empty string.
    pub value: Template,
    /// Whatever the status; else only with 200, 201, 204, 206, 301, 302, 303, 304, 307, 308.
    pub always: bool,
}

impl AddHeader {
    pub fn applies(&self, status: u16) -> bool {
        self.always || matches!(status, 200 | 201 | 204 | 206 | 301..=304 | 307 | 308)
    }
}
