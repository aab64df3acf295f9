#!/usr/bin/env python3
"""Times Saccade's attention layers against PyTorch's, on the same shapes, threads and machine.

Takes turns, Saccade, PyTorch, Saccade, PyTorch, so that a machine that slows down slows both, and
reports ratios. The rivals are

  dense   softmax(q k^T / sqrt(D) + mask) v with two matrix products, as most models compute it
  sdpa    torch.nn.functional.scaled_dot_product_attention, where this PyTorch has it

Needs python3 with torch (on Debian: apt install python3-torch) and a built distribution.

  integration-tests/benchmarks/against_torch.py --lengths 1024,4096 --mechanisms sea,flash
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

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mechanisms", default="flash,sea", help="separated by commas")
    parser.add_argument("--lengths", default="512,1024,2048,4096", help="separated by commas")
    parser.add_argument("--direction", default="forward", choices=["forward", "forward+backward"])
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--head-size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=2, help="how often both take their turn")
    parser.add_argument("--repetitions", type=int, default=5, help="runs in one turn")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rival-limit", type=float, default=60, help="seconds that one run of PyTorch may take")
    parser.add_argument("--rival-memory", type=float, default=8, help="GiB that PyTorch's matrices may take")
    parser.add_argument("--out", type=pathlib.Path, help="write the figures here, as JSON")
    return parser.parse_args()


def saccade(options, length):
    """One turn of all mechanisms at one length: {mechanism: row of bench.json}."""
    with tempfile.TemporaryDirectory() as directory:
        command = [
            str(ROOT / "saccade"),
            "bench",
            f"--mechanisms={options.mechanisms}",
            f"--lengths={length}",
            f"--direction={options.direction}",
            f"--heads={options.heads}",
            f"--head-size={options.head_size}",
            f"--repetitions={options.repetitions}",
            f"--out={directory}",
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"against_torch: {' '.join(command)} failed: {done.stderr.strip()}")
        report = json.loads((pathlib.Path(directory) / "bench.json").read_text())
    return {row["mechanism"]: row for row in report["rows"]}


class Torch:
    """PyTorch's attention, causal, in float32."""

    def __init__(self, torch, options):
        self.torch = torch
        self.options = options
        torch.set_num_threads(options.threads)
        self.rivals = {"dense": self.dense}
        if hasattr(torch.nn.functional, "scaled_dot_product_attention"):
            self.rivals["sdpa"] = self.sdpa

    def dense(self, query, key, value, mask):
        """As many heads at once as memory holds, which costs nothing: a head's matrix is large by then."""
        at_once = max(1, int(self.options.rival_memory * 2**30 / (4 * 4 * mask.numel())))
        contexts = [
            self.dense_heads(query[:, i : i + at_once], key[:, i : i + at_once], value[:, i : i + at_once], mask)
            for i in range(0, query.shape[1], at_once)
        ]
        return contexts[0] if len(contexts) == 1 else self.torch.cat(contexts, 1)

    def dense_heads(self, query, key, value, mask):
        logits = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1]) + mask
        return logits.softmax(-1) @ value

    def sdpa(self, query, key, value, mask):
        return self.torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)

    def turn(self, name, length):
        """Milliseconds of every run; the first, which is not counted, also says if the rest is too long."""
        torch = self.torch
        training = self.options.direction != "forward"
        shape = (1, self.options.heads, length, self.options.head_size)
        inputs = [torch.randn(shape, requires_grad=training) for _ in range(3)]
        mask = torch.full((length, length), float("-inf")).triu_(1) if name == "dense" else None
        millis = []
        for run in range(self.options.repetitions + 1):
            start = time.perf_counter()
            with torch.set_grad_enabled(training):
                context = self.rivals[name](*inputs, mask)
                if training:
                    context.sum().backward()
            taken = time.perf_counter() - start
            if run > 0:
                millis.append(taken * 1e3)
            if taken > self.options.rival_limit:
                break
        return millis


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def main():
    options = arguments()
    try:
        import torch
    except ImportError:
        sys.exit("against_torch: there is no PyTorch here; on Debian: apt install python3-torch")
    rival = Torch(torch, options)
    figures = []
    for length in map(int, options.lengths.split(",")):
        ours, theirs = {}, {}
        for _ in range(options.rounds):
            for name, row in saccade(options, length).items():
                ours.setdefault(name, []).append(row)
            for name in rival.rivals:
                theirs.setdefault(name, []).extend(rival.turn(name, length))
        for name, rows in ours.items():
            for other, millis in theirs.items():
                times = [row["medianMillis"] for row in rows if row["status"] == "measured"]
                if times and millis:
                    figures.append(
                        {
                            "mechanism": name,
                            "kernel": rows[0]["kernel"],
                            "length": length,
                            "direction": options.direction,
                            "error": rows[0]["error"],
                            "millis": median(times),
                            "peakBytes": rows[0]["peakBytes"],
                            "rival": f"torch {torch.__version__} {other}",
                            "rivalMillis": median(millis),
                            "timesFaster": median(millis) / median(times),
                        }
                    )
                    last = figures[-1]
                    print(
                        f"T={length:6,d}  {name:>14} ({last['kernel']}) {last['millis']:10.1f} ms"
                        f"   {other:>6} {last['rivalMillis']:10.1f} ms   {last['timesFaster']:6.2f}x",
                        flush=True,
                    )
    if options.out:
        partial = options.out.with_suffix(".partial")
        partial.write_text(json.dumps({"threads": options.threads, "figures": figures}, indent=2) + "\n")
        partial.replace(options.out)


if __name__ == "__main__":
    main()
