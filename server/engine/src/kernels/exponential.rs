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

/// Two to the power of each lane, to about one unit in the last place, for lanes up to zero.
/// `2^0` is exactly 1, and everything below -125, minus infinity included, gives 0.
///
/// The fraction, from -1/2 to 1/2, goes through a polynomial fitted for the least relative error,
/// with its constant term held at one; the whole part is added to the exponent.
// One of the fitted coefficients comes close to a constant.
#[allow(clippy::approx_constant)]
#[inline(always)]
pub(super) fn power_of_two<L: Lanes>(lanes: L, x: L::Floats) -> L::Floats {
    let lowest = lanes.splat(-125.0);
    let clamped = lanes.maximum(x, lowest);
    // At this size a float has no fraction, so adding it rounds to a whole number, which stands in
    // the lowest bits.
    let whole = lanes.splat(12_582_912.0);
    let shifted = lanes.add(clamped, whole);
    let r = lanes.subtract(clamped, lanes.subtract(shifted, whole));
    let mut p = lanes.splat(1.326_472_7e-3);
    for coefficient in [
        9.671_513e-3,
        5.550_733_6e-2,
        2.402_224_2e-1,
        6.931_47e-1,
        1.0,
    ] {
        p = lanes.multiply_add(p, r, lanes.splat(coefficient));
    }
    lanes.keep_at_least(lanes.add_to_exponent(p, shifted), x, lowest)
}

/// Two to the power of a whole number up to zero, exactly; below -126, and so for minus infinity,
/// it is zero.
#[inline(always)]
pub(super) fn whole_power_of_two(n: f32) -> f32 {
    if n < -126.0 {
        return 0.0;
    }
    f32::from_bits(((n as i32 + 127) as u32) << 23)
}
