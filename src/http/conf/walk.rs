//! Obeys the lines of a configuration in order, block by block, into raw settings.

use super::builder::Builder;
use super::raw::{LocationRaw, ServerRaw};
use crate::conf::directive::{Line, Places, text};
use crate::conf::error::{Error, Position, Wrong};
use crate::conf::tree::{Block, Item, Node};
use crate::http::directives::{self, main};
use crate::http::settings::block::{Kind, Methods};
use crate::http::settings::main::MainRaw;
use crate::http::settings::rewrite::{Condition, If, RewriteOp};
use crate::http::vars::Var;

mod blocks;
mod geo;
mod lines;
mod split_clients;

use blocks::{charset_map_block, map_block, match_block, types_block, upstream_block};
use geo::geo_block;
use lines::{block_of, each, each_placed, obeyed};
use split_clients::split_clients_block;

/// Everything that was said.
#[derive(Debug)]
pub(super) struct Said {
    pub main: MainRaw,
    pub http: Option<HttpRaw>,
    events: bool,
}

#[derive(Debug)]
pub(super) struct HttpRaw {
    /// What holds for all servers.
    pub outer: ServerRaw,
    pub servers: Vec<ServerRaw>,
    /// Where the block is closed: what is wrong with the whole is said to be wrong here.
    pub end: Position,
}

/// Obeys all lines of the main level.
pub(super) fn walk(builder: &mut Builder, items: &[Item]) -> Result<Said, Error> {
    reserve(builder, items, &mut Made::default());
    let mut said = Said { main: MainRaw::default(), http: None, events: false };
    each(items, |node| said.main_line(builder, node))?;
    if !said.events {
        return Err(Error::whole("no \"events\" section in configuration"));
    }
    Ok(said)
}

/// How many blocks of each kind that makes variables have been met.
#[derive(Default)]
struct Made {
    maps: u32,
    geos: u32,
    splits: u32,
}

impl Made {
    /// What the variable of the next block of that kind is.
    fn next(&mut self, kind: &[u8]) -> Var {
        let (count, var): (_, fn(u32) -> Var) = match kind {
            b"geo" => (&mut self.geos, Var::Geo),
            b"split_clients" => (&mut self.splits, Var::Split),
            _ => (&mut self.maps, Var::Map),
        };
        *count += 1;
        var(*count - 1)
    }
}

/// Names of variables that the configuration makes are known before their use is met.
fn reserve(builder: &mut Builder, items: &[Item], made: &mut Made) {
    for item in items {
        let Item::Node(node) = item else {
            return;
        };
        let name = |n: usize| Some(text(node.words.get(n)?.strip_prefix(b"$")?));
        match &*node.words[0] {
            kind @ (b"map" | b"geo" | b"split_clients") if node.block.is_some() => {
                if let Some(name) = name(node.words.len() - 1) {
                    builder.names.reserve(&name, Some(made.next(kind)));
                }
                continue;
            }
            word if is_set(word) => {
                if let Some(name) = name(1) {
                    builder.names.reserve(&name, None);
                }
            }
            _ => {}
        }
        if let Some(block) = &node.block {
            reserve(builder, &block.items, made);
        }
    }
}

/// `set` and its kin, whose first word is a variable.
fn is_set(name: &[u8]) -> bool {
    name == b"set" || name.starts_with(b"set_")
}

impl Said {
    fn main_line(&mut self, builder: &mut Builder, node: &Node) -> Result<(), Error> {
        if obeyed(&[main::ROWS], Places::MAIN, &mut self.main, builder, node)? {
            return Ok(());
        }
        let (name, block) = block_of(node, Places::MAIN)?;
        let duplicate = || Wrong::duplicate().at(name, &node.at);
        if name == "events" {
            if std::mem::replace(&mut self.events, true) {
                return Err(duplicate());
            }
            return each(&block.items, |node| {
                if obeyed(&[main::ROWS], Places::EVENTS, &mut self.main, builder, node)? {
                    return Ok(());
                }
                block_of(node, Places::EVENTS).map(drop)
            });
        }
        if self.http.is_some() {
            return Err(duplicate());
        }
        let end = block.end.clone().unwrap_or_else(|| node.at.clone());
        let mut http = HttpRaw { outer: ServerRaw::new(&node.at), servers: vec![], end };
        each_placed(builder, &block.items, |builder, node| http.http_line(builder, node))?;
        self.http = Some(http);
        Ok(())
    }
}

impl HttpRaw {
    fn http_line(&mut self, builder: &mut Builder, node: &Node) -> Result<(), Error> {
        let outer = &mut self.outer;
        if obeyed(directives::LOCATION, Places::HTTP, &mut outer.location, builder, node)?
            || obeyed(directives::SERVER, Places::HTTP, outer, builder, node)?
        {
            return Ok(());
        }
        let (name, block) = block_of(node, Places::HTTP)?;
        match name {
            "server" => {
                let mut server = ServerRaw::new(&node.at);
                each_placed(builder, &block.items, |builder, node| {
                    server_line(&mut server, builder, node)
                })?;
                self.servers.push(server);
                Ok(())
            }
            "upstream" => upstream_block(builder, node, block),
            "map" => map_block(builder, node, block),
            "geo" => geo_block(builder, node, block),
            "split_clients" => split_clients_block(builder, node, block),
            "charset_map" => charset_map_block(builder, node, block),
            "match" => match_block(builder, node, block),
            _ => types_block(&mut outer.location, builder, block),
        }
    }
}

fn server_line(server: &mut ServerRaw, builder: &mut Builder, node: &Node) -> Result<(), Error> {
    if obeyed(directives::LOCATION, Places::SERVER, &mut server.location, builder, node)?
        || obeyed(directives::SERVER, Places::SERVER, server, builder, node)?
    {
        return Ok(());
    }
    let (name, block) = block_of(node, Places::SERVER)?;
    match name {
        "location" => location_block(&mut server.location, builder, node, block),
        "if" => if_block(&mut server.location, builder, node, block),
        _ => types_block(&mut server.location, builder, block),
    }
}

fn location_line(l: &mut LocationRaw, builder: &mut Builder, node: &Node) -> Result<(), Error> {
    if obeyed(directives::LOCATION, Places::LOCATION, l, builder, node)? {
        return Ok(());
    }
    let (name, block) = block_of(node, Places::LOCATION)?;
    match name {
        "location" => location_block(l, builder, node, block),
        "limit_except" => limit_except(l, builder, node, block),
        "if" => if_block(l, builder, node, block),
        _ => types_block(l, builder, block),
    }
}

fn location_block(
    outer: &mut LocationRaw,
    builder: &mut Builder,
    node: &Node,
    block: &Block,
) -> Result<(), Error> {
    let mut location = head(builder, node, outer)?;
    each_placed(builder, &block.items, |builder, node| {
        location_line(&mut location, builder, node)
    })?;
    outer.inside.push(location);
    Ok(())
}

/// The modifier and name of a location, and whether it may stand in the one around it.
fn head(builder: &mut Builder, node: &Node, outer: &LocationRaw) -> Result<LocationRaw, Error> {
    let fail = |message: String| Error::new(message, &node.at);
    let (modifier, name): (&[u8], &[u8]) = match &node.words[1..] {
        [modifier, name] => match &**modifier {
            b"=" | b"^~" | b"~" | b"~*" => (modifier, name),
            other => {
                return Err(fail(format!("invalid location modifier \"{}\"", text(other))));
            }
        },
        words => match &*words[0] {
            [b'=', name @ ..] => (b"=", name),
            [b'^', b'~', name @ ..] => (b"^~", name),
            [b'~', b'*', name @ ..] => (b"~*", name),
            [b'~', name @ ..] => (b"~", name),
            name => (b"", name),
        },
    };
    let kind = match modifier {
        b"=" => Kind::Exact,
        b"~" | b"~*" => Kind::Regex,
        b"" if name.first() == Some(&b'@') && node.words.len() == 2 => Kind::Named,
        _ => Kind::Prefix,
    };
    let mut location = LocationRaw::new(name, kind, &node.at);
    location.noregex = modifier == b"^~";
    if kind == Kind::Regex {
        let pattern = builder.pattern(name, modifier == b"~*");
        location.pattern = Some(pattern.map_err(|wrong| wrong.at("location", &node.at))?);
    }
    if outer.kind == Kind::Server {
        return Ok(location);
    }
    let (inner, around) = (text(name), text(&outer.name));
    let what = match outer.kind {
        Kind::Exact => {
            format!("location \"{inner}\" cannot be inside the exact location \"{around}\"")
        }
        Kind::Named => {
            format!("location \"{inner}\" cannot be inside the named location \"{around}\"")
        }
        _ if kind == Kind::Named => {
            format!("named location \"{inner}\" can be on the server level only")
        }
        _ if kind != Kind::Regex && !name.starts_with(&outer.name) => {
            format!("location \"{inner}\" is outside location \"{around}\"")
        }
        _ => return Ok(location),
    };
    Err(fail(what))
}

fn limit_except(
    outer: &mut LocationRaw,
    builder: &mut Builder,
    node: &Node,
    block: &Block,
) -> Result<(), Error> {
    if outer.limit_except.is_some() {
        return Err(Wrong::duplicate().at("limit_except", &node.at));
    }
    let mut methods = Methods::default();
    for word in &node.words[1..] {
        let known = Methods::of(&word.to_ascii_uppercase()).filter(|_| **word != *b"CONNECT");
        let method = known
            .ok_or_else(|| Error::new(format!("invalid method \"{}\"", text(word)), &node.at))?;
        methods.0 |= method.0;
    }
    // Who may GET may HEAD.
    if methods.contains(b"GET") {
        methods.0 |= Methods::of(b"HEAD").unwrap_or_default().0;
    }
    let mut inner = LocationRaw::new(&outer.name, Kind::LimitExcept, &node.at);
    each_placed(builder, &block.items, |builder, node| {
        if obeyed(directives::LOCATION, Places::LIMIT_EXCEPT, &mut inner, builder, node)? {
            return Ok(());
        }
        block_of(node, Places::LIMIT_EXCEPT).map(drop)
    })?;
    outer.limit_except = Some((methods, Box::new(inner)));
    Ok(())
}

/// `if` makes a location without a name, whose settings hold when the condition did.
fn if_block(
    outer: &mut LocationRaw,
    builder: &mut Builder,
    node: &Node,
    block: &Block,
) -> Result<(), Error> {
    let line = Line { words: &node.words, at: &node.at };
    let condition = Condition::parse(builder, &line).map_err(|wrong| wrong.at("if", &node.at))?;
    let place = match outer.kind {
        Kind::Server => Places::IF_SERVER,
        _ => Places::IF_LOCATION,
    };
    let mut inner = LocationRaw::new(&outer.name, Kind::If, &node.at);
    each_placed(builder, &block.items, |builder, node| {
        if obeyed(directives::LOCATION, place, &mut inner, builder, node)? {
            return Ok(());
        }
        block_of(node, place).map(drop)
    })?;
    outer.rewrite.push(RewriteOp::If(Box::new(If { condition, ops: vec![], location: None })));
    outer.ifs.push(inner);
    Ok(())
}
