"""A damaged file ends in text or in a LoadError that names it.  Longer: `python -m tests.fuzz .docx --minutes 10`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.load import load
from tests.fuzz.__main__ import SUFFIXES, in_process, outcome, samples
from tests.fuzz.mutate import TOKENS, Edit, editor

place = st.floats(0, 1, exclude_max=True)
edits = st.lists(
    st.builds(Edit, place, place, st.sampled_from([0, 1, 1, 1, 2, 8, 50, 400]), st.sampled_from(TOKENS) | st.binary(max_size=8)),
    min_size=1, max_size=6)


@pytest.mark.filterwarnings("ignore")  # the libraries', about what they repair
@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=edits, pick=place)
def test_no_damage_brings_out_anything_but_text_or_loaderror(suffix: str, changes: list[Edit], pick: float) -> None:
    seeds = samples(suffix)[:4]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"损坏{suffix}"
        path.write_bytes(editor(suffix)(seeds[int(pick * len(seeds))], changes))
        assert outcome(in_process(suffix), path) in ("text", "LoadError")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_without_damage_it_is_text(suffix: str, tmp_path: Path) -> None:
    for seed in samples(suffix):
        path = tmp_path / f"完好{suffix}"
        path.write_bytes(editor(suffix)(seed, []))
        assert outcome(lambda p: load(p).text, path) == "text"
