//! The numbers of what a configuration has, so that its parts can name one another.

macro_rules! indices {
    ($($(#[$doc:meta])* $name:ident,)+) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);
        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )+ };
}

indices! {
    /// Of `Http::servers`.
    ServerId,
    /// Of `Http::locations`.
    LocationId,
    /// Of `Http::listens`.
    ListenIndex,
}
