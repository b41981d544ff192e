//! `allow` and `deny`: the first rule that holds the client's address decides.

use crate::http::networks::Net;
use crate::os::addr::Addr;
use crate::settings;

settings! {
    /// The access module.
    pub struct Access / AccessRaw {
        /// In the order of the file; a block with any of its own does not see the ones around it.
        rules: Vec<Rule> = vec![],
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    pub allow: bool,
    pub net: Net,
}

impl Access {
    /// The verdict, if a rule has one: `Some(false)` is 403.
    pub fn decide(&self, client: &Addr) -> Option<bool> {
        self.rules.iter().find(|rule| rule.net.holds(client)).map(|rule| rule.allow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_decides() {
        let rule = |allow, net| Rule { allow, net: Net::parse(net).unwrap().0 };
        let rules = vec![
            rule(false, "192.168.1.1"),
            rule(true, "192.168.1.0/24"),
            rule(true, "2001:db8::/32"),
            rule(true, "unix:"),
            rule(false, "all"),
        ];
        let access = Access { rules };
        let decide = |addr| access.decide(&Addr::parse(addr).unwrap());
        assert_eq!(decide("192.168.1.1:5"), Some(false));
        assert_eq!(decide("192.168.1.9:5"), Some(true));
        assert_eq!(decide("192.168.2.9:5"), Some(false));
        assert_eq!(decide("[2001:db8:1::9]:5"), Some(true));
        assert_eq!(decide("[::ffff:192.168.1.9]:5"), Some(true));
        assert_eq!(decide("[2001:db9::]:5"), Some(false));
        assert_eq!(decide("unix:/x"), Some(true));
        assert_eq!(Access { rules: vec![] }.decide(&Addr::parse("unix:").unwrap()), None);
    }
}
