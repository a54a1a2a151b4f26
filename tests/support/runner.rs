//! Runs the binary as a user would: in a folder of its own, with a scrubbed environment, exit code always asserted.

#![allow(
    dead_code,
    clippy::expect_used,
    reason = "each test binary uses its own part, and stops where it fails"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A small pipeline that compiles.
pub(crate) const SPEC: &str = r#"mlpipe 1
pipeline demo
on push main
on pull_request main
gate quality { run "python3 evaluate.py"; metrics "metrics.json"; require accuracy >= 0.85 }
image ghcr "ghcr.io/acme/demo" { tags commit }
deploy production {
  target kubernetes { kubeconfig secret KUBECONFIG_PRODUCTION; namespace "ml"; deployment "demo"; container "app" }
}
"#;

/// A repository in a temporary folder.
pub(crate) struct Repo {
    dir: tempfile::TempDir,
}

/// What a call gave.
pub(crate) struct Ran {
    /// Exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Repo {
    /// An empty repository with a root of its own.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("mlpipe.toml"), "").expect("written");
        Self { dir }
    }

    /// A repository with [`SPEC`] in `release.mlpipe`.
    pub(crate) fn with_spec() -> Self {
        let repo = Self::new();
        repo.write("release.mlpipe", SPEC);
        repo
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("readable")
    }

    /// Every file below the root, with its bytes.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        fn walk(base: &Path, dir: &Path, all: &mut Vec<(String, Vec<u8>)>) {
            for e in std::fs::read_dir(dir).expect("readable") {
                let p = e.expect("an entry").path();
                if p.is_dir() {
                    walk(base, &p, all);
                } else {
                    let name = p.strip_prefix(base).expect("below").to_string_lossy().into_owned();
                    all.push((name, std::fs::read(&p).expect("readable")));
                }
            }
        }
        let mut all = Vec::new();
        walk(self.dir.path(), self.dir.path(), &mut all);
        all.sort();
        all
    }

    /// Runs `mlpipe ARGS` in the root and asserts the exit code.
    #[track_caller]
    pub(crate) fn run(&self, args: &[&str], code: i32) -> Ran {
        self.run_wide(args, code, 100)
    }

    /// The same on a terminal of so many columns.
    #[track_caller]
    pub(crate) fn run_wide(&self, args: &[&str], code: i32, columns: u32) -> Ran {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_mlpipe"))
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("COLUMNS", columns.to_string())
            .output()
            .expect("mlpipe starts");
        let ran = Ran {
            code: status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&stdout).into_owned(),
            err: String::from_utf8_lossy(&stderr).into_owned(),
        };
        assert_eq!(ran.code, code, "mlpipe {args:?}\n--- out\n{}\n--- err\n{}", ran.out, ran.err);
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
        ran
    }
}
