//! What few of many have: one word where there is none.

use std::ops::Deref;

/// A value that is allocated when it is first written to; before, it reads as [`Rarely::NONE`].
///
/// The allocation stays for the next user of the word, so that steady traffic allocates nothing.
#[derive(Debug)]
pub struct Rare<T>(Option<Box<T>>);

pub trait Rarely: Sized + 'static {
    /// What there is where there is nothing.
    const NONE: &'static Self;
    /// As [`Self::NONE`], with the memory that it has.
    fn clear(&mut self);
}

impl<T: Rarely + Default> Rare<T> {
    /// To be written to; allocated if there is none yet.
    pub fn get_or_insert(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}

impl<T: Rarely> Rare<T> {
    /// To be written to, if it has a place: what is only taken away needs none.
    pub fn if_any(&mut self) -> Option<&mut T> {
        self.0.as_deref_mut()
    }

    pub fn clear(&mut self) {
        if let Some(it) = &mut self.0 {
            it.clear();
        }
    }
}

impl<T: Rarely> Deref for Rare<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or(T::NONE)
    }
}

impl<T> Default for Rare<T> {
    fn default() -> Self {
        Self(None)
    }
}
