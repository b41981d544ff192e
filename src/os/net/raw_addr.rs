//! An address as the system wants it.

use crate::os::Errno;
use crate::os::addr::Addr;

/// The storage and its length in use.
pub(super) struct RawAddr {
    storage: libc::sockaddr_storage,
    pub(super) len: libc::socklen_t,
}

impl RawAddr {
    pub(super) fn empty() -> Self {
        // SAFETY: zero is a valid `sockaddr_storage`.
        let storage = unsafe { std::mem::zeroed() };
        Self { storage, len: size_of::<libc::sockaddr_storage>() as libc::socklen_t }
    }

    pub(super) fn of(addr: &Addr) -> Result<Self, Errno> {
        let mut raw = Self::empty();
        let at = &raw mut raw.storage;
        // SAFETY: `sockaddr_storage` is large enough and aligned for each kind of address.
        unsafe {
            match addr {
                Addr::Inet(std::net::SocketAddr::V4(v4)) => {
                    let it = &mut *at.cast::<libc::sockaddr_in>();
                    it.sin_family = libc::AF_INET as libc::sa_family_t;
                    it.sin_port = v4.port().to_be();
                    it.sin_addr.s_addr = u32::from_ne_bytes(v4.ip().octets());
                    raw.len = size_of::<libc::sockaddr_in>() as libc::socklen_t;
                }
                Addr::Inet(std::net::SocketAddr::V6(v6)) => {
                    let it = &mut *at.cast::<libc::sockaddr_in6>();
                    it.sin6_family = libc::AF_INET6 as libc::sa_family_t;
                    it.sin6_port = v6.port().to_be();
                    it.sin6_addr.s6_addr = v6.ip().octets();
                    it.sin6_scope_id = v6.scope_id();
                    it.sin6_flowinfo = v6.flowinfo();
                    raw.len = size_of::<libc::sockaddr_in6>() as libc::socklen_t;
                }
                Addr::Unix(path) => {
                    let it = &mut *at.cast::<libc::sockaddr_un>();
                    it.sun_family = libc::AF_UNIX as libc::sa_family_t;
                    let bytes = path.as_os_str().as_encoded_bytes();
                    if bytes.len() >= it.sun_path.len() {
                        return Err(Errno::NAMETOOLONG);
                    }
                    for (slot, &byte) in it.sun_path.iter_mut().zip(bytes) {
                        *slot = byte as libc::c_char;
                    }
                    let head = std::mem::offset_of!(libc::sockaddr_un, sun_path);
                    raw.len = (head + bytes.len() + 1) as libc::socklen_t;
                }
            }
        }
        Ok(raw)
    }

    pub(super) fn at(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    pub(super) fn at_mut(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.storage).cast()
    }

    pub(super) fn to_addr(&self) -> Addr {
        use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};
        let at = &raw const self.storage;
        // SAFETY: the family says which kind of address the kernel wrote; each fits the storage.
        unsafe {
            match i32::from(self.storage.ss_family) {
                libc::AF_INET => {
                    let it = &*at.cast::<libc::sockaddr_in>();
                    let ip = Ipv4Addr::from(it.sin_addr.s_addr.to_ne_bytes());
                    Addr::Inet(SocketAddrV4::new(ip, u16::from_be(it.sin_port)).into())
                }
                libc::AF_INET6 => {
                    let it = &*at.cast::<libc::sockaddr_in6>();
                    let ip = Ipv6Addr::from(it.sin6_addr.s6_addr);
                    let port = u16::from_be(it.sin6_port);
                    let v6 = SocketAddrV6::new(ip, port, it.sin6_flowinfo, it.sin6_scope_id);
                    Addr::Inet(v6.into())
                }
                _ => {
                    let it = &*at.cast::<libc::sockaddr_un>();
                    let head = std::mem::offset_of!(libc::sockaddr_un, sun_path);
                    let most = (self.len as usize).saturating_sub(head).min(it.sun_path.len());
                    let path: Vec<u8> = it.sun_path[..most]
                        .iter()
                        .map(|&c| c as u8)
                        .take_while(|&c| c != 0)
                        .collect();
                    use std::os::unix::ffi::OsStringExt;
                    Addr::Unix(std::ffi::OsString::from_vec(path).into())
                }
            }
        }
    }
}
