"""Documents (文书) after their number: set as PDF, sealed, delivered, checked by anybody."""
