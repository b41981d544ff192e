//! The directives of the userid module.

use crate::conf::directive::{Args, Directive, Line, Places, Set, choice, fill, number, text};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::userid::{Expires, Flags, Mode};

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

macro_rules! row {
    ($name:literal, $args:expr, $set:expr) => {
        Directive { name: $name, places: HERE, args: $args, set: Set::Own($set) }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("userid", Args::ONE, mode),
    row!("userid_service", Args::ONE, service),
    row!("userid_name", Args::ONE, name),
    row!("userid_domain", Args::ONE, domain),
    row!("userid_path", Args::ONE, path),
    row!("userid_expires", Args::ONE, expires),
    row!("userid_flags", Args::SOME, flags),
    row!("userid_mark", Args::ONE, mark),
    row!("userid_p3p", Args::ONE, p3p),
];

type Done = Result<(), Wrong>;

fn mode(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    // The configuration may set it, and need not.
    builder.names.define("uid_reset")?;
    l.userid.reset = Some(Some(builder.names.bind("uid_reset")));
    let modes = [("off", Mode::Off), ("log", Mode::Log), ("v1", Mode::V1), ("on", Mode::On)];
    fill(&mut l.userid.mode, || choice(&line.words[1], &modes))
}

fn service(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.userid.service, || number(&line.words[1]).map(Some))
}

fn name(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.userid.name, || Ok(line.words[1].clone()))
}

fn domain(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.userid.domain, || Ok(unless_none(line)))
}

fn path(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.userid.path, || Ok(line.words[1].clone()))
}

fn p3p(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.userid.p3p, || Ok(unless_none(line)))
}

fn unless_none(line: &Line<'_>) -> Box<[u8]> {
    match &*line.words[1] {
        b"none" => Box::default(),
        word => word.into(),
    }
}

fn expires(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.userid.expires, || match &*line.words[1] {
        b"max" => Ok(Expires::Max),
        b"off" => Ok(Expires::Never),
        word => match value::sec(word) {
            Some(0) => Ok(Expires::Never),
            Some(secs) => Ok(Expires::After(secs)),
            None => Err(Wrong::invalid_value()),
        },
    })
}

fn flags(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.userid.flags, || {
        let mut flags = Flags::default();
        let mut seen: Vec<&[u8]> = vec![];
        for word in line.args() {
            match &**word {
                b"off" => {}
                b"secure" => flags.secure = true,
                b"httponly" => flags.http_only = true,
                b"samesite=strict" => flags.same_site = Some("strict"),
                b"samesite=lax" => flags.same_site = Some("lax"),
                b"samesite=none" => flags.same_site = Some("none"),
                word => return Err(format!("invalid value \"{}\"", text(word)).into()),
            }
            if seen.contains(&&**word) {
                builder.warn(&format!("duplicate value \"{}\"", text(word)), line.at);
            }
            seen.push(word);
        }
        Ok(flags)
    })
}

fn mark(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.userid.mark, || match &*line.words[1] {
        b"off" => Ok(None),
        [mark] if mark.is_ascii_alphanumeric() || *mark == b'=' => Ok(Some(*mark)),
        _ => Err(Wrong::directive("value must be \"off\" or a single letter, digit or \"=\"")),
    })
}
