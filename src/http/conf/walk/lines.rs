//! One line of a block: it stands in a table of directives, or it is a block itself, or it is an error.

use crate::conf::directive::{
    Args, Directive, Found, Line, Places, Scope, apply, check_args, find,
};
use crate::conf::error::Error;
use crate::conf::tree::{Block, Item, Node};
use crate::http::conf::builder::Builder;
use crate::http::directives::{self, main, modules};
use crate::upstream::conf as upstream;

/// The directives with braces.
const BLOCKS: &[(&str, Places, Args)] = &[
    ("events", Places::MAIN, Args::NONE),
    ("http", Places::MAIN, Args::NONE),
    ("server", Places::HTTP, Args::NONE),
    ("upstream", Places::HTTP, Args::ONE),
    ("map", Places::HTTP, Args::TWO),
    ("geo", Places::HTTP, Args::ONE_OR_TWO),
    ("split_clients", Places::HTTP, Args::TWO),
    ("charset_map", Places::HTTP, Args::TWO),
    ("match", Places::HTTP, Args::ONE),
    ("types", Places::HTTP.and(Places::SERVER).and(Places::LOCATION), Args::NONE),
    ("location", Places::SERVER.and(Places::LOCATION), Args::ONE_OR_TWO),
    ("limit_except", Places::LOCATION, Args::SOME),
    ("if", Places::SERVER.and(Places::LOCATION), Args::SOME),
];

/// Obeys each line of a block, up to where the text was broken.
pub fn each(items: &[Item], mut obey: impl FnMut(&Node) -> Result<(), Error>) -> Result<(), Error> {
    for item in items {
        match item {
            Item::Node(node) => obey(node)?,
            Item::Broken(error) => return Err(error.clone()),
        }
    }
    Ok(())
}

/// As `each`. Variables keep the place of the line that names them first.
pub fn each_placed(
    builder: &mut Builder,
    items: &[Item],
    mut obey: impl FnMut(&mut Builder, &Node) -> Result<(), Error>,
) -> Result<(), Error> {
    each(items, |node| {
        obey(builder, node)?;
        builder.names.place(&node.at);
        Ok(())
    })
}

/// Obeys a line if it is in the tables; false if it is not.
pub fn obeyed<S: Scope>(
    tables: &[&[Directive<S>]],
    place: Places,
    scope: &mut S,
    context: &mut S::Context,
    node: &Node,
) -> Result<bool, Error> {
    let line = Line { words: &node.words, at: &node.at };
    let Found::Row(row) = find(tables, place, &line) else {
        return Ok(node.block.is_none() && modules::is_off(place, &line));
    };
    if node.block.is_some() {
        let message = format!("directive \"{}\" is not terminated by \";\"", row.name);
        return Err(Error::new(message, &node.at));
    }
    apply(row, scope, context, &line)?;
    Ok(true)
}

/// A line that is in no table of its place is a block, or else an error.
pub fn block_of(node: &Node, place: Places) -> Result<(&'static str, &Block), Error> {
    let line = Line { words: &node.words, at: &node.at };
    let row = BLOCKS
        .iter()
        .find(|(name, places, _)| name.as_bytes() == &*node.words[0] && places.allows(place));
    let Some(&(name, _, args)) = row else {
        return Err(unknown(&line));
    };
    let Some(block) = &node.block else {
        return Err(Error::new(format!("directive \"{name}\" has no opening \"{{\""), &node.at));
    };
    check_args(args, &line)?;
    Ok((name, block))
}

fn unknown(line: &Line<'_>) -> Error {
    let name = line.name();
    let elsewhere = BLOCKS.iter().any(|(block, ..)| *block == name)
        || is_elsewhere(&[main::ROWS], line)
        || is_elsewhere(directives::LOCATION, line)
        || is_elsewhere(directives::SERVER, line)
        || is_elsewhere(&[upstream::ROWS], line)
        || is_elsewhere(&[directives::upstream::ROWS], line)
        || name == "include";
    let message = match elsewhere {
        true => format!("\"{name}\" directive is not allowed here"),
        false => match modules::missing(&name) {
            Some(module) => format!("unknown directive \"{name}\" ({module} is not built in)"),
            None => format!("unknown directive \"{name}\""),
        },
    };
    Error::new(message, line.at)
}

fn is_elsewhere<S: Scope>(tables: &[&[Directive<S>]], line: &Line<'_>) -> bool {
    tables.iter().flat_map(|table| table.iter()).any(|row| row.name == line.name())
}
