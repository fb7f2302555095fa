//! What is known of a graphics card.

use candle_core::Device;

/// Bytes that the card has left, as its driver says; none where nobody says it.
#[cfg(feature = "cuda")]
pub(crate) fn free_memory(device: &Device) -> Option<u64> {
    let Device::Cuda(card) = device else {
        return None;
    };
    let (free, _) = card.cuda_stream().context().mem_get_info().ok()?;
    Some(free as u64)
}

/// Bytes that the card has left: there is none.
#[cfg(not(feature = "cuda"))]
pub(crate) fn free_memory(_device: &Device) -> Option<u64> {
    None
}
