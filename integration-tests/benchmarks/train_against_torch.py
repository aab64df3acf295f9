#!/usr/bin/env python3
"""Times steps of training a causal language model against PyTorch's, on the same shapes and threads.

Both train an OPT of the same sizes on blocks of the same number of tokens: forward, backward,
clipping by the global norm and AdamW. Takes turns, Saccade, PyTorch, Saccade, PyTorch, so that a
machine that slows down slows both, and reports the ratio of the medians. The rival's attention is
dense, and scaled_dot_product_attention where this PyTorch has it.

Needs python3 with torch (on Debian: apt install python3-torch libopenblas0) and a built distribution.

  integration-tests/benchmarks/train_against_torch.py --attention flash,softmax
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import time

# Threads that spin while they wait slow down whoever else computes, and so both of us.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attention", default="flash,softmax", help="mechanisms, separated by commas")
    parser.add_argument("--vocabulary", type=int, default=4096)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--ffn", type=int, default=1024)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=2, help="how often all take their turn")
    parser.add_argument("--steps", type=int, default=40, help="steps of one turn; the first half is not counted")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=pathlib.Path, help="write the figures here, as JSON")
    return parser.parse_args()


def counted(values):
    """Without those in which Java still compiles."""
    return values[len(values) // 2 :]


def saccade(options, attention, tokenizer, directory):
    """Seconds of every counted step, from the log of a run."""
    run = directory / f"{attention}-{time.monotonic_ns()}"
    command = [
        str(ROOT / "saccade"),
        "train",
        f"--tokenizer={tokenizer}",
        f"--attention={attention}",
        f"--steps={options.steps}",
        "--evaluate-every=0",
        "--save-every=0",
        f"--out={run}",
    ]
    command += [f"--{size}={getattr(options, size)}" for size in ("hidden", "heads", "layers", "ffn", "context", "batch")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"train_against_torch: {' '.join(command)} failed: {done.stderr.strip()}")
    steps = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return counted([step["positions"] / step["positionsPerSecond"] for step in steps if step["event"] == "step"])


def tokenizer(options, directory):
    """One for all runs, since to learn it takes longer than to train a few steps."""
    file = directory / "tokenizer.json"
    command = [str(ROOT / "saccade"), "tokenizer", "train", f"--vocabulary={options.vocabulary}", f"--out={file}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"train_against_torch: {' '.join(command)} failed: {done.stderr.strip()}")
    return file


def opt(torch, options, attend):
    """The same model in PyTorch."""
    nn = torch.nn
    hidden, heads, length = options.hidden, options.heads, options.context

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.last_norm = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
            self.query, self.key, self.value, self.out = (nn.Linear(hidden, hidden) for _ in range(4))
            self.up, self.down = nn.Linear(hidden, options.ffn), nn.Linear(options.ffn, hidden)

        def forward(self, x):
            normed = self.norm(x)
            split = lambda t: t.view(-1, length, heads, hidden // heads).transpose(1, 2)
            context = attend(split(self.query(normed)), split(self.key(normed)), split(self.value(normed)))
            x = x + self.out(context.transpose(1, 2).reshape(x.shape))
            return x + self.down(nn.functional.relu(self.up(self.last_norm(x))))

    class Opt(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens = nn.Embedding(options.vocabulary, hidden)
            self.positions = nn.Parameter(torch.randn(length, hidden) * 0.02)
            self.layers = nn.ModuleList(Layer() for _ in range(options.layers))
            self.norm = nn.LayerNorm(hidden)

        def forward(self, ids):
            x = self.tokens(ids) + self.positions
            for layer in self.layers:
                x = layer(x)
            logits = self.norm(x) @ self.tokens.weight.T
            return nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())

    return Opt()


class Rival:
    """PyTorch's turns, on one model of each kind of attention."""

    def __init__(self, torch, options):
        self.torch, self.options = torch, options
        torch.set_num_threads(options.threads)
        mask = torch.full((options.context, options.context), float("-inf")).triu_(1)
        kinds = {"dense": lambda q, k, v: (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + mask).softmax(-1) @ v}
        fused = getattr(torch.nn.functional, "scaled_dot_product_attention", None)
        if fused:
            kinds["sdpa"] = lambda q, k, v: fused(q, k, v, is_causal=True)
        self.models = {kind: opt(torch, options, attend) for kind, attend in kinds.items()}
        self.optimizers = {
            kind: torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
            for kind, model in self.models.items()
        }

    def turn(self, kind):
        model, optimizer, seconds = self.models[kind], self.optimizers[kind], []
        for _ in range(self.options.steps):
            ids = self.torch.randint(0, self.options.vocabulary, (self.options.batch, self.options.context))
            start = time.perf_counter()
            optimizer.zero_grad()
            model(ids).backward()
            self.torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            seconds.append(time.perf_counter() - start)
        return counted(seconds)


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def main():
    options = arguments()
    try:
        import torch
    except ImportError:
        sys.exit("train_against_torch: there is no PyTorch here; on Debian: apt install python3-torch")
    rival = Rival(torch, options)
    ours, theirs = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder)
        learned = tokenizer(options, directory)
        for _ in range(options.rounds):
            for attention in options.attention.split(","):
                ours.setdefault(attention, []).extend(saccade(options, attention, learned, directory))
            for kind in rival.models:
                theirs.setdefault(kind, []).extend(rival.turn(kind))
    tokens = options.batch * options.context
    figures = []
    for attention, mine in ours.items():
        for kind, other in theirs.items():
            figures.append(
                {
                    "attention": attention,
                    "millis": median(mine) * 1e3,
                    "tokensPerSecond": tokens / median(mine),
                    "rival": f"torch {torch.__version__} {kind}",
                    "rivalMillis": median(other) * 1e3,
                    "timesSlower": median(mine) / median(other),
                }
            )
            last = figures[-1]
            print(
                f"{attention:>14} {last['millis']:8.0f} ms a step, {last['tokensPerSecond']:7,.0f} tokens/s"
                f"   {kind:>6} {last['rivalMillis']:8.0f} ms   {last['timesSlower']:5.2f} times its time",
                flush=True,
            )
    if options.out:
        sizes = {name: value for name, value in vars(options).items() if name not in ("out", "attention")}
        partial = options.out.with_suffix(".partial")
        partial.write_text(json.dumps({"settings": sizes, "figures": figures}, indent=2) + "\n")
        partial.replace(options.out)


if __name__ == "__main__":
    main()
