"""The terminal's `yinde mcp`: the library as tools of a chat assistant that starts this command itself."""

import sys

import typer

from ui.command import Choices, LibraryOption, ModelOption, app, chosen, open_library
from ui.usage import ChineseCommand

HELP = """供支持 MCP 的智能助手调用：由助手启动，经标准输入输出对话，只查不改。

在助手的设置里写：命令 yinde，参数 mcp --library 文库文件夹（都写绝对路径）。

工具：检索 search、问答 ask、看原文 get_passage、文件目录 list_documents、
核对引文 check_quotation、核查稿件 check_draft、写成引文 cite_as。

经网络使用：yinde serve，地址是网址后加 /mcp，密钥与网页相同。"""


@app.command(cls=ChineseCommand, help=HELP, short_help="供智能助手（MCP 客户端）调用。")
def mcp(context: typer.Context, library: LibraryOption = None, model: ModelOption = None) -> int:
    """Speak the protocol until the assistant leaves."""
    from ui.mcp_server import serve_stdio

    choices = chosen(context, library, model, False)
    if sys.stdin.isatty():
        print("正在等待智能助手发来消息；按 Ctrl+C 结束。用法见 yinde mcp --help。", file=sys.stderr)
    quiet = Choices(choices.library, choices.model, json=True)
    with open_library(quiet, model=quiet.model) as (opened, _):
        from rag.configured import configured

        serve_stdio(opened, configured(opened))
    return 0
