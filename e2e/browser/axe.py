"""axe-core on the target's widget: what keeps people from using it, as far as a machine can tell.

The package axe-playwright-python carries it, so that a run needs no npm.
"""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT

from e2e.browser.widget import STEP_S, Widget

GRAVE = ("serious", "critical")
SHOWN = 20  # findings; of more nobody reads
# Colours on their way to others are judged by nobody: what runs and ends is waited for, a while at most.
RUN = """async (root) => {
  const MOST_MS = 3000;
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const ends = (one) =>
    one.playState === "running" && Number.isFinite(one.effect?.getComputedTiming().endTime);
  await frame();
  await frame();
  const ended = Promise.allSettled(document.getAnimations().filter(ends).map((one) => one.finished));
  await Promise.race([ended, new Promise((done) => setTimeout(done, MOST_MS))]);
  return axe.run(root, { resultTypes: ["violations"] });
}"""


async def grave_findings(widget: Widget) -> list[str]:
    """What is serious or critical in the widget as it stands: the rule and the element. Raises PageError."""
    await widget.do("axe-core loads", widget.page.evaluate(AXE_SCRIPT), STEP_S)
    root = widget.find("widget").first
    found = await widget.do("axe-core looks at the widget", root.evaluate(RUN), 2 * STEP_S)
    return [
        f"{rule['id']}: {str(node['target'][-1])[:100]}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ][:SHOWN]
