//! The directives of the browser module.

use crate::conf::directive::{Args, Directive, Line, Places, Set, fill, text};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::browser::{FAMILIES, Modern, Version};

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

macro_rules! row {
    ($name:literal, $args:ident, $set:ident) => {
        Directive { name: $name, places: HERE, args: Args::$args, set: Set::Own($set) }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("ancient_browser", SOME, ancient),
    row!("ancient_browser_value", ONE, ancient_value),
    row!("modern_browser", ONE_OR_TWO, modern),
    row!("modern_browser_value", ONE, modern_value),
];

type Done = Result<(), Wrong>;

fn ancient(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    for word in line.args() {
        match &**word {
            b"netscape4" => l.browser.ancient_netscape4 = Some(true),
            _ => l.browser.ancient.get_or_insert_default().push(word.clone()),
        }
    }
    Ok(())
}

fn ancient_value(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.browser.ancient_value, || Ok(line.words[1].clone()))
}

fn modern_value(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.browser.modern_value, || Ok(line.words[1].clone()))
}

fn modern(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let [name, version] = line.args() else {
        if &*line.words[1] != b"unlisted" {
            return Err(Wrong::invalid_value());
        }
        l.browser.modern_unlisted = Some(true);
        return Ok(());
    };
    let Some(family) = FAMILIES.iter().find(|family| family.name.as_bytes() == &**name) else {
        return Err(format!("unknown browser name \"{}\"", text(name)).into());
    };
    let (version, b"") = Version::read(version) else {
        return Err(format!("invalid browser version \"{}\"", text(version)).into());
    };
    let browsers = l.browser.modern.get_or_insert_default();
    browsers.push(Modern { family, version });
    let place = |it: &Modern| FAMILIES.iter().position(|family| family == it.family);
    browsers.sort_by_key(place);
    Ok(())
}
