"""Folders for groups only: whatever becomes of groups.toml, or of the folders, nothing that was closed is seen."""

from __future__ import annotations

import json
import os
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import app
from index.corpus import Corpus
from index.read import read
from index.types import StoreError
from server.backup import backup, restore
from server.groups import FILE, KEPT, Group, Groups, GroupsError, barred, kept_groups, read_groups, written
from server.groups import place as stands_for
from server.intake import take_in
from server.who import User, visible
from tests.conftest import BigramEncoder
from tests.serving import SECRET, fill

TEXT = "白石县{}年工作总结\n\n一、主要工作\n全年办结案件88件，走访企业120家，新建便民服务点{}处。\n"
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def rule(name: str, members: list[str], *folders: Path | str) -> str:
    return f"[groups.{name}]\nmembers = {json.dumps(members)}\nfolders = {json.dumps([str(folder) for folder in folders])}\n"


class Place:
    """A corpus of two open reports and one that is for li only, and its groups.toml."""

    def __init__(self, root: Path) -> None:
        self.root, self.data, self.closed = root, root / "data", root / "closed"
        self.closed.mkdir()
        self.corpus = fill(self.data, closed=self.closed)
        self.file = self.data / FILE
        self.file.write_text(rule("wang", ["li"], self.closed), "utf-8")

    def sees(self, name: str, groups: Groups | None = None) -> set[str]:
        """The regions, or names, of the reports that somebody sees."""
        rows = visible(self.corpus, User(name, "manage", barred((groups or Groups(self.data)).now(), name)))
        return {ref.facts.region or ref.name for ref in self.corpus.reports() if rows is None or ref.row in rows}

    def command(self, *given: str) -> int:
        return app.main(["groups", *given, "--data", str(self.data)])


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    with closing(made.corpus):
        yield made


class TestWhileServing:
    @pytest.mark.parametrize("left", [None, "", "\n# 空\n", "[groups]\n", "[groups.wang]\nmembers = [", "\x00", "[groups.other"])
    def test_a_file_that_is_gone_empty_or_cut_opens_nothing(self, place: Place, left: str | None, caplog: pytest.LogCaptureFixture) -> None:
        groups = Groups(place.data)
        assert SECRET not in place.sees("zhang", groups)
        if left is None:
            place.file.unlink()
        else:
            place.file.write_text(left, "utf-8")
        for _ in range(3):
            assert SECRET not in place.sees("zhang", groups)
            assert SECRET in place.sees("li", groups), "and who was let in still is"
        said = [record for record in caplog.records if FILE in record.getMessage()]
        assert len(said) == 1, "said once, not with each request"
        assert "继续有效" in said[0].getMessage()

    def test_a_hand_edit_holds_at_once(self, place: Place) -> None:
        groups = Groups(place.data)
        for members, seen in ((["zhang"], True), ([], False), (["li", "zhang"], True), (["li"], False)):
            place.file.write_text(rule("wang", members, place.closed), "utf-8")
            assert (SECRET in place.sees("zhang", groups)) is seen

    def test_a_file_of_the_same_size_and_time_is_read_again(self, place: Place) -> None:
        place.file.write_text(rule("wang", ["zhou"], place.closed), "utf-8")
        groups = Groups(place.data)
        found = place.file.stat()
        assert SECRET in place.sees("zhou", groups)
        place.file.write_text(rule("wang", ["zhao"], place.closed), "utf-8")
        os.utime(place.file, ns=(found.st_atime_ns, found.st_mtime_ns))
        assert place.file.stat().st_size == found.st_size
        assert SECRET not in place.sees("zhou", groups)

    def test_a_file_cut_between_two_groups_closes_the_second_too(self, place: Place) -> None:
        other = place.root / "other"
        place.file.write_text(rule("other", ["li"], other) + rule("wang", ["li"], place.closed), "utf-8")
        groups = Groups(place.data)
        place.file.write_text(rule("other", ["li", "zhang"], other), "utf-8")
        assert SECRET not in place.sees("zhang", groups)
        assert SECRET in place.sees("li", groups)
        assert place.command("remove", "wang") == 0
        assert SECRET in place.sees("zhang", groups), "a command opens it"

    @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(cut=st.integers(0, 400), later=st.booleans())
    def test_no_cut_of_a_file_opens_anything(self, place: Place, cut: int, later: bool) -> None:
        whole = rule("a", ["chen"], place.root / "a") + "# 一行说明\n" + rule("wang", ["li"], place.closed) + rule("z", ["chen"], place.root / "z")
        place.file.write_text(whole, "utf-8")
        groups = Groups(place.data)
        place.file.write_bytes(whole.encode()[:cut])
        assert SECRET not in place.sees("chen", groups)
        if later:
            try:
                again = Groups(place.data)
            except GroupsError:
                return  # it does not start
            assert SECRET not in place.sees("chen", again)

    def test_no_read_meets_it_open_while_another_rewrites_it(self, place: Place) -> None:
        groups = Groups(place.data)
        stop, reads = threading.Event(), [0]
        met: list[int] = []

        def write() -> None:
            texts = (rule("wang", ["li"], place.closed), rule("a", ["wu"], place.root) + rule("wang", ["li", "wu"], place.closed))
            for number in range(400):
                text = texts[number % 2]
                if number % 5 == 0:
                    place.file.unlink(missing_ok=True)
                elif number % 5 == 1:
                    place.file.write_text("", "utf-8")
                elif number % 5 == 2:
                    aside = place.file.with_name("aside")
                    aside.write_text(text, "utf-8")
                    os.replace(aside, place.file)
                else:
                    with place.file.open("w", encoding="utf-8") as out:
                        for piece in text.splitlines(keepends=True):
                            out.write(piece)
                            out.flush()
            stop.set()

        def look() -> None:
            while not stop.is_set():
                reads[0] += 1
                if SECRET in place.sees("zhang", groups):
                    met.append(reads[0])

        threads = [threading.Thread(target=target) for target in (write, look, look)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert reads[0] > 50
        assert met == []

    def test_the_copy_is_made_anew_where_it_is_lost(self, place: Place) -> None:
        groups = Groups(place.data)
        for left in (None, "{", "{}"):
            (place.data / KEPT).unlink() if left is None else (place.data / KEPT).write_text(left, "utf-8")
            place.file.unlink(missing_ok=True)
            assert SECRET not in place.sees("zhang", groups)
            assert kept_groups(place.data)
        assert (place.data / KEPT).stat().st_mode & 0o077 == 0


class TestFolders:
    def test_a_link_that_leads_elsewhere_leaves_closed_what_was(self, place: Place) -> None:
        link, other = place.root / "link", place.root / "other"
        other.mkdir()
        link.symlink_to(place.closed)
        place.file.write_text(rule("wang", ["li"], link), "utf-8")
        groups = Groups(place.data)
        assert SECRET not in place.sees("zhang", groups)
        link.unlink()
        link.symlink_to(other)
        place.file.write_text(rule("wang", ["li"], link) + "\n", "utf-8")
        assert SECRET not in place.sees("zhang", groups)
        assert SECRET not in place.sees("zhang"), "nor after a restart"
        assert SECRET in place.sees("li")

    @pytest.mark.parametrize("spelt", ["{closed}/", "{closed}/.", "../closed", "uploads/../../closed", "{root}/data/../closed//"])
    def test_every_spelling_of_a_folder_closes_it(self, place: Place, spelt: str) -> None:
        place.file.write_text(rule("wang", ["li"], spelt.format(closed=place.closed, root=place.root)), "utf-8")
        assert SECRET not in place.sees("zhang")
        assert SECRET in place.sees("li")

    def test_a_folder_renamed_and_indexed_anew_stays_closed(self, place: Place) -> None:
        inner = place.closed / "2024"
        inner.mkdir()
        (inner / "密.txt").write_text(TEXT.format(2024, 3), "utf-8")
        place.corpus.add([read(inner / "密.txt")])
        groups = Groups(place.data)
        assert not any("白石" in one or "密" in one for one in place.sees("zhang", groups))
        place.closed.rename(place.root / "moved")
        place.corpus.add([read(place.root / "moved" / "2024" / "密.txt")])
        (moved,) = (ref for ref in place.corpus.reports() if ref.name == "密.txt")
        assert Path(moved.source).is_relative_to(place.root / "moved"), "it is listed under its new path"
        name = moved.facts.region or moved.name
        assert name not in place.sees("zhang", groups)
        assert name in place.sees("li", groups)

    def test_a_report_indexed_through_a_link_is_closed(self, place: Place) -> None:
        (place.closed / "密.txt").write_text(TEXT.format(2023, 4), "utf-8")
        (place.root / "open.txt").symlink_to(place.closed / "密.txt")
        place.corpus.add([read(place.root / "open.txt")])
        (ref,) = (ref for ref in place.corpus.reports() if "closed" in ref.source and ref.facts.region != SECRET)
        assert (ref.facts.region or ref.name) not in place.sees("zhang")


class TestStarting:
    @pytest.mark.parametrize("left", [None, "", "[groups", "[groups]\n"])
    def test_without_rules_where_there_were_some_is_refused(self, place: Place, left: str | None) -> None:
        Groups(place.data)
        place.file.unlink() if left is None else place.file.write_text(left, "utf-8")
        with pytest.raises(GroupsError, match=r"groups\.toml"):
            Groups(place.data)
        with pytest.raises(GroupsError, match=r"groups\.toml"):
            app.build(place.corpus, place.data / "uploads")
        assert place.command("recover") == 0
        assert SECRET not in place.sees("zhang")
        assert SECRET in place.sees("li")
        assert place.file.stat().st_mode & 0o077 == 0

    def test_clear_is_an_explicit_none(self, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
        Groups(place.data)
        assert place.command("clear") == 0
        assert str(place.closed) in capsys.readouterr().err, "what it opens is said"
        assert SECRET in place.sees("zhang")
        place.file.unlink()
        assert SECRET in place.sees("zhang")

    def test_where_there_never_were_any_nothing_is_made(self, tmp_path: Path) -> None:
        assert Groups(tmp_path).now() == ()
        assert list(tmp_path.iterdir()) == []

    def test_a_damaged_copy_is_refused(self, place: Place) -> None:
        (place.data / KEPT).write_text('{"groups": [', "utf-8")
        with pytest.raises(GroupsError, match="recover"):
            Groups(place.data)
        assert place.command("recover") == 0
        assert SECRET not in place.sees("zhang")

    @pytest.mark.parametrize(("folder", "told"), [("nowhere", "不存在"), ("empty", "没有索引中的报告")])
    def test_a_folder_that_is_not_there_or_holds_no_report_is_an_error(
        self, place: Place, folder: str, told: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (place.root / "empty").mkdir()
        place.file.write_text(rule("wang", ["li"], place.closed, place.root / folder), "utf-8")
        with pytest.raises(GroupsError, match=f"wang.*{folder}.*{told}"):
            app.build(place.corpus, place.data / "uploads")
        assert app.main(["doctor", "--data", str(place.data), "--encoder", str(place.root), "--port", "0"]) == 1
        (line,) = (line for line in capsys.readouterr().out.splitlines() if "分组：" in line)
        assert line.startswith("[坏]") and folder in line and "wang" in line and "groups set" in line

    def test_the_doctor_says_that_the_last_good_rules_hold(self, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
        def told() -> str:
            app.main(["doctor", "--data", str(place.data), "--encoder", str(place.root), "--port", "0"])
            return next(line for line in capsys.readouterr().out.splitlines() if "分组：" in line)

        Groups(place.data)
        assert told().startswith("[好]")
        whole = place.file.read_text("utf-8")
        place.file.write_text(rule("a", ["li"], "uploads"), "utf-8")
        assert told().startswith("[注意]")
        place.file.unlink()
        assert told().startswith("[坏]")
        place.file.write_text(whole, "utf-8")
        assert told().startswith("[好]")


class TestCommand:
    def test_set_list_and_remove(self, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
        assert place.command("set", '审 "计"', "--member", "zhang", "--member", "li", "--folder", str(place.closed)) == 0
        assert place.file.stat().st_mode & 0o077 == 0
        assert SECRET in place.sees("zhang")
        assert place.command("list") == 0
        assert '审 "计"\tli、zhang\t' in capsys.readouterr().out
        assert place.command("remove", '审 "计"') == 0
        assert SECRET not in place.sees("zhang"), "the other group still has it"
        assert place.command("remove", "wang") == 0
        assert SECRET in place.sees("zhang")
        assert not [path for path in place.data.iterdir() if path.name.endswith(".tmp")]

    @pytest.mark.parametrize(
        "given",
        [
            ("remove", "none"),
            ("set", "a", "--member", "li", "--folder", "nowhere"),
            ("set", "a\n", "--member", "x", "--folder", "uploads"),
        ],
    )
    def test_what_is_wrong_changes_nothing(self, place: Place, given: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
        Groups(place.data)
        before = (place.file.read_bytes(), (place.data / KEPT).read_bytes())
        assert place.command(*given) == 2
        assert "错误：" in capsys.readouterr().err
        assert (place.file.read_bytes(), (place.data / KEPT).read_bytes()) == before

    def test_a_folder_can_be_closed_before_its_reports_come(self, place: Place) -> None:
        (place.root / "soon").mkdir()
        given = ("set", "a", "--member", "li", "--folder", str(place.root / "soon"))
        assert place.command(*given) == 2
        assert place.command(*given, "--ahead") == 0
        assert place.root / "soon" in barred(Groups(place.data).now(), "zhang")

    def test_a_relative_folder_is_where_the_command_is_given(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(place.root)
        assert place.command("set", "wang", "--member", "zhang", "--folder", "closed") == 0
        assert str(place.closed) in place.file.read_text("utf-8")

    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(WORDS, st.sets(WORDS, max_size=3)), max_size=4, unique_by=lambda one: one[0]))
    def test_what_is_written_reads_the_same(self, tmp_path: Path, made: list[tuple[str, set[str]]]) -> None:
        groups = [Group(name, frozenset(members), (stands_for(tmp_path, "uploads"),)) for name, members in made]
        (tmp_path / FILE).write_text(written(groups), "utf-8", newline="\n")
        assert list(read_groups(tmp_path)) == groups


class TestRestored:
    def uploaded(self, place: Place) -> None:
        upload = place.root / "白石.txt"
        upload.write_text(TEXT.format(2024, 9), "utf-8")
        with upload.open("rb") as content:
            take_in(place.corpus, place.data / "uploads", upload.name, content, 10**6)

    def seen(self, data: Path, name: str) -> set[str]:
        with Corpus.open(data, BigramEncoder()) as corpus:
            rows = visible(corpus, User(name, "manage", barred(Groups(data).now(), name)))
            return {Path(ref.source).name for ref in corpus.reports() if rows is None or ref.row in rows}

    @pytest.mark.parametrize("spelt", ["uploads", "{data}/uploads", "{data}", "../data/uploads", "{link}/uploads"])
    def test_uploads_stay_closed_in_another_folder(self, place: Place, spelt: str) -> None:
        self.uploaded(place)
        link = place.root / "link"
        link.symlink_to(place.data)
        place.file.write_text(rule("up", ["li"], spelt.format(data=place.data, link=link)) + rule("wang", ["li"], "../closed"), "utf-8")
        Groups(place.data)
        backup(place.data, place.root / "kept.tar.gz")
        target = place.root / "far" / "away" / "data"
        restore(place.root / "kept.tar.gz", target)
        assert "白石.txt" not in self.seen(target, "zhang")
        assert "白石.txt" in self.seen(target, "li")
        assert not any(SECRET in name for name in self.seen(target, "zhang"))
        assert any(SECRET in name for name in self.seen(target, "li"))
        for name in (FILE, KEPT):
            assert (target / name).stat().st_mode & 0o077 == 0
        (target / FILE).unlink()
        with pytest.raises(GroupsError):
            Groups(target)

    def test_where_it_would_come_open_it_is_refused(self, place: Place) -> None:
        self.uploaded(place)
        place.file.write_text(rule("all", ["li"], place.root), "utf-8")
        backup(place.data, place.root / "kept.tar.gz")
        restore(place.root / "kept.tar.gz", place.root / "beside")
        assert "白石.txt" not in self.seen(place.root / "beside", "zhang")
        elsewhere = place.root.with_name(place.root.name + "-elsewhere") / "data"
        with pytest.raises(StoreError, match=r"白石.txt.*groups set"):
            restore(place.root / "kept.tar.gz", elsewhere)
        assert not elsewhere.exists()

    def test_one_taken_while_the_file_was_gone_keeps_the_rules(self, place: Place) -> None:
        self.uploaded(place)
        place.file.write_text(rule("up", ["li"], place.data / "uploads"), "utf-8")
        Groups(place.data)
        place.file.unlink()
        backup(place.data, place.root / "kept.tar.gz")
        target = place.root / "new"
        restore(place.root / "kept.tar.gz", target)
        with pytest.raises(GroupsError, match="recover"):
            Groups(target)
        assert app.main(["groups", "recover", "--data", str(target)]) == 0
        assert "白石.txt" not in self.seen(target, "zhang")
        assert "白石.txt" in self.seen(target, "li")

    def test_one_of_before_there_were_headers(self, place: Place) -> None:
        self.uploaded(place)
        place.file.write_text(rule("up", ["li"], place.data / "uploads"), "utf-8")
        backup(place.data, place.root / "kept.tar.gz")
        with tarfile.open(place.root / "kept.tar.gz") as archive:
            archive.extractall(place.root / "out", filter="data")
        with tarfile.open(place.root / "old.tar.gz", "w:gz") as archive:
            for path in sorted((place.root / "out").iterdir()):
                archive.add(path, path.name)
        restore(place.root / "old.tar.gz", place.root / "new")
        assert "白石.txt" not in self.seen(place.root / "new", "zhang")
        assert "白石.txt" in self.seen(place.root / "new", "li")
