"""What runs found over months: kept in one SQLite file, shown as trends."""
