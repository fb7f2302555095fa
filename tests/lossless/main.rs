//! Speculative output equals plain greedy output, token for token, with the default model.
//!
//! This is the third layer; the fake model and the tiny Llama are tested in `server/engine`. Every edit
//! of `data/lossless` is decoded plainly and with drafts, in f32 and in 8 bits, half of them with the
//! default adapter and its copy head, half without. On the processor nothing is excused: even the margin of every choice, in logits, is
//! the same to the bit.
//!
//! More edits, from a data set with the keys that `fast-apply eval` reads:
//!
//! ```text
//! FAST_APPLY_LOSSLESS_DATA=edits.jsonl FAST_APPLY_LOSSLESS_CASES=60 \
//!     cargo test --workspace --test lossless -- --nocapture
//! ```
//!
//! The model is fetched if it is not on the machine.

mod edits;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fast_apply_engine::assets::{Fetch, Locations, ModelSpec, Registry, ResolvedModel, Store};
use fast_apply_engine::copy_head::{CopyHead, CopySources, Network};
use fast_apply_engine::decode::{Decoder, Generation, Task};
use fast_apply_engine::draft::{DraftKind, DraftLength, Sources};
use fast_apply_engine::engine::BoxedModel;
use fast_apply_engine::{DTypeChoice, DeviceChoice, LoadOptions};
use fast_apply_eval::Case;
use fast_apply_suggest::marker_lines;
use fast_apply_text::SourceText;

use crate::edits::Edits;

/// Output tokens of one edit at most.
const MAX_OUTPUT: usize = 256;

/// Positions of the context: a file of 80 lines, its edit and the output fit.
const MAX_CONTEXT: usize = 4096;

/// The drafters, with lengths from less than a row tile to more than any draft gets. They take turns:
/// each edit is decoded with [`Edits::drafts_each`] of them.
const DRAFTS: [(DraftKind, DraftLength); 12] = [
    (DraftKind::Auto, DraftLength::Auto),
    (DraftKind::Oracle, DraftLength::Fixed(64)),
    (DraftKind::PromptLookup, DraftLength::Fixed(10)),
    (DraftKind::Auto, DraftLength::Fixed(64)),
    (DraftKind::LateResync, DraftLength::Fixed(64)),
    (DraftKind::Merge, DraftLength::Fixed(3)),
    (DraftKind::LineRealign, DraftLength::Fixed(17)),
    (DraftKind::Original, DraftLength::Fixed(256)),
    (DraftKind::Merge, DraftLength::Auto),
    (DraftKind::Sketch, DraftLength::Fixed(5)),
    (DraftKind::Auto, DraftLength::Fixed(2)),
    (DraftKind::NgramSimple, DraftLength::Fixed(48)),
];

#[test]
fn the_default_model_writes_the_same_with_every_draft() {
    let edits = Edits::read();
    let (tuned, untuned) = (resolve(None), resolve(Some("none")));
    let mut turn = 0;
    for (dtype, half) in [(DTypeChoice::F32, 0), (DTypeChoice::Q8, 1)] {
        check(&edits, edits.share(1 - half), &untuned, dtype, &mut turn);
        if tuned.adapter.is_some() {
            check(&edits, edits.share(half), &tuned, dtype, &mut turn);
        }
    }
}

/// Decodes the edits with one model; every place where drafts changed the output is listed before it fails.
fn check(
    edits: &Edits,
    cases: Vec<&Case>,
    model: &ResolvedModel,
    dtype: DTypeChoice,
    turn: &mut usize,
) {
    let adapter = model.adapter.as_ref().map_or("none", |adapter| &adapter.id);
    let options = LoadOptions {
        device: DeviceChoice::Cpu,
        dtype,
        max_context: MAX_CONTEXT,
    };
    let tokenizer = model.weights.tokenizer().expect("the model's tokenizer");
    let stop_tokens = model
        .prompt
        .stop_tokens(&tokenizer)
        .expect("the end of a turn");
    let loaded = options
        .load(&model.weights, model.adapter.as_ref())
        .expect("the model loads");
    let mut decoder = Decoder::new(loaded).expect("the model runs");

    let file = model
        .adapter
        .as_ref()
        .and_then(|adapter| adapter.copy_head.as_ref());
    let network = file.map(|file| Arc::new(Network::new(file).expect("the adapter's copy head")));
    let vocabulary = tokenizer.token_bytes();

    let mut differences = Vec::new();
    let (mut tokens, mut accepted, mut forwards, mut runs) = (0, 0, 0, 0);
    for case in cases {
        let mut sources = case
            .sources(&tokenizer, &model.prompt)
            .expect("the edit is encoded");
        if sources.prompt.len() + MAX_OUTPUT > MAX_CONTEXT {
            println!("{}: left out, it is too long", case.id);
            continue;
        }
        let copy_head = network.as_ref().map(|network| {
            let before = SourceText::from_text(case.before.clone());
            let markers = marker_lines(before.model_text(), &case.suggestion().text());
            let Sources {
                original, sketch, ..
            } = &sources;
            let vocabulary = Arc::clone(&vocabulary);
            let copied = CopySources::new(original, sketch, &markers, stop_tokens[0], vocabulary);
            CopyHead {
                network: Arc::clone(network),
                sources: Arc::new(copied),
            }
        });
        decoder.clear();
        let plain = run(
            &mut decoder,
            &sources,
            copy_head.as_ref(),
            &stop_tokens,
            DraftKind::None,
            DraftLength::Auto,
        );
        sources.truth = Some(plain.tokens.clone());
        for _ in 0..edits.drafts_each {
            let (draft, length) = DRAFTS[*turn % DRAFTS.len()];
            *turn += 1;
            let copy_head = copy_head.as_ref();
            let speculative = run(
                &mut decoder,
                &sources,
                copy_head,
                &stop_tokens,
                draft,
                length,
            );
            tokens += speculative.tokens.len();
            accepted += speculative.effort.accepted;
            forwards += speculative.effort.forwards;
            runs += 1;
            if let Some(difference) = difference(&plain, &speculative) {
                let name = draft.name();
                differences.push(format!("{}, {name}, {length:?}: {difference}", case.id));
            }
        }
    }
    println!(
        "{dtype:?}, adapter {adapter}: {runs} runs, {tokens} tokens in {forwards} passes, {} differences",
        differences.len()
    );
    assert!(runs > 0, "every edit is too long");
    assert!(
        accepted > runs,
        "drafts are accepted: {accepted} in {runs} runs"
    );
    assert!(
        differences.is_empty(),
        "{dtype:?}, adapter {adapter}:\n{}",
        differences.join("\n")
    );
}

fn run(
    decoder: &mut Decoder<BoxedModel>,
    sources: &Sources,
    copy_head: Option<&CopyHead>,
    stop_tokens: &[u32],
    draft: DraftKind,
    draft_length: DraftLength,
) -> Generation {
    let cancel = AtomicBool::new(false);
    let task = Task {
        prompt: &sources.prompt,
        stop_tokens,
        max_output: MAX_OUTPUT,
        drafter: draft.drafter(sources),
        draft_length,
        copy_head,
        rule: None,
        forced: None,
        expected: None,
        cancel: &cancel,
    };
    decoder.run(task, &mut |_| {}).expect("the model goes on")
}

/// Where a run first differs from the plain one, in tokens, or in logits where the tokens agree.
fn difference(plain: &Generation, speculative: &Generation) -> Option<String> {
    let first = |is_other: &dyn Fn(usize) -> bool| {
        let shorter = plain.tokens.len().min(speculative.tokens.len());
        (0..shorter).find(|&place| is_other(place))
    };
    if let Some(place) = first(&|place| plain.tokens[place] != speculative.tokens[place]) {
        return Some(format!(
            "token {place} is {} instead of {}, whose margin is {} logits",
            speculative.tokens[place], plain.tokens[place], plain.margins[place]
        ));
    }
    if plain.tokens.len() != speculative.tokens.len() || plain.stop != speculative.stop {
        return Some(format!(
            "it ends after {} tokens ({:?}) instead of {} ({:?})",
            speculative.tokens.len(),
            speculative.stop,
            plain.tokens.len(),
            plain.stop
        ));
    }
    let place =
        first(&|place| plain.margins[place].to_bits() != speculative.margins[place].to_bits())?;
    Some(format!(
        "the margin of token {place} is {} instead of {} logits",
        speculative.margins[place], plain.margins[place]
    ))
}

/// The default model, fetched if need be, with its own adapter or the one that is named.
fn resolve(adapter: Option<&str>) -> ResolvedModel {
    let locations = Locations::from_environment().expect("a cache directory");
    let spec = ModelSpec {
        model: None,
        adapter: adapter.map(str::to_owned),
    };
    Store::open(Registry::builtin(), locations)
        .resolve(&spec, Fetch::Allowed, &mut |_| ControlFlow::Continue(()))
        .expect("the default model is on this machine, or can be fetched")
}
