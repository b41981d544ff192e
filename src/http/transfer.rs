//! What `dav` does with files: they are placed, copied, moved or removed, in steps.

use std::collections::VecDeque;
use std::fs::File;

use super::place::{Attributes, Copying, Failed, Place, STEP, rename_or_copy};
use super::tree::{DEAR, Removal, Rules, Step, TreeCopy};
use crate::os::Errno;

/// The steps to the end of a request, and how far they have come.
#[derive(Debug)]
pub struct Transfer {
    tasks: VecDeque<Task>,
    /// What is left of a copy that has failed goes.
    half: Option<Place>,
    failure: Option<Failed>,
    pub answer: Answer,
}

/// The statuses of what may come of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answer {
    pub done: u16,
    /// A file or a directory is missing.
    pub missing: u16,
}

#[derive(Debug)]
enum Task {
    File(Copying),
    Tree(TreeCopy),
    /// A tree takes the place of what is at `to`, which is removed then. `random`: for the names of hidden places.
    Swap {
        from: Place,
        to: Place,
        random: u64,
    },
    Remove {
        removal: Removal,
        is_wanted: bool,
    },
}

/// What one step did.
#[derive(Debug)]
pub enum Progress {
    /// There is more to do; the cost is that of [`Step::More`].
    More(usize),
    /// For the log: the work goes on.
    Left(Failed),
    Done(Result<(), Failed>),
}

impl Transfer {
    fn new(tasks: impl Into<VecDeque<Task>>) -> Self {
        Self { tasks: tasks.into(), half: None, failure: None, answer: Answer::default() }
    }

    /// A file gets another name. None: it has it already.
    pub fn of_file(
        from: &Place,
        file: &File,
        to: &Place,
        attributes: Attributes,
        random: u64,
    ) -> Result<Option<Self>, Failed> {
        let copying = rename_or_copy(from, file, to, attributes, random)?;
        Ok(copying.map(|it| Self::new([Task::File(it)])))
    }

    /// What has the first name, and is no directory, gets the second. None: it has it already.
    pub fn move_file(from: &Place, to: &Place, random: u64) -> Result<Option<Self>, Failed> {
        match from.rename(to) {
            Ok(()) => return Ok(None),
            Err(Failed { error: Errno::XDEV, .. }) => {}
            Err(failed) => return Err(failed),
        }
        let file = from.directory.file(&from.name);
        let file = file.map_err(|e| Failed::new("open()", &from.path, e))?;
        let mut it = Self::copy(file, to, Attributes::of(&from.metadata()?), random)?;
        it.tasks.push_back(Task::removal(from, true));
        Ok(Some(it))
    }

    /// The bytes of a file become those of another.
    pub fn copy(
        from: File,
        to: &Place,
        attributes: Attributes,
        random: u64,
    ) -> Result<Self, Failed> {
        let copying = Copying::new(from, to.beside(random), Some(to.clone()), attributes)?;
        Ok(Self::new([Task::File(copying)]))
    }

    /// A directory is copied beside its place and then takes it.
    pub fn copy_tree(from: Place, to: Place, rules: Rules, random: u64) -> Self {
        let half = to.beside(random);
        let tree = TreeCopy::new(from, half.clone(), rules);
        let swap = Task::Swap { from: half.clone(), to, random };
        Self { half: Some(half), ..Self::new([Task::Tree(tree), swap]) }
    }

    /// A directory gets another name; from one file system to another it is copied and then removed.
    pub fn move_tree(from: Place, to: Place, random: u64) -> Self {
        Self::new([Task::Swap { from, to, random }])
    }

    /// A file, or a directory with all that is in it.
    pub fn remove(place: &Place) -> Self {
        Self::new([Task::removal(place, true)])
    }

    /// Does a little of the work. `buffer`: of at least [`STEP`] bytes.
    pub fn step(&mut self, buffer: &mut [u8]) -> Progress {
        let Some(task) = self.tasks.front_mut() else {
            return Progress::Done(self.failure.take().map_or(Ok(()), Err));
        };
        let part = buffer.len().min(STEP);
        let step = match task {
            Task::File(copying) => match copying.step(&mut buffer[..part]) {
                Ok(true) => Ok(Step::Done),
                Ok(false) => Ok(Step::More(DEAR)),
                Err(failed) => Err(failed),
            },
            Task::Tree(tree) => tree.step(buffer),
            Task::Remove { removal, .. } => removal.step(),
            Task::Swap { .. } => return self.swap(),
        };
        match step {
            Ok(Step::More(cost)) => Progress::More(cost),
            Ok(Step::Left(failed)) => Progress::Left(failed),
            Ok(Step::Done) => {
                self.tasks.pop_front();
                Progress::More(1)
            }
            Err(failed) => self.failed(failed),
        }
    }

    fn swap(&mut self) -> Progress {
        let Some(Task::Swap { from, to, random }) = self.tasks.pop_front() else {
            return Progress::More(1);
        };
        let (half, aside) = (to.beside(random), to.beside(random.wrapping_add(1)));
        let is_replaced = match to.rename(&aside) {
            Ok(()) => true,
            Err(Failed { error: Errno::NOENT, .. }) => false,
            Err(failed) => return self.failed(failed),
        };
        let renamed = from.rename(&to);
        if renamed.is_err() && is_replaced {
            // A failure leaves what was there under the other name: nothing else could be done.
            let _ = aside.rename(&to);
        }
        match renamed {
            Ok(()) => {
                self.half = None;
                if is_replaced {
                    self.tasks.push_front(Task::removal(&aside, false));
                }
                Progress::More(DEAR)
            }
            Err(Failed { error: Errno::XDEV, .. }) => {
                let original = from.clone();
                let rules = Rules { members: true, is_move: true };
                let tree = TreeCopy::new(from, half.clone(), rules);
                self.half = Some(half.clone());
                self.tasks.push_back(Task::Tree(tree));
                self.tasks.push_back(Task::Swap { from: half, to, random });
                self.tasks.push_back(Task::removal(&original, true));
                Progress::More(DEAR)
            }
            Err(failed) => self.failed(failed),
        }
    }

    /// Nothing more is done but to remove what is half there.
    fn failed(&mut self, failed: Failed) -> Progress {
        let is_wanted = !matches!(self.tasks.front(), Some(Task::Remove { is_wanted: false, .. }));
        if !is_wanted {
            self.tasks.pop_front();
            return Progress::Left(failed);
        }
        self.tasks.clear();
        self.failure = Some(failed);
        if let Some(half) = self.half.take() {
            self.tasks.push_back(Task::removal(&half, false));
        }
        Progress::More(1)
    }
}

impl Task {
    fn removal(place: &Place, is_wanted: bool) -> Self {
        Self::Remove { removal: Removal::new(place.clone()), is_wanted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::{Path, PathBuf};

    fn folder(name: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("peerage-transfer-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        for name in ["a/b", "old/x"] {
            fs::create_dir_all(path.join(name)).unwrap();
        }
        fs::write(path.join("a/b/f"), b"new").unwrap();
        fs::write(path.join("old/x/f"), b"old").unwrap();
        path
    }

    fn place(path: &Path, name: &str) -> Place {
        Place::of(&path.join(name), None).unwrap()
    }

    fn run(mut it: Transfer) -> Result<(), Failed> {
        let mut buffer = vec![0; STEP];
        loop {
            if let Progress::Done(result) = it.step(&mut buffer) {
                return result;
            }
        }
    }

    fn names(path: &Path) -> Vec<String> {
        let entries = fs::read_dir(path).unwrap();
        let mut names: Vec<_> =
            entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_tree_takes_the_place_of_another() {
        let path = folder("tree");
        let rules = Rules { members: true, is_move: false };
        run(Transfer::copy_tree(place(&path, "a"), place(&path, "old"), rules, 1)).unwrap();
        assert_eq!(
            (names(&path), names(&path.join("old"))),
            (vec!["a".into(), "old".into()], vec!["b".into()])
        );
        run(Transfer::move_tree(place(&path, "a"), place(&path, "old"), 1)).unwrap();
        assert_eq!(names(&path), ["old"]);
        run(Transfer::remove(&place(&path, "old"))).unwrap();
        assert!(names(&path).is_empty());
        fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn what_fails_leaves_nothing_behind() {
        let path = folder("fails");
        let deep = (0..200).fold(path.join("a"), |path, _| path.join("d"));
        fs::create_dir_all(&deep).unwrap();
        let rules = Rules { members: true, is_move: false };
        run(Transfer::copy_tree(place(&path, "a"), place(&path, "old"), rules, 1)).unwrap_err();
        assert_eq!(
            (names(&path), names(&path.join("old"))),
            (vec!["a".into(), "old".into()], vec!["x".into()])
        );
        let missing = Transfer::move_tree(place(&path, "none"), place(&path, "old"), 1);
        assert_eq!(run(missing).unwrap_err().call, "rename()");
        assert_eq!(
            (names(&path), names(&path.join("old"))),
            (vec!["a".into(), "old".into()], vec!["x".into()])
        );
        fs::remove_dir_all(&path).unwrap();
    }

    /// `/dev/shm` is a file system of its own where it is there at all.
    #[test]
    fn over_the_border_of_a_file_system() {
        let (path, other) = (folder("border"), Path::new("/dev/shm"));
        let to = other.join(format!("peerage-transfer-{}", std::process::id()));
        if fs::create_dir(&to).is_err() {
            return;
        }
        fs::write(path.join("a/g"), vec![b'g'; STEP + 1]).unwrap();
        fs::create_dir(to.join("a")).unwrap();
        run(Transfer::move_tree(place(&path, "a"), place(&to, "a"), 1)).unwrap();
        assert_eq!((names(&path), names(&to)), (vec!["old".into()], vec!["a".into()]));
        assert_eq!(names(&to.join("a")), ["b", "g"]);
        let it = Transfer::move_file(&place(&to, "a/g"), &place(&path, "old/g"), 1);
        if let Some(it) = it.unwrap() {
            run(it).unwrap();
        }
        assert_eq!(fs::read(path.join("old/g")).unwrap().len(), STEP + 1);
        assert_eq!(
            (names(&to.join("a")), names(&path.join("old"))),
            (vec!["b".into()], vec!["g".into(), "x".into()])
        );
        fs::remove_dir_all(&to).unwrap();
        fs::remove_dir_all(&path).unwrap();
    }
}
