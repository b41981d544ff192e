//! `map`: a variable whose value depends on another string.

use crate::base::regex::{Captures, MatchError};
use crate::http::servers::Names;
use crate::http::vars::{Slot, Template};

/// One `map` block.
#[derive(Debug)]
pub struct Map {
    /// The variable's name, without `$`.
    pub name: Box<[u8]>,
    /// Where a request keeps the value once it is known (and where `set` would put another).
    pub slot: Slot,
    pub key: Template,
    pub volatile: bool,
    pub hostnames: bool,
    /// Keys, in lower case, to indices into `values`.
    pub names: Names<u32>,
    pub values: Vec<Template>,
    pub default: Template,
}

impl Map {
    /// The value for a key. Captures are those of the regular expression that matched, if one did.
    pub fn find(&self, key: &[u8], captures: &mut Captures) -> Result<Found<'_>, MatchError> {
        let key = match key {
            [host @ .., b'.'] if self.hostnames => host,
            _ => key,
        };
        Ok(match self.names.find(key, captures)? {
            Some(found) => Found { value: &self.values[found.value as usize], named: found.named },
            None => self.default(),
        })
    }

    pub fn default(&self) -> Found<'_> {
        Found { value: &self.default, named: &[] }
    }
}

/// The value, and the named groups (slot, group) to take over from the captures.
#[derive(Debug)]
pub struct Found<'a> {
    pub value: &'a Template,
    pub named: &'a [(Slot, usize)],
}
