"""Help texts and complaints about usage in Chinese: typer writes both in English.

Typer keeps its context's class to itself, hence Any.
"""

import re
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

# Typer's English in its help texts, and what stands there instead.
_HELP = (
    (r"Usage: ", "用法："),
    (r"\[OPTIONS\]", "[选项]"),
    (r"COMMAND \[ARGS\]\.\.\.", "命令 …"),
    (r"Arguments:", "参数："),
    (r"Options:", "选项："),
    (r"Commands:", "命令："),
    (r"Show this message and exit\.", "显示帮助"),
    (r" *\[required\]", ""),
    (r"\[default: ", "[默认 "),
    (r" <(?:str|list\[\w+\])>", ""),
    (r"\{(\w+)\}", r"\1"),
)

# The same for its complaints, whole.
_COMPLAINTS = (
    (r"Missing (?:argument|option) '([^']*)'.*", r"缺少 \1"),
    (r"No such option: (\S+) .*Possible options: ([^)]*)\)", r"没有选项 \1，是不是 \2"),
    (r"No such option: (\S+)", r"没有选项 \1"),
    (r"No such command '([^']*)'\. Did you mean '([^']*)'.*", r"没有命令 \1，是不是 \2"),
    (r"No such command '([^']*)'.*", r"没有命令 \1"),
    (r"Option '?([^ ']+)'? requires an argument.*", r"选项 \1 后面缺少内容"),
    (r"Got unexpected extra argument\S* \((.*)\)", r"多出了 \1"),
    (r"Invalid value for (.*?): .*not one of (.*?)\.?", r"\1 只能取 \2"),
    (r"Invalid value for (.*?): .*valid integer.*", r"\1 要写成整数"),
    (r"Invalid value for (.*?): .*greater than or equal to (\S+)", r"\1 不能小于 \2"),
    (r"Invalid value for (.*?): .*less than or equal to (\S+)", r"\1 不能大于 \2"),
    (r"Invalid value for (.*?): .*", r"\1 的值不对"),
)


def usage_message(error: TyperException) -> str:
    """One Chinese line for a usage error, with where to read more; typer's own words where it is none we know."""
    message = error.format_message()
    for english, chinese in _COMPLAINTS:
        match = re.fullmatch(english, message, re.DOTALL)
        if match:
            message = match.expand(chinese).replace("'", "")
            break
    meant = re.split("[：；。，（]", getattr(getattr(error, "param", None), "help", None) or "")[0]
    if meant and message.startswith("缺少"):
        message = f"{message}（{meant}）"  # 缺少 QUERY（要查的话）
    context = getattr(error, "ctx", None)
    return f"{message}；用法见 {context.command_path if context else 'yinde'} --help"


class ChineseCommand(TyperCommand):
    """A command whose help is Chinese throughout."""

    def get_help(self, ctx: Any) -> str:
        """The help text, its fixed words in Chinese."""
        return _chinese(super().get_help(ctx))


class ChineseGroup(TyperGroup):
    """A group of commands whose help is Chinese throughout."""

    def get_help(self, ctx: Any) -> str:
        """The help text, its fixed words in Chinese."""
        return _chinese(super().get_help(ctx))


def _chinese(text: str) -> str:
    for english, chinese in _HELP:
        text = re.sub(english, chinese, text)
    return text
