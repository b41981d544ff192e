//! Which location a uri belongs to, by nginx's rules, without allocation.
//!
//! At each level (a server, or a location with others inside): an exact match wins; else the longest
//! prefix is entered and the search goes on inside it; then, unless that prefix was `^~`, the regular
//! expressions of the level are tried in order, and the first that matches wins and is entered.

use std::sync::Arc;

use super::ids::LocationId;
use super::vars::{Pattern, Slot};
use crate::base::regex::{Captures, MatchError};

/// The locations directly inside a server or location.
#[derive(Debug, Default)]
pub struct Locations {
    /// Sorted by name.
    prefixes: Vec<Prefix>,
    regexes: Vec<(Arc<Pattern>, LocationId)>,
    /// `/dir/` of locations that hand over to another server, without the slash: sorted.
    redirects: Vec<(Box<[u8]>, LocationId)>,
}

#[derive(Debug)]
struct Prefix {
    name: Box<[u8]>,
    exact: Option<LocationId>,
    inclusive: Option<LocationId>,
    /// The longest other name that this one begins with.
    parent: Option<u32>,
}

/// A location, as far as the search looks at it.
pub trait Level {
    /// Those directly inside it.
    fn locations(&self) -> &Locations;
    /// It is entered before any regular expression of the level that it is in is tried.
    fn noregex(&self) -> bool;
}

/// Where a uri led.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The root itself if nothing inside it matched.
    pub location: LocationId,
    /// The uri lacks only the final slash of a proxied location's name: answer 301 to that.
    pub redirect: bool,
    /// The named groups (slot, group) to take over from the captures.
    pub named: &'a [(Slot, usize)],
}

/// Searches from `root`, a server's own location. Captures are changed only if an expression matched.
pub fn find<'a>(
    locations: &'a [impl Level],
    root: LocationId,
    uri: &[u8],
    captures: &mut Captures,
) -> Result<Found<'a>, MatchError> {
    let mut found = Found { location: root, redirect: false, named: &[] };
    descend(locations, uri, captures, &mut found)?;
    Ok(found)
}

/// Searches inside `found.location`; true if the search is over.
fn descend<'a>(
    all: &'a [impl Level],
    uri: &[u8],
    captures: &mut Captures,
    found: &mut Found<'a>,
) -> Result<bool, MatchError> {
    let level = all[found.location.index()].locations();
    let mut noregex = false;
    match level.find_static(uri) {
        Static::Exact(id) => {
            found.location = id;
            return Ok(true);
        }
        Static::Redirect(id) => {
            found.location = id;
            found.redirect = true;
            return Ok(true);
        }
        Static::Prefix(id) => {
            found.location = id;
            noregex = all[id.index()].noregex();
            if descend(all, uri, captures, found)? {
                return Ok(true);
            }
        }
        Static::None => {}
    }
    if noregex {
        return Ok(false);
    }
    for (pattern, id) in &level.regexes {
        if pattern.regex.captures(uri, captures)? {
            found.location = *id;
            found.named = &pattern.named;
            descend(all, uri, captures, found)?;
            return Ok(true);
        }
    }
    Ok(false)
}

enum Static {
    None,
    Exact(LocationId),
    Prefix(LocationId),
    Redirect(LocationId),
}

impl Locations {
    fn find_static(&self, uri: &[u8]) -> Static {
        // The last name that is not after the uri: a name that the uri begins with is this one or
        // one of those that this one begins with.
        let after = self.prefixes.partition_point(|prefix| &*prefix.name <= uri);
        let mut next = after.checked_sub(1).map(|at| at as u32);
        let mut best = Static::None;
        while let Some(at) = next {
            let prefix = &self.prefixes[at as usize];
            next = prefix.parent;
            if !uri.starts_with(&prefix.name) {
                continue;
            }
            if prefix.name.len() == uri.len() {
                if let Some(id) = prefix.exact {
                    return Static::Exact(id);
                }
                // The whole uri is this location's name: nothing is left to be redirected.
                if let Some(id) = prefix.inclusive {
                    return Static::Prefix(id);
                }
            }
            if let Some(id) = prefix.inclusive {
                best = Static::Prefix(id);
                break;
            }
        }
        match self.redirects.binary_search_by(|(name, _)| (**name).cmp(uri)) {
            Ok(at) => Static::Redirect(self.redirects[at].1),
            Err(_) => best,
        }
    }

    /// Puts a location in; false if its name is there already.
    #[must_use]
    pub fn insert(&mut self, name: &[u8], exact: bool, id: LocationId) -> bool {
        let at = match self.prefixes.binary_search_by(|prefix| (*prefix.name).cmp(name)) {
            Ok(at) => at,
            Err(at) => {
                let prefix =
                    Prefix { name: name.into(), exact: None, inclusive: None, parent: None };
                self.prefixes.insert(at, prefix);
                at
            }
        };
        let slot = match exact {
            true => &mut self.prefixes[at].exact,
            false => &mut self.prefixes[at].inclusive,
        };
        let free = slot.is_none();
        slot.get_or_insert(id);
        free
    }

    pub fn insert_regex(&mut self, pattern: Arc<Pattern>, id: LocationId) {
        self.regexes.push((pattern, id));
    }

    /// `name`, which ends in a slash, is handed to another server: without the slash it is a redirect.
    pub fn insert_redirect(&mut self, name: &[u8], id: LocationId) {
        let Some(name) = name.strip_suffix(b"/") else {
            return;
        };
        if let Err(at) = self.redirects.binary_search_by(|(known, _)| (**known).cmp(name)) {
            self.redirects.insert(at, (name.into(), id));
        }
    }

    /// Links each name to the longest one it begins with. Called once, when all are in.
    pub fn link(&mut self) {
        for at in 0..self.prefixes.len() {
            let (before, rest) = self.prefixes.split_at_mut(at);
            let mut parent = at.checked_sub(1).map(|at| at as u32);
            while let Some(candidate) = parent {
                let other = &before[candidate as usize];
                if rest[0].name.starts_with(&other.name) {
                    break;
                }
                parent = other.parent;
            }
            rest[0].parent = parent;
        }
    }
}
