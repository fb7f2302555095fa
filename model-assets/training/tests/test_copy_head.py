"""The copy head: what it learns, from which lessons, and what it writes."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from fast_apply_training.fit_copy_head import CopyHead, Places, fit, log_likelihoods, losses, measure
from fast_apply_training.held_out_edits import draw

from .test_training import ROOT, lessons


def places(count: int, seed: int) -> Places:
    """The first copy goes on where the first feature is positive, else the second, and sometimes neither."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(count, 4, generator=generator)
    following = torch.tensor([[7, 8, -1]]).repeat(count, 1)
    token = torch.where(features[:, 0] > 0, 7, 8)
    token = torch.where(features[:, 1] > 1, 9, token)
    return Places(features, following, token, torch.ones(count))


class CopyHeadTest(unittest.TestCase):
    def test_it_learns_which_copy_goes_on(self):
        head = fit(places(20_000, 1), hidden=16, epochs=200, seed=1)
        measured = measure(head, places(2_000, 2))
        self.assertLess(measured["wrong_per_1000"], 30)
        self.assertLess(measured["bits_per_token"], 0.15)

    def test_copies_with_the_same_token_count_together(self):
        head = CopyHead(4, 8, 4)
        features = torch.randn(1, 4)
        one = Places(features, torch.tensor([[5, -1, 5]]), torch.tensor([5]), torch.ones(1))
        shares = log_likelihoods(head, one).exp()[0].detach()
        self.assertAlmostEqual(float(shares.sum()), 1.0, places=5)
        self.assertAlmostEqual(float(shares[1]), 0.0, places=5)
        self.assertAlmostEqual(float(losses(head, one)[0].neg().exp().detach()), float(shares[0] + shares[2]), places=5)

    def test_held_out_lessons_are_measured_and_not_learnt(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            data = folder / "lessons.jsonl"
            data.write_text("".join(json.dumps(lesson) + "\n" for lesson in lessons("psf+requests", 1) + lessons("other+project", 3)))
            made = places(400, 3)
            lesson = torch.arange(4).repeat_interleave(100)
            save_file({**vars(made), "lesson": lesson}, folder / "places.safetensors")
            command = [
                sys.executable, "-m", "fast_apply_training.fit_copy_head", "--lessons", str(data), "--places",
                str(folder / "places.safetensors"), "--output", str(folder), "--hidden", "8", "--epochs", "2",
            ]
            run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300, text=True)
            self.assertEqual(json.loads(run.stdout.splitlines()[0]), {"training": 300, "held_out": 100})
            written = load_file(folder / "copy_head.safetensors")
            self.assertEqual(written["first.weight"].shape, (8, 4))
            self.assertEqual(written["last.bias"].shape, (4,))

    def test_edits_to_measure_with_are_held_out_and_evenly_drawn(self):
        edits = lessons("psf+requests", 9) + lessons("jqlang+jq", 2) + lessons("other+project", 5)
        drawn = draw(edits, below=400, count=6, seed=1)
        self.assertEqual(sorted(edit["repo"] for edit in drawn), ["jqlang+jq"] * 2 + ["psf+requests"] * 4)
        self.assertEqual(drawn, draw(edits, below=400, count=6, seed=1))
        self.assertEqual(draw(edits, below=3, count=6, seed=1), [])


if __name__ == "__main__":
    unittest.main()
