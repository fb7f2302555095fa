use super::lanes::Lanes;

/// Below this the exponential is zero; it is still a normal number here.
const LOWEST: f32 = -87.0;
const HIGHEST: f32 = 88.0;

/// The exponential of each lane, to about one unit in the last place. `exp(0)` is exactly 1,
/// everything below -87, minus infinity included, gives 0, and everything above 88 gives `exp(88)`.
///
/// Range reduction and polynomial are those of Moshier's Cephes `expf`.
#[inline(always)]
pub(super) fn exponential<L: Lanes>(lanes: L, x: L::Floats) -> L::Floats {
    let lowest = lanes.splat(LOWEST);
    let clamped = lanes.minimum(lanes.maximum(x, lowest), lanes.splat(HIGHEST));
    let n = lanes.round(lanes.multiply(clamped, lanes.splat(std::f32::consts::LOG2_E)));
    // ln 2 in two parts, the first of which has few bits, so that n times it is exact.
    let r = lanes.multiply_add(n, lanes.splat(-0.693_359_4), clamped);
    let r = lanes.multiply_add(n, lanes.splat(2.121_944_4e-4), r);
    let mut p = lanes.splat(1.987_569_1e-4);
    for coefficient in [
        1.398_2e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        5.000_000_3e-1,
    ] {
        p = lanes.multiply_add(p, r, lanes.splat(coefficient));
    }
    let p = lanes.multiply_add(lanes.multiply(p, r), r, r);
    let p = lanes.add(p, lanes.splat(1.0));
    let result = lanes.multiply(p, lanes.power_of_two(n));
    lanes.keep_at_least(result, x, lowest)
}
