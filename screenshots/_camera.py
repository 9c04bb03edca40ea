"""Takes what an app shows, at every size and in every theme, as SVG."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any

from _stage import refuse_own_traces
from textual.pilot import Pilot

from perftui.tui.app import PerftuiApp

SIZES = ((100, 30), (80, 24))
THEMES = {"dark": "perftui-dark", "light": "perftui-light"}
PATIENCE_S = 120.0
# What a layout and a beat of the screen take.
_SETTLES_S = 0.3
_GROUND = re.compile(
    r'<rect fill="(#\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" shape-rendering="crispEdges"/>'
)
_GROUNDS = re.compile(rf"(?:{_GROUND.pattern}\s*)+")
_FONT = "'Fira Code', 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace"


class Camera:
    def __init__(self, pilot: Pilot[None], folder: Path) -> None:
        assert isinstance(pilot.app, PerftuiApp)
        self._pilot = pilot
        self._app = pilot.app
        self._folder = folder
        self.taken: list[str] = []

    @property
    def text(self) -> str:
        strips = self._app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)
        await self._pilot.pause(0.05)

    async def until(self, condition: Callable[[], object], what: str, within_s: float = PATIENCE_S) -> None:
        """Raises TimeoutError where `condition` does not come true in time."""
        try:
            async with asyncio.timeout(within_s):
                while not condition():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise TimeoutError(f"waited {within_s:g} s for {what}; the screen is:\n{self.text}") from None

    async def see(self, text: str, without: str = "\0") -> None:
        """Wait until `text` stands on the screen, and `without` does not."""
        await self.until(lambda: text in self.text and without not in self.text, f"'{text}'", 30)

    async def press_until(self, key: str, text: str) -> None:
        for _ in range(10):
            if text in self.text:
                return
            await self.press(key)
            await self._pilot.pause(_SETTLES_S)
        raise TimeoutError(f"{key} never led to '{text}'; the screen is:\n{self.text}")

    async def take(self, name: str, arrange: Callable[[], Awaitable[Any]] | None = None) -> None:
        """`arrange` is what has to be done for each picture anew."""
        for columns, rows in SIZES:
            await self._pilot.resize_terminal(columns, rows)
            for short, theme in THEMES.items():
                await self._wear(theme)
                if arrange is not None:
                    await arrange()
                    await self._pilot.pause(_SETTLES_S)
                self._save(self._app.export_screenshot(title="perftui"), f"{name}-{columns}x{rows}-{short}.svg")
        # What is done next is done where there is room.
        await self._pilot.resize_terminal(*SIZES[0])
        await self._wear(THEMES["dark"])

    async def _wear(self, theme: str) -> None:
        self._app.theme = theme
        await self._pilot.pause(_SETTLES_S)

    def _save(self, svg: str, name: str) -> None:
        text = slim(svg)
        refuse_own_traces(text, name)
        (self._folder / name).write_text(text, encoding="utf-8")
        self.taken.append(name)


def remove_others(folder: Path, taken: Collection[str]) -> None:
    """Pictures of a former time."""
    for path in folder.glob("*.svg"):
        if path.name not in taken:
            path.unlink()


def slim(svg: str) -> str:
    """The same picture in a third of the bytes, with no font that a reader's machine would have to fetch."""
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)
    # Each line of text has a clip of its own, which nothing reaches beyond.
    svg = re.sub(r'<clipPath id="[\w-]+-line-\d+">.*?</clipPath>', "", svg, flags=re.DOTALL)
    svg = re.sub(r' clip-path="url\(#[\w-]+-line-\d+\)"', "", svg)
    svg = re.sub(r"\b(?:perftui|terminal)-\d+-", "t-", svg)
    svg = svg.replace("font-family: Fira Code, monospace;", f"font-family: {_FONT};")
    # A little larger than Rich's: frames of most fonts then have no gaps between the lines.
    svg = svg.replace("font-size: 20px;", "font-size: 21px;").replace("&#160;", "\N{NO-BREAK SPACE}")
    svg = _GROUNDS.sub(lambda found: _joined(found[0]), svg, count=1)
    svg = re.sub(r'="(\d+\.\d)\d+"', r'="\1"', svg)
    return re.sub(r"\s*\n\s*", "\n", svg)


def _joined(rects: str) -> str:
    """The ground of every piece of text as few rectangles: one for most of it, one for each run of another colour."""
    runs: list[tuple[str, float, float, float, float]] = []
    area: Counter[str] = Counter()
    for fill, *numbers in _GROUND.findall(rects):
        x, y, width, height = map(float, numbers)
        area[fill] += round(width)
        last = runs[-1] if runs else None
        if last is not None and (last[0], last[2]) == (fill, y) and abs(last[1] + last[3] - x) < 0.1:
            runs[-1] = (fill, last[1], y, last[3] + width, height)
        else:
            runs.append((fill, x, y, width, height))
    most = area.most_common(1)[0][0]
    right, bottom = max(x + width for _, x, _, width, _ in runs), max(y + height for _, _, y, _, height in runs)
    kept = [(most, 0.0, 0.0, right, bottom), *(run for run in runs if run[0] != most and run[3])]
    return "".join(
        f'<rect fill="{fill}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        'shape-rendering="crispEdges"/>'
        for fill, x, y, width, height in kept
    )
