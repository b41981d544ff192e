//! `sub_filter`: strings of a body that are replaced.

use std::sync::{Arc, OnceLock};

use super::media_types::MediaTypes;
use crate::base::strings::Strings;
use crate::http::vars::Template;
use crate::settings;

settings! {
    /// The sub module.
    pub struct Sub / SubRaw {
        pairs: Arc<Pairs> = Arc::default(),
        types: MediaTypes = MediaTypes::default(),
        once: bool = true,
        last_modified: bool = false,
    }
}

/// The lines of one block, which the blocks inside share.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    pub list: Vec<Pair>,
    /// What is searched for, unless variables are a part of it.
    compiled: OnceLock<Strings>,
}

/// One line: what is replaced by what.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Not empty, but what variables come to may be: then the line says nothing.
    pub string: Template,
    pub by: Template,
}

impl Pairs {
    /// Makes ready what no variable is a part of.
    pub fn compile(&self) -> Result<(), String> {
        let texts = self.list.iter().map(|it| it.string.as_text().map(Into::into));
        let Some(texts) = texts.collect::<Option<Vec<Box<[u8]>>>>() else { return Ok(()) };
        if texts.is_empty() || self.compiled.get().is_some() {
            return Ok(());
        }
        let strings = Strings::new(texts).ok_or("the strings of \"sub_filter\" are too long")?;
        let _ = self.compiled.set(strings);
        Ok(())
    }

    /// None: they depend on variables.
    pub fn strings(&self) -> Option<&Strings> {
        self.compiled.get()
    }
}
