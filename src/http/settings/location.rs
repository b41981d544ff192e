//! The modules that can be told something of a location: one list of their settings.

use super::access::{Access, AccessRaw};
use super::addition::{Addition, AdditionRaw};
use super::auth_basic::{AuthBasic, AuthBasicRaw};
use super::auth_request::{AuthRequest, AuthRequestRaw};
use super::autoindex::{Autoindex, AutoindexRaw};
use super::brotli::{Brotli, BrotliRaw};
use super::browser::{Browser, BrowserRaw};
use super::charset::{CharsetRaw, CharsetSettings};
use super::core::{Core, CoreRaw};
use super::dav::{Dav, DavRaw};
use super::fastcgi::{FastCgi, FastCgiRaw};
use super::gzip::{Gzip, GzipRaw};
use super::headers::{Headers, HeadersRaw};
use super::headers_more::{HeadersMore, HeadersMoreRaw};
use super::limits::{LimitConn, LimitConnRaw, LimitReq, LimitReqRaw};
use super::log::{Log, LogRaw};
use super::lua::{LuaRaw, LuaSettings};
use super::memcached::{Memcached, MemcachedRaw};
use super::mirror::{Mirror, MirrorRaw};
use super::mp4::{Mp4, Mp4Raw};
use super::otel::{Otel, OtelRaw};
use super::proxy::{Proxy, ProxyRaw};
use super::proxy_cookies::{Cookies, CookiesRaw};
use super::real_ip::{RealIp, RealIpRaw};
use super::referer::{Referers, ReferersRaw};
use super::rewrite::{Rewriting, RewritingRaw};
use super::secure_link::{SecureLink, SecureLinkRaw};
use super::set_misc::{Base32, Base32Raw};
use super::slice::{SliceRaw, SliceSettings};
use super::ssi::{Ssi, SsiRaw};
use super::sub::{Sub, SubRaw};
use super::userid::{Userid, UseridRaw};
use super::uwsgi::{Uwsgi, UwsgiRaw};
use crate::http::filters::HeadFilters;

macro_rules! modules {
    ($($field:ident: $settings:ty, $raw:ty;)+) => {
        /// The settings of each module in a location, blocks merged.
        #[derive(Debug)]
        pub struct Settings { $(pub $field: $settings,)+ }

        /// What one block says to each module.
        #[derive(Debug, Default)]
        pub struct SettingsRaw { $(pub $field: $raw,)+ }

        impl SettingsRaw {
            /// What this block leaves unset it takes from the block around it.
            pub fn inherit(&mut self, outer: &Self) {
                $(self.$field.inherit(&outer.$field);)+
            }

            pub fn freeze(self) -> Settings {
                Settings { $($field: self.$field.freeze(),)+ }
            }
        }
    };
}

modules! {
    core: Core, CoreRaw;
    proxy: Proxy, ProxyRaw;
    cookies: Cookies, CookiesRaw;
    fastcgi: FastCgi, FastCgiRaw;
    uwsgi: Uwsgi, UwsgiRaw;
    memcached: Memcached, MemcachedRaw;
    brotli: Brotli, BrotliRaw;
    gzip: Gzip, GzipRaw;
    addition: Addition, AdditionRaw;
    browser: Browser, BrowserRaw;
    charset: CharsetSettings, CharsetRaw;
    sub: Sub, SubRaw;
    ssi: Ssi, SsiRaw;
    slice: SliceSettings, SliceRaw;
    headers: Headers, HeadersRaw;
    real_ip: RealIp, RealIpRaw;
    headers_more: HeadersMore, HeadersMoreRaw;
    limit_req: LimitReq, LimitReqRaw;
    limit_conn: LimitConn, LimitConnRaw;
    access: Access, AccessRaw;
    auth_basic: AuthBasic, AuthBasicRaw;
    auth_request: AuthRequest, AuthRequestRaw;
    referers: Referers, ReferersRaw;
    autoindex: Autoindex, AutoindexRaw;
    dav: Dav, DavRaw;
    secure_link: SecureLink, SecureLinkRaw;
    userid: Userid, UseridRaw;
    otel: Otel, OtelRaw;
    mirror: Mirror, MirrorRaw;
    mp4: Mp4, Mp4Raw;
    log: Log, LogRaw;
    lua: LuaSettings, LuaRaw;
    rewriting: Rewriting, RewritingRaw;
    base32: Base32, Base32Raw;
}

impl Settings {
    /// The filters of heads that have something to do by these settings.
    pub fn filters(&self) -> HeadFilters {
        let rules = [
            (self.slice.size > 0, HeadFilters::SLICE),
            (!self.headers_more.output.is_empty(), HeadFilters::HEADERS_MORE),
            (self.headers.is_any(), HeadFilters::HEADERS),
            (self.userid.sets(), HeadFilters::USERID),
            (self.lua.header_filter.or(self.lua.body_filter).is_some(), HeadFilters::LUA),
            (self.gzip.gunzip, HeadFilters::GUNZIP),
            (self.addition.is_any(), HeadFilters::ADDITION),
            (!self.sub.pairs.list.is_empty(), HeadFilters::SUB),
            (self.charset.is_any(), HeadFilters::CHARSET),
            (self.ssi.is_on, HeadFilters::SSI),
            (self.brotli.is_on, HeadFilters::BROTLI),
            (self.gzip.is_on, HeadFilters::GZIP),
        ];
        let asked = rules.into_iter().filter(|(is_asked, _)| *is_asked);
        asked.fold(HeadFilters::NONE, |all, (_, filter)| all.and(filter))
    }
}
