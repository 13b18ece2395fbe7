"""The fault harness: a real Home Assistant is killed and starved in every way, and nothing may be lost.

`house` starts it, `visitor` makes things happen in it, `kills` kills it and `evidence` looks at what it left on disk,
`aggregates` compares what it has learned with one run over the recorder's database. `scenarios` are the other faults.
"""

import _demo  # noqa: F401 (makes the engine importable, and nothing else of the integration)
