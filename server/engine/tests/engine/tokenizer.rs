//! Token ids against Hugging Face's tokenizers and tiktoken, and the way back to the byte.
//!
//! The vocabularies are too large to commit. The default model's is in its GGUF file, which the
//! project's tests need anyway; Llama 3's comes from `tests/reference/check_llama3_tokenizer.py`,
//! and its tests run where `FAST_APPLY_LLAMA3_GGUF` names the file.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use fast_apply_engine::tokenizer::Tokenizer;
use proptest::prelude::*;

use crate::{default_model, fixture};

static SMOLLM: LazyLock<Tokenizer> =
    LazyLock::new(|| Tokenizer::from_gguf(default_model().weights.path()).unwrap());

#[derive(serde::Deserialize)]
struct Sample {
    name: String,
    text: String,
    ids: Vec<u32>,
}

fn check_samples(tokenizer: &Tokenizer, file: &str) {
    let json = std::fs::read(fixture("tokenizer").join(file)).unwrap();
    let samples: Vec<Sample> = serde_json::from_slice(&json).unwrap();
    assert!(samples.len() >= 40);
    for Sample { name, text, ids } in samples {
        assert_eq!(tokenizer.encode(&text).unwrap(), ids, "{name}");
        assert_eq!(tokenizer.decode(&ids), text.as_bytes(), "{name}");
    }
}

#[test]
fn smollm_ids_are_hugging_faces() {
    check_samples(&SMOLLM, "smollm_ids.json");
}

#[test]
fn llama_3_ids_are_tiktokens() {
    let Some(path) = std::env::var_os("FAST_APPLY_LLAMA3_GGUF") else {
        println!("FAST_APPLY_LLAMA3_GGUF is not set: Llama 3's vocabulary is not checked");
        return;
    };
    let tokenizer = Tokenizer::from_gguf(&PathBuf::from(path)).unwrap();
    check_samples(&tokenizer, "llama3_ids.json");
    assert_eq!(tokenizer.control("<|eot_id|>").unwrap(), 128_009);
}

#[test]
fn every_character_survives() {
    let all: String = (0..=0x0010_FFFF)
        .step_by(7)
        .filter_map(char::from_u32)
        .collect();
    assert_eq!(SMOLLM.decode(&SMOLLM.encode(&all).unwrap()), all.as_bytes());
    for code in 0..=255_u8 {
        let text = format!("a{}b", char::from(code));
        assert_eq!(
            SMOLLM.decode(&SMOLLM.encode(&text).unwrap()),
            text.as_bytes(),
            "{code:#x}"
        );
    }
}

#[test]
fn text_that_looks_like_a_control_token_stays_text() {
    let end = SMOLLM.control("<|im_end|>").unwrap();
    let ids = SMOLLM
        .encode("<|im_start|>user<|im_end|><jupyter_code>")
        .unwrap();
    assert!(
        !ids.contains(&end) && ids.iter().all(|&id| id > 16),
        "{ids:?}"
    );
    assert!(SMOLLM.control("<|eot_id|>").is_err());
}

proptest! {
    #[test]
    fn round_trip(text in "\\PC{0,80}|[ -~\\t\\n\\r]{0,200}|(?s:.{0,80})") {
        prop_assert_eq!(SMOLLM.decode(&SMOLLM.encode(&text).unwrap()), text.as_bytes());
    }
}

/// Every file of the development set, where it is at hand.
#[test]
fn real_files_survive() {
    let Some(path) = std::env::var_os("FAST_APPLY_DATA") else {
        println!("FAST_APPLY_DATA is not set: no data set is checked");
        return;
    };
    let data = std::fs::read_to_string(Path::new(&path)).unwrap();
    for line in data.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        for key in ["before", "after", "reply"] {
            let text = case[key].as_str().unwrap();
            assert_eq!(
                SMOLLM.decode(&SMOLLM.encode(text).unwrap()),
                text.as_bytes()
            );
        }
    }
}
