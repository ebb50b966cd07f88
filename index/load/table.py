"""Tables as lines that stand alone: every row carries its header, 项目：道路改造；投资额：3.5亿元。"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from index.sentences import balanced

BAR = "｜"
_LINE = 400  # a longer row becomes several lines, each with the row's first cell
_PART = 300  # a longer cell is divided at its paragraphs and sentences
_WIDEST = 500  # columns and rows that a merged cell may cover
_PLACES = 300_000  # places in a grid, from where on merged cells cover their own only
_NAME = 24  # a longer cell is no column's name
_DEEPEST = 4  # header rows
_NUMBER = re.compile(
    r"[-+−＋－]?[（(]?[0-9０-９][0-9０-９,，.．/:：\-—~～ ]*[）)]?[%％‰]?"
    r"(?:万?亿?[元个户人吨亩件次项]|年\d+月(?:\d+日)?|公里|平方米)?"
)
_NOTE = re.compile(
    r"(?:计量|金额)?单位[：:].{1,20}|(?:填报|编制|制表)[^。]{0,40}[：:].{0,60}|[（(]?续表?[）)]?|附?表\s*[0-9一二三四五六七八九十\-]*.{0,60}"
)
# Words that name a column or a field of a form.
_NAMES = (
    "序号|编号|项目|名称|内容|指标|单位|备注|时间|时限|期限|日期|年份|年度|类别|类型|种类|事项|要求|任务|措施|姓名|性别|民族|籍贯|学历|职务|职称|数量|金额|合计"
    "|投资|责任|部门|地区|区域|县区|市县|地址|电话|手机|邮箱|邮编|联系人|负责人|联系方式|标准|依据|程度|进度|状态|来源|说明|描述|字段|层级|级别|等级|分值|得分|权重|评分|频次"
    "|比例|占比|增速|增长|目标|完成情况|牵头|配合|主体|对象|范围|方式|流程|环节|条件|材料|收费|场次|地点|人数|出生年月|政治面貌|身份证号|身份证号码|法定代表人|注册资本|规格|型号|单价|总价"
)
_NAMED = re.compile(f"(?:.{{0,12}}(?:{_NAMES})|(?:{_NAMES}).{{0,6}})(?:[（(].{{1,16}}[）)])?")
_SPACED = re.compile(r"(?<=[\u3400-\u9fff])[ \u3000]+(?=[\u3400-\u9fff](?:[ \u3000]|$))")
_HAN_BREAK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\s*\n\s*(?=[\u3000-\u9fff\uff00-\uffef])")
# A number that stands alone on its line: （三）\n合理用药 is one name.
_OPEN_BREAK = re.compile(
    r"((?:^|\n)\s*[（(][0-9一二三四五六七八九十百]{1,4}[）)])\s*\n\s*(?=[\u3000-\u9fff\uff00-\uffef])"
)
_FIRST = re.compile(r"([^：；。｜]{1,40})：[^：].*[；。]")


class Cell(NamedTuple):
    """A table cell as a format stores it: its text, and how many columns and rows it covers."""

    text: str
    across: int = 1
    down: int = 1


class Again(str):
    """The text of a merged cell at a column that it covers, other than its first: names columns, is no value."""

    __slots__ = ()


def spread(cells: Iterable[Iterable[Cell]]) -> list[list[str]]:
    """The full grid of a table: a merged cell's text stands at each place it covers, to the right as `Again`.

    Rows may be of unequal length. A table without cells gives [].
    """
    grid: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}  # column → rows it still covers below, text
    places = 0
    for row in cells:
        line: list[str] = []
        below: dict[int, tuple[int, str]] = {}
        waiting, reach = iter(row), max(hanging, default=-1)
        cell = next(waiting, None)
        while cell is not None or len(line) <= reach:
            column = len(line)
            if column in hanging:
                left, text = hanging.pop(column)
                line.append(text)
                if left > 1:
                    below[column] = (left - 1, text)
                continue
            if cell is None:
                line.append("")
                continue
            across = max(1, min(cell.across, _WIDEST - column)) if places < _PLACES else 1
            for offset in range(across):
                text = Again(cell.text) if offset else cell.text
                line.append(text)
                if cell.down > 1 and places < _PLACES:
                    below[column + offset] = (min(cell.down, _WIDEST) - 1, text)
                hanging.pop(column + offset, None)
            cell = next(waiting, None)
        hanging = below
        places += len(line)
        grid.append(line)
    return grid


def rows(cells: Sequence[Sequence[str]], header: int | None = None) -> list[str]:
    """A table's rows as lines that can be read and cited alone, in order; [] for an empty table.

    `cells` is the full grid, as `spread` makes it: a cell merged downwards repeats its text, one merged to the right
    continues as `Again`. Lines in a cell end in LF. `header` is the number of header rows; None finds it out.

    Below a header a row is 项目：道路改造；投资额：3.5亿元。 with several header rows as 投资额·2025年. A form, names
    to the left of their values, gives 姓名：张三；性别：男。 Without either the cells are joined by ｜. Empty cells are
    left out, a row that is one cell stands as it is, a table of one column is its paragraphs. A row of more than 400
    characters becomes several lines, each with its first cell.
    """
    grid = _compact(cells)
    if not grid:
        return []
    if len(grid[0]) == 1 or all(len(_filled(row)) <= 1 for row in grid):
        return [line for row in grid for cell in _filled(row) for line in _lines(cell)]
    lines: list[str] = []
    while header is None and len(grid) > 1 and len(_filled(grid[0])) == 1 and _heads(grid):
        lines += _lines(_filled(grid[0])[0])
        grid = grid[1:]
    if header is None and _is_form(grid):
        return lines + [line for row in grid for line in _form(row)]
    depth = _depth(grid) if header is None else min(header, len(grid))
    if depth == len(grid) or not depth:
        return lines + [line for row in grid for line in _bars(row)]
    names = [_joined_name([row[column] for row in grid[:depth]]) for column in range(len(grid[0]))]
    for row in grid[depth:]:
        if [_name(cell) for cell in row] == [_name(cell) for cell in grid[depth - 1]]:
            continue  # a header repeated on the next page
        lines += _named(names, row)
    return lines


def begins_table(cells: Sequence[Sequence[str]]) -> bool:
    """Whether rows below an empty one are a table of their own, with a header or as a form, rather than more rows."""
    grid = _compact(cells)
    while len(grid) > 1 and len(_filled(grid[0])) == 1:
        grid = grid[1:]
    return len(grid) > 1 and len(grid[0]) > 1 and (_is_form(grid) or _depth(grid) > 0)


def row_key(line: str) -> str:
    """What tells rows of one table: the name of the first column, ｜ for a row without names; "" for other lines."""
    if BAR in line:
        return BAR
    found = _FIRST.fullmatch(line)
    return found[1] if found and re.search("；[^：；。]{1,40}：", line) else ""


def _compact(cells: Sequence[Sequence[str]]) -> list[list[str]]:
    """The grid in equal rows, without empty rows and columns; cells stripped."""
    width = max((len(row) for row in cells), default=0)
    grid = [[_strip(cell) for cell in row] + [""] * (width - len(row)) for row in cells]
    kept = [
        column for column in range(width) if any(row[column] and not isinstance(row[column], Again) for row in grid)
    ]
    return [line for row in grid if any(line := [row[column] for column in kept])]


def _strip(cell: str) -> str:
    text = "\n".join(" ".join(line.split()) for line in cell.split("\n") if line.strip())
    return Again(text) if isinstance(cell, Again) else text


def _filled(row: Sequence[str]) -> list[str]:
    return [cell for cell in row if cell and not isinstance(cell, Again)]


def _lines(cell: str) -> list[str]:
    return [line for line in cell.split("\n") if line]


def _flat(cell: str) -> str:
    # Two names below each other, 张三\n李四, stay apart.
    return _HAN_BREAK.sub(" ", _OPEN_BREAK.sub(r"\1", cell)).replace("\n", " ").rstrip("。；;")


def _name(cell: str) -> str:
    """A column's name: 责 任\n单 位 as 责任单位."""
    return _SPACED.sub("", _HAN_BREAK.sub("", cell).replace("\n", " ")).rstrip("：:；;。 ")


def _joined_name(cells: Sequence[str]) -> str:
    """投资额·2025年 of a column's header cells from above; a cell merged downwards counts once."""
    names = list(dict.fromkeys(name for name in map(_name, cells) if name))
    return "·".join(names)


def _heads(grid: Sequence[Sequence[str]]) -> bool:
    """Whether a single cell in the first row is a caption of the table, rather than its one row's beginning."""
    first = grid[0]
    merged = sum(isinstance(cell, Again) for cell in first) == len(first) - 1
    return merged or len(first) > 2 or _NOTE.fullmatch(_filled(first)[0]) is not None


def _is_name(cell: str) -> bool:
    name = _name(cell)
    figure = _NUMBER.fullmatch(name) and not re.fullmatch("(?:19|20)[0-9]{2}", name)
    return bool(name) and len(name) <= _NAME and not figure and not re.search("[。；]", name)


def _is_known(cell: str) -> bool:
    return _is_name(cell) and _NAMED.fullmatch(_name(cell)) is not None


def _is_form(grid: Sequence[Sequence[str]]) -> bool:
    """Whether names stand to the left of their values: 姓名｜张三｜性别｜男, and below it 职务｜科长｜电话｜…."""
    pairs = [_pairs(row) for row in grid]
    named = [[name for name, value in row if name or value] for row in pairs]
    if not all(names and all(map(_is_name, names)) for names in named):
        return False
    if len(grid[0]) == 2:
        first = grid[0]
        if len(grid) > 1 and _is_known(first[0]) and _is_name(first[1]) and len(_name(first[1])) <= 12:
            return sum(_is_known(row[0]) for row in grid[1:]) * 2 > len(grid) - 1
        return len({row[0] for row in grid}) == len(grid) and any(_is_known(row[0]) for row in grid)
    inner = [name for names in named[1:] or named for name in names]
    values = [value for row in pairs for _, value in row if value]
    known = sum(map(_is_known, inner))
    return known >= 2 and known * 2 >= len(inner) and sum(map(_is_known, values)) * 3 < len(values)


def _pairs(row: Sequence[str]) -> list[tuple[str, str]]:
    """A form's row as names and values; merged cells count once."""
    cells = [cell for cell in row if not isinstance(cell, Again)]
    return list(zip(cells[::2], [*cells[1::2], ""], strict=False))


def _depth(grid: Sequence[Sequence[str]]) -> int:
    """How many of the first rows are header, 0 when none is."""
    first = grid[0]
    if len(grid) < 2 or not all(_is_name(cell) for cell in _filled(first)) or not _filled(first[1:]):
        return 0
    depth = 1
    while depth < min(_DEEPEST, len(grid) - 1) and _goes_on(grid[depth - 1], grid[depth]):
        depth += 1
    body = grid[depth:]
    known = sum(map(_is_known, first))
    figures = any(
        _is_name(grid[depth - 1][column])
        and sum(_NUMBER.fullmatch(row[column]) is not None for row in body) * 2 > len(body)
        for column in range(len(first))
    )
    longer = sum(map(len, (cell for row in body for cell in row))) > 2 * len(body) * sum(map(len, first))
    distinct = len(set(_filled(first))) == len(_filled(first))
    return depth if distinct and (known * 2 >= len(_filled(first)) or (known and depth > 1) or figures or longer) else 0


def _goes_on(above: Sequence[str], row: Sequence[str]) -> bool:
    """Whether a row is the second of a header: it divides a name merged to the right, beside names merged downwards."""
    if not all(_is_name(cell) for cell in _filled(row)) or all(isinstance(cell, Again) for cell in above[1:]):
        return False
    pairs = list(zip(above, row, strict=True))
    divides = any(isinstance(name, Again) and cell and not isinstance(cell, Again) for name, cell in pairs)
    beside = [
        (name, cell)
        for column, (name, cell) in enumerate(pairs)
        if not isinstance(name, Again) and not isinstance((*above, "")[column + 1], Again)
    ]
    return divides and all(cell in ("", name) for name, cell in beside)


def _named(names: Sequence[str], row: Sequence[str]) -> list[str]:
    if len(_filled(row)) == 1:
        return _lines(_filled(row)[0])
    pairs = [(name, cell) for name, cell in zip(names, row, strict=True) if cell and not isinstance(cell, Again)]
    return _sentences(pairs)


def _form(row: Sequence[str]) -> list[str]:
    return _sentences([(_name(name), value) for name, value in _pairs(row) if value])


def _bars(row: Sequence[str]) -> list[str]:
    filled = _filled(row)
    if len(filled) == 1:
        return _lines(filled[0])
    whole = BAR.join(map(_flat, filled))
    if len(whole) <= _LINE:
        return [whole]
    return [part for cell in filled for line in _lines(cell) for part in _divided(line)]


def _sentences(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Names and values as one line, or several that each begin with the first pair."""
    said = [_said(name, _flat(value)) for name, value in pairs]
    whole = "；".join(said)
    if len(whole) <= _LINE:
        return [whole + "。"] if said else []
    key = said[0] if len(said[0]) <= _NAME * 2 else ""
    lines: list[str] = []
    held: list[str] = [key] if key else []
    for (name, value), text in list(zip(pairs, said, strict=True))[1 if key else 0 :]:
        pieces = (
            [text] if len(text) <= _PART else [_said(name, part) for line in _lines(value) for part in _divided(line)]
        )
        for piece in pieces:
            if len(held) > bool(key) and sum(map(len, held)) + len(piece) > _LINE:
                lines.append("；".join(held) + "。")
                held = [key] if key else []
            held.append(piece)
    return [*lines, "；".join(held) + "。"]


def _said(name: str, value: str) -> str:
    # 检测方法｜检测方法：提取外周血… has said it already.
    return f"{name}：{value}" if name and not value.startswith((f"{name}：", f"{name}:")) else value


def _divided(line: str) -> list[str]:
    """A long line in parts of whole sentences."""
    spans = balanced(line, -(-len(line) // _PART)) if len(line) > _PART else [(0, len(line))]
    return [_flat(line[start:end].strip()) for start, end in spans]
