//! Settings that only the memcached module has.

use crate::http::vars::Template;
use crate::settings;

settings! {
    /// The directives that only the memcached module has.
    pub struct Memcached / MemcachedRaw {
        /// A value whose flags have one of these bits is compressed; 0: none is.
        gzip_flag: u32 = 0,
        /// `$memcached_key`, in a block with `memcached_pass`.
        key: Template = Template::default(),
    }
}
