use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::{Duration, Instant};

use candle_core::quantized::gguf_file;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::{MAX_SEQ_LEN, ModelWeights};

use super::contender::{Contender, ContenderError, Pass};

/// Tokens fed in one pass.
const CHUNK: usize = 256;

/// candle's own quantized Llama, as it comes.
///
/// It gives the logits of the last token alone, which is less work than the others do. Its cache
/// cannot be rolled back: a copy of the model is kept at the ends of what was fed to stay, which
/// shares the weights and, until the next pass, the cache.
pub struct StockCandle {
    /// By the number of positions.
    kept: BTreeMap<usize, ModelWeights>,
    current: ModelWeights,
    position: usize,
}

impl StockCandle {
    /// Loads a GGUF file.
    pub fn load(path: &Path) -> Result<Self, ContenderError> {
        let mut reader = BufReader::new(File::open(path).map_err(candle_core::Error::from)?);
        let content = gguf_file::Content::read(&mut reader)?;
        let current = ModelWeights::from_gguf(content, &mut reader, &Device::Cpu)?;
        Ok(Self {
            kept: BTreeMap::from([(0, current.clone())]),
            current,
            position: 0,
        })
    }

    fn feed(&mut self, tokens: &[u32]) -> Result<(Duration, u32), ContenderError> {
        let start = Instant::now();
        let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
        let logits = self.current.forward(&input, self.position)?;
        let time = start.elapsed();
        self.position += tokens.len();
        let choice = logits.squeeze(0)?.argmax(0)?.to_scalar::<u32>()?;
        Ok((time, choice))
    }
}

impl Contender for StockCandle {
    fn name(&self) -> String {
        "stock candle".into()
    }

    fn context_length(&self) -> usize {
        MAX_SEQ_LEN
    }

    fn truncate(&mut self, position: usize) -> Result<(), ContenderError> {
        self.kept.split_off(&(position + 1));
        let Some((&at, model)) = self.kept.last_key_value() else {
            return Ok(());
        };
        if at != position {
            let reason = format!("nothing was kept at position {position}");
            return Err(ContenderError::Candle(candle_core::Error::Msg(reason)));
        }
        self.current = model.clone();
        self.position = at;
        Ok(())
    }

    fn advance(&mut self, tokens: &[u32]) -> Result<Duration, ContenderError> {
        let mut time = Duration::ZERO;
        for chunk in tokens.chunks(CHUNK) {
            time += self.feed(chunk)?.0;
        }
        self.kept.insert(self.position, self.current.clone());
        Ok(time)
    }

    fn verify(&mut self, tokens: &[u32]) -> Result<Pass, ContenderError> {
        let (time, choice) = self.feed(tokens)?;
        Ok(Pass {
            time,
            choices: vec![choice],
        })
    }
}
