"""Every range of the generator "residents" with its source, and how the fleet was calibrated.

Sources, by their short names:

- CREST: Richardson, Thomson, Infield, Delahunty, "Domestic lighting: a high-resolution energy demand model",
  Energy and Buildings 41 (2009).
- ATUS: the American Time Use Survey tables carried by the package `obgeneration` (read by `tables`).
- Homes: summaries of four Creative Commons homes: REFIT 20, UK-DALE 2, IDEAL 65, Open Smart Home Data Set.
- Model notes: durations from seconds to days, recorders on 1-, 10- and 15-minute grids, 8-110 days.
- Chosen: no figure was found; a wide range stands in, since the diversity of homes counts more than their number.
  So are all numbers without a source, here and where a habit draws among its ways (`habits_*`).

How: `python -m model_training.fleet.summary --homes DIR` prints, beside those of the fleet, the quantiles of the four
homes' changes a day, on-time, durations, entropy over the hours and likeness of neighbouring days. Where one of theirs
fell outside the fleet's 10th to 90th percentile, or `python -m model_training.fleet.realism --homes DIR` could tell
simulated from real by it, a mechanism was added or a range widened until it lay within: daily rituals, meals, lights
that burn all evening, programmes that pause, machines at a home's own hours. No range was narrowed to a home's figure.

The hours, uses and durations of each role stand in `roles`. The generator "processes" is on purpose fitted to nothing:
its ranges, each with its reason, are `process_ranges`.

A pair is a range to draw from, uniformly unless the comment says otherwise.
"""

from __future__ import annotations

from typing import Final

Pair = tuple[float, float]

# ---- recording -----------------------------------------------------------------------------------------------
HISTORY_DAYS: Final = (8.0, 110.0)  # Model notes
HISTORY_MEAN_DAYS: Final = 52.0  # about seven weeks; a truncated gamma of shape 2
HISTORY_SHORT: Final = 0.10  # share of homes that keep little more than the recorder's own ten days, and how many
HISTORY_SHORT_DAYS: Final = (7.5, 12.0)
HISTORY_LONG: Final = 0.06  # share recorded for the better part of a year; Homes: 88 to 460 days
HISTORY_LONG_DAYS: Final = (110.0, 320.0)
START_YEARS: Final = (2007, 2027)
LATITUDES: Final = (-35.0, 65.0)
GRID_SECONDS: Final = ((0.0, 0.72), (60.0, 0.14), (600.0, 0.07), (900.0, 0.07))  # (grid, share of homes); Model notes
GRID_KEEPS_SHORT: Final = 0.5  # share of gridded recorders in which any use within a cell marks the cell; chosen
OUTAGES_A_MONTH: Final = (0.0, 2.0)  # of a whole home; chosen
OUTAGE_MINUTES: Final = (15.0, 1.6)  # median, sigma of a lognormal; chosen
FLAKY_DEVICES: Final = 0.10  # share of devices with `unavailable` gaps of their own; chosen
FLAKY_GAPS_A_DAY: Final = (0.05, 2.0)
LATE_DEVICES: Final = 0.12  # share of devices that appear during the history; chosen
STUCK_DEVICES: Final = (
    0.07  # share held in one state for days, and how often; Model notes: stuck and long-on devices matter
)
STUCK_TIMES: Final = (1, 5)
STUCK_DAYS: Final = (2.5, 1.1)  # median, sigma of a lognormal, cut at the history's end
STUCK_FOR_GOOD: Final = 0.25  # of these stretches that do not end within the history: out of battery, unplugged; chosen
DAYLIGHT_HIDES: Final = 0.015  # share of homes whose lights are seen only while the sun is down; Homes: opensmarthome
TIME_ZONES: Final[tuple[tuple[str, float, float], ...]] = (  # IANA zone, latitude, longitude of a town in it
    ("Europe/London", 51.5, -0.1), ("Europe/London", 55.9, -3.2), ("Europe/Berlin", 52.5, 13.4),
    ("Europe/Berlin", 48.1, 11.6), ("Europe/Rome", 41.9, 12.5), ("Europe/Rome", 45.5, 9.2),
    ("Europe/Paris", 48.9, 2.4), ("Europe/Paris", 43.6, 3.9), ("Europe/Madrid", 40.4, -3.7),
    ("Europe/Amsterdam", 52.4, 4.9), ("Europe/Stockholm", 59.3, 18.1), ("Europe/Stockholm", 63.8, 20.3),
    ("Europe/Warsaw", 52.2, 21.0), ("Europe/Lisbon", 38.7, -9.1), ("Europe/Prague", 50.1, 14.4),
    ("Europe/Helsinki", 60.2, 24.9), ("Europe/Helsinki", 65.0, 25.5), ("Europe/Athens", 38.0, 23.7),
    ("America/New_York", 40.7, -74.0), ("America/Chicago", 41.9, -87.6), ("America/Denver", 39.7, -105.0),
    ("America/Los_Angeles", 34.1, -118.2), ("America/Los_Angeles", 47.6, -122.3), ("America/Sao_Paulo", -23.6, -46.6),
    ("America/Halifax", 44.6, -63.6), ("America/Mexico_City", 19.4, -99.1), ("Asia/Tokyo", 35.7, 139.7),
    ("Asia/Singapore", 1.35, 103.8), ("Asia/Kolkata", 19.1, 72.9), ("Australia/Sydney", -33.9, 151.2),
    ("Australia/Brisbane", -27.5, 153.0), ("Africa/Johannesburg", -26.2, 28.0), ("Africa/Cairo", 30.0, 31.2),
)  # fmt: skip

# ---- people --------------------------------------------------------------------------------------------------
HOUSEHOLD_SIZES: Final = (0.30, 0.36, 0.16, 0.13, 0.05)  # 1-5 people; close to Eurostat's shares
AGE_GROUPS: Final = ("15-24", "25-54", "55-64", "65-74", "75+")  # rows of the ATUS cluster shares
ADULT_AGES: Final = (0.08, 0.50, 0.17, 0.15, 0.10)
CHILD_FROM: Final = 3  # a household of so many has children, but for a share of
ADULTS_ONLY: Final = 0.25
REGULARITY: Final = (0.35, 0.97)  # share of days that follow the personal routine; tables alone: too independent
HOURS_KEPT: Final = (0.75, 1.0)  # share of days, routine or not, that end and begin at the person's hours of sleep:
# in tables alone nights are twice as irregular as measured ones. Windred et al. 2024, 61,000 adults: sleep regularity
# index 81 [74, 86], broken nights included, which are worth some eight points; here without them 88 [82, 92].
ROUTINE_JITTER_MINUTES: Final = (3.0, 35.0)  # sigma of a routine's moments from day to day
PERSONAL_SHIFT_MINUTES: Final = (25.0, 90.0)  # sigma of larks and owls around the tables; log-uniform, as students
SECOND_ROUTINE: Final = 0.35  # share of people with another routine on some weekdays
SHIFT_WORK: Final = 0.09
SHIFT_HOURS: Final = (0, -3, 6, 10, 13)  # early, normal, late and night shifts, in hours against the routine
HABIT_CHANGE: Final = 0.30  # share of homes whose habits change once in the history
OUTINGS_A_DAY: Final = (0.05, 1.2)  # short ones, alone: dog, shop, letterbox
OUTING_MINUTES: Final = (18.0, 0.9)  # median, sigma of a lognormal
FAMILY_OUTINGS_A_WEEK: Final = (0.2, 3.0)
ABSENCES_A_MONTH: Final = 0.9  # at most: times the square of a uniform draw. Homes: longest pauses of daily appliances
ABSENCE_DAYS: Final = (2.5, 0.9)  # median, sigma of a lognormal, cut at two weeks
ABSENCE_MOST_DAYS: Final = 14.0
WORK_TRIPS: Final = 0.12  # share of adults who are away for one to four nights now and then, so many times a month
WORK_TRIPS_A_MONTH: Final = (0.2, 2.0)
GUEST_HOMES: Final = 0.45
GUESTS_A_WEEK: Final = (0.1, 1.5)
GUESTS_STAY: Final = 0.25  # share of visits that last over night
NIGHT_TRIPS: Final = (0.0, 1.6)  # a night
LIES_MINUTES: Final = ((2.0, 40.0), (1.0, 40.0))  # in bed awake, before sleep and after it; medians, log-uniform
NAPPERS: Final = 0.25  # share of adults who nap by day, as ATUS's tables have few who do
NAPS_A_DAY: Final = (0.05, 0.6)
NAP_MINUTES: Final = (40.0, 0.6)  # median, sigma of a lognormal
NAP_HOURS: Final = (12.0, 18.0)
NAP_ON_SOFA: Final = 0.5
COUNTRIES: Final = {  # whose public holidays a zone keeps (package `holidays`); on these people live as on Sundays
    "Europe/London": "GB", "Europe/Berlin": "DE", "Europe/Rome": "IT", "Europe/Paris": "FR", "Europe/Madrid": "ES",
    "Europe/Amsterdam": "NL", "Europe/Stockholm": "SE", "Europe/Warsaw": "PL", "Europe/Lisbon": "PT",
    "Europe/Prague": "CZ", "Europe/Helsinki": "FI", "Europe/Athens": "GR", "America/New_York": "US",
    "America/Chicago": "US", "America/Denver": "US", "America/Los_Angeles": "US", "America/Sao_Paulo": "BR",
    "America/Halifax": "CA", "America/Mexico_City": "MX", "Asia/Tokyo": "JP", "Asia/Singapore": "SG",
    "Asia/Kolkata": "IN", "Australia/Sydney": "AU", "Australia/Brisbane": "AU", "Africa/Johannesburg": "ZA",
    "Africa/Cairo": "EG",
}  # fmt: skip
HOLIDAYS_KEPT: Final = 0.85  # share of homes for which public holidays are free days

# ---- rooms: median minutes of a stay and sigma of its lognormal (heavy-tailed); weight by part of the day ------
# Parts: 0-6, 6-9, 9-12, 12-14, 14-17, 17-19, 19-21, 21-24 h. Shape from time-use diaries, sizes chosen.
DAY_PARTS: Final = (0, 6, 9, 12, 14, 17, 19, 21)
ROOMS: Final[dict[str, tuple[float, float, tuple[float, ...]]]] = {
    "kitchen": (7.0, 1.1, (0.5, 4.0, 2.5, 4.5, 2.0, 4.5, 3.0, 1.2)),
    "living room": (24.0, 1.2, (1.0, 1.2, 2.0, 2.0, 2.6, 3.2, 5.0, 5.5)),
    "bathroom": (5.0, 0.8, (1.2, 2.6, 1.0, 0.8, 0.8, 1.0, 1.2, 2.0)),
    "toilet": (3.0, 0.6, (0.7, 1.0, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8)),
    "bedroom": (8.0, 1.3, (2.0, 2.0, 0.9, 0.5, 0.6, 0.6, 0.7, 1.8)),
    "child's room": (22.0, 1.1, (1.0, 1.0, 1.0, 1.0, 2.5, 2.5, 2.5, 1.5)),
    "hall": (1.0, 0.7, (0.6, 1.6, 1.6, 1.6, 1.6, 1.6, 1.6, 1.0)),
    "office": (42.0, 1.1, (0.3, 0.8, 2.0, 1.0, 1.8, 0.9, 0.9, 0.8)),
    "dining room": (22.0, 0.7, (0.1, 1.0, 0.5, 1.6, 0.5, 1.8, 1.0, 0.3)),
    "garage": (7.0, 1.1, (0.0, 0.3, 0.4, 0.3, 0.4, 0.4, 0.2, 0.1)),
    "laundry": (5.0, 0.9, (0.0, 0.3, 0.7, 0.4, 0.5, 0.4, 0.3, 0.1)),
    "basement": (9.0, 1.2, (0.0, 0.1, 0.4, 0.2, 0.4, 0.3, 0.3, 0.1)),
    "garden": (12.0, 1.1, (0.0, 0.2, 0.7, 0.6, 0.9, 0.7, 0.4, 0.1)),
    "outside": (1.0, 0.5, (0.0, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02)),
}
ROOM_CHANCE: Final = {  # that a home has such a room beside kitchen, living room, bathroom, bedroom and outside
    "hall": 0.85, "toilet": 0.40, "office": 0.40, "dining room": 0.30, "garage": 0.35, "laundry": 0.30,
    "basement": 0.25, "garden": 0.45,
}  # fmt: skip
ROOM_TASTE_SIGMA: Final = 0.6  # of each person's own weight of a room, lognormal
EVENING_STAYS: Final = 2.5  # how much longer people stay in the living room after 19 h: what evenings are for
EATS_AT_HOME: Final = (0.25, 1.0)  # share of breakfasts, lunches and dinners that somebody at home prepares; of each
BREAKFAST_MINUTES: Final = 12.0  # medians of a lognormal
MEAL_MINUTES: Final = 22.0
MEAL_HOURS: Final = (
    (12.4, 0.6),
    (18.3, 1.0),
)  # mean and sigma of the person's own hours; ATUS's cooking has these peaks
MEAL_LATE_HOURS: Final = 2.5
STAY_TAIL: Final = 0.04  # share of stays that last several times longer (heavy tail), and how much longer at most
STAY_TAIL_FACTOR: Final = 8.0

# ---- light ---------------------------------------------------------------------------------------------------
DARK_BELOW: Final = (60.0, 10.0)  # W/m2 of irradiance outdoors, mean and sigma; CREST
ROOM_FACTOR_SIGMA: Final = 0.6  # of how much darker or brighter a room is than CREST's, lognormal; chosen
LIT_BY_DAY: Final = 0.05  # chance that a light goes on although it is bright; CREST
LIGHT_MINUTES: Final = ((1, 1), (1, 2), (2, 4), (4, 8), (8, 16), (16, 27), (27, 49), (49, 91), (91, 259))  # CREST
MOTION_LIGHTS: Final = 0.16  # share of room lights that a motion sensor switches
MOTION_LIGHT_SECONDS: Final = (45.0, 900.0)
LIGHT_ENDS_BY_DURATION: Final = (0.0, 0.5)  # share of a light's uses that end in mid-stay after a CREST duration
CLOUD: Final = (0.12, 1.0)  # share of clear-sky irradiance that arrives; persists for days
CLEAR_SKY: Final = (1098.0, 0.057)  # W/m2 and extinction: Haurwitz (1945)

BURNS: Final = 0.9  # at most (times a power of a uniform draw): share of a home's lights that burn all evening,
BURNS_ELSEWHERE: Final = 0.7  # less so outside the rooms where evenings are spent. Homes: opensmarthome, long and alike
MORNINGS: Final = 0.35  # share of such lights that also burn on dark mornings; chosen

# ---- daily rituals with appliances. Homes: the first use of a day varies by one to four hours, daily uses by .2-1.3
RITUALS: Final = 0.85  # share of devices with some
RITUAL_SHARE: Final = (0.3, 1.0)  # of the uses
RITUAL_JITTER_MINUTES: Final = (3.0, 60.0)
RARELY_USED: Final = 0.07  # share of appliances used far less than their like, and how much less; log-uniform
RARELY_FACTOR: Final = (0.03, 0.5)
DAILY_MOOD: Final = (0.0, 0.9)  # sigma of how much a day is one for television, music …; lognormal
RITUAL_WAITS: Final = 5400.0  # seconds that one waits for somebody to come into the room
APART_MINUTES: Final = (
    1.0,
    120.0,
)  # uses closer than this are rare; log-uniform. Homes: 3-30 % of pauses under an hour
APART_BROKEN: Final = 0.15
RUNS_AT_HOUR: Final = (0.0, 0.95)  # share of a machine's runs at the home's own hours rather than the survey's
RUNS_JITTER_MINUTES: Final = (10.0, 110.0)
RUNS_SPLIT: Final = 0.2  # share of machines whose programme shows pauses in its power, and of their runs that do
RUNS_SPLIT_OFTEN: Final = (0.05, 0.9)

# ---- forgetting: (chance when everybody leaves, falls asleep, leaves the room), per person and room: chosen so
# that a light in a forgetful home is forgotten a few times a week and in a careful one a few times a year --------
FORGET: Final = (0.06, 0.045, 0.03)
FORGET_MOST: Final = 0.7
FORGET_SIGMA: Final = 0.9  # between homes and, half as much, between devices; lognormal
PATIENCE_MINUTES: Final = (1.0, 60.0)  # absences from a room for which a light is left on without a thought
NOTICE_MINUTES: Final = (9.0, 1.5)  # median, sigma of a lognormal, awake at home, until a forgotten device is noticed
NOTICE_ROOM_FACTOR: Final = 5.0  # longer after leaving a room than after coming home or getting up
NOTICE_ON_ENTRY: Final = 0.8  # chance that who enters the room notices
KEPT_WHILE_AWAY: Final = 0.06  # share of attended devices that stay on on purpose while nobody is home (dog, burglars)
KEPT_AT_NIGHT: Final = 0.07  # share that stays on on purpose at night
UNWANTED_LEAST_SECONDS: Final = {"left": 180.0, "asleep": 180.0, "room": 600.0, "forgot": 300.0}
SWEEPS: Final = (0.14, 0.10)  # share of homes that switch all off by automation when everybody has left, is in bed
SWEPT_DEVICES: Final = 0.8  # share of such a home's attended devices that take part
AUTO_OFF: Final = 0.12  # share of attended devices with a timer, and its minutes
AUTO_OFF_MINUTES: Final = (10.0, 240.0)  # log-uniform

# ---- who caused a change -------------------------------------------------------------------------------------
BY_HAND_KNOWN: Final = (0.0, 0.9)  # share of a home's manual changes that carry a user
WALL_SWITCH_PHYSICAL: Final = 0.3  # share of devices whose manual changes without a user are seen as physical

# ---- sensors -------------------------------------------------------------------------------------------------
MOTION_HOLD_SECONDS: Final = (20.0, 240.0)  # log-uniform
MOTION_GAP_SECONDS: Final = {  # mean time between seen movements of somebody awake in the room; chosen
    "living room": 180.0, "office": 220.0, "bedroom": 180.0, "child's room": 110.0, "kitchen": 45.0, "hall": 25.0,
    "bathroom": 50.0, "dining room": 110.0, "garage": 60.0, "laundry": 50.0, "basement": 80.0, "toilet": 60.0,
    "garden": 90.0, "outside": 30.0,
}  # fmt: skip
MOTION_MISSED: Final = (0.0, 0.25)
MOTION_ASLEEP_GAP_SECONDS: Final = 5400.0  # turning over in bed, before a motion sensor in the bedroom
MOTION_LYING_GAP_SECONDS: Final = 1500.0  # of somebody awake in bed
MOTION_OUTSIDE: Final = 0.2
PET_HOMES: Final = 0.3
PET_TRIPS_A_DAY: Final = (1.0, 25.0)
DOOR_SECONDS: Final = (7.0, 0.8)  # median, sigma of how long a door stands open
DOOR_MISSED: Final = (0.0, 0.2)
STUCK_SENSORS: Final = 0.04  # share that sticks on for hours to days once or twice
BED_FLICKER_A_NIGHT: Final = (0.0, 4.0)
TRACKER_LATE_MINUTES: Final = (0.5, 15.0)  # until a phone that left is not_home; coming home is quicker
TRACKER_LOST_A_WEEK: Final = (0.0, 2.0)  # a phone that sleeps and seems to be away
BRIGHT_INDOORS: Final = (1.0, 8.0)  # W/m2 outdoors for 50 lx on an indoor sensor (log-uniform, times ten)

# ---- how homes are equipped: (style, share of homes) ---------------------------------------------------------
STYLES: Final = (
    ("few", 0.16), ("mixed", 0.25), ("rich", 0.12), ("lights", 0.12), ("appliances", 0.11), ("sensors", 0.05),
    ("single kind", 0.05), ("research", 0.14),
)  # fmt: skip
DEVICES: Final = {  # least and most devices of a style, drawn log-uniformly
    "few": (1, 5), "mixed": (5, 18), "rich": (16, 44), "lights": (2, 18), "appliances": (2, 7), "sensors": (1, 3),
    "single kind": (1, 5), "research": (1, 5),
}  # fmt: skip
EVIDENCE_CHANCE: Final = {  # that a home of a style has any evidence sensor; then each kind by EVIDENCE
    "few": 0.5, "mixed": 0.7, "rich": 0.92, "lights": 0.35, "appliances": 0.15, "sensors": 1.0, "single kind": 0.25,
}  # fmt: skip
EVIDENCE: Final = {  # that such a home has this kind; homes of the style "sensors" draw with the square root
    "motion": 0.55, "front door": 0.50, "inner door": 0.18, "cupboard": 0.15, "bed": 0.16, "seat": 0.10,
    "illuminance": 0.15, "alarm": 0.12, "window": 0.15,
}  # fmt: skip
# That a home of any style but "research" follows its people, whatever sensors it has. Chosen: no published share was
# found; Home Assistant makes a person when it is set up, and the app by which it speaks to people follows a phone.
PEOPLE: Final = {"person": 0.50, "tracker": 0.15, "zone": 0.30}
BULB_HOMES: Final = 0.25  # share of homes whose rooms have several bulbs on one switch, each an entity of its own
BULBS: Final = (2, 6)  # in such a room
BULB_ODD: Final = (0.0, 0.15)  # share of uses in which one of them is left out
MOST_DEVICES: Final = 60
USELESS_NAMES: Final = (0.0, 0.7)  # share of a home's devices with a name that tells nothing, squared: most have few
MISSING_AREAS: Final = (0.0, 1.0)  # share of a home's devices without an area, squared
GROUP_ENTITIES: Final = 0.5  # share of switches with several bulbs that also have a group entity
DOUBLED_HOMES: Final = 0.10  # share of homes in which some devices have a second entity (relay and light), and of those
DOUBLED: Final = 0.25
LABELLED_HOMES: Final = 0.2  # share of homes that use labels, and of their devices that carry one
LABELLED: Final = (0.1, 0.8)
NULL_CLASS: Final = 0.12  # share of binary sensors without a device class, a share of homes has them all

# ---- homes as in smart-home research recordings: one or two people, contacts and mats on everything; chosen wide
# around what descriptions of such recordings say (14-60 days, 12-40 binary sensors) -----------------------------
RESEARCH_SIZES: Final = (0.62, 0.38)  # one or two people
RESEARCH_DAYS: Final = (11.0, 34.0)
RESEARCH_GRID_SECONDS: Final = ((0.0, 0.45), (1.0, 0.25), (60.0, 0.30))  # (grid, share); any use within a cell counts
RESEARCH_SENSORS: Final = (5, 26)
RESEARCH_MISSED: Final = (0.0, 0.35)  # share of events that a sensor does not see, squared: most see nearly all
RESEARCH_DOOR: Final = 0.86  # share with a sensor on the entrance, and which share of passages it misses, or that
RESEARCH_DOOR_MISSED: Final = (0.0, 0.55)  # take another way
RESEARCH_BED: Final = 0.72  # share with mats in the bed
RESEARCH_MOTION: Final = (0.45, 0.20)  # share with some motion sensors, with motion everywhere (one to three a room)
RESEARCH_MOTION_HOLD_SECONDS: Final = (1.5, 90.0)  # log-uniform
RESEARCH_STICKS: Final = 0.10  # share of mats and contacts that stay on after a share of uses, and these shares
RESEARCH_STICKS_OFTEN: Final = (0.01, 0.3)
RESEARCH_STICKS_HOURS: Final = (3.0, 1.3)  # median, sigma of a lognormal
RESEARCH_DEAD: Final = 0.06  # share of sensors that fall silent for good or for days
RESEARCH_FIDGETS_AN_HOUR: Final = (0.05, 12.0)  # a mat that lets go for seconds; log-uniform
RESEARCH_HOURS_BUMP: Final = 0.5  # share of cupboards that are opened around one meal

# ---- answers to hunches; no published figures were found: chosen wide, so that a training learns to read a person ---
HEEDS: Final = (3.0, 1.6)  # beta: share of questions seen in time
HEEDS_AWAY: Final = (0.5, 1.1)  # factors of it; away a phone is at hand
HEEDS_ASLEEP: Final = (0.0, 0.12)
AGREES: Final = (12.0, 1.5)  # beta: yes where it was unwanted and they mind
OBLIGES: Final = (1.2, 9.0)  # beta: yes where it was wanted
BANS: Final = (0.02, 0.3)  # share of noes that say never again
TOLERANCE: Final = (1.5, 20.0)  # recent questions that halve the patience; log-uniform
MEMORY_DAYS: Final = (0.7, 10.0)  # half-life of a question; log-uniform
CARELESS_HOMES: Final = 0.15  # homes that mind little what stays on
MINDS: Final = (6.0, 1.3)  # beta, for each device
MINDS_LITTLE: Final = (1.2, 1.6)
