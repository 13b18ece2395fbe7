"""The mind of Hunches: pure functions over numpy arrays, without Home Assistant.

Training, replay and the integration import this one package, so that no feature is computed in two ways.
"""
