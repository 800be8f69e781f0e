"""Comparing keys and the log face to face: the same pictures on both screens, or somebody is in between.

The keys over both people's device certificates, typed and length-prefixed (attack 3 of 2022: ids and keys that can be taken for one
another); eight pictures of sixty-four are 48 bits. The pictures are those of the Matrix specification's short authentication
string, whose names are easy to say.
"""

from __future__ import annotations

import hashlib
from typing import Final

from protocol.crypto import cbor
from protocol.directory.state import DirectoryState

_PICTURES: Final = (
    "🐶 狗,🐱 猫,🦁 狮子,🐎 马,🦄 独角兽,🐷 猪,🐘 大象,🐰 兔子,🐼 熊猫,🐓 公鸡,🐧 企鹅,🐢 乌龟,🐟 鱼,🐙 章鱼,🦋 蝴蝶,🌷 花,"
    "🌳 树,🌵 仙人掌,🍄 蘑菇,🌏 地球,🌙 月亮,☁️ 云,🔥 火,🍌 香蕉,🍎 苹果,🍓 草莓,🌽 玉米,🍕 披萨,🎂 蛋糕,❤️ 心,😀 笑脸,🤖 机器人,"
    "🎩 帽子,👓 眼镜,🔧 扳手,🎅 圣诞老人,👍 赞,☂️ 雨伞,⌛ 沙漏,⏰ 时钟,🎁 礼物,💡 灯泡,📕 书,✏️ 铅笔,📎 回形针,✂️ 剪刀,🔒 锁,🔑 钥匙,"
    "🔨 锤子,☎️ 电话,🏁 旗,🚂 火车,🚲 自行车,✈️ 飞机,🚀 火箭,🏆 奖杯,⚽ 球,🎸 吉他,🎺 喇叭,🔔 铃,⚓ 锚,🎧 耳机,📁 文件夹,📌 图钉"
)
PICTURES: Final = tuple(tuple(pair.split(" ")) for pair in _PICTURES.split(","))
_SHOWN: Final = 8


def fingerprint(state: DirectoryState, first: str, second: str) -> bytes:
    """What two people compare: everybody's active devices with their certificates and keys, in one order."""
    people = [
        {
            "person": person,
            "devices": [
                {"id": d.id, "certificate": d.cert_hash, "xwing": d.xwing, "olm": d.curve25519}
                for d in sorted(state.active_devices(person), key=lambda device: device.id)
            ],
        }
        for person in sorted((first, second))
    ]
    return hashlib.sha256(b"jinshu/compare/v1" + cbor.encode({"people": people})).digest()


def log_fingerprint(origin: str, size: int, root: bytes) -> bytes:
    """What two people compare of the directory log: its root just after the CA's newest statement, which changes some times a month
    and not with every leaf, so that both see the same one unless the server shows one of them another log, or an old one (C45)."""
    return hashlib.sha256(
        b"jinshu/compare-log/v1" + cbor.encode({"origin": origin, "size": size, "root": root})
    ).digest()


def pictures(value: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Eight pictures and their names for a fingerprint."""
    number = int.from_bytes(value[:6], "big")
    chosen = [PICTURES[(number >> (6 * place)) & 63] for place in reversed(range(_SHOWN))]
    return tuple(symbol for symbol, _ in chosen), tuple(word for _, word in chosen)
