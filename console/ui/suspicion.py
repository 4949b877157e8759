"""Two lines on one account: who it is and why it is suspect, and what is normal for it beside that."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

from console.language import tr
from console.risk.hits import Hit
from console.ui import formats
from console.ui.evidence import hits
from console.ui.normal import NEW_AT_KM
from console.ui.reasons import sentence
from console.ui.text import clean
from console.ui.themes import Palette
from store.reader import AccountRow


def suspicion(row: AccountRow, evidence: str | None, exponents: Mapping[str, int], colours: Palette) -> list[Text]:
    """The two lines; `evidence` is the open alert's, None without one."""
    why = sentence(row.rule_ids) if row.alert_state == "open" else ""
    line = Text(clean(row.account_id, 72), colours.strong)
    line.append(f"  {clean(row.customer_name, 40)}")
    line.append(f"  {why or tr('ui.watch.no_alert')}", colours.plain if why else colours.faint)
    told = hits(evidence)
    beside = Text(tr("ui.suspicion.normal"), colours.heading) if told else Text()
    if told:
        beside.append(f" {normal_of(told[-1], row.currency, exponents)}", colours.plain)
    return [line, beside]


def normal_of(hit: Hit, currency: str | None, exponents: Mapping[str, int]) -> str:
    """What was normal for the account before an event, and how the event compares with that, in words."""

    def known(name: str) -> float | None:
        value = hit.normal.get(name)
        return float(value) if isinstance(value, int | float) else None

    words = []
    count, spent = known("spend_count_30d"), known("spend_sum_30d")
    if count and spent is not None:
        each = formats.money(round(spent / count), currency, exponents)
        words.append(tr("ui.suspicion.spends", count=f"{count:.0f}", each=each))
    elif count is not None:
        words.append(tr("ui.suspicion.no_spends"))
    times, today = known("amount_to_mean_30d"), known("spend_count_24h")
    if times is not None:
        words.append(tr("ui.suspicion.times", times=f"{times:.1f}"))
    if today:
        sum_today = formats.money(round(known("spend_sum_24h") or 0), currency, exponents)
        words.append(tr("ui.suspicion.today", count=f"{today:.0f}", amount=sum_today))
    last = known("since_last_spend")
    if last is not None:
        words.append(tr("ui.suspicion.last", gap=formats.age(int(last * 1e6))))
    for name, word in (("is_new_merchant", "ui.normal.new_merchant"), ("is_new_device", "ui.normal.new_device")):
        words += [tr(word)] if known(name) else []
    away = known("distance_home_km")
    if away is not None and away >= NEW_AT_KM:
        words.append(tr("ui.suspicion.far", km=f"{away:,.0f}"))
    used = known("utilisation_now")
    if used is not None:
        words.append(tr("ui.suspicion.used", share=f"{used * 100:.0f}"))
    return " · ".join(words) or tr("ui.normal.unknown")
