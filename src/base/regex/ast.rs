//! What a pattern says, once it is read: no flags, no names, one node for each way to match.

use super::set::Set;

#[derive(Clone, PartialEq, Debug)]
pub enum Node {
    /// Matches nothing at all, and so always.
    Empty,
    /// Never matches.
    Fail,
    /// One character of the set.
    One(Set),
    Assert(Assert),
    /// `\K`: the match begins here.
    Keep,
    Sequence(Vec<Self>),
    Choice(Vec<Self>),
    /// A group and its number, from 1. The groups of `(?|` share numbers.
    Capture(usize, Box<Self>),
    Repeat(Box<Repeat>),
    /// What matched is not given back.
    Atomic(Box<Self>),
    Look(Box<Look>),
    Back(Reference, Caseless),
    If(Box<If>),
    /// `(?1)`, `\g<n>`, `(?&n)`: the group's pattern once more, without its captures.
    Call(Reference),
    /// `(?(DEFINE)...)`: never matched, only called.
    Define(Box<Self>),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Repeat {
    pub node: Node,
    pub min: u32,
    pub max: Option<u32>,
    pub lazy: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Look {
    pub node: Node,
    pub behind: bool,
    pub negative: bool,
}

/// `(?(condition)yes|no)`.
#[derive(Clone, PartialEq, Debug)]
pub struct If {
    pub condition: Condition,
    pub yes: Node,
    pub no: Node,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Condition {
    Group(Reference),
    Look(Look),
}

/// A group, by number or by a name that may stand later in the pattern; and where it is referred to.
#[derive(Clone, PartialEq, Debug)]
pub struct Reference {
    pub group: GroupName,
    pub at: usize,
}

impl Reference {
    /// The number, once references are resolved.
    pub fn number(&self) -> usize {
        match self.group {
            GroupName::Number(number) => number,
            GroupName::Name(_) => 0,
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum GroupName {
    Number(usize),
    Name(Box<str>),
}

pub type Caseless = bool;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Assert {
    /// `\A`, and `^` without `(?m)`.
    Start,
    /// `\z`, and `$` without `(?m)`.
    End,
    /// `\Z`: also before a newline that ends the subject.
    EndOrNewline,
    /// `^` with `(?m)`: not behind a newline that ends the subject.
    LineStart,
    /// `$` with `(?m)`.
    LineEnd,
    WordEdge,
    NotWordEdge,
}

/// A method for the nodes directly inside: to be read, or to be changed.
macro_rules! children {
    ($name:ident $($mut:tt)?) => {
        pub fn $name(&$($mut)? self) -> Vec<&$($mut)? Self> {
            match self {
                Self::Sequence(nodes) | Self::Choice(nodes) => nodes.into_iter().collect(),
                Self::Capture(_, node) | Self::Atomic(node) | Self::Define(node) => vec![node],
                Self::Repeat(it) => vec![&$($mut)? it.node],
                Self::Look(it) => vec![&$($mut)? it.node],
                Self::If(it) => {
                    let If { condition, yes, no } = &$($mut)? **it;
                    match condition {
                        Condition::Look(look) => vec![&$($mut)? look.node, yes, no],
                        Condition::Group(_) => vec![yes, no],
                    }
                }
                Self::Empty
                | Self::Fail
                | Self::One(_)
                | Self::Assert(_)
                | Self::Keep
                | Self::Back(..)
                | Self::Call(_) => vec![],
            }
        }
    };
}

impl Node {
    /// The nodes one after another.
    pub fn sequence(nodes: Vec<Self>) -> Self {
        let mut nodes: Vec<Self> = nodes.into_iter().filter(|node| *node != Self::Empty).collect();
        match nodes.len() {
            0 => Self::Empty,
            1 => nodes.remove(0),
            _ => Self::Sequence(nodes),
        }
    }

    /// The first of the nodes that matches.
    pub fn choice(mut nodes: Vec<Self>) -> Self {
        match nodes.len() {
            0 => Self::Fail,
            1 => nodes.remove(0),
            _ => Self::Choice(nodes),
        }
    }

    pub fn look(node: Self, behind: bool, negative: bool) -> Self {
        Self::Look(Box::new(Look { node, behind, negative }))
    }

    pub fn repeat(node: Self, min: u32, max: Option<u32>, lazy: bool) -> Self {
        match node {
            Self::Empty => Self::Empty,
            node => Self::Repeat(Box::new(Repeat { node, min, max, lazy })),
        }
    }

    children!(children);
    children!(children_mut mut);

    /// The same without the groups that nothing in it refers to, once references are resolved. None: there are none.
    pub fn without_groups(&self) -> Option<Self> {
        let mut used = vec![];
        let mut has_others = false;
        self.any(&mut |node| {
            used.extend(node.refers_to());
            false
        });
        self.any(&mut |node| {
            has_others |= matches!(node, Self::Capture(number, _) if !used.contains(number));
            false
        });
        has_others.then(|| {
            let mut copy = self.clone();
            copy.drop_groups(&|number| !used.contains(&number));
            copy
        })
    }

    /// Groups of these numbers no longer capture.
    pub fn drop_groups(&mut self, is_dropped: &impl Fn(usize) -> bool) {
        while let Self::Capture(number, inner) = self
            && is_dropped(*number)
        {
            *self = std::mem::replace(&mut **inner, Self::Empty);
        }
        self.children_mut().into_iter().for_each(|child| child.drop_groups(is_dropped));
    }

    /// The number of the group that the node itself depends on.
    pub fn refers_to(&self) -> Option<usize> {
        match self {
            Self::Back(reference, _) => Some(reference.number()),
            Self::If(it) => match &it.condition {
                Condition::Group(reference) => Some(reference.number()),
                Condition::Look(_) => None,
            },
            _ => None,
        }
    }

    /// Whether `test` holds for this node or one inside it.
    pub fn any(&self, test: &mut impl FnMut(&Self) -> bool) -> bool {
        test(self) || self.children().into_iter().any(|child| child.any(test))
    }
}
