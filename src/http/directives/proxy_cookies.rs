//! `proxy_cookie_domain`, `proxy_cookie_path`, `proxy_cookie_flags`.

use crate::conf::directive::{Args, Directive, Line, Places, Set, text};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::proxy::{Redirect, RedirectFrom};
use crate::http::settings::proxy_cookies::{CookieFlags, CookieName};

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

pub static ROWS: &[Directive<LocationRaw>] = &[
    Directive {
        name: "proxy_cookie_domain",
        places: HERE,
        args: Args::ONE_OR_TWO,
        set: Set::Own(domain),
    },
    Directive {
        name: "proxy_cookie_path",
        places: HERE,
        args: Args::ONE_OR_TWO,
        set: Set::Own(path),
    },
    Directive {
        name: "proxy_cookie_flags",
        places: HERE,
        args: Args::ONE_TO_FOUR,
        set: Set::Own(flags),
    },
];

type Done = Result<(), Wrong>;

fn domain(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let Some([from, to]) = rule(&mut l.cookies.domains, line)? else { return Ok(()) };
    let without_dot = |text: &[u8]| text.strip_prefix(b".").unwrap_or(text).to_vec();
    let redirect = match from.strip_prefix(b"~") {
        Some(source) => {
            let from = RedirectFrom::Regex(builder.pattern(source, true)?);
            Redirect { from, to: builder.template(to)? }
        }
        None => {
            let from = RedirectFrom::Prefix(builder.template(&without_dot(from))?);
            Redirect { from, to: builder.template(&without_dot(to))? }
        }
    };
    l.cookies.domains.get_or_insert_default().push(redirect);
    Ok(())
}

fn path(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let Some([from, to]) = rule(&mut l.cookies.paths, line)? else { return Ok(()) };
    let from = match from {
        [b'~', b'*', source @ ..] => RedirectFrom::Regex(builder.pattern(source, true)?),
        [b'~', source @ ..] => RedirectFrom::Regex(builder.pattern(source, false)?),
        text => RedirectFrom::Prefix(builder.template(text)?),
    };
    let to = builder.template(to)?;
    l.cookies.paths.get_or_insert_default().push(Redirect { from, to });
    Ok(())
}

fn flags(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    if line.args().len() == 1 {
        return off(&mut l.cookies.flags, line);
    }
    check_off(&l.cookies.flags)?;
    let name = match &*line.words[1] {
        [b'~', source @ ..] => CookieName::Regex(builder.pattern(source, true)?),
        text => CookieName::Text(builder.template(text)?),
    };
    let flags = line.args()[1..].iter().map(|word| builder.template(word));
    let flags = CookieFlags { name, flags: flags.collect::<Result<_, _>>()? };
    l.cookies.flags.get_or_insert_default().push(flags);
    Ok(())
}

/// The two words of a rule; none if the line says `off`.
fn rule<'a, T>(
    rules: &mut Option<Vec<T>>,
    line: &Line<'a>,
) -> Result<Option<[&'a [u8]; 2]>, Wrong> {
    match line.args() {
        [from, to] => {
            check_off(rules)?;
            Ok(Some([&**from, &**to]))
        }
        _ => off(rules, line).map(|()| None),
    }
}

fn off<T>(rules: &mut Option<Vec<T>>, line: &Line<'_>) -> Done {
    check_off(rules)?;
    if &*line.words[1] != b"off" {
        return Err(format!("invalid parameter \"{}\"", text(&line.words[1])).into());
    }
    if rules.is_some() {
        return Err(Wrong::duplicate());
    }
    *rules = Some(vec![]);
    Ok(())
}

/// Nothing stands beside `off`.
fn check_off<T>(rules: &Option<Vec<T>>) -> Done {
    match rules {
        Some(rules) if rules.is_empty() => Err(Wrong::duplicate()),
        _ => Ok(()),
    }
}
