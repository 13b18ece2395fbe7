"""What the integration costs: a table of figures, each beside a rival that was measured in the same run.

`home` makes homes that look lived in and `database` writes them as the recorder would; `mind` measures the engine
alone, `inside` a running Home Assistant, and `table` shows what was found.
"""

import _demo  # noqa: F401 (makes the engine importable, and nothing else of the integration)
