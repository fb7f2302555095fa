//! Products of a few rows with one panel of columns, in registers.

use std::ops::Range;

use super::lanes::{LANES, Lanes};

/// Columns that are packed together: three vectors, so that a tile of eight rows fills the 32
/// registers of AVX-512.
pub(super) const PANEL: usize = 3 * LANES;

/// Rows of columns by which prefetching runs ahead.
const AHEAD: usize = 24;

/// Rows times packed columns.
///
/// # Safety
/// What `tile` reads is in bounds for every row and column that the implementor was made for.
pub(super) unsafe trait Product: Copy {
    /// Rows of one tile where there are registers for three vectors a row, and where there are not.
    const ROWS: (usize, usize);

    /// The products of `R` rows from `row` on with `V` vectors of columns from `column` on.
    ///
    /// An element's value depends on its row and its column alone, bit by bit.
    ///
    /// # Safety
    /// The rows and columns are among those the product was made for; `column` is a multiple of
    /// the lanes, and all columns lie in one panel.
    unsafe fn tile<L: Lanes, const R: usize, const V: usize>(
        self,
        lanes: L,
        row: usize,
        column: usize,
    ) -> [[L::Floats; V]; R];
}

/// Takes the results of tiles.
pub(super) trait Sink {
    /// Takes sixteen columns of one row.
    ///
    /// # Safety
    /// Row and column are among those that the sink was made for.
    unsafe fn take<L: Lanes>(&mut self, lanes: L, row: usize, column: usize, value: L::Floats);
}

/// Gives every element of `rows` times panel `panel` to `sink`.
///
/// # Safety
/// Product and sink were made for these rows and this panel.
#[inline(always)]
pub(super) unsafe fn multiply_panel<L: Lanes, P: Product, S: Sink>(
    lanes: L,
    product: P,
    rows: Range<usize>,
    panel: usize,
    sink: &mut S,
) {
    let limit = if L::WIDE { P::ROWS.0 } else { P::ROWS.1 };
    // Tiles of even heights: a tile of one row takes nearly as long as one of three.
    let mut tiles = rows.len().div_ceil(limit);
    let mut row = rows.start;
    while row < rows.end {
        let height = (rows.end - row).div_ceil(tiles);
        tiles -= 1;
        // SAFETY: the rows are in the range, the columns in the panel.
        unsafe { multiply_rows(lanes, product, row, height, panel * PANEL, sink) };
        row += height;
    }
}

/// Picks the tile for `height` rows.
///
/// # Safety
/// As for `multiply_panel`; `height` is at most the product's rows.
#[inline(always)]
unsafe fn multiply_rows<L: Lanes, P: Product, S: Sink>(
    lanes: L,
    product: P,
    row: usize,
    height: usize,
    column: usize,
    sink: &mut S,
) {
    macro_rules! tile {
        ($rows:literal) => {
            // SAFETY: passed on from the caller.
            unsafe {
                if L::WIDE {
                    give::<L, P, S, $rows, 3>(lanes, product, row, column, sink);
                } else {
                    give::<L, P, S, $rows, 1>(lanes, product, row, column, sink);
                    give::<L, P, S, $rows, 1>(lanes, product, row, column + LANES, sink);
                    give::<L, P, S, $rows, 1>(lanes, product, row, column + 2 * LANES, sink);
                }
            }
        };
    }
    let limit = if L::WIDE { P::ROWS.0 } else { P::ROWS.1 };
    debug_assert!((1..=limit).contains(&height));
    match height {
        1 => tile!(1),
        2 if limit >= 2 => tile!(2),
        3 if limit >= 3 => tile!(3),
        4 if limit >= 4 => tile!(4),
        5 if limit >= 5 => tile!(5),
        6 if limit >= 6 => tile!(6),
        7 if limit >= 7 => tile!(7),
        8 if limit >= 8 => tile!(8),
        _ => unreachable!("a tile of {height} rows"),
    }
}

/// # Safety
/// As for `Product::tile` and `Sink::take`.
#[inline(always)]
unsafe fn give<L: Lanes, P: Product, S: Sink, const R: usize, const V: usize>(
    lanes: L,
    product: P,
    row: usize,
    column: usize,
    sink: &mut S,
) {
    // SAFETY: passed on from the caller.
    unsafe {
        let tile = product.tile::<L, R, V>(lanes, row, column);
        for (r, values) in tile.iter().enumerate() {
            for (v, value) in values.iter().enumerate() {
                sink.take(lanes, row + r, column + v * LANES, *value);
            }
        }
    }
}

/// `R` rows of f32 times `V` vectors of columns, summed in the order of `k` whatever `R` and `V`
/// are.
///
/// # Safety
/// `rows` gives `inputs` elements in each of `R` rows `row_stride` apart, `columns` `16 V` elements
/// in each of `inputs` rows `column_stride` apart.
#[inline(always)]
pub(super) unsafe fn float_tile<L: Lanes, const R: usize, const V: usize>(
    lanes: L,
    inputs: usize,
    rows: *const f32,
    row_stride: usize,
    columns: *const f32,
    column_stride: usize,
) -> [[L::Floats; V]; R] {
    let mut sums = [[lanes.splat(0.0); V]; R];
    for k in 0..inputs {
        let mut weights = [lanes.splat(0.0); V];
        for (v, weight) in weights.iter_mut().enumerate() {
            lanes.prefetch(columns.wrapping_add((k + AHEAD) * column_stride + v * LANES));
            // SAFETY: promised by the caller.
            *weight = unsafe { lanes.load(columns.add(k * column_stride + v * LANES)) };
        }
        for (r, sums) in sums.iter_mut().enumerate() {
            // SAFETY: promised by the caller.
            let value = lanes.splat(unsafe { *rows.add(r * row_stride + k) });
            for v in 0..V {
                sums[v] = lanes.multiply_add(value, weights[v], sums[v]);
            }
        }
    }
    sums
}
