//! `secure_link` and its kin: addresses that carry a proof of where they come from.

use crate::http::vars::Template;
use crate::settings;

settings! {
    /// The secure_link module.
    pub struct SecureLink / SecureLinkRaw, inherit_all {
        /// The sum of a link, and behind a comma when it expires.
        link: Option<Template> = None,
        /// What the sum is of.
        md5: Option<Template> = None,
        /// `secure_link_secret`: the sum stands in the path.
        secret: Option<Box<[u8]>> = None,
    }
}

impl SecureLinkRaw {
    /// A block with a secret of its own has nothing else, and one with anything else no secret.
    pub fn inherit(&mut self, outer: &Self) {
        if self.secret.is_some() {
            return;
        }
        self.inherit_all(outer);
        if self.link.is_some() || self.md5.is_some() {
            self.secret = None;
        }
    }
}

impl SecureLink {
    /// An error is nginx's message.
    pub fn check(&self) -> Result<(), &'static str> {
        match self.secret.is_some() && (self.link.is_some() || self.md5.is_some()) {
            true => Err("\"secure_link_secret\" cannot be mixed with \"secure_link\" and \
                         \"secure_link_md5\""),
            false => Ok(()),
        }
    }
}
