use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use fast_apply_engine::Error;
use serde::Serialize;

use super::work::Work;

/// Runs of each measurement, of which the fastest counts.
const ROUNDS: usize = 8;

/// What a device can do at most, measured on itself.
///
/// Williams et al., "Roofline: An Insightful Visual Performance Model for Multicore Architectures" (2009).
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Roofline {
    /// Bytes read and written a second by a copy on the device.
    pub bytes_per_s: f64,
    /// Floating-point operations a second of a large product of square matrices.
    pub flops_per_s: f64,
}

impl Roofline {
    /// Measures a device in the type that a model computes with.
    pub fn measure(device: &Device, dtype: DType) -> Result<Self, Error> {
        let (elements, side) = match device {
            Device::Cpu => (1 << 22, 256),
            _ => (1 << 28, 8192),
        };
        let source = Tensor::zeros(elements, dtype, device)?;
        let copy = fastest(device, || source.copy())?;
        drop(source);
        let square = || Tensor::randn(0f32, 1.0, (side, side), device)?.to_dtype(dtype);
        let (left, right) = (square()?, square()?);
        let product = fastest(device, || left.matmul(&right))?;
        Ok(Self {
            bytes_per_s: (2 * elements * dtype.size_in_bytes()) as f64 / copy,
            flops_per_s: 2.0 * (side as f64).powi(3) / product,
        })
    }

    /// The least seconds that some work takes.
    pub fn seconds(&self, work: Work) -> f64 {
        (work.bytes / self.bytes_per_s).max(work.flops / self.flops_per_s)
    }
}

/// Seconds of the fastest run, the first one, which may load code, aside.
fn fastest(
    device: &Device,
    run: impl Fn() -> candle_core::Result<Tensor>,
) -> candle_core::Result<f64> {
    run()?;
    let mut fastest = f64::INFINITY;
    for _ in 0..ROUNDS {
        device.synchronize()?;
        let start = Instant::now();
        let result = run()?;
        device.synchronize()?;
        fastest = fastest.min(start.elapsed().as_secs_f64());
        drop(result);
    }
    Ok(fastest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slower_of_reading_and_computing_counts() {
        let roofline = Roofline {
            bytes_per_s: 10.0,
            flops_per_s: 100.0,
        };
        let seconds = |bytes, flops| roofline.seconds(Work { bytes, flops });
        assert_eq!(seconds(50.0, 100.0), 5.0);
        assert_eq!(seconds(5.0, 1000.0), 10.0);
    }

    #[test]
    fn a_processor_copies_and_multiplies() {
        let measured = Roofline::measure(&Device::Cpu, DType::F32).expect("it can");
        assert!(measured.bytes_per_s > 1e7 && measured.bytes_per_s < 1e13);
        assert!(measured.flops_per_s > 1e7 && measured.flops_per_s < 1e15);
    }
}
