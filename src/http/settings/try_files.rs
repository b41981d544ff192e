//! `try_files`: the first file that exists is what the request is for, or else it goes elsewhere.

use crate::conf::directive::{Args, Directive, Line, Places, Set, text};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
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

pub static ROWS: &[Directive<LocationRaw>] = &[Directive {
    name: "try_files",
    places: Places::SERVER.and(Places::LOCATION),
    args: Args(2, u8::MAX),
    set: Set::Own(try_files),
}];

fn try_files(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    if l.try_files.is_some() {
        return Err(Wrong::duplicate());
    }
    let (last, words) = line.args().split_last().expect("the table asks for two");
    let mut files = vec![];
    for word in words {
        let (path, is_directory) = match word.strip_suffix(b"/") {
            Some(path) => (path, true),
            None => (&**word, false),
        };
        files.push(TryFile { path: builder.template(path)?, is_directory });
    }
    let last = match last.strip_prefix(b"=") {
        Some(code) => {
            let status = value::number(code).filter(|&status| status <= 999);
            let invalid = || format!("invalid code \"={}\"", text(code));
            Last::Status(status.ok_or_else(invalid)? as u16)
        }
        None => Last::Uri(builder.template(last)?),
    };
    l.try_files = Some(TryFiles { files, last });
    Ok(())
}
