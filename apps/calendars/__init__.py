"""When people work: hours, closed days, and time counted in working hours."""
