//! The directives of the realip module.

use std::sync::Arc;

use crate::conf::directive::{Args, Directive, Line, Places, Set, fill};
use crate::conf::error::Wrong;
use crate::http::conf::addrs::lookup;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::networks::Net;
use crate::http::settings::real_ip::Source;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

macro_rules! row {
    ($name:literal, $set:expr) => {
        Directive { name: $name, places: HERE, args: Args::ONE, set: $set }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("set_real_ip_from", Set::Own(from)),
    row!("real_ip_header", Set::Own(header)),
    row!("real_ip_recursive", Set::Flag(|l| &mut l.real_ip.recursive)),
];

fn from(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let word = line.text(1);
    let trusted = Arc::make_mut(l.real_ip.from.get_or_insert_default());
    match Net::parse(&word).filter(|(net, _)| *net != Net::All) {
        Some((net, exact)) => {
            if !exact {
                let message = format!("low address bits of {word} are meaningless");
                builder.warn(&message, line.at);
            }
            trusted.insert(net);
        }
        None => {
            let missing = || format!("host not found in set_real_ip_from \"{word}\"");
            let addrs = lookup(&word, 0).ok_or_else(missing)?;
            addrs.iter().filter_map(|addr| addr.ip()).for_each(|ip| trusted.insert_address(ip));
        }
    }
    Ok(())
}

fn header(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut l.real_ip.source, || {
        Ok(match &*line.words[1] {
            b"proxy_protocol" => Source::ProxyProtocol,
            name if name.eq_ignore_ascii_case(b"X-Forwarded-For") => Source::XForwardedFor,
            name => Source::Field(name.into()),
        })
    })
}
