//! crypt(3): the password hashes that the system knows.
//!
//! The function is looked up when it is first needed, in the program or else in the system's libcrypt: a machine without
//! that library can build and run the program, as long as no password file asks for it.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::OnceLock;

use super::Errno;

type CryptR = unsafe extern "C" fn(*const c_char, *const c_char, *mut c_void) -> *mut c_char;

/// What a call may use: the largest `struct crypt_data` that there is has 131,232 bytes.
const DATA: usize = 256 << 10;

/// Names of the library: its second version differs in functions that are not used here.
const LIBRARIES: [&CStr; 2] = [c"libcrypt.so.1", c"libcrypt.so.2"];

/// Why there is no hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CryptError {
    /// The system has no such function.
    Missing,
    /// It does not know the method, or the password has a zero byte or is too long.
    Failed(Errno),
}

/// The hash of a password by the method, the cost and the salt of `setting`, which may be another hash.
pub fn crypt(password: &[u8], setting: &[u8]) -> Result<Vec<u8>, CryptError> {
    let function = function().ok_or(CryptError::Missing)?;
    let invalid = |_| CryptError::Failed(Errno::INVAL);
    let password = CString::new(password).map_err(invalid)?;
    let setting = CString::new(setting).map_err(invalid)?;
    let mut data = vec![0u64; DATA / 8];
    // SAFETY: both strings end in zero and live through the call, and the data is zeroed, aligned and larger than the
    // structure; the result is null or a string in it.
    let hash = unsafe {
        *libc::__errno_location() = 0;
        let hash = function(password.as_ptr(), setting.as_ptr(), data.as_mut_ptr().cast());
        if hash.is_null() { None } else { Some(CStr::from_ptr(hash).to_bytes().to_vec()) }
    };
    hash.ok_or_else(|| CryptError::Failed(Errno::last()))
}

fn function() -> Option<CryptR> {
    static FOUND: OnceLock<Option<CryptR>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let own = || Some(libc::RTLD_DEFAULT);
        let from_libraries = LIBRARIES.iter().map(|name| {
            let flags: c_int = libc::RTLD_NOW | libc::RTLD_LOCAL;
            // SAFETY: the name ends in zero. The library is one of the system's, and is never closed.
            let library = unsafe { libc::dlopen(name.as_ptr(), flags) };
            (!library.is_null()).then_some(library)
        });
        std::iter::once_with(own).chain(from_libraries).flatten().find_map(|library| {
            // SAFETY: the handle is good, and the name ends in zero.
            let symbol = unsafe { libc::dlsym(library, c"crypt_r".as_ptr()) };
            // SAFETY: a function of this name has this type in every C library.
            (!symbol.is_null())
                .then(|| unsafe { std::mem::transmute::<*mut c_void, CryptR>(symbol) })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_and_what_is_none() {
        let hash = b"$1$saltsalt$hZR.9zfJXcVTsa9iTxnQR1".as_slice();
        assert_eq!(crypt(b"pass", hash).as_deref(), Ok(hash));
        assert_ne!(crypt(b"Pass", hash).as_deref(), Ok(hash));
        assert_eq!(crypt(b"a\0b", b"$6$x$"), Err(CryptError::Failed(Errno::INVAL)));
        // Some systems give a word that is no hash, others none.
        let unknown = crypt(b"a", b"$nothing$x");
        assert!(unknown.is_err() || unknown.is_ok_and(|it| it.starts_with(b"*")));
    }
}
