"""The catalogue of service items (事项): what can be applied for, and which process handles it.

- `items.py`: `ServiceItem`, read from the `item.json` in an item's folder under `processes/`.
- `models.py`: the table `items`, which also names the process version that new cases start on.
"""
