//! `userid` and its kin: a cookie that tells one client from another.

use crate::http::vars::Var;
use crate::settings;

settings! {
    /// The userid module.
    pub struct Userid / UseridRaw {
        mode: Mode = Mode::Off,
        service: Option<u32> = None,
        name: Box<[u8]> = (*b"uid").into(),
        /// Empty: the cookie names none.
        domain: Box<[u8]> = Box::default(),
        path: Box<[u8]> = (*b"/").into(),
        expires: Expires = Expires::Never,
        flags: Flags = Flags::default(),
        /// What marks a cookie as one of this configuration's.
        mark: Option<u8> = None,
        /// Empty: there is no such field.
        p3p: Box<[u8]> = Box::default(),
        /// `$uid_reset`, which the configuration may define.
        reset: Option<Var> = None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mode {
    Off,
    /// The cookie is read and not set.
    Log,
    /// Cookies of the first version are set.
    V1,
    /// Cookies of the second version are set.
    On,
}

/// When the cookie ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expires {
    /// With the session of the browser.
    Never,
    /// On `Thu, 31-Dec-37 23:55:55 GMT`.
    Max,
    /// After seconds.
    After(u64),
}

/// Attributes of the cookie.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags {
    pub secure: bool,
    pub http_only: bool,
    /// `strict`, `lax`, `none`
    pub same_site: Option<&'static str>,
}

impl Userid {
    /// Responses set the cookie where the client has none.
    pub fn sets(&self) -> bool {
        self.mode >= Mode::V1
    }
}
