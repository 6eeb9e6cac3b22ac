"""The methods `schedules` and `faults`: programs of a few people merged in all ways, also on a bad way."""
