//! The rewrite module: what runs, in the order of the file, before anything else in a server or location.

use crate::http::vars::{Slot, Template};

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RewriteOp {
    Set { target: SetTarget, value: Template },
    Return(Return),
}

/// What `set` may change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetTarget {
    Slot(Slot),
    Args,
    LimitRate,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Return {
    pub status: u16,
    /// The address of a redirect, or the body; absent: the status alone, with its built-in page.
    pub text: Option<Template>,
}

impl Return {
    /// Whether `text` goes into `Location`.
    pub fn is_redirect(&self) -> bool {
        self.text.is_some() && matches!(self.status, 301..=303 | 307 | 308)
    }
}
