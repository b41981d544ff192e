//! The directives of the auth_basic module.

use crate::conf::directive::{Args, Directive, Line, Places, Set, fill, text};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::passwords::{self, HIGH_COST};

const HERE: Places =
    Places::HTTP.and(Places::SERVER).and(Places::LOCATION).and(Places::LIMIT_EXCEPT);

pub static ROWS: &[Directive<LocationRaw>] = &[
    Directive { name: "auth_basic", places: HERE, args: Args::ONE, set: Set::Own(realm) },
    Directive {
        name: "auth_basic_user_file",
        places: HERE,
        args: Args::ONE,
        set: Set::Own(user_file),
    },
];

fn realm(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut l.auth_basic.realm, || {
        let realm = builder.template(&line.words[1])?;
        Ok(Some(realm).filter(|realm| realm.as_text() != Some(b"off")))
    })
}

fn user_file(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut l.auth_basic.user_file, || {
        let path = builder.template(&line.words[1])?;
        if path.as_text().is_some() {
            warn_of_cost(builder, line);
        }
        Ok(Some(builder.conf_path_template(path)))
    })
}

/// A worker serves nothing else while it compares a password. A file that cannot be read is for the requests to tell.
fn warn_of_cost(builder: &mut Builder, line: &Line<'_>) {
    let path = builder.conf_path(&line.words[1]);
    let Ok(file) = std::fs::read(&path) else { return };
    let costs = passwords::entries(&file).map(|(user, hash)| (passwords::cost(hash), user));
    if let Some((cost, user)) = costs.max().filter(|&(cost, _)| cost > HIGH_COST) {
        let (user, path) = (text(user), path.display());
        let message = format!("each login of user \"{user}\" in \"{path}\" takes about {cost} ms");
        builder.warn(&message, line.at);
    }
}
