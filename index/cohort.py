"""How near a library is to questions that have nothing to do with it: what nearness to it is measured against.

A cosine means nothing by itself, and where every document of a library is on one subject, the nearest passage stands
out from the others little more for a question on that subject than for any other. So the cosine of a question's nearest
window is told in standard deviations above the mean of the same over these questions (impostor cohort normalisation,
Auckenthaler, Carey and Lloyd-Thomas 2000, doi:10.1006/dspr.1999.0360): about 0 where no document speaks of it.
"""

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from index.embed import Embedder

QUESTIONS = (
    "红烧肉怎么做才不腻？",
    "世界杯历史上进球最多的球员是谁？",
    "光合作用的过程是怎样的？",
    "李白的代表作有哪些？",
    "太阳系有几颗行星？",
    "这部电影的导演是谁？",
    "小说的主人公最后结局如何？",
    "古罗马帝国是什么时候灭亡的？",
    "猫一天要睡多少个小时？",
    "怎样学好英语口语？",
    "牛顿第二定律的内容是什么？",
    "日本的首都在哪里？",
    "这首歌是谁作词作曲的？",
    "感冒发烧应该吃什么药？",
    "Python里怎样读取文件？",
    "恐龙是什么时候灭绝的？",
    "围棋的规则是什么？",
    "珠穆朗玛峰有多高？",
    "贝多芬创作了几部交响曲？",
    "手机屏幕碎了怎么修？",
    "什么牌子的相机适合初学者？",
    "第二次世界大战是哪一年结束的？",
    "他毕业于哪所大学？",
    "这种植物原产于哪里？",
    "怎样给婴儿换尿布？",
    "蓝鲸的体重有多少吨？",
    "水的沸点是多少度？",
    "游戏第三关怎么通过？",
    "梅西效力过哪些球队？",
    "怎样煮咖啡更香？",
    "明天的天气怎么样？",
    "吉他的和弦怎么按？",
    "这座教堂是什么建筑风格？",
    "该乐队的首张专辑叫什么？",
    "血型是由什么决定的？",
    "如何减肥最有效？",
    "法国大革命的导火索是什么？",
    "推荐几本好看的推理小说",
    "去云南旅游几月份最合适？",
    "蜜蜂怎样酿蜜？",
)

Vector = NDArray[np.float32]


def spread(embedder: Embedder, nearest: Callable[[Vector], float]) -> tuple[float, float]:
    """Mean and standard deviation, at least 1e-6, of `nearest` over the questions: a unit vector → the cosine of the
    window nearest to it."""
    cosines = np.array([nearest(vector) for vector in _vectors(cast(Hashable, embedder))])
    return float(cosines.mean()), max(float(cosines.std()), 1e-6)


@lru_cache(maxsize=2)
def _vectors(embedder: Any) -> tuple[Vector, ...]:
    return tuple(embedder.query(question) for question in QUESTIONS)
