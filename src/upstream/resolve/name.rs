//! Domain names: labels, as text and in a message (RFC 1035, 3.1), and how long they may be (2.3.4).

/// A name other than the root's. In lower case: names are compared without case (RFC 4343).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Name {
    /// Each label behind its length, without the empty one at the end.
    labels: Vec<u8>,
}

/// In octets, with all lengths and the empty label at the end. As text that is 253 characters.
const LONGEST: usize = 255;
/// In octets.
const LONGEST_LABEL: usize = 63;

impl Name {
    /// Labels with dots between them, and none at the end. `None` if a label is empty, or it or the name too long.
    pub fn of(text: &str) -> Option<Self> {
        let mut name = Self::default();
        text.split('.').try_for_each(|label| name.push(label.as_bytes()))?;
        Some(name)
    }

    /// Adds a label at the end. `None` if it is empty, or it or the name too long.
    pub fn push(&mut self, label: &[u8]) -> Option<()> {
        let is_label = (1..=LONGEST_LABEL).contains(&label.len());
        if !is_label || self.labels.len() + 1 + label.len() + 1 > LONGEST {
            return None;
        }
        self.labels.push(label.len() as u8);
        self.labels.extend(label.iter().map(u8::to_ascii_lowercase));
        Some(())
    }

    /// As text, if no octet of it would have to be escaped there: a blank, a dot, one that is not ASCII. `None`
    /// for the root.
    pub fn text(&self) -> Option<Box<str>> {
        let mut text = String::with_capacity(self.labels.len());
        for label in self.labels() {
            if !label.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'.') {
                return None;
            }
            if !text.is_empty() {
                text.push('.');
            }
            text.extend(label.iter().map(|&byte| char::from(byte)));
        }
        (!text.is_empty()).then(|| text.into())
    }

    /// Appends it as it stands in a message, without compression.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.labels);
        out.push(0);
    }

    /// Whether it is `zone` or has it at its end.
    pub fn is_within(&self, zone: &Self) -> bool {
        let mut rest = &*self.labels;
        while rest.len() > zone.labels.len() {
            let label = 1 + usize::from(rest[0]);
            rest = rest.get(label..).unwrap_or_default();
        }
        rest == zone.labels
    }

    fn labels(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &*self.labels;
        std::iter::from_fn(move || {
            let (&len, behind) = rest.split_first()?;
            let (label, behind) = behind.split_at_checked(usize::from(len))?;
            rest = behind;
            Some(label)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<Box<str>> {
        Name::of(text)?.text()
    }

    #[test]
    fn text_to_labels_and_back() {
        assert_eq!(text("WWW.Example").as_deref(), Some("www.example"));
        assert_eq!(text("_http._tcp.a\\b").as_deref(), Some("_http._tcp.a\\b"));
        let mut out = vec![];
        Name::of("a.bc").unwrap().write(&mut out);
        assert_eq!(out, b"\x01a\x02bc\0");
        for wrong in ["", ".", "a.", ".a", "a..b"] {
            assert_eq!(Name::of(wrong), None, "{wrong}");
        }
        let odd = |label: &[u8]| {
            let mut name = Name::of("a").unwrap();
            name.push(label).map(|()| name.text())
        };
        for label in [&b"a.b"[..], b"a b", b"\0", b"\xff", b"a\n"] {
            assert_eq!(odd(label), Some(None), "{label:?}");
        }
        assert_eq!(Name::default().text(), None, "the root");
    }

    #[test]
    fn the_longest() {
        let label = "a".repeat(63);
        let longest = [&*label, &label, &label, &label[2..]].join(".");
        assert_eq!(longest.len(), 253);
        assert_eq!(text(&longest).as_deref(), Some(&*longest));
        let mut out = vec![];
        Name::of(&longest).unwrap().write(&mut out);
        assert_eq!(out.len(), 255);
        assert_eq!(text(&format!("{longest}a")), None);
        assert_eq!(text(&"a.".repeat(127)[..253]).map(|it| it.len()), Some(253));
        assert_eq!(text(&"a.".repeat(128)[..255]), None);
        assert_eq!((text(&label).is_some(), text(&format!("{label}a"))), (true, None));
    }

    #[test]
    fn zones() {
        let is_within =
            |name: &str, zone: &str| Name::of(name).unwrap().is_within(&Name::of(zone).unwrap());
        assert!(is_within("a.b.test", "b.test") && is_within("b.test", "b.test"));
        assert!(Name::of("a.test").unwrap().is_within(&Name::default()));
        for zone in ["a.b.test", "c.test", "b", "est"] {
            assert!(!is_within("b.test", zone), "{zone}");
        }
        // An octet of a label is no length.
        assert!(!is_within("xx\u{1}a", "a"));
    }
}
