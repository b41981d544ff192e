//! `try_files`: the first file that exists is what the request is for, or else it goes elsewhere.

use crate::http::vars::Template;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TryFiles {
    pub files: Vec<TryFile>,
    pub last: Last,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TryFile {
    /// Behind `root`, or behind `alias` without what that replaces.
    pub path: Template,
    /// Written with a slash at its end: a directory is wanted.
    pub is_directory: bool,
}

/// When none of them is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Last {
    Status(u16),
    /// A uri, with its arguments, or `@name`.
    Uri(Template),
}
