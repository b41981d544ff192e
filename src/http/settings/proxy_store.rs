//! `proxy_store`, `proxy_store_access`.

use crate::conf::directive::{Args, Directive, Line, Places, Set, fill, text};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::vars::Template;
use crate::settings;

settings! {
    /// Whether responses become files.
    pub struct Storing / StoringRaw {
        to: StoreAs = StoreAs::Off,
        /// The permissions of the files.
        access: u32 = 0o600,
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoreAs {
    Off,
    /// Where `root` or `alias` would look for it.
    Uri,
    Path(Template),
}

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

pub static ROWS: &[Directive<LocationRaw>] = &[
    Directive { name: "proxy_store", places: HERE, args: Args::ONE, set: Set::Own(store) },
    Directive { name: "proxy_store_access", places: HERE, args: Args(1, 3), set: Set::Own(access) },
];

fn store(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut l.storing.to, || match &*line.words[1] {
        b"off" => Ok(StoreAs::Off),
        b"on" => Ok(StoreAs::Uri),
        word => {
            let path = builder.template(word)?;
            Ok(StoreAs::Path(builder.path_template(path)))
        }
    })
}

/// `user:rw group:r all:r`; the user may read and write unless something else is said.
fn access(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut l.storing.access, || {
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
    })
}
