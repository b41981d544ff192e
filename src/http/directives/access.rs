//! The directives of the access module.

use crate::conf::directive::{Args, Directive, Line, Places, Set, text};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::networks::Net;
use crate::http::settings::access::Rule;

const HERE: Places =
    Places::HTTP.and(Places::SERVER).and(Places::LOCATION).and(Places::LIMIT_EXCEPT);

pub static ROWS: &[Directive<LocationRaw>] = &[
    Directive { name: "allow", places: HERE, args: Args::ONE, set: Set::Own(rule) },
    Directive { name: "deny", places: HERE, args: Args::ONE, set: Set::Own(rule) },
];

fn rule(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let word = line.text(1);
    let invalid = || Wrong::Message(format!("invalid parameter \"{word}\""));
    let (net, exact) = Net::parse(&word).ok_or_else(invalid)?;
    if !exact {
        let message = format!("low address bits of {} are meaningless", text(&line.words[1]));
        builder.warn(&message, line.at);
    }
    let allow = &*line.words[0] == b"allow";
    l.access.rules.get_or_insert_default().push(Rule { allow, net });
    Ok(())
}
