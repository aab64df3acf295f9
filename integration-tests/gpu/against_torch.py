#!/usr/bin/env python3
"""Times PyTorch's attention on a GPU at the sizes of Saccade's: the rival of the same run.

  dense   softmax(q k^T / sqrt(D) + mask) v with two matrix products, as most models compute it
  sdpa    torch.nn.functional.scaled_dot_product_attention by the fastest of its ways that takes the
          numbers: flash where they have 16 bits, memory-efficient otherwise

Causal, forward, and backward by itself. Events of the device around every run, its cache filled with
something else before, medians of several rounds: as Saccade's suite does. Results are written after
every time; what is in the file already is not timed again. `run` calls this where python3 has torch.

  python3 against_torch.py --lengths 1024,4096 --out torch.json
"""

import argparse
import json
import math
import os
import pathlib
import sys
import time

USABLE = 0.9  # of the memory that is free
LEAST_CACHE = 1 << 20
MOST_RUNS = 50
LONG_MILLIS = 500
ROUNDS_OF_LONG = 3
TYPES = {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", default="1024,4096,16384", help="separated by commas, ascending")
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--head-size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--round-millis", type=float, default=100, help="what a round should take")
    parser.add_argument("--longest-millis", type=float, default=6000, help="what is expected to take longer is left out")
    parser.add_argument("--seconds", type=float, default=600, help="begin nothing new after so many")
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"], help="cpu shows that this script works")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    return parser.parse_args()


class Clock:
    """Events of the device; on a CPU its own clock."""

    def __init__(self, torch, device):
        self.torch = torch
        self.cuda = device == "cuda"

    def moment(self):
        if not self.cuda:
            return time.perf_counter()
        event = self.torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def wait(self):
        if self.cuda:
            self.torch.cuda.synchronize()

    def millis(self, begin, end):
        return begin.elapsed_time(end) if self.cuda else (end - begin) * 1e3


class Stopwatch:
    def __init__(self, torch, options):
        self.clock = Clock(torch, options.device)
        self.options = options
        size = LEAST_CACHE
        if options.device == "cuda":
            size = max(size, getattr(torch.cuda.get_device_properties(0), "L2_cache_size", 64 << 20))
        self.cache = torch.empty(2 * size, dtype=torch.uint8, device=options.device)

    def round(self, run, count):
        moments = []
        for _ in range(count):
            self.cache.zero_()
            begin = self.clock.moment()
            run()
            moments.append((begin, self.clock.moment()))
        self.clock.wait()
        return [self.clock.millis(*each) for each in moments]

    def time(self, run):
        run()
        self.clock.wait()
        once = self.round(run, 1)[0]
        count = int(max(1, min(MOST_RUNS, self.options.round_millis / max(once, 1e-3))))
        rounds = min(ROUNDS_OF_LONG, self.options.rounds) if once > LONG_MILLIS else self.options.rounds
        by_round = [self.round(run, count) for _ in range(rounds)]
        middle = median([each for one in by_round for each in one])
        medians = [median(one) for one in by_round]
        return {"millis": middle, "spread": (max(medians) - min(medians)) / middle, "runs": count * rounds}


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


class Rivals:
    def __init__(self, torch):
        self.torch = torch
        self.by_name = {"dense": self.dense}
        if hasattr(torch.nn.functional, "scaled_dot_product_attention"):
            self.by_name["sdpa"] = self.sdpa

    def prepare(self, name, length, device):
        """What is not part of the attention: the mask."""
        if name != "dense":
            return None
        return self.torch.ones(length, length, dtype=self.torch.bool, device=device).triu_(1)

    def dense(self, query, key, value, later):
        logits = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
        return logits.masked_fill(later, float("-inf")).softmax(-1) @ value

    def sdpa(self, query, key, value, _):
        with self.way(query):
            return self.torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)

    def way(self, query):
        if query.device.type == "cpu":
            import contextlib

            return contextlib.nullcontext()
        from torch.nn.attention import SDPBackend, sdpa_kernel

        short = query.dtype != self.torch.float32
        return sdpa_kernel(SDPBackend.FLASH_ATTENTION if short else SDPBackend.EFFICIENT_ATTENTION)

    def matrix_bytes(self, name, pass_, type_bytes, heads, length):
        """What matrices of T x T take at their most: the mask, logits, masked logits, weights; slopes."""
        if name != "dense":
            return 0
        return length * length * (1 + heads * type_bytes * (3 if pass_ == "forward" else 5))


class Suite:
    def __init__(self, torch, options):
        self.torch = torch
        self.options = options
        self.watch = Stopwatch(torch, options)
        self.rivals = Rivals(torch)
        self.results = json.loads(options.out.read_text()) if options.out.exists() else {}
        self.end = time.monotonic() + options.seconds

    def put(self, key, entry):
        self.results[key] = entry
        partial = self.options.out.with_suffix(".partial")
        partial.write_text(json.dumps(self.results, indent=2) + "\n")
        os.replace(partial, self.options.out)

    def run(self):
        torch = self.torch
        about = {
            "torch": torch.__version__,
            "cuda": str(torch.version.cuda),
            "device": torch.cuda.get_device_name(0) if self.options.device == "cuda" else "cpu",
            "rivals": list(self.rivals.by_name),
            "whole": False,
        }
        self.put("about", about)
        for name in TYPES:
            self.product(name)
        lengths = [int(length) for length in self.options.lengths.split(",")]
        for i, length in enumerate(lengths):
            for rival in self.rivals.by_name:
                for pass_ in ("forward", "backward"):
                    for type_ in TYPES:
                        if time.monotonic() > self.end:
                            return
                        key = f"{rival}/{pass_}/{type_}/T={length}"
                        if key not in self.results:
                            before = lengths[i - 1] if i else None
                            self.put(key, self.timed(rival, pass_, type_, length, before))
        self.put("about", {**about, "whole": True})

    def product(self, name):
        """What the library's matrix product reaches: the ceiling of arithmetic."""
        key = f"product/{name}"
        if key in self.results or time.monotonic() > self.end:
            return
        torch = self.torch
        size = 8192 if self.options.device == "cuda" else 64
        try:
            a, b = (torch.randn(size, size, device=self.options.device).to(getattr(torch, TYPES[name])) for _ in "ab")
            entry = self.watch.time(lambda: a @ b)
            entry["flopPerSecond"] = 2 * size**3 / entry["millis"] * 1e3
        except (RuntimeError, NotImplementedError) as error:
            entry = {"leftOut": str(error).splitlines()[0]}
        self.put(key, entry)

    def timed(self, rival, pass_, type_, length, before):
        reason = self.reason_against(rival, pass_, type_, length, before)
        if reason:
            return {"leftOut": reason}
        try:
            return self.measured(rival, pass_, type_, length)
        except (RuntimeError, NotImplementedError, ImportError) as error:  # out of memory is one
            return {"leftOut": str(error).splitlines()[0]}
        finally:
            if self.options.device == "cuda":
                self.torch.cuda.empty_cache()

    def reason_against(self, rival, pass_, type_, length, before):
        if before is not None:
            earlier = self.results.get(f"{rival}/{pass_}/{type_}/T={before}", {})
            if "leftOut" in earlier:
                return "shorter ones were left out"
            expected = earlier.get("millis", 0) * (length / before) ** 2
            if expected > self.options.longest_millis:
                return f"a run is expected to take {expected / 1e3:.0f} s"
        if self.options.device == "cuda":
            element = 4 if type_ == "f32" else 2
            needed = self.rivals.matrix_bytes(rival, pass_, element, self.options.heads, length)
            free, _ = self.torch.cuda.mem_get_info()
            if needed > USABLE * free:
                return f"it needs {needed >> 20} MiB and {free >> 20} MiB are free"
        return None

    def measured(self, rival, pass_, type_, length):
        torch = self.torch
        device = self.options.device
        shape = (1, self.options.heads, length, self.options.head_size)
        training = pass_ == "backward"
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
            held = torch.cuda.memory_allocated()
        dtype = getattr(torch, TYPES[type_])
        inputs = [torch.randn(shape, device=device).to(dtype).requires_grad_(training) for _ in range(3)]
        extra = self.rivals.prepare(rival, length, device)
        attend = self.rivals.by_name[rival]
        if not training:
            with torch.no_grad():
                entry = self.watch.time(lambda: attend(*inputs, extra))
        else:
            context = attend(*inputs, extra)
            gradient = torch.randn(shape, device=device).to(dtype)
            entry = self.watch.time(lambda: torch.autograd.grad(context, inputs, gradient, retain_graph=True))
        if device == "cuda":
            entry["peakBytes"] = torch.cuda.max_memory_allocated() - held
        return entry


def main():
    options = arguments()
    try:
        import torch
    except ImportError:
        sys.exit("against_torch: there is no PyTorch here")
    if options.device == "cuda" and not torch.cuda.is_available():
        sys.exit("against_torch: PyTorch sees no GPU")
    torch.manual_seed(7)
    torch.backends.cuda.matmul.allow_tf32 = False  # f32 means f32
    Suite(torch, options).run()


if __name__ == "__main__":
    main()
