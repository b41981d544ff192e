//! The headers-more module: fields of requests and responses that are set or removed.

use crate::http::vars::Template;
use crate::proto::Name;
use crate::settings;

settings! {
    /// Lines of outer blocks come before those of a block.
    pub struct HeadersMore / HeadersMoreRaw, inherit_unset {
        /// `more_set_headers`, `more_clear_headers`
        output: Vec<Edit> = vec![],
        /// `more_set_input_headers`, `more_clear_input_headers`
        input: Vec<Edit> = vec![],
    }
}

impl HeadersMoreRaw {
    pub fn inherit(&mut self, outer: &Self) {
        join(&mut self.output, outer.output.as_deref());
        join(&mut self.input, outer.input.as_deref());
        self.inherit_unset(outer);
    }
}

fn join(own: &mut Option<Vec<Edit>>, outer: Option<&[Edit]>) {
    if let (Some(own), Some(outer)) = (own, outer) {
        own.splice(0..0, outer.iter().cloned());
    }
}

/// One line: which messages it is for, and what becomes of their fields.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// `-s`; none: any.
    pub statuses: Vec<u16>,
    /// `-t`; none: any.
    pub types: Vec<Box<[u8]>>,
    /// `-r`: only a field that is there is set.
    pub only_replaces: bool,
    pub fields: Vec<EditField>,
}

#[derive(Clone, Debug)]
pub struct EditField {
    pub name: Box<[u8]>,
    pub id: Name,
    /// `name` is how the names of the fields begin.
    pub is_prefix: bool,
    /// The field is removed if it comes to an empty string.
    pub value: Template,
}

impl Edit {
    /// Whether it is for a response with this status and this type, whose parameters do not matter.
    pub fn is_for_response(&self, status: u16, content_type: &[u8]) -> bool {
        let end = memchr::memchr(b';', content_type).unwrap_or(content_type.len());
        (self.statuses.is_empty() || self.statuses.contains(&status))
            && self.is_for_type(content_type[..end].trim_ascii_end())
    }

    /// Whether it is for a request with this type, which has its parameters; empty: none.
    pub fn is_for_request(&self, content_type: &[u8]) -> bool {
        self.is_for_type(content_type)
    }

    fn is_for_type(&self, media: &[u8]) -> bool {
        self.types.is_empty() || self.types.iter().any(|it| **it == *media)
    }
}

impl EditField {
    pub fn is_meant(&self, id: Name, name: &[u8]) -> bool {
        match self.is_prefix {
            true => name
                .get(..self.name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(&self.name)),
            false => id == self.id && (id != Name::Other || name.eq_ignore_ascii_case(&self.name)),
        }
    }
}
