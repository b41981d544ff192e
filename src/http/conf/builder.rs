//! What setters share while a configuration is read: variables' names, groups, formats, directories.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::addrs::{lookup, unix};
use super::zones::ZonesRaw;
use crate::base::ids::{GroupIndex, ResolverIndex};
use crate::base::regex::Regex;
use crate::conf::directive::text;
use crate::conf::error::{Error, Position, Wrong};
use crate::http::charsets::Charsets;
use crate::http::settings::core::{FileCacheIndex, FileCacheSize};
use crate::http::settings::geo::Geo;
use crate::http::settings::health::Match;
use crate::http::settings::log::{Buffering, Escape, LogFormat};
use crate::http::settings::lua::Lua;
use crate::http::settings::map::Map;
use crate::http::settings::set_misc::UpstreamList;
use crate::http::settings::split_clients::SplitClients;
use crate::http::settings::upstream::Keys;
use crate::http::vars::{self, Part, Pattern, Slot, Template, Var};
use crate::upstream::conf::{GroupRaw, ServerLine};
use crate::upstream::resolve::Settings;

/// The configuration in the making.
#[derive(Debug)]
pub struct Builder {
    /// How many `ssl_certificate_cache` lines there are so far.
    pub certificate_caches: u32,
    /// Logs, roots and temporary files are relative to this.
    pub prefix: PathBuf,
    /// Certificates are relative to the folder of the main file.
    pub conf_prefix: PathBuf,
    /// `$hostname`.
    pub hostname: Vec<u8>,
    pub users: Users,
    pub names: VarNames,
    pub groups: Vec<GroupRaw>,
    pub resolvers: Vec<Settings>,
    /// Of those groups that have some, by their index.
    pub keys: Vec<(usize, Keys)>,
    pub zones: ZonesRaw,
    /// Folders of temporary files, how they are divided, and where that was said first.
    temp_paths: HashMap<PathBuf, ([u8; 3], Position)>,
    pub maps: Vec<Map>,
    pub geos: Vec<Geo>,
    pub splits: Vec<SplitClients>,
    pub charsets: Charsets,
    pub upstream_lists: Vec<UpstreamList>,
    /// The `match` blocks of health checks.
    pub matches: Vec<Arc<Match>>,
    pub lua: Lua,
    pub log_formats: Vec<LogFormat>,
    /// Of each access log that has one.
    pub log_buffers: HashMap<Box<[u8]>, Buffering>,
    pub file_caches: Vec<FileCacheSize>,
    pub keepalive_total: Option<u32>,
    /// Those that `load_module` has named.
    pub modules: Vec<Box<[u8]>>,
    /// Their names. No thread is ever made.
    pub thread_pools: Vec<Box<[u8]>>,
    /// Those that `aio` names, and where.
    threads_asked: Vec<(Box<[u8]>, Position)>,
    pub remarks: Remarks,
    /// By what was written, and whether case matters.
    patterns: HashMap<(Box<[u8]>, bool), Arc<Pattern>>,
}

/// What there is to say of a configuration that can be used.
#[derive(Debug, Default)]
pub struct Remarks {
    /// Messages of the level `warn`, at each start.
    pub warnings: Vec<String>,
    /// Messages of the level `notice`, by `-t` alone.
    pub notes: Vec<String>,
}

/// What is known of the names in `user`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Users {
    /// In tests: every name will do.
    Any,
    /// The program is root, and the system must know them.
    OfSystem,
    /// The program is not root, and keeps its user.
    Ignored,
}

impl Builder {
    pub fn new(prefix: &Path, hostname: &[u8]) -> Self {
        let mut builder = Self {
            certificate_caches: 0,
            prefix: prefix.to_owned(),
            conf_prefix: prefix.to_owned(),
            hostname: hostname.to_owned(),
            users: Users::Any,
            names: VarNames::default(),
            groups: vec![],
            resolvers: vec![],
            keys: vec![],
            zones: ZonesRaw::default(),
            temp_paths: HashMap::new(),
            maps: vec![],
            geos: vec![],
            splits: vec![],
            charsets: Charsets::default(),
            upstream_lists: vec![],
            matches: vec![],
            lua: Lua::default(),
            log_formats: vec![],
            log_buffers: HashMap::new(),
            file_caches: vec![],
            keepalive_total: None,
            modules: vec![],
            thread_pools: vec![],
            threads_asked: vec![],
            remarks: Remarks::default(),
            patterns: HashMap::new(),
        };
        let template = builder.template(COMBINED).expect("a constant with known variables");
        let name = b"combined".as_slice().into();
        builder.log_formats.push(LogFormat { name, escape: Escape::Default, template });
        builder
    }

    pub fn upstream_list(&self, name: &[u8]) -> Option<&UpstreamList> {
        self.upstream_lists.iter().find(|list| *list.name == *name)
    }

    pub fn warn(&mut self, message: &str, at: &Position) {
        self.remarks.warnings.push(format!("{message} in {at}"));
    }

    /// As `warn`, of what only the author of the configuration can want to know.
    pub fn note(&mut self, message: &str, at: &Position) {
        self.remarks.notes.push(format!("{message} in {at}"));
    }

    /// The path of a file of the program's: absolute, or below the prefix.
    pub fn path(&self, name: &[u8]) -> PathBuf {
        self.prefix.join(path(name))
    }

    /// As `path`, of a file that belongs to the configuration.
    pub fn conf_path(&self, name: &[u8]) -> PathBuf {
        self.conf_prefix.join(path(name))
    }

    /// The pool of threads of that name must be there in the end. A name with variables is not looked for.
    pub fn ask_for_threads(&mut self, name: &[u8], at: &Position) -> Result<(), Wrong> {
        if self.template(name)?.as_text().is_some() {
            self.threads_asked.push((name.into(), at.clone()));
        }
        Ok(())
    }

    pub(super) fn check_threads(&self) -> Result<(), Error> {
        let missing = self.threads_asked.iter().find(|(it, _)| !self.thread_pools.contains(it));
        missing.map_or(Ok(()), |(name, at)| {
            Err(Error::new(format!("unknown thread pool \"{}\"", text(name)), at))
        })
    }

    /// A folder of temporary files has one division into levels: two directives that name it must agree.
    pub fn temp_path(&mut self, path: &Path, levels: [u8; 3], at: &Position) -> Result<(), Wrong> {
        let known = self.temp_paths.entry(path.to_owned());
        let (first, before) = known.or_insert_with(|| (levels, at.clone()));
        if *first == levels {
            return Ok(());
        }
        let path = path.display();
        Err(format!("the same path name \"{path}\" in {before} has the different levels than")
            .into())
    }

    /// A path with variables in it is below the prefix if it begins with a relative text.
    pub fn path_template(&self, template: Template) -> Template {
        below(&self.prefix, template)
    }

    /// As `path_template`, of a file that belongs to the configuration.
    pub fn conf_path_template(&self, template: Template) -> Template {
        below(&self.conf_prefix, template)
    }

    /// Text with `$name`, `${name}` and `$1` in it.
    pub fn template(&mut self, word: &[u8]) -> Result<Template, Wrong> {
        let mut parts: Vec<Part> = vec![];
        let mut rest = word;
        while let Some(dollar) = rest.iter().position(|&byte| byte == b'$') {
            if dollar > 0 {
                parts.push(Part::Text(rest[..dollar].into()));
            }
            rest = &rest[dollar + 1..];
            let var = match rest {
                [digit @ b'1'..=b'9', after @ ..] => {
                    rest = after;
                    Var::Capture(digit - b'0')
                }
                [b'{', after @ ..] => {
                    let end = name_length(after);
                    let name = &after[..end];
                    if after.get(end) != Some(&b'}') {
                        if after.is_empty() {
                            return Err("invalid variable name".into());
                        }
                        let name = text(name);
                        let message =
                            format!("the closing bracket in \"{name}\" variable is missing");
                        return Err(message.into());
                    }
                    rest = &after[end + 1..];
                    self.variable(name)?
                }
                _ => {
                    let end = name_length(rest);
                    let name = &rest[..end];
                    rest = &rest[end..];
                    self.variable(name)?
                }
            };
            parts.push(Part::Var(var));
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.into()));
        }
        Ok(Template { parts })
    }

    fn variable(&mut self, name: &[u8]) -> Result<Var, Wrong> {
        if name.is_empty() {
            return Err("invalid variable name".into());
        }
        Ok(self.names.bind(&text(name)))
    }

    /// A regular expression whose named groups become variables.
    ///
    /// Files of many servers say the same again and again, and compiling it is what takes longest.
    pub fn pattern(&mut self, source: &[u8], caseless: bool) -> Result<Arc<Pattern>, Wrong> {
        let key = (source.into(), caseless);
        if let Some(known) = self.patterns.get(&key) {
            return Ok(known.clone());
        }
        let regex = Regex::new(source, caseless).map_err(|e| {
            let rest = match source.get(e.at..) {
                None | Some([]) => String::new(),
                Some(rest) => format!(" at \"{}\"", text(rest)),
            };
            let source = text(source);
            Wrong::Message(format!("pcre2_compile() failed: {} in \"{source}\"{rest}", e.reason))
        })?;
        let mut named = vec![];
        for (name, group) in regex.names() {
            named.push((self.names.define(name)?, *group));
        }
        let pattern = Arc::new(Pattern { regex, named });
        self.patterns.insert(key, pattern.clone());
        Ok(pattern)
    }

    /// The group of a `…_pass`: a block of that name, wherever it stands, or the address itself.
    pub fn group(
        &mut self,
        host: &str,
        port: Option<u16>,
        default_port: Option<u16>,
        at: &Position,
    ) -> Result<GroupIndex, Wrong> {
        let named = |group: &GroupRaw| group.name.eq_ignore_ascii_case(host.as_bytes());
        for (index, group) in self.groups.iter().enumerate().filter(|(_, group)| named(group)) {
            match (&group.block, port) {
                (Some(_), Some(port)) => {
                    return Err(format!("upstream \"{host}\" may not have port {port}").into());
                }
                (None, _) if group.port.or(group.default_port) != port.or(default_port) => {}
                _ => return Ok(GroupIndex(index as u32)),
            }
        }
        self.groups.push(GroupRaw::implicit(host, port, default_port, at));
        Ok(GroupIndex(self.groups.len() as u32 - 1))
    }

    /// The servers behind the names of all groups.
    pub fn resolve_groups(
        &mut self,
        outer: Outer,
    ) -> Result<Vec<crate::upstream::conf::Group>, Error> {
        self.zones.check()?;
        let mut groups = std::mem::take(&mut self.groups);
        groups.iter_mut().map(|group| group.freeze(self, outer)).collect()
    }

    /// The number of an `open_file_cache` line: each has a cache of its own.
    pub fn file_cache(&mut self, size: FileCacheSize) -> Result<FileCacheIndex, Wrong> {
        let at = u16::try_from(self.file_caches.len());
        self.file_caches.push(size);
        at.map(FileCacheIndex).map_err(|_| "too many caches of files".into())
    }

    /// The number of a `resolver` line; equal ones share it, and what is remembered.
    pub fn resolver(&mut self, settings: Settings) -> Result<ResolverIndex, Wrong> {
        let known = self.resolvers.iter().position(|known| *known == settings);
        let at = known.unwrap_or_else(|| {
            self.resolvers.push(settings);
            self.resolvers.len() - 1
        });
        u16::try_from(at).map(ResolverIndex).map_err(|_| "too many resolvers".into())
    }
}

/// What `http` says for the groups that say nothing of it.
#[derive(Clone, Copy, Debug)]
pub struct Outer {
    pub resolver: Option<ResolverIndex>,
    pub resolver_timeout: u64,
}

const COMBINED: &[u8] = b"$remote_addr - $remote_user [$time_local] \"$request\" $status \
    $body_bytes_sent \"$http_referer\" \"$http_user_agent\"";

pub fn path(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(name).into()
}

fn below(prefix: &Path, mut template: Template) -> Template {
    let prefix = || {
        let mut prefix = prefix.as_os_str().as_encoded_bytes().to_vec();
        if prefix.last() != Some(&b'/') {
            prefix.push(b'/');
        }
        prefix
    };
    match template.parts.first_mut() {
        None => Template::text(&prefix()),
        Some(Part::Text(text)) if text.first() != Some(&b'/') => {
            let mut whole = prefix();
            whole.extend_from_slice(text);
            *text = whole.into();
            template
        }
        Some(_) => template,
    }
}

fn name_length(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
}

/// Names of variables to what they are. A name is bound when it is met; that it is defined is
/// checked at the end, since the definition may come later in the file.
#[derive(Default, Debug)]
pub struct VarNames {
    slots: Vec<VarName>,
    /// Some name was bound that asks what a response's head said.
    pub asks_response: bool,
    by_name: HashMap<Box<str>, Slot>,
}

#[derive(Debug)]
struct VarName {
    name: Box<str>,
    defined: bool,
    /// By `set`: it is empty before, and not unknown.
    by_set: bool,
    /// Of the line that has named it first.
    at: Option<Position>,
    /// What the block that makes it comes to.
    made: Option<Var>,
}

impl VarNames {
    /// Says beforehand that a name is the configuration's own, even if it looks like `$http_x`.
    pub fn reserve(&mut self, name: &str, made: Option<Var>) {
        let name = name.to_ascii_lowercase();
        if vars::builtin(&name).is_some() {
            return;
        }
        let slot = self.slot(&name);
        let slot = &mut self.slots[slot as usize];
        if made.is_some() {
            slot.made = made;
        }
    }

    pub fn bind(&mut self, name: &str) -> Var {
        let name = name.to_ascii_lowercase();
        if let Some(&slot) = self.by_name.get(&*name) {
            let made = self.slots[slot as usize].made.clone();
            return made.unwrap_or(Var::Set(slot));
        }
        match vars::builtin(&name).or_else(|| vars::prefixed(&name)) {
            Some(var) => {
                self.asks_response |= var.asks_response();
                var
            }
            None => Var::Set(self.slot(&name)),
        }
    }

    /// A name that the configuration gives values to.
    pub fn define(&mut self, name: &str) -> Result<Slot, Wrong> {
        let name = name.to_ascii_lowercase();
        if vars::builtin(&name).is_some() {
            return Err(format!("the duplicate \"{name}\" variable").into());
        }
        let slot = self.slot(&name);
        self.slots[slot as usize].defined = true;
        Ok(slot)
    }

    /// As `define`, for a `set`.
    pub fn define_by_set(&mut self, name: &str) -> Result<Slot, Wrong> {
        let slot = self.define(name)?;
        self.slots[slot as usize].by_set = true;
        Ok(slot)
    }

    /// Of each slot, whether some `set` gives it values.
    pub fn given_by_set(&self) -> Vec<bool> {
        self.slots.iter().map(|slot| slot.by_set).collect()
    }

    /// The names that are new since the last call stand in that line.
    pub fn place(&mut self, at: &Position) {
        let new = self.slots.iter_mut().rev().take_while(|slot| slot.at.is_none());
        new.for_each(|slot| slot.at = Some(at.clone()));
    }

    /// What each name of the configuration's own stands for.
    pub fn by_name(&self) -> HashMap<Box<[u8]>, Var> {
        let slots = self.slots.iter().enumerate();
        let named = slots.map(|(slot, it)| {
            let var = it.made.clone().unwrap_or(Var::Set(slot as Slot));
            (it.name.as_bytes().into(), var)
        });
        named.collect()
    }

    fn slot(&mut self, name: &str) -> Slot {
        if let Some(&slot) = self.by_name.get(name) {
            return slot;
        }
        let slot = self.slots.len() as Slot;
        self.slots.push(VarName {
            name: name.into(),
            defined: false,
            by_set: false,
            at: None,
            made: None,
        });
        self.by_name.insert(name.into(), slot);
        slot
    }

    /// The names of the slots, if each is given values somewhere.
    pub fn finish(&self) -> Result<Vec<Box<[u8]>>, Error> {
        if let Some(slot) = self.slots.iter().find(|slot| !slot.defined) {
            let message = format!("unknown \"{}\" variable", slot.name);
            return Err(Error { message, at: slot.at.clone() });
        }
        Ok(self.slots.iter().map(|slot| slot.name.as_bytes().into()).collect())
    }
}

impl GroupRaw {
    fn implicit(host: &str, port: Option<u16>, default_port: Option<u16>, at: &Position) -> Self {
        Self { name: host.as_bytes().into(), port, default_port, at: at.clone(), block: None }
    }

    fn freeze(
        &mut self,
        builder: &mut Builder,
        outer: Outer,
    ) -> Result<crate::upstream::conf::Group, Error> {
        let name = self.name.clone();
        let host = text(&name).into_owned();
        if let Some(mut block) = self.block.take() {
            let own = block.options.resolver.take().flatten();
            let resolver = match own.map(|own| builder.resolver(own)) {
                None => outer.resolver,
                Some(index) => Some(index.map_err(|wrong| wrong.at("resolver", &self.at))?),
            };
            if resolver.is_none() && block.servers.iter().any(|it| it.resolve.is_some()) {
                let what = "no resolver defined to resolve names at run time in upstream";
                return Err(Error::new(format!("{what} \"{host}\""), &self.at));
            }
            let own = block.options.resolver_timeout.flatten();
            let mut group = block.freeze(name).map_err(|message| Error::new(message, &self.at))?;
            group.resolver = resolver;
            group.resolver_timeout = own.unwrap_or(outer.resolver_timeout);
            return Ok(group);
        }
        let port = self.port.or(self.default_port);
        let addrs = match port {
            _ if host.starts_with('/') => unix(&host).map(|addr| vec![addr]),
            Some(port) => lookup(host.trim_matches(['[', ']']), port).ok_or("host not found"),
            None => Err("no port"),
        };
        let addrs = addrs
            .map_err(|reason| Error::new(format!("{reason} in upstream \"{}\"", host), &self.at))?;
        let server = ServerLine::new(&name, addrs);
        Ok(crate::upstream::conf::Group::implicit(name, port, server))
    }
}
