"""Night drip: malware on the owner's own phone buys gift cards while its owner sleeps, a little at a time."""

from __future__ import annotations

from console.core.instants import DAY, MINUTE
from console.sandbox.world.clock import Life, hour_of_day, midnight
from console.sandbox.world.episodes.episode import Episode, priced
from console.sandbox.world.market import FEN

WAKES, NIGHTS, A_NIGHT = 1.0, (2, 3), (3, 5)
SHARE = (0.02, 0.06)
"""Of the limit in one bite: less than what stands out."""


def night_drip(episode: Episode) -> Life:
    """Two or three nights of three to five gift cards each, on the phone and the line that are always used."""
    rng, town = episode.rng, episode.town
    victim = episode.pick(free=0.4, least_limit=4_000 * FEN, fits=lambda person: person.away is None)
    if victim is None:
        return
    means = victim.means(rng)._replace(device_id=victim.devices[0], line=victim.home_line)
    shops = [town.market.online(rng, "gift_cards", "top_up", "games") for _ in range(2)]
    for _ in range(rng.randint(*NIGHTS)):
        yield _next_night(episode)
        for _ in range(rng.randint(*A_NIGHT)):
            yield episode.soon(8, 35, MINUTE)
            shop = rng.choice(shops)
            if episode.shut_out(victim):
                return
            episode.buy(victim, shop, priced(shop, victim.limit * rng.uniform(*SHARE)), means)


def _next_night(episode: Episode) -> int:
    """One to three o'clock of the next night."""
    now = episode.town.clock.now
    day = midnight(now) + (DAY if hour_of_day(now) >= WAKES else 0)
    return day + int(episode.rng.uniform(WAKES, WAKES + 2) * 60 * MINUTE)
