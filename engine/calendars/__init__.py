"""Working calendars as definitions; what they mean is in engine.expressions.working_time."""
