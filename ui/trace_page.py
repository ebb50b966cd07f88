"""A formulation over time as one HTML file that needs nothing else: bars by year, issuers, near wordings, documents."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from ui.trace_screen import UNKNOWN_ISSUER, UNKNOWN_YEAR, around, filled_years

if TYPE_CHECKING:
    from rag.trace import Count, Trace, Use, Variant

_WIDTH, _HEIGHT, _BOTTOM, _TOP = 900, 260, 34, 22
_STYLE = """
:root{--ink:#1f2328;--soft:#5c6470;--line:#d9dee4;--bar:#2f6f8f;--mark:#fff1b8;--paper:#fff}
@media (prefers-color-scheme:dark){
:root{--ink:#e6e8eb;--soft:#9aa3ad;--line:#3a4149;--bar:#6fb3d2;--mark:#5a4a12;--paper:#16191d}}
body{margin:2rem auto;max-width:60rem;padding:0 1rem;color:var(--ink);background:var(--paper);
font:16px/1.7 "Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",sans-serif}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem;border-bottom:1px solid var(--line)}
svg{max-width:100%;height:auto}rect{fill:var(--bar)}text{fill:var(--soft);font-size:12px}
table{border-collapse:collapse;width:100%}td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}time{color:var(--soft);margin-right:.6rem}mark{background:var(--mark);color:inherit}
ol{padding-left:0;list-style:none}li{margin:.8rem 0}li p{margin:.1rem 0}.soft{color:var(--soft)}
"""


def render_trace(found: "Trace") -> str:
    """The whole page, UTF-8; documents in time order, undated last."""
    phrase = escape(found.phrase)
    lead = f"{found.count:,} 处，{len(found.uses):,} 篇"
    for name, use in (("首见", found.first), ("最近", found.last)):
        if use is not None:
            lead += f"；{name} {escape(use.date)}《{escape(use.document.title)}》"
    warning = "" if found.complete else "<p><strong>用字太常见，没有读完全部段落，以下次数只是下限。</strong></p>"
    dated = [year for year in filled_years(found.years) if year.name]
    undated = sum(year.places for year in found.years if not year.name)
    parts = [
        f"<h1>“{phrase}”的演变</h1><p>{lead}。</p>{warning}",
        f"<h2>逐年</h2>{year_bars(dated)}" if dated else "",
        f'<p class="soft">另有 {undated:,} 处所在文件没有写明日期。</p>' if undated else "",
        f"<h2>发文机关</h2>{_table(found.issuers)}" if found.issuers else "",
        f"<h2>相近的说法</h2>{_variants(found.variants)}" if found.variants else "",
        f"<h2>文件（由早到晚）</h2><ol>{''.join(_use(use) for use in found.uses)}</ol>" if found.uses else "",
    ]
    return (
        f'<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>“{phrase}”的演变</title>'
        f"<style>{_STYLE}</style></head>\n<body>{''.join(parts)}</body></html>\n"
    )


def year_bars(years: "Sequence[Count]") -> str:
    """An SVG with a bar for each year, as tall as its places; years are labelled as far as there is room."""
    most = max(year.places for year in years)
    step = min(_WIDTH / len(years), 90)
    every = -(-len(years) * 40 // _WIDTH)
    width = round(step * len(years))
    drawn = []
    for number, year in enumerate(years):
        height = (_HEIGHT - _BOTTOM - _TOP) * year.places / most
        left, top = number * step, _HEIGHT - _BOTTOM - height
        middle = left + step / 2
        note = escape(f"{year.name} 年 {year.places:,} 处，{year.documents:,} 篇")
        drawn.append(
            f'<g><title>{note}</title><rect x="{left + step * 0.15:.1f}" y="{top:.1f}" width="{step * 0.7:.1f}" '
            f'height="{height:.1f}"/>'
        )
        if year.places and (step >= 28 or year.places == most):
            drawn.append(f'<text x="{middle:.1f}" y="{top - 5:.1f}" text-anchor="middle">{year.places:,}</text>')
        if number % every == 0:
            below = _HEIGHT - _BOTTOM + 18
            drawn.append(f'<text x="{middle:.1f}" y="{below}" text-anchor="middle">{escape(year.name)}</text>')
        drawn.append("</g>")
    size = f'viewBox="0 0 {width} {_HEIGHT}" width="{width}" height="{_HEIGHT}"'
    return f'<svg {size} role="img" aria-label="逐年次数">{"".join(drawn)}</svg>'


def _table(counts: "Sequence[Count]") -> str:
    rows = "".join(
        f'<tr><td>{escape(count.name or UNKNOWN_ISSUER)}</td><td class="n">{count.places:,}</td>'
        f'<td class="n">{count.documents:,}</td></tr>'
        for count in counts
    )
    return f'<table><tr><th>机关</th><th class="n">处</th><th class="n">篇</th></tr>{rows}</table>'


def _variants(variants: "Sequence[Variant]") -> str:
    rows = []
    for variant in variants:
        dates = [use.date for use in variant.uses if use.date]
        rows.append(
            f'<tr><td>{escape(variant.text)}</td><td class="n">{variant.count:,}</td>'
            f'<td class="n">{len(variant.uses):,}</td><td>{escape(dates[0]) if dates else ""}</td>'
            f"<td>{escape(dates[-1]) if dates else ''}</td></tr>"
        )
    head = '<tr><th>说法</th><th class="n">处</th><th class="n">篇</th><th>首见</th><th>最近</th></tr>'
    return f"<table>{head}{''.join(rows)}</table>"


def _use(use: "Use") -> str:
    before, words, after = (escape(part) for part in around(use.places[0]))
    more = f' <span class="soft">共 {len(use.places):,} 处</span>' if len(use.places) > 1 else ""
    return (
        f"<li><p><time>{escape(use.date) or UNKNOWN_YEAR}</time><strong>{escape(use.document.title)}</strong>{more}</p>"
        f"<p>{before}<mark>{words}</mark>{after}</p></li>"
    )
