//! Causal attention of new rows over the cache, for grouped queries.
//!
//! Keys are taken in blocks of 256. Each block gives a partial softmax, and a query's partials are
//! merged in the order of the blocks: Milakov and Gimelshein, "Online normalizer calculation for
//! softmax" (2018), in the form of Dao et al., "FlashAttention" (2022). A partial is a function of
//! the query and the block alone, so it does not matter which task computes it. Keys that a query
//! may not see get weight zero, which changes no sum.

use super::Machine;
use super::buffer::Shared;
use super::cache::{Heads, KEY_BLOCK, KeyValueCache};
use super::instruction_set::Kernel;
use super::lanes::Lanes;
use super::matrix::{Rows, RowsWriter};
use super::partial_softmax::{PartialSoftmax, QueryTile, TILE};
use super::rotate::Queries;

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
        let all = Attention {
            queries,
            cache,
            layer,
            count,
            position,
            heads,
            to: to.writer(),
        };
        let tiles = all.tiles();
        let groups = tiles.div_ceil(TILES_OF_TASK);
        let groups_of = |index: usize| {
            let first = index % groups * TILES_OF_TASK;
            (index / groups, first..(first + TILES_OF_TASK).min(tiles))
        };
        if heads.keys * groups >= ENOUGH_TASKS * self.pool.threads() {
            self.pool.run(heads.keys * groups, &|index| {
                let (head, tiles) = groups_of(index);
                self.instructions.run(AllBlocks { all, head, tiles });
            });
        } else {
            let blocks = (position + count).div_ceil(KEY_BLOCK);
            let needed = heads.keys * tiles * blocks;
            if scratch.partials.len() < needed {
                scratch.partials.resize(needed, PartialSoftmax::EMPTY);
            }
            let partials = Shared::new(&mut scratch.partials);
            self.pool.run(heads.keys * groups * blocks, &|index| {
                let (head, tiles) = groups_of(index / blocks);
                self.instructions.run(OneBlock {
                    all,
                    head,
                    tiles,
                    block: index % blocks,
                    blocks,
                    partials,
                });
            });
            self.pool.run(heads.keys * tiles, &|index| {
                self.instructions.run(Merge {
                    all,
                    head: index / tiles,
                    tile: index % tiles,
                    partials: &scratch.partials[index * blocks..][..blocks],
                });
            });
        }
        self.seal(to, count);
    }
}

/// One call of `attend`.
#[derive(Clone, Copy)]
struct Attention<'a> {
    queries: &'a Queries,
    cache: &'a KeyValueCache,
    layer: usize,
    count: usize,
    position: usize,
    heads: Heads,
    to: RowsWriter,
}

impl<'a> Attention<'a> {
    /// Tiles of each key head.
    fn tiles(&self) -> usize {
        (self.count * self.heads.group()).div_ceil(TILE)
    }

    /// Queries of a key head are folded: row by row, and in a row the heads of the group.
    #[inline(always)]
    fn tile(&self, head: usize, tile: usize) -> QueryTile<'a> {
        let (group, stored) = (self.heads.group(), self.heads.stored());
        let folded = self.count * group;
        let first = tile * TILE;
        let height = (folded - first).min(TILE);
        let mut visible = [0; TILE];
        for (offset, visible) in visible[..height].iter_mut().enumerate() {
            *visible = self.position + (first + offset) / group + 1;
        }
        let (keys, values) = self.cache.head(self.layer, head);
        QueryTile {
            queries: &self.queries.floats[(head * folded + first) * stored..][..height * stored],
            visible,
            keys,
            values,
            height,
            stored,
        }
    }

    /// # Safety
    /// No other thread writes this tile's results.
    #[inline(always)]
    unsafe fn finish(&self, head: usize, tile: usize, height: usize, softmax: &PartialSoftmax) {
        let (group, width) = (self.heads.group(), self.heads.width);
        for offset in 0..height {
            let folded = tile * TILE + offset;
            let query_head = head * group + folded % group;
            let at = folded / group * self.to.stride + query_head * width;
            // SAFETY: row and head exist, and this is the only task with this tile.
            let to = unsafe { std::slice::from_raw_parts_mut(self.to.floats.at(at), width) };
            softmax.finish(offset, to);
        }
    }
}

/// Some tiles over all their blocks.
struct AllBlocks<'a> {
    all: Attention<'a>,
    head: usize,
    tiles: std::ops::Range<usize>,
}

impl Kernel for AllBlocks<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let mut softmaxes = [PartialSoftmax::EMPTY; TILES_OF_TASK];
        let mut next = PartialSoftmax::EMPTY;
        let last = self.all.tile(self.head, self.tiles.end - 1);
        let visible = last.visible[last.height - 1];
        for block in 0..visible.div_ceil(KEY_BLOCK) {
            for (index, softmax) in self.tiles.clone().zip(&mut softmaxes) {
                let tile = self.all.tile(self.head, index);
                if tile.visible[tile.height - 1] > block * KEY_BLOCK {
                    next.compute(lanes, &tile, block);
                    softmax.merge(lanes, &next, tile.height, tile.stored);
                }
            }
        }
        for (index, softmax) in self.tiles.clone().zip(&softmaxes) {
            let height = self.all.tile(self.head, index).height;
            // SAFETY: this task alone has these tiles.
            unsafe { self.all.finish(self.head, index, height, softmax) };
        }
    }
}

/// Some tiles over one block.
struct OneBlock<'a> {
    all: Attention<'a>,
    head: usize,
    tiles: std::ops::Range<usize>,
    block: usize,
    blocks: usize,
    /// `[head][tile][block]`, of which this task alone has its own.
    partials: Shared<PartialSoftmax>,
}

impl Kernel for OneBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        for index in self.tiles {
            let tile = self.all.tile(self.head, index);
            if tile.visible[tile.height - 1] > self.block * KEY_BLOCK {
                let at = (self.head * self.all.tiles() + index) * self.blocks + self.block;
                // SAFETY: head, tile and block exist, and this task alone has them.
                let partial = unsafe { &mut *self.partials.at(at) };
                partial.compute(lanes, &tile, self.block);
            }
        }
    }
}

/// The blocks of one tile, put together.
struct Merge<'a> {
    all: Attention<'a>,
    head: usize,
    tile: usize,
    partials: &'a [PartialSoftmax],
}

impl Kernel for Merge<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let tile = self.all.tile(self.head, self.tile);
        let seen = tile.visible[tile.height - 1].div_ceil(KEY_BLOCK);
        let mut softmax = PartialSoftmax::EMPTY;
        for partial in &self.partials[..seen] {
            softmax.merge(lanes, partial, tile.height, tile.stored);
        }
        // SAFETY: this task alone has this tile.
        unsafe { self.all.finish(self.head, self.tile, tile.height, &softmax) };
    }
}
