//! A `&mut` that callbacks of an interpreter find while one call lasts.

use std::cell::Cell;
use std::ptr;

/// Where a value is lent: callbacks hold it behind an `Rc`, and find the value during [`Lent::lend`] alone.
pub struct Lent<T> {
    /// Null: nothing is lent, or a callback has it at this moment.
    value: Cell<*mut T>,
}

/// Puts the former pointer back, when a call unwinds, too.
struct Former<'a, T> {
    value: &'a Cell<*mut T>,
    former: *mut T,
}

impl<T> Drop for Former<'_, T> {
    fn drop(&mut self) {
        self.value.set(self.former);
    }
}

impl<T> Default for Lent<T> {
    fn default() -> Self {
        Self { value: Cell::new(ptr::null_mut()) }
    }
}

impl<T> Lent<T> {
    /// Calls `call`, during which [`Lent::with`] finds `value`.
    pub fn lend<R>(&self, value: &mut T, call: impl FnOnce() -> R) -> R {
        let _former = Former { value: &self.value, former: self.value.replace(value) };
        call()
    }

    /// Hands out what is lent; none, if nothing is, or within another `with`.
    pub fn with<R>(&self, call: impl FnOnce(&mut T) -> R) -> Option<R> {
        let former = self.value.replace(ptr::null_mut());
        let _former = Former { value: &self.value, former };
        // SAFETY: a pointer that is not null comes from the `&mut T` of a `lend` whose call lasts still, because its
        // guard takes the pointer away at its end. That reference is not used meanwhile, and no second one is made
        // of it: the pointer is null until this function's guard puts it back.
        unsafe { former.as_mut() }.map(call)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::Lent;

    #[test]
    fn a_value_is_found_while_it_is_lent() {
        let lent = Lent::default();
        assert_eq!(lent.with(|n: &mut i32| *n), None);
        let mut number = 1;
        lent.lend(&mut number, || assert_eq!(lent.with(|n| *n += 1), Some(())));
        assert_eq!((number, lent.with(|n| *n)), (2, None));
    }

    #[test]
    fn two_callbacks_never_have_it_at_once() {
        let lent = Lent::default();
        let mut number = 1;
        lent.lend(&mut number, || {
            lent.with(|n: &mut i32| {
                assert_eq!(lent.with(|n| *n), None);
                // It may be lent on.
                lent.lend(n, || assert_eq!(lent.with(|n| *n), Some(1)));
                assert_eq!(lent.with(|n| *n), None);
            });
            assert_eq!(lent.with(|n| *n), Some(1));
        });
    }

    #[test]
    fn a_panic_leaves_nothing_behind() {
        let lent = Lent::default();
        let mut number = 1;
        let call = || lent.lend(&mut number, || lent.with(|_: &mut i32| panic!("x")));
        assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
        assert_eq!(lent.with(|n| *n), None);
    }
}
