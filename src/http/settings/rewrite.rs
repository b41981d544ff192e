//! The rewrite module: what runs, in the order of the file, before anything else in a server or location.

use std::sync::Arc;

use super::lua::SetByLua;
use super::set_misc::SetMisc;
use crate::http::ids::LocationId;
use crate::http::slots::SetTarget;
use crate::http::vars::{Pattern, Template, Var};
use crate::settings;

settings! {
    /// How the module speaks.
    pub struct Rewriting / RewritingRaw {
        /// `rewrite_log`: at the level notice.
        log: bool = false,
        uninitialized_variable_warn: bool = true,
    }
}

#[derive(Clone, Debug)]
pub enum RewriteOp {
    Set { target: SetTarget, value: Template },
    Return(Return),
    Break,
    Rewrite(Arc<Rewrite>),
    Misc(Arc<SetMisc>),
    Lua(Arc<SetByLua>),
    If(Box<If>),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Return {
    pub status: u16,
    /// The address of a redirect, or the body; absent: the status alone, with its built-in page.
    pub text: Option<Template>,
}

/// `rewrite`
#[derive(Debug)]
pub struct Rewrite {
    /// As written, for the log.
    pub name: Box<[u8]>,
    pub pattern: Arc<Pattern>,
    /// The new uri; of a redirect the whole address.
    pub to: Template,
    /// What stood behind a `?` in the replacement; not of a redirect.
    pub args: Option<Template>,
    /// The request's arguments are added: the replacement does not end in `?`.
    pub keep_args: bool,
    /// A redirect's address has a `?` in it.
    pub has_query: bool,
    pub then: Then,
}

/// What follows a match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Then {
    Next,
    /// A location is sought again.
    Last,
    /// This location serves the new uri.
    Break,
    /// The client is sent there.
    Redirect(u16),
}

/// `if`
#[derive(Clone, Debug)]
pub struct If {
    pub condition: Condition,
    pub ops: Vec<RewriteOp>,
    /// Inside a location: the settings that hold from then on.
    pub location: Option<LocationId>,
}

#[derive(Clone, Debug)]
pub enum Condition {
    /// Neither empty nor `0`.
    True(Var),
    Equal {
        var: Var,
        value: Template,
        not: bool,
    },
    Matches {
        var: Var,
        name: Box<[u8]>,
        pattern: Arc<Pattern>,
        not: bool,
    },
    File {
        test: FileTest,
        path: Template,
        not: bool,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileTest {
    File,
    Directory,
    Exists,
    Executable,
}
