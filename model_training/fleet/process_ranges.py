"""Every number of the random-process homes in one place, each with its reason (`calibration` has the other homes').

A pair is a range, drawn log-uniformly where it spans more than a factor of ten and is never zero, else uniformly
(`process_draw.spread`). Ranges are wider than what real homes show: a model that has seen all of
this has seen devices like those of a home that nobody simulated.
"""

from __future__ import annotations

from typing import Final

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86400.0

# --- the recording -----------------------------------------------------------------------------------------------
DAYS_SHORT: Final = (8.0, 110.0)  # what public recordings and a recorder with a raised `purge_keep_days` hold
DAYS_LONG: Final = (110.0, 460.0)  # a few homes were recorded for more than a year
LONG_SHARE: Final = 0.08  # rare, since they cost most and add few new kinds of device
YEARS: Final = (2011, 2026)  # start of recording: any season, any daylight-saving rule of these years
GRIDS: Final = ((0.0, 0.50), (60.0, 0.22), (300.0, 0.06), (600.0, 0.13), (900.0, 0.09))  # seconds, share of homes
GRID_KEEPS_SHORT: Final = 0.5  # half of gridded recorders note any use within the cell, half the state at its edge
OUTAGES: Final = 0.5  # mean number of times a whole home is not recorded
OUTAGE_SECONDS: Final = (5 * MINUTE, 20 * DAY)  # from a restart to a broken hub
OUTAGE_LARGEST: Final = 0.6  # of the recording: one public home has no data for three quarters of its span
OUTAGE_SILENT: Final = 0.3  # the recorder is down and the last state just stays, rather than `unavailable`
DEVICE_GAPS: Final = 0.12  # share of devices with gaps of their own (a radio at the edge of its range)
DEVICE_GAPS_A_DAY: Final = (0.02, 2.0)
DEVICE_GAP_SECONDS: Final = (30.0, 12 * HOUR)
NIGHT_ONLY: Final = 0.08  # share of homes whose devices are only seen while the sun is down (seen by brightness)
LATE: Final = 0.12  # share of devices that were added later
CAUSES: Final = 0.3  # share of homes whose recorder knows who changed what

# --- the home ----------------------------------------------------------------------------------------------------
HOME_KINDS: Final = (("single", 0.10), ("bulbs", 0.18), ("plugs", 0.22), ("one kind", 0.10), ("mixed", 0.40))
DEVICES: Final = {"single": (1, 1), "bulbs": (3, 20), "plugs": (2, 6), "one kind": (2, 8), "mixed": (3, 16)}
DOMAINS: Final = (
    ("light", 0.34),
    ("switch", 0.30),
    ("media_player", 0.08),
    ("cover", 0.06),
    ("fan", 0.05),
    ("lock", 0.05),
    ("climate", 0.05),
    ("input_boolean", 0.03),
    ("humidifier", 0.02),
    ("valve", 0.02),
)  # what people own; every domain has to occur
CHANGES_BUDGET: Final = 15_000  # changes a device over the recording: bounds time and memory, reached by few
ALIKE: Final = 0.35  # homes of one kind whose devices all follow one family, as 15 bulbs of one system do
AREAS: Final = 0.25  # homes with areas; the rest have none, as a model must not lean on them here
GROUPS: Final = 0.35  # homes with devices that are switched together
UNNAMED: Final = 0.15  # devices without even a useless name
EVIDENCE: Final = 0.15  # homes with motion, door and bed sensors
EVIDENCE_DAYS: Final = 70.0  # longer ones get none: motion alone would outweigh everything else

# --- the days ----------------------------------------------------------------------------------------------------
WAKE_HOUR: Final = (5.0, 9.5)
BED_HOUR: Final = (20.5, 26.0)
HOUR_JITTER: Final = (0.15, 1.3)  # standard deviation of waking and going to bed from day to day
WEEKEND_LATER: Final = (0.0, 2.5)
SHIFTED: Final = 0.06  # households that live at other hours (shift work)
WORK_DAY: Final = (0.0, 1.0)  # chance of leaving on a weekday
LEAVE_HOUR: Final = (6.5, 11.0)
AWAY_HOURS: Final = (2.0, 11.0)
ERRANDS: Final = (0.1, 1.5)  # a day
ERRAND_SECONDS: Final = (20 * MINUTE, 5 * HOUR)
TRIPS: Final = (0.0, 1.2)  # a month, each for days
TRIP_DAYS: Final = (0.7, 16.0)
BUSY_SPREAD: Final = (0.05, 0.8)  # standard deviation of the log of how busy a day is, shared by the devices
BUSY_MEMORY: Final = (0.0, 0.85)  # correlation with the day before

# --- uses --------------------------------------------------------------------------------------------------------
FAMILIES: Final = {
    "poisson": 0.25,  # the plain case: people use it, more at some hours
    "rare": 0.14,  # twice a week to twice a month: near the entropy of its rate, so calibration decides
    "routine": 0.18,  # the same few times every day or on certain weekdays
    "timer": 0.05,  # schedules, to the minute
    "until": 0.06,  # off at about one hour whatever the start
    "sun": 0.05,
    "presence": 0.06,  # on while people are up and at home
    "renewal": 0.06,  # heavy-tailed alternation without a clock
    "markov": 0.05,  # memoryless alternation with hourly rates: what a coarse grid makes of a lamp
    "left": 0.05,  # opened and shut, and left either way
    "cycler": 0.02,  # compressors and thermostats
    "weeks": 0.04,  # on or off for days to weeks
    "always_on": 0.04,  # with rare offs
}
RATE: Final = (0.3, 50.0)  # uses a day
RATE_RARE: Final = (0.05, 0.4)
DISPERSION: Final = (0.7, 30.0)  # shape of the gamma noise on a day's mean: from idle and frantic days to Poisson
REGULAR: Final = 0.3  # devices whose number of uses hardly varies
BURSTS: Final = 0.25  # devices whose uses come in bursts
BURST_REPEATS: Final = (0.2, 4.0)  # further uses after a use
BURST_GAP: Final = (20.0, 40 * MINUTE)  # median gap within a burst
LEFT_TOUCHES: Final = (0.15, 30.0)  # a day
LEFT_SECONDS: Final = (3.0, 10 * MINUTE)  # median of a touch
LEFT_ODDS_HOLD: Final = (2 * DAY, 90 * DAY)  # mean time before it is left otherwise than it used to be
LEFT_ODDS: Final = (0.35, 0.35)  # a beta distribution: mostly shut or mostly open, seldom either
USE_SECONDS: Final = (7.0, 10 * DAY)  # a cupboard door to a bulb left on
USE_MEDIAN: Final = (7.0, 12 * HOUR)  # of one component of the mixture of durations
USE_OF_CYCLE: Final = 0.5  # longest median as a share of the mean time between uses
SPREAD: Final = (0.03, 1.5)  # one number for the spread of a duration, from a programme's to heavy tails
MIXTURE: Final = (0.5, 0.35, 0.15)  # one, two or three components
BUMPS: Final = (0.3, 0.35, 0.2, 0.15)  # one to four bumps of the profile over hours
CONCENTRATION: Final = (0.6, 60.0)  # von Mises: from half a day wide to half an hour
FLAT_SHARE: Final = (0.0, 0.3)  # uses at any hour
WEEKEND_DIFFERS: Final = 0.4
COUPLED: Final = 0.7  # devices that need somebody at home
LEAK: Final = (0.002, 0.6)  # chance that a coupled use happens all the same while away or asleep
DARK: Final = 0.15  # devices used by hand mostly in the dark
BED_CUT: Final = 0.12  # devices switched off when people leave or go to bed
CHANGED: Final = 0.18  # habits that change abruptly, once
DRIFTED: Final = 0.15  # habits whose hours drift
DRIFT_HOURS: Final = (-2.5, 2.5)  # over the recording
EPISODES: Final = 0.10  # devices used in some weeks and not in others (a heater, a fan)
EPISODE_DAYS: Final = (1.5, 40.0)  # mean length of either

STUCK: Final = 0.06  # devices that stay in one state for long, now and then: jammed, unplugged, out of battery
STUCK_TIMES: Final = (1, 4)
STUCK_SECONDS: Final = (0.3 * DAY, 20 * DAY)
STUCK_FOR_GOOD: Final = 0.25  # of these stretches, that do not end within the recording

# --- forgetting --------------------------------------------------------------------------------------------------
FORGETFUL: Final = 0.32  # devices that are ever left on
FORGET: Final = (0.003, 0.15)  # chance a use
FORGET_SECONDS: Final = (40 * MINUTE, 3 * DAY)  # median of how long it then stays
FORGOTTEN_LEAST: Final = 15 * MINUTE  # shorter overruns are not worth a label
FORGOTTEN_TIMES: Final = 1.0  # ... nor are those shorter than this many intended durations

# --- evidence ----------------------------------------------------------------------------------------------------
MOTION_SENSORS: Final = (1, 5)
MOTION_AWAKE: Final = (1.5, 25.0)  # an hour and sensor
MOTION_ASLEEP: Final = (0.005, 0.6)
MOTION_AWAY: Final = (0.0005, 0.05)  # pets and sunlight
MOTION_SECONDS: Final = (5.0, 4 * MINUTE)
DOOR_SECONDS: Final = (3.0, 40.0)
DOOR_MISSED: Final = (0.0, 0.3)
DOOR_OTHER: Final = (0.1, 4.0)  # openings a day with nobody leaving for good
BED_DELAY: Final = (1 * MINUTE, 25 * MINUTE)
