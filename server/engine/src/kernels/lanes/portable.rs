//! Arrays, which the compiler turns into whatever vectors the target has.

use super::{LANES, Lanes};

/// Any CPU.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Portable;

type Floats = [f32; LANES];
type Integers = [i32; LANES];

#[inline(always)]
fn each(f: impl Fn(usize) -> f32) -> Floats {
    let mut result = [0.0; LANES];
    for (lane, value) in result.iter_mut().enumerate() {
        *value = f(lane);
    }
    result
}

impl Lanes for Portable {
    type Floats = Floats;
    type Integers = Integers;
    type Shorts = [[i16; 2]; LANES];
    type Weights = [[i8; 4]; LANES];
    type RowBytes = [u8; 4];

    const WIDE: bool = false;

    #[inline(always)]
    fn splat(self, value: f32) -> Floats {
        [value; LANES]
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Floats {
        // SAFETY: the caller gives sixteen elements.
        unsafe { from.cast::<Floats>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, value: Floats) {
        // SAFETY: the caller gives room for sixteen elements.
        unsafe { to.cast::<Floats>().write_unaligned(value) }
    }

    #[inline(always)]
    fn prefetch(self, _: *const f32) {}

    #[inline(always)]
    fn add(self, a: Floats, b: Floats) -> Floats {
        each(|lane| a[lane] + b[lane])
    }

    #[inline(always)]
    fn subtract(self, a: Floats, b: Floats) -> Floats {
        each(|lane| a[lane] - b[lane])
    }

    #[inline(always)]
    fn multiply(self, a: Floats, b: Floats) -> Floats {
        each(|lane| a[lane] * b[lane])
    }

    #[inline(always)]
    fn divide(self, a: Floats, b: Floats) -> Floats {
        each(|lane| a[lane] / b[lane])
    }

    /// Without the instruction a fused product is a slow library call, so there it rounds twice.
    #[inline(always)]
    fn multiply_add(self, a: Floats, b: Floats, c: Floats) -> Floats {
        if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
            each(|lane| a[lane].mul_add(b[lane], c[lane]))
        } else {
            each(|lane| a[lane] * b[lane] + c[lane])
        }
    }

    #[inline(always)]
    fn maximum(self, a: Floats, b: Floats) -> Floats {
        each(|lane| if a[lane] > b[lane] { a[lane] } else { b[lane] })
    }

    #[inline(always)]
    fn minimum(self, a: Floats, b: Floats) -> Floats {
        each(|lane| if a[lane] < b[lane] { a[lane] } else { b[lane] })
    }

    #[inline(always)]
    fn absolute(self, a: Floats) -> Floats {
        each(|lane| a[lane].abs())
    }

    #[inline(always)]
    fn round(self, a: Floats) -> Floats {
        each(|lane| a[lane].round_ties_even())
    }

    #[inline(always)]
    fn power_of_two(self, n: Floats) -> Floats {
        each(|lane| f32::from_bits(((n[lane] as i32 + 127) as u32) << 23))
    }

    #[inline(always)]
    fn add_to_exponent(self, a: Floats, shifted: Floats) -> Floats {
        each(|lane| {
            f32::from_bits(
                a[lane]
                    .to_bits()
                    .wrapping_add(shifted[lane].to_bits() << 23),
            )
        })
    }

    #[inline(always)]
    fn keep_at_least(self, value: Floats, a: Floats, threshold: Floats) -> Floats {
        each(|lane| {
            if a[lane] >= threshold[lane] {
                value[lane]
            } else {
                0.0
            }
        })
    }

    #[inline(always)]
    fn any_greater(self, a: Floats, b: Floats) -> bool {
        a.iter().zip(&b).any(|(a, b)| a > b)
    }

    #[inline(always)]
    fn to_integers(self, a: Floats) -> Integers {
        a.map(|value| value.round_ties_even() as i32)
    }

    #[inline(always)]
    fn to_floats(self, a: Integers) -> Floats {
        a.map(|integer| integer as f32)
    }

    #[inline(always)]
    unsafe fn load_integers(self, from: *const i32) -> Integers {
        // SAFETY: the caller gives sixteen elements.
        unsafe { from.cast::<Integers>().read_unaligned() }
    }

    #[inline(always)]
    fn shift_left_byte(self, a: Integers) -> Integers {
        a.map(|integer| integer << 8)
    }

    #[inline(always)]
    unsafe fn store_byte<const BYTE: usize>(self, to: *mut u8, a: Integers) {
        let bytes = a.map(|integer| (integer >> (8 * BYTE)) as u8);
        // SAFETY: the caller gives room for sixteen bytes.
        unsafe { to.cast::<[u8; LANES]>().write_unaligned(bytes) }
    }

    #[inline(always)]
    unsafe fn load_weights(self, from: *const i8) -> [[i8; 4]; LANES] {
        // SAFETY: the caller gives sixty-four elements.
        unsafe { from.cast::<[[i8; 4]; LANES]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn splat_row(self, from: *const u8) -> [u8; 4] {
        // SAFETY: the caller gives four elements.
        unsafe { from.cast::<[u8; 4]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn load_starts(self, from: *const i32) -> Integers {
        // SAFETY: passed on from the caller.
        unsafe { self.load_integers(from) }
    }

    #[inline(always)]
    fn dot_centred(self, sum: Integers, row: [u8; 4], weights: [[i8; 4]; LANES]) -> Integers {
        self.dot(sum, row, weights)
    }

    #[inline(always)]
    fn dot(self, sum: Integers, row: [u8; 4], weights: [[i8; 4]; LANES]) -> Integers {
        let mut result = sum;
        for (sum, weights) in result.iter_mut().zip(&weights) {
            for (&byte, &weight) in row.iter().zip(weights) {
                *sum += i32::from(byte) * i32::from(weight);
            }
        }
        result
    }

    #[inline(always)]
    fn zeros(self) -> Integers {
        [0; LANES]
    }

    #[inline(always)]
    unsafe fn load_shorts(self, from: *const i16) -> [[i16; 2]; LANES] {
        // SAFETY: the caller gives thirty-two elements.
        unsafe { from.cast::<[[i16; 2]; LANES]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn splat_pair(self, from: *const i16) -> [[i16; 2]; LANES] {
        // SAFETY: the caller gives two elements.
        [unsafe { from.cast::<[i16; 2]>().read_unaligned() }; LANES]
    }

    #[inline(always)]
    unsafe fn store_shorts(self, to: *mut i16, a: Integers) {
        // SAFETY: the caller gives room for sixteen elements.
        unsafe {
            to.cast::<[i16; LANES]>()
                .write_unaligned(a.map(|integer| integer as i16))
        }
    }

    #[inline(always)]
    fn dot_pairs(self, sum: Integers, a: [[i16; 2]; LANES], b: [[i16; 2]; LANES]) -> Integers {
        let mut result = sum;
        for (sum, (a, b)) in result.iter_mut().zip(a.iter().zip(&b)) {
            *sum += i32::from(a[0]) * i32::from(b[0]) + i32::from(a[1]) * i32::from(b[1]);
        }
        result
    }

    #[inline(always)]
    fn butterfly<const DISTANCE: usize>(self, a: Floats) -> Floats {
        each(|lane| match lane & DISTANCE {
            0 => a[lane] + a[lane ^ DISTANCE],
            _ => a[lane ^ DISTANCE] - a[lane],
        })
    }

    #[inline(always)]
    fn sum(self, mut a: Floats) -> f32 {
        for half in [8, 4, 2, 1] {
            for lane in 0..half {
                a[lane] += a[lane + half];
            }
        }
        a[0]
    }

    #[inline(always)]
    fn largest(self, a: Floats) -> f32 {
        let mut largest = a[0];
        for value in a {
            largest = if value > largest { value } else { largest };
        }
        largest
    }
}
