"""The command line's sentences about accounts and tokens."""

from __future__ import annotations

import getpass
import sys
import time
from pathlib import Path

from server.accounts import AccountError, Accounts
from server.who import Role


def password(twice: bool = True) -> str:
    """A password typed without echo, or the first line of standard input where that is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("密码：")
    if twice and getpass.getpass("再输一次：") != first:
        raise AccountError("两次输入的密码不同：请重来")
    return first


def user(data: Path, act: str, name: str, role: Role) -> None:
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
            accounts.set_password(name, password())
            print(f"已改 {name} 的密码：它先前的会话已失效")
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
