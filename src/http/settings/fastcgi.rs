//! What only the FastCGI module can be told: the parameters, and how the script is found in the uri.

use std::sync::Arc;

use super::cache::Cache;
use crate::conf::directive::text;
use crate::http::vars::{Pattern, Template};
use crate::proto::fastcgi::ParamName;
use crate::settings;

settings! {
    /// The directives that only the FastCGI module has.
    pub struct FastCgi / FastCgiRaw {
        /// `fastcgi_param`, in the order of the file; a block with any of its own does not see the ones around it.
        params: Vec<Param> = vec![],
        /// What is put behind a script's name that ends in a slash.
        index: Box<[u8]> = Box::default(),
        /// Its first group is the script's name, its second the path behind it.
        split_path_info: Option<Arc<Pattern>> = None,
        keep_conn: bool = false,
        /// A message of the server that holds one of these makes its response invalid.
        catch_stderr: Vec<Box<[u8]>> = vec![],

        /// Compiled from `params`: what is sent.
        sent: Params = Params::default(),
        /// The same for a request whose response may be stored; none: the location has no cache.
        sent_to_cache: Option<Params> = None,
    }
}

/// What a server gets with a request.
#[derive(Clone, Debug, Default)]
pub struct Params {
    pub params: Vec<Param>,
    /// The fields of the request whose place a parameter takes, in lower case with `_` for `-`.
    pub replaced: Vec<Box<str>>,
}

/// `fastcgi_param`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Param {
    pub name: ParamName,
    pub value: Template,
    /// It is not sent when it comes to an empty string.
    pub if_not_empty: bool,
}

/// What the name of a parameter begins with that stands for a field of the request.
const FIELD: &[u8] = b"HTTP_";

impl FastCgi {
    /// A parameter of that name is the same in all requests.
    pub fn fixes(&self, name: &[u8]) -> bool {
        let mut set = self.params.iter().filter(|it| it.name.as_bytes() == name);
        set.next().is_some_and(|first| first.value.as_text().is_some())
            && set.all(|other| other.value.as_text().is_some())
    }

    /// What follows from the merged settings of a location.
    pub fn compile(&mut self, cache: Option<&Cache>) {
        let params = std::mem::take(&mut self.params);
        self.sent_to_cache = cache.map(|cache| {
            let mut params = params.clone();
            for (name, value) in cache.conditions() {
                let name = [FIELD, &name.to_ascii_uppercase().replace('-', "_").into_bytes()];
                let name = ParamName::new(&name.concat());
                if !params.iter().any(|param| param.name == name) {
                    params.push(Param { name, value, if_not_empty: true });
                }
            }
            Params::of(params)
        });
        self.sent = Params::of(params);
    }
}

impl Params {
    fn of(mut params: Vec<Param>) -> Self {
        let mut replaced = vec![];
        params.retain(|param| {
            let field = param.name.as_bytes().strip_prefix(FIELD);
            let Some(field) = field.filter(|name| !name.is_empty()) else { return true };
            replaced.push(text(&field.to_ascii_lowercase()).into());
            // It is there to keep the field out.
            !param.value.is_empty()
        });
        Self { params, replaced }
    }
}
