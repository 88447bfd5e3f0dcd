"""Who does what, where: regions, departments, functions, officers, permissions, and the routing of a task to a desk.

- `regions.py`: the levels of government and the tree of regions (GB/T 2260 codes).
- `directory.py`: `Directory`, the whole organisation as one frozen value; `build_directory` makes it from plain rows.
- `routing.py`: `route`, pure: function + level + the case's region → department, deputy or fallback. It never raises.
- `permissions.py`: every permission and role as an enum, and the one table between them.
- `actor.py`: `Actor`, who acts in a unit of work: officer, applicant, system or job.
- `models.py`: the tables. `load.py` reads them into a `Directory` or an `Actor`; `seed.py` writes demonstration data.

Diagrams name *functions* (planning, fire, …), never departments: a region maps each function to the body that decides
and the body that supervises, so one diagram runs in cities that are organised differently (相对集中许可权).
"""
