//! `types`: media types by file name extension.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Extension, in lower case and without the dot, to media type.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Types {
    pub by_extension: HashMap<Box<[u8]>, Arc<[u8]>>,
}

impl Types {
    /// What holds where no `types` is given.
    pub fn standard() -> Arc<Self> {
        static STANDARD: OnceLock<Arc<Types>> = OnceLock::new();
        let make = || {
            let mut types = Self::default();
            for (extension, media) in
                [("html", "text/html"), ("gif", "image/gif"), ("jpg", "image/jpeg")]
            {
                types.insert(extension.as_bytes(), media.as_bytes().into());
            }
            Arc::new(types)
        };
        STANDARD.get_or_init(make).clone()
    }

    /// The type before this one of the same extension, if there was one.
    pub fn insert(&mut self, extension: &[u8], media: Arc<[u8]>) -> Option<Arc<[u8]>> {
        self.by_extension.insert(extension.to_ascii_lowercase().into(), media)
    }

    /// The type of a path by the extension of its last part.
    pub fn of(&self, path: &[u8]) -> Option<&[u8]> {
        let name = path.rsplit(|&byte| byte == b'/').next()?;
        let dot = name.iter().rposition(|&byte| byte == b'.')?;
        let extension = &name[dot + 1..];
        let mut lower = [0; 32];
        let lower = lower.get_mut(..extension.len())?;
        lower.copy_from_slice(extension);
        lower.make_ascii_lowercase();
        self.by_extension.get(&*lower).map(|media| &**media)
    }
}

#[cfg(test)]
mod tests {
    use super::Types;

    #[test]
    fn by_extension() {
        let types = Types::standard();
        assert_eq!(types.of(b"/a.b/x.HTML"), Some(&b"text/html"[..]));
        assert_eq!(types.of(b"/a.html/x"), None);
        assert_eq!(types.of(b"/x."), None);
    }
}
