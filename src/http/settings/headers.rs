//! `add_header`: fields added to responses.

use crate::conf::directive::{Args, Directive, Line, Places, Set, text};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
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

pub static ROWS: &[Directive<LocationRaw>] = &[Directive {
    name: "add_header",
    places: Places::HTTP.and(Places::SERVER).and(Places::LOCATION).and(Places::IF_LOCATION),
    args: Args(2, 3),
    set: Set::Own(add_header),
}];

fn add_header(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let value = builder.template(&line.words[2])?;
    let always = match line.args().get(2) {
        None => false,
        Some(word) if &**word == b"always" => true,
        Some(word) => return Err(format!("invalid parameter \"{}\"", text(word)).into()),
    };
    let name = line.words[1].clone();
    l.headers.add.get_or_insert_default().push(AddHeader { name, value, always });
    Ok(())
}
