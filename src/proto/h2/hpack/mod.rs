//! HPACK (RFC 7541): the compression of fields, with a table of former ones at each end.
//!
//! | file | what it is |
//! |---|---|
//! | `integer`, `huffman` | how numbers and strings are written |
//! | `static_table`, `table` | the fields that an index can stand for |
//! | `decoder`, `encoder` | blocks of fields, in and out |

mod decoder;
mod encoder;
mod huffman;
mod integer;
mod static_table;
mod table;

pub use decoder::{Decoder, Malformed};
pub use encoder::Encoder;
pub use table::Field;
