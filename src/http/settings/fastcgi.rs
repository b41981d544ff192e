//! Settings that only the FastCGI module has.

use std::sync::Arc;

use crate::http::vars::Pattern;
use crate::settings;

settings! {
    /// The directives that only the FastCGI module has.
    pub struct FastCgi / FastCgiRaw {
        /// What is put behind a script's name that ends in a slash.
        index: Box<[u8]> = Box::default(),
        /// Its first group is the script's name, its second the path behind it.
        split_path_info: Option<Arc<Pattern>> = None,
        keep_conn: bool = false,
        /// A message of the server that holds one of these makes its response invalid.
        catch_stderr: Vec<Box<[u8]>> = vec![],
    }
}
