//! `auth_basic` and `auth_basic_user_file`: access by name and password.

use crate::http::vars::Template;
use crate::settings;

settings! {
    /// The auth_basic module.
    pub struct AuthBasic / AuthBasicRaw {
        /// None, and what comes to `off`: no name is asked for.
        realm: Option<Template> = None,
        /// Absolute if its beginning is constant.
        user_file: Option<Template> = None,
    }
}

impl AuthBasic {
    pub fn is_any(&self) -> bool {
        self.realm.is_some() && self.user_file.is_some()
    }
}
