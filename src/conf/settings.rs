//! One declaration of a module's settings: field, type and default, once.

/// Declares one module's settings: what a block may set (`…Raw`), how a block inherits (`inherit`, or as it is named
/// behind a comma), what it comes to.
///
/// Rules that a default cannot express (compiled lists, values that depend on each other) are a
/// method of the module, called after `inherit`.
#[macro_export]
macro_rules! settings {
    ($(#[$meta:meta])* pub struct $name:ident / $raw:ident { $($rest:tt)+ }) => {
        $crate::settings! { $(#[$meta])* pub struct $name / $raw, inherit { $($rest)+ } }
    };
    ($(#[$meta:meta])* pub struct $name:ident / $raw:ident, $inherit:ident {
        $($(#[$doc:meta])* $field:ident: $type:ty = $default:expr,)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name { $($(#[$doc])* pub $field: $type,)+ }

        /// What one block sets: `None` is inherited.
        #[derive(Clone, Debug, Default)]
        pub struct $raw { $(pub $field: Option<$type>,)+ }

        impl $raw {
            /// What this block leaves unset it takes from the block around it.
            pub fn $inherit(&mut self, outer: &Self) {
                $(if self.$field.is_none() { self.$field.clone_from(&outer.$field); })+
            }
            pub fn freeze(self) -> $name {
                $name { $($field: self.$field.unwrap_or_else(|| $default),)+ }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                $raw::default().freeze()
            }
        }
    };
}
