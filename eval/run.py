"""Index folders of reports, ask every gold question as the page would, and hand back results to score."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import index.files
import retrieval
from eval.dataset import Case, Cell, Found, Given, GoldError, Quote, Result
from eval.journal import Journal
from eval.metrics import fold, plain, score
from eval.stages import lost
from index import backfill
from index.corpus import Corpus
from index.corrections import LIST
from index.encoder import Encoder, load_encoder
from index.files import below, suffixes
from index.load import load
from index.read import read
from index.types import Report, YoujuError
from retrieval.ask import ask
from retrieval.types import Answer

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many

HITS = 20  # the most that a run's line holds


def reports_in(folders: Iterable[Path]) -> list[Path]:
    """Files in folders, at any depth, that `python -m index add` would read as reports.

    Raises GoldError for a folder that is missing or holds none, and for two files of one stem: a run knows only stems.
    """
    files: dict[Path, None] = {}  # keeps order; a folder given twice counts once
    for folder in folders:
        if not folder.is_dir():
            raise GoldError(f"找不到报告文件夹 {folder}；请检查 --reports 后面的路径")
        found = below(folder).files
        if not found:
            raise GoldError(f"文件夹 {folder} 里没有可以读取的报告；支持的后缀：{suffixes()}")
        files |= dict.fromkeys(path.resolve() for path in found)
    by_stem: dict[str, Path] = {}
    for path in files:
        if (other := by_stem.setdefault(path.stem, path)) != path:
            raise GoldError(f"{other} 与 {path} 的文件名（不计后缀）相同，评测无法区分；请给其中一个改名")
    return list(files)


def refuse_unknown(cases: Sequence[Case], files: Iterable[Path]) -> None:
    """Raises GoldError naming every report that the gold speaks of and that is not among the files."""
    stems = {path.stem for path in files}
    unknown = sorted({name for case in cases for name in case.named} - stems)
    if unknown:
        shown = "、".join(unknown[:5]) + ("等" if len(unknown) > 5 else "")
        raise GoldError(f"金标提到的 {len(unknown)} 份报告不在所给的文件夹里：{shown}；请补上 --reports，或改正金标")


def misquoted(cases: Sequence[Case], sources: Mapping[str, str]) -> list[str]:
    """Ids of the cases with evidence that stands in none of their reports, so that nothing could ever find it."""
    ids = []
    for case in cases:
        wanted = [(case.reports, piece) for piece in case.evidence]
        wanted += [((row.report,), piece) for row in case.rows for piece in row.evidence]
        if not all(any(fold(piece) in sources.get(report, "") for report in reports) for reports, piece in wanted):
            ids.append(case.id)
    return ids


def index_folder(files: Sequence[Path], encoder: Encoder, cache: Path, progress: Progress) -> Path:
    """A folder in the cache with an index of these files; built when there is none.

    Its name is a hash of the files' names, bytes and corrections, the encoder's fingerprint and the code that indexes, so that what
    is reused is what would be built.  It is built aside and appears whole.  Contextual vectors, where the encoder has them, are
    all there before anything is measured.  Raises LoadError, StoreError, EncoderError.
    """
    home = cache / _fingerprint(files, encoder)
    if not home.is_dir():
        _build(files, encoder, cache, home, progress)
    if contextual := getattr(encoder, "contextual", None):
        backfill.fill(home, contextual, heard=lambda filled, total: progress("上下文向量", filled, total))
    return home


def _build(files: Sequence[Path], encoder: Encoder, cache: Path, home: Path, progress: Progress) -> None:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=cache, prefix=".unfinished-"))
    except OSError as error:
        raise GoldError(f"无法写入索引缓存 {cache}：{error.strerror or error}；请用 --data 换一个文件夹") from error
    try:
        reports = _read(files, progress)
        with Corpus.open(aside / "index", encoder, create=True) as corpus:
            corpus.add(reports, lambda done, total: progress("建立索引", done, total))
        try:
            (aside / "index").rename(home)
        except OSError:
            if not home.is_dir():  # else another process has just finished the same one
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _read(files: Sequence[Path], progress: Progress) -> list[Report]:
    """The reports with their folders' corrections, as `python -m index add` reads them.  Raises GoldError naming the bad ones."""
    bad: list[str] = []
    done: list[Path] = []

    def heard(path: Path) -> None:
        done.append(path)
        progress("读取报告", len(done), len(files))

    reports = list(index.files.reports_in(files, bad.append, heard))
    if bad:
        raise GoldError(f"没有建索引，因为 {len(bad)} 处读不出来：{'；'.join(bad)}")
    return reports


@contextmanager
def indexed(
    cases: Sequence[Case], folders: Iterable[Path], encoder: str | None, cache: Path, progress: Progress
) -> Iterator[tuple[Corpus, Path, dict[str, str]]]:
    """The reports in folders, indexed: the corpus, its folder in the cache, and the `sources` of its quotes.

    Raises GoldError where cases speak of other reports, and what `index_folder` raises.
    """
    files = reports_in(folders)
    refuse_unknown(cases, files)
    model = load_encoder(encoder)
    home = index_folder(files, model, cache, progress)
    with Corpus.open(home, model) as corpus:
        yield corpus, home, sources(files)


def sources(files: Iterable[Path]) -> dict[str, str]:
    """File stem → the text that a faithful quote stands in.

    A plain text file speaks for itself, read apart from what the index makes of it; markup has only the index's reading.
    """
    texts = {}
    for path in files:
        raw = load(path)
        texts[path.stem] = plain(read(path).text if raw.marked else raw.text)
    return texts


def ask_all(
    corpus: Corpus,
    cases: Sequence[Case],
    texts: Mapping[str, str],
    progress: Progress,
    journal: Journal,
) -> list[Result]:
    """Every question through the front door, one at a time, with where a missed one was lost.

    texts: as `sources` gives them.  Raises GoldError naming a question that cannot be asked.
    """
    results = []
    for done, case in enumerate(cases, 1):
        if (one := journal.done.get(case.id)) is None:
            try:
                answer = ask(corpus, case.question, k=HITS)
            except YoujuError as error:
                raise GoldError(f"问题 {case.id} 无法提问：{error}") from error
            one = result(case.id, answer)
            if not score(case, one, texts).right:
                one = replace(one, lost=lost(corpus, case, answer))
            journal.keep(one)
        results.append(one)
        progress("提问", done, len(cases))
    return results


def result(id: str, answer: Answer) -> Result:
    """An answer as a line of a run.  Candidates of an ambiguous question are shown, so they count as citations."""
    rows = answer.table.rows if answer.table else ()
    return Result(
        id=id,
        hits=tuple(Found(stem(hit.report.name), hit.passage.text, hit.passage.id) for hit in answer.hits[:HITS]),
        answer=Given(
            status=answer.status,
            text=answer.text,
            short=answer.short,
            citations=tuple(
                Quote(stem(citation.report.name), citation.quote)
                for citation in (*answer.citations, *answer.candidates)
            ),
            rows=tuple(Cell(stem(row.report.name), row.value, row.citation.quote) for row in rows),
            confidence=None if answer.chance is None else round(answer.chance, 4),
        ),
        ms=round(answer.ms, 3),
    )


def stem(name: str) -> str:
    return Path(name).stem


def run_fingerprint(gold: Path, home: Path) -> str:
    """16 hexadecimal digits: the questions, the index and the code that answers; what makes one run the same as another."""
    parts = [home.name.encode(), gold.read_bytes(), *_code(retrieval.__path__[0])]
    return _digest(parts)


def _fingerprint(files: Sequence[Path], encoder: Encoder) -> str:
    """16 hexadecimal digits."""
    both = (encoder, getattr(encoder, "contextual", None))
    parts = [each.fingerprint.encode() for each in both if each is not None]
    for path in sorted(files, key=lambda path: path.name):
        parts += [path.name.encode(), path.read_bytes()]
    parts += [listed.read_bytes() for listed in sorted({path.parent / LIST for path in files}) if listed.is_file()]
    return _digest([*parts, *_code(index.__path__[0])])


def _code(room: str) -> list[bytes]:
    return [part for path in sorted(Path(room).rglob("*.py")) for part in (path.name.encode(), path.read_bytes())]


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:16]


def share(corpus: Corpus) -> str:
    """How much of a corpus has its contextual vectors: what is measured is measured with all of them, 1.000."""
    filled, total = corpus.filled()
    return "不用" if corpus.contextual is None else f"{filled / max(total, 1):.3f}"
