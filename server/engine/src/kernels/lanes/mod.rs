//! Sixteen-lane vectors behind one trait, so that every kernel is written once.

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;
pub(super) mod portable;

/// Lanes of one vector, on every machine.
pub(super) const LANES: usize = 16;

/// Vectors of sixteen f32 or i32 lanes.
///
/// A value of the implementing type is the proof that this CPU has the instructions: only
/// `InstructionSet::run` makes one, after looking. Every float operation rounds once, in the same
/// way in every implementation, so a kernel built on this trait gives the same bits on all CPUs
/// with fused multiply-add.
///
/// The functions that take a pointer are unsafe because they read or write behind it. No pointer
/// needs alignment.
pub(super) trait Lanes: Copy {
    /// Sixteen f32.
    type Floats: Copy;
    /// Sixteen i32.
    type Integers: Copy;
    /// Thirty-two i16, two to each i32 lane.
    type Shorts: Copy;
    /// Sixty-four signed bytes, four to each i32 lane.
    type Weights: Copy;
    /// Four unsigned bytes, the same for each lane.
    type RowBytes: Copy;

    /// Whether there are registers for tiles of three and four vectors a row; else tiles have one.
    const WIDE: bool;

    /// The same value in every lane.
    fn splat(self, value: f32) -> Self::Floats;
    /// Reads sixteen values.
    unsafe fn load(self, from: *const f32) -> Self::Floats;
    /// Writes sixteen values.
    unsafe fn store(self, to: *mut f32, value: Self::Floats);
    /// Asks for the cache line of an address, which may be any.
    fn prefetch(self, address: *const f32);
    /// `a + b`.
    fn add(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a - b`.
    fn subtract(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a * b`.
    fn multiply(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a / b`.
    fn divide(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a * b + c`, rounded once where the CPU can.
    fn multiply_add(self, a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// The larger of each pair; no lane may be NaN.
    fn maximum(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// The smaller of each pair; no lane may be NaN.
    fn minimum(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// The absolute values.
    fn absolute(self, a: Self::Floats) -> Self::Floats;
    /// The nearest whole numbers, ties to even.
    fn round(self, a: Self::Floats) -> Self::Floats;
    /// `2^n` for whole `n` from -126 to 127.
    fn power_of_two(self, n: Self::Floats) -> Self::Floats;
    /// `a * 2^n`, where `n` stands in the lowest bits of `shifted`, below 1.5 * 2^23.
    fn add_to_exponent(self, a: Self::Floats, shifted: Self::Floats) -> Self::Floats;
    /// `value` where `a >= threshold`, else zero.
    fn keep_at_least(
        self,
        value: Self::Floats,
        a: Self::Floats,
        threshold: Self::Floats,
    ) -> Self::Floats;
    /// Whether any lane of `a` is greater than the same lane of `b`.
    fn any_greater(self, a: Self::Floats, b: Self::Floats) -> bool;

    /// The nearest integers, ties to even, of values that i32 can hold.
    fn to_integers(self, a: Self::Floats) -> Self::Integers;
    /// The nearest f32 of each integer.
    fn to_floats(self, a: Self::Integers) -> Self::Floats;
    /// Reads sixteen integers.
    unsafe fn load_integers(self, from: *const i32) -> Self::Integers;
    /// Each integer times 256.
    fn shift_left_byte(self, a: Self::Integers) -> Self::Integers;
    /// Writes byte `BYTE` (0 or 1, counted from the low end) of each integer: sixteen bytes.
    unsafe fn store_byte<const BYTE: usize>(self, to: *mut u8, a: Self::Integers);

    /// Reads the weights of sixteen columns, four bytes to a column.
    unsafe fn load_weights(self, from: *const i8) -> Self::Weights;
    /// Reads four bytes of a row.
    unsafe fn splat_row(self, from: *const u8) -> Self::RowBytes;
    /// Reads what sums of `dot_centred` have to start from; `from` gives -128 times the sum of each
    /// column's weights.
    unsafe fn load_starts(self, from: *const i32) -> Self::Integers;
    /// Adds to each lane the dot product of its four weights, none of them -128, with the four
    /// bytes of the row, none of them 0, after 128 is taken from each byte. Some instructions take
    /// it by what the sums start from.
    fn dot_centred(
        self,
        sum: Self::Integers,
        row: Self::RowBytes,
        weights: Self::Weights,
    ) -> Self::Integers;
    /// Adds to each lane the dot product of its four weights with the four bytes of the row.
    fn dot(
        self,
        sum: Self::Integers,
        row: Self::RowBytes,
        weights: Self::Weights,
    ) -> Self::Integers;

    /// Sixteen zeros.
    fn zeros(self) -> Self::Integers;
    /// Reads thirty-two numbers.
    unsafe fn load_shorts(self, from: *const i16) -> Self::Shorts;
    /// Reads two numbers, the same for each lane.
    unsafe fn splat_pair(self, from: *const i16) -> Self::Shorts;
    /// Writes the low half of each integer, sixteen numbers.
    unsafe fn store_shorts(self, to: *mut i16, a: Self::Integers);
    /// Adds to each lane the dot product of its two numbers in `a` and `b`.
    fn dot_pairs(self, sum: Self::Integers, a: Self::Shorts, b: Self::Shorts) -> Self::Integers;

    /// Of each two lanes `DISTANCE` apart (1, 2, 4 or 8; the first has no such bit in its number),
    /// the sum in the first and the first less the second in the second.
    fn butterfly<const DISTANCE: usize>(self, a: Self::Floats) -> Self::Floats;
    /// The sum of the lanes: halves are added to each other until one is left.
    fn sum(self, a: Self::Floats) -> f32;
    /// The largest lane; none may be NaN.
    fn largest(self, a: Self::Floats) -> f32;

    /// The lanes as an array.
    #[inline(always)]
    fn to_array(self, a: Self::Floats) -> [f32; LANES] {
        let mut array = [0.0; LANES];
        // SAFETY: the array has sixteen elements.
        unsafe { self.store(array.as_mut_ptr(), a) };
        array
    }
}
