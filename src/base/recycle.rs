//! Structs whose memory serves one request after another: each field is named once, with what it begins as and what
//! becomes of it in between.

/// Buffers that have grown beyond this are freed when their request ends.
pub const KEPT: usize = 4096;

/// Declares a struct, the function that makes one, and the one that makes a used one as new.
///
/// `pub struct Name: new(argument: Type), reset { … }` has `Name::new(argument)` and `name.reset(argument)`;
/// `pub struct Name: default, clear { … }` has [`Default`] and `name.clear()`. A field is one of:
///
/// - `field: Type,`: its default, both times;
/// - `field: Type = value,`: this value, both times; it may use the arguments;
/// - `field: Type => function,`, with or without a value: reused by this `fn(&mut Type)`, which keeps its memory.
#[macro_export]
macro_rules! recycled {
    ($(#[$meta:meta])* pub struct $name:ident: default, $reset:ident { $($fields:tt)+ }) => {
        $crate::recycled! { $(#[$meta])* pub struct $name: fresh(), $reset { $($fields)+ } }

        impl Default for $name {
            fn default() -> Self {
                Self::fresh()
            }
        }
    };
    ($(#[$meta:meta])* pub struct $name:ident: $new:ident($($arg:ident: $of:ty),*), $reset:ident {
        $($(#[$doc:meta])* pub $field:ident: $type:ty $(= $value:expr)? $(=> $reuse:expr)?,)+
    }) => {
        $(#[$meta])*
        pub struct $name { $($(#[$doc])* pub $field: $type,)+ }

        impl $name {
            pub fn $new($($arg: $of),*) -> Self {
                Self { $($field: $crate::recycled!(@value $($value)?),)+ }
            }

            /// Makes it as new where it lies, keeping the memory that is worth keeping.
            pub fn $reset(&mut self, $($arg: $of),*) {
                $($crate::recycled!(@again self.$field, $type, [$($value)?], $($reuse)?);)+
            }
        }
    };
    (@value) => { Default::default() };
    (@value $value:expr) => { $value };
    (@again $place:expr, $type:ty, [$($value:expr)?], $reuse:expr) => {{
        let reuse: fn(&mut $type) = $reuse;
        reuse(&mut $place);
    }};
    (@again $place:expr, $type:ty, [$($value:expr)?],) => {
        $place = $crate::recycled!(@value $($value)?)
    };
}

/// Empties a buffer; frees it if it is large.
pub fn empty(bytes: &mut Vec<u8>) {
    bytes.clear();
    if bytes.capacity() > KEPT {
        *bytes = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, empty};

    recycled! {
        #[derive(PartialEq, Debug)]
        pub struct Used: new(number: u32), reset {
            pub number: u32 = number,
            pub twice: u32 = 2 * number,
            pub count: u8,
            pub left: u8 = 9,
            pub bytes: Vec<u8> => empty,
            pub list: Vec<u8> = vec![0] => |list| list.truncate(1),
        }
    }

    recycled! {
        pub struct Plain: default, clear {
            pub it: Option<u8>,
            pub text: &'static str = "none",
        }
    }

    #[test]
    fn a_used_one_is_as_a_new_one() {
        let mut it = Used::new(3);
        assert_eq!((it.number, it.twice, it.count, it.left, &*it.list), (3, 6, 0, 9, &[0][..]));
        (it.count, it.left) = (1, 2);
        it.bytes.extend_from_slice(b"text");
        it.list.push(1);
        let (bytes, list) = (it.bytes.as_ptr(), it.list.as_ptr());
        it.reset(4);
        assert_eq!(it, Used::new(4));
        assert_eq!((it.bytes.as_ptr(), it.list.as_ptr()), (bytes, list), "memory is kept");
        let mut plain = Plain { it: Some(1), text: "some" };
        plain.clear();
        assert_eq!((plain.it, plain.text), (Plain::default().it, "none"));
    }

    #[test]
    fn large_buffers_are_freed() {
        for (len, kept) in [(KEPT, true), (KEPT + 1, false)] {
            let mut bytes = vec![1; len];
            empty(&mut bytes);
            assert_eq!((bytes.len(), bytes.capacity() > 0), (0, kept), "{len}");
        }
    }
}
