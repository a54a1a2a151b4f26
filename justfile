# Every recipe is one line that also works without just.

# what CI does
ready:
    bash .ci/run

# what `cargo test` covers; needs Rust, git, bash and python3
test:
    cargo test --quiet

# the real tools over every example and 50 generated specs, and the runs
conformance *words:
    tests/conformance/install && tests/conformance/run {{ words }}

# compile the examples again, after a change of a template
examples:
    for folder in examples/*/; do (cd "$folder" && cargo run --quiet -- compile) || exit 1; done

# times as ratios
bench:
    cargo bench --quiet
