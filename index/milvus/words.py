"""Words in Milvus: sparse vectors of our own terms, scored as the local library scores them.

A passage's vector holds 1 for each of its terms, so a product with rarities is the rarity that it shares with the
query, and a product with ones counts shared terms exactly. BM25 is worked out here, over the candidates' own texts:
Milvus' BM25 function counts frequencies segment by segment in Lite, and tells nobody how rare a term is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from math import log
from zlib import crc32

from index.fold import fold, tokens

K1, B = 1.2, 0.75  # as in index.lexical

Sparse = dict[int, float]

_LATIN = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*")
_LAST = 0xFFFF_FFFE  # Milvus' highest dimension


def dimension(term: str) -> int:
    """The dimension that stands for a term. Of millions of terms some hundred pairs share one."""
    return 1 + crc32(term.encode()) % (_LAST - 1)


def counted(text: str) -> Counter[str]:
    """How often each term stands in a text."""
    return Counter(token.term for token in tokens(text))


def held(terms: Iterable[str]) -> Sparse:
    """1 for each term; the dimension of no words for none."""
    return dict.fromkeys((dimension(term) for term in terms), 1.0) or {0: 1.0}


def weighted(counts: Mapping[str, int], mean: float) -> Sparse:
    """Each term's part in BM25 but for its rarity, in texts of `mean` tokens."""
    length = sum(counts.values())
    return {dimension(term): saturated(count, length, mean) for term, count in counts.items()} or {0: 1.0}


def asked(rarity: Mapping[str, float]) -> Sparse:
    """A query's vector: each term with its weight. Weights of nothing are left out; empty for no terms."""
    return {dimension(term): weight for term, weight in rarity.items() if weight > 0}


def saturated(count: int, length: float, mean: float) -> float:
    """What a term that stands `count` times in a text of `length` tokens adds to BM25, for a rarity of 1."""
    return count * (K1 + 1) / (count + K1 * (1 - B + B * length / max(mean, 1.0)))


def rarity(total: int, holders: int) -> float:
    """BM25's inverse document frequency, as `LexicalIndex.rarity`."""
    return log(1 + (total - min(holders, total) + 0.5) / (min(holders, total) + 0.5))


def frequencies(text: str, terms: Iterable[str]) -> dict[str, int]:
    """How often each of these terms stands in a text, those that do not left out; quicker than counting every term."""
    folded = fold(text)
    whole = Counter(_LATIN.findall(folded))
    found = {}
    for term in terms:
        count = whole[term] if term[0].isascii() else _occurrences(folded, term)
        if count:
            found[term] = count
    return found


def _occurrences(text: str, term: str) -> int:
    # str.count passes over what overlaps: 哈哈 stands twice in 哈哈哈.
    if len(term) == 2 and term[0] == term[1]:
        return sum(text.startswith(term, at) for at in range(len(text) - 1))
    return text.count(term)
