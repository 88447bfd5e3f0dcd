"""The words by which a catalogue is browsed: who somebody is, what it is about, and what happens in a life.

Audiences are those of GB/T 39046-2020, table A.4, with their codes; themes and life events follow what government portals
of China have in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Names = tuple[str, str]  #: Chinese, English

#: code -> (Chinese, English); the code of the standard is in AUDIENCE_CODES.
AUDIENCES: Mapping[str, Names] = MappingProxyType(
    {
        "person": ("自然人", "Persons"),
        "enterprise": ("企业", "Enterprises"),
        "institution": ("事业单位", "Public institutions"),
        "association": ("社会组织", "Social organisations"),
        "government": ("行政机关", "Government bodies"),
        "other": ("其他组织", "Others"),
    }
)
AUDIENCE_CODES: Mapping[str, str] = MappingProxyType({name: str(n) for n, name in enumerate(AUDIENCES, 1)})

THEMES: Mapping[str, Names] = MappingProxyType(
    {
        "establishment": ("设立变更", "Setting up and changing"),
        "operation": ("准营准办", "Permits to operate"),
        "qualification": ("资质认证", "Qualifications"),
        "construction": ("工程建设", "Construction"),
        "planning": ("国土和规划", "Land and planning"),
        "property": ("不动产", "Real estate"),
        "transport": ("交通出行", "Transport"),
        "health": ("医疗卫生", "Health"),
        "food": ("食品药品", "Food and medicines"),
        "fire": ("消防安全", "Fire safety"),
        "environment": ("环保绿化", "Environment"),
        "water": ("水务气象", "Water and weather"),
        "tax": ("税收财务", "Taxes"),
        "employment": ("就业创业", "Work"),
        "social-security": ("社会保障", "Social security"),
        "assistance": ("社会救助", "Social assistance"),
        "household": ("户籍办理", "Household registration"),
        "education": ("文体教育", "Education and culture"),
        "civil-affairs": ("民政事务", "Civil affairs"),
        "elderly": ("养老服务", "Older people"),
        "disability": ("残疾人服务", "People with disabilities"),
        "agriculture": ("农林牧渔", "Farming"),
        "other": ("其他", "Other"),
    }
)

LIFE_EVENTS: Mapping[str, Names] = MappingProxyType(
    {
        "birth": ("出生", "A child is born"),
        "school": ("上学", "Going to school"),
        "work": ("就业", "Finding work"),
        "marriage": ("结婚", "Getting married"),
        "home": ("买房安家", "Buying a home"),
        "illness": ("看病就医", "Falling ill"),
        "hardship": ("遇到困难", "In need"),
        "retirement": ("退休养老", "Retiring"),
        "death": ("身后", "A death in the family"),
        "start-business": ("开办企业", "Starting a business"),
        "open-shop": ("开店经营", "Opening a shop"),
        "build": ("工程建设", "Building"),
        "hire": ("用工", "Hiring"),
        "close-business": ("注销退出", "Closing a business"),
    }
)
