"""Answers questions and says how long each took; `eval figures` runs this text in the checkout to be measured, beside another.

argv: an index folder.  stdin: a question a line.  stdout: a JSON line when ready, then one a question, then one at the end.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def resident() -> float:
    """MB of this process; 0 where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def main() -> None:
    began = time.perf_counter()
    from index.corpus import Corpus
    from index.encoder import load_encoder
    from retrieval.ask import ask

    def tell(**said: float) -> None:
        print(json.dumps(said), flush=True)

    with Corpus.open(Path(sys.argv[1]), load_encoder(None)) as corpus:
        ask(corpus, "热身", k=20)
        tell(ready_s=time.perf_counter() - began)
        for line in sys.stdin:
            asked = time.perf_counter()
            ask(corpus, line.strip(), k=20)
            tell(ms=(time.perf_counter() - asked) * 1000)
        tell(rss_mb=resident())


if __name__ == "__main__":
    main()
