//! `try_files`.

use crate::conf::directive::{Args, Directive, Line, Places, Set, text};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::try_files::{Last, TryFile, TryFiles};

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
