"""The command line's sentences about accounts, tokens and groups."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from server import groups as rules
from server.accounts import AccountError, Accounts
from server.groups import Group, GroupsError
from server.who import Role


def password(twice: bool = True) -> str:
    """A password typed without echo, or the first line of standard input where that is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("密码：")
    if twice and getpass.getpass("再输一次：") != first:
        raise AccountError("两次输入的密码不同：请重来")
    return first


def user(data: Path, act: str, name: str, role: Role, tokens: bool = False) -> None:
    """user add, list, remove and passwd."""
    accounts = Accounts(data)
    try:
        if act == "list":
            for account in accounts.all():
                print(f"{account.name}\t{account.role}")
        elif act == "add":
            accounts.add(name, password(), role)
            print(f"已添加账号 {name}（{role}）")
        elif act == "remove":
            accounts.remove(name)
            print(f"已移除账号 {name}：它的会话与令牌一并失效")
        elif act == "passwd":
            kept = accounts.set_password(name, password(), tokens)
            more = "，令牌也一并作废" if tokens else f"；它的 {kept} 个令牌仍然有效，要一并作废请加 --tokens" if kept else ""
            print(f"已改 {name} 的密码：它先前的会话已全部失效{more}")
    finally:
        accounts.close()


def token(data: Path, act: str, of: str, label: str) -> None:
    """token add (of a user), list, and remove (by id)."""
    accounts = Accounts(data)
    try:
        if act == "list":
            for one in accounts.tokens():
                print(f"{one.id}\t{one.user}\t{time.strftime('%Y-%m-%d', time.localtime(one.created))}\t{one.label}")
        elif act == "add":
            print(accounts.add_token(of, label))
            print("令牌只显示这一次，请妥善保存。", file=sys.stderr)
        elif act == "remove":
            accounts.remove_token(of)
            print(f"已移除令牌 {of}")
    finally:
        accounts.close()


def groups(data: Path, act: str, name: str, members: Sequence[str], folders: Sequence[str], ahead: bool) -> None:
    """groups list, set, remove, clear and recover.  What is written is looked at first; a file half written does not stay."""
    if not (data / "meta.json").is_file():
        raise GroupsError(f"{data} 不是有据的数据文件夹：请用 --data 指明，或先运行 python -m index add")
    if act == "list":
        held, left = rules.rules(data, rules.kept_groups(data))
        for group in held:
            print(f"{group.name}\t{'、'.join(sorted(group.members))}\t{'、'.join(one.named for one in group.places)}")
        if left:
            print(f"注意：{rules.left_over(data, left)}", file=sys.stderr)
        return
    with rules.alone(data, 10):
        before = _before(data, damaged=act in ("clear", "recover"))
        named = () if act == "clear" else _named(data, before)
        if act == "set":
            if bad := [text for text in (name, *members, *folders) if not text.strip() or not text.isprintable()]:
                raise GroupsError(f"{bad[0]!r} 不能作组名、成员或文件夹：不能是空的，也不能有看不见的字符")
            group = Group(name, frozenset(members), tuple(rules.place(data, _spelt(data, folder)) for folder in folders))
            rules.check(data, [group], rules.sources(data), ahead=ahead)
            named = (*(one for one in named if one.name != name), group)
        elif act == "remove":
            if name not in {one.name for one in (*named, *before)}:
                raise GroupsError(f"没有叫 {name} 的组：请用 python app.py groups list 查看")
            named = tuple(one for one in named if one.name != name)
        elif act == "recover" and not named:
            raise GroupsError(f"{data / rules.KEPT} 里没有可写回的规定：请手写 {data / rules.FILE}，或用 groups set 建立")
        past = () if act == "clear" else tuple(one for one in before if one.name != name)
        held, _ = rules.merged(named, past)
        try:
            # the rules that hold first: whatever is cut off after that, the file names no less than they do
            rules.save(data / rules.KEPT, rules.dumped(held))
            rules.save(data / rules.FILE, rules.written(named or _once(held)))
        except OSError as error:
            raise GroupsError(f"{data / rules.FILE} 写不进去（{error}）：请检查磁盘空间与权限") from error
    said = {"set": f"已写明组 {name}", "remove": f"已移除组 {name}", "clear": "已写明不分组", "recover": f"已写回 {len(named)} 个组"}
    print(f"{said[act]}：{data / rules.FILE}")
    shut = {path for group in held for path in group.folders}
    if opened := [path for path in dict.fromkeys(path for group in before for path in group.folders) if path not in shut]:
        print(f"注意：不再分组查看的文件夹：{'、'.join(map(str, opened))}", file=sys.stderr)


def _before(data: Path, damaged: bool) -> tuple[Group, ...]:
    """The rules that held last; none where their copy is damaged and that is to be mended."""
    try:
        return rules.kept_groups(data) or ()
    except GroupsError:
        if not damaged:
            raise
        return ()


def _named(data: Path, before: tuple[Group, ...]) -> tuple[Group, ...]:
    """The groups of groups.toml; those that held last where it is missing, empty or cannot be followed."""
    try:
        named = rules.read_groups(data)
    except GroupsError:
        if not before:
            raise
        named = ()
    return named or _once(before)


def _once(held: Sequence[Group]) -> tuple[Group, ...]:
    """Groups under names of their own: what is left of one that has changed goes beside it."""
    found: dict[str, Group] = {}
    for group in held:
        name = group.name
        while name in found:
            name += "（先前）"
        found[name] = Group(name, group.members, group.places)
    return tuple(found.values())


def _spelt(data: Path, folder: str) -> str:
    """A folder as it is to be written: one that is relative to where the command is given becomes absolute."""
    given = Path(folder)
    here, below = given.resolve(), (data / given).resolve()
    if given.is_absolute() or here == below or not here.is_dir():
        return folder
    if below.is_dir():
        raise GroupsError(f"文件夹 {folder} 有两处：{here} 与 {below}：请写绝对路径")
    return str(here)
