//! The directives of the headers module.

use crate::conf::directive::{Args, Directive, Line, Places, Set, choice, fill, text};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::headers::{AddHeader, Expires, Inherit, NoExpires};

const HERE: Places =
    Places::HTTP.and(Places::SERVER).and(Places::LOCATION).and(Places::IF_LOCATION);

pub static ROWS: &[Directive<LocationRaw>] = &[
    Directive { name: "add_header", places: HERE, args: Args(2, 3), set: Set::Own(add_header) },
    Directive { name: "add_header_inherit", places: HERE, args: Args::ONE, set: Set::Own(inherit) },
    Directive { name: "add_trailer", places: HERE, args: Args(2, 3), set: Set::Own(add_trailer) },
    Directive {
        name: "add_trailer_inherit",
        places: HERE,
        args: Args::ONE,
        set: Set::Own(inherit),
    },
    Directive { name: "expires", places: HERE, args: Args::ONE_OR_TWO, set: Set::Own(expires) },
];

fn add_header(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    l.headers.add.get_or_insert_default().push(AddHeader::parse(builder, line)?);
    Ok(())
}

fn add_trailer(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    l.headers.trailers.get_or_insert_default().push(AddHeader::parse(builder, line)?);
    Ok(())
}

fn inherit(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let slot = match &*line.words[0] {
        b"add_header_inherit" => &mut l.headers.add_inherit,
        _ => &mut l.headers.trailers_inherit,
    };
    let choices = [("off", Inherit::Off), ("on", Inherit::On), ("merge", Inherit::Merge)];
    fill(slot, || choice(&line.words[1], &choices))
}

impl AddHeader {
    fn parse(builder: &mut Builder, line: &Line<'_>) -> Result<Self, Wrong> {
        let value = builder.template(&line.words[2])?;
        let always = match line.args().get(2) {
            None => false,
            Some(word) if &**word == b"always" => true,
            Some(word) => return Err(format!("invalid parameter \"{}\"", text(word)).into()),
        };
        Ok(Self { name: line.words[1].clone(), value, always })
    }
}

fn expires(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut l.headers.expires, || {
        let (word, modified) = match line.args() {
            [word] => (word, false),
            [first, word] if &**first == b"modified" => (word, true),
            _ => return Err(Wrong::invalid_value()),
        };
        let template = builder.template(word)?;
        if template.as_text().is_none() {
            return Ok(Expires::Variable(template, modified));
        }
        Expires::parse(word, modified).map_err(|why| match why {
            NoExpires::Value => Wrong::invalid_value(),
            NoExpires::DailyModified => {
                Wrong::directive("daily time cannot be used with \"modified\" parameter")
            }
            NoExpires::Daily => Wrong::directive("daily time value must be less than 24 hours"),
        })
    })
}
