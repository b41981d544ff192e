//! The directives of `upstream` blocks that are made of variables: balancing methods and `sticky`.

use super::lua::{self, Form, forms, row};
use crate::conf::directive::{
    Args, Directive, Line, Places, Scope, Set, choice, fill, number, text,
};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::zones::SMALLEST;
use crate::http::settings::upstream::{Cookie, Expires, Keys, is_same_site};
use crate::http::vars::Template;
use crate::upstream::balance::method::{Choice, LeastTime, Method};
use crate::upstream::conf::{BlockRaw, Learn, Sticky, ZoneOptions};

/// An `upstream` block in the making, as these directives see it.
#[derive(Default)]
pub struct UpstreamRaw {
    pub name: String,
    pub block: BlockRaw,
    pub keys: Keys,
}

impl Scope for UpstreamRaw {
    type Context = Builder;
}

const HERE: Places = Places::UPSTREAM;

pub static ROWS: &[Directive<UpstreamRaw>] = &[
    Directive { name: "least_conn", places: HERE, args: Args::NONE, set: Set::Own(least_conn) },
    Directive {
        name: "least_time",
        places: HERE,
        args: Args::ONE_OR_TWO,
        set: Set::Own(least_time),
    },
    Directive { name: "ip_hash", places: HERE, args: Args::NONE, set: Set::Own(ip_hash) },
    Directive { name: "hash", places: HERE, args: Args::ONE_OR_TWO, set: Set::Own(hash) },
    Directive { name: "random", places: HERE, args: Args(0, 2), set: Set::Own(random) },
    Directive { name: "zone", places: HERE, args: Args::ONE_OR_TWO, set: Set::Own(zone) },
    Directive {
        name: "balancer_keepalive",
        places: HERE,
        args: Args::ONE,
        set: Set::Own(|u, _, line| {
            fill(&mut u.block.options.balancer_keepalive, || number(&line.words[1]).map(Some))
        }),
    },
    Directive { name: "sticky", places: HERE, args: Args(2, u8::MAX), set: Set::Own(sticky) },
];

static BALANCERS: [Directive<UpstreamRaw>; 3] = forms!("balancer_by_lua", HERE, balancer);

/// The lines that are scripts.
pub static ROWS_OF_SCRIPTS: &[Directive<UpstreamRaw>] = &BALANCERS;

/// `balancer_by_lua`
fn balancer(
    u: &mut UpstreamRaw,
    b: &mut Builder,
    line: &Line<'_>,
    form: Form,
) -> Result<(), Wrong> {
    if u.keys.script.is_some() {
        return Err(Wrong::duplicate());
    }
    // One that comes before is not about the connections of this balancer.
    if u.block.options.keepalive.take().is_some() {
        b.warn("load balancing method redefined", line.at);
    }
    u.keys.script = Some(lua::script(b, line, form, 1)?);
    u.block.scripted = true;
    Ok(())
}

/// The last method of a block is the one that holds.
fn method(upstream: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>, method: Method) {
    if upstream.block.method.replace(method).is_some() {
        builder.warn("load balancing method redefined", line.at);
    }
    upstream.keys.by_address = method == Method::IpHash;
    upstream.keys.hash = None;
}

fn invalid(word: &[u8]) -> Wrong {
    Wrong::Message(format!("invalid parameter \"{}\"", text(word)))
}

fn least_conn(u: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    method(u, builder, line, Method::LeastConn);
    Ok(())
}

fn ip_hash(u: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    method(u, builder, line, Method::IpHash);
    Ok(())
}

fn least_time(u: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let last_byte = choice(&line.words[1], &[("header", false), ("last_byte", true)])?;
    let inflight = match line.args().get(1).map(|word| &**word) {
        None => false,
        Some(b"inflight") => true,
        Some(word) => return Err(invalid(word)),
    };
    method(u, builder, line, Method::LeastTime(LeastTime { last_byte, inflight }));
    Ok(())
}

fn hash(u: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let key = builder.template(&line.words[1])?;
    let how = match line.args().get(1).map(|word| &**word) {
        None => Method::Hash,
        Some(b"consistent") => Method::Consistent,
        Some(word) => return Err(invalid(word)),
    };
    method(u, builder, line, how);
    u.keys.hash = Some(key);
    Ok(())
}

fn random(u: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let time = |last_byte| Choice::LeastTime(LeastTime { last_byte, inflight: false });
    let how = match line.args() {
        [] => Choice::One,
        [two, ..] if &**two != b"two" => return Err(invalid(two)),
        [_] => Choice::LeastConn,
        [_, by, ..] => match &**by {
            b"least_conn" => Choice::LeastConn,
            b"least_time=header" => time(false),
            b"least_time=last_byte" => time(true),
            _ => return Err(invalid(by)),
        },
    };
    method(u, builder, line, Method::Random(how));
    Ok(())
}

fn zone(u: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let name = line.text(1).into_owned();
    if name.is_empty() {
        return Err("invalid zone name \"\"".into());
    }
    let size = match line.args().get(1) {
        None => None,
        Some(word) => match value::size(word) {
            Some(size) if size < SMALLEST => {
                return Err(format!("zone \"{name}\" is too small").into());
            }
            Some(size) => Some(size),
            None => return Err(format!("invalid zone size \"{}\"", text(word)).into()),
        },
    };
    let size = builder.zones.of_group(&name, size)?.unwrap_or(SMALLEST);
    u.block.options.zone = Some(Some(ZoneOptions { name, size }));
    Ok(())
}

fn sticky(u: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    if u.block.sticky.is_some() {
        return Err(Wrong::duplicate());
    }
    u.block.sticky = Some(Sticky { learn: None });
    match &*line.words[1] {
        b"cookie" => {
            let cookie = cookie(builder, &line.words[2..])?;
            let name = format!("cookie_{}", text(&cookie.name));
            u.keys.lookup = vec![Template::var(builder.names.bind(&name))];
            u.keys.cookie = Some(cookie);
        }
        b"route" => {
            for word in &line.words[2..] {
                let wrong = || format!("invalid variable name \"{}\"", text(word));
                let name = word.strip_prefix(b"$").ok_or_else(wrong)?;
                u.keys.lookup.push(variable(builder, name)?);
            }
        }
        b"learn" => {
            let learn = learn(u, builder, &line.words[2..])?;
            u.block.sticky = Some(Sticky { learn: Some(learn) });
        }
        other => return Err(unknown(other)),
    }
    Ok(())
}

/// What follows the `$` is the name as a whole, whatever characters it has.
fn variable(builder: &mut Builder, name: &[u8]) -> Result<Template, Wrong> {
    if name.is_empty() {
        return Err("invalid variable name \"$\"".into());
    }
    Ok(Template::var(builder.names.bind(&text(name))))
}

fn unknown(word: &[u8]) -> Wrong {
    Wrong::Message(format!("unknown parameter \"{}\"", text(word)))
}

fn cookie(builder: &mut Builder, words: &[Box<[u8]>]) -> Result<Cookie, Wrong> {
    let (name, words) = words.split_first().expect("sticky has two words at least");
    if name.is_empty() {
        return Err(Wrong::directive("empty cookie name"));
    }
    let mut cookie = Cookie {
        name: name.clone(),
        expires: None,
        domain: None,
        path: Box::default(),
        same_site: None,
        http_only: false,
        secure: false,
    };
    for word in words {
        let end = word.iter().position(|&byte| byte == b'=').map_or(word.len(), |at| at + 1);
        let (parameter, value) = word.split_at(end);
        let shown = text(parameter);
        let shown = shown.trim_end_matches('=');
        let some = || match value.is_empty() {
            true => Err(Wrong::Directive(format!("no value for \"{shown}\""))),
            false => Ok(value),
        };
        let given = match parameter {
            b"domain=" => cookie.domain.replace(builder.template(some()?)?).is_some(),
            b"path=" => {
                let path = [b"; path=", some()?].concat().into();
                !std::mem::replace(&mut cookie.path, path).is_empty()
            }
            b"expires=" => cookie.expires.replace(expires(value)?).is_some(),
            b"samesite=" => {
                let template = builder.template(value)?;
                if template.as_text().is_some_and(|text| !is_same_site(text)) {
                    return Err(Wrong::directive("invalid \"samesite\" parameter value"));
                }
                cookie.same_site.replace(template).is_some()
            }
            b"httponly" => std::mem::replace(&mut cookie.http_only, true),
            b"secure" => std::mem::replace(&mut cookie.secure, true),
            _ => return Err(unknown(word)),
        };
        if given {
            return Err(Wrong::Directive(format!("parameter \"{shown}\" is duplicate")));
        }
    }
    Ok(cookie)
}

fn expires(value: &[u8]) -> Result<Expires, Wrong> {
    match value {
        b"max" => Ok(Expires::Max),
        _ => value::sec(value)
            .map(Expires::In)
            .ok_or_else(|| Wrong::directive("invalid \"expires\" parameter value")),
    }
}

fn learn(u: &mut UpstreamRaw, builder: &mut Builder, words: &[Box<[u8]>]) -> Result<Learn, Wrong> {
    let (mut zone, mut timeout, mut header) = (None, None, false);
    for word in words {
        let end = word.iter().position(|&byte| byte == b'=').map_or(word.len(), |at| at + 1);
        let (parameter, value) = word.split_at(end);
        let variable = |builder: &mut Builder, parameter: &str| match value.strip_prefix(b"$") {
            Some(name) => variable(builder, name),
            None => {
                let what = format!("missing variable in the \"{parameter}\" parameter");
                Err(Wrong::Directive(what))
            }
        };
        match parameter {
            b"zone=" if zone.is_some() => return Err(Wrong::directive("duplicate zone")),
            b"zone=" => zone = Some(learn_zone(value)?),
            b"timeout=" if timeout.is_some() => return Err(Wrong::directive("duplicate timeout")),
            b"timeout=" => {
                let time = value::msec(value).filter(|&time| time > 0);
                timeout = Some(time.ok_or_else(|| Wrong::directive("invalid timeout"))?);
            }
            b"create=" => u.keys.create.push(variable(builder, "create")?),
            b"lookup=" => u.keys.lookup.push(variable(builder, "lookup")?),
            b"header" => header = true,
            // Sessions of several machines are not shared.
            b"sync" => {}
            _ => return Err(unknown(word)),
        }
    }
    let missing = |what| Wrong::Directive(format!("\"{what}\" parameter is not specified"));
    if u.keys.lookup.is_empty() {
        return Err(missing("lookup"));
    }
    if u.keys.create.is_empty() {
        return Err(missing("create"));
    }
    let (name, size) = zone.ok_or_else(|| missing("zone"))?;
    builder.zones.of_sessions(&name, size, &u.name)?;
    Ok(Learn { zone: name, size, timeout: timeout.unwrap_or(600_000), header })
}

/// `NAME:SIZE`
fn learn_zone(value: &[u8]) -> Result<(String, usize), Wrong> {
    let colon = value.iter().position(|&byte| byte == b':');
    let Some(colon) = colon else {
        return Err(Wrong::directive("zone size is not specified"));
    };
    let (name, size) = (&value[..colon], &value[colon + 1..]);
    if name.is_empty() {
        return Err(Wrong::directive("zone name is not specified"));
    }
    let size = value::size(size).ok_or_else(|| Wrong::directive("invalid zone size"))?;
    if size < SMALLEST {
        return Err(Wrong::directive("zone is too small"));
    }
    Ok((text(name).into_owned(), size))
}
