"""Simulated homes: two generators, "residents" (people in rooms) and "processes" (random processes), mixed.

    simulate.home(index, seed, weeks)     one home; simulate.fleet(...) many, in parallel, in order
    python -m model_training.fleet        a fleet on disk, resumable (`shards.read` yields its homes)
    python -m model_training.fleet.summary --homes DIR     its figures beside those of real homes
    python -m model_training.fleet.realism --homes DIR     whether a classifier tells it from real homes

What a home hands on is `home.SimulatedHome`; how its people answer hunches is `answers.reply`. A language is held out
by `SimulatedHome.language`, groups and second entities by `groups` and `same_as`. Ranges and their sources stand in
`calibration` and `process_ranges`.
"""
