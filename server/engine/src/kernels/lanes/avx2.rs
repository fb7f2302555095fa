//! AVX2 with FMA: a vector is a pair of registers. AVX-VNNI, where there is one, adds the products of integers.

use std::arch::asm;
use std::arch::x86_64::*;

use super::{LANES, Lanes};

/// Proof of AVX2 and FMA, and of AVX-VNNI with `VNNI`.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Avx2<const VNNI: bool>(());

impl<const VNNI: bool> Avx2<VNNI> {
    /// # Safety
    /// The CPU has every feature that the type stands for.
    pub(in crate::kernels) unsafe fn new_unchecked() -> Self {
        Self(())
    }
}

/// Calls intrinsics that need no more than the features.
macro_rules! proven {
    ($call:expr) => {
        // SAFETY: the token `self` proves that the CPU has the features of the intrinsic; where it
        // takes a pointer, the caller of the unsafe function has promised what lies behind it.
        unsafe { $call }
    };
}

type Floats = [__m256; 2];
type Integers = [__m256i; 2];

impl<const VNNI: bool> Lanes for Avx2<VNNI> {
    type Floats = Floats;
    type Integers = Integers;
    type Shorts = Integers;
    type Weights = Integers;
    type RowBytes = __m256i;

    const WIDE: bool = false;

    #[inline(always)]
    fn splat(self, value: f32) -> Floats {
        proven!([_mm256_set1_ps(value); 2])
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Floats {
        proven!([_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))])
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, value: Floats) {
        proven!({
            _mm256_storeu_ps(to, value[0]);
            _mm256_storeu_ps(to.add(8), value[1]);
        })
    }

    #[inline(always)]
    fn prefetch(self, address: *const f32) {
        proven!(_mm_prefetch::<_MM_HINT_T0>(address.cast()))
    }

    #[inline(always)]
    fn add(self, a: Floats, b: Floats) -> Floats {
        proven!([_mm256_add_ps(a[0], b[0]), _mm256_add_ps(a[1], b[1])])
    }

    #[inline(always)]
    fn subtract(self, a: Floats, b: Floats) -> Floats {
        proven!([_mm256_sub_ps(a[0], b[0]), _mm256_sub_ps(a[1], b[1])])
    }

    #[inline(always)]
    fn multiply(self, a: Floats, b: Floats) -> Floats {
        proven!([_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])])
    }

    #[inline(always)]
    fn divide(self, a: Floats, b: Floats) -> Floats {
        proven!([_mm256_div_ps(a[0], b[0]), _mm256_div_ps(a[1], b[1])])
    }

    #[inline(always)]
    fn multiply_add(self, a: Floats, b: Floats, c: Floats) -> Floats {
        proven!([
            _mm256_fmadd_ps(a[0], b[0], c[0]),
            _mm256_fmadd_ps(a[1], b[1], c[1])
        ])
    }

    #[inline(always)]
    fn maximum(self, a: Floats, b: Floats) -> Floats {
        proven!([_mm256_max_ps(a[0], b[0]), _mm256_max_ps(a[1], b[1])])
    }

    #[inline(always)]
    fn minimum(self, a: Floats, b: Floats) -> Floats {
        proven!([_mm256_min_ps(a[0], b[0]), _mm256_min_ps(a[1], b[1])])
    }

    #[inline(always)]
    fn absolute(self, a: Floats) -> Floats {
        proven!({
            let sign = _mm256_set1_ps(-0.0);
            [_mm256_andnot_ps(sign, a[0]), _mm256_andnot_ps(sign, a[1])]
        })
    }

    #[inline(always)]
    fn round(self, a: Floats) -> Floats {
        proven!([
            _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a[0]),
            _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a[1])
        ])
    }

    #[inline(always)]
    fn power_of_two(self, n: Floats) -> Floats {
        proven!({
            let bias = _mm256_set1_epi32(127);
            let low = _mm256_add_epi32(_mm256_cvtps_epi32(n[0]), bias);
            let high = _mm256_add_epi32(_mm256_cvtps_epi32(n[1]), bias);
            [
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(low)),
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(high)),
            ]
        })
    }

    #[inline(always)]
    fn add_to_exponent(self, a: Floats, shifted: Floats) -> Floats {
        proven!({
            let low = _mm256_slli_epi32::<23>(_mm256_castps_si256(shifted[0]));
            let high = _mm256_slli_epi32::<23>(_mm256_castps_si256(shifted[1]));
            [
                _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a[0]), low)),
                _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a[1]), high)),
            ]
        })
    }

    #[inline(always)]
    fn keep_at_least(self, value: Floats, a: Floats, threshold: Floats) -> Floats {
        proven!([
            _mm256_and_ps(value[0], _mm256_cmp_ps::<_CMP_GE_OQ>(a[0], threshold[0])),
            _mm256_and_ps(value[1], _mm256_cmp_ps::<_CMP_GE_OQ>(a[1], threshold[1]))
        ])
    }

    #[inline(always)]
    fn any_greater(self, a: Floats, b: Floats) -> bool {
        proven!({
            let low = _mm256_cmp_ps::<_CMP_GT_OQ>(a[0], b[0]);
            let high = _mm256_cmp_ps::<_CMP_GT_OQ>(a[1], b[1]);
            _mm256_movemask_ps(_mm256_or_ps(low, high)) != 0
        })
    }

    #[inline(always)]
    fn to_integers(self, a: Floats) -> Integers {
        proven!([_mm256_cvtps_epi32(a[0]), _mm256_cvtps_epi32(a[1])])
    }

    #[inline(always)]
    fn to_floats(self, a: Integers) -> Floats {
        proven!([_mm256_cvtepi32_ps(a[0]), _mm256_cvtepi32_ps(a[1])])
    }

    #[inline(always)]
    unsafe fn load_integers(self, from: *const i32) -> Integers {
        proven!([
            _mm256_loadu_si256(from.cast()),
            _mm256_loadu_si256(from.add(8).cast())
        ])
    }

    #[inline(always)]
    fn shift_left_byte(self, a: Integers) -> Integers {
        proven!([_mm256_slli_epi32::<8>(a[0]), _mm256_slli_epi32::<8>(a[1])])
    }

    #[inline(always)]
    unsafe fn store_byte<const BYTE: usize>(self, to: *mut u8, a: Integers) {
        let mut integers = [0i32; LANES];
        proven!({
            _mm256_storeu_si256(integers.as_mut_ptr().cast(), a[0]);
            _mm256_storeu_si256(integers.as_mut_ptr().add(8).cast(), a[1]);
        });
        let bytes = integers.map(|integer| (integer >> (8 * BYTE)) as u8);
        // SAFETY: the caller gives room for sixteen bytes.
        unsafe { to.cast::<[u8; LANES]>().write_unaligned(bytes) };
    }

    #[inline(always)]
    unsafe fn load_weights(self, from: *const i8) -> Integers {
        proven!([
            _mm256_loadu_si256(from.cast()),
            _mm256_loadu_si256(from.add(32).cast())
        ])
    }

    #[inline(always)]
    unsafe fn splat_row(self, from: *const u8) -> __m256i {
        proven!(_mm256_set1_epi32(from.cast::<i32>().read_unaligned()))
    }

    #[inline(always)]
    unsafe fn load_starts(self, from: *const i32) -> Integers {
        match VNNI {
            // SAFETY: passed on from the caller.
            true => unsafe { self.load_integers(from) },
            false => self.zeros(),
        }
    }

    #[inline(always)]
    fn dot_centred(self, sum: Integers, row: __m256i, weights: Integers) -> Integers {
        if VNNI {
            return self.dot(sum, row, weights);
        }
        proven!({
            let row = _mm256_xor_si256(row, _mm256_set1_epi8(-128));
            [
                dot_signed(sum[0], row, weights[0]),
                dot_signed(sum[1], row, weights[1]),
            ]
        })
    }

    #[inline(always)]
    fn dot(self, sum: Integers, row: __m256i, weights: Integers) -> Integers {
        if VNNI {
            return proven!([
                _mm256_dpbusd_avx_epi32(sum[0], row, weights[0]),
                _mm256_dpbusd_avx_epi32(sum[1], row, weights[1])
            ]);
        }
        proven!([
            dot_unsigned(sum[0], row, weights[0]),
            dot_unsigned(sum[1], row, weights[1])
        ])
    }

    #[inline(always)]
    fn zeros(self) -> Integers {
        proven!([_mm256_setzero_si256(); 2])
    }

    #[inline(always)]
    unsafe fn load_shorts(self, from: *const i16) -> Integers {
        proven!([
            _mm256_loadu_si256(from.cast()),
            _mm256_loadu_si256(from.add(LANES).cast())
        ])
    }

    #[inline(always)]
    unsafe fn splat_pair(self, from: *const i16) -> Integers {
        proven!([_mm256_set1_epi32(from.cast::<i32>().read_unaligned()); 2])
    }

    #[inline(always)]
    unsafe fn store_shorts(self, to: *mut i16, a: Integers) {
        proven!({
            // Packing works on halves of 128 bits, so their middle quarters change places after it.
            let packed = _mm256_packs_epi32(a[0], a[1]);
            _mm256_storeu_si256(to.cast(), _mm256_permute4x64_epi64::<0b11_01_10_00>(packed));
        })
    }

    #[inline(always)]
    fn dot_pairs(self, sum: Integers, a: Integers, b: Integers) -> Integers {
        if VNNI {
            return proven!([dot_pairs(sum[0], a[0], b[0]), dot_pairs(sum[1], a[1], b[1])]);
        }
        proven!([
            _mm256_add_epi32(sum[0], _mm256_madd_epi16(a[0], b[0])),
            _mm256_add_epi32(sum[1], _mm256_madd_epi16(a[1], b[1])),
        ])
    }

    #[inline(always)]
    fn butterfly<const DISTANCE: usize>(self, a: Floats) -> Floats {
        proven!(match DISTANCE {
            8 => [_mm256_add_ps(a[0], a[1]), _mm256_sub_ps(a[0], a[1])],
            _ => [butterfly::<DISTANCE>(a[0]), butterfly::<DISTANCE>(a[1])],
        })
    }

    #[inline(always)]
    fn sum(self, a: Floats) -> f32 {
        proven!({
            let eight = _mm256_add_ps(a[0], a[1]);
            let high = _mm256_extractf128_ps::<1>(eight);
            let four = _mm_add_ps(_mm256_castps256_ps128(eight), high);
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        })
    }

    #[inline(always)]
    fn largest(self, a: Floats) -> f32 {
        proven!({
            let eight = _mm256_max_ps(a[0], a[1]);
            let high = _mm256_extractf128_ps::<1>(eight);
            let four = _mm_max_ps(_mm256_castps256_ps128(eight), high);
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
        })
    }
}

/// `Lanes::butterfly` of half a vector.
#[inline]
#[target_feature(enable = "avx2")]
fn butterfly<const DISTANCE: usize>(a: __m256) -> __m256 {
    let other = match DISTANCE {
        1 => _mm256_permute_ps::<0b10_11_00_01>(a),
        2 => _mm256_permute_ps::<0b01_00_11_10>(a),
        _ => _mm256_permute2f128_ps::<1>(a, a),
    };
    let (sum, difference) = (_mm256_add_ps(a, other), _mm256_sub_ps(other, a));
    match DISTANCE {
        1 => _mm256_blend_ps::<0b1010_1010>(sum, difference),
        2 => _mm256_blend_ps::<0b1100_1100>(sum, difference),
        _ => _mm256_blend_ps::<0b1111_0000>(sum, difference),
    }
}

/// `row` has signed bytes; neither it nor `weights` has a -128.
#[inline]
#[target_feature(enable = "avx2")]
fn dot_signed(sum: __m256i, row: __m256i, weights: __m256i) -> __m256i {
    // The signs of the weights go over to the row: a sum of two products of what goes up to 127
    // fits the instruction's 16 bits.
    let row = _mm256_sign_epi8(row, weights);
    let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(weights), row);
    _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn dot_unsigned(sum: __m256i, row: __m256i, weights: __m256i) -> __m256i {
    // Half of the bytes at a time: a sum of two products does not fit the instruction's 16 bits.
    let low_bytes = _mm256_set1_epi16(0x00ff);
    let even = _mm256_maddubs_epi16(_mm256_and_si256(row, low_bytes), weights);
    let odd = _mm256_maddubs_epi16(_mm256_andnot_si256(low_bytes, row), weights);
    let ones = _mm256_set1_epi16(1);
    let both = _mm256_add_epi32(_mm256_madd_epi16(even, ones), _mm256_madd_epi16(odd, ones));
    _mm256_add_epi32(sum, both)
}

/// As `_mm256_dpwssd_avx_epi32`, which the compiler takes apart as it does with 512 bits.
#[inline]
#[target_feature(enable = "avx2,avxvnni")]
fn dot_pairs(mut sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
    // SAFETY: the instruction only changes the register of the sum.
    unsafe {
        asm!(
            "{{vex}} vpdpwssd {sum}, {a}, {b}",
            sum = inout(ymm_reg) sum,
            a = in(ymm_reg) a,
            b = in(ymm_reg) b,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    sum
}
