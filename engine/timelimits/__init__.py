"""Time limits: which days count, when a limit ends, and the ledger of what started and stopped it.

- `calendar.py`: `WorkingCalendar`, a frozen value; `national.py`: `national_calendar()`, from the `holidays` library.
- `working_hours.py`: `WorkingHours`, for limits in working hours.
- `ledger.py`: the entries of a limit, and how it stands at an instant; `explain.py`: why, line by line.
- `limits.py`: `Limit`, `due`, `remaining`, `elapsed`, all pure: nothing here asks for today.
- `models.py`: the tables `limits`, `limit_entries` (append-only) and `calendar_days`.
- `errors.py`: what can be wrong with a limit or with calendar data.
"""
