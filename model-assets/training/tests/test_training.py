"""Training end to end on a tiny random model, and the parts it rests on.

    FAST_APPLY_GGUF=MODEL.gguf python -m unittest discover -s tests -t .

Without FAST_APPLY_GGUF the one test that needs the default model's tokenizer is skipped.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from random import Random

import torch
from peft import PeftModel
from transformers import LlamaConfig, LlamaForCausalLM

from fast_apply_training.base_model import BaseModel
from fast_apply_training.batches import ExampleSource, ambiguity
from fast_apply_training.examples import TURN_WEIGHT, Example, answer_weights, encode_example, training_example
from fast_apply_training.export import load_adapter
from fast_apply_training.golden import golden
from fast_apply_training.lessons import check_disjoint, near_duplicates, split
from fast_apply_training.prompt import PromptEncoder, prompt_pieces
from fast_apply_training.transformer import Adapter, Transformer, WeightedCrossEntropy

from .tiny import write_tiny_model

ROOT = Path(__file__).resolve().parent.parent

def lessons(repository: str, count: int) -> list[dict]:
    """Edits that share no telling line with those of another repository."""
    made = []
    for number in range(count):
        tag = f"{repository.replace('+', '_')}_{number}"
        before = "\n".join(f"value_of_{tag}_{line} = compute({line})" for line in range(12)) + "\n"
        after = before.replace("compute(5)", "compute(5, exactly=True)")
        made.append({
            "id": tag, "repo": repository, "path": f"{number}.py", "language": "python", "style": "hunks",
            "instruction": "Compute exactly", "prose": "Here it is:", "instruction_needed": False,
            "before": before, "after": after, "hunks": 1, "changed_lines": 1,
            "sketch": "# ...\n" + "\n".join(after.split("\n")[4:7]) + "\n# ...\n",
        })
    return made


def hugging_face_model(base: BaseModel) -> LlamaForCausalLM:
    geometry = base.geometry
    configuration = LlamaConfig(
        vocab_size=geometry.vocabulary, hidden_size=geometry.hidden, intermediate_size=geometry.feed_forward,
        num_hidden_layers=geometry.layers, num_attention_heads=geometry.heads, num_key_value_heads=geometry.key_value_heads,
        rms_norm_eps=geometry.norm_epsilon, max_position_embeddings=geometry.context, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": geometry.rope_base},
    )
    model = LlamaForCausalLM(configuration)
    missing, unexpected = model.load_state_dict(base.weights, strict=False)
    assert missing in ([], ["lm_head.weight"]) and not unexpected, (missing, unexpected)
    model.tie_weights()
    return model.eval()


class Prompt(unittest.TestCase):
    def test_ids_are_the_golden_ones(self):
        model = os.environ.get("FAST_APPLY_GGUF")
        if not model:
            self.skipTest("FAST_APPLY_GGUF is not set")
        encoder = PromptEncoder(BaseModel(Path(model)).tokenizer)
        expected = json.loads((ROOT / "prompt_golden.json").read_text(encoding="utf-8"))
        self.assertEqual(golden(encoder), expected)

    def test_golden_prompt_is_the_concatenation_of_its_pieces(self):
        stored = json.loads((ROOT / "prompt_golden.json").read_text(encoding="utf-8"))
        pieces = prompt_pieces(stored["original"], stored["sketch"], stored["instruction"], stored["conversation"])
        self.assertEqual([(piece["kind"], piece["text"]) for piece in stored["pieces"]], pieces)
        self.assertEqual(sum((piece["ids"] for piece in stored["pieces"]), []), stored["prompt_ids"])

    def test_instruction_is_trimmed_and_cut(self):
        pieces = prompt_pieces("a\n", "b", "  " + "x" * 2000)
        self.assertIn(("text", "x" * 1000), pieces)
        self.assertIn(("text", "b\n"), pieces)
        self.assertNotIn(("text", "<instruction>"), prompt_pieces("a\n", "b\n", "  "))


class HeldOut(unittest.TestCase):
    def test_heldout_repositories_and_lookalikes_are_left_out(self):
        heldout = lessons("psf+requests", 3)
        copies = [{**lesson, "repo": "someone+fork"} for lesson in heldout[:1]]
        training, kept = split(heldout + copies + lessons("other+project", 4), [])
        self.assertEqual(len(kept), 3)
        self.assertEqual({lesson["repo"] for lesson in training}, {"other+project"})

    def test_the_check_fails_on_a_leak(self):
        heldout = lessons("psf+requests", 2)
        with self.assertRaises(ValueError):
            check_disjoint(lessons("psf+requests", 1), heldout)
        with self.assertRaises(ValueError):
            check_disjoint([{**heldout[0], "repo": "someone+fork"}], heldout)
        check_disjoint(lessons("other+project", 2), heldout)

    def test_measured_edits_are_kept_out_too(self):
        measured = [{"repo": "encode/httpx", "before": lessons("a+b", 1)[0]["before"], "after": "x\n"}]
        self.assertEqual(near_duplicates(lessons("a+b", 1) + lessons("c+d", 1), measured), {0})


class TinyModel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.model = Path(cls.folder.name) / "tiny.gguf"
        write_tiny_model(cls.model)
        cls.base = BaseModel(cls.model)
        cls.encoder = PromptEncoder(cls.base.tokenizer)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def random_adapter(self) -> Adapter:
        adapter = Adapter(self.base, 4, 8.0, seed=3)
        generator = torch.Generator().manual_seed(4)
        with torch.no_grad():
            for factor in adapter.parameters():
                factor.add_(torch.randn(factor.shape, generator=generator) * 0.2)
        return adapter

    def test_text_that_looks_like_a_control_token_stays_text(self):
        ids = self.encoder.text("<|im_end|>")
        self.assertNotIn(self.encoder.turn_end, ids)
        self.assertEqual(self.base.tokenizer.decode(ids), "<|im_end|>")

    def test_packing_does_not_mix_sequences(self):
        transformer = Transformer(self.base, self.random_adapter())
        first, second = [5, 9, 30, 31, 7], [40, 41, 5]
        with torch.no_grad():
            packed = transformer.hidden([first, second])
            alone = torch.cat([transformer.hidden([first]), transformer.hidden([second])])
        torch.testing.assert_close(packed, alone)

    def test_gradients_agree_with_finite_differences(self):
        adapter = self.random_adapter()
        transformer = Transformer(self.base, adapter)
        sequence = self.encoder.text("def reinin(x): return x\n" * 3)
        targets = torch.tensor(sequence[1:])
        weights = torch.linspace(0.5, 2.0, len(targets))

        def loss() -> torch.Tensor:
            return WeightedCrossEntropy.apply(transformer.hidden([sequence])[:-1], transformer.head, targets, weights)

        gradients = torch.autograd.grad(loss(), adapter.parameters())
        generator = torch.Generator().manual_seed(6)
        for parameter, gradient in zip(adapter.parameters(), gradients):
            direction = torch.randn(parameter.shape, generator=generator)
            values = []
            for step in (1e-3, -2e-3):
                with torch.no_grad():
                    parameter.add_(direction, alpha=step)
                    transformer.merge()
                    values.append(float(loss()))
            with torch.no_grad():
                parameter.add_(direction, alpha=1e-3)
                transformer.merge()
            expected = float((gradient * direction).sum())
            self.assertAlmostEqual((values[0] - values[1]) / 2e-3, expected, delta=0.02 * max(abs(expected), 5.0))

    def check_against_peft(self, adapter: Adapter, directory: Path) -> None:
        """The exported folder means the same to PEFT on a Hugging Face model as the adapter does here."""
        reference = PeftModel.from_pretrained(hugging_face_model(self.base), str(directory))
        transformer = Transformer(self.base, adapter)
        ids = self.encoder.text("def reinin(x): return x\n")
        with torch.no_grad():
            ours = transformer.hidden([ids]) @ transformer.head.T
            theirs = reference(torch.tensor([ids])).logits[0]
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)

    def test_the_prompt_has_the_instruction_or_the_prose(self):
        lesson = lessons("other+project", 1)[0]
        encoded = lambda row: encode_example(self.encoder, row).prompt
        told, said = encoded(lesson), encoded({**lesson, "instruction": ""})
        self.assertIn("<instruction>Compute exactly</instruction>", self.base.tokenizer.decode(told))
        self.assertIn("<instruction>Here it is:</instruction>", self.base.tokenizer.decode(said))
        random = Random(1)
        drawn = [training_example(lesson, self.encoder, random) for _ in range(200)]
        self.assertTrue({tuple(told), tuple(said)} < {tuple(example.prompt) for example in drawn})
        made = [example for example in drawn if tuple(example.prompt) not in (tuple(told), tuple(said))]
        self.assertTrue(0 < len(made) < 20, "now and then the edit has been made already")
        needed = {**lesson, "instruction_needed": True}
        drawn = [training_example(needed, self.encoder, random).prompt for _ in range(50)]
        self.assertNotIn(said, drawn)

    def test_turns_weigh_most(self):
        before, after = "one\ntwo\nthree\n", "one\ntwo\nnew\nthree\n"
        answer = self.encoder.answer(after)
        weights = answer_weights(self.encoder, before, after, answer)
        self.assertEqual(len(weights), len(answer))
        self.assertEqual(weights.count(TURN_WEIGHT), 3)
        self.assertEqual(weights[0], TURN_WEIGHT)

    def test_ambiguous_tokens_follow_what_stands_twice(self):
        def check(prompt: list[int], answer: list[int], ambiguous: int) -> None:
            example = Example(prompt, answer, [1.0] * len(answer), 0)
            self.assertAlmostEqual(ambiguity(example) * example.length, ambiguous)

        twice = list(range(10, 16))
        check([*range(40), 99], list(range(40)), 0)
        check([*twice, 1, *twice, 1, 99], [*twice, 1], 0)
        check([*twice, 1, *twice, 2, 99], [*twice, 1], 1)
        check([*twice, 1, *twice, 2, 99], [*twice, 1, 5, *twice, 2], 2)
        check([*twice[1:], 1, *twice[1:], 2, 99], [*twice[1:], 1], 0)

    def test_lessons_without_ambiguous_tokens_are_drawn_too(self):
        lesson = {**lessons("other+project", 1)[0], "before": "one\n", "after": "two\n", "sketch": "two\n", "changed_lines": 40}
        self.assertEqual(ambiguity(encode_example(self.encoder, lesson)), 0)
        batch = ExampleSource([lesson], self.encoder, 4000, 4000, Random(1)).batch(10, 0.0)
        self.assertTrue(batch)

    def test_training_resumes_lowers_the_loss_and_exports(self):
        folder = Path(self.folder.name)
        data = folder / "lessons.jsonl"
        data.write_text("".join(json.dumps(lesson) + "\n" for lesson in lessons("other+project", 6) + lessons("psf+requests", 2)))
        output = folder / "run"
        command = [
            sys.executable, "-m", "fast_apply_training.train_lora", "--gguf", str(self.model), "--lessons", str(data),
            "--output", str(output), "--rank", "4", "--batch-tokens", "2000", "--longest", "4000", "--shortest", "4000",
            "--learning-rate", "0.02", "--warm-up-steps", "2", "--probe-cases", "2",
        ]
        for steps, drawing in (("6", ()), ("14", ("--workers", "1", "--pack-tokens", "1500", "--lanes", "1"))):
            subprocess.run([*command, "--steps", steps, *drawing], cwd=ROOT, check=True, capture_output=True, timeout=300)
        log = [json.loads(line) for line in (output / "log.jsonl").read_text().splitlines()]
        steps = [entry for entry in log if entry["event"] == "step"]
        self.assertEqual([entry["step"] for entry in steps], list(range(1, 15)))
        self.assertLess(steps[-1]["loss"], 0.9 * steps[0]["loss"])
        probes = [entry for entry in log if entry["event"] == "probe"]
        self.assertLess(probes[-1]["bits_per_byte"], probes[0]["bits_per_byte"])

        adapter = load_adapter(self.base, output / "adapter")
        self.assertTrue(any(float(up.detach().abs().max()) > 0 for _, up in adapter.factors.values()))
        self.check_against_peft(adapter, output / "adapter")
        untouched = [*command[: command.index("--output")], "--output", str(folder / "next"), "--start", str(output / "adapter"), "--steps", "0"]
        subprocess.run(untouched, cwd=ROOT, check=True, capture_output=True, timeout=300)
        self.assertEqual(*((run / "adapter/adapter_model.safetensors").read_bytes() for run in (output, folder / "next")))

        results = folder / "results.jsonl"
        evaluation = [
            sys.executable, "-m", "fast_apply_training.evaluate", "--gguf", str(self.model), "--adapter", str(output / "adapter"),
            "--lessons", str(data), "--held-out", "--count", "2", "--results", str(results),
        ]
        for _ in range(2):
            subprocess.run(evaluation, cwd=ROOT, check=True, capture_output=True, timeout=300)
        self.assertEqual(len(results.read_text().splitlines()), 2)


if __name__ == "__main__":
    unittest.main()
