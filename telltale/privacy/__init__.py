"""Pseudonyms: keys by site and period, lists of staff, fixed devices and opt-outs, addresses into 64-bit numbers."""

from telltale.privacy.hashing import typed_address
from telltale.privacy.keys import KeyRefused, Keys, Trouble
from telltale.privacy.lists import LISTS, Lists
from telltale.privacy.periods import Period, Periods, SiteRule, period_of, periods_between
from telltale.privacy.pseudonyms import Pseudonymizer, Pseudonyms

__all__ = [
    "LISTS",
    "KeyRefused",
    "Keys",
    "Lists",
    "Period",
    "Periods",
    "Pseudonymizer",
    "Pseudonyms",
    "SiteRule",
    "Trouble",
    "period_of",
    "periods_between",
    "typed_address",
]
