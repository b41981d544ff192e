//! The directives of the FastCGI module.

use super::cache::cache_rows;
use super::shared::upstream_rows;
use crate::conf::directive::{Args, Directive, Line, Places, Set, fill, text};
use crate::conf::error::Wrong;
use crate::http::address::split_address;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::fastcgi::Param;
use crate::http::settings::upstream_conf::{Pass, ProtocolIndex, Target};
use crate::proto::fastcgi::ParamName;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
const PASS: Places = Places::LOCATION.and(Places::IF_LOCATION);

pub static SHARED: &[Directive<LocationRaw>] = upstream_rows!(FastCgi, "fastcgi_");

pub static CACHE: &[Directive<LocationRaw>] = cache_rows!(FastCgi, "fastcgi_");

macro_rules! row {
    ($name:literal, $places:expr, $args:expr, $set:expr) => {
        Directive { name: $name, places: $places, args: $args, set: $set }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("fastcgi_pass", PASS, Args::ONE, Set::Own(pass)),
    row!("fastcgi_param", HERE, Args(2, 3), Set::Own(param)),
    row!("fastcgi_index", HERE, Args::ONE, Set::Own(index)),
    row!("fastcgi_split_path_info", HERE, Args::ONE, Set::Own(split_path_info)),
    row!("fastcgi_keep_conn", HERE, Args::ONE, Set::Flag(|l| &mut l.fastcgi.keep_conn)),
    row!("fastcgi_catch_stderr", HERE, Args::ONE, Set::Own(catch_stderr)),
];

type Done = Result<(), Wrong>;

fn pass(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    l.once(line)?;
    let word = &line.words[1];
    let template = builder.template(word)?;
    let target = match template.as_text() {
        None => Target::Variable(template),
        Some(_) => {
            let address = split_address(word)
                .map_err(|why| format!("{why} in upstream \"{}\"", text(word)))?;
            let host = text(address.host);
            Target::Group(builder.group(&host, address.port, None, line.at)?)
        }
    };
    let pass = Pass { target, url: word.clone(), ..Pass::default() };
    l.passes_to(ProtocolIndex::FastCgi, pass);
    Ok(())
}

fn param(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let if_not_empty = match line.args().get(2) {
        None => false,
        Some(word) if &**word == b"if_not_empty" => true,
        Some(word) => return Err(format!("invalid parameter \"{}\"", text(word)).into()),
    };
    let name = ParamName::new(&line.words[1]);
    let value = builder.template(&line.words[2])?;
    l.fastcgi.params.get_or_insert_default().push(Param { name, value, if_not_empty });
    Ok(())
}

fn index(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.fastcgi.index, || Ok(line.words[1].clone()))
}

/// The last of several in one block counts: snippets that distributions have to include contain one.
fn split_path_info(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let pattern = builder.pattern(&line.words[1], false)?;
    // The whole match, and two more.
    if pattern.regex.groups() != 3 {
        return Err(format!("pattern \"{}\" must have 2 captures", line.text(1)).into());
    }
    l.fastcgi.split_path_info = Some(Some(pattern));
    Ok(())
}

fn catch_stderr(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    l.fastcgi.catch_stderr.get_or_insert_default().push(line.words[1].clone());
    Ok(())
}
