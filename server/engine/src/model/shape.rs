//! The shapes of published models, to be measured without their weights.

use serde_json::Value;

use super::config::LlamaConfig;
use crate::Error;

impl LlamaConfig {
    /// The shape of a published model by the name that the registry has for it; `tiny` is one for tests.
    pub fn of_shape(name: &str) -> Result<Self, Error> {
        let shapes = shapes()?;
        let shape = shapes.get(name).ok_or_else(|| Error::Invalid {
            what: format!("the shape '{name}'"),
            reason: format!(
                "it is none of {}",
                shapes.keys().cloned().collect::<Vec<_>>().join(", ")
            ),
        })?;
        Self::from_hugging_face(&shape.to_string())
    }
}

fn shapes() -> Result<serde_json::Map<String, Value>, Error> {
    serde_json::from_str(include_str!("shapes.json")).map_err(|error| Error::Invalid {
        what: "the table of shapes".into(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Footprint, Tiling, WeightFormat};
    use candle_core::DType;

    /// Parameters in billions, from the models' cards.
    #[test]
    fn shapes_have_the_published_number_of_parameters() {
        let tiling = Tiling { rows: 16, span: 64 };
        for (name, billions) in [
            ("llama-3.2-1b", 1.23),
            ("llama-3.2-3b", 3.21),
            ("llama-3.1-8b", 8.03),
            ("llama-3.3-70b", 70.6),
        ] {
            let config = LlamaConfig::of_shape(name).expect("it is known");
            let footprint = Footprint::new(&config, WeightFormat::Floats, DType::BF16, tiling);
            let found = footprint.weights as f64 / 2e9;
            assert!((found / billions - 1.0).abs() < 0.01, "{name}: {found}");
            assert_eq!(config.context_length, 131_072);
        }
    }

    #[test]
    fn long_contexts_turn_slowly() {
        // Llama 3's scaling divides the slowest rotation by its factor and leaves the fastest as it is.
        let config = LlamaConfig::of_shape("llama-3.1-8b").expect("it is known");
        let frequencies = &config.rope_frequencies;
        assert_eq!((frequencies.len(), frequencies[0]), (64, 1.0));
        let unscaled = 500_000f32.powf(-126.0 / 128.0);
        assert!((frequencies[63] * 8.0 / unscaled - 1.0).abs() < 1e-5);
    }

    #[test]
    fn an_unknown_shape_is_named_with_those_there_are() {
        let error = LlamaConfig::of_shape("llama-4").expect_err("there is none");
        let said = error.to_string();
        assert!(
            said.contains("'llama-4'") && said.contains("llama-3.1-8b"),
            "{said}"
        );
    }
}
