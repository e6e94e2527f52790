"""Mails in the languages that the company's people and partners speak, and emoji."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.data import hands
from mcp_local_graph.sandbox.data.letterbox.projects import for_ines
from mcp_local_graph.sandbox.data.posts import in_plain_text, reply, write

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.data.days import Days
    from mcp_local_graph.sandbox.data.mail import Mail


def mails(days: Days) -> list[Mail]:
    """Portuguese, German, Persian, Japanese, Hebrew, and a thread of people who like emoji."""
    return [*_portuguese(days), *_german(days), *_persian(days), *_japanese(days), *_hebrew(days), *_emoji(days)]


def _portuguese(days: Days) -> list[Mail]:
    first = write(
        "porto-1", hands.GABRIELA, days.at(-6, "10:11"), (hands.INES.who,), "Proposta para o Porto de Leixões",
        """Olá Inês,

O Porto de Leixões pediu uma proposta para o levantamento da bacia norte: 12 dias, em abril. Achas que a tua equipa
consegue?

O concurso fecha no dia 15. Se for possível, preciso de um preço por dia até sexta-feira.

Beijinhos
Gabriela""",
    )  # fmt: skip
    second = reply(
        first,
        "porto-2",
        hands.INES,
        days.at(-6, "12:00"),
        """Olá Gabriela,

Conseguimos, se não for nas duas primeiras semanas. Conta com 1.850 € por dia, com dois hidrógrafos. A água está fria
em abril, por isso o sensor não é problema. 😉

Beijinhos
Inês""",
    )
    third = reply(
        second,
        "porto-3",
        hands.GABRIELA,
        days.at(-1, "09:26"),
        """Ótimo! Já enviei. A decisão deles vem em janeiro; até lá, não marques férias em abril.""",
        elsewhere=for_ines(read=False),
    )
    return [first, second, third]


def _german(days: Days) -> list[Mail]:
    first = write(
        "hamburg-1", hands.KONRAD, days.at(-15, "08:02"), (hands.INES.who, hands.TOMAS.who),
        "Besprechung Ersatzteillager Hamburg",
        """Moin zusammen,

für das Lager in Hamburg fehlen uns:

1. O-Ringe, 40 Stück
2. Stecker für den BW-300, zwei

Können wir das nächste Woche kurz besprechen? Größere Mengen müsste ich über die Zentrale bestellen.

Schöne Grüße
Konrad""",
        elsewhere=for_ines(folder="inbox/Besprechungen"),
    )  # fmt: skip
    second = reply(
        first,
        "hamburg-2",
        hands.TOMAS,
        days.at(-15, "09:30"),
        """Konrad, the O-rings go out today. The connectors are on back order, six weeks.

Tomas""",
        elsewhere=for_ines(folder="inbox/Besprechungen"),
    )
    third = reply(
        second,
        "hamburg-3",
        hands.KONRAD,
        days.at(-14, "07:45"),
        """Danke, Tomas! Sechs Wochen passen gerade noch. Ines, damit ist die Besprechung hinfällig.""",
        elsewhere=for_ines(folder="inbox/Besprechungen"),
    )
    return [first, second, third]


def _persian(days: Days) -> list[Mail]:
    first = write(
        "nasrin-1", hands.NASRIN, days.at(-5, "11:20"), (hands.INES.who,), "گزارش داده‌های کسترل ساوند",
        """سلام اینس جان،

داده‌های جزر و مد هفتهٔ پیش را بررسی کردم. دو روز از داده‌ها ناقص است و باید دوباره اندازه‌گیری شود. بقیه خوب است و
می‌خواهم فردا پردازش را شروع کنم.

آیا موافق هستی؟

با احترام
نسرین""",
    )  # fmt: skip
    second = reply(first, "nasrin-2", hands.INES, days.at(-5, "11:48"), """مرسی نسرین جان! Yes, please go ahead. 🌊""")
    return [first, second]


def _japanese(days: Days) -> list[Mail]:
    first = write(
        "haruka-1", hands.HARUKA, days.at(-3, "07:58"), (hands.INES.who,), "横浜オフィスの契約について",
        """イネスさん

お疲れさまです。横浜オフィスの賃貸契約が来年1月末で切れます。更新する場合は、12月15日までに返事が必要です。

更新してもよろしいでしょうか。ご確認をお願いいたします。

水瀬 遥""",
        elsewhere=for_ines(read=False),
    )  # fmt: skip
    second = write(
        "haruka-2", hands.HARUKA, days.at(-22, "08:10"), (hands.INES.who, hands.MARIT.who), "海洋展の御礼（写真3枚）",
        """皆さま

先週の海洋展では大変お世話になりました。来場者は1,240名で、BW-300の問い合わせが18件ありました。🎌

水瀬""",
        elsewhere=for_ines(folder="archive"),
    )  # fmt: skip
    return [first, second]


def _hebrew(days: Days) -> list[Mail]:
    first = write(
        "yael-1", hands.YAEL, days.at(-13, "09:03"), (hands.INES.who,), "עדשות לחיישן BW-300: הצעת מחיר",
        """שלום אינס,

מצורפת הצעת המחיר לעדשות: 25 יחידות, 84 אירו ליחידה, אספקה תוך 6 שבועות. המחיר תקף עד סוף החודש.

אשמח לתשובה,
יעל""",
    )  # fmt: skip
    second = reply(
        first, "yael-2", hands.INES, days.at(-12, "17:30"),
        """Dear Yael,

Thank you. 25 pieces at EUR 84 is fine. Ines Ocampo from our procurement sends you the order.

Best wishes
Ines Okafor""",
        cc=(hands.INES_OCAMPO.who,),
    )  # fmt: skip
    third = reply(
        second, "yael-3", hands.YAEL, days.at(-1, "16:44"), """תודה רבה! ההזמנה התקבלה. נתראה בתערוכה 🙂""",
        elsewhere=for_ines(read=False),
    )  # fmt: skip
    return [first, second, third]


def _emoji(days: Days) -> list[Mail]:
    first = write(
        "party-1", hands.BEA, days.at(-8, "13:00"),
        (hands.INES.who, hands.JOON.who, hands.PRIYA.who, hands.TOMASZ.who, hands.ZOE.who),
        "🎄 Team dinner 🎄",
        f"""Hello everybody! 👋

The team dinner is on {days.said(days.weekday(3, 4))} at 19:00, Café Løkke 🍽️. Please tell me what you eat:

- 🥩 meat
- 🐟 fish
- 🥦 neither 👩🏽‍🍳

Families are welcome 👨‍👩‍👧‍👦. There will be a quiz about fish, so read up 🐠❤️‍🔥""",
    )  # fmt: skip
    second = reply(first, "party-2", hands.PRIYA, days.at(-8, "13:04"), """🥦🥦🥦""")
    third = reply(first, "party-3", hands.JOON, days.at(-8, "14:20"), """Fish, please. 백준호 드림 🐟""")
    fourth = reply(
        first, "party-4", hands.INES, days.at(-7, "09:00"), """Fish 🐟, and I bring my sister. Is that all right?"""
    )
    fifth = in_plain_text(
        "party-5", hands.BEA, days.at(-1, "12:15"), (hands.INES.who,), "RE: 🎄 Team dinner 🎄",
        "Of course! So we are nine. Only Zoë has not answered yet…",
        thread="party-1", answers="party-4", elsewhere=for_ines(read=False),
    )  # fmt: skip
    return [first, second, third, fourth, fifth]
