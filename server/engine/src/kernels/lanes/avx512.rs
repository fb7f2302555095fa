//! AVX-512 with VNNI: a vector is one register.

use std::arch::asm;
use std::arch::x86_64::*;

use super::Lanes;

/// Proof of AVX-512 F, BW, DQ, VL and VNNI.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Avx512(());

impl Avx512 {
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

impl Lanes for Avx512 {
    type Floats = __m512;
    type Integers = __m512i;
    type Shorts = __m512i;
    type Weights = __m512i;
    type RowBytes = __m512i;

    const WIDE: bool = true;

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        proven!(_mm512_set1_ps(value))
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m512 {
        proven!(_mm512_loadu_ps(from))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, value: __m512) {
        proven!(_mm512_storeu_ps(to, value))
    }

    #[inline(always)]
    fn prefetch(self, address: *const f32) {
        proven!(_mm_prefetch::<_MM_HINT_T0>(address.cast()))
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        proven!(_mm512_add_ps(a, b))
    }

    #[inline(always)]
    fn subtract(self, a: __m512, b: __m512) -> __m512 {
        proven!(_mm512_sub_ps(a, b))
    }

    #[inline(always)]
    fn multiply(self, a: __m512, b: __m512) -> __m512 {
        proven!(_mm512_mul_ps(a, b))
    }

    #[inline(always)]
    fn divide(self, a: __m512, b: __m512) -> __m512 {
        proven!(_mm512_div_ps(a, b))
    }

    #[inline(always)]
    fn multiply_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        proven!(_mm512_fmadd_ps(a, b, c))
    }

    #[inline(always)]
    fn maximum(self, a: __m512, b: __m512) -> __m512 {
        proven!(_mm512_max_ps(a, b))
    }

    #[inline(always)]
    fn minimum(self, a: __m512, b: __m512) -> __m512 {
        proven!(_mm512_min_ps(a, b))
    }

    #[inline(always)]
    fn absolute(self, a: __m512) -> __m512 {
        proven!(_mm512_abs_ps(a))
    }

    #[inline(always)]
    fn round(self, a: __m512) -> __m512 {
        proven!(_mm512_roundscale_ps::<
            { _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC },
        >(a))
    }

    #[inline(always)]
    fn power_of_two(self, n: __m512) -> __m512 {
        proven!({
            let exponent = _mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127));
            _mm512_castsi512_ps(_mm512_slli_epi32::<23>(exponent))
        })
    }

    #[inline(always)]
    fn add_to_exponent(self, a: __m512, shifted: __m512) -> __m512 {
        proven!({
            let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(shifted));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), exponent))
        })
    }

    #[inline(always)]
    fn keep_at_least(self, value: __m512, a: __m512, threshold: __m512) -> __m512 {
        proven!(_mm512_maskz_mov_ps(
            _mm512_cmp_ps_mask::<_CMP_GE_OQ>(a, threshold),
            value
        ))
    }

    #[inline(always)]
    fn any_greater(self, a: __m512, b: __m512) -> bool {
        proven!(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b) != 0)
    }

    #[inline(always)]
    fn to_integers(self, a: __m512) -> __m512i {
        proven!(_mm512_cvtps_epi32(a))
    }

    #[inline(always)]
    fn to_floats(self, a: __m512i) -> __m512 {
        proven!(_mm512_cvtepi32_ps(a))
    }

    #[inline(always)]
    unsafe fn load_integers(self, from: *const i32) -> __m512i {
        proven!(_mm512_loadu_si512(from.cast()))
    }

    #[inline(always)]
    fn shift_left_byte(self, a: __m512i) -> __m512i {
        proven!(_mm512_slli_epi32::<8>(a))
    }

    #[inline(always)]
    unsafe fn store_byte<const BYTE: usize>(self, to: *mut u8, a: __m512i) {
        proven!({
            let shifted = match BYTE {
                0 => a,
                _ => _mm512_srli_epi32::<8>(a),
            };
            _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(shifted));
        })
    }

    #[inline(always)]
    unsafe fn load_weights(self, from: *const i8) -> __m512i {
        proven!(_mm512_loadu_si512(from.cast()))
    }

    #[inline(always)]
    unsafe fn splat_row(self, from: *const u8) -> __m512i {
        proven!(_mm512_set1_epi32(from.cast::<i32>().read_unaligned()))
    }

    #[inline(always)]
    unsafe fn load_starts(self, from: *const i32) -> __m512i {
        // SAFETY: passed on from the caller.
        unsafe { self.load_integers(from) }
    }

    #[inline(always)]
    fn dot_centred(self, sum: __m512i, row: __m512i, weights: __m512i) -> __m512i {
        self.dot(sum, row, weights)
    }

    #[inline(always)]
    fn dot(self, sum: __m512i, row: __m512i, weights: __m512i) -> __m512i {
        proven!(_mm512_dpbusd_epi32(sum, row, weights))
    }

    #[inline(always)]
    fn zeros(self) -> __m512i {
        proven!(_mm512_setzero_si512())
    }

    #[inline(always)]
    unsafe fn load_shorts(self, from: *const i16) -> __m512i {
        proven!(_mm512_loadu_si512(from.cast()))
    }

    #[inline(always)]
    unsafe fn splat_pair(self, from: *const i16) -> __m512i {
        proven!(_mm512_set1_epi32(from.cast::<i32>().read_unaligned()))
    }

    #[inline(always)]
    unsafe fn store_shorts(self, to: *mut i16, a: __m512i) {
        proven!(_mm256_storeu_si256(to.cast(), _mm512_cvtepi32_epi16(a)))
    }

    #[inline(always)]
    fn dot_pairs(self, sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
        proven!(dot_pairs(sum, a, b))
    }

    #[inline(always)]
    fn butterfly<const DISTANCE: usize>(self, a: __m512) -> __m512 {
        proven!({
            let (other, second) = match DISTANCE {
                1 => (_mm512_permute_ps::<0b10_11_00_01>(a), 0xaaaa),
                2 => (_mm512_permute_ps::<0b01_00_11_10>(a), 0xcccc),
                4 => (_mm512_shuffle_f32x4::<0b10_11_00_01>(a, a), 0xf0f0),
                _ => (_mm512_shuffle_f32x4::<0b01_00_11_10>(a, a), 0xff00),
            };
            _mm512_mask_sub_ps(_mm512_add_ps(a, other), second, other, a)
        })
    }

    #[inline(always)]
    fn sum(self, a: __m512) -> f32 {
        proven!({
            let high = _mm512_extractf32x8_ps::<1>(a);
            let eight = _mm256_add_ps(_mm512_castps512_ps256(a), high);
            let high = _mm256_extractf128_ps::<1>(eight);
            let four = _mm_add_ps(_mm256_castps256_ps128(eight), high);
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        })
    }

    #[inline(always)]
    fn largest(self, a: __m512) -> f32 {
        proven!(_mm512_reduce_max_ps(a))
    }
}

/// As `_mm512_dpwssd_epi32`. That one the compiler takes apart into a product and a sum where it
/// does not know the processor's model, which halves the speed.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn dot_pairs(mut sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: the instruction only changes the register of the sum.
    unsafe {
        asm!(
            "vpdpwssd {sum}, {a}, {b}",
            sum = inout(zmm_reg) sum,
            a = in(zmm_reg) a,
            b = in(zmm_reg) b,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    sum
}
