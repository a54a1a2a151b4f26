use super::*;
use crate::diag::SourceMap;
use camino::{Utf8Path, Utf8PathBuf};

/// A folder with files in it, removed in the end.
struct Folder {
    _dir: tempfile::TempDir,
    root: Utf8PathBuf,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
        let folder = Self { _dir: dir, root };
        for (path, text) in files {
            folder.write(path, text.as_bytes());
        }
        folder
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn load(&self) -> Loaded {
        load(&self.root, Utf8Path::new("main.mlpipe"), &mut SourceMap::default())
    }

    fn codes(&self) -> Vec<&'static str> {
        self.load().findings.iter().map(|f| f.code.id).collect()
    }
}

const HEAD: &str = "mlpipe 1\npipeline p\non push main\n";

fn spec(body: &str) -> Spec {
    let loaded = Folder::new(&[("main.mlpipe", &format!("{HEAD}{body}"))]).load();
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
    loaded.spec.unwrap()
}

fn later(spec: &Spec) -> Vec<&str> {
    spec.later.iter().map(|l| l.what.as_str()).collect()
}

fn below(folder: &str, name: &str) -> Spec {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    load(&root, Utf8Path::new(name), &mut SourceMap::default()).spec.unwrap()
}

#[test]
fn what_comes_later_is_told_once_for_each_statement() {
    let expected: [&str; 0] = [];
    assert_eq!(later(&below("examples/fraud-scorer", "release.mlpipe")), expected);
    let expected = ["paths", "data", "needs data", "metrics promptfoo", "when", "train", "patch"];
    assert_eq!(later(&below("tests/corpus/ok", "other-statements.mlpipe")), expected);
    let expected = [
        "target helm",
        "target kserve",
        "target sagemaker",
        "target ecs",
        "target lambda",
        "target cloud_run",
    ];
    assert_eq!(later(&below("tests/corpus/ok", "every-kind-of-target.mlpipe")), expected);
    assert_eq!(
        later(&below("tests/corpus/ok", "models-of-every-kind.mlpipe")),
        ["source huggingface", "source s3"]
    );
    assert_eq!(later(&spec("notify email secret MAIL on failure\n")), ["notify email"]);
    assert_eq!(
        later(&spec("image ecr \"1.dkr.ecr.eu-central-1.amazonaws.com/p\" { tags commit }\n")),
        ["image ecr"]
    );
}

#[test]
fn a_named_target_counts_once_however_often_it_is_used() {
    let deploy = |name: &str| format!("deploy {name} {{ target cluster {{ deployment \"p\" }} }}\n");
    let target = "target cluster kubernetes { kubeconfig secret K; traffic gateway \"p\" }\n";
    let spec = spec(&format!("{target}{}{}", deploy("a"), deploy("b")));
    assert_eq!(later(&spec), ["traffic gateway"]);
}

#[test]
fn thresholds_are_in_the_unit_of_the_file() {
    let spec = below("tests/corpus/ok", "units.mlpipe");
    let got: Vec<(&str, Right, Unit)> =
        spec.gates["quality"].require.iter().map(|r| (r.text.as_str(), r.right, r.file_unit)).collect();
    use Right::{Baseline, Literal};
    let expected = [
        ("latency.p95 < 0.2s", Literal(200.0), Unit::Ms),
        ("latency.p95 <= baseline + 20ms", Baseline(Tolerance::Absolute(20.0)), Unit::Ms),
        ("latency.p99_ms < 1m", Literal(60_000.0), Unit::Ms),
        ("latency_ms < 5s", Literal(5000.0), Unit::Ms),
        ("train_seconds < 2h", Literal(7200.0), Unit::S),
        ("age_s < 7d", Literal(604_800.0), Unit::S),
        ("memory < 2GiB", Literal(2048.0), Unit::MiB),
        ("size_bytes <= 512KiB", Literal(524_288.0), Unit::B),
        ("size_bytes > 1B", Literal(1.0), Unit::B),
        ("coverage >= 80%", Literal(80.0), Unit::Percent),
        ("coverage >= baseline - 0.5%", Baseline(Tolerance::Relative(-0.005)), Unit::Percent),
        ("success_percent >= 0.995", Literal(99.5), Unit::Percent),
        ("pass_rate >= 95%", Literal(0.95), Unit::None),
        ("accuracy >= 0.85", Literal(0.85), Unit::None),
        ("f1 >= baseline - 0.01", Baseline(Tolerance::Absolute(-0.01)), Unit::None),
        ("loss != 1e-4", Literal(1e-4), Unit::None),
        ("delta > -0.5", Literal(-0.5), Unit::None),
        ("time < 5m", Literal(300.0), Unit::S),
        ("failures == 0", Literal(0.0), Unit::None),
        ("rag.\"map@0.5\" >= baseline - 5%", Baseline(Tolerance::Relative(-0.05)), Unit::None),
        ("\"p@1\" > 0.5", Literal(0.5), Unit::None),
    ];
    assert_eq!(got, expected);
}

#[test]
fn strings_are_filled_with_lets_and_keep_what_the_run_knows() {
    use TemplatePiece::{Lit, Ref};
    let lit = |t: &str| Lit(t.to_owned());
    let spec = below("tests/corpus/ok", "interpolation.mlpipe");
    assert_eq!(spec.env["SERVICE"].0, [lit("ranker-eu-central-1.example.com")]);
    assert_eq!(spec.env["RETRIES"].0, [lit("3")]);
    let commit = [lit("v-"), Ref("commit".into()), lit(" on "), Ref("branch".into()), Ref("tag".into())];
    assert_eq!(spec.env["COMMIT"].0, commit);
    let run = spec.gates["quality"].run.as_ref().unwrap();
    assert_eq!(run.node, "python evaluate.py --region ${region}", "commands are not touched");
    assert_eq!(spec.gates["quality"].require[0].text, "latency < 200ms");
    let image = spec.image.unwrap();
    assert_eq!(image.repository.node, "ghcr.io/acme/ranker-eu-central-1");
    assert_eq!(image.tags[1].node, ImageTag::Text(Template(vec![lit("v-"), Ref("commit".into())])));
}

#[test]
fn a_written_dollar_is_no_reference() {
    let spec = spec("env A = \"\\${commit} $x\"\nenv B = \"\"\"${commit}\"\"\"\n");
    for (name, text) in [("A", "${commit} $x"), ("B", "${commit}")] {
        assert_eq!(spec.env[name].as_literal().as_deref(), Some(text));
    }
}

#[test]
fn a_deploy_adds_to_its_named_target() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/ok/use");
    let spec = load(&root, Utf8Path::new("main.mlpipe"), &mut SourceMap::default()).spec.unwrap();
    let target = |name: &str| match &spec.deploys[name].target.as_ref().unwrap().node {
        Target::Kubernetes(k) => {
            let namespace = k.namespace.as_ref().unwrap().node.clone();
            (k.kubeconfig.node.clone(), namespace, k.timeout.as_ref().map(|t| t.seconds))
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(target("staging"), ("KUBECONFIG".to_owned(), "staging".to_owned(), None));
    assert_eq!(target("production"), ("KUBECONFIG".to_owned(), "ml".to_owned(), Some(120.0)));
    let gates: Vec<&str> = spec.gates.keys().map(String::as_str).collect();
    assert_eq!(gates, ["lint", "quality", "unit"], "taken gates first, and only those that were asked for");
    assert_eq!(spec.gates["quality"].require[0].text, "recall >= 0.90");
}

#[test]
fn every_finding_of_a_spec_stands_beside_what_could_be_read() {
    let folder =
        Folder::new(&[("main.mlpipe", &format!("{HEAD}gate a {{ rnu \"x\" }}\ngate b {{ run \"y\" }}\n"))]);
    let loaded = folder.load();
    assert_eq!(loaded.findings.len(), 1);
    let spec = loaded.spec.unwrap();
    assert_eq!(spec.gates.len(), 2);
    assert_eq!(spec.doubtful.len(), 1);
}

#[test]
fn the_hash_is_of_what_every_file_says() {
    let files = [
        ("main.mlpipe", "pipeline p\non push main\nuse \"a.mlpipe\"\n"),
        ("a.mlpipe", "gate a { run \"x\" }\n"),
    ];
    let hash = |change: &dyn Fn(&Folder)| {
        let folder = Folder::new(&files);
        change(&folder);
        folder.load().spec.unwrap().sha256
    };
    let same = hash(&|_| {});
    assert_eq!(same.len(), 64);
    let crlf = |text: &str| text.replace('\n', "\r\n").into_bytes();
    assert_eq!(same, hash(&|f| f.write("main.mlpipe", &crlf(files[0].1))), "line ends are no difference");
    assert_eq!(same, hash(&|f| f.write("a.mlpipe", &crlf(files[1].1))));
    let bom = [b"\xef\xbb\xbf", files[0].1.as_bytes()].concat();
    assert_eq!(same, hash(&|f| f.write("main.mlpipe", &bom)), "nor is a byte order mark");
    assert_ne!(same, hash(&|f| f.write("a.mlpipe", b"gate a { run \"y\" }\n")), "a used file counts");
    assert_ne!(same, hash(&|f| f.write("a.mlpipe", b"# x\ngate a { run \"x\" }\n")), "comments count");
    let moved = hash(&|f| {
        f.write("main.mlpipe", b"pipeline p\non push main\nuse \"b.mlpipe\"\n");
        f.write("b.mlpipe", files[1].1.as_bytes());
    });
    assert_ne!(same, moved, "so does what the spec calls it");
    let folder = Folder::new(&[("a/main.mlpipe", HEAD), ("b/main.mlpipe", HEAD)]);
    let at = |path: &str| {
        load(&folder.root, Utf8Path::new(path), &mut SourceMap::default()).spec.map(|spec| spec.sha256)
    };
    assert_ne!(at("a/main.mlpipe"), at("b/main.mlpipe"), "and the path itself");
}

#[test]
fn paths_are_below_the_root_however_they_are_given() {
    let folder = Folder::new(&[("services/a/main.mlpipe", &format!("{HEAD}gate a {{ run \"x\" }}\n"))]);
    let mut sources = SourceMap::default();
    for path in [Utf8PathBuf::from("services/a/main.mlpipe"), folder.root.join("services/a/main.mlpipe")] {
        let loaded = load(&folder.root, &path, &mut sources);
        assert_eq!(loaded.spec.unwrap().path, "services/a/main.mlpipe");
        assert_eq!(loaded.files[0].0, "services/a/main.mlpipe");
    }
}

#[test]
#[cfg(unix)]
fn a_link_out_of_the_repository_is_outside() {
    let outside = Folder::new(&[("gates.mlpipe", "gate a { run \"x\" }\n")]);
    let folder = Folder::new(&[(
        "main.mlpipe",
        "pipeline p\non push main\nuse \"gates.mlpipe\"\nuse \"dir/gates.mlpipe\"\n",
    )]);
    std::os::unix::fs::symlink(outside.root.join("gates.mlpipe"), folder.root.join("gates.mlpipe")).unwrap();
    std::os::unix::fs::symlink(&outside.root, folder.root.join("dir")).unwrap();
    assert_eq!(folder.codes(), ["MLP021", "MLP021"]);
}

#[test]
#[cfg(unix)]
fn one_file_under_two_names_is_read_once() {
    let folder = Folder::new(&[
        ("main.mlpipe", "pipeline p\non push main\nuse \"a.mlpipe\"\nuse \"b.mlpipe\"\n"),
        ("a.mlpipe", "gate a { run \"x\" }\n"),
    ]);
    std::os::unix::fs::symlink(folder.root.join("a.mlpipe"), folder.root.join("b.mlpipe")).unwrap();
    let loaded = folder.load();
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
    assert_eq!(loaded.files.len(), 2);
}

#[test]
fn what_cannot_be_read_is_one_finding() {
    let folder = Folder::new(&[("dir/x", "")]);
    let codes = |path: &str| -> Vec<&str> {
        let loaded = load(&folder.root, Utf8Path::new(path), &mut SourceMap::default());
        assert!(loaded.spec.is_none());
        loaded.findings.iter().map(|f| f.code.id).collect()
    };
    folder.write("large.mlpipe", &vec![b'{'; 10_000_000]);
    folder.write("limit.mlpipe", &vec![b'\n'; 1024 * 1024]);
    folder.write("latin1.mlpipe", b"# \xfc");
    assert_eq!(codes("none.mlpipe"), ["MLP001"]);
    assert_eq!(codes("dir"), ["MLP001"]);
    assert_eq!(codes("large.mlpipe"), ["MLP003"]);
    assert_eq!(codes("limit.mlpipe"), ["MLP005"]);
    assert_eq!(codes("latin1.mlpipe"), ["MLP002"]);
}

#[test]
fn a_library_is_no_spec_and_may_leave_lets_open() {
    let folder =
        Folder::new(&[("main.mlpipe", "let x\ngate a { run \"x\"; metrics \"m.json\"; require f > x }\n")]);
    let loaded = folder.load();
    assert!(loaded.is_library && loaded.spec.is_none() && loaded.findings.is_empty());
}

#[test]
fn a_diamond_of_files_takes_each_gate_once() {
    let folder = Folder::new(&[
        ("main.mlpipe", "pipeline p\non push main\nuse \"a.mlpipe\"\nuse \"b.mlpipe\"\n"),
        ("a.mlpipe", "use \"c.mlpipe\"\ngate a { run \"x\" }\n"),
        ("b.mlpipe", "use \"c.mlpipe\"\ngate b { run \"x\" }\n"),
        ("c.mlpipe", "gate c { run \"x\" }\n"),
    ]);
    let loaded = folder.load();
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
    let gates: Vec<String> = loaded.spec.unwrap().gates.keys().cloned().collect();
    assert_eq!(gates, ["c", "a", "b"]);
}

#[test]
fn a_long_chain_of_diamonds_is_fast() {
    let mut files =
        vec![("main.mlpipe".to_owned(), "pipeline p\non push main\nuse \"l0.mlpipe\"\n".to_owned())];
    for i in 0..30 {
        let next = i + 1;
        files.push((format!("l{i}.mlpipe"), format!("use \"a{i}.mlpipe\"\nuse \"b{i}.mlpipe\"\n")));
        files.push((format!("a{i}.mlpipe"), format!("use \"l{next}.mlpipe\"\n")));
        files.push((format!("b{i}.mlpipe"), format!("use \"l{next}.mlpipe\"\n")));
    }
    files.push(("l30.mlpipe".to_owned(), "gate a { run \"x\" }\n".to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let loaded = Folder::new(&files).load();
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
    assert_eq!(loaded.spec.unwrap().gates.len(), 1);
}

#[test]
fn a_chain_of_a_thousand_files_is_one_finding() {
    let mut files =
        vec![("main.mlpipe".to_owned(), "pipeline p\non push main\nuse \"0.mlpipe\"\n".to_owned())];
    for i in 0..1000 {
        files.push((format!("{i}.mlpipe"), format!("use \"{}.mlpipe\"\ngate g{i} {{ run \"x\" }}\n", i + 1)));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    assert_eq!(Folder::new(&files).codes(), ["MLP004"]);
}

/// Statements that might make a phase look at all others for each of them. `#` stands for a number, `@` for the next.
const MANY: &[&str] = &[
    "x\n",
    "gate a { rnu \"x\" }\n",
    "gate g# { run \"x\" }\n",
    "gate g# { run \"x\"; metrics \"m\"; require f > open; require g > open }\n",
    "let a# = \"${a@}\"\n",
    "let b@ = \"${b#}\"\n",
    "let c# = \"${open} ${d}\"\n",
    "env A# = \"${nothing}\"\n",
    "target t# kubernetes { }\n",
    "deploy d# { target t# { deployment \"x\" } }\n",
    "use \"lib.mlpipe\" only g, a#\n",
    "on push main\n",
    "secret S# { github \"a\" }\n",
    "\"\n",
];

#[test]
fn time_grows_with_the_statements_and_not_faster() {
    for piece in MANY {
        let time = |bytes: usize| {
            let mut text = format!("{HEAD}let open\n");
            for i in 0..bytes / piece.len() {
                text.push_str(&piece.replace('#', &i.to_string()).replace('@', &(i + 1).to_string()));
            }
            let folder = Folder::new(&[("main.mlpipe", &text), ("lib.mlpipe", "gate g { run \"x\" }\n")]);
            let start = std::time::Instant::now();
            let _ = folder.load();
            start.elapsed()
        };
        let (small, large) = (time(5_000), time(40_000));
        let allowed = small * 32 + std::time::Duration::from_millis(500);
        assert!(large < allowed, "{piece:?}: 5 kB {small:?}, 40 kB {large:?}");
    }
}

mod random {
    use super::*;
    use proptest::prelude::*;

    /// Words, values and punctuation of the language, in no order.
    const PIECES: &[&str] = &[
        "gate",
        "gate a",
        "deploy b",
        "model c",
        "image ghcr",
        "on",
        "on push main",
        "require",
        "x >= 5%",
        "run \"x\"",
        "target",
        "kubernetes",
        "{",
        "}",
        "\n",
        ";",
        ",",
        "\"${a}\"",
        "let a",
        "let a = ",
        "let b = \"${a}\"",
        "use \"main.mlpipe\"",
        "baseline",
        "+",
        "200ms",
        "metric m in s",
        "watch 1m every 1s {",
        "rollback {",
        "when",
        "canary 5%",
        "scenario \"s\" {",
        "given",
        "expect",
        "pipeline p\n",
        "secret S",
        "runner r",
        "timeout",
        "-1",
        "\"\"",
        "target t command {",
        "#",
        "\"",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn any_mix_of_words_is_decoded_without_a_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30)) {
            let folder = Folder::new(&[("main.mlpipe", &pieces.join(" "))]);
            for finding in folder.load().findings {
                prop_assert!(finding.help.is_some(), "{}", finding.message);
                prop_assert!(!finding.message.ends_with('.'), "{}", finding.message);
            }
        }
    }
}
