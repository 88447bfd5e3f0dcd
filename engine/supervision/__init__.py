"""Supervision above the case: what comes due of limits, lights and cards, and who is told.

- `judge_case.py`: what the limits of one case have come to, as entries of its record, cards and notices.
- `deemed.py`: what the law deems done when a limit has passed, done by the system on the ground of an article.
- `cards.py`: 牌: the list of cards, and what the department says to one.
- `lights.py`: 灯: how many are green, yellow and red by node, officer, department, region and case.
- `models.py`: the tables `cards` and `limit_firings`.
"""
