//! Causal attention of new rows over the cache, for grouped queries.
//!
//! Keys are taken in blocks of 128. Each block gives a partial softmax, and a query's partials are
//! merged in the order of the blocks: Milakov and Gimelshein, "Online normalizer calculation for
//! softmax" (2018), in the form of Dao et al., "FlashAttention" (2022). A partial is a function of
//! the query and the block alone, so it does not matter which task computes it. Keys that a query
//! may not see get weight zero, which changes no sum.

use super::Machine;
use super::buffer::Shared;
use super::cache::{CacheNumbers, Heads, KEY_BLOCK, KeyValueCache};
use super::head_form::HeadReader;
use super::instruction_set::Kernel;
use super::lanes::Lanes;
use super::partial_softmax::{PartialSoftmax, TILE};
use super::queries::{Queries, QueryNumbers};
use super::rows::{Rows, RowsWriter};

/// Tiles that go over a block of keys together, while it is near the core.
const TILES_OF_TASK: usize = 8;
/// Tasks per thread from which on the blocks of one task need not be spread over threads.
const ENOUGH_TASKS: usize = 4;

/// Scratch memory of `Machine::attend`, kept between calls.
#[derive(Default)]
pub struct AttentionScratch {
    partials: Vec<PartialSoftmax>,
}

impl Machine {
    /// Writes to `to` (`[row][query head][width]`) what the first `count` rows of `queries`, which
    /// stand at `position` and behind it, see of `layer` of the cache, and seals them. Their own
    /// keys and values are in the cache.
    ///
    /// # Panics
    /// If queries and cache are of different precisions or shapes, or too small.
    pub fn attend(
        &self,
        queries: &Queries,
        count: usize,
        position: usize,
        (cache, layer): (&KeyValueCache, usize),
        scratch: &mut AttentionScratch,
        to: &mut Rows,
    ) {
        let heads = cache.heads();
        assert!(count <= queries.capacity && count <= to.capacity() && queries.heads == heads);
        assert!(position + count <= cache.capacity());
        assert_eq!(to.width(), heads.queries * heads.width);
        let call = Call {
            count,
            position,
            heads,
            to: to.writer(),
        };
        let folded = count * heads.group();
        let stored = heads.stored();
        match (&cache.numbers, &queries.numbers) {
            (CacheNumbers::Floats(cache), QueryNumbers::Floats(queries)) => {
                self.attend_heads(call, scratch, &|head| {
                    let queries = &queries[head * folded * stored..][..folded * stored];
                    cache.reader(layer * heads.keys + head, queries)
                });
            }
            (CacheNumbers::Shorts(cache), QueryNumbers::Shorts(queries, scales)) => {
                self.attend_heads(call, scratch, &|head| {
                    let queries = &queries[head * folded * stored..][..folded * stored];
                    let scales = &scales[head * folded..][..folded];
                    cache.reader(layer * heads.keys + head, queries, scales)
                });
            }
            _ => panic!("queries of one precision do not go with a cache of another"),
        }
        self.seal(to, count);
    }

    fn attend_heads<H: HeadReader>(
        &self,
        call: Call,
        scratch: &mut AttentionScratch,
        reader: &(dyn Fn(usize) -> H + Sync),
    ) {
        let keys = call.heads.keys;
        let tiles = call.tiles();
        let groups = tiles.div_ceil(TILES_OF_TASK);
        let groups_of = |index: usize| {
            let first = index % groups * TILES_OF_TASK;
            let tiles = first..(first + TILES_OF_TASK).min(tiles);
            (self.head_of(call, index / groups, reader), tiles)
        };
        if keys * groups >= ENOUGH_TASKS * self.pool.threads() {
            self.pool.run(keys * groups, &|index| {
                let (head, tiles) = groups_of(index);
                self.instructions.run(AllBlocks { head, tiles });
            });
            return;
        }
        let blocks = (call.position + call.count).div_ceil(KEY_BLOCK);
        let needed = keys * tiles * blocks;
        if scratch.partials.len() < needed {
            scratch.partials.resize(needed, PartialSoftmax::EMPTY);
        }
        let partials = Shared::new(&mut scratch.partials);
        self.pool.run(keys * groups * blocks, &|index| {
            let (head, tiles) = groups_of(index / blocks);
            self.instructions.run(OneBlock {
                head,
                tiles,
                block: index % blocks,
                blocks,
                partials,
            });
        });
        self.pool.run(keys * tiles, &|index| {
            self.instructions.run(Merge {
                head: self.head_of(call, index / tiles, reader),
                tile: index % tiles,
                partials: &scratch.partials[index * blocks..][..blocks],
            });
        });
    }

    fn head_of<H: HeadReader>(
        &self,
        call: Call,
        head: usize,
        reader: &(dyn Fn(usize) -> H + Sync),
    ) -> Head<H> {
        Head {
            call,
            head,
            reader: reader(head),
        }
    }
}

/// One call of `attend`.
#[derive(Clone, Copy)]
struct Call {
    count: usize,
    position: usize,
    heads: Heads,
    to: RowsWriter,
}

impl Call {
    /// Tiles of each key head.
    fn tiles(&self) -> usize {
        (self.count * self.heads.group()).div_ceil(TILE)
    }
}

/// One key head of a call.
#[derive(Clone, Copy)]
struct Head<H> {
    call: Call,
    head: usize,
    reader: H,
}

/// A tile of queries of a head.
struct QueryTile {
    /// The folded row it starts with.
    first: usize,
    height: usize,
    /// Keys that each query may see, ascending.
    visible: [usize; TILE],
}

impl QueryTile {
    /// Keys that the last query sees, which sees the most.
    fn most_visible(&self) -> usize {
        self.visible[self.height - 1]
    }
}

impl<H: HeadReader> Head<H> {
    /// Queries of a key head are folded: row by row, and in a row the heads of the group.
    #[inline(always)]
    fn tile(&self, tile: usize) -> QueryTile {
        let group = self.call.heads.group();
        let first = tile * TILE;
        let height = (self.call.count * group - first).min(TILE);
        let mut visible = [0; TILE];
        for (offset, visible) in visible[..height].iter_mut().enumerate() {
            *visible = self.call.position + (first + offset) / group + 1;
        }
        QueryTile {
            first,
            height,
            visible,
        }
    }

    /// Makes `softmax` that of a tile over the keys of one block.
    #[inline(always)]
    fn compute<L: Lanes>(
        &self,
        lanes: L,
        tile: &QueryTile,
        block: usize,
        softmax: &mut PartialSoftmax,
    ) {
        macro_rules! rows {
            ($rows:literal) => {
                self.reader
                    .compute::<L, $rows>(lanes, tile.first, &tile.visible, block, softmax)
            };
        }
        match tile.height {
            1 => rows!(1),
            2 => rows!(2),
            3 => rows!(3),
            4 => rows!(4),
            5 => rows!(5),
            6 => rows!(6),
            height => unreachable!("a tile of {height} queries"),
        }
    }

    /// # Safety
    /// No other thread writes this tile's results.
    #[inline(always)]
    unsafe fn finish(&self, tile: &QueryTile, softmax: &PartialSoftmax) {
        let Call { heads, to, .. } = self.call;
        let (group, width) = (heads.group(), heads.width);
        for offset in 0..tile.height {
            let folded = tile.first + offset;
            let query_head = self.head * group + folded % group;
            let at = folded / group * to.stride + query_head * width;
            // SAFETY: row and head exist, and this is the only task with this tile.
            let to = unsafe { std::slice::from_raw_parts_mut(to.floats.at(at), width) };
            softmax.finish(offset, to);
        }
    }
}

/// Some tiles over all their blocks.
struct AllBlocks<H> {
    head: Head<H>,
    tiles: std::ops::Range<usize>,
}

impl<H: HeadReader> Kernel for AllBlocks<H> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let stored = self.head.call.heads.stored();
        let mut softmaxes = [PartialSoftmax::EMPTY; TILES_OF_TASK];
        let mut next = PartialSoftmax::EMPTY;
        let visible = self.head.tile(self.tiles.end - 1).most_visible();
        for block in 0..visible.div_ceil(KEY_BLOCK) {
            for (index, softmax) in self.tiles.clone().zip(&mut softmaxes) {
                let tile = self.head.tile(index);
                if tile.most_visible() > block * KEY_BLOCK {
                    self.head.compute(lanes, &tile, block, &mut next);
                    softmax.merge(lanes, &next, tile.height, stored);
                }
            }
        }
        for (index, softmax) in self.tiles.clone().zip(&softmaxes) {
            // SAFETY: this task alone has these tiles.
            unsafe { self.head.finish(&self.head.tile(index), softmax) };
        }
    }
}

/// Some tiles over one block.
struct OneBlock<H> {
    head: Head<H>,
    tiles: std::ops::Range<usize>,
    block: usize,
    blocks: usize,
    /// `[head][tile][block]`, of which this task alone has its own.
    partials: Shared<PartialSoftmax>,
}

impl<H: HeadReader> Kernel for OneBlock<H> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let tiles_of_head = self.head.call.tiles();
        for index in self.tiles {
            let tile = self.head.tile(index);
            if tile.most_visible() > self.block * KEY_BLOCK {
                let at = (self.head.head * tiles_of_head + index) * self.blocks + self.block;
                // SAFETY: head, tile and block exist, and this task alone has them.
                let partial = unsafe { &mut *self.partials.at(at) };
                self.head.compute(lanes, &tile, self.block, partial);
            }
        }
    }
}

/// The blocks of one tile, put together.
struct Merge<'a, H> {
    head: Head<H>,
    tile: usize,
    partials: &'a [PartialSoftmax],
}

impl<H: HeadReader> Kernel for Merge<'_, H> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let tile = self.head.tile(self.tile);
        let seen = tile.most_visible().div_ceil(KEY_BLOCK);
        let mut softmax = PartialSoftmax::EMPTY;
        for partial in &self.partials[..seen] {
            let stored = self.head.call.heads.stored();
            softmax.merge(lanes, partial, tile.height, stored);
        }
        // SAFETY: this task alone has this tile.
        unsafe { self.head.finish(&tile, &softmax) };
    }
}
